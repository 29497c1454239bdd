package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/sigv4"
)

// LocalPrefix is the path below which Config.Local answers.
const LocalPrefix = "/_sillok/"

// Config is what a Gateway needs to know. All but Local, Counted, Domains, Proxies and Limits is required.
type Config struct {
	Log   *slog.Logger
	Local http.Handler // answers below LocalPrefix, unsigned; nil for none
	// Keys finds the access keys with which calls are signed.
	Keys sigv4.Credentials
	// Authorize returns nil when the call's principal may have all of the access
	// that it asks for, and otherwise the error to answer. It may note in a's
	// Resources whose they are.
	Authorize func(ctx context.Context, a cloud.Access) error
	Journal   Journal
	// Counted is told of each call of a known caller that has ended, by the ID of its
	// service and with the error that it ended with; nil for nobody. It must not wait.
	Counted func(service string, call *cloud.Call, err error)
	// Domains are the names of this server below which the hosts of buckets
	// are, such as "storage.example.org" for "logs.storage.example.org". Hosts
	// that look like AWS's, and those below localhost, need no entry.
	Domains []string
	// Proxies are believed what they say of their clients; nobody else is.
	Proxies Proxies
	Limits  Limits
}

// Gateway answers AWS calls. It is safe for concurrent use.
type Gateway struct {
	cfg      Config
	verifier *sigv4.Verifier
	router   *router
	bound    map[*wire.Model]*binding
	byID     map[string]*binding
	nobody   *wire.Model // speaks for calls of which no service is known
	protocol protocols
	limits   *limits
	buffers  sync.Pool // of *[pieceSize]byte
}

// New returns a Gateway over the services. It fails when a service's methods do
// not fit its model.
func New(cfg Config, services ...Service) (*Gateway, error) {
	if cfg.Log == nil || cfg.Keys == nil || cfg.Authorize == nil || cfg.Journal == nil {
		return nil, errors.New("gateway: a log, keys, Authorize and a journal are required")
	}
	bindings, err := bind(services)
	if err != nil {
		return nil, err
	}
	protocol, err := newProtocols()
	if err != nil {
		return nil, err
	}
	nobody := newBinding(wire.Compile(noService()))
	g := &Gateway{
		cfg: cfg, verifier: sigv4.New(cfg.Keys, time.Now), nobody: nobody.model, protocol: protocol, limits: newLimits(cfg.Limits),
		bound: map[*wire.Model]*binding{nobody.model: nobody}, byID: map[string]*binding{},
	}
	for _, b := range bindings {
		g.bound[b.model], g.byID[b.model.ID] = b, b
	}
	g.router = newRouter(bindings, protocol, g.nobody, cfg.Domains)
	return g, nil
}

// ServeHTTP answers one request.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = g.cfg.Proxies.Behind(r)
	if len(r.TransferEncoding) > 0 {
		// net/http has dropped a Content-Length that was there too. By that a proxy may have
		// taken what comes now for the body of this request, and not for another one.
		w.Header().Set("Connection", "close")
	}
	if g.cfg.Local != nil && strings.HasPrefix(r.URL.Path, LocalPrefix) && g.router.addresses.of(r).bucket == "" {
		g.cfg.Local.ServeHTTP(w, r)
		return
	}
	x := &exchange{
		gateway: g, w: newPatientWriter(w), r: r, requestID: uuid.NewString(), received: r.ContentLength,
		route:   route{model: g.nobody, protocol: g.protocol.fallback()},
		attempt: &attempt{began: time.Now()},
	}
	x.serve()
}
