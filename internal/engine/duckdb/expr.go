package duckdb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/engine/duckdb/native"
	"github.com/sillok/sillok/internal/engine/eval"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// expr renders an expression in the first way that fits: a constant by its
// value, what DuckDB means in the same way as itself, anything else as one
// function in Go for the whole of it.
func (r *renderer) expr(ctx context.Context, e plan.Expr) (string, error) {
	if sql, ok, err := r.constant(ctx, e); err != nil || ok {
		return sql, err
	}
	if n, ok := r.native(ctx, e); ok {
		return n.sql, n.err
	}
	return r.bridge(ctx, e)
}

// constant renders an expression without columns by its value. One that fails is
// an error on every row that asks for it, and on no other.
func (r *renderer) constant(ctx context.Context, e plan.Expr) (sql string, ok bool, err error) {
	if varies(e) {
		return "", false, nil
	}
	p, err := eval.Compile(e, nil, r.now)
	if err != nil {
		return "", false, err
	}
	return computed(ctx, e, p)
}

// interpreted renders a cell of VALUES without columns by its value. Trino computes it
// before anything runs, and so fails even for a cell that nothing comes upon.
func (r *renderer) interpreted(ctx context.Context, e plan.Expr) (sql string, ok bool, err error) {
	if varies(e) {
		return "", false, nil
	}
	p, err := eval.Interpreted(e, r.now)
	if err != nil || p.Volatile {
		return "", false, err
	}
	v, err := p.Eval(ctx, nil)
	if err != nil {
		return "", false, err
	}
	return literal(e.Type(), v)
}

// computed renders the value of an expression, whose program p is.
func computed(ctx context.Context, e plan.Expr, p *eval.Program) (sql string, ok bool, err error) {
	if p.Volatile {
		return "", false, nil
	}
	v, err := p.Eval(ctx, nil)
	if err != nil {
		if _, statement := errors.AsType[*sqlerr.Error](err); !statement {
			return "", false, err
		}
		typeSQL, typeErr := native.TypeSQL(e.Type())
		return "CAST(error(" + text(native.Mark(err)) + ") AS " + typeSQL + ")", true, typeErr
	}
	return literal(e.Type(), v)
}

// column renders the value of a column. One that a scan handed on in the form
// that it has in the file is brought to its type here, where it is used.
func (r *renderer) column(id plan.ID, t datatype.Type) (string, error) {
	if lazy, ok := r.lazy[id]; ok {
		return lazy.field.value(lazy.name)
	}
	if _, err := native.TypeSQL(t); err != nil {
		return "", err
	}
	return name(id), nil
}

// fieldPath returns the column and the field indexes of a chain of fields of a column.
func fieldPath(e plan.Expr) (ref *plan.ColumnRef, indexes []int, ok bool) {
	switch e := e.(type) {
	case *plan.ColumnRef:
		return e, nil, true
	case *plan.Field:
		ref, indexes, ok = fieldPath(e.X)
		return ref, append(indexes, e.Index), ok
	default:
		return nil, nil, false
	}
}

// pathSQL renders a column or a chain of fields of one.
func (r *renderer) pathSQL(ref *plan.ColumnRef, indexes []int) (string, error) {
	lazy, ok := r.lazy[ref.ID]
	if !ok {
		sql, err := r.column(ref.ID, ref.T)
		for _, i := range indexes {
			sql = fmt.Sprintf("struct_extract(%s, '%s')", sql, native.FieldName(i))
		}
		return sql, err
	}
	raw, field := lazy.name, lazy.field
	for n, i := range indexes {
		inner, innerField, ok := field.member(raw, i)
		if !ok {
			sql, err := field.value(raw)
			for _, i := range indexes[n:] {
				sql = fmt.Sprintf("struct_extract(%s, '%s')", sql, native.FieldName(i))
			}
			return sql, err
		}
		raw, field = inner, innerField
	}
	return field.value(raw)
}

// bridge renders e as a call of a function in Go. Its arguments are the columns,
// fields of columns and subqueries in e, and the anchors, of which it makes no use.
func (r *renderer) bridge(ctx context.Context, e plan.Expr, anchors ...plan.Expr) (string, error) {
	b := bridging{r: r, seen: map[string]*plan.ColumnRef{}}
	inner := replace(e, func(x plan.Expr) (plan.Expr, bool) { return b.leaf(ctx, x) })
	for _, a := range anchors {
		b.leaf(ctx, a)
	}
	if b.err != nil {
		return "", firstOf(b.err)
	}
	p, err := eval.Compile(inner, b.ids, r.now)
	if err != nil {
		return "", err
	}
	return r.call(function{
		Params: b.types, Result: e.Type(), Volatile: p.Volatile, Body: exprBody{Expr: inner, Inputs: b.ids},
	}, b.args)
}

