package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/worker"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/archive"
	"github.com/sillok/sillok/internal/trail/event"
)

// Config is what an Importer works with.
type Config struct {
	Path    string // of the file with what is known
	Archive *archive.Archive
	Calls   Calls
	Pool    *worker.Pool // with LaneImport
	Log     *slog.Logger
	// Gone says whether an event data store, by its ARN, is there no more, with what it had.
	Gone func(ctx context.Context, store string) (bool, error)
}

// Calls knows the events that were made here: calls, and insights.
type Calls interface {
	// Called says of each event whether it was, in the history of an account.
	Called(ctx context.Context, account cloud.Account, events []event.Event) ([]bool, error)
}

// Importer imports log files. It is safe for concurrent use.
type Importer struct {
	cfg   Config
	known *state.DB
	queue *queue
	ahead bool          // the archive may have what is not known yet; of whoever commits
	swept atomic.Uint64 // the archive's first entry when what it has no more was forgotten
}

// Open opens what is known, or makes it from the archive. The caller must call Close.
func Open(ctx context.Context, cfg Config) (*Importer, error) {
	known, err := state.Open(ctx, cfg.Path)
	if err != nil {
		return nil, fmt.Errorf("open what is known of imports: %w; without that file it is made again", err)
	}
	i := &Importer{cfg: cfg, known: known, queue: newQueue()}
	if err := i.replay(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open what is known of imports: %w", err), known.Close())
	}
	return i, nil
}

// Close releases what Open took. It may be called twice.
func (i *Importer) Close() error { return i.known.Close() }

// maxTime is how long a worker may take for a file.
const maxTime = 15 * time.Minute

// Import imports a file. What is wrong with the file is in its outcome; the error is of
// the archive, of what is known, of a worker's end with the server, or of ctx, and the
// file can then be imported again.
func (i *Importer) Import(ctx context.Context, into Into, o Object, open func() (io.ReadCloser, error)) (Outcome, error) {
	out, found, err := i.mark(ctx, into, o)
	if found || err != nil {
		return out, err
	}
	if out, err = i.file(ctx, into, o, open); err != nil {
		return out, err
	}
	out.At = time.Now().UTC()
	if out.State == Unread {
		return out, nil
	}
	return out, i.setMark(ctx, into, o, out)
}

// file decodes a file and keeps its events.
func (i *Importer) file(ctx context.Context, into Into, o Object, open func() (io.ReadCloser, error)) (out Outcome, err error) {
	out.State = Imported
	var unread error
	run, err := i.cfg.Pool.Start(ctx, worker.Job{
		Kind: kindDecode, Lane: LaneImport, Owner: string(into.Importer), Limit: maxTime,
		Sources: func(string) (io.ReadCloser, error) {
			body, err := open()
			if err != nil {
				unread = err
				return nil, err
			}
			return &watched{body, &unread}, nil
		},
	})
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	for {
		data, err := run.Next()
		switch {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return out, out.failed(ctx, err, unread)
		}
		records, err := sent(data)
		if err != nil {
			return out, err
		}
		out.Records += int64(len(records))
		if err := i.queue.commit(ctx, &batch{into: into, records: records, out: &out}, i.keep); err != nil {
			return out, fmt.Errorf("import %s of %s: %w", o.Key, o.Source, err)
		}
	}
}

// failed says what the failure of a worker's job means for the file; the error is one
// that is not the file's.
func (o *Outcome) failed(ctx context.Context, err, unread error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if unread != nil {
		o.State, o.Reason = Unread, unread.Error()
		return nil //nolint:nilerr // it is the file's, and told
	}
	if job, ok := errors.AsType[*worker.JobError](err); ok {
		o.State, o.Reason = State(job.Detail), job.Text
		if o.State == "" {
			o.State = Unread
		}
		return nil
	}
	ended, ok := errors.AsType[*worker.EndedError](err)
	if !ok || ended.Reason == worker.Closed {
		return err
	}
	o.State, o.Reason = Unread, ended.Error()
	if ended.Reason == worker.Panicked || ended.Reason == worker.OutOfMemory {
		o.State = Damaged // the file's doing; all else may be the machine's, and another time be well
	}
	return nil
}

// watched is the bytes of a file, of which it is known why they could not be read.
type watched struct {
	io.ReadCloser

	err *error
}

// Read implements io.Reader.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		*w.err = err
	}
	return n, err
}

// Forget removes the file with what is known, which is then made again: for one that
// cannot be opened.
func Forget(path string) error {
	var errs []error
	for _, beside := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
