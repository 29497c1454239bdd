package lake

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/lake/format"
)

// Place is where Discover looks: a bucket, or a folder by its path, as in Object.
type Place struct{ Bucket, Prefix string }

// Found is the logs of one format.
type Found struct {
	// Table has the columns of the format and the partition columns account, region and date. They come from the
	// keys of the objects, where date is the day of delivery; what a key does not tell, each record tells. Give it to
	// Plan.
	Table    Table
	Format   string // also the table's name
	Objects  int
	Bytes    int64
	From, To time.Time // of the keys; zero when they say nothing
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

// candidate is an object that may be a log.
type candidate struct {
	object Object
	placed format.Placed
	more   []Column // that it has beyond those of its format
	skip   *Skipped // why it is no log that is read
}

// Discover recognises the logs under places, by their keys and, where those do
// not tell, by their beginnings. What cannot be read is passed over and named.
func (l *Lake) Discover(ctx context.Context, places []Place) (*Discovery, error) {
	d := &Discovery{}
	candidates, err := l.candidates(ctx, places, func(s Skipped) { d.Skipped = append(d.Skipped, s) })
	if err != nil {
		return nil, err
	}
	if err := l.sniff(ctx, candidates); err != nil {
		return nil, err
	}
	tables := map[string]*Found{}
	for _, c := range candidates {
		if c.skip != nil {
			d.Skipped = append(d.Skipped, *c.skip)
			continue
		}
		f, ok := tables[c.placed.Format]
		if !ok {
			if f, err = newFound(c.placed.Format); err != nil {
				return nil, err
			}
			tables[f.Format] = f
		}
		f.add(c)
	}
	for _, f := range tables {
		d.Found = append(d.Found, *f)
	}
	slices.SortFunc(d.Found, func(a, b Found) int { return strings.Compare(a.Format, b.Format) })
	return d, nil
}

// candidates lists what lies under the places.
func (l *Lake) candidates(ctx context.Context, places []Place, skip func(Skipped)) ([]candidate, error) {
	var out []candidate
	seen := map[[2]string]bool{}
	for _, p := range places {
		list := l.objects.List(ctx, p.Bucket, p.Prefix)
		if s, ok := l.objects.(Skipper); ok {
			list = s.ListAll(ctx, p.Bucket, p.Prefix, skip)
		}
		for o, err := range list {
			if err != nil {
				return nil, fmt.Errorf("look for logs in %s: %w", Object{Bucket: p.Bucket, Key: p.Prefix}.Name(), err)
			}
			at := [2]string{o.Bucket, o.Key}
			if seen[at] || strings.HasSuffix(o.Key, "/") {
				continue
			}
			seen[at] = true
			out = append(out, judge(o))
		}
	}
	return out, nil
}

// judge reads an object's key and size.
func judge(o Object) candidate {
	c := candidate{object: o, placed: format.Place(o.Key)}
	switch {
	case c.placed.Log:
		c.skip = &Skipped{Object: o, Kind: Unread, Reason: c.placed.Reason}
	case c.placed.Reason != "":
		c.skip = &Skipped{Object: o, Kind: NoLog, Reason: c.placed.Reason}
	case o.Size == 0:
		c.skip = &Skipped{Object: o, Kind: Empty, Reason: "empty"}
	case strings.HasPrefix(path.Base(o.Key), ".") || strings.HasPrefix(path.Base(o.Key), "_"):
		c.skip = &Skipped{Object: o, Kind: Hidden, Reason: "hidden: its name begins with a dot or an underscore"}
	}
	return c
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

// maxColumns bounds the columns of a discovered table.
const maxColumns = 1000

func (f *Found) add(c candidate) {
	f.Objects++
	f.Bytes += c.object.Size
	from, to := c.placed.Time, c.placed.Time
	if day, err := time.Parse(time.DateOnly, c.placed.Date); from.IsZero() && err == nil {
		from, to = day, day.AddDate(0, 0, 1).Add(-time.Second)
	}
	if !from.IsZero() && (f.From.IsZero() || from.Before(f.From)) {
		f.From = from
	}
	if to.After(f.To) {
		f.To = to
	}
	for _, more := range c.more {
		known := slices.ContainsFunc(f.Table.Columns, func(o Column) bool { return o.Name == more.Name })
		if last := len(f.Table.Columns) - 1; !known && last < maxColumns {
			f.Table.Columns = slices.Insert(f.Table.Columns, last, more) // the text of bad lines stays last
		}
	}
	values := []string{c.placed.Account, c.placed.Region, c.placed.Date}
	for i, v := range values {
		if v == "" {
			values[i] = NullPartition
		}
	}
	f.Table.discovered.objects = append(f.Table.discovered.objects, discoveredObject{object: c.object, values: values})
}

// foundParts returns the partitions of a discovered table that filter wants. What
// a key does not tell excludes nothing: the records tell it.
func (l *Lake) foundParts(ctx context.Context, t Table, filter Filter) ([]Part, error) {
	byValues := map[string]int{}
	byKnown := map[string][]Part{} // by the names of the keys that are told
	var order []string
	var all []Part
	for _, o := range t.discovered.objects {
		id := strings.Join(o.values, "\x00")
		at, ok := byValues[id]
		if !ok {
			at = len(all)
			byValues[id] = at
			folder := Object{Bucket: o.object.Bucket, Key: o.object.Key[:strings.LastIndexByte(o.object.Key, '/')+1]}
			all = append(all, Part{Values: o.values, Location: folder.Name()})
		}
		all[at].Objects = append(all[at].Objects, o.object)
	}
	for _, p := range all {
		id := strings.Join(told(t, p), ",")
		if _, ok := byKnown[id]; !ok {
			order = append(order, id)
		}
		byKnown[id] = append(byKnown[id], p)
	}
	var parts []Part
	for _, id := range order {
		columns := told(t, byKnown[id][0])
		kept, err := keep(ctx, filter, columns, byKnown[id], func(p Part) []string {
			return slices.DeleteFunc(slices.Clone(p.Values), func(v string) bool { return v == NullPartition })
		})
		if err != nil {
			return nil, err
		}
		parts = append(parts, kept...)
	}
	return parts, nil
}

// told returns the names of the partition keys that a part's values tell.
func told(t Table, p Part) []string {
	var out []string
	for i, name := range names(t.PartitionKeys) {
		if p.Values[i] != NullPartition {
			out = append(out, name)
		}
	}
	return out
}
