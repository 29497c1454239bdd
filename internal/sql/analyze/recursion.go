package analyze

import (
	"reflect"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
)

const badRecursion = "INVALID_RECURSIVE_REFERENCE"

// recursion analyzes a query that reads itself: a union of what it starts from and of a
// step. It returns nil for a query that does not read itself.
func (a *analyzer) recursion(q ast.WithQuery, in *scope) (*cte, error) {
	union, ok := q.Query.Body.(*ast.SetOperation)
	if !ok || union.Kind != ast.Union {
		return nil, nil
	}
	if err := a.checkRecursion(q, union); err != nil || len(readings(union.Right, q.Name.Lower())) == 0 {
		return nil, err
	}
	base, err := a.body(union.Left, in.query())
	if err != nil {
		return nil, err
	}
	base.fields = visible(base.fields)
	if err := a.nameRecursion(q, base.fields); err != nil {
		return nil, err
	}
	number := a.nameQuery(base)
	types := make([]datatype.Type, len(base.fields))
	for i, f := range base.fields {
		types[i] = f.column.Type
	}
	inside := in.query()
	// What the step reads is not counted as a use: it goes with the query.
	inside.ctes = map[string]*cte{q.Name.Lower(): {number: number.number, result: base}}
	step, err := a.body(union.Right, inside)
	if err != nil {
		return nil, err
	}
	step.fields = visible(step.fields)
	if err := a.checkStep(union, types, step.fields); err != nil {
		return nil, err
	}
	r := a.combine(union, types, base, a.coerced(step, types))
	return &cte{number: number.number, result: r, expands: true}, nil
}

// checkRecursion refuses what Trino does not unroll.
func (a *analyzer) checkRecursion(q ast.WithQuery, union *ast.SetOperation) error {
	name := q.Name.Lower()
	if base := readings(union.Left, name); len(base) > 0 {
		return a.fail(base[0], badRecursion, "WITH table name is referenced in the base relation of recursion")
	}
	read := readings(union.Right, name)
	switch {
	case len(read) == 0:
		return nil
	case len(read) > 1:
		return a.fail(read[1], badRecursion, "multiple recursive references in the step relation of recursion")
	case q.Query.With != nil:
		return a.fail(q.Query.With, notSupported, "immediate WITH clause in recursive query")
	case len(q.Query.OrderBy) > 0:
		return a.fail(a.keyword("ORDER", q.Query.OrderBy[0]), notSupported, "immediate ORDER BY clause in recursive query")
	case q.Query.Offset != nil:
		return a.fail(a.keyword("OFFSET", q.Query.Offset), notSupported, "immediate OFFSET clause in recursive query")
	case q.Query.Limit != nil:
		return a.fail(q.Query.Limit, "INVALID_LIMIT_CLAUSE", "immediate FETCH FIRST / LIMIT clause in recursive query")
	}
	step := union.Right
	for {
		inner, ok := step.(*ast.Query)
		if !ok {
			break
		}
		if inner.Limit != nil {
			return a.fail(inner.Limit, "INVALID_LIMIT_CLAUSE", "FETCH FIRST / LIMIT clause in the step relation of recursion")
		}
		step = inner.Body
	}
	sel, ok := step.(*ast.Select)
	if !ok || sel.From == nil || len(readings(sel.From, name)) == 0 {
		return a.fail(read[0], badRecursion, "recursive reference outside of FROM clause of the step relation of recursion")
	}
	if nested := nestedPatterns(union.Right); nested != nil {
		return a.fail(nested, nestedPattern, "nested row pattern recognition in recursive query")
	}
	return a.checkReading(sel.From, name)
}

// keyword returns the place of the word before a clause's first expression.
func (a *analyzer) keyword(word string, clause ast.Node) ast.Node {
	return ast.Pos(max(0, strings.LastIndex(strings.ToUpper(a.src[:clause.Position()]), word))) //nolint:gosec // within the text
}

// checkReading refuses a reading on that side of a join or of a set operation where the
// step could not be taken row by row.
func (a *analyzer) checkReading(n ast.Node, name string) error {
	var failure error
	visit(n, name, func(n ast.Node) {
		if failure != nil {
			return
		}
		switch n := n.(type) {
		case *ast.Join:
			failure = a.checkJoinReading(n, name)
		case *ast.SetOperation:
			failure = a.checkSetReading(n, name)
		}
	})
	return failure
}

