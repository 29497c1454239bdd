package series

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/zeebo/xxh3"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/store/series/summary"
)

// MostAge is how old data may be when they come. They are rolled up a day later at the
// earliest, so that none comes to what is being rolled up.
const MostAge = 14 * 24 * time.Hour

// slack is what the clock may go on between a caller's check and ours.
const slack = time.Hour

// heedEvery is how many data lie between two looks at the context.
const heedEvery = 100

// Put adds data to the metrics of a namespace, and makes those that are new: all of them,
// or none. It returns once they are on disk. Data of which all counts are 0 make the
// metric known, and no more.
func (s *Store) Put(ctx context.Context, scope cloud.Scope, namespace string, data []metric.Datum) error {
	if len(data) == 0 {
		return nil
	}
	p := &put{store: s, scope: scope, namespace: namespace, batch: s.db.NewBatch(), now: s.cfg.Now(), watched: s.watches(scope)}
	for {
		epoch := s.names.now()
		if err := p.prepare(ctx, data); err != nil {
			return errors.Join(err, p.batch.Close())
		}
		again, err := p.apply(epoch)
		if again {
			p.batch.Reset()
			continue // what it knew of series is no longer so
		}
		if err != nil {
			return err // Pebble may still look at the batch
		}
		if err := s.wait(p.batch); err != nil {
			return err
		}
		return p.batch.Close()
	}
}

// put is one Put.
type put struct {
	store     *Store
	scope     cloud.Scope
	namespace string
	now       time.Time
	batch     *pebble.Batch
	watched   bool // what changes is noted
	unknown   []unknown
	noted     []noted

	key, value []byte // used again
}

// unknown is a datum of a series that was not there when it was looked for.
type unknown struct {
	key   []byte
	hash  xxh3.Uint128
	datum *metric.Datum
}

// noted is what is known of a series once the batch is applied.
type noted struct {
	hash xxh3.Uint128
	listed
}

// prepare puts into the batch what concerns series that are there.
func (p *put) prepare(ctx context.Context, data []metric.Datum) error {
	p.unknown, p.noted = nil, nil
	for i := range data {
		if i%heedEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		d := &data[i]
		if age := p.now.Sub(d.Time); age > MostAge+slack || age < -24*time.Hour {
			return fmt.Errorf("a datum of metric %s is of %s: data may be two weeks old, and two hours ahead", d.Name, d.Time)
		}
		p.key = seriesKey(p.key[:0], p.scope, p.namespace, d.Name, metric.Sorted(d.Dimensions))
		hash := p.store.names.hash(p.key)
		have, err := p.store.find(p.key, hash)
		if err != nil {
			return err
		}
		if have.number == 0 {
			p.unknown = append(p.unknown, unknown{append([]byte{}, p.key...), hash, d})
			continue
		}
		if err := p.add(p.key, hash, have, d); err != nil {
			return err
		}
	}
	return nil
}

// find returns what is known of a series by its key: nothing where there is none.
func (s *Store) find(key []byte, hash xxh3.Uint128) (listed, error) {
	l, ok, epoch := s.names.find(hash)
	if ok {
		return l, nil
	}
	l, err := s.listedAt(key)
	if err != nil || l.number == 0 {
		return l, err
	}
	s.names.noteIn(epoch, hash, l)
	return l, nil
}

// listedAt reads what is kept of a series by its key: nothing where there is none.
func (s *Store) listedAt(key []byte) (listed, error) {
	value, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return listed{}, nil
	}
	if err != nil {
		return listed{}, errRead(err)
	}
	l, ok := decodeListed(value)
	if err := closer.Close(); err != nil || !ok {
		return listed{}, errRead(errors.Join(err, errRecord))
	}
	return l, nil
}

