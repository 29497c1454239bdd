package gateway

import (
	"context"
	"crypto/tls"
	"net/http"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/wire"
)

// timing is when parts of an exchange had come or gone; zero for what has not.
type timing struct {
	read   time.Time // the last byte of the request
	begun  time.Time // the first byte of the answer
	status int
}

// ofS3 says whether the request is S3's.
func (x *exchange) ofS3() bool { return x.route.model == x.gateway.router.s3 }

// tellServed tells S3 of a call that it has answered. The answer leaves before S3
// looks at it, so that its caller does not wait.
func (x *exchange) tellServed(ctx context.Context) {
	if !x.ofS3() {
		return
	}
	hook := x.gateway.bound[x.route.model].hooks.served
	if hook == nil {
		return
	}
	err := life.Catch(func() error {
		hook.Served(context.WithoutCancel(ctx), func() cloud.Served {
			_ = http.NewResponseController(x.w).Flush() // a client that has gone was served too
			return x.served()
		})
		return nil
	})
	if err != nil {
		x.gateway.logCall(ctx, x.attempt.fact.Call, "telling of an answer", err)
	}
}

// served returns the exchange as it was served.
func (x *exchange) served() cloud.Served {
	now, a := time.Now(), x.attempt
	began := a.began
	s := cloud.Served{
		Fact: a.fact, Input: a.in, Output: x.out, HostID: wire.HostID(x.requestID),
		Method: x.r.Method, URI: x.r.RequestURI, Host: x.r.Host, Referer: x.r.Referer(),
		Status: x.timing.status, Received: x.received, Sent: x.w.written,
		Began: began, Total: now.Sub(began), Turnaround: x.timing.begun.Sub(began),
	}
	if !x.timing.read.IsZero() {
		s.Turnaround = max(x.timing.begun.Sub(x.timing.read), 0)
	}
	if x.verified != nil {
		s.Signature, s.Auth = x.signed()
	}
	if state := x.r.TLS; state != nil && state.Version != 0 {
		s.TLS, s.Cipher = "TLSv"+tls.VersionName(state.Version)[len("TLS "):], tls.CipherSuiteName(state.CipherSuite)
	}
	return s
}

// signed says by which version and in which way a verified caller has signed.
func (x *exchange) signed() (version, way string) {
	version, way = "SigV4", "AuthHeader"
	if x.verified.Version2 {
		version = "SigV2"
	}
	switch {
	case x.route.manner == posted:
		way = "POST"
	case x.verified.Presigned:
		way = "QueryString"
	}
	return version, way
}
