// Package sqs is Amazon SQS.
//
// A message that was sent is durable once its operation returns, as is that one was
// received or deleted. How messages are kept, and in which order they are received, is
// package queues' business; here are the queues, what AWS demands of messages, encryption,
// dead letters and what other services send.
//
// What is asked of a queue before it is decided who may know of it comes from memory, and
// takes the same work whether the queue is there or not.
package sqs

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/queues"
	"github.com/sillok/sillok/internal/store/state"
)

// Keys is what SQS asks of KMS.
type Keys interface {
	GenerateDataKey(ctx context.Context, in *kmsapi.GenerateDataKeyInput) (*kmsapi.GenerateDataKeyOutput, error)
	Decrypt(ctx context.Context, in *kmsapi.DecryptInput) (*kmsapi.DecryptOutput, error)
}

// Waits is what of the bus lets receivers wait for messages.
type Waits interface {
	Waiter(keys ...string) *bus.Waiter
	Wake(key string)
}

// Config is what the service needs to know. All but Metrics, May, Identities and Unknown
// is required.
type Config struct {
	Log     *slog.Logger
	Dir     string // where messages are
	Seal    *seal.Sealer
	Waits   Waits
	Metrics metric.Emitter // nil for nobody

	// May returns nil where the principal of ctx's call may do an action to a resource; nil
	// for everybody.
	May func(ctx context.Context, action, arn string, conditions map[string][]string) error
	// Identities returns the unique IDs of users and roles by their ARNs, and Unknown those
	// of the ARNs that name nobody; nil where policies name whom they will.
	Identities func(ctx context.Context, arns []string) (map[string]string, error)
	Unknown    func(ctx context.Context, arns []string) ([]string, error)
}

// Service answers SQS's operations.
type Service struct {
	cfg   Config
	state state.Store
	docs  resource.Store
	keys  Keys
	store *queues.Store
	known *directory
	close func() error

	data  dataKeys
	moves moves
}

// Open opens the service, whose queues are in st and whose messages are in cfg.Dir. The
// caller must call Close.
func Open(ctx context.Context, cfg Config, st state.Store, keys Keys) (*Service, error) {
	if cfg.Metrics == nil {
		cfg.Metrics = metric.Nowhere
	}
	s := &Service{cfg: cfg, state: st, docs: resource.NewStore(st), keys: keys, known: newDirectory(), moves: newMoves()}
	all, err := s.load(ctx)
	if err != nil {
		return nil, err
	}
	if s.store, err = queues.Open(ctx, cfg.Dir, queues.Config{Log: cfg.Log}, all); err != nil {
		return nil, err
	}
	s.close = sync.OnceValue(s.store.Close)
	return s, nil
}

// load reads which queues there are.
func (s *Service) load(ctx context.Context) (all []queues.Queue, err error) {
	return all, s.state.View(ctx, func(r state.Reader) error {
		for entry, err := range state.All[queue](r, kinds.Name) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			k, err := s.knownOf(scoped{r, entry.Key.Scope}, entry.Key.Name, entry.Value)
			if err != nil {
				return err
			}
			s.known.put(k)
			all = append(all, queues.Queue{Number: k.Number, Ordered: k.fifo()})
		}
		return nil
	})
}

// scoped reads one account and region.
type scoped struct {
	state.Reader
	scope cloud.Scope
}

// Scope implements resource.Reader.
func (s scoped) Scope() cloud.Scope { return s.scope }

// sweepEvery is how often messages are looked for that were kept for long enough.
const sweepEvery = time.Minute

// Forget forgets all queues with their messages, which were removed from the state. It is
// for servers that tests share.
func (s *Service) Forget() error {
	var errs []error
	for _, k := range s.known.all() {
		s.known.remove(k.place)
		errs = append(errs, s.store.Drop(k.Number))
	}
	return errors.Join(errs...)
}

// Run removes messages that were kept for long enough, and moves those that tasks are to
// move, until ctx is done.
func (s *Service) Run(ctx context.Context) error {
	g, ctx := life.New(ctx, s.cfg.Log)
	g.Every(ctx, "sqs/retention", sweepEvery, s.sweep)
	g.Go(ctx, "sqs/move tasks", s.runMoves)
	return g.Wait()
}

func (s *Service) sweep(ctx context.Context) error {
	if s.store.Err() != nil {
		return nil //nolint:nilerr // it was told
	}
	for _, k := range s.known.all() {
		_, err := s.store.Sweep(ctx, k.Number, k.retention())
		if err != nil && !errors.Is(err, queues.ErrNoQueue) {
			return err
		}
	}
	return nil
}

// Close releases what Open took. It may be called twice.
func (s *Service) Close() error { return s.close() }

// Err returns why messages are not taken, or nil.
func (s *Service) Err() error { return s.store.Err() }

// update changes the documents of an account and region.
func (s *Service) update(ctx context.Context, scope cloud.Scope, fn func(resource.Tx) error) error {
	return s.docs.Update(in(ctx, scope), fn)
}

// view reads the documents of an account and region.
func (s *Service) view(ctx context.Context, scope cloud.Scope, fn func(resource.Reader) error) error {
	return s.docs.View(in(ctx, scope), fn)
}

// in returns a context in which documents are those of an account and region.
func in(ctx context.Context, scope cloud.Scope) context.Context {
	call := cloud.CallOf(ctx)
	call.Account, call.Region = scope.Account, scope.Region
	return cloud.WithCall(ctx, call)
}
