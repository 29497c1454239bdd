package analyze

import (
	"errors"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

func (x *exprs) ident(e *ast.Ident) (plan.Expr, error) {
	name := e.Name.Lower()
	if p := x.lambdaParam(name); p != nil {
		return p, nil
	}
	found, err := x.lookup(e, x.scope, []string{name})
	if err != nil {
		return nil, err
	}
	if found == nil {
		text := ""
		if e.Name.Quoted {
			text = e.Name.Name
		}
		return nil, x.unresolved(e, []string{name}, text)
	}
	return x.reference(e, found)
}

// unresolved is the error for a name that no column has, with the one that was perhaps
// meant. text is what stands in double quotes, if anything.
func (x *exprs) unresolved(at ast.Node, name []string, text string) error {
	written := strings.Join(name, ".")
	var err *sqlerr.Error
	if !errors.As(x.fail(at, columnNotFound, "Column '%s' cannot be resolved", written), &err) {
		return err
	}
	var known []string
	for s := x.scope; s != nil; s = s.parent {
		for _, f := range s.fields {
			if f.name == "" || f.hidden {
				continue
			}
			full := append(slices.Clone(f.relation), strings.ToLower(f.name))
			known = append(known, strings.Join(full[max(0, len(full)-len(name)):], "."))
		}
	}
	switch near := nearest(written, known[:min(len(known), maxLikely)]); {
	case near != "":
		err.Hint = "Did you mean '" + near + "'?"
	case text != "":
		err.Hint = "Double quotes are for names: write '" + strings.ReplaceAll(text, "'", "''") + "' for text"
	}
	return err
}

func (x *exprs) lambdaParam(name string) plan.Expr {
	for _, lambda := range slices.Backward(x.lambdas) {
		for i, param := range lambda.names {
			if param == name {
				column := lambda.params[i]
				return &plan.ParamRef{ID: column.ID, T: column.Type}
			}
		}
	}
	return nil
}

// reference is the value of a field that a name resolved to.
func (x *exprs) reference(at ast.Node, found *resolved) (plan.Expr, error) {
	switch {
	case found.field.forbidden != "":
		return nil, x.fail(at, columnNotFound, "%s", found.field.forbidden)
	case found.outer && x.sealed:
		name := found.field.name
		if e, ok := at.(ast.Expr); ok {
			name = spelled(e)
		}
		return nil, x.fail(at, notSupported, "Reference to column '%s' from outer scope not allowed in this context", name)
	case found.field.output != nil && !found.outer:
		return found.field.output, nil
	case found.field.output != nil:
		return &plan.ColumnRef{ID: found.field.output.column.ID, T: found.field.output.column.Type}, nil
	}
	if x.pattern != nil && !found.outer {
		return x.patternColumn(at, found.field.column, "")
	}
	return &plan.ColumnRef{ID: found.field.column.ID, T: found.field.column.Type}, nil
}

// dereference is base.field: a qualified column if the whole names one, else a
// field of a row.
func (x *exprs) dereference(e *ast.Dereference) (plan.Expr, error) {
	name := dotted(e)
	if label, ok := x.patternLabel(e); ok {
		return x.labelled(e, label)
	}
	if name != nil && x.lambdaParam(name[0]) == nil {
		found, err := x.lookup(e, x.scope, name)
		if err != nil {
			return nil, err
		}
		if found != nil {
			return x.reference(e, found)
		}
		if !x.scope.isColumn(name) {
			return nil, x.unresolved(e, name, "")
		}
	}
	base, err := x.expr(e.Base)
	if err != nil {
		return nil, err
	}
	t := base.Type()
	if t.Kind != datatype.Row {
		return nil, x.fail(e.Base, typeMismatch, "Expression %s is not of type ROW", spelled(e.Base))
	}
	index := -1
	for i, field := range t.Names {
		if !strings.EqualFold(field, e.Field.Name) {
			continue
		}
		if index >= 0 {
			return nil, x.fail(e.Field, ambiguousName, "Ambiguous row field reference: %s", e.Field.Name)
		}
		index = i
	}
	switch {
	case index >= 0:
		return &plan.Field{X: base, Index: index, T: t.Elems[index]}, nil
	case name == nil:
		return nil, x.fail(e, invalidColumnReference, "Column reference '%s' is invalid", e.Field.Name)
	default:
		return nil, x.noField(e, name, t)
	}
}

// noField is the error for a field that a row has not, with the one that was perhaps meant.
func (x *exprs) noField(e *ast.Dereference, name []string, t datatype.Type) error {
	var err *sqlerr.Error
	if !errors.As(x.fail(e, invalidColumnReference, "Column reference '%s' is invalid", strings.Join(name, ".")), &err) {
		return err
	}
	known := make([]string, len(t.Names))
	for i, field := range t.Names {
		known[i] = strings.ToLower(field)
	}
	if near := nearest(name[len(name)-1], known); near != "" {
		err.Hint = "Did you mean '" + strings.Join(append(slices.Clone(name[:len(name)-1]), near), ".") + "'?"
	}
	return err
}

// dotted returns the lower-case parts of e when it is nothing but names and
// dots, else nil.
func dotted(e ast.Expr) []string {
	switch e := e.(type) {
	case *ast.Ident:
		return []string{e.Name.Lower()}
	case *ast.Dereference:
		if base := dotted(e.Base); base != nil {
			return append(base, e.Field.Lower())
		}
	}
	return nil
}
