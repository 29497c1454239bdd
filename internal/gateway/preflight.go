package gateway

import (
	"context"
	"maps"
	"net/http"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/wire"
)

// The headers by which a page asks, as net/http spells them.
const (
	askedMethod  = "Access-Control-Request-Method"
	askedHeaders = "Access-Control-Request-Headers"
)

// preflight answers a browser that asks whether a page may make a request. It
// needs no signature, and tells nothing of a bucket but its rules: one that has
// none and one that is not there are answered alike.
func (x *exchange) preflight(ctx context.Context) (http.Header, error) {
	origin, method := x.r.Header.Get("Origin"), x.r.Header.Get(askedMethod)
	switch {
	case origin == "":
		return nil, cloud.Errorf(cloud.Invalid, "BadRequest", "Insufficient information. Origin request header needed.")
	case method == "":
		return nil, cloud.Errorf(cloud.Invalid, "BadRequest", "Invalid Access-Control-Request-Method: null")
	}
	asked := []string{}
	for header := range strings.SplitSeq(strings.Join(x.r.Header.Values(askedHeaders), ","), ",") {
		if header = strings.TrimSpace(header); header != "" {
			asked = append(asked, header)
		}
	}
	header, allowed := x.cors(ctx, origin, method, asked)
	switch {
	case allowed:
		return header, nil
	case header != nil:
		return nil, x.errCORS(method, "This CORS request is not allowed. This is usually because the evalution of Origin, "+
			"request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.")
	}
	return nil, x.errCORS(method, "CORS is not enabled for this bucket.")
}

// errCORS refuses a preflight.
func (x *exchange) errCORS(method, message string) error {
	kind := "OBJECT"
	if _, key, _ := strings.Cut(strings.TrimPrefix(x.at.path(x.r), "/"), "/"); key == "" {
		kind = "BUCKET"
	}
	e := cloud.Errorf(cloud.Denied, "AccessForbidden", "CORSResponse: %s", message)
	e.Fields = map[string]any{"Method": method, "ResourceType": kind}
	return e
}

// cors asks S3 for the headers that a page needs.
func (x *exchange) cors(ctx context.Context, origin, method string, asked []string) (header http.Header, allowed bool) {
	hook := x.gateway.bound[x.route.model].hooks.cors
	if hook == nil || x.route.bucket == "" {
		return nil, false
	}
	err := life.Catch(func() error {
		header, allowed = hook.CORS(ctx, x.route.bucket, origin, method, asked)
		return nil
	})
	if err != nil {
		x.gateway.logCall(ctx, x.attempt.fact.Call, "asking for the CORS rules of a bucket", err)
		return nil, false
	}
	return header, allowed
}

// decorate adds to an answer of S3 what lets the page that asked read it.
func (x *exchange) decorate(ctx context.Context, resp *wire.Response) {
	origin := x.r.Header.Get("Origin")
	if origin == "" || x.route.manner == preflight || !x.ofS3() {
		return
	}
	header, allowed := x.cors(ctx, origin, x.r.Method, nil)
	if !allowed {
		return
	}
	maps.Copy(resp.Header, header)
}
