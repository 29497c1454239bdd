package duckdb

import (
	"context"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/engine/eval"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/value"
)

// partitionFilter says from a query's conditions which partitions may hold rows
// of the answer.
type partitionFilter struct {
	terms  []partitionTerm
	values map[string][]string // the only texts of a column, where that is known
	types  map[string]datatype.Type
}

// partitionTerm is a condition over partition columns alone.
type partitionTerm struct {
	program *eval.Program
	columns []string
}

var _ lake.Filter = (*partitionFilter)(nil)

// newPartitionFilter picks the predicates that partition columns decide.
func newPartitionFilter(ctx context.Context, s *plan.Scan, predicates []plan.Expr, now time.Time) *partitionFilter {
	partition := map[string]bool{}
	for _, c := range s.Table.Columns {
		partition[c.Name] = c.Partition
	}
	f := &partitionFilter{values: map[string][]string{}, types: map[string]datatype.Type{}}
	names := map[plan.ID]string{}
	for _, c := range s.Columns {
		if partition[c.Name] {
			names[c.ID], f.types[c.Name] = c.Name, c.Type
		}
	}
	for _, e := range predicates {
		ids, ok := columnsIn(e, names)
		if !ok || len(ids) == 0 {
			continue
		}
		program, err := eval.Compile(e, ids, now)
		if err != nil || program.Volatile {
			continue // a predicate that cannot be evaluated here keeps every partition
		}
		term := partitionTerm{program: program}
		for _, id := range ids {
			term.columns = append(term.columns, names[id])
		}
		f.terms = append(f.terms, term)
		if id, texts, ok := onlyValues(ctx, e, now); ok && len(ids) == 1 {
			f.restrict(names[id], texts)
		}
	}
	return f
}

// columnsIn returns the columns of e; ok is false when one of them is not in
// names, or when e holds a subquery.
func columnsIn(e plan.Expr, names map[plan.ID]string) (ids []plan.ID, ok bool) {
	ok = !anyPart(e, func(x plan.Expr) bool {
		if ref, isRef := x.(*plan.ColumnRef); isRef {
			if names[ref.ID] == "" {
				return true
			}
			if !slices.Contains(ids, ref.ID) {
				ids = append(ids, ref.ID)
			}
		}
		return isSubquery(x)
	})
	return ids, ok
}

// onlyValues returns the texts that a column must have for e to be true, when e
// says so by =, IN or OR of such.
func onlyValues(ctx context.Context, e plan.Expr, now time.Time) (id plan.ID, texts []string, ok bool) {
	switch e := e.(type) {
	case *plan.Call:
		if e.Name != plan.OpEqual {
			return 0, nil, false
		}
		ref, isRef := e.Args[0].(*plan.ColumnRef)
		value := e.Args[1]
		if !isRef {
			ref, isRef = e.Args[1].(*plan.ColumnRef)
			value = e.Args[0]
		}
		if !isRef {
			return 0, nil, false
		}
		texts, ok = valueTexts(ctx, []plan.Expr{value}, now)
		return ref.ID, texts, ok
	case *plan.In:
		ref, isRef := e.X.(*plan.ColumnRef)
		if !isRef {
			return 0, nil, false
		}
		texts, ok = valueTexts(ctx, e.Items, now)
		return ref.ID, texts, ok
	case *plan.Logical:
		if e.And {
			return 0, nil, false
		}
		for i, term := range e.Terms {
			termID, more, ok := onlyValues(ctx, term, now)
			if !ok || i > 0 && termID != id {
				return 0, nil, false
			}
			id, texts = termID, append(texts, more...)
		}
		return id, texts, true
	default:
		return 0, nil, false
	}
}

func valueTexts(ctx context.Context, exprs []plan.Expr, now time.Time) (texts []string, ok bool) {
	for _, e := range exprs {
		v, err := fold(ctx, e, now)
		if err != nil {
			return nil, false
		}
		if v != nil {
			texts = append(texts, value.Text(e.Type(), v))
		}
	}
	return texts, true
}

// restrict narrows what a column can be. Only text columns are certain to have
// the texts that the predicate has: 7 is also written 07.
func (f *partitionFilter) restrict(column string, texts []string) {
	switch f.types[column].Kind {
	case datatype.Varchar, datatype.Date:
	default:
		return
	}
	if known, ok := f.values[column]; ok {
		texts = slices.DeleteFunc(texts, func(s string) bool { return !slices.Contains(known, s) })
	}
	f.values[column] = sortedUnique(texts)
}

// Columns names the columns that some predicate constrains on its own.
func (f *partitionFilter) Columns() []string {
	var columns []string
	for _, t := range f.terms {
		if len(t.columns) == 1 {
			columns = append(columns, t.columns[0])
		}
	}
	return sortedUnique(columns)
}

// Values returns the only texts that column can have.
func (f *partitionFilter) Values(column string) (values []string, ok bool) {
	values, ok = f.values[column]
	return values, ok
}

// Keep says which partitions may be wanted.
func (f *partitionFilter) Keep(ctx context.Context, columns []string, rows [][]string) ([]bool, error) {
	kept := make([]bool, len(rows))
	for i, row := range rows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		kept[i] = f.keep(ctx, columns, row)
	}
	return kept, nil
}

// keep keeps a row unless a condition is known not to be true of it.
func (f *partitionFilter) keep(ctx context.Context, columns, row []string) bool {
	for _, t := range f.terms {
		args, known := make([]any, len(t.columns)), true
		for i, column := range t.columns {
			at := slices.Index(columns, column)
			if at < 0 {
				known = false
				break
			}
			v, err := partitionValue(f.types[column], row[at])
			if err != nil {
				known = false
				break
			}
			args[i] = v
		}
		if !known {
			continue
		}
		if v, err := t.program.Eval(ctx, args); err == nil && v != true {
			return false
		}
	}
	return true
}
