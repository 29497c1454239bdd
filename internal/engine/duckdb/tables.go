package duckdb

import (
	"context"
	"path"
	"strings"

	"github.com/sillok/sillok/internal/engine/duckdb/native"
	"github.com/sillok/sillok/internal/engine/scan"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// table renders a scan as a SELECT of the columns that the query uses.
func (r *renderer) table(ctx context.Context, s *plan.Scan) (string, error) {
	t, err := r.tables.Of(s)
	if err != nil {
		return "", err
	}
	if !t.Lake {
		return r.ownFiles(s, t.Files)
	}
	groups := make([]string, len(t.Groups))
	for i, g := range t.Groups {
		if groups[i], err = r.group(s, t, g); err != nil {
			return "", err
		}
	}
	if len(groups) == 0 {
		return r.values(ctx, &plan.Values{Columns: r.columns(s)})
	}
	return strings.Join(groups, "\nUNION ALL "), nil
}

// ownFiles renders a reader of files whose columns are the table's.
func (r *renderer) ownFiles(s *plan.Scan, files []string) (string, error) {
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
	return selectFrom(columns, readParquet(files)), nil
}

func identifier(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func selectFrom(columns []string, from string) string {
	if len(columns) == 0 {
		columns = []string{"1 AS nothing"}
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + from
}

// readParquet renders a reader of files.
func readParquet(files []string) string {
	quoted := make([]string, len(files))
	for i, f := range files {
		quoted[i] = text(f)
	}
	return "read_parquet([" + strings.Join(quoted, ", ") + "], hive_partitioning = false)"
}

// group renders the files of one schema. A column may stay in the form that it has
// in the files where there is no other group.
func (r *renderer) group(s *plan.Scan, t scan.Table, g lake.Group) (string, error) {
	bindings := map[string]lake.Binding{}
	for i, name := range t.Columns {
		bindings[name] = g.Columns[i]
	}
	for i, k := range g.Keys {
		if k.Kind != lake.Null {
			bindings[t.Keys[i]] = k
		}
	}
	keys := map[string]int{}
	for i, name := range t.Keys {
		keys[name] = i
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
		if b, ok := bindings[c.Name]; ok && len(t.Groups) == 1 && b.Kind == lake.Struct && c.Type.Kind == datatype.Row {
			r.lazy[c.ID] = lazyColumn{name: name(c.ID), field: &shape{r: r, binding: b, t: c.Type}}
			columns = append(columns, identifier(b.Column)+" AS "+name(c.ID))
			continue
		}
		value, err := r.scanColumn(c, g, bindings, keys)
		if err != nil {
			return "", err
		}
		columns = append(columns, value+" AS "+name(c.ID))
	}
	return selectFrom(columns, readParquet(paths)), nil
}

// scanColumn renders one column of a table: of the data, of the partition, or
// one of the hidden ones.
func (r *renderer) scanColumn(c plan.ScanColumn, g lake.Group, bindings map[string]lake.Binding, keys map[string]int) (string, error) {
	if b, ok := bindings[c.Name]; ok {
		return (&shape{r: r, binding: b, t: c.Type}).value("")
	}
	if i, ok := keys[c.Name]; ok {
		return r.perFile(c.Type, g.Files, func(f lake.File) (any, error) { return scan.PartitionValue(c.Type, f.Values[i]) })
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
