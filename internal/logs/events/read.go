package events

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"iter"
	"math"
	"slices"

	"github.com/sillok/sillok/internal/kit/life"
)

// Read yields the events that a query asks for, in its order: those whose append had
// returned when it was called, and perhaps some of those that are appended meanwhile.
//
// A *DamageError is yielded in the place of what the group has lost, and who goes on
// with the loop gets what follows. Any other error ends the sequence. Of what it is not
// known whose it was, Lost tells.
func (s *Store) Read(ctx context.Context, q Query) iter.Seq2[Event, error] {
	if q.Streams != nil {
		q.Streams = append([]uint64{}, q.Streams...)
		slices.Sort(q.Streams)
	}
	return func(yield func(Event, error) bool) {
		q := q
		q.keys, q.side = s.opener(ctx), newSide(q.Memory)
		var last Key
		for {
			again := false
			parts := q.each()
			var all []source
			for _, part := range parts {
				all = append(all, s.sources(part)...)
			}
			for e, err := range merge(ctx, &q, all) {
				if errors.Is(err, fs.ErrNotExist) {
					// The file was made again without what is not wanted since it was
					// looked up. What comes behind the last event is read from it.
					again = true
					break
				}
				if !yield(e, err) {
					return
				}
				if err == nil {
					last = e.Key
					q.After = &last
				}
			}
			if !again {
				return
			}
			for _, part := range parts {
				s.look(part.Group)
			}
		}
	}
}

// sources returns where a query finds events.
func (s *Store) sources(q *Query) []source {
	v := s.view.Load()
	var all []source
	wanted := new(wantedOf(q))
	for _, m := range v.memories {
		all = m.sources(q, wanted, all)
	}
	for _, at := range v.groups[q.Group] {
		p := &at.file.parts[at.part]
		first, last := Key{Time: p.from}, Key{Time: p.to, Seq: math.MaxUint64, N: math.MaxUint32}
		if !q.meets(first, last) || p.stream != 0 && !q.of(p.stream) {
			continue
		}
		all = append(all, source{group: q.Group, bound: q.edge(first, last), open: func() (cursor, error) { return s.openPart(q, wanted, at.file, p) }})
	}
	return all
}

// partCursor reads a part.
type partCursor struct {
	*loader

	blocks []blockMeta // that are left
	spare  scratch     // for the blocks that are loaded, but for what events consist of
	taken  int         // blocks that were loaded
	ahead  *ahead      // loads the next block while one is read; nil for the first two
	held   int64       // bytes, of what was loaded
	run    run
}

// ahead loads blocks one after the other, one before it is asked for.
type ahead struct {
	loaded chan loadedBlock
	stop   chan struct{}
	ended  chan struct{}
}

type loadedBlock struct {
	events []Event
	err    error
}

func (s *Store) openPart(q *Query, wanted *wanted, f *file, p *part) (cursor, error) {
	l, blocks, err := s.openBlocks(q, wanted, f, p)
	if err != nil {
		return nil, err
	}
	if q.Backward {
		slices.Reverse(blocks)
	}
	return &partCursor{loader: l, blocks: blocks, run: run{q: q}}, nil
}

