package lake

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake/format"
	"github.com/sillok/sillok/internal/lake/projection"
	"github.com/sillok/sillok/internal/lake/shadow"
)

const (
	maxPartitions = 1_000_000 // of one scan, as in Athena
	keepBatch     = 8192      // rows that a Filter is asked about at once
	manyParts     = 64        // from here on one listing is cheaper than one a partition
)

// Scan is the objects that a query of a table has to consider.
type Scan struct {
	Table      Table
	Format     string // such as "cloudtrail"
	Parts      []Part // the partitions that were kept and have objects
	Objects    int
	Bytes      int64 // of the objects as they lie there: what Athena bills
	Partitions int   // that were kept, those without objects too

	format format.Format
	recipe func() ([]byte, error) // of the format, as JSON
}

// Part is a partition and its objects. A table without partitions has one, or
// none when it has no objects.
type Part struct {
	Values   []string
	Location string
	Objects  []Object
}

// Plan returns what a query with filter has to read. A nil filter keeps all.
func (l *Lake) Plan(ctx context.Context, t Table, filter Filter) (*Scan, error) {
	f, err := t.format()
	if err != nil {
		return nil, err
	}
	if _, err := f.Bind(t.Columns, shadow.Info{}); err != nil {
		return nil, fmt.Errorf("table %s: %w", t.name(), err)
	}
	s := &Scan{Table: t, Format: f.Name(), format: f, recipe: sync.OnceValues(t.recipe().encode)}
	var parts []Part
	switch {
	case t.Kept != nil:
		parts, err = l.keptParts(ctx, t, filter)
	case t.discovered != nil:
		parts, err = l.foundParts(ctx, t, filter)
	case len(t.PartitionKeys) == 0:
		parts, err = l.list(ctx, []Part{{Location: t.Location}})
	case projection.Enabled(t.Properties):
		parts, err = l.projected(ctx, t, filter)
	default:
		parts, err = l.cataloged(ctx, t, filter)
	}
	if err != nil {
		return nil, fmt.Errorf("plan %s: %w", t.name(), err)
	}
	s.Partitions = len(parts)
	guard, guarded := l.objects.(Guard)
	guarded = guarded && t.Kept == nil // whose Rows know it
	for _, p := range parts {
		if len(p.Objects) == 0 {
			continue
		}
		if guarded {
			if err := guard.Readable(ctx, p.Objects); err != nil {
				return nil, fmt.Errorf("plan %s: %w", t.name(), err)
			}
		}
		s.Parts = append(s.Parts, p)
		s.Objects += len(p.Objects)
		for _, o := range p.Objects {
			s.Bytes += o.Size
		}
	}
	return s, nil
}

// every says why nobody waits any more; it looks at each 4,096th step of a loop.
func every(ctx context.Context, step int) error {
	if step%4096 != 0 {
		return nil
	}
	return ctx.Err()
}

func names(columns []Column) []string {
	out := make([]string, 0, len(columns))
	for _, c := range columns {
		out = append(out, strings.ToLower(c.Name))
	}
	return out
}

// keep returns the rows that filter may want.
func keep[T any](ctx context.Context, filter Filter, columns []string, rows []T, values func(T) []string) ([]T, error) {
	if filter == nil || len(rows) == 0 {
		return rows, nil
	}
	var out []T
	for batch := range slices.Chunk(rows, keepBatch) {
		texts := make([][]string, len(batch))
		for i, r := range batch {
			texts[i] = values(r)
		}
		kept, err := filter.Keep(ctx, columns, texts)
		if err != nil {
			return nil, err
		}
		for i, r := range batch {
			if kept[i] {
				out = append(out, r)
			}
		}
	}
	return out, nil
}

