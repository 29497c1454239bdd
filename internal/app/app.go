package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/gateway"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/service/athena"
	"github.com/sillok/sillok/internal/service/glue"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/service/sts"
	"github.com/sillok/sillok/internal/store/state"
)

// grace is how long calls and queries in flight may take to finish once the
// server has been told to stop.
const grace = 20 * time.Second

// App is a server.
type App struct {
	cfg      Config
	log      *slog.Logger
	root     Credential
	lock     *folderLock
	listener net.Listener
	state    *state.DB
	s3       *s3.Service
	engine   *duckdb.Engine
	athena   *athena.Service
	handler  http.Handler
	opened   time.Time
}

// Open builds a server in cfg.Data, which no other server may use, and listens,
// so that clients may connect; it answers once Run runs. The caller must call
// Close.
func Open(ctx context.Context, cfg Config, log *slog.Logger) (*App, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	var err error
	// S3's folder becomes the working directory, so every path must be whole.
	if cfg.Data, err = filepath.Abs(cfg.Data); err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, log: log, opened: time.Now()}
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) open(ctx context.Context) (err error) {
	if err := os.MkdirAll(a.cfg.Data, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	if a.lock, err = lockFolder(a.cfg.Data); err != nil {
		return err
	}
	if a.listener, err = listen(ctx, a.cfg.Listen); err != nil {
		return err
	}
	if a.root, err = rootCredential(a.cfg); err != nil {
		return err
	}
	if a.state, err = state.Open(ctx, filepath.Join(a.cfg.Data, "state.db")); err != nil {
		return fmt.Errorf("open the state: %w", err)
	}
	keys := keyring{a.root}
	folder := func(name string) string { return filepath.Join(a.cfg.Data, name) }
	if a.s3, err = s3.Open(ctx, s3.Config{Dir: folder("s3"), Versions: folder("s3-versions"), Log: a.log}, keys); err != nil {
		return err
	}
	objects := a.s3.Objects()
	shadows := folder("shadows")
	a.engine, err = duckdb.Open(ctx, duckdb.Config{
		Lake:    lake.New(lake.Config{Dir: shadows, Sync: true}, lakeObjects{objects}),
		Spill:   folder("spill"),
		Workers: a.concurrency(),
		Command: a.cfg.WorkerCommand,
	})
	if err != nil {
		return fmt.Errorf("open the query engine: %w", err)
	}
	catalog := glue.New(a.state, nil)
	a.athena, err = athena.Open(ctx, athena.Config{Concurrency: a.concurrency(), Log: a.log}, a.state, objects, catalog, a.engine)
	if err != nil {
		return fmt.Errorf("open athena: %w", err)
	}
	gw, err := gateway.New(gateway.Config{Log: a.log, Local: a.local()}, keys, a.s3.Handler(), services(sts.New(), catalog, a.athena)...)
	if err != nil {
		return fmt.Errorf("build the gateway: %w", err)
	}
	a.handler = gw
	if a.cfg.Compat == compatMoto {
		a.handler = a.motoCompat(gw)
	}
	return nil
}

func (a *App) concurrency() int {
	if a.cfg.Concurrency > 0 {
		return a.cfg.Concurrency
	}
	return runtime.GOMAXPROCS(0)
}

// Root is the credential of the root user.
func (a *App) Root() Credential { return a.root }

// Data is the data folder's whole path.
func (a *App) Data() string { return a.cfg.Data }

// Run serves until ctx is done, then finishes what is in flight: calls first,
// then the queries that they started. It calls ready once, as soon as every
// service answers.
func (a *App) Run(ctx context.Context, ready func()) error {
	server := &http.Server{
		Handler:           a.handler,
		ReadHeaderTimeout: 30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
	}
	group, ctx := errgroup.WithContext(ctx)
	// S3 must outlast the HTTP server and the queries, which write through it.
	s3Context, stopS3 := context.WithCancel(context.WithoutCancel(ctx))
	group.Go(func() error { return a.s3.Run(s3Context) })
	group.Go(func() error {
		if err := server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve on %s: %w", a.cfg.Listen, err)
		}
		return nil
	})
	group.Go(func() error {
		err := a.s3.Ready(ctx)
		if err == nil {
			ready()
		}
		if ctx.Err() != nil {
			err = nil // told to stop before it was ready
		}
		return err
	})
	group.Go(func() error {
		defer stopS3()
		<-ctx.Done()
		return a.drain(context.WithoutCancel(ctx), server)
	})
	return group.Wait()
}

// drain waits until calls and queries in flight are done, and cuts off what is
// not within grace.
func (a *App) drain(ctx context.Context, server *http.Server) error {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	err := server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("calls in flight were cut off after %s: %w", grace, err), server.Close())
	}
	return errors.Join(err, a.athena.Close(ctx))
}

// Close releases what Open took. It may be called twice.
func (a *App) Close() error {
	var errs []error
	if a.athena != nil {
		// Run has let queries finish; without a Run there are none.
		stopped, cancel := context.WithCancel(context.Background())
		cancel()
		errs = append(errs, a.athena.Close(stopped))
	}
	if a.engine != nil {
		errs = append(errs, a.engine.Close())
	}
	if a.s3 != nil {
		errs = append(errs, a.s3.Close())
	}
	if a.state != nil {
		errs = append(errs, a.state.Close())
	}
	if a.listener != nil {
		if err := a.listener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if a.lock != nil {
		errs = append(errs, a.lock.release())
	}
	return errors.Join(errs...)
}
