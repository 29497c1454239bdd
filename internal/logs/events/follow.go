package events

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/sillok/sillok/internal/store/records"
)

// Batch is what one Append has appended to a stream.
type Batch struct {
	Seq    uint64 // its number: later ones have higher numbers
	Group  uint64
	Stream uint64
	Events []Event // at least one, as they were given; their messages are not to be changed

	place records.Place
}

// Next returns a number that is higher than those of all batches whose Append has
// ended, and that no later one is below.
func (s *Store) Next() uint64 { return s.log.Next() }

// Batches yields the batches from number from on, in the order in which they were
// appended, up to the last one that was durable when it was called. last is the batch
// that was read before, if there is one: reading begins behind it, without a search.
//
// Batches that were sealed are there as long as Config.Needed says so. A
// *records.DamageError or *records.RemovedError is yielded in the place of those that
// are lost, and who goes on with the loop gets what follows. Any other error ends the
// sequence.
func (s *Store) Batches(ctx context.Context, from uint64, last *Batch) iter.Seq2[Batch, error] {
	read := s.log.Read(ctx, from)
	if last != nil && last.Seq+1 == from {
		read = s.log.After(ctx, records.Record{Seq: last.Seq, Place: last.place})
	}
	return func(yield func(Batch, error) bool) {
		for r, err := range read {
			if err != nil {
				if !yield(Batch{}, err) {
					return
				}
				continue
			}
			group, events, err := s.decodeBatch(r.Data, r.Seq)
			if err != nil {
				yield(Batch{}, fmt.Errorf("logs: record %d: %w", r.Seq, err))
				return
			}
			if !yield(Batch{Seq: r.Seq, Group: group, Stream: events[0].Stream, Events: events, place: r.Place}, nil) {
				return
			}
		}
	}
}

// LostBatches returns how many batches an error of Batches stands for, and the number of
// the one behind them; false for an error that ends reading.
func LostBatches(err error) (lost, next uint64, ok bool) {
	if damage, ok := errors.AsType[*records.DamageError](err); ok {
		next = max(damage.Last+1, damage.First)
		return next - damage.First, next, true
	}
	if removed, ok := errors.AsType[*records.RemovedError](err); ok {
		return removed.Last + 1 - removed.First, removed.Last + 1, true
	}
	return 0, 0, false
}

// needed returns the first batch that the log still has to keep, where all up to last
// are in files.
func (s *Store) needed(last uint64) uint64 {
	if s.cfg.Needed == nil {
		return last + 1
	}
	return min(last+1, s.cfg.Needed())
}
