package lake

import (
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/lake/format"
)

// Place is where Discover looks: a bucket, or a folder by its path, as in Object.
type Place struct{ Bucket, Prefix string }

// Found is the logs of one format.
type Found struct {
	// Table has the columns of the format and the partition columns account, region and date, which come from the
	// keys and are NULL where they say nothing. Give it to Plan.
	Table    Table
	Format   string // also the table's name
	Objects  int
	Bytes    int64
	From, To time.Time // of the keys; zero when they say nothing
}

// Skipped is an object that is in no table.
type Skipped struct {
	Object Object
	Reason string
}

// Discovery is what lies under some places.
type Discovery struct {
	Found   []Found // in the order of formats' names
	Skipped []Skipped
}

// discovered is the objects of a discovered table.
type discovered struct {
	format  string
	objects []discoveredObject
}

type discoveredObject struct {
	object Object
	values []string // of partitionKeys
}

func partitionKeys() []Column {
	return []Column{{Name: "account", Type: "string"}, {Name: "region", Type: "string"}, {Name: "date", Type: "date"}}
}

// Discover recognises the logs under places, by their keys and, where those do
// not tell, by their first lines.
func (l *Lake) Discover(ctx context.Context, places []Place) (*Discovery, error) {
	d := &Discovery{}
	var objects []Object
	var layouts []layout
	seen := map[[2]string]bool{}
	for _, p := range places {
		for o, err := range l.objects.List(ctx, p.Bucket, p.Prefix) {
			if err != nil {
				return nil, fmt.Errorf("look for logs in %s: %w", Object{Bucket: p.Bucket, Key: p.Prefix}.Name(), err)
			}
			at := [2]string{o.Bucket, o.Key}
			if seen[at] || strings.HasSuffix(o.Key, "/") {
				continue
			}
			seen[at] = true
			objects = append(objects, o)
			layouts = append(layouts, judge(o))
		}
	}
	if err := l.sniff(ctx, objects, layouts); err != nil {
		return nil, err
	}
	tables := map[string]*Found{}
	for i, o := range objects {
		if layouts[i].reason != "" {
			d.Skipped = append(d.Skipped, Skipped{Object: o, Reason: layouts[i].reason})
			continue
		}
		f, ok := tables[layouts[i].format]
		if !ok {
			var err error
			if f, err = newFound(layouts[i].format); err != nil {
				return nil, err
			}
			tables[f.Format] = f
		}
		f.add(o, layouts[i])
	}
	for _, f := range tables {
		d.Found = append(d.Found, *f)
	}
	slices.SortFunc(d.Found, func(a, b Found) int { return strings.Compare(a.Format, b.Format) })
	return d, nil
}

// judge reads an object's key and size.
func judge(o Object) layout {
	l := layoutOf(o.Key)
	switch {
	case l.reason != "":
	case o.Size == 0:
		l.reason = "empty"
	case strings.HasPrefix(path.Base(o.Key), ".") || strings.HasPrefix(path.Base(o.Key), "_"):
		l.reason = "hidden: its name begins with a dot or an underscore"
	case strings.HasSuffix(o.Key, ".parquet"):
		l.reason = "Parquet: a table needs a DDL to read it"
	}
	return l
}

// sniff reads the beginning of those objects whose keys do not tell their
// format.
func (l *Lake) sniff(ctx context.Context, objects []Object, layouts []layout) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(l.cfg.Workers)
	for i := range objects {
		if layouts[i].format != "" || layouts[i].reason != "" {
			continue
		}
		group.Go(func() error {
			src := &format.Source{Size: 1 << 62, Open: func() (io.ReadCloser, error) {
				return l.objects.Open(ctx, objects[i])
			}}
			var name string
			err := life.Catch(func() (err error) {
				name, err = format.Sniff(ctx, src)
				return err
			})
			if err != nil {
				return fmt.Errorf("look into %s: %w", objects[i].Name(), err)
			}
			if layouts[i].format = name; name == "" {
				layouts[i].reason = "not a log that is known"
			}
			return nil
		})
	}
	return group.Wait()
}

func newFound(name string) (*Found, error) {
	f, err := format.Named(name)
	if err != nil {
		return nil, err
	}
	return &Found{Format: name, Table: Table{
		Name: name, Columns: f.Columns(), PartitionKeys: partitionKeys(), discovered: &discovered{format: name},
	}}, nil
}

func (f *Found) add(o Object, l layout) {
	f.Objects++
	f.Bytes += o.Size
	from, to := l.time, l.time
	if day, err := time.Parse(time.DateOnly, l.date); from.IsZero() && err == nil {
		from, to = day, day.AddDate(0, 0, 1).Add(-time.Second)
	}
	if !from.IsZero() && (f.From.IsZero() || from.Before(f.From)) {
		f.From = from
	}
	if to.After(f.To) {
		f.To = to
	}
	values := []string{l.account, l.region, l.date}
	for i, v := range values {
		if v == "" {
			values[i] = NullPartition
		}
	}
	f.Table.discovered.objects = append(f.Table.discovered.objects, discoveredObject{object: o, values: values})
}

// foundParts returns the partitions of a discovered table that filter wants.
func (l *Lake) foundParts(ctx context.Context, t Table, filter Filter) ([]Part, error) {
	byValues := map[string]int{}
	var parts []Part
	for _, o := range t.discovered.objects {
		id := strings.Join(o.values, "\x00")
		at, ok := byValues[id]
		if !ok {
			at = len(parts)
			byValues[id] = at
			folder := Object{Bucket: o.object.Bucket, Key: o.object.Key[:strings.LastIndexByte(o.object.Key, '/')+1]}
			parts = append(parts, Part{Values: o.values, Location: folder.Name()})
		}
		parts[at].Objects = append(parts[at].Objects, o.object)
	}
	return keep(ctx, filter, names(t.PartitionKeys), parts, func(p Part) []string { return p.Values })
}
