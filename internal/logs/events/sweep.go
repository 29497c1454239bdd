package events

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
)

// sweep makes each file again that has much that is not wanted, and one of many small
// ones. Streams that are gone are looked for in those groups for which ask is true.
// A file that cannot be read is left as it is, and told.
func (s *Store) sweep(ctx context.Context, ask func(group uint64) bool) error {
	var errs []error
	for _, f := range s.view.Load().files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if f.missing.Load() || len(f.parts) == 0 {
			continue
		}
		wanted, dead, err := s.judge(ctx, f, ask)
		var total int64
		for i := range f.parts {
			total += f.parts[i].stored
		}
		if err == nil && dead > 0 && dead*2 >= total {
			err = s.again(ctx, f, wanted)
		}
		errs = append(errs, err)
	}
	errs = append(errs, s.drop())
	for {
		small := s.small()
		if small == nil {
			return errors.Join(errs...)
		}
		if err := s.join(ctx, small); err != nil {
			return errors.Join(append(errs, err)...)
		}
	}
}

const (
	smallFile  = 1 << 20 // bytes of a file that may be joined with its neighbours
	smallFiles = 8       // so many of them are joined
)

// small returns small files that follow one another; nil for too few.
func (s *Store) small() (found []*file) {
	for _, f := range s.view.Load().files {
		if f.size >= smallFile || f.broken != "" || f.missing.Load() {
			found = nil
			continue
		}
		if found = append(found, f); len(found) == smallFiles {
			return found
		}
	}
	return nil
}

// join makes one file of some that follow one another.
func (s *Store) join(ctx context.Context, files []*file) error {
	w, err := s.newWriter(files[0].first, files[len(files)-1].last, 0)
	if err != nil {
		return err
	}
	groups := map[uint64][]placed{}
	for _, f := range files {
		for i := range f.parts {
			groups[f.parts[i].group] = append(groups[f.parts[i].group], placed{f, i})
		}
	}
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		var events []Event
		for _, at := range groups[group] {
			events, err = s.readPart(ctx, events, at)
			if err != nil {
				return w.abort(err)
			}
		}
		if events, err = s.wantedOf(ctx, group, events); err != nil {
			return w.abort(err)
		}
		sortEvents(events)
		if len(events) == 0 {
			continue
		}
		if err := w.group(ctx, group, events); err != nil {
			return w.abort(err)
		}
	}
	made, err := w.end()
	if err != nil {
		return err
	}
	return s.replace(files, made)
}

// readPart appends the events of a part.
func (s *Store) readPart(ctx context.Context, to []Event, at placed) ([]Event, error) {
	p := &at.file.parts[at.part]
	q := All(p.group)
	q.keys = s.opener(ctx)
	c, err := s.openPart(&q, &wanted{}, at.file, p)
	if err != nil {
		return nil, err
	}
	defer c.close()
	for {
		e, err := c.next(ctx)
		if errors.Is(err, errLater) {
			continue
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || e == nil {
			return to, err
		}
		to = append(to, *e)
	}
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
		if err := s.copyPart(ctx, w, placed{f, i}, wanted[i]); err != nil {
			return w.abort(err)
		}
	}
	made, err := w.end()
	if err != nil {
		return err
	}
	return s.replace([]*file{f}, made)
}

// copyPart writes what is wanted of a part. A part of which something cannot be read
// fails it: what is damaged is not made to look as if it had never been.
func (s *Store) copyPart(ctx context.Context, w *writer, at placed, v verdict) error {
	p := &at.file.parts[at.part]
	events, err := s.readPart(ctx, nil, at)
	if err != nil {
		return err
	}
	events = slices.DeleteFunc(events, func(e Event) bool { return e.Time < v.from || slices.Contains(v.gone, e.Stream) })
	if len(events) == 0 {
		return nil
	}
	return w.part(ctx, p.group, p.stream, events)
}

// drop removes empty files before all others: nothing is before what is missing
// there. One of which it is not known what it holds is none of them.
func (s *Store) drop() error {
	for {
		v := s.view.Load()
		if len(v.files) < 2 || !v.files[0].empty() {
			return nil
		}
		if err := os.Remove(v.files[0].path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("logs: %w", err)
		}
		s.view.Store(newView(v.memories, v.files[1:]))
	}
}
