package analyze

import (
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/function"
	"github.com/sillok/sillok/internal/sql/plan"
)

// patternScope is set where an expression of DEFINE or MEASURES is typed: its columns are
// those of rows of the match.
type patternScope struct {
	*recognition

	inputs     *[]plan.MatchInput // of the expression
	define     bool
	navigation plan.Navigation
	// aggregate is set in the arguments of an aggregate, which are computed for each of its
	// rows.
	aggregate *patternAggregate
}

// patternAggregate is the rows that an aggregate is over.
type patternAggregate struct {
	labels  string // as named; empty for all
	settled bool
	rows    []int
}

const badPatternFunction = "INVALID_ARGUMENTS"

// patternFunctions are those that lead to a row of the match, and those that say what it is.
func isPatternFunction(e ast.Expr) bool {
	call, ok := e.(*ast.Call)
	if !ok || len(call.Name) != 1 || call.Window != nil {
		return false
	}
	switch call.Name[0].Lower() {
	case "prev", "next", "first", "last", "classifier", "match_number":
		return true
	}
	return false
}

// input adds an input, or finds the one that is the same, and returns its value.
func (p *patternScope) input(in plan.MatchInput) plan.Expr {
	for _, known := range *p.inputs {
		if known.Kind == in.Kind && in.Kind != plan.MatchAggregate && known.Index == in.Index && known.Navigation == in.Navigation &&
			slices.Equal(known.Rows, in.Rows) && (known.Rows == nil) == (in.Rows == nil) {
			return &plan.ColumnRef{ID: known.ID, T: known.T}
		}
	}
	in.ID = p.column(in.T).ID
	*p.inputs = append(*p.inputs, in)
	return &plan.ColumnRef{ID: in.ID, T: in.T}
}

// value is a column of the row that navigation leads to among the rows of a label, of all
// when label is empty.
func (x *exprs) patternColumn(at ast.Node, c plan.Column, label string) (plan.Expr, error) {
	p := x.pattern
	rows, err := x.patternRows(at, label)
	if err != nil {
		return nil, err
	}
	in := plan.MatchInput{T: c.Type, Kind: plan.MatchField, Index: p.field(c), Rows: rows, Navigation: p.navigation}
	return p.input(in), nil
}

// patternRows returns the rows of a label. The arguments of an aggregate are all about the
// same rows.
func (x *exprs) patternRows(at ast.Node, label string) ([]int, error) {
	p := x.pattern
	if p.aggregate == nil {
		return p.labels[label], nil
	}
	if p.aggregate.settled && p.aggregate.labels != label {
		return nil, x.fail(at, badPatternFunction, "All aggregate arguments must apply to rows matched with the same label")
	}
	p.aggregate.settled, p.aggregate.labels, p.aggregate.rows = true, label, p.labels[label]
	return nil, nil
}

// patternLabel returns the label that stands before the dot of a column.
func (x *exprs) patternLabel(e *ast.Dereference) (string, bool) {
	base, ok := e.Base.(*ast.Ident)
	if !ok || x.pattern == nil {
		return "", false
	}
	label := canonical(base.Name)
	_, ok = x.pattern.labels[label]
	return label, ok
}

// labelled is label.column.
func (x *exprs) labelled(e *ast.Dereference, label string) (plan.Expr, error) {
	found, err := x.lookup(e, x.pattern.scope, []string{e.Field.Lower()})
	if err != nil {
		return nil, err
	}
	if found == nil || found.outer {
		return nil, x.unresolved(e, dotted(e), "")
	}
	return x.patternColumn(e, found.field.column, label)
}

