package analyze

import (
	"errors"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// fromClause analyzes FROM; without one there is one row of no columns.
func (a *analyzer) fromClause(sel *ast.Select, outer *scope) (relation, error) {
	if sel.From == nil {
		return oneRow(), nil
	}
	return a.from(sel.From, outer)
}

func oneRow() relation { return relation{node: &plan.Values{Rows: [][]plan.Expr{{}}}} }

func (a *analyzer) from(r ast.Relation, outer *scope) (relation, error) {
	switch r := r.(type) {
	case *ast.Table:
		return a.table(r, outer)
	case *ast.Aliased:
		return a.aliased(r, outer)
	case *ast.Join:
		return a.join(r, outer)
	case *ast.Unnest:
		return a.unnest(r, outer)
	case *ast.Lateral:
		return a.query(r.Query, outer.query())
	case *ast.Subquery:
		return a.query(r.Query, outer.query())
	case *ast.Sampled:
		return a.sampled(r, outer)
	case *ast.TableFunction:
		return a.tableFunction(r, outer)
	case *ast.JSONTable:
		return a.jsonTable(r, outer)
	case *ast.UnsupportedRelation:
		return relation{}, a.refuse(r, r.Construct)
	case *ast.PatternRecognition:
		return a.patternRecognition(r, outer)
	default:
		return relation{}, a.refuse(r, "this form of FROM")
	}
}

// aliased gives a relation and its columns other names.
func (a *analyzer) aliased(r *ast.Aliased, outer *scope) (relation, error) {
	inner, err := a.from(r.Relation, outer)
	if err != nil {
		return relation{}, err
	}
	alias := r.Alias.Lower()
	if r.Columns == nil {
		return relation{node: inner.node, fields: qualified(inner.fields, alias)}, nil
	}
	fields := qualified(visible(inner.fields), alias)
	if len(fields) != len(r.Columns) {
		return relation{}, a.fail(r, mismatchedAliases, "Column alias list has %d entries but '%s' has %d columns available",
			len(r.Columns), alias, len(fields))
	}
	for i, name := range r.Columns {
		fields[i].name = name.Name
	}
	return relation{node: inner.node, fields: fields}, nil
}

// table analyzes a name in FROM: a named query, a table or a view.
func (a *analyzer) table(r *ast.Table, outer *scope) (relation, error) {
	if len(r.Name) == 1 {
		if named := outer.cte(r.Name[0].Lower()); named != nil {
			return a.cteRef(r, named)
		}
	}
	if r.Version != nil {
		return relation{}, a.version(r)
	}
	names := lowerAll(r.Name)
	switch len(names) {
	case 1:
		names = []string{a.catalog, a.database, names[0]}
	case 2:
		names = []string{a.catalog, names[0], names[1]}
	}
	if len(names) != 3 {
		return relation{}, a.fail(r, "SYNTAX_ERROR", "Too many dots in table name: %s", r.Name)
	}
	if names[1] == informationSchema {
		return a.information(r, names)
	}
	if base, kind, ok := strings.Cut(names[2], "$"); ok && base != "" {
		return a.metadata(r, names, base, kind)
	}
	found, err := a.relation(names[0], names[1], names[2])
	err = a.placed(r, err)
	if missing := a.missing(r, names, found, err); missing != nil {
		return relation{}, a.likelyTable(names, missing)
	}
	if found.View != nil {
		return a.view(r, names, found.View)
	}
	return a.scan(found.Table, names), nil
}

// placed gives an error of the catalog about a table the place of its name.
func (a *analyzer) placed(at ast.Node, err error) error {
	failed, ok := errors.AsType[*sqlerr.Error](err)
	if !ok || failed.Line > 0 {
		return err
	}
	there := *failed
	there.Line, there.Column = at.Position().LineColumn(a.src)
	return &there
}

func (a *analyzer) scan(t *plan.Table, names []string) relation {
	scan := &plan.Scan{Table: t}
	fields := make([]field, len(t.Columns))
	for i, c := range t.Columns {
		column := a.column(c.Type)
		scan.Columns = append(scan.Columns, plan.ScanColumn{Column: column, Name: c.Name})
		fields[i] = field{name: c.Name, relation: names, column: column, hidden: c.Hidden}
	}
	return relation{node: scan, fields: fields}
}

// sampled is TABLESAMPLE.
func (a *analyzer) sampled(r *ast.Sampled, outer *scope) (relation, error) {
	var column ast.Expr
	walk(r.Percentage, func(e ast.Expr) bool {
		switch e.(type) {
		case *ast.Ident, *ast.Dereference:
			column = e
		}
		return column == nil
	})
	if column != nil {
		return relation{}, a.fail(r.Percentage, "EXPRESSION_NOT_CONSTANT", "Sample percentage cannot contain column references")
	}
	x := &exprs{analyzer: a, scope: &scope{boundary: true}}
	percentage, err := x.expr(r.Percentage)
	if err != nil {
		return relation{}, err
	}
	if !datatype.CanCoerce(percentage.Type(), datatype.Of(datatype.Double)) {
		return relation{}, a.fail(r.Percentage, typeMismatch, "Sample percentage should be a numeric expression")
	}
	percentage = coerce(percentage, datatype.Of(datatype.Double))
	if err := a.checkPercentage(r, percentage); err != nil {
		return relation{}, err
	}
	inner, err := a.from(r.Relation, outer)
	if err != nil {
		return relation{}, err
	}
	inner.node = &plan.Sample{Input: inner.node, System: strings.EqualFold(r.Method, "SYSTEM"), Percentage: percentage}
	return inner, nil
}

func (a *analyzer) checkPercentage(r *ast.Sampled, percentage plan.Expr) error {
	c, ok := percentage.(*plan.Const)
	if !ok {
		return nil
	}
	value, ok := c.Value.(float64)
	switch {
	case !ok:
		return a.fail(r.Percentage, "INVALID_ARGUMENTS", "Sample percentage cannot be NULL")
	case value < 0:
		return a.fail(r.Percentage, "NUMERIC_VALUE_OUT_OF_RANGE", "Sample percentage must be greater than or equal to 0")
	case value > 100:
		return a.fail(r.Percentage, "NUMERIC_VALUE_OUT_OF_RANGE", "Sample percentage must be less than or equal to 100")
	}
	return nil
}