// apply makes the series that are new, and applies the batch. It asks to be called
// again when series were removed meanwhile.
func (p *put) apply(epoch uint64) (again bool, err error) {
	s := p.store
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.names.now() != epoch {
		return true, nil
	}
	if err := p.create(); err != nil {
		return false, errors.Join(err, p.batch.Close())
	}
	if err := s.apply(p.batch); err != nil {
		return false, err
	}
	for _, n := range p.noted {
		s.names.note(n.hash, n.listed)
	}
	return false, nil
}

// create puts the series that are new into the batch, with their data. Whoever sees
// them comes after this batch in the store's log, and so is not on disk without it.
func (p *put) create() error {
	s, next := p.store, p.store.next
	made := map[xxh3.Uint128]listed{}
	for _, u := range p.unknown {
		have, err := s.find(u.key, u.hash)
		if err != nil {
			return err
		}
		if have.number == 0 {
			have = made[u.hash]
		}
		if have.number == 0 {
			have = listed{next, activeAt(u.datum.Time)}
			next++
			made[u.hash] = have
			if err := p.name(u, have); err != nil {
				return err
			}
		}
		if err := p.add(u.key, u.hash, have, u.datum); err != nil {
			return err
		}
	}
	if next == s.next {
		return nil
	}
	s.next = next // a number that is lost with the batch is not missed
	return p.batch.Set(keyNext(), number(next), nil)
}

// name puts the names of a new series into the batch.
func (p *put) name(u unknown, l listed) error {
	if err := p.batch.Merge(u.key, l.encode(), nil); err != nil {
		return err
	}
	p.noted = append(p.noted, noted{u.hash, l})
	id := metric.ID{Namespace: p.namespace, Name: u.datum.Name, Dimensions: metric.Sorted(u.datum.Dimensions)}
	return termKeys(p.scope, id, func(key []byte) error { return p.batch.Set(key, nil, nil) })
}

// add puts a datum of a series into the batch.
func (p *put) add(key []byte, hash xxh3.Uint128, have listed, d *metric.Datum) error {
	if active := activeAt(d.Time); active > have.active {
		have.active = active
		p.noted = append(p.noted, noted{hash, have})
		if err := p.batch.Merge(key, have.encode(), nil); err != nil {
			return err
		}
	}
	unit, ok := metric.PlaceOf(d.Unit)
	if !ok {
		return fmt.Errorf("metric %s: there is no unit %q", d.Name, d.Unit)
	}
	if p.value = encodeDatum(p.value[:0], d); len(p.value) == 0 {
		return nil
	}
	k := kindOf(unit, d.Second)
	if d.Second && p.now.Sub(d.Time) < of[seconds].keep {
		if err := p.merge(seconds, have.number, k, d.Time); err != nil {
			return err
		}
	}
	if err := p.merge(minutes, have.number, k, d.Time); err != nil || !p.watched {
		return err
	}
	return p.note(key, have.number, unit, d.Time)
}

func (p *put) merge(t tier, series uint64, k kind, at time.Time) error {
	var room [sizeKey]byte
	return p.batch.Merge(appendKey(room[:0], t, series, k, t.at(at.Unix())), p.value, nil)
}

// encodeDatum appends the summary of a datum; nothing where that has no samples.
func encodeDatum(out []byte, d *metric.Datum) []byte {
	if len(d.Values) == 1 && d.Set == nil && d.Whole == nil && (len(d.Counts) == 0 || d.Counts[0] == 1) {
		return summary.AppendSingle(out, d.Values[0])
	}
	var all summary.Summary
	if d.Set != nil {
		all = summary.OfSet(d.Set.Count, d.Set.Sum, d.Set.Min, d.Set.Max)
	}
	for i, value := range d.Values {
		count := 1.0
		if len(d.Counts) > 0 {
			count = d.Counts[i]
		}
		all.Add(value, count)
	}
	if all.Count == 0 {
		return out
	}
	if d.Whole != nil {
		all.Restate(d.Whole.Sum, d.Whole.Min, d.Whole.Max)
	}
	return all.Append(out)
}
