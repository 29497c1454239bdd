// Package logs keeps log groups and streams, and what is written to them: what
// CloudWatch Logs does.
//
// An event is durable once PutLogEvents returns; the events themselves are kept by
// package events. What is configured is documents: groups and streams with numbers
// that are never given again, by which their events are known. So a group that is
// deleted is gone with all events in one transaction, and one of the same name that
// is made later has none of them.
package logs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/resource/turns"
	"github.com/sillok/sillok/internal/store/state"
)

// Principal is who CloudWatch Logs acts as.
const Principal = "logs.amazonaws.com"

// Keys is the part of KMS by which a key is looked at before a group names it, and by
// which the events of groups are encrypted.
type Keys interface {
	DescribeKey(ctx context.Context, in *kmsapi.DescribeKeyInput) (*kmsapi.DescribeKeyOutput, error)
	GenerateDataKey(ctx context.Context, in *kmsapi.GenerateDataKeyInput) (*kmsapi.GenerateDataKeyOutput, error)
	Decrypt(ctx context.Context, in *kmsapi.DecryptInput) (*kmsapi.DecryptOutput, error)
}

// Config is what CloudWatch Logs needs to know.
type Config struct {
	Log *slog.Logger
	Dir string // where events are kept
	// Seal seals what is in the log of events of groups that have a key.
	Seal *seal.Sealer
	// Metrics takes the metrics that are made of events; nil means that they are
	// counted here alone.
	Metrics Metrics
	// Targets is what subscribers are; nil means that nothing takes events.
	Targets Targets
	// Buckets returns S3 as a service of ours uses it that is named as AWS does; nil means
	// that there is none. Exists says whether there is a bucket: S3 tells nobody who may
	// not use it; nil leaves it at what S3 says.
	Buckets func(service string) Buckets
	Exists  func(ctx context.Context, bucket string) (bool, error)
	// Emitters are the services that hand their logs to Vend.
	Emitters []string
	// May says whether the caller may do an action to a resource; nil means that all
	// may.
	May func(ctx context.Context, action, arn string, conditions map[string][]string) error
	// Trusts says whether CloudWatch Logs may assume a role for a source, which belongs
	// to an account; nil means that it may.
	Trusts func(ctx context.Context, role cloud.ARN, source string, account cloud.Account) error
	// SQL runs the queries in SQL; nil means that they are refused.
	SQL Elsewhere
	// Scheduled runs scheduled queries; nil means that none can be made.
	Scheduled Scheduled
}

// Service answers the operations of CloudWatch Logs.
type Service struct {
	cfg       Config
	store     resource.Store
	events    *events.Store
	keys      Keys
	directory *directory
	names     groupNames
	tails     *tails
	counters  *counters
	keyring   *keyring
	passer    *passer
	exports   *exports
	given     atomic.Uint64 // the last number that was given
	slots     chan struct{} // of reads that may go through much

	queries    *turns.Queue[*queryRun]
	resultsDir string
}

// readers is how many reads that may go through many events run at a time.
const readers = 8

// Open opens the events in cfg.Dir, and returns a Service that keeps all else in
// store. The caller must call Close.
func Open(ctx context.Context, cfg Config, store state.Store, keys Keys) (*Service, error) {
	s := &Service{
		cfg: cfg, store: resource.NewStore(store), keys: keys, directory: newDirectory(), tails: newTails(),
		counters: newCounters(), slots: make(chan struct{}, readers),
		queries: turns.NewQueue[*queryRun](), resultsDir: filepath.Join(cfg.Dir, "results"),
	}
	s.keyring = newKeyring(s)
	if err := s.keyring.load(ctx); err != nil {
		return nil, err
	}
	s.passer, s.exports = newPasser(s), newExports(s)
	var err error
	s.events, err = events.Open(ctx, events.Config{Dir: cfg.Dir, Wanted: wanted{s}, Log: cfg.Log, Ciphers: s.keyring, Needed: s.passer.next.Load})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(s.number(ctx), s.passer.open(ctx)); err != nil {
		return nil, errors.Join(err, s.events.Close())
	}
	return s, nil
}

// Run seals events, passes them on, runs queries, and removes what is not kept any more,
// until ctx is done.
func (s *Service) Run(ctx context.Context) error {
	g, ctx := life.New(ctx, s.cfg.Log)
	g.Go(ctx, "log events", s.events.Run)
	g.Go(ctx, "begin queries of log groups", func(ctx context.Context) error { return s.runQueries(ctx, g) })
	g.Go(ctx, "what follows from log events", s.passer.run)
	g.Go(ctx, "exports of log events", s.exports.run)
	return g.Wait()
}

// Close closes what Open opened. It may be called twice.
func (s *Service) Close() error { return s.events.Close() }

// Err returns why events are not taken, or nil.
func (s *Service) Err() error { return s.events.Err() }

// Memory returns how many bytes of memory are held on purpose.
func (s *Service) Memory() int64 { return s.events.Held() }

// Problems returns what an operator should know of events that cannot be read.
func (s *Service) Problems() (all []string) {
	if lost := len(s.events.Lost()); lost > 0 {
		all = append(all, fmt.Sprintf("log events are lost in %d places of their files: the log says where", lost))
	}
	if err := s.passer.problem(); err != nil {
		all = append(all, fmt.Sprintf("log events are not passed on to metrics and subscribers, which is tried again: %v", err))
	}
	return all
}

// millis is a time as CloudWatch Logs tells it.
func millis(t time.Time) *int64 { return new(t.UnixMilli()) }

// take waits for one of the slots of reads that may go through many events. The
// caller gives it back.
func (s *Service) take(ctx context.Context) (release func(), err error) {
	select {
	case s.slots <- struct{}{}:
		return func() { <-s.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
