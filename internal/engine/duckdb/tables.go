package duckdb

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/duckdb/native"
	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// Scanner knows the Parquet files of tables that are not a lake's.
type Scanner interface {
	// Files returns the files of a table; their columns have the names and types
	// of the table's.
	Files(ctx context.Context, t *plan.Table) ([]string, error)
}

// tables reads the tables of one query.
type tables struct {
	cfg     Config
	req     engine.Request
	folders map[string]bool
	stats   engine.Stats
	held    []*lake.Files
}

// release lets go of what the query has read.
func (t *tables) release() error {
	var errs []error
	for _, f := range t.held {
		errs = append(errs, f.Release())
	}
	return errors.Join(errs...)
}

func newTables(cfg Config, req engine.Request) *tables {
	return &tables{cfg: cfg, req: req, folders: map[string]bool{}}
}

func sortedUnique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// read renders a scan as a SELECT of the columns that the query uses. predicates
// are conditions that every row of the answer fulfils.
func (t *tables) read(ctx context.Context, r *renderer, s *plan.Scan, predicates []plan.Expr) (string, error) {
	if detail, ok := s.Table.Detail.(lake.Table); ok && t.cfg.Lake != nil {
		return t.readLake(ctx, r, s, detail, predicates)
	}
	if t.cfg.Scanner == nil {
		return "", fmt.Errorf("read table %s: nothing here knows a %T", s.Table.Name, s.Table.Detail)
	}
	files, err := t.cfg.Scanner.Files(ctx, s.Table)
	if err != nil {
		return "", fmt.Errorf("read table %s: %w", s.Table.Name, err)
	}
	var columns []string
	for _, c := range s.Columns {
		if !r.used[c.ID] {
			continue
		}
		value, err := typed(identifier(c.Name), c.Type)
		if err != nil {
			return "", err
		}
		columns = append(columns, value+" AS "+name(c.ID))
	}
	return selectFrom(columns, t.readParquet(files)), nil
}

