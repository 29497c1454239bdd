package s3

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/versity/versitygw/s3api"
	"github.com/versity/versitygw/s3api/middlewares"
)

// server is versitygw for one region: it takes signatures for no other. All
// share the backend.
type server struct {
	api   *s3api.S3ApiServer
	ready chan struct{} // closed when it answers, or never will
	err   error         // why it never will
}

const (
	defaultRegion = "us-east-1"
	// maxRegions bounds the servers that made-up regions can start; AWS has
	// fewer than forty.
	maxRegions = 64
	// maxRequests is how many a region's server works on at a time. versitygw
	// takes no number for none.
	maxRequests = 10_000
	// knockLimit is how long a server may take to answer for the first time.
	knockLimit = 10 * time.Second
	// maxParts is S3's limit for the parts of an upload.
	maxParts = 10_000
)

// regionName is the form of AWS's region names.
var regionName = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]{2,12}){1,3}-[0-9]{1,2}$`)

// errStopped is what requests after Run meet.
var errStopped = errors.New("s3 has stopped")

// listen returns when the region's server listens. The first to ask starts it.
func (s *Service) listen(ctx context.Context, region string) error {
	select {
	case <-s.started:
	case <-ctx.Done():
		return ctx.Err()
	}
	s.mu.Lock()
	if s.spawn == nil {
		s.mu.Unlock()
		return errStopped
	}
	server, ok := s.servers[region]
	if !ok && len(s.servers) >= maxRegions {
		server, ok = s.servers[defaultRegion]
	}
	if !ok {
		var err error
		if server, err = s.newServer(region); err != nil {
			s.mu.Unlock()
			return err
		}
		s.servers[region] = server
	}
	s.mu.Unlock()
	select {
	case <-server.ready:
		return server.err
	case <-s.stopped:
		return errStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}

// newServer starts the region's server in a goroutine of Run.
func (s *Service) newServer(region string) (*server, error) {
	n := &server{ready: make(chan struct{})}
	listening, ended := make(chan struct{}), make(chan error, 1)
	// The root of versitygw is nobody: keys are asked for, all of them.
	nobody := middlewares.RootUserConfig{Access: "sillok-" + rand.Text(), Secret: rand.Text()}
	var err error
	n.api, err = s3api.New(s.guard, nobody, region, s.identity, nil, nil, nil, nil,
		s3api.WithQuiet(), s3api.WithKeepAlive(), s3api.WithMpMaxParts(maxParts),
		s3api.WithConcurrencyLimiter(maxRequests, maxRequests),
		s3api.WithOnListen(func() { close(listening) }))
	if err != nil {
		return nil, fmt.Errorf("make s3 server for %s: %w", region, err)
	}
	s.spawn(func() error {
		err := n.api.ServeMultiPort([]string{s.socket + "-" + region})
		ended <- err
		select {
		case <-s.stopped:
			return nil // a closed listener is an error to versitygw
		default:
			return fmt.Errorf("serve s3 in %s: %w", region, err)
		}
	})
	s.spawn(func() error {
		defer close(n.ready)
		select {
		case <-listening:
			n.err = s.knock(region)
		case err := <-ended:
			n.err = errors.Join(errors.New("s3 does not listen"), err)
		}
		return nil // who asks for the server is told
	})
	return n, nil
}

// knock returns when a server that listens has answered. One that is shut down
// before that takes no notice and serves for ever.
func (s *Service) knock(region string) error {
	ctx, cancel := context.WithTimeout(context.Background(), knockLimit)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target(region).String(), http.NoBody) //nolint:gosec // the host names a socket of this process
	if err != nil {
		return err
	}
	r.Close = true // a connection that is left open would have to be waited for
	answer, err := s.transport.RoundTrip(r)
	if err != nil {
		return fmt.Errorf("s3 does not answer: %w", err)
	}
	return answer.Body.Close() // unsigned as it is, it was refused
}

// shutDown lets what is in flight end. Why a server never answered is Run's to
// report.
func (n *server) shutDown() error {
	<-n.ready
	err := n.api.ShutDown()
	if n.err != nil {
		return nil //nolint:nilerr // it may not have run
	}
	return err
}

// newTransport returns a transport to the servers, whose hosts are regions.
func (s *Service) newTransport() *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			region, _, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			var dialer net.Dialer
			conn, err := dialer.DialContext(ctx, "unix", s.socket+"-"+region)
			if err != nil {
				return nil, err
			}
			return deafConn{conn}, nil
		},
		MaxIdleConnsPerHost:   64,
		IdleConnTimeout:       time.Minute,
		ExpectContinueTimeout: time.Second,
		DisableCompression:    true,
	}
}

// regionOf returns the region that a request is signed for, or the default
// where it names none that AWS could have. A preflight, which nobody has
// verified, starts no region's server: it may carry the query string of a
// presigned URL and is not signed itself.
func regionOf(r *http.Request) string {
	if r.Method == http.MethodOptions {
		return defaultRegion
	}
	credential := r.URL.Query().Get("X-Amz-Credential")
	if credential == "" {
		_, credential, _ = strings.Cut(r.Header.Get("Authorization"), "Credential=")
		credential, _, _ = strings.Cut(credential, ",")
	}
	// The access key might hold slashes; what follows it cannot.
	parts := strings.Split(strings.TrimSpace(credential), "/")
	if len(parts) < 5 {
		return defaultRegion
	}
	region := parts[len(parts)-3]
	if !regionName.MatchString(region) {
		return defaultRegion
	}
	return region
}

func target(region string) *url.URL { return &url.URL{Scheme: "http", Host: region} }
