package logs

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/resource"
)

// exports runs the exports that are not over.
type exports struct {
	*Service

	begun chan struct{} // has one when there may be one more

	mu      sync.Mutex
	running map[string]context.CancelFunc
}

const (
	exportedAtOnce = 32 << 20 // bytes of lines in a file
	exportAgain    = time.Minute
	exportsAtOnce  = 4
	exportTries    = 10
	// exportAfter is how long an export waits before it begins: one that was asked for by
	// mistake can be cancelled, as AWS's can, which wait for longer.
	exportAfter = time.Second
)

func newExports(s *Service) *exports {
	return &exports{Service: s, begun: make(chan struct{}, 1), running: map[string]context.CancelFunc{}}
}

func (x *exports) notify() {
	select {
	case x.begun <- struct{}{}:
	default:
	}
}

// cancel stops an export that runs.
func (x *exports) cancel(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if stop := x.running[id]; stop != nil {
		stop()
	}
}

// run exports until ctx is done. What is not over then goes on with the next run.
func (x *exports) run(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	slots := make(chan struct{}, exportsAtOnce)
	again := time.NewTicker(exportAgain)
	defer again.Stop()
	x.notify()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-x.begun:
		case <-again.C:
		}
		waiting, err := x.waiting(ctx)
		if err != nil && ctx.Err() == nil {
			x.cfg.Log.ErrorContext(ctx, "exports of log events cannot be looked up, it is tried again", "error", err)
		}
		for id, scope := range waiting {
			work.Go(func() {
				select {
				case slots <- struct{}{}:
					defer func() { <-slots }()
				case <-ctx.Done():
					return
				}
				x.one(ctx, id, scope)
			})
		}
	}
}

// waiting returns the exports that are not over, and that nothing works on.
func (x *exports) waiting(ctx context.Context) (all map[string]cloud.Scope, err error) {
	all = map[string]cloud.Scope{}
	return all, x.store.View(nobody(ctx), func(r resource.Reader) error {
		for e, err := range exporting.List(r) {
			if err != nil {
				return err
			}
			x.mu.Lock()
			_, busy := x.running[e.Name]
			if !busy {
				x.running[e.Name] = nil
				all[e.Name] = e.Value
			}
			x.mu.Unlock()
		}
		return nil
	})
}

// one works on an export until it is over, or ctx is.
func (x *exports) one(ctx context.Context, id string, scope cloud.Scope) {
	ctx, stop := context.WithCancel(in(cloud.WithCall(ctx, cloud.Call{}), scope))
	x.mu.Lock()
	x.running[id] = stop
	x.mu.Unlock()
	defer func() {
		stop()
		x.mu.Lock()
		delete(x.running, id)
		x.mu.Unlock()
	}()
	wait := time.NewTimer(exportAfter)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
		return
	}
	err := life.Catch(func() error { return x.export(ctx, id) })
	if err != nil && ctx.Err() == nil {
		x.cfg.Log.ErrorContext(ctx, "an export of log events was interrupted, it goes on in a minute", append([]any{"task", id}, life.Attrs(err)...)...)
	}
}

// export is one export at work.
type export struct {
	*exports

	task   exportTask
	known  *known
	now    current
	folder string // of the stream at hand
	lines  bytes.Buffer
	packed *gzip.Writer
	raw    int64
	count  int64 // events in lines
}

// export goes on with an export.
func (x *exports) export(ctx context.Context, id string) error {
	e := &export{exports: x}
	active := false
	err := x.store.Update(ctx, func(tx resource.Tx) (err error) {
		var found bool
		if e.task, found, err = exportTasks.Find(tx, id); err != nil {
			return err
		}
		if active = found && e.task.active(); !active {
			return exporting.Discard(resource.In(tx, cloud.Scope{}), id)
		}
		e.task.Status.Code = new(exportRunning)
		return exportTasks.Put(tx, e.task, id)
	})
	if err != nil || !active {
		return err
	}
	if e.known, err = x.group(ctx, *e.task.LogGroupName); err == nil && e.known.group.Number != e.task.Group {
		err = errNoGroup()
	}
	if err == nil {
		e.now = current{Service: x.Service, known: e.known}
		err = e.streams(ctx)
	}
	switch kind := cloud.KindOf(err); {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil && e.task.Lost > 0:
		return e.over(ctx, exportFailed, fmt.Sprintf("%d events could not be read, since their files are damaged; %d were exported", e.task.Lost, e.task.Events))
	case err == nil:
		return e.over(ctx, exportCompleted, "Completed successfully")
	case kind == cloud.Denied || kind == cloud.NotFound || kind == cloud.Invalid || kind == cloud.Unsupported:
		refused, _ := errors.AsType[*cloud.Error](err)
		return e.over(ctx, exportFailed, refused.Message)
	}
	return err
}

// over says how the export has ended.
func (e *export) over(ctx context.Context, code, message string) error {
	e.cfg.Log.InfoContext(ctx, "an export of log events is over", "task", *e.task.TaskId, "group", *e.task.LogGroupName, "code", code, "message", message,
		"files", e.task.Files, "events", e.task.Events, "bytes", e.task.Bytes, "lost", e.task.Lost)
	return e.store.Update(ctx, func(tx resource.Tx) error {
		return exportTasks.Change(tx, func(t *exportTask) error {
			if t.active() {
				e.task.end(code, message)
				*t = e.task
			}
			return errors.Join(exporting.Discard(resource.In(tx, cloud.Scope{}), *e.task.TaskId), exportFiles.DeleteBelow(tx, *e.task.TaskId))
		}, *e.task.TaskId)
	})
}