func (a *analyzer) checkJoinReading(n *ast.Join, name string) error {
	kind := map[ast.JoinKind]string{ast.LeftJoin: "LEFT", ast.RightJoin: "RIGHT", ast.FullJoin: "FULL"}[n.Kind]
	if left := readings(n.Left, name); len(left) > 0 && (n.Kind == ast.RightJoin || n.Kind == ast.FullJoin) {
		return a.fail(left[0], badRecursion, "recursive reference in left source of %s join", kind)
	}
	if right := readings(n.Right, name); len(right) > 0 && (n.Kind == ast.LeftJoin || n.Kind == ast.FullJoin) {
		return a.fail(right[0], badRecursion, "recursive reference in right source of %s join", kind)
	}
	return nil
}

func (a *analyzer) checkSetReading(n *ast.SetOperation, name string) error {
	left, right := readings(n.Left, name), readings(n.Right, name)
	switch {
	case n.Kind == ast.Intersect && n.All && len(left)+len(right) > 0:
		return a.fail(append(left, right...)[0], badRecursion, "recursive reference in INTERSECT ALL")
	case n.Kind == ast.Except && len(right) > 0:
		kind := "DISTINCT"
		if n.All {
			kind = "ALL"
		}
		return a.fail(right[0], badRecursion, "recursive reference in right relation of EXCEPT %s", kind)
	case n.Kind == ast.Except && n.All && len(left) > 0:
		return a.fail(left[0], badRecursion, "recursive reference in left relation of EXCEPT ALL")
	}
	return nil
}

// nameRecursion gives the columns of what a recursion starts from the names that the
// query's list has.
func (a *analyzer) nameRecursion(q ast.WithQuery, fields []field) error {
	for i, name := range q.Columns {
		if len(q.Columns) == len(fields) && slices.ContainsFunc(q.Columns[:i], func(other ast.Identifier) bool { return other.Lower() == name.Lower() }) {
			return a.fail(name, "DUPLICATE_COLUMN_NAME", "Column name '%s' specified more than once", name.Name)
		}
	}
	return a.nameColumns(q, fields)
}

// checkStep compares what a step yields with what the recursion starts from.
func (a *analyzer) checkStep(union *ast.SetOperation, base []datatype.Type, step []field) error {
	at := union.Right
	if len(step) != len(base) {
		return a.fail(at, typeMismatch, "base and step relations of recursion have different number of fields: %d, %d", len(base), len(step))
	}
	for i, t := range base {
		if !datatype.CanCoerce(step[i].column.Type, t) {
			return a.fail(at, typeMismatch, "recursion step relation output type (%s) is not coercible to recursion base relation output type (%s) at column %d",
				step[i].column.Type, t, i+1)
		}
		if !union.All && !t.Comparable() {
			return a.fail(at, typeMismatch, "column %d in UNION query has non-comparable type %s", i+1, t)
		}
	}
	return nil
}

// readings returns the places below n that read a named query.
func readings(n ast.Node, name string) []ast.Node {
	var found []ast.Node
	visit(n, name, func(n ast.Node) {
		var named ast.Name
		switch n := n.(type) {
		case *ast.Table:
			named = n.Name
		case *ast.TableBody:
			named = n.Name
		}
		if len(named) == 1 && named[0].Lower() == name {
			found = append(found, n)
		}
	})
	return found
}

// visit calls f for n and the nodes below it, as far as name means the same there.
func visit(n ast.Node, name string, f func(ast.Node)) {
	visitValue(reflect.ValueOf(n), name, f)
}

func visitValue(v reflect.Value, name string, f func(ast.Node)) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return
		}
		if n, ok := reflect.TypeAssert[ast.Node](v); ok && v.Kind() == reflect.Pointer {
			f(n)
		}
		if q, ok := reflect.TypeAssert[*ast.Query](v); ok && q.With != nil {
			for _, named := range q.With.Queries {
				visit(named.Query, name, f)
				if named.Name.Lower() == name {
					return
				}
			}
		}
		visitValue(v.Elem(), name, f)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[ast.With]() {
			return // looked at with its query
		}
		for _, part := range v.Fields() {
			visitValue(part, name, f)
		}
	case reflect.Slice:
		for i := range v.Len() {
			visitValue(v.Index(i), name, f)
		}
	default:
	}
}
