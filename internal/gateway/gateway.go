package gateway

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/sigv4"
)

// LocalPrefix is the path below which Config.Local answers.
const LocalPrefix = "/_sillok/"

// defaultMaxBody is what AWS's largest request bodies need: a Lambda function's
// code in base64.
const defaultMaxBody = 70 << 20

// Config is what a Gateway needs to know.
type Config struct {
	Log     *slog.Logger
	Local   http.Handler     // answers below LocalPrefix, unsigned; nil for none
	MaxBody int64            // limit of a request's body, but for S3's; 0 for the default
	Now     func() time.Time // nil for time.Now
}

// Gateway answers AWS calls. It is safe for concurrent use.
type Gateway struct {
	cfg      Config
	verifier *sigv4.Verifier
	s3       http.Handler
	router   *router
	bound    map[*wire.Model]*binding
	nobody   *wire.Model // speaks for calls of which no service is known
	protocol protocols
}

// New returns a Gateway over the services. It fails when a service's methods do
// not fit its model. S3's requests go to s3; creds finds the keys of all others.
func New(cfg Config, creds sigv4.Credentials, s3 http.Handler, services ...Service) (*Gateway, error) {
	if cfg.Log == nil || creds == nil || s3 == nil {
		return nil, errors.New("gateway: a log, credentials and an S3 handler are required")
	}
	if cfg.MaxBody == 0 {
		cfg.MaxBody = defaultMaxBody
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	bindings, err := bind(services)
	if err != nil {
		return nil, err
	}
	protocol, err := newProtocols()
	if err != nil {
		return nil, err
	}
	g := &Gateway{
		cfg: cfg, verifier: sigv4.New(creds, cfg.Now), s3: s3,
		bound: map[*wire.Model]*binding{}, nobody: wire.Compile(noService()), protocol: protocol,
	}
	models := make([]*wire.Model, len(bindings))
	for i, b := range bindings {
		g.bound[b.model], models[i] = b, b.model
	}
	g.router = newRouter(models, protocol, g.nobody)
	return g, nil
}

// ServeHTTP answers one request.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if g.cfg.Local != nil && strings.HasPrefix(r.URL.Path, LocalPrefix) {
		g.cfg.Local.ServeHTTP(w, r)
		return
	}
	requestID := uuid.NewString()
	w.Header().Set(wire.RequestIDHeader, requestID)
	c := &exchange{gateway: g, w: w, r: r, requestID: requestID, route: route{model: g.nobody, protocol: g.protocol.fallback()}}
	defer c.recover()
	c.answer()
}

// call returns what is known of the request before it is verified.
func (g *Gateway) call(r *http.Request, requestID string) cloud.Call {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	return cloud.Call{RequestID: requestID, SourceIP: host, UserAgent: r.UserAgent(), Time: g.cfg.Now().UTC()}
}