func identifier(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func selectFrom(columns []string, from string) string {
	if len(columns) == 0 {
		columns = []string{"1 AS nothing"}
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + from
}

// readParquet renders a reader of files, which the query may then read.
func (t *tables) readParquet(files []string) string {
	quoted := make([]string, len(files))
	for i, f := range files {
		quoted[i] = text(f)
		t.folders[filepath.Dir(f)] = true
	}
	return "read_parquet([" + strings.Join(quoted, ", ") + "], hive_partitioning = false)"
}

// readLake plans and loads a table of the lake and renders a reader of its files.
func (t *tables) readLake(ctx context.Context, r *renderer, s *plan.Scan, detail lake.Table, predicates []plan.Expr) (string, error) {
	scan, err := t.cfg.Lake.Plan(ctx, detail, newPartitionFilter(ctx, s, predicates, r.now))
	if err != nil {
		return "", err
	}
	t.stats.BytesScanned += scan.Bytes
	t.stats.Objects += scan.Objects
	if t.req.ScanLimit > 0 && t.stats.BytesScanned > t.req.ScanLimit {
		return "", engine.ErrScanLimit
	}
	files, err := t.cfg.Lake.Load(ctx, scan, t.progress())
	if err != nil {
		return "", err
	}
	t.held = append(t.held, files)
	t.stats.BytesRead += files.Stats.ShadowBytes
	t.stats.Damage = append(t.stats.Damage, engine.DamageOf(files)...)
	var groups []string
	for _, g := range files.Groups {
		group, err := t.readGroup(r, s, detail, g, len(files.Groups) == 1)
		if err != nil {
			return "", err
		}
		groups = append(groups, group)
	}
	if len(groups) == 0 {
		return r.values(ctx, &plan.Values{Columns: r.columns(s)})
	}
	return strings.Join(groups, "\nUNION ALL "), nil
}

func (t *tables) progress() lake.Progress {
	if t.req.Progress == nil {
		return nil
	}
	return func(d lake.Done) {
		t.req.Progress(engine.Progress{
			Objects: d.Objects, ObjectsTotal: d.TotalObjects, Bytes: d.Bytes, BytesTotal: d.TotalBytes, Rows: d.Rows,
		})
	}
}

// readGroup renders the files of one schema. only means that there is no other
// group, so that a column may stay in the form that it has in the files.
func (t *tables) readGroup(r *renderer, s *plan.Scan, detail lake.Table, g lake.Group, only bool) (string, error) {
	bindings := map[string]lake.Binding{}
	for i, c := range detail.Columns {
		bindings[strings.ToLower(c.Name)] = g.Columns[i]
	}
	keys := map[string]int{}
	for i, c := range detail.PartitionKeys {
		keys[strings.ToLower(c.Name)] = i
	}
	paths := make([]string, len(g.Files))
	for i, f := range g.Files {
		paths[i] = f.Path
	}
	var columns []string
	for _, c := range s.Columns {
		if !r.used[c.ID] {
			continue
		}
		if b, ok := bindings[c.Name]; ok && only && b.Kind == lake.Struct && c.Type.Kind == datatype.Row {
			r.lazy[c.ID] = lazyColumn{name: name(c.ID), field: &shape{r: r, binding: b, t: c.Type}}
			columns = append(columns, identifier(b.Column)+" AS "+name(c.ID))
			continue
		}
		value, err := t.scanColumn(r, c, g, bindings, keys)
		if err != nil {
			return "", err
		}
		columns = append(columns, value+" AS "+name(c.ID))
	}
	return selectFrom(columns, t.readParquet(paths)), nil
}

// scanColumn renders one column of a table: of the data, of the partition, or
// one of the hidden ones.
func (t *tables) scanColumn(r *renderer, c plan.ScanColumn, g lake.Group, bindings map[string]lake.Binding, keys map[string]int) (string, error) {
	if b, ok := bindings[c.Name]; ok {
		return (&shape{r: r, binding: b, t: c.Type}).value("")
	}
	if i, ok := keys[c.Name]; ok {
		return r.perFile(c.Type, g.Files, func(f lake.File) (any, error) { return partitionValue(c.Type, f.Values[i]) })
	}
	hidden := map[string]func(f lake.File) (any, error){
		"$path":               func(f lake.File) (any, error) { return f.Object.Name(), nil },
		"$bucket":             func(f lake.File) (any, error) { return f.Object.Bucket, nil },
		"$file_size":          func(f lake.File) (any, error) { return f.Object.Size, nil },
		"$file_modified_time": func(f lake.File) (any, error) { return modified(c.Type, f) },
		"$partition": func(f lake.File) (any, error) {
			parts := make([]string, len(f.Values))
			for name, i := range keys {
				parts[i] = name + "=" + f.Values[i]
			}
			return path.Join(parts...), nil
		},
	}
	value, ok := hidden[c.Name]
	if !ok {
		return "", sqlerr.Refused("column " + c.Name)
	}
	return r.perFile(c.Type, g.Files, value)
}

func modified(t datatype.Type, f lake.File) (any, error) {
	micros := f.Object.Modified.UnixMilli() * 1000
	if t.Kind == datatype.TimestampTZ {
		return value.TimestampTZ{Micros: micros, Zone: "UTC"}, nil
	}
	return value.Timestamp{Micros: micros}, nil
}

// partitionValue returns what the text of a partition's value is as a value of t.
func partitionValue(t datatype.Type, s string) (any, error) {
	if s == lake.NullPartition {
		return nil, nil //nolint:nilnil // SQL's NULL
	}
	f, ok := scalar.Cast(datatype.Text(), t)
	if !ok {
		return nil, sqlerr.Refused("a partition column of type " + t.String())
	}
	v, err := f.Call(nil, []any{s})
	if err != nil {
		return nil, sqlerr.New("HIVE_INVALID_PARTITION_VALUE", "Invalid partition value '%s' for %s partition key", s, strings.ToUpper(t.String()))
	}
	return v, nil
}

// perFile renders a value that is the same for all rows of a file.
func (r *renderer) perFile(t datatype.Type, files []lake.File, value func(lake.File) (any, error)) (string, error) {
	all, one := make([]string, len(files)), true
	for i, f := range files {
		v, err := value(f)
		if err != nil {
			return "", err
		}
		sql, ok, err := literal(t, v)
		if err != nil {
			return "", err
		}
		if !ok {
			return "", sqlerr.Refused("a zero byte in the name of an object")
		}
		all[i] = sql
		one = one && sql == all[0]
	}
	if one {
		return all[0], nil
	}
	typeSQL, err := native.TypeSQL(t)
	return "list_extract(CAST([" + strings.Join(all, ", ") + "] AS " + typeSQL + "[]), CAST(file_index AS BIGINT) + 1)", err
}
