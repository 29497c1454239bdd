package importer

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/trail/place"
)

// Source is where files lie.
type Source interface {
	// List yields all files, in any order.
	List(ctx context.Context) iter.Seq2[Object, error]
	// Open opens a file that List yielded; whether it is still the same it says at its
	// end at the latest.
	Open(ctx context.Context, o Object) (io.ReadCloser, error)
}

// Target is what files are imported into.
type Target interface {
	// Known returns what became of those of files that are the same as at an earlier
	// import; nil for others.
	Known(ctx context.Context, objects []Object) ([]*Outcome, error)
	// Import imports a file.
	Import(ctx context.Context, o Object, open func() (io.ReadCloser, error)) (Outcome, error)
}

// Target returns the importer for events of an importing account.
func (i *Importer) Target(into Into) Target { return target{i, into} }

type target struct {
	importer *Importer
	into     Into
}

// Known implements Target.
func (t target) Known(ctx context.Context, objects []Object) ([]*Outcome, error) {
	return t.importer.Known(ctx, t.into, objects)
}

// Import implements Target.
func (t target) Import(ctx context.Context, o Object, open func() (io.ReadCloser, error)) (Outcome, error) {
	return t.importer.Import(ctx, t.into, o, open)
}

// Report is the account of all files of a source: each is in one of Files and, where it
// was the same at an earlier import, in Known too. The other counts are of this import.
type Report struct {
	Listed     int64           `json:"listed"`
	Files      map[State]int64 `json:"files"`
	Known      int64           `json:"known"`
	Records    int64           `json:"records"`
	Imported   int64           `json:"imported"`
	Duplicates int64           `json:"duplicates"`
	Bad        int64           `json:"bad"`         // of known files too: what is not there is not there
	Jumps      int64           `json:"clock_jumps"` // files that are named by a time after they were written
}

// add counts a file.
func (r *Report) add(o *Outcome) {
	if r.Files == nil {
		r.Files = map[State]int64{}
	}
	r.Files[o.State]++
	r.Bad += o.Bad
	if o.Jump != "" {
		r.Jumps++
	}
	if o.Known {
		r.Known++
		return
	}
	r.Records += o.Records
	r.Imported += o.Imported
	r.Duplicates += o.Duplicates
}

// Whole says whether nothing is left to wish for: each file is a log file, all of whose
// records are events, or none of CloudTrail's.
func (r *Report) Whole() bool {
	return r.Bad+r.Files[Truncated]+r.Files[Damaged]+r.Files[Unread] == 0
}

const (
	askedTogether = 500 // how many files a target is asked about at once
	walkers       = 8   // how many files are imported at once
)

// Walk imports all files of a source, and tells each of them to each, one at a time. An
// error is the source's or the target's; what was imported until then is.
func Walk(ctx context.Context, from Source, to Target, each func(Object, Outcome)) (Report, error) {
	w := &walk{from: from, to: to, each: each}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	files := make(chan Object)
	var group sync.WaitGroup
	for range walkers {
		group.Go(func() {
			for o := range files {
				if err := w.file(ctx, o); err != nil {
					cancel(err)
				}
			}
		})
	}
	err := w.list(ctx, files)
	close(files)
	group.Wait()
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return w.report, err
}

type walk struct {
	from Source
	to   Target

	mu     sync.Mutex
	report Report
	each   func(Object, Outcome)
}

// list asks about all files, and has those imported that are not known.
func (w *walk) list(ctx context.Context, files chan<- Object) error {
	var some []Object
	for o, err := range w.from.List(ctx) {
		if err != nil {
			return err
		}
		if some = append(some, o); len(some) < askedTogether {
			continue
		}
		if err := w.some(ctx, some, files); err != nil {
			return err
		}
		some = some[:0]
	}
	return w.some(ctx, some, files)
}

func (w *walk) some(ctx context.Context, some []Object, files chan<- Object) error {
	w.mu.Lock()
	w.report.Listed += int64(len(some))
	w.mu.Unlock()
	var asked []Object
	for _, o := range some {
		if out := named(o); out != nil {
			w.tell(o, *out)
		} else {
			asked = append(asked, o)
		}
	}
	if len(asked) == 0 {
		return ctx.Err()
	}
	known, err := w.to.Known(ctx, asked)
	if err != nil {
		return err
	}
	if len(known) != len(asked) {
		return errors.New("not all files that were asked about were answered")
	}
	for n, o := range asked {
		if known[n] != nil {
			w.tell(o, *known[n])
			continue
		}
		select {
		case files <- o:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// named says what a file is whose name and size say that already; nil for others.
func named(o Object) *Outcome {
	switch kind, _ := place.KindOf(o.Key); {
	case kind == place.Digest:
		return &Outcome{State: Digest, Reason: "it is a digest file"}
	case !strings.HasSuffix(o.Key, ".json") && !strings.HasSuffix(o.Key, ".json.gz"):
		return &Outcome{State: Foreign, Reason: "its name does not end in .json.gz or .json"}
	case o.Size > MaxFile:
		return &Outcome{State: Damaged, Reason: errTooLarge().reason}
	}
	return nil
}

func (w *walk) file(ctx context.Context, o Object) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	out, err := w.to.Import(ctx, o, func() (io.ReadCloser, error) { return w.from.Open(ctx, o) })
	if err != nil {
		return err
	}
	w.tell(o, out)
	return nil
}

// early is how much later than it was written a file may be named.
const early = time.Hour

// jump says why the time in the name of a file cannot be; empty where it can.
func jump(o Object) string {
	at, err := place.Parse(o.Key)
	if err != nil || o.Modified.IsZero() || !at.Time.After(o.Modified.Add(early)) {
		return ""
	}
	return "it was written at " + o.Modified.UTC().Format(time.RFC3339) + ", before the time in its name"
}

func (w *walk) tell(o Object, out Outcome) {
	out.Jump = jump(o)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.report.add(&out)
	w.each(o, out)
}