// patternCall types a row pattern function or an aggregate of rows of the match; ok is
// false for any other call.
func (x *exprs) patternCall(e *ast.Call, name string) (typed plan.Expr, ok bool, err error) {
	p := x.pattern
	if p == nil {
		if e.Mode != "" {
			return nil, true, x.refuse(e, e.Mode+" outside of a row pattern")
		}
		return nil, false, nil
	}
	if e.Mode == "FINAL" && p.define {
		return nil, true, x.fail(e, "INVALID_PROCESSING_MODE", "FINAL semantics is not supported in DEFINE clause")
	}
	switch {
	case isPatternFunction(e):
		typed, err = x.patternFunction(e, name)
		return typed, true, err
	case e.Window != nil:
		return nil, true, x.fail(e, "NESTED_WINDOW", "Cannot nest window functions inside row pattern recognition")
	case len(function.Named(name)) > 0 && function.Named(name)[0].Kind == function.Aggregate:
		typed, err = x.patternAggregate(e, name)
		return typed, true, err
	}
	return nil, false, nil
}

func (x *exprs) patternFunction(e *ast.Call, name string) (plan.Expr, error) {
	p := x.pattern
	if e.Distinct || e.Filter != nil || len(e.OrderBy) > 0 || e.Star {
		return nil, x.fail(e, badPatternFunction, "Cannot use clauses of aggregates in %s pattern recognition function", name)
	}
	switch name {
	case "match_number":
		if len(e.Args) > 0 {
			return nil, x.fail(e, "INVALID_FUNCTION_ARGUMENT", "MATCH_NUMBER pattern recognition function takes no arguments")
		}
		return p.input(plan.MatchInput{T: bigint, Kind: plan.MatchNumber}), nil
	case "classifier":
		return x.classifier(e)
	}
	const most = 2
	if len(e.Args) == 0 || len(e.Args) > most {
		return nil, x.fail(e, "INVALID_FUNCTION_ARGUMENT", "%s pattern recognition function requires 1 or 2 arguments", strings.ToUpper(name))
	}
	if p.aggregate != nil {
		return nil, x.fail(e, badPatternFunction, "Cannot nest %s pattern navigation function inside aggregation", strings.ToLower(name))
	}
	physical := name == "prev" || name == "next"
	offset := int64(0)
	if physical {
		offset = 1
	}
	if len(e.Args) == most {
		literal, ok := e.Args[1].Expr.(*ast.Integer)
		if !ok {
			return nil, x.fail(e.Args[1].Expr, "INVALID_FUNCTION_ARGUMENT", "%s pattern recognition navigation function requires a number as the second argument", strings.ToUpper(name))
		}
		n, err := x.rowCount(literal, name)
		if err != nil {
			return nil, err
		}
		offset = n
	}
	return x.navigated(e, name, offset)
}

// navigated types the first argument of a navigation function, so many rows away.
func (x *exprs) navigated(e *ast.Call, name string, offset int64) (plan.Expr, error) {
	p := x.pattern
	physical := name == "prev" || name == "next"
	inner, within := *x, *p
	inner.pattern = &within
	switch {
	case physical && (p.navigation != plan.Navigation{}):
		return nil, x.fail(e, "INVALID_NAVIGATION_NESTING", "Cannot nest %s pattern navigation function inside another", name)
	case physical && name == "prev":
		within.navigation.Further = -offset
	case physical:
		within.navigation.Further = offset
	case p.navigation.First || p.navigation.Final || p.navigation.Logical != 0:
		return nil, x.fail(e, "INVALID_NAVIGATION_NESTING", "Cannot nest %s pattern navigation function inside another", name)
	default:
		within.navigation.First, within.navigation.Logical, within.navigation.Final = name == "first", offset, e.Mode == "FINAL"
	}
	before := len(*p.inputs)
	typed, err := inner.expr(e.Args[0].Expr)
	if err != nil {
		return nil, err
	}
	for _, in := range (*p.inputs)[before:] {
		if in.Kind == plan.MatchAggregate {
			return nil, x.fail(e, badPatternFunction, "Cannot nest an aggregation inside %s pattern navigation function", name)
		}
	}
	return typed, nil
}

