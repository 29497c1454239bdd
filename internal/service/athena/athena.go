// Package athena is Amazon Athena: work groups, query executions and their
// results, and the view of the Glue catalog that Athena gives.
//
// A query execution is durable before its id is answered. One that was running
// when the server died is FAILED with the reason once the service is opened again.
package athena

import (
	"context"
	"encoding/base64"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/store/objects"
	"github.com/sillok/sillok/internal/store/state"
)

// The kinds of document that the service keeps.
const (
	kindWorkGroup = "athena/work-group"
	kindExecution = "athena/execution"
	kindActive    = "athena/active"             // ids of executions that are not done, for recovery
	kindHistory   = "athena/history"            // work group, NUL, time counted down, NUL, id: newest first
	kindResult    = "athena/result"             // the columns and sizes of a result
	kindToken     = "athena/token"              // client request tokens, for idempotency
	kindPrepared  = "athena/prepared-statement" // work group, NUL, name
	kindNamed     = "athena/named-query"
	kindNamedIn   = "athena/named-query-in" // work group, NUL, id: ids in the order of their creation
	kindTags      = "athena/tags"
)

const separator = "\x00"

// Config is what a Service needs to know.
type Config struct {
	// Concurrency is how many queries run at once; more wait as QUEUED.
	Concurrency int
	Log         *slog.Logger
	Now         func() time.Time // nil means time.Now
}

// Service answers Athena's operations.
type Service struct {
	cfg     Config
	store   state.Store
	objects objects.Store
	glue    Catalog
	engine  engine.Engine

	slots   chan struct{}
	mu      sync.Mutex
	running map[string]context.CancelCauseFunc // by scope and id
	work    sync.WaitGroup
	stop    context.CancelCauseFunc
	base    context.Context //nolint:containedctx // queries outlive the calls that started them; Close ends them all
}

// Open returns a Service that keeps its state in store, reads tables' objects
// and writes results through objects, and asks glue for tables. It marks as
// FAILED what was running when the last server ended. The caller must call Close.
func Open(ctx context.Context, cfg Config, store state.Store, objects objects.Store, glue Catalog, e engine.Engine) (*Service, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	base, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	s := &Service{
		cfg: cfg, store: store, objects: objects, glue: glue, engine: e,
		slots:   make(chan struct{}, max(1, cfg.Concurrency)),
		running: map[string]context.CancelCauseFunc{},
		base:    base, stop: stop,
	}
	if err := s.recover(ctx); err != nil {
		stop(err)
		return nil, err
	}
	return s, nil
}

// Close lets what is in flight finish until ctx is done, then stops it. It may
// be called twice.
func (s *Service) Close(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		s.work.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		s.stop(errStopping)
		<-done
	}
	s.stop(errStopping)
	return nil
}

func key(scope cloud.Scope, kind string, parts ...string) state.Key {
	return state.Key{Scope: scope, Kind: kind, Name: strings.Join(parts, separator)}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func flag(b *bool) bool { return b != nil && *b }

func errRequest(format string, args ...any) *cloud.Error {
	return cloud.Errorf(cloud.Invalid, "InvalidRequestException", format, args...)
}

func errMetadata(format string, args ...any) *cloud.Error {
	return cloud.Errorf(cloud.NotFound, "MetadataException", format, args...)
}

// after decodes a NextToken into what the last page ended with.
func after(token *string) (string, error) {
	name, err := base64.RawURLEncoding.DecodeString(text(token))
	if err != nil {
		return "", errRequest("NextToken is not one that this service gave: %q", text(token))
	}
	return string(name), nil
}

// next encodes what this page ended with.
func next(name string) *string {
	return new(base64.RawURLEncoding.EncodeToString([]byte(name)))
}

// limit returns the page size asked for, or most when none was.
func limit(asked *int32, most int) int {
	if asked == nil || int(*asked) > most || *asked < 1 {
		return most
	}
	return int(*asked)
}
