package outgoing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// The bounds of one request.
const (
	requestTime = 15 * time.Second // until all of the answer that is read has come
	connectTime = 10 * time.Second
	answerBytes = 64 << 10
	idleTime    = time.Minute
	mostIdle    = 256
)

// Client sends requests of HTTP. It is safe for concurrent use.
type Client struct{ http *http.Client }

// NewClient returns a Client that reaches what the rules allow.
func NewClient(rules Rules) *Client {
	dialer := &net.Dialer{Timeout: connectTime, Control: rules.control}
	return &Client{&http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: connectTime, MaxResponseHeaderBytes: answerBytes, ForceAttemptHTTP2: true,
			DisableCompression: true, MaxIdleConns: mostIdle, IdleConnTimeout: idleTime,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Request is what is sent.
type Request struct {
	Method string // empty for POST
	URL    string
	Header map[string]string
	Body   []byte
	Time   time.Duration // how long it may take, answer included; 0 is 15 seconds
}

// Answer is what came back.
type Answer struct {
	Status int
	Type   string // of its body, as Content-Type says
	Body   []byte // at most the first 64 KiB
	Took   time.Duration
}

// Do sends a request and returns its answer, whatever its status is. An error says that
// there was none: of kind Denied or Invalid where another try cannot help, and of kind
// Unavailable otherwise.
func (c *Client) Do(ctx context.Context, r Request) (Answer, error) {
	limit := r.Time
	if limit == 0 {
		limit = requestTime
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	method := r.Method
	if method == "" {
		method = http.MethodPost
	}
	request, err := http.NewRequestWithContext(ctx, method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return Answer{}, cloud.Errorf(cloud.Invalid, "InvalidEndpoint", "%s cannot be asked", r.URL).Because(err)
	}
	for name, value := range r.Header {
		request.Header.Set(name, value)
	}
	began := time.Now()
	response, err := c.http.Do(request)
	if err != nil {
		return Answer{Took: time.Since(began)}, unanswered(r.URL, err)
	}
	defer response.Body.Close() //nolint:errcheck // it is only read
	answer := Answer{Status: response.StatusCode, Type: response.Header.Get("Content-Type")}
	answer.Body, err = io.ReadAll(io.LimitReader(response.Body, answerBytes))
	answer.Took = time.Since(began)
	if err != nil {
		return answer, unanswered(r.URL, err)
	}
	return answer, nil
}

// unanswered says why there was no answer.
func unanswered(url string, err error) error {
	if e, ok := errors.AsType[*cloud.Error](err); ok {
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return cloud.Errorf(cloud.Unavailable, "EndpointTimeout", "%s did not answer in time", url).Because(err)
	}
	return cloud.Errorf(cloud.Unavailable, "EndpointUnreachable", "%s could not be reached: %v", url, cause(err))
}

// cause is an error without the request that it repeats.
func cause(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("%s: %w", op.Op, op.Err)
	}
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

// Close ends connections that nothing uses.
func (c *Client) Close() { c.http.CloseIdleConnections() }
