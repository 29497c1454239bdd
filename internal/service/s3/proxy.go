package s3

import (
	"context"
	"encoding/xml"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
)

type regionKey struct{}

// Handler returns S3 over HTTP. Buckets are named in the path; a bucket in the
// host's name is not looked for.
func (s *Service) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refused := refuse(r); refused != nil {
			refused.write(w)
			return
		}
		region := regionOf(r)
		if err := s.listen(r.Context(), region); err != nil {
			s.unreachable(w, r, err)
			return
		}
		ctx := context.WithValue(r.Context(), regionKey{}, region)
		if r.ContentLength != 0 { // over HTTP/2, no body is not NoBody
			body := newBody(r.Body)
			ctx = context.WithValue(ctx, bodyKey{}, body)
			r.Body = body
		}
		s.proxy.ServeHTTP(w, r.WithContext(ctx))
	})
}

// newProxy returns the way to the servers. It changes nothing that a signature
// covers: method, path and query as they were written, and every header that
// is not the connection's own.
func (s *Service) newProxy() *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Transport: s.transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			region, _ := r.In.Context().Value(regionKey{}).(string)
			r.SetURL(target(region))
			r.Out.URL.Path, r.Out.URL.RawPath = r.In.URL.Path, r.In.URL.RawPath
			r.Out.URL.RawQuery = r.In.URL.RawQuery
			r.Out.Host = r.In.Host
			// versitygw leaves the end of some bodies unread, such as that of an aws-chunked
			// one with trailers, and takes it for the connection's next request.
			r.Out.Close = r.In.ContentLength != 0
			for name, values := range r.In.Header {
				if name == "Forwarded" || strings.HasPrefix(name, "X-Forwarded-") {
					r.Out.Header[name] = slices.Clone(values)
				}
			}
		},
		ModifyResponse: complete,
		ErrorHandler:   s.unreachable,
		ErrorLog:       slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelWarn),
	}
}

// unreachable answers a request that no server answered.
func (s *Service) unreachable(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // nobody is there to read it
	}
	if broken := unread(r); broken != nil {
		broken.write(w)
		return
	}
	if !errors.Is(err, errStopped) {
		s.cfg.Log.ErrorContext(r.Context(), "s3 did not answer", "error", err)
	}
	answer{http.StatusServiceUnavailable, "ServiceUnavailable", "S3 is not able to answer. Please try again."}.write(w)
}

// answer is an error of S3's.
type answer struct {
	status  int
	code    string
	message string
}

func (a answer) body() []byte {
	type document struct {
		XMLName struct{} `xml:"Error"`
		Code    string
		Message string
	}
	body, err := xml.Marshal(document{Code: a.code, Message: a.message})
	if err != nil {
		return nil // strings can always be marshalled
	}
	return append([]byte(xml.Header), body...)
}

func (a answer) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(a.status)
	w.Write(a.body()) //nolint:gosec // a client that is gone reads nothing
}
