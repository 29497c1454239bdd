package analyze

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// field is a column that can be named.
type field struct {
	name     string   // as written; empty when anonymous
	relation []string // lower-case names of what it belongs to, outermost first; nil when none
	column   plan.Column
	hidden   bool // seen only when named
	// output is set in the scope of ORDER BY: which column of the SELECT list this is.
	output *outputRef
	// forbidden says why the field may not be named here; empty when it may.
	forbidden string
}

// qualified returns the fields as those of a relation of another name.
func qualified(fields []field, relation ...string) []field {
	named := make([]field, len(fields))
	for i, f := range fields {
		f.relation = relation
		named[i] = f
	}
	return named
}

// matches reports whether the dotted, lower-case name names the field.
func (f *field) matches(name []string) bool {
	last := len(name) - 1
	if f.name == "" || !strings.EqualFold(f.name, name[last]) {
		return false
	}
	return hasSuffix(f.relation, name[:last])
}

func hasSuffix(names, suffix []string) bool {
	if len(suffix) > len(names) {
		return false
	}
	for i, name := range suffix {
		if names[len(names)-len(suffix)+i] != name {
			return false
		}
	}
	return true
}

// scope is the names that an expression sees. Beyond a boundary lie those of
// the enclosing query.
type scope struct {
	fields   []field
	parent   *scope
	boundary bool
	ctes     map[string]*cte
	noFrom   bool
}

// child returns a scope of fields inside s, beyond which s's own names are seen.
func (s *scope) child(fields []field) *scope { return &scope{fields: fields, parent: s} }

// query returns the scope in which a subquery of s is analyzed.
func (s *scope) query() *scope { return &scope{parent: s, boundary: true} }

// resolved is a field and whether it belongs to an enclosing query.
type resolved struct {
	field *field
	outer bool
}

// lookup finds the field that name names. It returns nil when there is none, and
// an error when there are several.
func (a *analyzer) lookup(at ast.Node, s *scope, name []string) (*resolved, error) {
	outer := false
	for ; s != nil; s = s.parent {
		a.work(1 + len(s.fields))
		var found *field
		for i := range s.fields {
			if !s.fields[i].matches(name) {
				continue
			}
			if found != nil {
				return nil, a.fail(at, ambiguousName, "Column '%s' is ambiguous", strings.Join(name, "."))
			}
			found = &s.fields[i]
		}
		if found != nil {
			return &resolved{field: found, outer: outer}, nil
		}
		if s.hasPrefix(name) {
			return nil, nil
		}
		outer = outer || s.boundary
	}
	return nil, nil
}

// hasPrefix reports whether a part of name, without its end, names a field.
func (s *scope) hasPrefix(name []string) bool {
	for n := len(name) - 1; n > 0; n-- {
		for i := range s.fields {
			if s.fields[i].matches(name[:n]) {
				return true
			}
		}
	}
	return false
}

// isColumn reports whether name, or the start of it, names a field anywhere in scope.
func (s *scope) isColumn(name []string) bool {
	for ; s != nil; s = s.parent {
		if s.hasPrefix(name) {
			return true
		}
	}
	return false
}

// cte finds a named query.
func (s *scope) cte(name string) *cte {
	for ; s != nil; s = s.parent {
		if found, ok := s.ctes[name]; ok {
			return found
		}
	}
	return nil
}

// Error names of this package beyond those of sqlerr.
const (
	ambiguousName          = "AMBIGUOUS_NAME"
	invalidColumnReference = "INVALID_COLUMN_REFERENCE"
	invalidLiteral         = "INVALID_LITERAL"
	notScalar              = "EXPRESSION_NOT_SCALAR"
	notAggregate           = "EXPRESSION_NOT_AGGREGATE"
	mismatchedAliases      = "MISMATCHED_COLUMN_ALIASES"
	invalidFrame           = "INVALID_WINDOW_FRAME"
	typeMismatch           = sqlerr.TypeMismatch
	columnNotFound         = sqlerr.ColumnNotFound
	notSupported           = sqlerr.NotSupported
)

func anonymous(i int) string { return fmt.Sprintf("_col%d", i) }

func lowerAll(name ast.Name) []string {
	parts := make([]string, len(name))
	for i, part := range name {
		parts[i] = part.Lower()
	}
	return parts
}

// withoutOutputs returns the scope with the columns of the SELECT list
// forbidden, for the given reason.
func (s *scope) withoutOutputs(reason string) *scope {
	if len(s.fields) == 0 || s.fields[0].output == nil {
		return s
	}
	forbidding := *s
	forbidding.fields = slices.Clone(s.fields)
	for i := range forbidding.fields {
		forbidding.fields[i].forbidden = reason
	}
	return &forbidding
}