// streams exports one stream after the other, by name.
func (e *export) streams(ctx context.Context) error {
	for {
		next, err := e.next(ctx)
		if err != nil || next == nil {
			return err
		}
		if err := e.stream(ctx, next); err != nil {
			return err
		}
	}
}

// next returns the stream behind those that are exported; nil for none.
func (e *export) next(ctx context.Context) (next *stream, err error) {
	return next, e.store.View(ctx, func(r resource.Reader) error {
		for one, err := range startingWith(streams.From(r, e.known.group.Name), e.task.StreamPrefix)(e.task.Done) {
			if err != nil {
				return err
			}
			if strings.HasPrefix(one.Value.Name, e.task.StreamPrefix) {
				next = &one.Value
				return nil
			}
		}
		return nil
	})
}

// stream exports the events of a stream that are of the time.
func (e *export) stream(ctx context.Context, s *stream) error {
	e.folder = strings.ReplaceAll(s.Name, "/", "-")
	e.begin()
	if err := e.keyring.readable(ctx, e.known.group.Number); err != nil {
		return err
	}
	q := events.Query{Group: e.known.group.Number, Streams: []uint64{s.Number}, From: max(*e.task.From, e.known.group.from()), To: *e.task.To}
	if at := e.task.At; at != nil {
		q.After = &events.Key{Time: at.Time, Seq: at.Seq, N: at.N}
	}
	for one, err := range e.events.Read(ctx, q) {
		if damage, ok := errors.AsType[*events.DamageError](err); ok {
			e.task.Lost += max(damage.Events, 1)
			continue
		}
		if err != nil {
			return err
		}
		if err := e.line(ctx, &one); err != nil {
			return err
		}
		e.task.At = &eventKey{one.Time, one.Seq, one.N}
		if e.raw >= exportedAtOnce {
			if err := e.put(ctx); err != nil {
				return err
			}
			e.begin()
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	e.task.Done, e.task.At = s.Name, nil
	return e.put(ctx)
}

func (e *export) begin() {
	e.lines.Reset()
	e.packed, e.raw, e.count = gzip.NewWriter(&e.lines), 0, 0
}

// line writes an event: its time, and the message as it is.
func (e *export) line(ctx context.Context, one *events.Event) error {
	message, err := e.now.mask(ctx, one)
	if err != nil {
		return err
	}
	n, err := fmt.Fprintf(e.packed, "%s %s\n", time.UnixMilli(one.Time).UTC().Format("2006-01-02T15:04:05.000Z"), message)
	e.raw, e.count = e.raw+int64(n), e.count+1
	return err
}

// put puts the lines into the next file of the folder, and writes down how far the export
// has come. A crash between the two has the same file put again.
func (e *export) put(ctx context.Context) error {
	if err := e.packed.Close(); err != nil {
		return err
	}
	id, number := *e.task.TaskId, 0
	if e.count > 0 {
		err := e.store.View(ctx, func(r resource.Reader) (err error) {
			number, _, err = exportFiles.Find(r, id, e.folder)
			return err
		})
		if err != nil {
			return err
		}
		key := fmt.Sprintf("%s/%s/%s/%06d.gz", *e.task.DestinationPrefix, id, e.folder, number)
		if len(key) > mostObjectKey {
			return errInvalid("the key of stream %s has more than %d bytes", e.folder, mostObjectKey)
		}
		if err := e.patiently(ctx, key); err != nil {
			return err
		}
		e.task.Files++
		e.task.Events, e.task.Bytes = e.task.Events+e.count, e.task.Bytes+e.raw
	}
	return e.store.Update(ctx, func(tx resource.Tx) error {
		return exportTasks.Change(tx, func(t *exportTask) error {
			if !t.active() {
				return context.Canceled // while it was put
			}
			*t = e.task
			if e.count == 0 {
				return nil
			}
			return exportFiles.Put(tx, number+1, id, e.folder)
		}, id)
	})
}

// patiently puts a file, again where that may help.
func (e *export) patiently(ctx context.Context, key string) (err error) {
	for try := range exportTries {
		acting, as := e.exportingAs(ctx, e.known)
		err = putObject(acting, as, *e.task.Destination, key, e.lines.Bytes(), new("application/x-gzip"))
		if kind := cloud.KindOf(err); err == nil || kind != cloud.Unavailable && kind != cloud.Throttled && kind != cloud.Conflict {
			return err
		}
		timer := time.NewTimer(time.Duration(math.Pow(2, float64(try))) * 100 * time.Millisecond)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
	return err
}

// putObject puts an object of which the owner of the bucket has control.
func putObject(ctx context.Context, as Buckets, bucket, key string, body []byte, contentType *string) error {
	_, err := as.PutObject(ctx, &s3api.PutObjectInput{
		Bucket: &bucket, Key: &key, Body: bytes.NewReader(body), ContentLength: new(int64(len(body))), ACL: new("bucket-owner-full-control"), ContentType: contentType,
	})
	return err
}