// cataloged returns the partitions of the catalog that filter wants. No more
// than one batch of the others is held.
func (l *Lake) cataloged(ctx context.Context, t Table, filter Filter) ([]Part, error) {
	if t.Partitions == nil {
		return nil, nil
	}
	var parts []Part
	batch := make([]Partition, 0, keepBatch)
	flush := func() error {
		kept, err := keep(ctx, filter, names(t.PartitionKeys), batch, func(p Partition) []string { return p.Values })
		for _, p := range kept {
			parts = append(parts, t.part(p))
		}
		batch = batch[:0]
		return err
	}
	for p, err := range t.wanted(ctx, filter) {
		if err != nil {
			return nil, err
		}
		if batch = append(batch, p); len(batch) == keepBatch {
			if err := flush(); err != nil {
				return nil, err
			}
		}
	}
	if err := flush(); err != nil {
		return nil, err
	}
	return l.list(ctx, parts)
}

// part returns where a partition of the catalog lies.
func (t Table) part(p Partition) Part {
	location := p.Location
	if location == "" {
		location = strings.TrimSuffix(t.Location, "/")
		for i, v := range p.Values {
			location += "/" + projection.Escape(t.PartitionKeys[i].Name) + "=" + projection.Escape(v)
		}
	}
	return Part{Values: p.Values, Location: location}
}

// projected returns the projected partitions that filter wants.
func (l *Lake) projected(ctx context.Context, t Table, filter Filter) ([]Part, error) {
	keys := make([]projection.Key, 0, len(t.PartitionKeys))
	for _, c := range t.PartitionKeys {
		keys = append(keys, projection.Key{Name: strings.ToLower(c.Name), Type: strings.ToLower(c.Type)})
	}
	p, err := projection.Parse(projection.Table{Name: t.name(), Location: t.Location, Keys: keys, Properties: t.Properties}, l.cfg.Clock())
	if err != nil {
		return nil, err
	}
	rows := [][]projection.Value{nil}
	columns := names(t.PartitionKeys)
	for i, column := range columns {
		values, err := candidates(ctx, t, p.Domains[i], column, filter)
		if err != nil {
			return nil, err
		}
		if len(rows)*len(values) > maxPartitions {
			return nil, errTooMany(t)
		}
		next := make([][]projection.Value, 0, len(rows)*len(values))
		for _, row := range rows {
			for _, v := range values {
				if err := every(ctx, len(next)); err != nil {
					return nil, err
				}
				next = append(next, append(slices.Clip(row), v))
			}
		}
		if rows = next; i > 0 {
			// Predicates that tie columns together, such as (a, b) IN (…), decide here.
			rows, err = keep(ctx, filter, columns[:i+1], rows, keysOf)
			if err != nil {
				return nil, err
			}
		}
	}
	parts := make([]Part, 0, len(rows))
	for i, row := range rows {
		if err := every(ctx, i); err != nil {
			return nil, err
		}
		parts = append(parts, Part{Values: keysOf(row), Location: p.Location(row)})
	}
	return l.list(ctx, parts)
}

func keysOf(row []projection.Value) []string {
	out := make([]string, len(row))
	for i, v := range row {
		out[i] = v.Key
	}
	return out
}

func errTooMany(t Table) error {
	return cloud.Errorf(cloud.Invalid, "HIVE_EXCEEDED_PARTITION_LIMIT", "Query over table '%s' can potentially read more than %d partitions", t.name(), maxPartitions)
}

