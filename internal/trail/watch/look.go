package watch

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/importer"
)

// turns says which watches are being looked at.
type turns struct {
	mu      sync.Mutex
	running map[string]bool
}

// take takes the turn of a watch, unless somebody has it.
func (t *turns) take(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	free := !t.running[id]
	t.running[id] = true
	return free
}

func (t *turns) leave(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.running, id)
}

const (
	// dueEvery is how often it is looked which watches are due.
	dueEvery = time.Second
	// atOnce is how many buckets are looked at side by side.
	atOnce = 4
)

// Run looks at each bucket at its interval, until ctx is done.
func (w *Watches) Run(ctx context.Context) error {
	work, ctx := life.New(ctx, w.cfg.Log)
	slots := make(chan struct{}, atOnce)
	work.Every(ctx, "watched buckets", dueEvery, func(ctx context.Context) error {
		due, err := w.due(ctx)
		for i := range due {
			of := &due[i]
			if !w.busy.take(of.ID) {
				continue
			}
			work.Go(ctx, "watched bucket", func(ctx context.Context) error {
				defer w.busy.leave(of.ID)
				select {
				case slots <- struct{}{}:
				case <-ctx.Done():
					return ctx.Err()
				}
				defer func() { <-slots }()
				if err := life.Catch(func() error { return w.look(ctx, of) }); err != nil && ctx.Err() == nil {
					w.cfg.Log.ErrorContext(ctx, "a watched bucket was not looked at", "watch", of.ID, "from", of.From, "error", err)
				}
				return nil
			})
		}
		return err
	})
	return work.Wait()
}

// Look looks at the bucket of a watch of the caller's account now, and returns the watch
// with what it found. It is refused while a look runs.
func (w *Watches) Look(ctx context.Context, id string) (now Watch, err error) {
	key := keyOf(cloud.CallOf(ctx).Principal.Account, id)
	get := func() error {
		return w.cfg.State.View(ctx, func(r state.Reader) (err error) {
			if now, err = state.Get[Watch](r, key); cloud.KindOf(err) == cloud.NotFound {
				return errNoWatch(id)
			}
			return err
		})
	}
	if err := get(); err != nil {
		return now, err
	}
	if !w.busy.take(id) {
		return now, cloud.Errorf(cloud.Conflict, "LookRuns", "Watch %s is being looked at.", id)
	}
	defer w.busy.leave(id)
	if err := w.look(ctx, &now); err != nil {
		return now, err
	}
	return now, get()
}

// due returns the watches whose next look is due. A clock that was set back is no
// reason to wait for where it was.
func (w *Watches) due(ctx context.Context) (due []Watch, err error) {
	now := w.clock()
	return due, w.each(ctx, func(of Watch) {
		if of.Look == nil || now.Sub(of.Look.Ended) >= time.Duration(of.Every) || now.Before(of.Look.Ended) {
			due = append(due, of)
		}
	})
}

func (w *Watches) each(ctx context.Context, do func(Watch)) error {
	return w.cfg.State.View(ctx, func(r state.Reader) error {
		for of, err := range state.All[Watch](r, kindWatch) {
			if err != nil {
				return err
			}
			do(of.Value)
		}
		return nil
	})
}

// look looks at the bucket of a watch, all of it, and keeps what it found.
func (w *Watches) look(ctx context.Context, of *Watch) error {
	look := Look{Began: w.clock().UTC()}
	report, err := w.walk(acting(ctx, of), of, nil, func(p importer.Problem) {
		if len(look.Problems) == mostProblems {
			look.LeftOut++
			return
		}
		look.Problems = append(look.Problems, p)
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	look.Report, look.Ended = report, w.clock().UTC()
	if err != nil {
		look.Error = toldAs(err)
		w.cfg.Log.WarnContext(ctx, "a watched bucket was not looked at to its end", "watch", of.ID, "from", of.From, "error", err)
	}
	return w.change(ctx, of, func(now *Watch) {
		now.Look = &look
		now.Imported += report.Imported
	})
}

// toldAs is what whoever made a watch may read of an error; the log has all of it.
func toldAs(err error) string {
	if e, ok := errors.AsType[*cloud.Error](err); ok {
		return e.Code + ": " + e.Message
	}
	return "the server's log says why"
}

// change changes a watch, if it is still there.
func (w *Watches) change(ctx context.Context, of *Watch, do func(*Watch)) error {
	key := keyOf(of.Account, of.ID)
	return w.cfg.State.Update(ctx, func(tx state.Tx) error {
		now, found, err := state.Find[Watch](tx, key)
		if err != nil || !found {
			return err
		}
		do(&now)
		return state.Put(tx, key, now)
	})
}

// walk imports what is listed of a bucket; only some keys where they are given.
func (w *Watches) walk(ctx context.Context, of *Watch, only []importer.Object, problem func(importer.Problem)) (importer.Report, error) {
	source, err := w.source(ctx, of)
	if err != nil {
		return importer.Report{}, err
	}
	if only != nil {
		source = some{source, only}
	}
	target, err := w.cfg.Target(ctx)
	if err != nil {
		return importer.Report{}, err
	}
	return importer.Walk(ctx, source, target, func(o importer.Object, out importer.Outcome) {
		for _, p := range out.Problems(o.Source + "/" + o.Key) {
			problem(p)
		}
	})
}

// some is a part of a source.
type some struct {
	importer.Source

	objects []importer.Object
}

// List implements importer.Source.
func (s some) List(context.Context) iter.Seq2[importer.Object, error] {
	return func(yield func(importer.Object, error) bool) {
		for _, o := range s.objects {
			if !yield(o, nil) {
				return
			}
		}
	}
}

// Open implements importer.Source.
func (s some) Open(ctx context.Context, o importer.Object) (io.ReadCloser, error) {
	return s.Source.Open(ctx, o)
}

// Came tells of objects of this server's own buckets that have come: those that are
// watched are imported now. What goes wrong is left to the next look.
func (w *Watches) Came(ctx context.Context, objects []importer.Object) error {
	var all []Watch
	if err := w.each(ctx, func(of Watch) { all = append(all, of) }); err != nil {
		return err
	}
	for i := range all {
		of := &all[i]
		at, err := cloud.ParseLocation(of.From)
		if err != nil {
			return err
		}
		var here []importer.Object
		for _, o := range objects {
			if o.Source == "s3://"+at.Bucket && strings.HasPrefix(o.Key, at.Key) {
				here = append(here, o)
			}
		}
		if len(here) == 0 || of.Look == nil || of.Bucket.Elsewhere {
			continue // the first look finds it, or it is not what is watched
		}
		report, err := w.walk(acting(ctx, of), of, here, func(importer.Problem) {})
		if err != nil {
			w.cfg.Log.WarnContext(ctx, "what came into a watched bucket waits for its next look", "watch", of.ID, "from", of.From, "error", err)
		}
		if report.Imported > 0 {
			if err := w.change(ctx, of, func(now *Watch) { now.Imported += report.Imported }); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}
