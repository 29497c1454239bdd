package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
)

// hooks are what a handler may have besides its operations: Raw, and what S3's has. Each is found
// by name and type, as operations are; one that is not there does nothing.
type hooks struct {
	raw     rawAnswerer
	cors    corsDecider
	served  accessLogger
	website websiteReader
}

// rawAnswerer answers some calls by a body alone, in no protocol.
type rawAnswerer interface {
	// Raw returns the body for an output, and the type of its content, where the input asks
	// for that.
	Raw(in, out any) (contentType string, body []byte, ok bool)
}

// corsDecider knows which pages may use a bucket.
type corsDecider interface {
	// CORS returns the headers that let a page of origin use the method on the
	// bucket, and whether a rule allows it. headers are those that a preflight
	// asks for; they are nil where an answer is decorated. It returns nil and
	// false for a bucket that has no rules or is not there, and headers without
	// a member where no rule allows it.
	CORS(ctx context.Context, bucket, origin, method string, headers []string) (http.Header, bool)
}

// accessLogger keeps a log of access.
type accessLogger interface {
	// Served is told of each call that was answered, of those that were refused
	// too. served sends what is left of the answer and returns what is known of
	// it. The caller's connection waits for Served, and its answer does not.
	Served(ctx context.Context, served func() cloud.Served)
}

// websiteReader reads buckets as websites.
type websiteReader interface {
	// Website answers GET, or HEAD, of a page. A page that stands for an error
	// comes with that error; an error without a body becomes a page of its own.
	Website(ctx context.Context, in *s3api.GetObjectInput, head bool) (status int, header http.Header, body io.ReadCloser, err error)
}

// find finds the hooks of a handler.
func (h *hooks) find(handler any) error {
	var errs []error
	for name, hook := range map[string]any{"CORS": &h.cors, "Served": &h.served, "Website": &h.website} {
		if !reflect.ValueOf(handler).MethodByName(name).IsValid() {
			continue
		}
		target := reflect.ValueOf(hook).Elem()
		if !reflect.TypeOf(handler).Implements(target.Type()) {
			errs = append(errs, fmt.Errorf("gateway: %T.%s is not as %s has it", handler, name, target.Type()))
			continue
		}
		target.Set(reflect.ValueOf(handler))
	}
	return errors.Join(errs...)
}
