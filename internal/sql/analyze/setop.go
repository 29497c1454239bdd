package analyze

import (
	"math"
	"regexp"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// setOperation analyzes UNION, INTERSECT and EXCEPT.
func (a *analyzer) setOperation(op *ast.SetOperation, outer *scope) (relation, error) {
	left, err := a.body(op.Left, outer)
	if err != nil {
		return relation{}, err
	}
	right, err := a.body(op.Right, outer)
	if err != nil {
		return relation{}, err
	}
	left.fields, right.fields = visible(left.fields), visible(right.fields)
	if op.Corresponding {
		if left, right, err = a.corresponding(op, left, right); err != nil {
			return relation{}, err
		}
	}
	if len(left.fields) != len(right.fields) {
		return relation{}, a.fail(op, typeMismatch, "%s query has different number of fields: %d, %d", op.Kind, len(left.fields), len(right.fields))
	}
	common := make([]datatype.Type, len(left.fields))
	for i := range common {
		l, r := left.fields[i].column.Type, right.fields[i].column.Type
		t, ok := datatype.Common(l, r)
		if !ok {
			return relation{}, a.fail(op, typeMismatch, "column %d in %s query has incompatible types: %s, %s", i+1, op.Kind, l, r)
		}
		if (!op.All || op.Kind != ast.Union) && !t.Comparable() {
			return relation{}, a.fail(op, typeMismatch, "column %d in %s query has non-comparable type %s", i+1, op.Kind, t)
		}
		common[i] = t
	}
	left, right = a.coerced(left, common), a.coerced(right, common)
	if union := a.continued(op, left); union != nil {
		union.All = op.All
		union.Inputs, union.Maps = append(union.Inputs, right.node), append(union.Maps, columnIDs(right))
		return left, nil
	}
	return a.combine(op, common, left, right), nil
}

// continued returns the union at the left of another one, when both are one: a
// chain of unions is a node of many inputs, however long it is. Rows that
// repeat may stay in the left one if they may in both, or if the right one drops
// them.
func (a *analyzer) continued(op *ast.SetOperation, left relation) *plan.SetOperation {
	union, ok := left.node.(*plan.SetOperation)
	if !ok || op.Kind != ast.Union || union.Kind != ast.Union || op.All && !union.All || len(union.Columns) != len(left.fields) {
		return nil
	}
	for i, c := range union.Columns {
		if left.fields[i].column.ID != c.ID {
			return nil
		}
	}
	return union
}

func columnIDs(r relation) []plan.ID {
	ids := make([]plan.ID, len(r.fields))
	for i, f := range r.fields {
		ids[i] = f.column.ID
	}
	return ids
}

// corresponds matches a set operation that lists its columns.
var corresponds = regexp.MustCompile(`(?i)^\w+\s+((ALL|DISTINCT)\s+)?CORRESPONDING\s+BY\b`)

// corresponding keeps the columns that both sides name, in the order of the left one.
func (a *analyzer) corresponding(op *ast.SetOperation, left, right relation) (matchedLeft, matchedRight relation, err error) {
	if corresponds.MatchString(a.written(op.Position(), math.MaxInt32)) {
		return left, right, a.fail(op, notSupported, "CORRESPONDING with columns is unsupported")
	}
	byName := map[string]field{}
	for _, side := range []relation{left, right} {
		clear(byName)
		for _, f := range side.fields {
			name := strings.ToLower(f.name)
			switch _, twice := byName[name]; {
			case name == "":
				return left, right, a.fail(op, "MISSING_COLUMN_NAME", "Anonymous columns are not allowed in set operations with CORRESPONDING")
			case twice:
				return left, right, a.fail(op, ambiguousName, "Duplicate columns found when using CORRESPONDING in set operations: %s", f.name)
			}
			byName[name] = f
		}
	}
	matchedLeft, matchedRight = relation{node: left.node}, relation{node: right.node}
	for _, f := range left.fields {
		if other, ok := byName[strings.ToLower(f.name)]; ok {
			matchedLeft.fields, matchedRight.fields = append(matchedLeft.fields, f), append(matchedRight.fields, other)
		}
	}
	if len(matchedLeft.fields) == 0 {
		return left, right, a.fail(op, mismatchedAliases, "No corresponding columns")
	}
	return matchedLeft, matchedRight, nil
}

func (a *analyzer) combine(op *ast.SetOperation, common []datatype.Type, inputs ...relation) relation {
	node := &plan.SetOperation{Kind: op.Kind, All: op.All}
	fields := make([]field, len(common))
	for i, t := range common {
		column := a.column(t)
		node.Columns = append(node.Columns, column)
		fields[i] = field{name: inputs[0].fields[i].name, column: column}
	}
	for _, input := range inputs {
		node.Inputs, node.Maps = append(node.Inputs, input.node), append(node.Maps, columnIDs(input))
	}
	return relation{node: node, fields: fields}
}

// values analyzes VALUES: rows of one shape, whose columns have no names.
func (a *analyzer) values(v *ast.Values, outer *scope) (relation, error) {
	x := &exprs{analyzer: a, scope: outer}
	rows := make([][]plan.Expr, len(v.Rows))
	var common []datatype.Type
	for i, e := range v.Rows {
		if a.noAggregates("VALUES", e) != nil {
			return relation{}, a.refuse(e, "an aggregate in VALUES")
		}
		typed, err := x.expr(e)
		if err != nil {
			return relation{}, err
		}
		rows[i] = rowItems(typed)
		if i == 0 {
			common = types(rows[i])
			continue
		}
		if len(rows[i]) != len(common) {
			return relation{}, a.fail(v, typeMismatch, "Values rows have mismatched sizes: %d vs %d", len(common), len(rows[i]))
		}
		if common, err = a.valuesTypes(v, common, types(rows[i])); err != nil {
			return relation{}, err
		}
	}
	node := &plan.Values{}
	fields := make([]field, len(common))
	for i, t := range common {
		fields[i].column = a.column(t)
		node.Columns = append(node.Columns, fields[i].column)
	}
	for _, row := range rows {
		coerced := make([]plan.Expr, len(row))
		for i, e := range row {
			coerced[i] = coerce(e, common[i])
		}
		node.Rows = append(node.Rows, coerced)
	}
	return relation{node: node, fields: fields}, nil
}

func rowItems(e plan.Expr) []plan.Expr {
	if row, ok := e.(*plan.RowOf); ok {
		return row.Items
	}
	t := e.Type()
	if t.Kind != datatype.Row {
		return []plan.Expr{e}
	}
	items := make([]plan.Expr, len(t.Elems))
	for i, elem := range t.Elems {
		items[i] = &plan.Field{X: e, Index: i, T: elem}
	}
	return items
}

func (a *analyzer) valuesTypes(v *ast.Values, left, right []datatype.Type) ([]datatype.Type, error) {
	common := make([]datatype.Type, len(left))
	for i := range left {
		t, ok := datatype.Common(left[i], right[i])
		if !ok {
			return nil, a.fail(v, typeMismatch, "Values rows have mismatched types: %s vs %s",
				datatype.RowOf(nil, left), datatype.RowOf(nil, right))
		}
		common[i] = t
	}
	return common, nil
}
