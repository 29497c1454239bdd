package lake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/lake/shadow"
)

// Progress hears how far a Load is. It is called by one goroutine at a time.
type Progress func(Done)

// Done is how far a Load is.
type Done struct {
	Objects, TotalObjects int
	Bytes, TotalBytes     int64 // of the objects as they lie there
	Rows                  int64
	Decoded               int // objects that had no shadow yet
}

// Files are what a query reads. Release must be called when it has.
type Files struct {
	Groups []Group
	Stats  Stats
	// Skipped are the objects that could not be read and were passed over, as Config.PassOver allows.
	Skipped []Skipped
	// Notes says in sentences what the user must know besides, such as that columns could not be kept.
	Notes []string

	entries []shadow.Entry // of all files
	proven  proofs         // of these
	kept    bool           // they are of a table that the server keeps: none is ever made again
	release func() error
}

// Release lets the files go whose objects are gone. It may be called twice.
func (f *Files) Release() error {
	release := f.release
	f.release = nil
	if release == nil {
		return nil
	}
	return release()
}

// Group is Parquet files of one schema. Columns has one Binding for each of the
// table's columns, in their order. Keys, when it is there, has one for each of
// its partition keys: one whose kind is not Null is read from the files, because
// the objects' keys do not tell it.
type Group struct {
	Columns []Binding
	Keys    []Binding
	Files   []File
}

// File is the Parquet file of one object.
type File struct {
	Path     string   // on this machine
	Values   []string // of the table's partition keys, in their order
	Object   Object
	Rows     int64
	Bad      int64     // lines that did not parse
	Problems []Problem // the first of them
	Damaged  string    // why the object could not be read to its end; empty when it was
	Note     string    // what else the decoder saw
}

// Stats is what a Load found.
type Stats struct {
	Objects     int
	Decoded     int // objects that had no shadow yet
	Damaged     int // objects that could not be read to their end
	Rows        int64
	Bad         int64 // lines that did not parse
	Bytes       int64 // of the objects as they lie there
	ShadowBytes int64
	Remade      int // objects whose columns had been damaged on disk and were decoded again
}

// proofs knows whether files are what was written.
type proofs interface {
	Same(ctx context.Context, e shadow.Entry) bool
	Check(ctx context.Context, e shadow.Entry) (bool, error)
}

// loaded is one object's outcome.
type loaded struct {
	object  Object // as it was read: it may have been replaced since it was listed
	entry   shadow.Entry
	skipped *Skipped // why it was passed over
}

// Load makes sure that every object of s has its columns. Objects are read side
// by side; cancelling ctx ends it soon.
func (l *Lake) Load(ctx context.Context, s *Scan, progress Progress) (*Files, error) {
	if s.Table.Kept != nil {
		return l.loadKept(ctx, s, progress)
	}
	release := l.shadows.Hold(shadowsIn(s))
	files, err := l.load(ctx, s, progress)
	if err != nil {
		return nil, errors.Join(err, release())
	}
	files.release = release
	return files, nil
}

func (l *Lake) load(ctx context.Context, s *Scan, progress Progress) (*Files, error) {
	type job struct {
		part, object, at int
	}
	var jobs []job
	for i, p := range s.Parts {
		for k := range p.Objects {
			jobs = append(jobs, job{part: i, object: k, at: len(jobs)})
		}
	}
	results := make([]loaded, len(jobs))
	// The largest come first, so that none is left over at the end.
	order := slices.Clone(jobs)
	slices.SortStableFunc(order, func(a, b job) int {
		return cmp.Compare(s.Parts[b.part].Objects[b.object].Size, s.Parts[a.part].Objects[a.object].Size)
	})
	report := reporter(progress, Done{TotalObjects: s.Objects, TotalBytes: s.Bytes})
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(l.atOnce())
	for _, j := range order {
		if running.Err() != nil {
			break
		}
		group.Go(func() error {
			o := s.Parts[j.part].Objects[j.object]
			var err error
			if results[j.at], err = l.loadOne(running, s, o); err != nil {
				return fmt.Errorf("load %s: %w", o.Name(), naming(o, err))
			}
			report(o.Size, results[j.at].entry)
			return nil
		})
	}
	if err := cmp.Or(group.Wait(), ctx.Err()); err != nil {
		return nil, err
	}
	files := &Files{proven: l.shadows}
	byShape := map[string]int{}
	for _, j := range jobs {
		if err := files.add(s, results[j.at], s.Parts[j.part], byShape); err != nil {
			return nil, err
		}
	}
	files.Notes = l.notes(files)
	return files, nil
}

func reporter(progress Progress, done Done) func(size int64, entry shadow.Entry) {
	var mu sync.Mutex
	return func(size int64, entry shadow.Entry) {
		if progress == nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		done.Objects++
		done.Bytes += size
		done.Rows += entry.Info.Rows
		if entry.Made {
			done.Decoded++
		}
		progress(done)
	}
}

func (f *Files) add(s *Scan, r loaded, part Part, byShape map[string]int) error {
	if r.skipped != nil {
		f.Skipped = append(f.Skipped, *r.skipped)
		return nil
	}
	info := r.entry.Info
	keys, mark := s.keys(part, info)
	shape := strconv.Itoa(info.Width) + mark + " " + strings.Join(info.Fields, " ")
	at, ok := byShape[shape]
	if !ok {
		columns, err := s.format.Bind(s.Table.Columns, info)
		if err != nil {
			return fmt.Errorf("table %s: %w", s.Table.name(), err)
		}
		if f.kept {
			instants(columns)
		}
		at = len(f.Groups)
		byShape[shape] = at
		f.Groups = append(f.Groups, Group{Columns: columns, Keys: keys})
	}
	f.Groups[at].Files = append(f.Groups[at].Files, File{
		Path: r.entry.Path, Values: part.Values, Object: r.object, Rows: info.Rows, Bad: info.Bad,
		Problems: info.Problems, Damaged: info.Damaged, Note: info.Note,
	})
	f.Stats.Objects++
	f.Stats.Rows += info.Rows
	f.Stats.Bad += info.Bad
	f.Stats.Bytes += r.object.Size
	f.Stats.ShadowBytes += r.entry.Bytes
	if r.entry.Made {
		f.Stats.Decoded++
	}
	if r.entry.Damaged {
		f.Stats.Remade++
	}
	if info.Damaged != "" {
		f.Stats.Damaged++
	}
	f.entries = append(f.entries, r.entry)
	return nil
}