// candidates returns the values of one projected column that filter wants.
func candidates(ctx context.Context, t Table, domain projection.Domain, column string, filter Filter) ([]projection.Value, error) {
	if filter != nil {
		if texts, ok := filter.Values(column); ok {
			return found(domain, texts), nil
		}
	}
	if domain == nil {
		return nil, projection.ErrInjected(t.name(), column)
	}
	narrow := filter != nil && slices.ContainsFunc(filter.Columns(), func(c string) bool { return strings.EqualFold(c, column) })
	var out, batch []projection.Value
	flush := func() error {
		kept := batch
		if narrow {
			var err error
			if kept, err = keep(ctx, filter, []string{column}, batch, func(v projection.Value) []string { return []string{v.Key} }); err != nil {
				return err
			}
		}
		out = append(out, kept...)
		batch = batch[:0]
		return nil
	}
	for v := range domain.All() {
		if batch = append(batch, v); len(batch) < keepBatch {
			continue
		}
		if err := flush(); err != nil {
			return nil, err
		}
		if len(out) > maxPartitions {
			return nil, errTooMany(t)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	err := flush()
	return out, err
}

// found returns the values of domain that texts name. Without a domain the
// texts are the values.
func found(domain projection.Domain, texts []string) []projection.Value {
	var out []projection.Value
	for _, text := range texts {
		v := projection.Value{Text: text, Key: text}
		if domain != nil {
			var ok bool
			if v, ok = domain.Find(text); !ok {
				continue
			}
		}
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// folder takes a table's or partition's location apart. The key ends in a slash,
// or is empty. Hive's older names of the scheme mean S3 as well.
func folder(location string) (cloud.Location, error) {
	s3 := location
	for _, older := range []string{"s3a://", "s3n://"} {
		if rest, ok := strings.CutPrefix(location, older); ok {
			s3 = "s3://" + rest
		}
	}
	at, err := cloud.ParseLocation(s3)
	if err != nil {
		return at, cloud.Errorf(cloud.Invalid, "HIVE_METASTORE_ERROR", "the location %v", err)
	}
	if at.Key != "" && !strings.HasSuffix(at.Key, "/") {
		at.Key += "/"
	}
	return at, nil
}

// hidden says whether an object is none of a table's: what Hive hides, folders
// that were made by hand, and empty objects.
func hidden(o Object, prefix string) bool {
	if o.Size == 0 || strings.HasSuffix(o.Key, "/") {
		return true
	}
	rest := strings.TrimPrefix(o.Key, prefix)
	for name := range strings.SplitSeq(rest, "/") {
		if name != "" && (name[0] == '_' || name[0] == '.') {
			return true
		}
	}
	return path.Base(o.Key) == ""
}

// list puts the objects of each part's location into it.
func (l *Lake) list(ctx context.Context, parts []Part) ([]Part, error) {
	places := map[cloud.Location][]int{}
	var order []cloud.Location
	for i, p := range parts {
		if err := every(ctx, i); err != nil {
			return nil, err
		}
		at, err := folder(p.Location)
		if err != nil {
			return nil, err
		}
		if _, ok := places[at]; !ok {
			order = append(order, at)
		}
		places[at] = append(places[at], i)
	}
	add := func(at cloud.Location, o Object) {
		for _, i := range places[at] {
			parts[i].Objects = append(parts[i].Objects, o)
		}
	}
	if len(order) < manyParts {
		for _, at := range order {
			for o, err := range l.objects.List(ctx, at.Bucket, at.Key) {
				if err != nil {
					return nil, err
				}
				if !hidden(o, at.Key) {
					add(at, o)
				}
			}
		}
		return parts, nil
	}
	shared, err := sharedPrefixes(ctx, order)
	if err != nil {
		return nil, err
	}
	for bucket, prefix := range shared {
		for o, err := range l.objects.List(ctx, bucket, prefix) {
			if err != nil {
				return nil, err
			}
			for i := len(o.Key); i >= 0; i = strings.LastIndexByte(o.Key[:i], '/') {
				at := cloud.Location{Bucket: bucket, Key: o.Key[:i]}
				if i < len(o.Key) {
					at.Key += "/"
				}
				if _, ok := places[at]; ok && !hidden(o, at.Key) {
					add(at, o)
				}
			}
		}
	}
	return parts, nil
}

// sharedPrefixes returns for each bucket what the keys of all places in it begin with.
func sharedPrefixes(ctx context.Context, places []cloud.Location) (map[string]string, error) {
	shared := map[string]string{}
	for i, at := range places {
		if err := every(ctx, i); err != nil {
			return nil, err
		}
		before, ok := shared[at.Bucket]
		if !ok {
			before = at.Key
		}
		shared[at.Bucket] = common(before, at.Key)
	}
	return shared, nil
}

// common returns what both begin with, up to a slash.
func common(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:strings.LastIndexByte(a[:n], '/')+1]
}
