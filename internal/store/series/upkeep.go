package series

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/store/series/summary"
)

const (
	rollEvery  = 10 * time.Minute
	pruneEvery = 6 * time.Hour
	// chunkSize is how many summaries are rolled up in one batch, and how many series
	// are looked at between two batches of removals.
	chunkSize = 20_000
)

// Run rolls up what has been kept long enough, and removes what need not be kept any
// more, until ctx is done.
func (s *Store) Run(ctx context.Context) error {
	g, ctx := life.New(ctx, s.cfg.Log)
	g.Every(ctx, "metrics/roll up", rollEvery, s.unlessRefused(s.roll))
	g.Every(ctx, "metrics/remove", pruneEvery, s.unlessRefused(s.prune))
	return g.Wait()
}

func (s *Store) unlessRefused(do func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		if s.db.Refuses() {
			return nil // it was told
		}
		return do(ctx)
	}
}

// roll rolls up all spans that have been kept long enough, the finest first.
func (s *Store) roll(ctx context.Context) error {
	for t := range tiers {
		if err := s.rollTier(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// rollTier rolls up the spans of a tier that ended long enough ago.
func (s *Store) rollTier(ctx context.Context, t tier) error {
	// The first span that has still to be kept.
	kept := t.at(s.cfg.Now().Add(-of[t].keep).Unix()).span
	if of[t].next == tiers {
		return s.drop(t, kept)
	}
	begin, end := appendSpan(nil, t, 0), appendSpan(nil, t, kept)
	for begin != nil {
		r := &roll{store: s, from: t, to: of[t].next}
		next, err := r.some(ctx, begin, end)
		if err != nil {
			return err
		}
		begin = next
	}
	return nil
}

// drop removes all spans of a tier before one.
func (s *Store) drop(t tier, kept uint32) error {
	first, end := appendSpan(nil, t, 0), appendSpan(nil, t, kept)
	some, err := s.any(first, end)
	if err != nil || !some {
		return err
	}
	batch := s.db.NewBatch()
	if err := batch.DeleteRange(first, end, nil); err != nil {
		return errors.Join(err, batch.Close())
	}
	return s.commit(batch)
}

// any says whether there is a key in a range.
func (s *Store) any(first, end []byte) (some bool, err error) {
	iter, err := s.db.NewIter(&pebble.IterOptions{LowerBound: first, UpperBound: end})
	if err != nil {
		return false, errRead(err)
	}
	some = iter.First()
	if err := errors.Join(iter.Error(), iter.Close()); err != nil {
		return false, errRead(err)
	}
	return some, nil
}

// roll rolls up the first summaries of a tier: whole series of one span. They are
// removed by the batch that adds them to the next tier, so that they are in one of both.
type roll struct {
	store    *Store
	from, to tier
	batch    *pebble.Batch

	key     []byte // of what is being added up, in the next tier
	sum     summary.Summary
	scratch []byte
	seen    int
}

// some rolls up some from begin on, and returns where to go on: nil at the end.
func (r *roll) some(ctx context.Context, begin, end []byte) (next []byte, err error) {
	iter, err := r.store.db.NewIter(&pebble.IterOptions{LowerBound: begin, UpperBound: end})
	if err != nil {
		return nil, errRead(err)
	}
	r.batch = r.store.db.NewBatch()
	next, err = r.walk(ctx, iter)
	if closed := iter.Close(); err == nil && closed != nil {
		err = errRead(closed)
	}
	if err != nil || r.batch.Empty() {
		return nil, errors.Join(err, r.batch.Close())
	}
	return next, r.store.commit(r.batch)
}

func (r *roll) walk(ctx context.Context, iter *pebble.Iterator) (next []byte, err error) {
	var first, last []byte // series, and their spans
	for valid := iter.First(); valid; valid = iter.Next() {
		key := iter.Key()
		if first == nil {
			first, last = bytes.Clone(key[:atKind]), bytes.Clone(key[:atKind])
		}
		if !bytes.Equal(key[:atKind], last) {
			if !bytes.Equal(key[:atSeries], last[:atSeries]) || r.seen >= r.store.cfg.chunk {
				next = nextOf(last)
				break
			}
			last = bytes.Clone(key[:atKind])
		}
		if r.seen++; r.seen%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err := r.add(iter); err != nil {
			return nil, err
		}
	}
	if err := iter.Error(); err != nil {
		return nil, errRead(err)
	}
	if first == nil {
		return nil, nil
	}
	return next, errors.Join(r.flush(), r.batch.DeleteRange(first, nextOf(last), nil))
}

// add adds what the iterator is at.
func (r *roll) add(iter *pebble.Iterator) error {
	key := iter.Key()
	value, err := iter.ValueAndErr()
	if err != nil {
		return errRead(err)
	}
	one, err := summary.Decode(value)
	if err != nil {
		return errRead(errors.Join(err, errRecord))
	}
	at := r.to.at(r.from.time(placeIn(key)))
	r.scratch = appendKey(r.scratch[:0], r.to, seriesIn(key), kindOf(kind(key[atKind]).unit(), false), at)
	if !bytes.Equal(r.scratch, r.key) {
		if err := r.flush(); err != nil {
			return err
		}
		r.key = append(r.key[:0], r.scratch...)
	}
	r.sum.Merge(&one)
	return nil
}

// flush writes what was added up.
func (r *roll) flush() error {
	if r.sum.Count == 0 {
		return nil
	}
	err := r.batch.Merge(r.key, r.sum.Append(nil), nil)
	r.sum = summary.Summary{}
	return err
}

// prune removes the names of series whose data are all gone.
func (s *Store) prune(ctx context.Context) error {
	kept := activeAt(s.cfg.Now().Add(-of[hours].keep - of[hours].span))
	from := []byte{spaceSeries}
	for ctx.Err() == nil {
		next, gone, err := s.stale(ctx, from, kept)
		if err != nil {
			return err
		}
		if err := s.remove(gone, kept); err != nil {
			return err
		}
		if next == nil {
			return nil
		}
		from = next
	}
	return ctx.Err()
}

// stale returns the keys of series that had no data since, among the first from a key on,
// and where to go on: nil at the end.
func (s *Store) stale(ctx context.Context, from []byte, since uint32) (next []byte, gone [][]byte, err error) {
	iter, err := s.db.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: []byte{spaceSeries + 1}})
	if err != nil {
		return nil, nil, errRead(err)
	}
	defer func() {
		if closed := iter.Close(); err == nil && closed != nil {
			err = errRead(closed)
		}
	}()
	seen := 0
	for valid := iter.First(); valid; valid = iter.Next() {
		if seen++; seen > s.cfg.chunk {
			return bytes.Clone(iter.Key()), gone, ctx.Err()
		}
		have, err := listedIn(iter)
		if err != nil {
			return nil, nil, err
		}
		if have.active < since {
			gone = append(gone, bytes.Clone(iter.Key()))
		}
	}
	if err := iter.Error(); err != nil {
		return nil, nil, errRead(err)
	}
	return nil, gone, nil
}

// remove removes series that still had no data since. What memory knows of series is
// forgotten in the same turn, also by those who are about to put data.
func (s *Store) remove(keys [][]byte, since uint32) error {
	if len(keys) == 0 {
		return nil
	}
	batch := s.db.NewBatch()
	err := s.removeInTurn(batch, keys, since)
	if err != nil {
		return err
	}
	return s.wait(batch)
}

func (s *Store) removeInTurn(batch *pebble.Batch, keys [][]byte, since uint32) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	for _, key := range keys {
		have, err := s.listedAt(key)
		if err != nil {
			return errors.Join(err, batch.Close())
		}
		if have.active >= since {
			continue
		}
		if err := s.unname(batch, key); err != nil {
			return errors.Join(err, batch.Close())
		}
	}
	if err := s.apply(batch); err != nil {
		return err
	}
	s.names.forget()
	return nil
}

