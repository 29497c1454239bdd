package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/access"
	"github.com/sillok/sillok/internal/alarm/operator"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/gateway"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/kit/certificate"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/kit/worker"
	"github.com/sillok/sillok/internal/lake"
	logrows "github.com/sillok/sillok/internal/logs/rows"
	"github.com/sillok/sillok/internal/logs/syslog"
	"github.com/sillok/sillok/internal/metrics/emit"
	"github.com/sillok/sillok/internal/metrics/statsd"
	"github.com/sillok/sillok/internal/service/athena"
	"github.com/sillok/sillok/internal/service/cloudtrail"
	"github.com/sillok/sillok/internal/service/cloudwatch"
	"github.com/sillok/sillok/internal/service/iam"
	"github.com/sillok/sillok/internal/service/kms"
	"github.com/sillok/sillok/internal/service/logs"
	"github.com/sillok/sillok/internal/service/organizations"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/service/sns"
	"github.com/sillok/sillok/internal/service/sqs"
	"github.com/sillok/sillok/internal/service/sts"
	"github.com/sillok/sillok/internal/store/objects"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/archive"
	"github.com/sillok/sillok/internal/trail/delivery"
	"github.com/sillok/sillok/internal/trail/history"
	"github.com/sillok/sillok/internal/trail/importer"
	"github.com/sillok/sillok/internal/trail/insight/seek"
	"github.com/sillok/sillok/internal/trail/member"
	"github.com/sillok/sillok/internal/trail/rows"
	"github.com/sillok/sillok/internal/trail/watch"
	"github.com/sillok/sillok/internal/wire/sigv4"
)

// stateFile is where the state is, in the data folder.
const stateFile = "state.db"

// ObjectsFolder is where S3's objects are, in the data folder.
const ObjectsFolder = "objects"

// grace is how long calls in flight may take to finish once the server has been
// told to stop, and queries after them.
const grace = 20 * time.Second

// tellHeld is how often Config.Held is told.
const tellHeld = 100 * time.Millisecond

// App is a server.
type App struct {
	cfg         Config
	log         *slog.Logger
	root        Credential
	lock        *folderLock
	listener    net.Listener
	certificate *certificate.Pair // nil for plain HTTP
	seal        *seal.Sealer
	kms         *kms.Service
	logs        *logs.Service
	syslog      *syslog.Server // nil for none
	statsd      *statsd.Server // nil for none
	metrics     *cloudwatch.Service
	queues      *sqs.Service
	operator    *operator.Operator // of actions of alarms
	sns         *sns.Service
	firehose    deliveryStreams
	emits       metric.Emitter // takes what services count of themselves
	emitter     *emit.Emitter  // which puts that; nil where nobody wants it
	s3          *s3.Service
	queries     *athena.Service
	state       *state.DB
	objects     *objects.DB
	journal     *journal.Journal
	archive     *archive.Archive
	members     *member.Members // in which organizations accounts were
	rows        *rows.Rows      // of both
	imports     *importer.Importer
	watches     *watch.Watches
	engine      engine.Engine
	system      *lake.System // the database that has them
	logRows     *logrows.Maker
	bus         *bus.Bus
	workers     *worker.Pool
	services    []gateway.Service // in the order in which they were opened
	iam         *iam.Service
	sts         *sts.Service           // knows all access keys
	accounts    *organizations.Service // and all organizations
	trails      *cloudtrail.Service
	deliveries  *delivery.Delivery          // of trails
	history     *history.History            // of events, beside the journal
	insights    *seek.Seeker                // for them
	held        map[string]access.Resources // by the service in an ARN
	access      *access.Decider
	explains    *sigv4.Verifier // of those who ask the server itself
	gateway     *gateway.Gateway
	handler     http.Handler
	opened      time.Time
	proxies     gateway.Proxies
}

// Open builds a server in cfg.Data, which no other server may use, and listens,
// so that clients may connect; it answers once Run runs. The caller must call
// Close.
func Open(ctx context.Context, cfg Config, log *slog.Logger) (*App, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	var err error
	if cfg.Data, err = filepath.Abs(cfg.Data); err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, log: log, opened: time.Now(), held: map[string]access.Resources{}}
	if a.proxies, err = networks(trustedProxy, cfg.TrustedProxies); err != nil {
		return nil, err
	}
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
	if err := a.openTLS(); err != nil {
		return err
	}
	if a.listener, err = listen(ctx, a.cfg.Listen); err != nil {
		return err
	}
	if a.certificate == nil && !a.cfg.InsecureHTTP && !plainFits(a.listener.Addr()) {
		return errPlain(a.cfg.Listen) // its name is that of an address of the network
	}
	if a.root, err = rootCredential(a.cfg); err != nil {
		return err
	}
	if err := a.checkState(); err != nil {
		return err
	}
	if a.seal, err = openSeal(ctx, a.cfg); err != nil {
		return err
	}
	if a.state, err = state.Open(ctx, a.folder(stateFile)); err != nil {
		return fmt.Errorf("open the state: %w", err)
	}
	a.objects, err = objects.Open(ctx, a.folder(ObjectsFolder), objects.Config{Log: a.log, Followers: followers(), Seal: a.seal})
	if err != nil {
		return fmt.Errorf("open the objects: %w", err)
	}
	if err := a.bringFormer(ctx); err != nil {
		return err
	}
	if err := a.openRecords(ctx); err != nil {
		return err
	}
	if err := a.openBus(); err != nil {
		return err
	}
	if err := a.openWorkers(); err != nil {
		return err
	}
	a.openIdentities()
	if err := a.openServices(ctx); err != nil {
		return err
	}
	a.openAccess()
	a.gateway, err = gateway.New(gateway.Config{
		Log: a.log, Local: a.local(), Keys: a.keys(), Authorize: a.authorize, Journal: a.journal, Counted: a.countCall, Domains: a.cfg.Domains,
		Limits: gateway.Limits{
			Calls: a.cfg.MaxCalls, CallsPerKey: a.cfg.MaxCallsPerKey, Rate: a.cfg.MaxRate,
			CallsPerAccount: a.cfg.MaxCallsPerAccount, RatePerAccount: a.cfg.MaxRatePerAccount,
		},
		Proxies: a.proxies,
	}, a.services...)
	if err != nil {
		return fmt.Errorf("build the gateway: %w", err)
	}
	a.handler = a.certificates(a.gateway)
	if a.cfg.Compat == compatMoto {
		a.handler = a.motoCompat(a.handler)
	}
	return errors.Join(a.openSyslog(ctx), a.openStatsD(ctx))
}

