package analyze

import (
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

var joinNames = map[ast.JoinKind]string{
	ast.InnerJoin: "INNER", ast.LeftJoin: "LEFT", ast.RightJoin: "RIGHT", ast.FullJoin: "FULL", ast.CrossJoin: "CROSS",
}

func (a *analyzer) join(j *ast.Join, outer *scope) (relation, error) {
	if j.Natural {
		return relation{}, a.fail(j, notSupported, "Natural join not supported")
	}
	a.enter()
	defer a.leave()
	left, err := a.from(j.Left, outer)
	if err != nil {
		return relation{}, err
	}
	a.work(len(left.fields)) // they are copied
	kind, lateral := lateralKind(j.Right)
	seen := outer
	if lateral {
		seen = outer.child(left.fields)
	}
	right, err := a.from(j.Right, seen)
	if err != nil {
		return relation{}, err
	}
	node := &plan.Join{Kind: j.Kind, Lateral: lateral, Left: left.node, Right: right.node}
	if lateral {
		if q := lateralQuery(j.Right); q != nil {
			node.At = a.placeOf(q)
		}
		if err := a.checkLateral(j, kind); err != nil {
			return relation{}, err
		}
	}
	if j.Using != nil {
		return a.using(j, node, left, right)
	}
	fields := append(append([]field{}, left.fields...), right.fields...)
	if j.On != nil {
		if node.Condition, err = a.joinCondition(j, outer.child(fields)); err != nil {
			return relation{}, err
		}
	}
	if lateral && (j.Kind == ast.RightJoin || j.Kind == ast.FullJoin) {
		return a.perRow(j, kind, node, left, right)
	}
	return relation{node: node, fields: fields}, nil
}

// perRow is a RIGHT or FULL join with what is computed for each row on the left: that
// of the row's own rows. So no row of the right stays without one of the left, and
// where a condition does not hold the left's columns are NULL.
func (a *analyzer) perRow(j *ast.Join, kind string, node *plan.Join, left, right relation) (relation, error) {
	if kind == lateralRelation && len(plan.Free(right.node)) > 0 {
		return relation{}, a.fail(lateralQuery(j.Right), notSupported, "Given correlated subquery is not supported")
	}
	fields := append(append([]field{}, left.fields...), right.fields...)
	condition := node.Condition
	node.Kind, node.Condition = ast.CrossJoin, nil
	if j.Kind == ast.FullJoin {
		node.Kind, node.Condition = ast.LeftJoin, &plan.Const{Value: true, T: boolean}
	}
	if c, ok := condition.(*plan.Const); condition == nil || ok && c.Value == true {
		return relation{node: node, fields: fields}, nil
	}
	project := &plan.Project{Input: node}
	for i, f := range fields {
		value := plan.Expr(&plan.ColumnRef{ID: f.column.ID, T: f.column.Type})
		if i < len(left.fields) {
			f.column = a.column(f.column.Type)
			value = &plan.Case{Whens: []plan.When{{Condition: condition, Result: value}}, Else: &plan.Const{T: f.column.Type}, T: f.column.Type}
		}
		project.Columns = append(project.Columns, plan.Computed{Column: f.column, Expr: value})
		fields[i] = f
	}
	return relation{node: project, fields: fields}, nil
}

const lateralRelation = "LATERAL relation"

// lateralKind tells a relation that sees what stands left of it.
func lateralKind(r ast.Relation) (string, bool) {
	switch r := r.(type) {
	case *ast.Aliased:
		return lateralKind(r.Relation)
	case *ast.Sampled:
		return lateralKind(r.Relation)
	case *ast.Unnest:
		return "UNNEST", true
	case *ast.JSONTable:
		return "JSON_TABLE", true
	case *ast.Lateral:
		return lateralRelation, true
	default:
		return "", false
	}
}

// lateralQuery returns the query of a lateral relation, nil for UNNEST.
func lateralQuery(r ast.Relation) *ast.Query {
	switch r := r.(type) {
	case *ast.Aliased:
		return lateralQuery(r.Relation)
	case *ast.Sampled:
		return lateralQuery(r.Relation)
	case *ast.Lateral:
		return r.Query
	default:
		return nil
	}
}

// checkLateral allows outer joins with what sees their other side on TRUE alone.
func (a *analyzer) checkLateral(j *ast.Join, kind string) error {
	if j.Kind == ast.CrossJoin || j.Kind != ast.FullJoin && kind == lateralRelation && j.Using == nil {
		return nil
	}
	if literal, ok := j.On.(*ast.Boolean); ok && literal.Value {
		return nil
	}
	at := ast.Node(j)
	if j.On != nil {
		at = j.On
	}
	return a.fail(at, notSupported, "%s JOIN involving %s is only supported with condition ON TRUE", joinNames[j.Kind], kind)
}

func (a *analyzer) joinCondition(j *ast.Join, in *scope) (plan.Expr, error) {
	if err := a.noAggregates("JOIN clause", j.On); err != nil {
		return nil, err
	}
	inner := *a
	inner.sealed = j.Kind != ast.InnerJoin
	x := &exprs{analyzer: &inner, scope: in}
	typed, err := x.expr(j.On)
	if err != nil {
		return nil, err
	}
	if t := typed.Type(); t.Kind != datatype.Boolean && t.Kind != datatype.Unknown {
		return nil, a.fail(j.On, typeMismatch, "JOIN ON clause must evaluate to a boolean: actual type %s", t)
	}
	return coerce(typed, boolean), nil
}

// using joins on columns that both sides have, which become one column each.
func (a *analyzer) using(j *ast.Join, node *plan.Join, left, right relation) (relation, error) {
	project := &plan.Project{Input: node}
	var fields []field
	joined := map[plan.ID]bool{}
	var terms []plan.Expr
	seen := map[string]bool{}
	for _, name := range j.Using {
		if seen[name.Lower()] {
			return relation{}, a.fail(name, "DUPLICATE_COLUMN_NAME", "Column '%s' appears multiple times in USING clause", name.Name)
		}
		seen[name.Lower()] = true
		l, err := a.usingColumn(name, left, "left")
		if err != nil {
			return relation{}, err
		}
		r, err := a.usingColumn(name, right, "right")
		if err != nil {
			return relation{}, err
		}
		compared, ok := compare(plan.OpEqual, l, r)
		if !ok {
			return relation{}, a.fail(name, typeMismatch, "Cannot apply operator: %s = %s", l.T, r.T)
		}
		terms = append(terms, compared)
		common, _ := datatype.Common(l.T, r.T)
		computed := plan.Computed{Column: a.column(common), Expr: usingValue(j.Kind, coerce(l, common), coerce(r, common))}
		project.Columns = append(project.Columns, computed)
		fields = append(fields, field{name: name.Name, column: computed.Column})
		joined[l.ID], joined[r.ID] = true, true
	}
	node.Condition = terms[0]
	if len(terms) > 1 {
		node.Condition = &plan.Logical{And: true, Terms: terms}
	}
	passed := map[plan.ID]bool{}
	for _, f := range append(append([]field{}, left.fields...), right.fields...) {
		if joined[f.column.ID] {
			continue
		}
		fields = append(fields, f)
		if !passed[f.column.ID] {
			passed[f.column.ID] = true
			project.Columns = append(project.Columns, passing(f.column))
		}
	}
	return relation{node: project, fields: fields}, nil
}

func usingValue(kind ast.JoinKind, left, right plan.Expr) plan.Expr {
	switch kind {
	case ast.RightJoin:
		return right
	case ast.FullJoin:
		return &plan.Coalesce{Items: []plan.Expr{left, right}}
	default:
		return left
	}
}

func (a *analyzer) usingColumn(name ast.Identifier, r relation, side string) (*plan.ColumnRef, error) {
	found, err := a.lookup(name, &scope{fields: r.fields, boundary: true}, []string{name.Lower()})
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, a.fail(name, columnNotFound, "Column '%s' is missing from %s side of join", name.Name, side)
	}
	return &plan.ColumnRef{ID: found.field.column.ID, T: found.field.column.Type}, nil
}
