package events

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"slices"
	"sync"
)

// Apart returns n sequences, for as many who read side by side. Together they yield what Read
// does but for After, each event in one of them, in no order that could be relied on. Who leaves one before its end ends the others,
// and so does an error that is no *DamageError. Each is for one goroutine.
//
// What an event's message is made of is used again for those behind it: who keeps a message
// copies it.
func (s *Store) Apart(ctx context.Context, q Query, n int) []iter.Seq2[Event, error] {
	if q.Streams != nil {
		q.Streams = append([]uint64{}, q.Streams...)
		slices.Sort(q.Streams)
	}
	q.After, q.keys, q.side = nil, s.opener(ctx), newSide(0)
	a := &apart{store: s, wanted: new(wantedOf(&q))}
	for _, of := range q.each() {
		v := s.view.Load()
		for _, m := range v.memories {
			for piece := range m.pieces(of, a.wanted) {
				a.pieces = append(a.pieces, memoryPiece{of, piece})
			}
		}
		a.add(of, v, nil)
	}
	all := make([]iter.Seq2[Event, error], n)
	for i := range all {
		all[i] = func(yield func(Event, error) bool) { a.read(ctx, yield) }
	}
	return all
}

// apart is a reading by several.
type apart struct {
	store  *Store
	wanted *wanted

	mu     sync.Mutex
	pieces []memoryPiece
	parts  []apartPart
	open   *openPart // blocks of it are left; nil for none
}

// memoryPiece is a piece of memory, and the query that is asked of its group.
type memoryPiece struct {
	q      *Query
	events []Event
}

// apartPart is a part that nobody has opened.
type apartPart struct {
	q *Query
	placed
	share share
}

// share says which events of a part are read, since it has what others had before; nil for all.
type share func(e *Event) bool

// mine returns which events of what was made of a part's file are those that the part had.
func (p *apartPart) mine() share {
	stream, others := p.file.parts[p.part].stream, []uint64{}
	for i := range p.file.parts {
		if other := &p.file.parts[i]; other.group == p.q.Group && other.stream != 0 {
			others = append(others, other.stream)
		}
	}
	return func(e *Event) bool {
		return e.Seq >= p.file.first && e.Seq <= p.file.last && (e.Stream == stream || stream == 0 && !slices.Contains(others, e.Stream)) &&
			(p.share == nil || p.share(e))
	}
}

// openPart is a part that is open, of which some blocks may be read by others.
type openPart struct {
	*loader

	share  share
	blocks []blockMeta // that nobody has taken
	users  int
}

// add adds the parts that may have events of a query: those of in, or of all files.
func (a *apart) add(q *Query, v *view, in *apartPart) {
	var share share
	if in != nil {
		share = in.mine()
	}
	for _, at := range v.groups[q.Group] {
		p := &at.file.parts[at.part]
		if in != nil && (at.file.last < in.file.first || at.file.first > in.file.last) {
			continue
		}
		if p.to >= q.From && p.from <= q.To && (p.stream == 0 || q.of(p.stream)) {
			a.parts = append(a.parts, apartPart{q, at, share})
		}
	}
}

// read yields events until nothing is left.
func (a *apart) read(ctx context.Context, yield func(Event, error) bool) {
	s := &scratch{}
	for {
		if err := ctx.Err(); err != nil {
			yield(Event{}, err)
			return
		}
		piece, part, block, err := a.take()
		switch {
		case err != nil:
			if !a.tell(err, yield) {
				return
			}
			continue
		case part != nil:
			piece.q = part.q
			piece.events, err = part.told(&block, s)
			a.leave(part)
			if err != nil {
				if !a.tell(err, yield) {
					return
				}
				continue
			}
		case piece.q == nil:
			return
		default:
			piece.events = a.wanted.of(piece.q, piece.events)
		}
		of := newRun(piece.q, piece.events)
		for {
			e, _ := of.next(ctx) // which never fails
			if e == nil {
				break
			}
			if part != nil && part.share != nil && !part.share(e) {
				continue
			}
			given := *e
			given.Group = piece.q.Group
			if !yield(given, nil) {
				a.stop()
				return
			}
		}
	}
}

// tell yields an error, and says whether reading goes on.
func (a *apart) tell(err error, yield func(Event, error) bool) bool {
	_, damaged := errors.AsType[*DamageError](err)
	if yield(Event{}, err) && damaged {
		return true
	}
	a.stop()
	return false
}

// stop ends all sequences once they have come to the end of a block.
func (a *apart) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pieces, a.parts = nil, nil
	if a.open != nil {
		a.open.blocks = nil
		a.close()
	}
}

// take returns what is read next: a piece of memory, or a block of a part, which is left
// then; neither at the end.
func (a *apart) take() (piece memoryPiece, part *openPart, block blockMeta, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n := len(a.pieces); n > 0 {
		piece, a.pieces = a.pieces[n-1], a.pieces[:n-1]
		return piece, nil, block, nil
	}
	for a.open == nil {
		if len(a.parts) == 0 {
			return piece, nil, block, nil
		}
		n := len(a.parts) - 1
		next := a.parts[n] // the newest first, as is asked for mostly
		a.parts = a.parts[:n]
		l, blocks, err := a.store.openBlocks(next.q, a.wanted, next.file, &next.file.parts[next.part])
		if errors.Is(err, fs.ErrNotExist) {
			// The file was made again, perhaps with its neighbours, since it was looked up. What
			// it had is read from what is in its place.
			a.store.look(next.q.Group)
			a.add(next.q, a.store.view.Load(), &next)
			continue
		}
		if err != nil {
			return piece, nil, block, err
		}
		if next.q.Backward {
			slices.Reverse(blocks)
		}
		a.open = &openPart{loader: l, share: next.share, blocks: blocks, users: 1}
		if len(blocks) == 0 {
			a.close()
		}
	}
	part, block = a.open, a.open.blocks[0]
	part.users++
	if part.blocks = part.blocks[1:]; len(part.blocks) == 0 {
		a.close()
	}
	return piece, part, block, nil
}

// close lets go of the part that is open, as nothing of it is left to be taken.
func (a *apart) close() {
	part := a.open
	a.open = nil
	a.drop(part)
}

// leave lets go of a part whose block was read.
func (a *apart) leave(part *openPart) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.drop(part)
}

func (a *apart) drop(part *openPart) {
	if part.users--; part.users == 0 {
		part.close()
	}
}
