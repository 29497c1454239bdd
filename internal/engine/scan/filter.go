package scan

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/engine/eval"
	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// conditions are what a query says of the partition columns of one scan. They
// travel to a worker when they are not plain.
type conditions struct {
	Terms []term
	Types map[string]datatype.Type // of the partition columns that the query can see
	Now   time.Time
}

// term is a condition over partition columns alone.
type term struct {
	Expr    plan.Expr
	IDs     []plan.ID
	Columns []string // named as IDs are numbered
	// Bound says that it is over the least and the greatest value of columns. That it is
	// NULL there says nothing of the values between them.
	Bound bool
}

// conditionsOf picks the predicates that partition columns decide.
func conditionsOf(s *plan.Scan, predicates []plan.Expr, now time.Time) conditions {
	partition := map[string]bool{}
	for _, c := range s.Table.Columns {
		partition[c.Name] = c.Partition
	}
	c := conditions{Types: map[string]datatype.Type{}, Now: now}
	names := map[plan.ID]string{}
	for _, column := range s.Columns {
		if partition[column.Name] {
			names[column.ID], c.Types[column.Name] = column.Name, column.Type
		}
	}
	for _, e := range predicates {
		ids, ok := columnsIn(e, names)
		if !ok || len(ids) == 0 {
			continue
		}
		t := term{Expr: e, IDs: ids}
		for _, id := range ids {
			t.Columns = append(t.Columns, names[id])
		}
		c.Terms = append(c.Terms, t)
	}
	return c
}

// columns names the columns that some term constrains on its own.
func (c conditions) columns() []string {
	var columns []string
	for _, t := range c.Terms {
		if len(t.Columns) == 1 {
			columns = append(columns, t.Columns[0])
		}
	}
	slices.Sort(columns)
	return slices.Compact(columns)
}

// comparisons returns what the terms say by comparing columns with constants. That
// folds nothing but literals.
func (c conditions) comparisons(ctx context.Context) []lake.Comparison {
	var all []lake.Comparison
	for _, t := range c.Terms {
		all = append(all, eval.Comparisons(ctx, t.Expr, func(id plan.ID) string {
			if at := slices.Index(t.IDs, id); at >= 0 {
				return t.Columns[at]
			}
			return ""
		})...)
	}
	return all
}

// columnsIn returns the columns of e; ok is false when one of them is not in
// names, or when e holds a subquery.
func columnsIn(e plan.Expr, names map[plan.ID]string) (ids []plan.ID, ok bool) {
	ok = !plan.Any(e, func(x plan.Expr) bool {
		if ref, isRef := x.(*plan.ColumnRef); isRef {
			if names[ref.ID] == "" {
				return true
			}
			if !slices.Contains(ids, ref.ID) {
				ids = append(ids, ref.ID)
			}
		}
		return plan.Subquery(x) != nil
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
		other := e.Args[1]
		if !isRef {
			ref, isRef = e.Args[1].(*plan.ColumnRef)
			other = e.Args[0]
		}
		if !isRef {
			return 0, nil, false
		}
		texts, ok = valueTexts(ctx, []plan.Expr{other}, now)
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
		if varies(e) {
			return nil, false
		}
		v, err := eval.Fold(ctx, e, now)
		if err != nil {
			return nil, false
		}
		if v != nil {
			texts = append(texts, value.Text(e.Type(), v))
		}
	}
	return texts, true
}

func varies(e plan.Expr) bool {
	return plan.Any(e, func(x plan.Expr) bool {
		_, ref := x.(*plan.ColumnRef)
		return ref || plan.Subquery(x) != nil
	})
}

// values returns for each column that only some texts can have, by = and IN, those.
func (c conditions) values(ctx context.Context) map[string][]string {
	values := map[string][]string{}
	for _, t := range c.Terms {
		if len(t.Columns) != 1 {
			continue
		}
		if _, texts, ok := onlyValues(ctx, t.Expr, c.Now); ok {
			c.restrict(values, t.Columns[0], texts)
		}
	}
	return values
}

// restrict narrows what a column can be. Only text columns are certain to have
// the texts that the predicate has: 7 is also written 07.
func (c conditions) restrict(values map[string][]string, column string, texts []string) {
	switch c.Types[column].Kind {
	case datatype.Varchar, datatype.Date:
	default:
		return
	}
	if known, ok := values[column]; ok {
		texts = slices.DeleteFunc(texts, func(s string) bool { return !slices.Contains(known, s) })
	}
	slices.Sort(texts)
	values[column] = slices.Compact(texts)
}

// program is a term that is ready to be computed.
type program struct {
	term

	run *eval.Program
}

// keep says for each row, which has a text for each of columns, whether the answer
// may have rows of it.
func (c conditions) keep(ctx context.Context, columns []string, rows [][]string) ([]bool, error) {
	var programs []program
	for _, t := range c.Terms {
		run, err := eval.Compile(t.Expr, t.IDs, c.Now)
		if err != nil || run.Volatile {
			continue // a predicate that cannot be evaluated here keeps every partition
		}
		programs = append(programs, program{t, run})
	}
	kept := make([]bool, len(rows))
	for i, row := range rows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		kept[i] = true
		for _, p := range programs {
			out, err := c.rulesOut(ctx, p, columns, row)
			if err != nil {
				return nil, err
			}
			if out {
				kept[i] = false
				break
			}
		}
	}
	return kept, nil
}

// rulesOut reports whether a condition is known not to be true of a row. One that fails
// is not: its error is the query's once it meets a row. One that went beyond its bounds
// is an error, as the next row would take as much.
func (c conditions) rulesOut(ctx context.Context, p program, columns, row []string) (bool, error) {
	args := make([]any, len(p.Columns))
	for i, column := range p.Columns {
		at := slices.Index(columns, column)
		if at < 0 {
			return false, nil
		}
		v, err := PartitionValue(c.Types[column], row[at])
		if err != nil {
			return false, nil //nolint:nilerr // who reads the partition says so
		}
		args[i] = v
	}
	v, err := p.run.Eval(ctx, args)
	if work.Ended(err) {
		return false, err
	}
	return err == nil && (v == false || v == nil && !p.Bound), nil
}

// PartitionValue returns what the text of a partition's value is as a value of t;
// nil is NULL.
func PartitionValue(t datatype.Type, s string) (any, error) {
	if s == lake.NullPartition {
		return nil, nil
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
