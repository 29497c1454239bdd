package fold

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/sillok/sillok/internal/sql/plan"
)

// set is a set of expressions that are the same however often they are computed.
type set struct{ keys map[string]bool }

func newSet() *set { return &set{keys: map[string]bool{}} }

func (s *set) has(e plan.Expr) bool { return len(s.keys) > 0 && s.keys[keyOf(e)] }

func (s *set) add(e plan.Expr) {
	if !volatile(e) {
		s.keys[keyOf(e)] = true
	}
}

// same reports whether two expressions are written alike.
func (s *set) same(a, b plan.Expr) bool {
	return reflect.TypeOf(a) == reflect.TypeOf(b) && keyOf(a) == keyOf(b)
}

// volatile reports whether two evaluations of e may differ.
func volatile(e plan.Expr) bool {
	return plan.Any(e, func(part plan.Expr) bool {
		call, ok := part.(*plan.Call)
		if !ok {
			return plan.Subquery(part) != nil
		}
		switch call.Name {
		case "random", "rand", "uuid", "shuffle":
			return true
		}
		return false
	})
}

// keyOf returns a text that two expressions share when they are the same.
func keyOf(e plan.Expr) string {
	var b strings.Builder
	writeKey(&b, e)
	return b.String()
}

func writeKey(b *strings.Builder, e plan.Expr) {
	switch e := e.(type) {
	case *plan.Const:
		fmt.Fprintf(b, "%#v:%s", e.Value, e.T)
		if s, ok := e.Value.(fmt.Stringer); ok {
			b.WriteString(s.String())
		}
		return
	case *plan.ColumnRef:
		fmt.Fprintf(b, "#%d", e.ID)
		return
	case *plan.ParamRef:
		fmt.Fprintf(b, "$%d", e.ID)
		return
	}
	if plan.Subquery(e) != nil {
		fmt.Fprintf(b, "subquery %p", e)
		return
	}
	fmt.Fprintf(b, "%T %s", e, e.Type())
	switch e := e.(type) {
	case *plan.Call:
		b.WriteString(e.Name)
	case *plan.Cast:
		fmt.Fprint(b, e.Try)
	case *plan.Logical:
		fmt.Fprint(b, e.And)
	case *plan.Field:
		fmt.Fprint(b, e.Index)
	case *plan.JSONPathCall, *plan.JSONBuild, *plan.Lambda, *plan.Case, *plan.NullIf:
		fmt.Fprintf(b, "%p", e) // each is the same as itself alone
	}
	b.WriteByte('(')
	for _, part := range plan.Children(e) {
		writeKey(b, part)
		b.WriteByte(',')
	}
	b.WriteByte(')')
}
