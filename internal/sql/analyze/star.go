package analyze

import (
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// star expands *, relation.* or row.* of the SELECT list.
func (s *selection) star(x *exprs, item ast.SelectItem) error {
	if item.Expr == nil {
		return s.starOfAll(item)
	}
	if name := dotted(item.Expr); name != nil {
		fields, outer := s.relationFields(name)
		if outer {
			for _, f := range fields {
				if f.name == "" {
					return s.fail(s.node, notSupported, "SELECT * from outer scope table not supported with anonymous columns")
				}
			}
		}
		if fields != nil {
			return s.addFields(item, fields)
		}
		if found, err := s.lookup(item.Expr, s.source, name); err == nil && found == nil && !s.source.isColumn(name) {
			return s.fail(item, "TABLE_NOT_FOUND", "Unable to resolve reference %s", strings.Join(name, "."))
		}
	}
	return s.starOfRow(x, item)
}

func (s *selection) starOfAll(item ast.SelectItem) error {
	if s.source.noFrom {
		return s.fail(item, columnNotFound, "SELECT * not allowed in queries without FROM clause")
	}
	fields := visible(s.source.fields)
	if len(fields) == 0 {
		return s.fail(item, columnNotFound, "SELECT * not allowed from relation that has no columns")
	}
	return s.addFields(item, fields)
}

// relationFields returns the fields of the relation that name names, and whether
// it belongs to an enclosing query; nil when there is none.
func (s *selection) relationFields(name []string) (fields []field, outer bool) {
	for in := s.source; in != nil; in = in.parent {
		for _, f := range visible(in.fields) {
			if f.relation != nil && hasSuffix(f.relation, name) {
				fields = append(fields, f)
			}
		}
		if fields != nil {
			return fields, outer
		}
		outer = outer || in.boundary
	}
	return nil, false
}

func (s *selection) addFields(item ast.SelectItem, fields []field) error {
	if len(item.StarAliases) > 0 && len(item.StarAliases) != len(fields) {
		return s.fail(item.StarAliases[0], mismatchedAliases, "Column alias list has %d entries but relation has %d columns",
			len(item.StarAliases), len(fields))
	}
	for i, f := range fields {
		ref := &plan.ColumnRef{ID: f.column.ID, T: f.column.Type}
		out := output{expr: ref, name: f.name, field: &fields[i]}
		if len(item.StarAliases) > 0 {
			out.name, out.field = canonical(item.StarAliases[i]), nil
		}
		if s.node.Distinct && !f.column.Type.Comparable() {
			return s.fail(s.node, typeMismatch, "DISTINCT can only be applied to comparable types (actual: %s)", f.column.Type)
		}
		s.addOutput(out)
	}
	return nil
}

// canonical is the name that Trino shows for an alias of a star's column:
// unlike any other, it is in upper case unless quoted.
func canonical(name ast.Identifier) string {
	if name.Quoted {
		return name.Name
	}
	return strings.ToUpper(name.Name)
}

func (s *selection) starOfRow(x *exprs, item ast.SelectItem) error {
	row, err := x.expr(item.Expr)
	if err != nil {
		return err
	}
	t := row.Type()
	if t.Kind != datatype.Row {
		return s.fail(s.node, typeMismatch, "expected expression of type Row")
	}
	if len(item.StarAliases) > 0 && len(item.StarAliases) != len(t.Elems) {
		return s.fail(item.StarAliases[0], mismatchedAliases, "Column alias list has %d entries but relation has %d columns",
			len(item.StarAliases), len(t.Elems))
	}
	for i, elem := range t.Elems {
		out := output{expr: &plan.Field{X: row, Index: i, T: elem}, name: t.Names[i], at: item.Expr}
		if len(item.StarAliases) > 0 {
			out.name = canonical(item.StarAliases[i])
		}
		s.addOutput(out)
	}
	return nil
}
