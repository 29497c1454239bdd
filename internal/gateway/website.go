package gateway

import (
	"context"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/wire"
)

// page is what the website of a bucket answers.
type page struct {
	status int
	header http.Header
	body   io.ReadCloser // nil for none
}

// decodePage fills the input of a read of a website from the path and the
// headers. There a query string says nothing.
func (x *exchange) decodePage() error {
	op := x.route.operation
	in := op.NewInput()
	x.attempt.in = in
	x.attempt.do, x.attempt.asks = x.readPage, true // a page may be another object than the one that was asked for
	return op.DecodeBindings(&wire.Request{HTTP: x.r, Labels: x.route.labels, Params: url.Values{}}, reflect.ValueOf(in).Elem())
}

// readPage reads a page as the operation GetObject.
func (x *exchange) readPage(ctx context.Context, in any) (any, error) {
	hook := x.gateway.bound[x.route.model].hooks.website
	input, ok := in.(*s3api.GetObjectInput)
	if hook == nil || !ok {
		return nil, errUnsupported(x.route.model, "the websites of buckets")
	}
	p := &page{}
	var err error
	p.status, p.header, p.body, err = hook.Website(ctx, input, x.r.Method == http.MethodHead)
	return p, err
}

// response returns a page as an answer.
func (p *page) response(requestID string) *wire.Response {
	resp := wire.NewS3Response(p.status, "", requestID, nil)
	maps.Copy(resp.Header, p.header)
	resp.Stream = p.body
	return resp
}

// errorPage returns the page that says a failure to a reader of a website.
func errorPage(f *wire.Failure) *wire.Response {
	title := html.EscapeString(fmt.Sprintf("%d %s", f.Status, http.StatusText(f.Status)))
	var text strings.Builder
	text.WriteString("<!DOCTYPE html>\n<html>\n<head><title>" + title + "</title></head>\n<body>\n<h1>" + title + "</h1>\n<ul>\n")
	for _, item := range [][2]string{{"Code", f.Code}, {"Message", f.Message}, {"RequestId", f.RequestID}, {"HostId", f.HostID}} {
		text.WriteString("<li>" + item[0] + ": " + html.EscapeString(item[1]) + "</li>\n")
	}
	text.WriteString("</ul>\n</body>\n</html>\n")
	resp := wire.NewS3Response(f.Status, "text/html; charset=utf-8", f.RequestID, []byte(text.String()))
	resp.Header.Set("X-Amz-Error-Code", f.Code)
	resp.Header.Set("X-Amz-Error-Message", f.Message)
	if wire.Bodiless("", f.Status) {
		resp.Body = nil
		resp.Header.Del("Content-Type")
	}
	return resp
}
