package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// about answers the statements that tell of tables: DESCRIBE, SHOW COLUMNS and
// SHOW TABLES. It returns false for any other.
func (q *asked) about(ctx context.Context, statement ast.Statement) (bool, error) {
	switch s := statement.(type) {
	case *ast.Describe:
		if s.Detail == "" && !s.View && s.Partition == nil && s.Column == "" {
			return true, q.describe(ctx, s.Name)
		}
	case *ast.Show:
		switch {
		case s.Kind == "COLUMNS" && s.Like == "":
			return true, q.describe(ctx, s.Name)
		case s.Kind == "TABLES" && s.Name == nil && s.Like == "":
			return true, q.print([]string{"table"}, column(discovered(q.found.Found).names()))
		}
	}
	return false, nil
}

func column(values []string) [][]string {
	rows := make([][]string, len(values))
	for i, v := range values {
		rows[i] = []string{v}
	}
	return rows
}

// describe prints the columns of a table.
func (q *asked) describe(ctx context.Context, name ast.Name) error {
	table := name.Last().Lower()
	relation, err := discovered(q.found.Found).Relation(ctx, catalogName, defaultDatabase, table)
	if err != nil {
		return err
	}
	if relation == nil {
		return q.explain(sqlerr.At(q.sql, name.Position(), sqlerr.TableNotFound, "Table '%s' does not exist", table))
	}
	var rows [][]string
	for _, c := range relation.Table.Columns {
		if c.Hidden {
			continue
		}
		extra := ""
		if c.Partition {
			extra = "partition key"
			if c.Name == "date" {
				extra += ": the day of delivery"
			}
		}
		rows = append(rows, members(c.Name, c.Type, extra)...)
	}
	return q.print([]string{"column", "type", "extra"}, rows)
}

// members returns the line of a column, and one for each field in it, by the
// name that a query uses.
func members(name string, kind datatype.Type, extra string) [][]string {
	if kind.Kind != datatype.Row {
		return [][]string{{name, kind.String(), extra}}
	}
	rows := [][]string{{name, "row", extra}}
	for i, field := range kind.Names {
		rows = append(rows, members(name+"."+field, kind.Elems[i], "")...)
	}
	return rows
}

// print prints rows of text in the output that was asked for.
func (q *asked) print(header []string, rows [][]string) error {
	columns := make([]plan.Output, len(header))
	for i, name := range header {
		columns[i] = plan.Output{Name: name, Type: datatype.Text()}
	}
	fixed := &fixedRows{}
	for _, row := range rows {
		cells := make([]*string, len(row))
		for i, value := range row {
			if isJSON(q.options.output) {
				text, err := json.Marshal(value)
				if err != nil {
					return fmt.Errorf("write %q: %w", value, err)
				}
				value = string(text)
			}
			cells[i] = &value
		}
		fixed.rest = append(fixed.rest, cells)
	}
	_, err := q.screen.rows(q.options.output, columns, fixed)
	return err
}

// fixedRows is a result that is known already.
type fixedRows struct {
	row  []*string
	rest [][]*string
}

// Next implements engine.Rows.
func (r *fixedRows) Next() bool {
	if len(r.rest) == 0 {
		return false
	}
	r.row, r.rest = r.rest[0], r.rest[1:]
	return true
}

// Row implements engine.Rows.
func (r *fixedRows) Row() []*string { return r.row }

// Err implements engine.Rows.
func (*fixedRows) Err() error { return nil }

// Stats implements engine.Rows.
func (*fixedRows) Stats() engine.Stats { return engine.Stats{} }

// Close implements engine.Rows.
func (*fixedRows) Close() error { return nil }
