// Package logs keeps log groups and streams, and what is written to them: what
// CloudWatch Logs does.
//
// An event is durable once PutLogEvents returns; the events themselves are kept by
// package events. What is configured is documents: groups and streams with numbers
// that are never given again, by which their events are known. So a group that is
// deleted is gone with all events in one transaction, and one of the same name that
// is made later has none of them.
//
// Queries, exports and vended deliveries are left to others.
package logs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

// Principal is who CloudWatch Logs acts as.
const Principal = "logs.amazonaws.com"

// Keys is the part of KMS by which a key is looked at before a group names it.
type Keys interface {
	DescribeKey(ctx context.Context, in *kmsapi.DescribeKeyInput) (*kmsapi.DescribeKeyOutput, error)
}

// Config is what CloudWatch Logs needs to know.
type Config struct {
	Log *slog.Logger
	Dir string // where events are kept
	// Metrics takes what metric filters make of events; nil means that they are
	// counted here alone.
	Metrics Metrics
}

// Service answers the operations of CloudWatch Logs.
type Service struct {
	cfg       Config
	store     resource.Store
	events    *events.Store
	keys      Keys
	directory *directory
	tails     *tails
	counters  *counters
	given     atomic.Uint64 // the last number that was given
	slots     chan struct{} // of reads that may go through much
}

// readers is how many reads that may go through many events run at a time.
const readers = 8

// Open opens the events in cfg.Dir, and returns a Service that keeps all else in
// store. The caller must call Close.
func Open(ctx context.Context, cfg Config, store state.Store, keys Keys) (*Service, error) {
	s := &Service{
		cfg: cfg, store: resource.NewStore(store), keys: keys, directory: newDirectory(), tails: newTails(),
		counters: newCounters(), slots: make(chan struct{}, readers),
	}
	var err error
	s.events, err = events.Open(ctx, events.Config{Dir: cfg.Dir, Wanted: wanted{s}, Log: cfg.Log})
	if err != nil {
		return nil, err
	}
	if err := s.number(ctx); err != nil {
		return nil, errors.Join(err, s.events.Close())
	}
	return s, nil
}

// Run seals events and removes those that are not kept any more, until ctx is done.
func (s *Service) Run(ctx context.Context) error {
	g, ctx := life.New(ctx, s.cfg.Log)
	g.Go(ctx, "log events", s.events.Run)
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
