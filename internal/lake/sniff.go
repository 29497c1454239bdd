package lake

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/lake/format"
)

// samples is how many objects are looked into whose keys tell their format, for
// columns that the format does not have.
const samples = 8

// sniff reads the beginning of those objects whose keys do not tell their
// format, and of a few of the others.
func (l *Lake) sniff(ctx context.Context, candidates []candidate) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(l.atOnce())
	told := map[string][]int{} // by format: the objects whose keys tell it
	for i := range candidates {
		switch c := &candidates[i]; {
		case c.skip != nil:
		case c.placed.Format != "":
			told[c.placed.Format] = append(told[c.placed.Format], i)
		default:
			group.Go(func() error { return l.lookInto(ctx, c) })
		}
	}
	for name, at := range told {
		if !format.HasMore(name) {
			continue
		}
		step := max(1, len(at)/samples)
		for k := 0; k < len(at); k += step {
			c := &candidates[at[k]]
			group.Go(func() error {
				looked := *c
				err := l.lookInto(ctx, &looked)
				c.more = looked.more
				return err
			})
		}
	}
	return group.Wait()
}

// sniffSpool is how much of an archive is kept to look into it.
const sniffSpool = 1 << 30

// lookInto reads the beginning of an object. An object that cannot be read is
// passed over.
func (l *Lake) lookInto(ctx context.Context, c *candidate) error {
	var s format.Sniffed
	var err error
	for range looks {
		if s, err = l.sniffed(ctx, c.object); !errors.Is(err, ErrReplaced) {
			break
		}
		now, gone := l.again(ctx, c.object)
		if gone != nil {
			err = gone
			break
		}
		c.object = now
	}
	if errors.Is(err, ErrReplaced) {
		err = errWrittenTo()
	}
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		skip, ok := unreadable(c.object, err)
		if !ok {
			return fmt.Errorf("look into %s: %w", c.object.Name(), err)
		}
		c.skip = skip
		return nil
	}
	c.placed.Format, c.more = s.Name, s.Columns
	if s.Name == "" {
		c.skip = &Skipped{Object: c.object, Kind: kindOf(s), Reason: s.Reason}
	}
	return nil
}

// sniffed looks into an object: in a worker process, where there are some.
func (l *Lake) sniffed(ctx context.Context, o Object) (format.Sniffed, error) {
	open := func() (io.ReadCloser, error) { return l.objects.Open(ctx, o) }
	if crew := l.decoder.crew; crew != nil {
		out, err := crew.do(ctx, order{Look: true, Size: o.Size}, open)
		return out.Sniffed, err
	}
	var s format.Sniffed
	err := life.Catch(func() (err error) {
		s, err = look(ctx, open)
		return err
	})
	return s, err
}

// look reads the beginning of the object that open opens.
func look(ctx context.Context, open func() (io.ReadCloser, error)) (format.Sniffed, error) {
	return format.Sniff(ctx, &format.Source{Size: 1 << 62, MaxExpanded: sniffSpool, Open: open})
}

// unreadable says why an object is passed over that may not be read, is not there any
// more, or was too much for whoever looked into it. ok is false for any other error.
func unreadable(o Object, err error) (_ *Skipped, ok bool) {
	skip, ok := passable(o, err)
	switch {
	case !ok:
		return nil, false
	case skip.Kind == Denied:
		skip.Reason = "it may not be read"
	case skip.Kind == Gone:
		skip.Reason = "it is not there any more"
	}
	return skip, true
}