func (x *exprs) classifier(e *ast.Call) (plan.Expr, error) {
	label := ""
	if len(e.Args) > 0 {
		name, ok := e.Args[0].Expr.(*ast.Ident)
		if !ok || len(e.Args) > 1 {
			return nil, x.fail(e, "INVALID_FUNCTION_ARGUMENT", "CLASSIFIER function argument should be primary pattern variable or subset name")
		}
		if label = canonical(name.Name); x.pattern.labels[label] == nil {
			return nil, x.fail(e.Args[0].Expr, "INVALID_FUNCTION_ARGUMENT", "%s is not a primary pattern variable or subset name", name.Name.Name)
		}
	}
	rows, err := x.patternRows(e, label)
	if err != nil {
		return nil, err
	}
	in := plan.MatchInput{T: datatype.Text(), Kind: plan.MatchClassifier, Rows: rows, Navigation: x.pattern.navigation}
	return x.pattern.input(in), nil
}

func (x *exprs) patternAggregate(e *ast.Call, name string) (plan.Expr, error) {
	if err := x.checkNesting(e); err != nil {
		return nil, err
	}
	const clause = "Cannot use %s with %s aggregate function in pattern recognition context"
	switch {
	case e.Filter != nil:
		return nil, x.fail(e, notSupported, clause, "FILTER", name)
	case len(e.OrderBy) > 0:
		return nil, x.fail(e, notSupported, clause, "ORDER BY", name)
	case e.Distinct:
		return nil, x.fail(e, notSupported, clause, "DISTINCT", name)
	case x.pattern.navigation != plan.Navigation{}:
		return nil, x.fail(e, badPatternFunction, "Cannot nest an aggregation inside a pattern navigation function")
	}
	inner, within := *x, *x.pattern
	in := plan.MatchInput{Kind: plan.MatchAggregate, Navigation: plan.Navigation{Final: e.Mode == "FINAL"}}
	within.aggregate, within.inputs = &patternAggregate{}, &in.Inputs
	inner.pattern = &within
	if e.StarOf != nil {
		label, ok := e.StarOf.(*ast.Ident)
		if !ok || x.pattern.labels[canonical(label.Name)] == nil || name != "count" {
			return nil, x.fail(e, "INVALID_FUNCTION_ARGUMENT", "label.* is only supported of a primary pattern variable or subset in count")
		}
		within.aggregate.rows = x.pattern.labels[canonical(label.Name)]
		bare := *e
		bare.StarOf = nil
		e = &bare
	}
	call, err := inner.aggregateOf(e, name)
	if err != nil {
		return nil, err
	}
	for i, arg := range call.Args {
		if arg.Type().Kind == datatype.Function {
			return nil, x.refuse(e, name+" in a row pattern")
		}
		if call.Args[i], err = within.hoisted(e, arg); err != nil {
			return nil, err
		}
	}
	in.T, in.Name, in.Args, in.Rows = call.Type, call.Name, call.Args, within.aggregate.rows
	return x.pattern.input(in), nil
}

// hoisted puts inputs in the place of the subqueries in an expression, which are computed
// once for the partition.
func (p *patternScope) hoisted(at ast.Expr, e plan.Expr) (plan.Expr, error) {
	var failure error
	made := map[plan.ID]bool{}
	for _, in := range *p.inputs {
		made[in.ID] = true
	}
	replaced := plan.Replace(e, func(x plan.Expr) (plan.Expr, bool) {
		query := plan.Subquery(x)
		if query == nil {
			return nil, false
		}
		varies := len(plan.Free(query)) > 0
		for _, child := range plan.Children(x) {
			varies = varies || plan.Any(child, func(c plan.Expr) bool {
				ref, ok := c.(*plan.ColumnRef)
				return ok && made[ref.ID]
			})
		}
		if varies && failure == nil {
			failure = p.refuse(at, "a subquery over the rows of a row pattern")
		}
		p.made.Outer = append(p.made.Outer, x)
		return p.input(plan.MatchInput{T: x.Type(), Kind: plan.MatchOuter, Index: len(p.made.Outer) - 1}), true
	})
	return replaced, failure
}