// next implements cursor. A context is looked at before each block.
func (c *partCursor) next(ctx context.Context) (*Event, error) {
	for loaded := false; ; loaded = true {
		if e, err := c.run.next(ctx); e != nil || err != nil {
			return e, err
		}
		if loaded && len(c.blocks) > 0 {
			return nil, errLater
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		events, ok, err := c.block(ctx)
		if err != nil || !ok {
			return nil, err
		}
		if len(events) > 0 {
			c.run = *newRun(c.q, events)
		}
	}
}

// bound implements cursor, while there are blocks left.
func (c *partCursor) bound() Key { return c.q.edge(c.blocks[0].first, c.blocks[0].last) }

// block returns the events of the next block, and false at the end. Who reads a page
// has few; who goes on finds the next one loaded.
func (c *partCursor) block(ctx context.Context) (events []Event, ok bool, err error) {
	const alone = 2
	if len(c.blocks) == 0 {
		return nil, false, nil
	}
	if c.ahead == nil && c.taken >= alone && len(c.blocks) > 1 && c.q.side.narrow() {
		c.ahead = c.loadAhead(ctx, c.blocks)
	}
	b := c.blocks[0]
	c.blocks, c.taken = c.blocks[1:], c.taken+1
	if c.ahead == nil {
		events, err = c.fresh(&b)
		return events, true, cmp.Or(err, c.hold(&b, events, 1))
	}
	loaded, ok := <-c.ahead.loaded
	if !ok {
		return nil, false, ctx.Err()
	}
	return loaded.events, true, cmp.Or(loaded.err, c.hold(&b, loaded.events, 2))
}

// fresh loads a block into memory that is its events' own.
func (c *partCursor) fresh(b *blockMeta) ([]Event, error) {
	c.spare.raw, c.spare.events = nil, nil
	return c.told(b, &c.spare)
}

// hold counts a block that was loaded, and those like it that are.
func (c *partCursor) hold(b *blockMeta, events []Event, times int64) error {
	n := int64(0)
	if len(events) > 0 {
		n = int64(b.raw) + int64(len(events))*eventBytes
	}
	return c.q.side.hold(&c.held, n*times)
}

func (c *partCursor) loadAhead(ctx context.Context, blocks []blockMeta) *ahead {
	a := &ahead{loaded: make(chan loadedBlock), stop: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(a.ended)
		defer close(a.loaded)
		for i := range blocks {
			var b loadedBlock
			if err := life.Catch(func() error {
				var err error
				b.events, err = c.fresh(&blocks[i])
				return err
			}); err != nil {
				b.err = err
			}
			select {
			case a.loaded <- b:
			case <-a.stop:
				return
			case <-ctx.Done():
				return
			}
		}
	}()
	return a
}

// close implements cursor.
func (c *partCursor) close() {
	if c.ahead != nil {
		close(c.ahead.stop)
		<-c.ahead.ended
	}
	_ = c.q.side.hold(&c.held, 0) // no more than before
	c.reader.close()
}

// Streams returns what is known of the streams of a group that have events, some of
// which may not be wanted any more. Beside a *DamageError it is what is known of the
// events that are not lost.
func (s *Store) Streams(ctx context.Context, group uint64) (map[uint64]Stats, error) {
	for {
		all, err := s.streams(ctx, group)
		if !errors.Is(err, fs.ErrNotExist) {
			return all, err
		}
		s.look(group)
	}
}

func (s *Store) streams(ctx context.Context, group uint64) (map[uint64]Stats, error) {
	v := s.view.Load()
	all := map[uint64]Stats{}
	var damage *DamageError
	for _, m := range v.memories {
		m.stats(group, all)
	}
	for _, at := range v.groups[group] {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, err := at.file.openPart(&at.file.parts[at.part])
		if err == nil {
			err = r.stats(&at.file.parts[at.part], all)
			r.close()
		}
		if d, ok := errors.AsType[*DamageError](err); ok {
			damage, err = d, nil
		}
		if err != nil {
			return nil, err
		}
	}
	if damage != nil {
		return all, damage
	}
	return all, nil
}

// Bytes returns how large the events of a group are, as AWS counts them: 26 bytes
// each, and their messages. Some of them may not be wanted any more.
func (s *Store) Bytes(group uint64) int64 {
	v := s.view.Load()
	var n int64
	for _, m := range v.memories {
		n += m.groupBytes(group)
	}
	for _, at := range v.groups[group] {
		n += at.file.parts[at.part].bytes
	}
	return n
}

// Estimate returns how many events a query would look at, and how many bytes as AWS counts
// them, by the indexes alone: a block of which a part is meant counts as a whole.
func (s *Store) Estimate(ctx context.Context, q Query) (events, bytes int64, err error) {
	for _, part := range q.each() {
		for {
			n, size, err := s.estimate(ctx, part)
			if errors.Is(err, fs.ErrNotExist) {
				s.look(part.Group) // the file was made again since it was looked up
				continue
			}
			if err != nil {
				return 0, 0, err
			}
			events, bytes = events+n, bytes+size
			break
		}
	}
	return events, bytes, nil
}

func (s *Store) estimate(ctx context.Context, q *Query) (events, bytes int64, err error) {
	v := s.view.Load()
	for _, m := range v.memories {
		for _, run := range m.sorted(q.Group) {
			for i := range run {
				if e := &run[i]; q.holds(e.Key, e.Stream) {
					events, bytes = events+1, bytes+e.size()
				}
			}
		}
	}
	for _, at := range v.groups[q.Group] {
		p := &at.file.parts[at.part]
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		if !q.meets(Key{Time: p.from}, Key{Time: p.to, Seq: math.MaxUint64, N: math.MaxUint32}) || p.stream != 0 && !q.of(p.stream) {
			continue
		}
		r, err := at.file.openPart(p)
		if err != nil {
			return 0, 0, err
		}
		blocks, err := r.blocks(p)
		r.close()
		if err != nil {
			return 0, 0, err
		}
		for i := range blocks {
			if b := &blocks[i]; q.meets(b.first, b.last) {
				n := int64(b.events)
				events, bytes = events+n, bytes+int64(b.raw)+n*overhead
			}
		}
	}
	return events, bytes, nil
}
