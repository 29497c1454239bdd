// Package s3 is the server's own S3: versitygw behind an http.Handler, with
// plain files in a folder, this server's access keys, and an answer for what
// versitygw has not.
//
// What has been answered is on disk. Every request must be signed; a bucket
// belongs to the account whose key made it, and no other account sees it.
// Buckets are in every region at once: each region's clients find all buckets
// of their account, and are told that these are in theirs.
package s3

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/service/s3/durable"
)

// Config says where S3 keeps its objects.
type Config struct {
	// Dir has a folder for each bucket and in it a file for each object. The
	// process's working directory becomes Dir: see package durable.
	Dir string
	// Versions has the earlier versions of objects. It must not be under Dir.
	Versions string
	Log      *slog.Logger
}

// Service is S3. It answers while Run runs: requests before that wait for it,
// requests after that are turned away.
type Service struct {
	cfg       Config
	backend   *durable.Backend
	guard     *guard
	identity  *identity
	proxy     *httputil.ReverseProxy
	transport *http.Transport
	socket    string // what the names of the sockets begin with

	mu      sync.Mutex
	servers map[string]*server // by region
	spawn   func(func() error) // starts a goroutine of Run; nil when none runs
	started chan struct{}      // closed when Run begins
	stopped chan struct{}      // closed when Run ends
}

// Open opens the folders of cfg. It fails where the file system cannot hold
// what S3 keeps with an object. The caller must call Close.
func Open(ctx context.Context, cfg Config, keys Keys) (*Service, error) {
	backend, err := durable.Open(ctx, durable.Config{Root: cfg.Dir, Versions: cfg.Versions, Log: cfg.Log})
	if err != nil {
		return nil, fmt.Errorf("open s3: %w", err)
	}
	s := &Service{
		cfg:      cfg,
		backend:  backend,
		guard:    &guard{Backend: backend, log: cfg.Log},
		identity: &identity{keys: keys},
		socket:   "@sillok-s3-" + rand.Text(),
		servers:  map[string]*server{},
		started:  make(chan struct{}),
		stopped:  make(chan struct{}),
	}
	s.transport = s.newTransport()
	s.proxy = s.newProxy()
	return s, nil
}

// Run serves until ctx is done, then finishes what is in flight. It may run
// once.
func (s *Service) Run(ctx context.Context) error {
	var group errgroup.Group
	s.mu.Lock()
	s.spawn = func(f func() error) { group.Go(f) }
	s.mu.Unlock()
	close(s.started)
	// The first request need not wait for the region that most clients name.
	err := s.listen(ctx, defaultRegion)
	if err == nil {
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		err = nil // told to stop, perhaps before it listened
	}
	return errors.Join(err, s.stop(), group.Wait())
}

// Ready returns once requests are answered: soon after Run has begun.
func (s *Service) Ready(ctx context.Context) error { return s.listen(ctx, defaultRegion) }

// stop shuts the servers down. None can start after it.
func (s *Service) stop() error {
	s.mu.Lock()
	s.spawn = nil
	servers := s.servers
	s.servers = nil
	close(s.stopped)
	s.mu.Unlock()
	s.transport.CloseIdleConnections()
	var errs []error
	for _, server := range servers {
		errs = append(errs, server.shutDown())
	}
	return errors.Join(errs...)
}

// Close releases the folders. It may be called twice, after Run has ended.
func (s *Service) Close() error {
	s.transport.CloseIdleConnections()
	s.backend.Shutdown()
	return nil
}
