package main

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/terminal"
)

// empty says why there is nothing in an answer, where that is because no log is of
// the date, account or region that the question asks for: which there are.
func (q *asked) empty(ctx context.Context, statement *ast.Query, rows int64, stats engine.Stats) error {
	if rows > 0 && stats.Objects > 0 {
		return nil
	}
	lead := "no rows"
	if rows > 0 {
		lead = "no log was read"
	}
	for _, s := range selectsIn(statement) {
		conditions := conditionsIn(s.Where)
		if len(conditions) == 0 {
			continue
		}
		for _, f := range q.readBy(s) {
			there, told, err := q.values(ctx, f, conditions)
			if err != nil {
				return err
			}
			if asks := unmet(conditions, there, told, stats.Objects == 0); len(asks) > 0 {
				fmt.Fprintf(q.screen.stderr, "%s: there are %s logs%s, and the question asks for %s\n",
					lead, f.Table.Name, terminal.Printable(thereAre(asks, there)), terminal.Printable(strings.Join(texts(asks), " and ")))
				return nil
			}
		}
	}
	return nil
}

// selectsIn returns every SELECT in a part of a statement.
func selectsIn(root any) (found []*ast.Select) {
	visit(reflect.ValueOf(root), func(node any) {
		if s, ok := node.(*ast.Select); ok {
			found = append(found, s)
		}
	})
	return found
}

// visit calls f with every pointer in a tree of syntax.
func visit(v reflect.Value, f func(any)) {
	switch v.Kind() {
	case reflect.Interface:
		visit(v.Elem(), f)
	case reflect.Pointer:
		if !v.IsNil() && v.CanInterface() {
			f(v.Interface())
			visit(v.Elem(), f)
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			visit(field, f)
		}
	case reflect.Slice:
		for i := range v.Len() {
			visit(v.Index(i), f)
		}
	default: // holds no syntax
	}
}

// readBy returns the tables of logs that a SELECT reads itself.
func (q *asked) readBy(s *ast.Select) (found []lake.Found) {
	visit(reflect.ValueOf(s.From), func(node any) {
		if t, ok := node.(*ast.Table); ok {
			for _, f := range q.found.Found {
				if f.Table.Name == t.Name.Last().Lower() {
					found = append(found, f)
				}
			}
		}
	})
	return found
}

// The columns that are taken from the keys of objects, and from records where those
// do not tell.
const (
	accountColumn = "account"
	regionColumn  = "region"
	dateColumn    = "date"
)

// values returns the combinations of account, region and date that keys tell of
// logs, and the columns that only records tell in some of those that were read.
func (q *asked) values(ctx context.Context, f lake.Found, conditions []condition) (there []map[string]string, told map[string]bool, err error) {
	scan, err := q.logs.Plan(ctx, f.Table, nil)
	if err != nil {
		return nil, nil, err
	}
	var open []lake.Part // that a key does not rule out, and does not answer either
	for _, p := range scan.Parts {
		values := map[string]string{}
		for k, v := range p.Values {
			if v != lake.NullPartition {
				values[f.Table.PartitionKeys[k].Name] = v
			}
		}
		there = append(there, values)
		ruledOut := func(c condition) bool { return values[c.column] != "" && !c.meets(values[c.column]) }
		unanswered := func(c condition) bool { return values[c.column] == "" }
		if slices.ContainsFunc(conditions, unanswered) && !slices.ContainsFunc(conditions, ruledOut) {
			open = append(open, p)
		}
	}
	scan.Parts = open
	told, err = q.told(ctx, scan)
	return there, told, err
}

// told returns which columns records tell where keys do not. What scan has must have
// been read before.
func (q *asked) told(ctx context.Context, scan *lake.Scan) (map[string]bool, error) {
	told := map[string]bool{}
	if len(scan.Parts) == 0 {
		return told, nil
	}
	files, err := q.logs.Load(ctx, scan, nil)
	if err != nil {
		return nil, err
	}
	for _, g := range files.Groups {
		for i, k := range g.Keys {
			if k.Kind != lake.Null {
				told[scan.Table.PartitionKeys[i].Name] = true
			}
		}
	}
	return told, files.Release()
}

// meets says whether a value that a key tells may meet a condition.
func (c condition) meets(value string) bool { return c.keeps == nil || c.keeps(value) }

// unmet returns the conditions that none of the logs meets alone; else, where
// nothing meets them together, all. What records tell may meet any.
func unmet(conditions []condition, there []map[string]string, told map[string]bool, nothing bool) (asks []condition) {
	for _, c := range conditions {
		meets := func(values map[string]string) bool {
			v := values[c.column]
			return c.keeps == nil || v == "" && told[c.column] || v != "" && c.keeps(v)
		}
		if !slices.ContainsFunc(there, meets) {
			asks = append(asks, c)
		}
	}
	if len(asks) == 0 && nothing {
		return conditions
	}
	return asks
}

func texts(conditions []condition) (out []string) {
	for _, c := range conditions {
		if !slices.Contains(out, c.text) {
			out = append(out, c.text)
		}
	}
	return out
}

// mostNamed is how many accounts or regions are named.
const mostNamed = 5

// thereAre says which values there are of the columns that are asked for.
func thereAre(asks []condition, there []map[string]string) string {
	var text strings.Builder
	for _, column := range []string{accountColumn, regionColumn, dateColumn} {
		if !slices.ContainsFunc(asks, func(c condition) bool { return c.column == column }) {
			continue
		}
		var values []string
		for _, t := range there {
			values = append(values, t[column])
		}
		slices.Sort(values)
		values = slices.Compact(values)
		unknown := len(values) > 0 && values[0] == ""
		if unknown {
			values = values[1:]
		}
		switch {
		case len(values) == 0:
			text.WriteString(" whose names tell no " + column)
			continue
		case column == dateColumn && len(values) == 1:
			text.WriteString(" of " + values[0])
		case column == dateColumn:
			text.WriteString(" from " + values[0] + " to " + values[len(values)-1])
		default:
			text.WriteString(" of " + column + plural(values) + " " + named(values))
		}
		if unknown {
			text.WriteString(" and some whose names tell no " + column)
		}
	}
	return text.String()
}

func plural(values []string) string {
	if len(values) == 1 {
		return ""
	}
	return "s"
}

func named(values []string) string {
	last := len(values) - 1
	switch {
	case last == 0:
		return values[0]
	case last >= mostNamed:
		return fmt.Sprintf("%s and %s more", strings.Join(values[:mostNamed], ", "), terminal.Grouped(int64(len(values)-mostNamed)))
	}
	return strings.Join(values[:last], ", ") + " and " + values[last]
}
