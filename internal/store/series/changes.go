package series

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/store/series/summary"
)

// Which minutes of which series got data is noted for those who pass data on: in the batch
// of the data, once for each series, unit and minute until it is taken. A note is due when
// its minute has settled; data that come later are due with the next minute of the clock.
//
// A note's key is the minute in which it is due, the series' number, the unit and the
// minute that it is about. Its value is a stamp, which no other note has, and the series'
// name. Whoever has passed the data on says so by Forget, which leaves a note that was
// written anew meanwhile: so nothing is lost, and what a crash comes in between of is taken
// once more.

// settles is how long after its end a minute has settled.
const settles = time.Minute

// Where the parts of a note's key are.
const (
	noteDue    = 1
	noteSeries = noteDue + 4
	noteUnit   = noteSeries + 8
	noteMinute = noteUnit + 1
	sizeNote   = noteMinute + 4
	stampSize  = 8
)

// Change is a minute of a series that got data.
type Change struct {
	cloud.Scope
	metric.ID

	Unit    string
	Minute  time.Time
	Put     time.Time // when the last data came
	Summary summary.Summary

	key   []byte
	stamp uint64
}

// Watch says of which accounts and regions changes are noted from now on. Those that were
// noted stay until they are taken.
func (s *Store) Watch(scopes []cloud.Scope) {
	watched := map[cloud.Scope]bool{}
	for _, scope := range scopes {
		watched[scope] = true
	}
	s.watched.Store(&watched)
}

// watches says whether changes in a scope are noted.
func (s *Store) watches(scope cloud.Scope) bool {
	watched := s.watched.Load()
	return watched != nil && (*watched)[scope]
}

// stamp returns the time in nanoseconds, later than all before.
func (s *Store) stamp() uint64 {
	for {
		last, now := s.stamped.Load(), s.cfg.Now().UnixNano()
		now = max(now, last+1)
		if s.stamped.CompareAndSwap(last, now) {
			return uint64(now)
		}
	}
}

// note notes that a series got data of a minute.
func (p *put) note(key []byte, number uint64, unit int, at time.Time) error {
	minute := at.Unix() / 60
	due := minute + 1 + int64(settles/time.Minute)
	if now := p.now.Unix() / 60; due <= now {
		due = now + 1
	}
	var room [sizeNote]byte
	k := binary.BigEndian.AppendUint32(append(room[:0], spaceNotes), uint32(due)) //nolint:gosec // minutes of the next thousand years
	k = binary.BigEndian.AppendUint64(k, number)
	k = binary.BigEndian.AppendUint32(append(k, byte(unit)), uint32(minute)) //nolint:gosec // there are few units; see due
	p.value = binary.BigEndian.AppendUint64(p.value[:0], p.store.stamp())
	p.value = append(p.value, key[1:]...)
	return p.batch.Set(k, p.value, nil)
}

// Changes returns the first changes that are due by a time, at most so many, with what is
// kept of their minutes now. A minute may come again as long as it is not forgotten.
func (s *Store) Changes(ctx context.Context, until time.Time, most int) (changes []Change, err error) {
	end := binary.BigEndian.AppendUint32([]byte{spaceNotes}, uint32(until.Unix()/60+1)) //nolint:gosec // see note
	changes, err = s.notes(ctx, end, most)
	if err != nil || len(changes) == 0 {
		return nil, err
	}
	iter, err := s.db.NewIter(&pebble.IterOptions{LowerBound: appendSpan(nil, minutes, 0), UpperBound: appendSpan(nil, minutes+1, 0)})
	if err != nil {
		return nil, errRead(err)
	}
	defer func() {
		if closed := iter.Close(); err == nil && closed != nil {
			err = errRead(closed)
		}
	}()
	for i := range changes {
		if err := changes[i].read(iter); err != nil {
			return nil, err
		}
	}
	return changes, nil
}

// notes reads notes that are due before a key.
func (s *Store) notes(ctx context.Context, end []byte, most int) (changes []Change, err error) {
	iter, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{spaceNotes}, UpperBound: end})
	if err != nil {
		return nil, errRead(err)
	}
	defer func() {
		if closed := iter.Close(); err == nil && closed != nil {
			err = errRead(closed)
		}
	}()
	for valid := iter.First(); valid && len(changes) < most; valid = iter.Next() {
		if len(changes)%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		value, err := iter.ValueAndErr()
		if err != nil {
			return nil, errRead(err)
		}
		c, ok := changeOf(iter.Key(), value)
		if !ok {
			return nil, errRead(errRecord)
		}
		changes = append(changes, c)
	}
	if err := iter.Error(); err != nil {
		return nil, errRead(err)
	}
	return changes, nil
}

// changeOf reads a note.
func changeOf(key, value []byte) (c Change, ok bool) {
	if len(key) != sizeNote || len(value) < stampSize {
		return c, false
	}
	c.key, c.stamp = bytes.Clone(key), binary.BigEndian.Uint64(value)
	c.Put = time.Unix(0, int64(c.stamp)).UTC() //nolint:gosec // see stamp
	c.Minute = time.Unix(60*int64(binary.BigEndian.Uint32(key[noteMinute:])), 0).UTC()
	c.Unit = metric.UnitAt(int(key[noteUnit]))
	account, rest, ok := cutText(value[stampSize:])
	if !ok {
		return c, false
	}
	region, rest, ok := cutText(rest)
	if !ok {
		return c, false
	}
	c.Scope = cloud.Scope{Account: cloud.Account(account), Region: cloud.Region(region)}
	c.ID, ok = idOf(rest)
	return c, ok
}

// read reads what is kept of the minute, with high resolution and without.
func (c *Change) read(iter *pebble.Iterator) error {
	series, unit := binary.BigEndian.Uint64(c.key[noteSeries:]), int(c.key[noteUnit])
	for _, second := range []bool{false, true} {
		var room [sizeKey]byte
		key := appendKey(room[:0], minutes, series, kindOf(unit, second), minutes.at(c.Minute.Unix()))
		if !iter.SeekGE(key) || !bytes.Equal(iter.Key(), key) {
			if err := iter.Error(); err != nil {
				return errRead(err)
			}
			continue
		}
		value, err := iter.ValueAndErr()
		if err != nil {
			return errRead(err)
		}
		one, err := summary.Decode(value)
		if err != nil {
			return errRead(errors.Join(err, errRecord))
		}
		c.Summary.Merge(&one)
	}
	return nil
}

// Forget says that changes were passed on. Those whose minute got more data since stay, and
// come again.
func (s *Store) Forget(ctx context.Context, changes []Change) error {
	for some := range slices.Chunk(changes, s.cfg.chunk) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.forget(some); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) forget(changes []Change) error {
	batch := s.db.NewBatch()
	s.turn.Lock()
	err := s.unnote(batch, changes)
	if err == nil {
		err = s.apply(batch)
	} else {
		err = errors.Join(err, batch.Close())
	}
	s.turn.Unlock()
	if err != nil {
		return err
	}
	return errors.Join(s.wait(batch), batch.Close())
}

func (s *Store) unnote(batch *pebble.Batch, changes []Change) error {
	for i := range changes {
		value, closer, err := s.db.Get(changes[i].key)
		if errors.Is(err, pebble.ErrNotFound) {
			continue
		}
		if err != nil {
			return errRead(err)
		}
		same := len(value) >= stampSize && binary.BigEndian.Uint64(value) == changes[i].stamp
		if err := closer.Close(); err != nil {
			return errRead(err)
		}
		if same {
			if err := batch.Delete(changes[i].key, nil); err != nil {
				return err
			}
		}
	}
	return nil
}