// firstOf returns the statement's error in err when there is one.
func firstOf(err error) error {
	if e, ok := errors.AsType[*sqlerr.Error](err); ok {
		return e
	}
	return err
}

// bridging collects the arguments of a function made of an expression.
type bridging struct {
	r     *renderer
	seen  map[string]*plan.ColumnRef
	ids   []plan.ID
	types []datatype.Type
	args  []string
	err   error
}

// leaf replaces what DuckDB computes by a reference to an argument.
func (b *bridging) leaf(ctx context.Context, e plan.Expr) (plan.Expr, bool) {
	var sql string
	var err error
	ref, indexes, isPath := fieldPath(e)
	switch {
	case isPath:
		sql, err = b.r.pathSQL(ref, indexes)
	case isSubquery(e):
		sql, err = b.r.subquery(ctx, e)
	default:
		return nil, false
	}
	if err != nil {
		b.err = errors.Join(b.err, err)
		return e, true
	}
	if known, ok := b.seen[sql]; ok {
		return known, true
	}
	b.r.fresh--
	arg := &plan.ColumnRef{ID: b.r.fresh, T: e.Type()}
	b.seen[sql] = arg
	b.ids, b.types, b.args = append(b.ids, arg.ID), append(b.types, arg.T), append(b.args, sql)
	return arg, true
}

// call renders a call of f, which gets a name when it is new.
func (r *renderer) call(f function, args []string) (string, error) {
	for _, t := range append([]datatype.Type{f.Result}, f.Params...) {
		if _, err := native.TypeSQL(t); err != nil {
			return "", err
		}
	}
	f.Name = fmt.Sprintf("%sf%d", r.prefix, len(r.functions)+1)
	r.functions = append(r.functions, f)
	return f.Name + "(" + strings.Join(args, ", ") + ")", nil
}

// conjunction renders a condition of which only being true counts. DuckDB may
// evaluate the terms in any order, so those that can fail are guarded by those
// that cannot, and stand in their order among themselves.
//
// anchors are columns of both sides of a join below: Trino does not evaluate what
// can fail before the join, and DuckDB cannot where it depends on all of them.
func (r *renderer) conjunction(ctx context.Context, terms, anchors []plan.Expr) (string, error) {
	all, guarded, err := r.conjuncts(ctx, terms, anchors)
	if guarded != "" {
		all = append(all, guarded)
	}
	return strings.Join(all, " AND "), err
}

// conjuncts renders the terms that cannot fail, each, and all others as one, which is ""
// when there is none.
func (r *renderer) conjuncts(ctx context.Context, terms, anchors []plan.Expr) (all []string, guarded string, err error) {
	if r.goesOnAtNull(terms) {
		guarded, err = r.bridge(ctx, conjunctionOf(terms), anchors...)
		return nil, guarded, err
	}
	var safe, aside, risky []string
	var fused []plan.Expr
	for _, t := range terms {
		if compared, ok := r.trueComparison(ctx, t); ok {
			safe = append(safe, compared...)
			continue
		}
		n, ok := r.native(ctx, t)
		if sql, isConst, err := r.constant(ctx, t); err != nil {
			return nil, "", err
		} else if isConst {
			n, ok = rendered{sql: sql, fails: strings.Contains(sql, "error(")}, true
		}
		switch {
		case ok && n.err != nil:
			return nil, "", n.err
		case ok && !n.fails && n.aside:
			aside = append(aside, n.sql)
		case ok && !n.fails && (!r.written || len(risky)+len(fused) == 0):
			safe = append(safe, n.sql)
		case ok && len(fused) == 0 && len(anchors) == 0:
			risky = append(risky, n.sql)
		default:
			fused = append(fused, t)
		}
	}
	if len(fused) > 0 {
		last := fused[0]
		if len(fused) > 1 {
			last = &plan.Logical{And: true, Terms: fused}
		}
		sql, err := r.bridge(ctx, last, anchors...)
		if err != nil {
			return nil, "", err
		}
		risky = append(risky, sql)
	}
	all = append(append([]string{}, safe...), aside...)
	if len(risky) == 0 {
		return all, "", nil
	}
	guarded = risky[len(risky)-1]
	for i := len(risky) - 2; i >= 0; i-- {
		guarded = "CASE WHEN " + risky[i] + " THEN " + guarded + " ELSE FALSE END"
	}
	if len(safe) > 0 {
		guarded = "CASE WHEN " + strings.Join(safe, " AND ") + " THEN " + guarded + " ELSE FALSE END"
	}
	return all, guarded, nil
}

// constantOf returns the value of an expression without columns.
func constantOf(ctx context.Context, e plan.Expr, now time.Time) (any, error) {
	if varies(e) {
		return nil, sqlerr.Refused("a value that is not constant in this place")
	}
	return eval.Fold(ctx, e, now)
}
