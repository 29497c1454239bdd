package app

import (
	"context"
	"fmt"
	"io"
	"runtime"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/api/sqsapi"
	"github.com/sillok/sillok/internal/api/ssmapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/gateway"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/kit/worker"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/service/athena"
	"github.com/sillok/sillok/internal/service/cloudwatch"
	"github.com/sillok/sillok/internal/service/glue"
	"github.com/sillok/sillok/internal/service/logs"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/service/sqs"
	"github.com/sillok/sillok/internal/service/ssm"
)

//go:generate go test -run ^TestCompatTableIsUpToDate$ . -update

// openServices opens every service. The operation table, health, the
// compatibility table, Run and Close walk the list; a new service is a line here
// and a function below.
func (a *App) openServices(ctx context.Context) error {
	a.openEmitter()
	for _, open := range []func(context.Context) (gateway.Service, error){
		a.openKMS, a.openS3, a.openGlue, a.openAthena, a.openSSM, a.openIAM, a.openSTS, a.openAccounts, a.openCloudTrail, a.openCloudTrailData,
		a.openCloudWatch, a.openLogs, a.openSNS, a.openSQS,
	} {
		service, err := open(ctx)
		if err != nil {
			return err
		}
		a.services = append(a.services, service)
	}
	return nil
}

func (a *App) openS3(context.Context) (gateway.Service, error) {
	s := s3.New(s3.Config{
		Log: a.log, OpenBuckets: a.cfg.Compat == compatMoto, Delivers: a.delivers, May: a.may,
		Keys: kmsapi.Client{Door: a.inside("s3.amazonaws.com")}, Identities: a.iam.UniqueIDs, Unknown: a.iam.Unknown, Metrics: a.emits,
	}, a.objects, a.state, a.bus)
	a.s3, a.held["s3"] = s, s
	return gateway.Service{Model: s3api.Service, Handler: s, Run: s.Run}, nil
}

// followers are those that follow the feed of what becomes of objects.
func followers() []string { return []string{s3.FollowNotifications, followShadows, followImports} }

func (a *App) openGlue(context.Context) (gateway.Service, error) {
	shown := a.system
	if a.cfg.Compat == compatMoto {
		shown = nil // its tests expect what they made themselves, and nothing else
	}
	return gateway.Service{Model: glueapi.Service, Handler: glue.New(a.state, shown)}, nil
}

func (a *App) openAthena(ctx context.Context) (gateway.Service, error) {
	door := a.inside("athena.amazonaws.com")
	objects := insideObjects{s3api.Client{Door: door}}
	shadowed := lake.New(lake.Config{
		Dir: a.folder("shadows"), Sync: true, Budget: a.cfg.ShadowSize, Pool: func() (*worker.Pool, error) { return a.workers, nil }, Workers: a.concurrency(),
		Remedy: "make room on the disk that holds the data folder",
	}, guardedObjects{lakeObjects{objects}, a.reads("athena.amazonaws.com")})
	engine, err := duckdb.Open(ctx, duckdb.Config{
		Lake: shadowed, Spill: a.folder(spillFolder), Memory: a.workerMemory() / 2, Pool: a.workers,
	})
	if err != nil {
		return gateway.Service{}, fmt.Errorf("open the query engine: %w", err)
	}
	a.engine = engine
	s := athena.New(athena.Config{
		Concurrency: a.concurrency(), Timeout: a.cfg.QueryTimeout, ActiveQueries: a.cfg.ActiveQueries, Log: a.log, Grace: grace, System: a.system, Metrics: a.emits,
	}, a.state, objects, glueapi.Client{Door: door}, engine)
	a.queries = s
	shadows := shadowKeeper{a.objects, shadowed}
	return gateway.Service{Model: athenaapi.Service, Handler: s, Run: func(ctx context.Context) error {
		g, ctx := life.New(ctx, a.log)
		g.Go(ctx, "athena", s.Run)
		g.Go(ctx, "shadows", shadows.run)
		return g.Wait()
	}, Close: engine.Close}, nil
}

func (a *App) openSSM(context.Context) (gateway.Service, error) {
	return gateway.Service{Model: ssmapi.Service, Handler: ssm.New(a.state, kmsapi.Client{Door: a.inside("ssm.amazonaws.com")})}, nil
}

// logsFolder is where log events are, in the data folder.
const logsFolder = "logs"

func (a *App) openLogs(ctx context.Context) (gateway.Service, error) {
	s, err := logs.Open(ctx, logs.Config{
		Log: a.log, Dir: a.folder(logsFolder), Seal: a.seal, Metrics: logMetrics{a.metrics}, SQL: logQueries{a}, Scheduled: scheduledQueries{a},
		Targets: subscribers{a}, May: a.may, Exists: a.bucketExists,
		Buckets: func(service string) logs.Buckets { return s3api.Client{Door: a.inside(service)} },
		Trusts: func(ctx context.Context, role cloud.ARN, source string, account cloud.Account) error {
			return a.access.Trusts(ctx, role, logs.Principal, source, account)
		},
	}, a.state, kmsapi.Client{Door: a.inside(logs.Principal)})
	if err != nil {
		return gateway.Service{}, fmt.Errorf("open the log events: %w", err)
	}
	a.logs, a.held["logs"] = s, s
	return gateway.Service{Model: logsapi.Service, Handler: s, Run: s.Run, Close: s.Close}, nil
}

// metricsFolder is where data of metrics are, in the data folder.
const metricsFolder = "metrics"

func (a *App) openCloudWatch(ctx context.Context) (gateway.Service, error) {
	s, err := cloudwatch.Open(ctx, cloudwatch.Config{
		Log: a.log, Dir: a.folder(metricsFolder), Expressions: cloudwatch.Computed(), Carrier: alarmCarrier{a},
		Streams: subscribers{a}, Metrics: a.emits, May: a.may,
	}, a.state)
	if err != nil {
		return gateway.Service{}, err
	}
	a.metrics, a.held["cloudwatch"] = s, s
	return gateway.Service{Model: cloudwatchapi.Service, Handler: s, Run: s.Run, Close: s.Close}, nil
}

// queuesFolder is where messages of queues are, in the data folder.
const queuesFolder = "queues"

func (a *App) openSQS(ctx context.Context) (gateway.Service, error) {
	s, err := sqs.Open(ctx, sqs.Config{
		Log: a.log, Dir: a.folder(queuesFolder), Seal: a.seal, Waits: a.bus, May: a.may, Identities: a.iam.UniqueIDs, Unknown: a.iam.Unknown, Metrics: a.emits,
	}, a.state, kmsapi.Client{Door: a.inside("sqs.amazonaws.com")})
	if err != nil {
		return gateway.Service{}, err
	}
	a.queues, a.held["sqs"] = s, s
	return gateway.Service{Model: sqsapi.Service, Handler: s, Run: s.Run, Close: s.Close}, nil
}

func (a *App) concurrency() int {
	if a.cfg.Concurrency > 0 {
		return a.cfg.Concurrency
	}
	return runtime.GOMAXPROCS(0)
}

// inside returns the inner door for one of our services, named as AWS does. It
// opens once the gateway is built, which needs the services first.
func (a *App) inside(service string) api.Door {
	return api.DoorFunc(func(ctx context.Context, of *api.Service, operation string, in any) (any, error) {
		return a.gateway.Inside(cloud.ServiceOf(service)).Do(ctx, of, operation, in)
	})
}

// Compat writes docs/compat.md: which operations are answered.
func (a *App) Compat(w io.Writer) error { return a.gateway.Compat(w) }