// unname removes the names of a series by its key.
func (s *Store) unname(batch *pebble.Batch, key []byte) error {
	account, rest, ok := cutText(key[1:])
	if !ok {
		return errRead(errRecord)
	}
	region, rest, ok := cutText(rest)
	if !ok {
		return errRead(errRecord)
	}
	id, ok := idOf(rest)
	if !ok {
		return errRead(errRecord)
	}
	scope := cloud.Scope{Account: cloud.Account(account), Region: cloud.Region(region)}
	return errors.Join(batch.Delete(key, nil), unterm(batch, scope, id))
}

func unterm(batch *pebble.Batch, scope cloud.Scope, id metric.ID) error {
	return termKeys(scope, id, func(key []byte) error { return batch.Delete(key, nil) })
}

// Count returns how many series there are.
func (s *Store) Count(ctx context.Context) (n int64, err error) {
	iter, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{spaceSeries}, UpperBound: []byte{spaceSeries + 1}})
	if err != nil {
		return 0, errRead(err)
	}
	for valid := iter.First(); valid; valid = iter.Next() {
		if n++; n%4096 == 0 && ctx.Err() != nil {
			return 0, errors.Join(ctx.Err(), iter.Close())
		}
	}
	return n, errors.Join(iter.Error(), iter.Close())
}
