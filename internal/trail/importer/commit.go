package importer

import (
	"context"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/archive"
	"github.com/sillok/sillok/internal/trail/event"
)

// batch is some records of one file.
type batch struct {
	into    Into
	records []record
	out     *Outcome // written once done is closed, by whoever waits

	imported, duplicates, outside int64

	bad  []BadRecord
	err  error
	done chan struct{}
}

// queue commits together what comes while a commit runs: all of it shares its syncs.
type queue struct {
	turn chan struct{} // held by whoever commits

	mu      sync.Mutex
	waiting []*batch
}

func newQueue() *queue { return &queue{turn: make(chan struct{}, 1)} }

// mostBatches is how many batches are committed together.
const mostBatches = 32

// commit has keep keep a batch, with others, and counts what became of it. Who commits
// for others does so until its own batch is kept, and no longer: an import that goes on
// while others come waits for the disk as they do.
func (q *queue) commit(ctx context.Context, b *batch, keep func(context.Context, []*batch) error) error {
	b.done = make(chan struct{})
	q.mu.Lock()
	q.waiting = append(q.waiting, b)
	q.mu.Unlock()
	for kept := false; !kept; {
		select {
		case <-b.done:
			kept = true
		case q.turn <- struct{}{}:
			// Others wait for it: that one of them has gone must not end it for all.
			q.some(context.WithoutCancel(ctx), b, keep)
		}
	}
	if b.err != nil {
		return b.err
	}
	b.out.Imported += b.imported
	b.out.Duplicates += b.duplicates
	b.out.Outside += b.outside
	for _, r := range b.bad {
		b.out.bad(r.Record, r.Reason)
	}
	return nil
}

// some has the batches that have waited longest kept, and gives the turn back; nothing
// if the caller's own was kept meanwhile. A panic fails them as an error does.
func (q *queue) some(ctx context.Context, own *batch, keep func(context.Context, []*batch) error) {
	defer func() { <-q.turn }()
	select {
	case <-own.done:
		return
	default:
	}
	q.mu.Lock()
	n := min(len(q.waiting), mostBatches)
	some := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	q.mu.Unlock()
	err := life.Catch(func() error { return keep(ctx, some) })
	for _, of := range some {
		of.err = err
		close(of.done)
	}
}

// candidate is an event that may be new.
type candidate struct {
	batch *batch
	entry archive.Entry
	key   state.Key
}

// keep keeps of batches what is neither known nor bad. It is called by one at a time.
func (i *Importer) keep(ctx context.Context, batches []*batch) error {
	if i.ahead {
		if err := i.replay(ctx); err != nil {
			return err
		}
		i.ahead = false
	}
	all, err := i.candidates(ctx, batches)
	if err != nil {
		return err
	}
	err = i.known.Update(ctx, func(tx state.Tx) error {
		first := i.cfg.Archive.First()
		fresh, seen := all[:0:0], map[state.Key]bool{}
		for _, c := range all {
			there, err := has(tx, c.key, first)
			if err != nil {
				return err
			}
			if there || seen[c.key] {
				c.batch.duplicates++
				continue
			}
			seen[c.key] = true
			fresh = append(fresh, c)
		}
		if len(fresh) == 0 {
			return nil
		}
		entries := make([]archive.Entry, len(fresh))
		for n := range fresh {
			entries[n] = fresh[n].entry
		}
		i.ahead = true // whatever fails from here on, to the end of the commit
		numbers, err := i.cfg.Archive.Keep(ctx, entries)
		if err != nil {
			return err
		}
		keys := make([]state.Key, len(fresh))
		for n, c := range fresh {
			c.batch.imported++
			keys[n] = c.key
		}
		return know(tx, entries, keys, numbers)
	})
	if err == nil {
		i.ahead = false
	}
	return err
}

// candidates returns the events of batches that can be kept, without those that were
// made here: calls, and insights.
func (i *Importer) candidates(ctx context.Context, batches []*batch) ([]candidate, error) {
	var all []candidate
	ours := map[cloud.Account][]int{} // of which history may have some that were made here, in all
	for _, b := range batches {
		b.imported, b.duplicates, b.outside, b.bad = 0, 0, 0, nil
		for n := range b.records {
			r := &b.records[n]
			if r.Bad != "" {
				b.bad = append(b.bad, BadRecord{r.Index, r.Bad})
				continue
			}
			in, at := b.into.of(r.Account), time.Unix(r.Time, 0).UTC()
			if b.into.outside(at) {
				b.outside++
				continue
			}
			entry := archive.Entry{Account: in, Region: r.Region, Origin: archive.Import, Store: b.into.Store, Event: event.Event{
				ID: r.ID, Time: at, Category: r.Category, Account: r.Account, JSON: r.json,
			}}
			if !i.cfg.Archive.Fits(&entry) {
				b.bad = append(b.bad, BadRecord{r.Index, "it is larger than an event may be"})
				continue
			}
			if in == r.Account && b.into.Store == "" {
				ours[in] = append(ours[in], len(all))
			}
			all = append(all, candidate{b, entry, keyOf(&entry)})
		}
	}
	called := map[int]bool{}
	for account, which := range ours {
		events := make([]event.Event, len(which))
		for n, at := range which {
			events[n] = all[at].entry.Event
		}
		has, err := i.cfg.Calls.Called(ctx, account, events)
		if err != nil {
			return nil, err
		}
		for n, at := range which {
			called[at] = has[n]
		}
	}
	kept := all[:0]
	for at, c := range all {
		if called[at] {
			c.batch.duplicates++
			continue
		}
		kept = append(kept, c)
	}
	return kept, nil
}
