// Package sns is the Simple Notification Service: topics, who is subscribed to them, and
// the messages that are published.
//
// A message and its deliveries to all subscriptions that want it are one change: it is on
// disk once Publish returns. Each delivery then goes to the bus's target that this service
// is, which makes of it what the subscription's protocol sends. A delivery that ends
// without having been taken comes once more, to be told of and to go to the queue for dead
// letters that the subscription names.
package sns

import (
	"context"
	"log/slog"
	"time"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/outgoing"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

// Principal is the service as policies and roles name it.
const Principal = "sns.amazonaws.com"

// Sender sends requests of HTTP.
type Sender interface {
	Do(ctx context.Context, r outgoing.Request) (outgoing.Answer, error)
}

// Mailer sends mails.
type Mailer interface {
	Send(ctx context.Context, m outgoing.Mail) error
}

// Targets are who takes what is delivered to ARNs.
type Targets interface {
	// Takes reports whether somebody takes what is delivered to the ARN.
	Takes(arn cloud.ARN) bool
	// Try delivers now, as bus.Target does.
	Try(ctx context.Context, d bus.Delivery) error
	// Deliver accepts a delivery as part of a transaction.
	Deliver(tx state.Tx, d bus.Delivery) (id string, err error)
}

// Status writes what became of deliveries into log groups.
type Status interface {
	// Write puts a line into a group of the topic's account, which is made where it is
	// missing, in a role that the topic names.
	Write(ctx context.Context, topic cloud.ARN, role, group, line string, at time.Time) error
}

// Config is what a Service needs to know. All but Mail, the webhooks and Metrics is
// required.
type Config struct {
	Log     *slog.Logger
	URL     func() string // where others reach this server, such as "https://events.example.org:4566"
	HTTP    Sender
	Mail    Mailer // nil where the operator named no mail server
	SMS     string // the webhook that takes messages to telephones; empty for none
	Push    string // the webhook that takes messages to apps; empty for none
	Targets Targets
	Status  Status
	Metrics metric.Emitter // nil for nobody

	// May reports whether the call in ctx may do an action to a resource.
	May func(ctx context.Context, action, arn string, conditions map[string][]string) error
	// UseKey reports whether the caller may encrypt by a key of KMS for a topic.
	UseKey func(ctx context.Context, key, topic string) error
}

// Service answers the operations of SNS, and delivers.
type Service struct {
	cfg      Config
	state    state.Store
	store    resource.Store
	seal     *seal.Sealer
	signer   signer
	lists    lists
	policies documents
	limits   limiter
}

// New returns a Service that keeps what it has in store, and its secrets sealed.
func New(cfg Config, store state.Store, sealer *seal.Sealer) *Service {
	if cfg.Metrics == nil {
		cfg.Metrics = metric.Nowhere
	}
	return &Service{
		cfg: cfg, state: store, store: resource.NewStore(store), seal: sealer,
		signer: signer{state: store, seal: sealer},
		lists:  lists{byTopic: map[cloud.ARN]*list{}},
		limits: limiter{byTarget: map[cloud.ARN]*pace{}},
	}
}

// sweepEvery is how often what nobody confirmed is looked for.
const sweepEvery = 10 * time.Minute

// Run forgets what nobody confirmed, until ctx is done.
func (s *Service) Run(ctx context.Context) error {
	g, ctx := life.New(ctx, s.cfg.Log)
	g.Every(ctx, "subscriptions that nobody confirmed", sweepEvery, s.sweep)
	return g.Wait()
}

// in returns a context in which documents of an account and region are meant.
func in(ctx context.Context, scope cloud.Scope) context.Context {
	call := cloud.CallOf(ctx)
	call.Account, call.Region = scope.Account, scope.Region
	return cloud.WithCall(ctx, call)
}

// view reads what an account and region have.
func (s *Service) view(ctx context.Context, scope cloud.Scope, fn func(r resource.Reader) error) error {
	return s.store.View(in(ctx, scope), fn)
}

// update changes what an account and region have.
func (s *Service) update(ctx context.Context, scope cloud.Scope, fn func(tx resource.Tx) error) error {
	return s.store.Update(in(ctx, scope), fn)
}

// scopeOf is where the thing lies that an ARN names.
func scopeOf(arn cloud.ARN) cloud.Scope { return cloud.Scope{Account: arn.Account, Region: arn.Region} }