// checkState refuses a data folder that has lost its state: it would otherwise
// start as a new one, without tables and history, beside the objects of the old.
func (a *App) checkState() error {
	info, err := os.Stat(a.folder(stateFile))
	if err == nil && info.Size() > 0 || a.cfg.NewState {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, later := range []string{CallsFolder, EventsFolder, ObjectsFolder, formerObjects} {
		if _, err := os.Stat(a.folder(later)); err == nil {
			return fmt.Errorf("%s is missing or empty in %s, which has been used before: restore it from a backup, or start once with --new-state "+
				"to begin without databases, tables, work groups and settings; objects stay", stateFile, a.cfg.Data)
		}
	}
	return nil
}

// folder returns the path of something in the data folder.
func (a *App) folder(name string) string { return filepath.Join(a.cfg.Data, name) }

// Root is the credential of the root user.
func (a *App) Root() Credential { return a.root }

// Data is the data folder's whole path.
func (a *App) Data() string { return a.cfg.Data }

// Run serves until ctx is done, then finishes what is in flight: calls first,
// then the services' own work, the last opened first. It calls ready once, as
// soon as calls are answered.
func (a *App) Run(ctx context.Context, ready func()) error {
	if err := a.tellReach(); err != nil {
		return err
	}
	server := a.newServer()
	group, ctx := life.New(ctx, a.log)
	stops := a.runServices(ctx, group)
	// The bus ends with ctx, so that long polls do not hold the server up.
	group.Go(ctx, "bus", func(ctx context.Context) error { return a.bus.Run(ctx, nil, a.told()) })
	if a.certificate != nil {
		group.Go(ctx, "tls", a.certificate.Run)
	}
	if a.cfg.Held != nil {
		group.Every(ctx, "memory", tellHeld, func(context.Context) error { a.cfg.Held(a.logs.Memory()); return nil })
	}
	group.Go(ctx, "http", func(context.Context) error {
		if err := a.serve(server); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve on %s: %w", a.cfg.Listen, err)
		}
		return nil
	})
	group.Go(ctx, "stop", func(ctx context.Context) error {
		<-ctx.Done()
		err := drain(context.WithoutCancel(ctx), server)
		for _, stop := range slices.Backward(stops) {
			stop()
		}
		return err
	})
	ready()
	return group.Wait()
}

// runServices starts the services' own work, and that of the journal, which
// outlasts them. Each of the functions that it returns stops one and waits until
// it has ended.
func (a *App) runServices(ctx context.Context, group *life.Group) (stops []func()) {
	run := func(name string, run func(context.Context) error) {
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		ended := make(chan struct{})
		group.Go(ctx, name, func(ctx context.Context) error {
			defer close(ended)
			return run(ctx)
		})
		stops = append(stops, func() {
			cancel()
			<-ended
		})
	}
	if a.emitter != nil {
		run("services' own metrics", a.emitter.Run) // ends last, with what the others have emitted
	}
	run("journal", a.journal.Run)
	run("archive", a.archive.Run)
	run("rows of events", a.rows.Run)
	run("objects", a.objects.Run)
	for _, s := range a.services {
		if s.Run != nil {
			run(s.Model.ID, s.Run)
		}
	}
	if a.syslog != nil {
		run("syslog", a.syslog.Run)
	}
	if a.statsd != nil {
		run("statsd", a.statsd.Run)
	}
	return stops
}

// drain waits until calls in flight are done, and cuts off what is not within
// grace.
func drain(ctx context.Context, server *http.Server) error {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("calls in flight were cut off after %s: %w", grace, err), server.Close())
	}
	return nil
}

// Close releases what Open took. It may be called twice.
func (a *App) Close() error {
	errs := []error{a.closeStatsD()}
	if a.syslog != nil {
		errs = append(errs, a.syslog.Close())
	}
	for _, s := range slices.Backward(a.services) {
		if s.Close != nil {
			errs = append(errs, s.Close())
		}
	}
	if a.workers != nil {
		errs = append(errs, a.workers.Close())
	}
	if a.journal != nil {
		errs = append(errs, a.journal.Close())
	}
	if a.archive != nil {
		errs = append(errs, a.archive.Close())
	}
	if a.objects != nil {
		errs = append(errs, a.objects.Close())
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
