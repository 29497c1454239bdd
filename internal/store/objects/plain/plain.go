// Package plain moves a bucket to a folder of plain files, and back, through
// any S3.
//
// Each object is a file under its own name, as far as that can be a file's name:
// see [FileName]. What a file cannot say is in DIR/.sillok: manifest.jsonl has
// a line for each object, by which an import is exact, and bucket.json how the
// bucket was set up. Nothing is written outside the folder and no symbolic link
// in it is followed. Every byte is checked by the object's ETag or checksum on
// its way. What is there already and right is left alone, so that a run that
// was cut off is gone on with by running it again.
package plain

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/sillok/sillok/internal/kit/disk"
)

// Config says which bucket is moved, and how.
type Config struct {
	Client   *s3.Client
	Bucket   string
	Prefix   string         // an export takes the keys that begin with it, an import puts it before each key
	Versions bool           // export earlier versions and delete markers too
	Settings bool           // an import sets a bucket up as the exported one was also when the bucket is there
	Parallel int            // how many objects at a time
	Progress func(Progress) // called from several goroutines; may be nil
	Note     func(string)   // told what a person should know; may be nil
}

// Progress is how far a run is. The totals grow while it finds out.
type Progress struct {
	Objects, Bytes       int64
	AllObjects, AllBytes int64
}

// Result is what a run did.
type Result struct {
	Objects int64 `json:"objects"` // versions and delete markers that are where they should be, those that were there already too
	Bytes   int64 `json:"bytes"`
	Present int64 `json:"present"` // of these, were there already
	Gone    int64 `json:"gone"`    // were removed since they were listed; each was told
	Failed  int64 `json:"failed"`  // are not there; each was told
	Omitted int64 `json:"omitted"` // files that are no objects: symbolic links, pipes, names that no key can have
	Unsure  int64 `json:"unsure"`  // could be checked by their size alone
}

// maxFailed is how many objects may fail before a run gives up.
const maxFailed = 1000

// run is what exports and imports share. Several goroutines use it.
type run struct {
	Config

	tree  *tree
	count struct{ objects, bytes, allObjects, allBytes, present, failed, gone, omitted, unsure atomic.Int64 }
}

func newRun(cfg Config, t *tree) *run {
	if cfg.Progress == nil {
		cfg.Progress = func(Progress) {}
	}
	if cfg.Note == nil {
		cfg.Note = func(string) {}
	}
	cfg.Parallel = max(cfg.Parallel, 1)
	return &run{Config: cfg, tree: t}
}

func (r *run) result() *Result {
	return &Result{
		Objects: r.count.objects.Load(), Bytes: r.count.bytes.Load(), Present: r.count.present.Load(),
		Gone: r.count.gone.Load(), Failed: r.count.failed.Load(), Omitted: r.count.omitted.Load(), Unsure: r.count.unsure.Load(),
	}
}

// found counts an object that is to be moved.
func (r *run) found(size int64) {
	r.count.allObjects.Add(1)
	r.count.allBytes.Add(size)
}

// moved counts bytes, and an object when it is whole.
func (r *run) moved(objects, bytes int64) {
	r.count.objects.Add(objects)
	r.count.bytes.Add(bytes)
	r.Progress(Progress{
		Objects: r.count.objects.Load(), Bytes: r.count.bytes.Load(), AllObjects: r.count.allObjects.Load(), AllBytes: r.count.allBytes.Load(),
	})
}

// fail takes an error of one object. It returns an error when the run should
// end: it was told to, nobody answers, or nothing seems to work.
func (r *run) fail(ctx context.Context, name string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if unreachable(err) || disk.IsFull(err) {
		return fmt.Errorf("%s: %w", name, failure{err})
	}
	r.Note(name + ": " + reason(err))
	if r.count.failed.Add(1) >= maxFailed {
		return fmt.Errorf("given up after %d failures", maxFailed)
	}
	return nil
}

// unreachable says whether an error is of a request that nobody answered.
func unreachable(err error) bool {
	_, sent := errors.AsType[*smithy.OperationError](err)
	_, answered := errors.AsType[*smithyhttp.ResponseError](err)
	return sent && !answered
}

// The HTTP statuses that mean something here.
const (
	statusNotFound           = 404
	statusPreconditionFailed = 412
)

// status returns the HTTP status that an error came with, or 0.
func status(err error) int {
	if e, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		return e.HTTPStatusCode()
	}
	return 0
}

// code returns the code of S3's that an error came with.
func code(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	return ""
}

// reason says why something failed, in S3's words where they are S3's.
func reason(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		if e.ErrorMessage() == "" {
			return fmt.Sprintf("S3 answers with status %d", status(err))
		}
		return e.ErrorCode() + ": " + e.ErrorMessage()
	}
	if e, ok := errors.AsType[*smithyhttp.RequestSendError](err); ok {
		return "S3 does not answer: " + e.Err.Error()
	}
	return err.Error()
}

// failure is an error that reads as reason says.
type failure struct{ error }

func (f failure) Error() string { return reason(f.error) }

func (f failure) Unwrap() error { return f.error }

func value[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}

// some returns a pointer to text, or nil where there is none.
func some(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
