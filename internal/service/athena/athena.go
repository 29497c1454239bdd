// Package athena is Amazon Athena: work groups, query executions and their
// results, and the view of the Glue catalog that Athena gives.
//
// A query execution is durable before its id is answered. All statements are run
// by Run: as many at a time as Config says, accounts and work groups in turn, and
// none for longer than Config.Timeout. One that was not done when the server died
// is FAILED with the reason once Run has begun again.
package athena

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/objects"
	"github.com/sillok/sillok/internal/store/state"
)

// The kinds of document that the service keeps.
var (
	workGroups = resource.Kind[athenaapi.WorkGroup]{Name: "athena/work-group", Missing: errNoWorkGroup, Taken: errWorkGroupExists}

	executions = resource.Kind[execution]{Name: "athena/execution", Missing: errNoExecution}
	unfinished = resource.Kind[string]{Name: "athena/active"}       // ids of executions that are not done
	history    = resource.Kind[string]{Name: "athena/history"}      // work group, time counted down, id: newest first
	results    = resource.Kind[storedResult]{Name: "athena/result"} // by the execution's id

	reusables = resource.Kind[string]{Name: "athena/reusable"} // work group, digest of the question: the id of the newest with a result

	prepared = resource.Kind[athenaapi.PreparedStatement]{ // work group, name
		Name: "athena/prepared-statement", Missing: errNoPrepared, Taken: errPreparedExists,
	}
	namedQueries = resource.Kind[athenaapi.NamedQuery]{Name: "athena/named-query", Missing: errNoNamedQuery}
	namedIn      = resource.Kind[string]{Name: "athena/named-query-in"} // work group, id: in the order of their creation

	dataCatalogs = resource.Kind[athenaapi.DataCatalog]{ // name in lower case
		Name: "athena/data-catalog", Missing: errNoDataCatalog, Taken: errDataCatalogExists,
	}

	tags = resource.Tags{Invalid: codeRequest, TooMany: codeRequest, Named: taggable}
)

// tokens is of Athena's listings.
const tokens resource.TokenCode = codeRequest

// precision is the one of Athena's times.
const precision = time.Millisecond

// Config is what a Service needs to know.
type Config struct {
	// Concurrency is how many queries run at once; more wait as QUEUED. It is
	// no more than the engine can run, which would wait there as RUNNING. As
	// many statements about the catalog run beside them.
	Concurrency int
	// Timeout is how long a statement may run; 0 is Athena's half an hour.
	Timeout time.Duration
	// ActiveQueries is how many queries of one account in one region may wait or
	// run, and how many statements about its catalog; 0 is 1,000.
	ActiveQueries int
	// Grace is how long the queries that wait or run may go on once Run is to end.
	Grace time.Duration
	Log   *slog.Logger
	// System is the database of the tables whose rows the server keeps, as the catalog
	// shows it; nil for none.
	System *lake.System
	// Metrics takes what is measured of the queries of work groups that publish it; nil for
	// nobody.
	Metrics metric.Emitter
}

// What Config leaves out.
const (
	defaultTimeout       = 30 * time.Minute
	defaultActiveQueries = 1000
)

// Service answers Athena's operations.
type Service struct {
	cfg     Config
	store   resource.Store
	objects objects.Store
	glue    Catalog
	engine  engine.Engine
	queue   *queue
}

// New returns a Service that keeps its state in store, reads tables' objects
// and writes results through objects, and asks glue for tables. It does no I/O
// and starts nothing: queries wait until Run runs.
func New(cfg Config, store state.Store, objects objects.Store, glue Catalog, e engine.Engine) *Service {
	if cfg.Metrics == nil {
		cfg.Metrics = metric.Nowhere
	}
	waiting := newQueue(cmp.Or(cfg.Timeout, defaultTimeout), cmp.Or(cfg.ActiveQueries, defaultActiveQueries))
	return &Service{cfg: cfg, store: resource.NewStore(store), objects: objects, glue: glue, engine: e, queue: waiting}
}

// Run marks as FAILED what was not done when the last server ended, and runs
// statements until ctx is done. Those that wait or run then have Config.Grace to
// finish; what is left after that is stopped and FAILED. Run is called once.
func (s *Service) Run(ctx context.Context) error {
	running := context.WithoutCancel(ctx)
	if err := s.recover(running); err != nil {
		return fmt.Errorf("recover query executions: %w", err)
	}
	var workers, writer sync.WaitGroup
	for range max(1, s.cfg.Concurrency) {
		for of := range lanes {
			workers.Go(func() { s.work(running, of) })
		}
	}
	ended := make(chan struct{})
	writer.Go(func() { s.writeEnds(running, ended) })

	<-ctx.Done()
	s.queue.close()
	late := time.AfterFunc(s.cfg.Grace, s.queue.kill)
	defer late.Stop()
	workers.Wait()
	close(ended)
	writer.Wait()
	return nil
}
