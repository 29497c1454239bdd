package cloudtrail

import (
	"context"
	"errors"
	"fmt"
	"path"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/importer"
)

// runningImports are the imports that run, each with what ends it.
type runningImports struct {
	mu  sync.Mutex
	all map[string]context.CancelFunc
}

// begin returns a context for an import; false where it runs already.
func (r *runningImports) begin(ctx context.Context, id string) (context.Context, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all[id] != nil {
		return ctx, false
	}
	if r.all == nil {
		r.all = map[string]context.CancelFunc{}
	}
	ctx, r.all[id] = context.WithCancel(ctx)
	return ctx, true
}

// stop ends an import, if it runs.
func (r *runningImports) stop(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if cancel := r.all[id]; cancel != nil {
		cancel()
	}
}

// end forgets an import that has ended.
func (r *runningImports) end(id string) {
	r.stop(id)
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.all, id)
}

const (
	// importsEvery is how often it is looked for imports that should run.
	importsEvery = time.Second
	// progressEvery is how often an import says how far it is.
	progressEvery = time.Second
)

// runImports runs the imports that were started, those too that the last server did not
// end, until ctx is done.
func (s *Service) runImports(ctx context.Context) error {
	work, ctx := life.New(ctx, s.cfg.Log)
	work.Every(ctx, "imports into event data stores", importsEvery, func(ctx context.Context) error {
		all, err := s.startedImports(ctx)
		for n := range all {
			i := &all[n]
			running, ok := s.imports.begin(ctx, i.ID)
			if !ok {
				continue
			}
			work.Go(ctx, "import into an event data store", func(ctx context.Context) error {
				defer s.imports.end(i.ID)
				err := life.Catch(func() error { return s.runImport(running, i) })
				if err != nil && running.Err() == nil {
					s.cfg.Log.ErrorContext(ctx, "an import into an event data store did not end", "import", i.ID, "error", err)
				}
				return nil
			})
		}
		return err
	})
	return work.Wait()
}

func (s *Service) startedImports(ctx context.Context) (all []storeImport, err error) {
	if s.cfg.Imports == nil {
		return nil, nil
	}
	return all, s.state.View(ctx, func(r state.Reader) error {
		for entry, err := range state.All[storeImport](r, storeImports.Name) {
			if err != nil {
				return err
			}
			if entry.Value.runs() {
				all = append(all, entry.Value)
			}
		}
		return nil
	})
}

// runImport takes an import to its end.
func (s *Service) runImport(ctx context.Context, i *storeImport) error {
	ctx = cloud.WithCall(ctx, cloud.Call{Account: i.Account, Region: i.Region})
	// Failures of an earlier run are told again where they are still there.
	err := s.changeImport(ctx, i, func(tx resource.Tx, now *storeImport) error {
		now.Status, now.Statistics = importRuns, importStatistics{}
		return importFailures.DeleteBelow(tx, string(i.Region), i.ID)
	})
	if err != nil {
		return err
	}
	from, err := i.from()
	if err != nil {
		return err
	}
	var (
		so     importStatistics
		folder = map[string]bool{}
		told   time.Time
		broken error
	)
	into := importer.Into{Importer: i.Account, Store: i.Destination, From: i.From, To: i.To}
	err = s.cfg.Imports.Import(ctx, from, into, func(o importer.Object, out importer.Outcome) {
		folder[path.Dir(o.Key)] = true
		so.PrefixesFound = int64(len(folder))
		so.EventsCompleted += out.Imported + out.Duplicates
		var failed *importFailure
		if out.Whole() {
			so.FilesCompleted++
		} else {
			so.FailedEntries++
			failed = failureOf(o, &out)
		}
		if failed == nil && time.Since(told) < progressEvery {
			return
		}
		told = time.Now()
		broken = errors.Join(broken, s.changeImport(ctx, i, func(tx resource.Tx, now *storeImport) error {
			now.Statistics = so
			if failed == nil {
				return nil
			}
			return importFailures.Put(tx, *failed, string(i.Region), i.ID, fmt.Sprintf("%012d", so.FailedEntries))
		}))
	})
	if ctx.Err() != nil {
		return ctx.Err() // it was stopped, or goes on with the next server
	}
	return s.endImport(ctx, i, so, errors.Join(err, broken))
}

// endImport notes how an import ended.
func (s *Service) endImport(ctx context.Context, i *storeImport, so importStatistics, failed error) error {
	so.PrefixesCompleted = so.PrefixesFound
	return s.changeImport(ctx, i, func(tx resource.Tx, now *storeImport) error {
		now.Status, now.Statistics = importDone, so
		if failed == nil {
			if so.FailedEntries > 0 {
				now.Status = importFailed
			}
			return nil
		}
		now.Status = importFailed
		now.Statistics.PrefixesCompleted = 0
		now.Statistics.FailedEntries++
		message := "the server's log says why"
		if e, ok := errors.AsType[*cloud.Error](failed); ok {
			message = e.Code + ": " + e.Message
		}
		s.cfg.Log.WarnContext(ctx, "an import into an event data store has failed", "import", i.ID, "error", failed)
		return importFailures.Put(tx, importFailure{
			Location: resource.Value(i.Source.S3LocationUri), Kind: "ImportFailed", Message: message, Updated: whole(time.Now()),
		}, string(i.Region), i.ID, fmt.Sprintf("%012d", now.Statistics.FailedEntries))
	})
}

// changeImport changes an import that has not been stopped.
func (s *Service) changeImport(ctx context.Context, i *storeImport, change func(resource.Tx, *storeImport) error) error {
	return s.update(ctx, func(tx resource.Tx) error {
		now, found, err := storeImports.Find(tx, string(i.Region), i.ID)
		if err != nil || !found || !now.runs() {
			return err
		}
		now.Updated = whole(time.Now())
		if err := change(tx, &now); err != nil {
			return err
		}
		return storeImports.Put(tx, now, string(i.Region), i.ID)
	})
}

// failureOf is what is to be said of a file that was not imported, or not all of it.
func failureOf(o importer.Object, out *importer.Outcome) *importFailure {
	f := &importFailure{Location: o.Source + "/" + o.Key, Kind: "InvalidRecord", Updated: whole(time.Now())}
	switch {
	case out.State != importer.Imported:
		f.Kind = map[importer.State]string{importer.Truncated: "TruncatedFile", importer.Damaged: "DamagedFile", importer.Unread: "UnreadableFile"}[out.State]
		f.Message = out.Reason
	case len(out.BadRecords) > 0:
		f.Message = out.BadRecords[0].Reason
	}
	return f
}
