package analyze

import (
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

func (x *exprs) between(e *ast.Between) (plan.Expr, error) {
	operands, err := x.all([]ast.Expr{e.X, e.Low, e.High})
	if err != nil {
		return nil, err
	}
	operands = x.timeTexts(operands)
	common, ok := datatype.CommonOf(types(operands))
	if !ok {
		return nil, x.fail(e, typeMismatch, "Cannot check if %s is BETWEEN %s and %s",
			operands[0].Type(), operands[1].Type(), operands[2].Type())
	}
	if !common.Orderable() {
		return nil, x.fail(e, typeMismatch, "Cannot check if %s is BETWEEN %s and %s",
			operands[0].Type(), operands[1].Type(), operands[2].Type())
	}
	value, low, high := coerce(operands[0], common), coerce(operands[1], common), coerce(operands[2], common)
	if !e.Symmetric {
		return &plan.Between{X: value, Low: low, High: high}, nil
	}
	if volatile(value) || volatile(low) || volatile(high) {
		return nil, x.refuse(e, "BETWEEN SYMMETRIC of a value that changes from call to call")
	}
	return &plan.Logical{Terms: []plan.Expr{
		&plan.Between{X: value, Low: low, High: high},
		&plan.Between{X: value, Low: high, High: low},
	}}, nil
}

func (x *exprs) in(e *ast.In) (plan.Expr, error) {
	if e.Query != nil {
		return x.inQuery(e)
	}
	list := append([]ast.Expr{e.X}, e.List...)
	operands, err := x.all(list)
	if err != nil {
		return nil, err
	}
	unified, err := x.unify(list, x.timeTexts(operands), "IN value and list items")
	if err != nil {
		return nil, err
	}
	if !unified[0].Type().Comparable() {
		return nil, x.fail(e, typeMismatch, "Type %s must be comparable in order to be used in IN", unified[0].Type())
	}
	return &plan.In{X: unified[0], Items: unified[1:]}, nil
}

func (x *exprs) like(e *ast.Like) (plan.Expr, error) {
	value, err := x.expr(e.X)
	if err != nil {
		return nil, err
	}
	if !value.Type().IsText() {
		if value, err = x.want(e.X, value, datatype.Text(), "Left side of LIKE expression"); err != nil {
			return nil, err
		}
	}
	args := []plan.Expr{value}
	for _, part := range []struct {
		expr ast.Expr
		what string
	}{{e.Pattern, "Pattern for LIKE expression"}, {e.Escape, "Escape for LIKE expression"}} {
		if part.expr == nil {
			continue
		}
		typed, err := x.expr(part.expr)
		if err != nil {
			return nil, err
		}
		if !typed.Type().IsText() {
			if typed, err = x.want(part.expr, typed, datatype.Text(), part.what); err != nil {
				return nil, err
			}
		}
		args = append(args, coerce(typed, datatype.Text()))
	}
	return &plan.Call{Name: plan.OpLike, Args: args, T: boolean}, nil
}

func (x *exprs) isNull(e *ast.IsNull) (plan.Expr, error) {
	operand, err := x.expr(e.X)
	if err != nil {
		return nil, err
	}
	return &plan.IsNull{X: operand}, nil
}

// subquery analyzes a query within an expression.
func (x *exprs) subquery(q *ast.Query) (relation, error) {
	if len(x.lambdas) > 0 {
		return relation{}, x.fail(q, notSupported, "Lambda expression cannot contain subqueries")
	}
	return x.query(q, x.scope.query())
}

// visible returns the fields that a query yields to who encloses it.
func visible(fields []field) []field {
	var shown []field
	for _, f := range fields {
		if !f.hidden {
			shown = append(shown, f)
		}
	}
	return shown
}

// single returns the relation as one of one column: several become a row.
func (a *analyzer) single(r relation) relation {
	fields := visible(r.fields)
	if len(fields) == 1 {
		return relation{node: onlyColumns(r.node, fields), fields: fields}
	}
	return a.asRow(r)
}

// asRow returns the relation as one column of rows.
func (a *analyzer) asRow(r relation) relation {
	fields := visible(r.fields)
	row := &plan.RowOf{T: datatype.Type{Kind: datatype.Row}}
	for _, f := range fields {
		row.Items = append(row.Items, &plan.ColumnRef{ID: f.column.ID, T: f.column.Type})
		row.T.Elems = append(row.T.Elems, f.column.Type)
		row.T.Names = append(row.T.Names, f.name)
	}
	column := a.column(row.T)
	return relation{
		node:   &plan.Project{Input: r.node, Columns: []plan.Computed{{Column: column, Expr: row}}},
		fields: []field{{column: column}},
	}
}

// onlyColumns returns a node that yields the fields' columns and no others.
func onlyColumns(node plan.Node, fields []field) plan.Node {
	if have := plan.Columns(node); len(have) == len(fields) {
		same := true
		for i, c := range have {
			same = same && c.ID == fields[i].column.ID
		}
		if same {
			return node
		}
	}
	project := &plan.Project{Input: node}
	seen := map[plan.ID]bool{}
	for _, f := range fields {
		if !seen[f.column.ID] {
			seen[f.column.ID] = true
			project.Columns = append(project.Columns, passing(f.column))
		}
	}
	return project
}

func passing(c plan.Column) plan.Computed {
	return plan.Computed{Column: c, Expr: &plan.ColumnRef{ID: c.ID, T: c.Type}}
}

func (x *exprs) exists(e *ast.Exists) (plan.Expr, error) {
	r, err := x.subquery(e.Query)
	if err != nil {
		return nil, err
	}
	return &plan.Exists{Query: r.node, At: x.placeOf(e)}, nil
}

func (x *exprs) scalar(e *ast.ScalarSubquery) (plan.Expr, error) {
	r, err := x.subquery(e.Query)
	if err != nil {
		return nil, err
	}
	several := len(visible(r.fields)) > 1
	r = x.single(r)
	column := r.fields[0].column
	value := &plan.Scalar{Query: r.node, Column: column, At: x.placeOf(e.Query)}
	if !several {
		return value, nil
	}
	// Without a row, several columns are a row of NULLs and not NULL.
	nulls := &plan.RowOf{T: column.Type}
	for _, t := range column.Type.Elems {
		nulls.Items = append(nulls.Items, &plan.Const{T: t})
	}
	return &plan.Coalesce{Items: []plan.Expr{value, nulls}}, nil
}

// compared analyzes the value and the query of IN or of a quantified comparison:
// both as one column of one type.
func (x *exprs) compared(at ast.Node, value ast.Expr, q *ast.Query, what string) (plan.Expr, relation, error) {
	left, err := x.expr(value)
	if err != nil {
		return nil, relation{}, err
	}
	r, err := x.subquery(q)
	if err != nil {
		return nil, relation{}, err
	}
	if left.Type().Kind == datatype.Row {
		r = x.asRow(r)
	} else {
		if n := len(visible(r.fields)); n != 1 && left.Type().Kind != datatype.Unknown {
			return nil, relation{}, x.fail(at, typeMismatch, "Value expression and result of subquery must be of the same type%s: row(%s) vs %s",
				what, left.Type(), x.asRow(r).fields[0].column.Type)
		}
		r = x.single(r)
	}
	column := r.fields[0].column
	common, ok := datatype.Common(left.Type(), column.Type)
	if !ok {
		return nil, relation{}, x.fail(at, typeMismatch, "Value expression and result of subquery must be of the same type%s: row(%s) vs row(%s)",
			what, left.Type(), column.Type)
	}
	return coerce(left, common), x.coerced(r, []datatype.Type{common}), nil
}

// coerced returns the relation with its columns coerced to the types.
func (a *analyzer) coerced(r relation, to []datatype.Type) relation {
	same := true
	for i, t := range to {
		same = same && r.fields[i].column.Type.Equal(t) && sameNames(r.fields[i].column.Type, t)
	}
	if same {
		return r
	}
	return a.renumbered(r, to)
}

// renumbered returns the relation with columns of its own, of the given types.
func (a *analyzer) renumbered(r relation, to []datatype.Type) relation {
	project := &plan.Project{Input: r.node}
	fields := make([]field, 0, len(r.fields))
	for i, t := range to {
		f := r.fields[i]
		ref := &plan.ColumnRef{ID: f.column.ID, T: f.column.Type}
		f.column = a.column(t)
		project.Columns = append(project.Columns, plan.Computed{Column: f.column, Expr: coerce(ref, t)})
		fields = append(fields, f)
	}
	return relation{node: project, fields: fields}
}

func (x *exprs) inQuery(e *ast.In) (plan.Expr, error) {
	value, r, err := x.compared(e, e.X, e.Query, " for IN expression")
	if err != nil {
		return nil, err
	}
	if !value.Type().Comparable() {
		return nil, x.fail(e, typeMismatch, "Type %s must be comparable in order to be used in IN subquery", value.Type())
	}
	return &plan.InQuery{X: value, Query: r.node, Column: r.fields[0].column, At: x.placeOf(e)}, nil
}

func (x *exprs) quantified(e *ast.Quantified) (plan.Expr, error) {
	value, r, err := x.compared(e, e.Left, e.Query, "")
	if err != nil {
		return nil, err
	}
	op := comparisonNames[e.Op]
	t := value.Type()
	switch {
	case (op == plan.OpEqual || op == plan.OpNotEqual) && !t.Comparable():
		return nil, x.fail(e, typeMismatch, "Type [%s] must be comparable in order to be used in quantified comparison", t)
	case op != plan.OpEqual && op != plan.OpNotEqual && !t.Orderable():
		return nil, x.fail(e, typeMismatch, "Type [%s] must be orderable in order to be used in quantified comparison", t)
	}
	q := &plan.Quantified{X: value, Op: op, All: e.All, Query: r.node, Column: r.fields[0].column, At: x.placeOf(e.Query)}
	if q.Membership() {
		q.At = x.placeOf(e)
	}
	return q, nil
}
