package lake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake/column"
	"github.com/sillok/sillok/internal/lake/format"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// Kept is a table whose rows the server keeps itself: they lie in files that have the
// form of shadows already, so that there is nothing to list and nothing to decode.
type Kept struct {
	Rows   Rows
	Format string // of the files: that of a known log, such as "cloudtrail"
	// Reader reads the files, where that is no known log.
	Reader format.Format
	// Ordered are the columns, in lower case, by whose values an object is left out when it
	// cannot have any that is asked for: each is the time of a row, or its day, or one of
	// Texts, of which each object tells the bounds itself.
	Ordered []string
	Texts   []string // of Ordered, those that are no times
}

// Rows are the rows of a table that the server keeps.
type Rows interface {
	// Objects returns the objects that the one who asks may read. Together they have every
	// row that was there when it was called, each once.
	Objects(ctx context.Context) ([]KeptObject, error)
	// Hold returns the paths of the files of objects, which stay until release is called.
	Hold(ctx context.Context, objects []Object) (paths []string, release func() error, err error)
}

// KeptObject is a file of a Rows.
type KeptObject struct {
	Object   Object
	Values   []string  // of the table's partition keys; NullPartition where its rows tell it
	From, To time.Time // of its rows; zero where their times are not in one form
	// Bounds are the least and the greatest value of columns of Kept.Texts, by the order of
	// their bytes.
	Bounds map[string][2]string
}

// Least and Most return the names under which a Filter is asked for the least and the
// greatest value that an ordered column can have in an object.
func Least(column string) string { return column + "\x00least" }

// Most is told beside Least.
func Most(column string) string { return column + "\x00most" }

// keptParts returns the objects of a table that the server keeps, each as a part, which
// filter wants.
func (l *Lake) keptParts(ctx context.Context, t Table, filter Filter) ([]Part, error) {
	objects, err := t.Kept.Rows.Objects(ctx)
	if err != nil {
		return nil, err
	}
	var loose, bounded []KeptObject
	for _, o := range objects {
		if o.From.IsZero() {
			loose = append(loose, o)
		} else {
			bounded = append(bounded, o)
		}
	}
	told, columns := t.toldKeys(objects)
	values := func(o KeptObject) []string {
		out := make([]string, 0, len(columns))
		for _, at := range told {
			out = append(out, o.Values[at])
		}
		return out
	}
	if loose, err = keep(ctx, filter, columns, loose, values); err != nil {
		return nil, err
	}
	for _, c := range t.Kept.Ordered {
		columns = append(columns, Least(c), Most(c))
	}
	bounded, err = keep(ctx, filter, columns, bounded, func(o KeptObject) []string { return append(values(o), t.bounds(o)...) })
	if err != nil {
		return nil, err
	}
	out := make([]Part, 0, len(objects))
	for _, o := range append(bounded, loose...) {
		out = append(out, Part{Values: o.Values, Location: o.Object.Name(), Objects: []Object{o.Object}})
	}
	return out, nil
}

// toldKeys returns the places and the names of the partition keys that all objects tell.
func (t Table) toldKeys(objects []KeptObject) (places []int, columns []string) {
	for i, name := range names(t.PartitionKeys) {
		if !slices.ContainsFunc(objects, func(o KeptObject) bool { return o.Values[i] == NullPartition }) {
			places, columns = append(places, i), append(columns, name)
		}
	}
	return places, columns
}

// bounds returns the texts of the least and the greatest value of each ordered column in
// an object.
func (t Table) bounds(o KeptObject) (out []string) {
	for _, c := range t.Kept.Ordered {
		if slices.Contains(t.Kept.Texts, c) {
			out = append(out, o.Bounds[c][0], o.Bounds[c][1])
			continue
		}
		layout := time.RFC3339
		switch t.typeOf(c) {
		case "date":
			layout = time.DateOnly
		case "timestamp":
			layout = "2006-01-02 15:04:05.000"
		}
		out = append(out, o.From.UTC().Format(layout), o.To.UTC().Format(layout))
	}
	return out
}

// typeOf returns the type of a column or partition key.
func (t Table) typeOf(name string) string {
	for _, c := range append(append([]Column{}, t.Columns...), t.PartitionKeys...) {
		if strings.EqualFold(c.Name, name) {
			return strings.ToLower(c.Type)
		}
	}
	return ""
}

// loadKept opens the files of a scan.
func (l *Lake) loadKept(ctx context.Context, s *Scan, progress Progress) (*Files, error) {
	var objects []Object
	for _, p := range s.Parts {
		objects = append(objects, p.Objects...)
	}
	paths, release, err := s.Table.Kept.Rows.Hold(ctx, objects)
	if err != nil {
		return nil, fmt.Errorf("read table %s: %w", s.Table.name(), err)
	}
	files := &Files{proven: &l.kept, kept: true}
	if err := l.openKept(ctx, s, files, objects, paths, progress); err != nil {
		return nil, errors.Join(err, release())
	}
	files.release = release
	return files, nil
}

// openKept adds the files of a scan, once every byte of them is as it was written.
func (l *Lake) openKept(ctx context.Context, s *Scan, files *Files, objects []Object, paths []string, progress Progress) error {
	entries := make([]shadow.Entry, len(paths))
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(l.cfg.Workers)
	for i, path := range paths {
		group.Go(func() (err error) {
			if entries[i], err = l.kept.Open(running, path); err != nil && running.Err() == nil {
				return errKeptDamaged(objects[i]).Because(err)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return cmp.Or(ctx.Err(), err)
	}
	byShape := map[string]int{}
	report := reporter(progress, Done{TotalObjects: s.Objects, TotalBytes: s.Bytes})
	at := 0
	for _, p := range s.Parts {
		for _, o := range p.Objects {
			if err := files.add(s, loaded{object: o, entry: entries[at]}, p, byShape); err != nil {
				return err
			}
			report(o.Size, entries[at])
			at++
		}
	}
	return nil
}

// errKeptDamaged is the failure of a query over a damaged file for which there is no
// object to decode again.
func errKeptDamaged(o Object) *cloud.Error {
	return cloud.Errorf(cloud.Unavailable, "HIVE_CURSOR_ERROR", "%s was damaged on the disk, or is gone: bring it back from a copy of the data folder", o.Name())
}

// instants has the texts of times that are bound to timestamps read as CloudTrail and its
// like write them, in UTC: no SerDe of Hive's stands between.
func instants(bindings []Binding) {
	for i := range bindings {
		instant(&bindings[i])
	}
}

func instant(b *Binding) {
	if b.Kind == column.Text && b.Type == "timestamp" {
		b.Kind = column.Instant
	}
	for i := range b.Fields {
		instant(&b.Fields[i].Binding)
	}
	if b.Elem != nil {
		instant(b.Elem)
	}
}
