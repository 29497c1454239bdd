package events

import (
	"context"
	"maps"
	"os"
	"slices"
)

// sweep makes each file again that has much that is not wanted. Streams that are
// gone are looked for in those groups for which ask is true.
func (s *Store) sweep(ctx context.Context, ask func(group uint64) bool) error {
	for _, f := range s.view.Load().files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if f.missing.Load() || len(f.parts) == 0 {
			continue
		}
		wanted, dead, err := s.judge(ctx, f, ask)
		if err != nil {
			return err
		}
		var total int64
		for i := range f.parts {
			total += f.parts[i].stored
		}
		if dead == 0 || dead*2 < total {
			continue
		}
		if err := s.again(ctx, f, wanted); err != nil {
			return err
		}
	}
	return s.drop()
}

// verdict is what is wanted of a part.
type verdict struct {
	none bool
	from int64
	gone []uint64 // streams
}

// judge says what is wanted of each part of a file, and how much of it on the disk
// is not.
func (s *Store) judge(ctx context.Context, f *file, ask func(group uint64) bool) (wanted []verdict, dead int64, err error) {
	for i := range f.parts {
		p := &f.parts[i]
		from, there, err := s.cfg.Wanted.Group(ctx, p.group)
		if err != nil {
			return nil, 0, err
		}
		v := verdict{none: !there || p.to < from, from: from}
		if !v.none && ask(p.group) {
			share, err := s.judgeStreams(ctx, f, p, &v)
			if err != nil {
				return nil, 0, err
			}
			dead += share
		}
		if v.none {
			dead += p.stored
		}
		wanted = append(wanted, v)
	}
	return wanted, dead, nil
}

// judgeStreams finds the streams of a part that are gone, and returns about how much
// they take on the disk.
func (s *Store) judgeStreams(ctx context.Context, f *file, p *part, v *verdict) (int64, error) {
	r, err := f.openPart(p)
	if err != nil {
		return 0, err
	}
	defer r.close()
	stats := map[uint64]Stats{}
	if err := r.stats(p, stats); err != nil {
		return 0, err
	}
	if v.gone, err = s.cfg.Wanted.Gone(ctx, p.group, slices.Sorted(maps.Keys(stats))); err != nil {
		return 0, err
	}
	if v.none = len(v.gone) == len(stats); v.none {
		return 0, nil
	}
	var gone int64
	for _, stream := range v.gone {
		gone += stats[stream].Bytes
	}
	return int64(float64(p.stored) * float64(gone) / float64(max(p.bytes, 1))), nil
}

// again makes a file again with what is wanted. One of which nothing is wanted stays
// as an empty one: its name says that no batch is missing.
func (s *Store) again(ctx context.Context, f *file, wanted []verdict) error {
	w, err := s.newWriter(f.first, f.last, f.made+1)
	if err != nil {
		return err
	}
	for i := range f.parts {
		if wanted[i].none {
			continue
		}
		if err := s.copyPart(ctx, w, f, &f.parts[i], wanted[i]); err != nil {
			return w.abort(err)
		}
	}
	made, err := w.end()
	if err != nil {
		return err
	}
	return s.replace(f, made)
}

// copyPart writes what is wanted of a part. A part of which something cannot be read
// fails it: what is damaged is not made to look as if it had never been.
func (s *Store) copyPart(ctx context.Context, w *writer, f *file, p *part, v verdict) error {
	q := All(p.group)
	q.From = v.from
	c, err := s.openPart(&q, nil, f, p)
	if err != nil {
		return err
	}
	defer c.close()
	var events []Event
	for {
		e, err := c.next()
		if err != nil {
			return err
		}
		if e == nil {
			break
		}
		if !slices.Contains(v.gone, e.Stream) {
			events = append(events, *e)
		}
	}
	if len(events) == 0 {
		return nil
	}
	return w.part(ctx, p.group, p.stream, events)
}

// drop removes empty files before all others: nothing is before what is missing
// there.
func (s *Store) drop() error {
	for {
		v := s.view.Load()
		if len(v.files) < 2 || len(v.files[0].parts) > 0 || v.files[0].size > headSize*2 {
			return nil
		}
		if err := os.Remove(v.files[0].path); err != nil {
			return err
		}
		s.view.Store(newView(v.memories, v.files[1:]))
	}
}
