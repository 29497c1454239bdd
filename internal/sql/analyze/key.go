package analyze

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// keyOf returns a text that two expressions share when they are the same:
// built alike from the same columns.
func keyOf(e plan.Expr) string {
	k := &keyWriter{params: map[plan.ID]int{}}
	k.write(e)
	return k.b.String()
}

type keyWriter struct {
	b      strings.Builder
	params map[plan.ID]int // of lambdas, by the order in which they appear
}

func (k *keyWriter) write(e plan.Expr) {
	switch e := e.(type) {
	case *plan.Const:
		fmt.Fprintf(&k.b, "%#v:%s", e.Value, e.T)
		if s, ok := e.Value.(fmt.Stringer); ok {
			k.b.WriteString(s.String())
		}
		return
	case *plan.ColumnRef:
		fmt.Fprintf(&k.b, "#%d", e.ID)
		return
	case *plan.ParamRef:
		fmt.Fprintf(&k.b, "$%d", k.params[e.ID])
		return
	case *outputRef:
		fmt.Fprintf(&k.b, "out%d", e.index)
		return
	}
	if plan.Subquery(e) != nil {
		fmt.Fprintf(&k.b, "subquery %p", e)
		return
	}
	k.head(e)
	k.b.WriteByte('(')
	for _, part := range parts(e) {
		k.write(part)
		k.b.WriteByte(',')
	}
	k.b.WriteByte(')')
}

// head writes what tells e from others with the same parts.
func (k *keyWriter) head(e plan.Expr) {
	fmt.Fprintf(&k.b, "%T %s", e, e.Type())
	switch e := e.(type) {
	case *plan.Call:
		k.b.WriteString(e.Name)
	case *plan.Cast:
		fmt.Fprint(&k.b, e.Try)
	case *plan.Logical:
		fmt.Fprint(&k.b, e.And)
	case *plan.Field:
		fmt.Fprint(&k.b, e.Index)
	case *plan.JSONPathCall:
		fmt.Fprint(&k.b, e.Name, e.Path, e.Encoding, e.Wrapper, e.OmitQuotes, e.OnEmpty.Kind, e.OnError.Kind, e.Output, len(e.Passing))
	case *plan.JSONTable, *plan.MatchRows:
		fmt.Fprintf(&k.b, "%p", e) // stands in FROM, where nothing is compared
	case *plan.JSONBuild:
		fmt.Fprint(&k.b, e.Name, len(e.Keys), e.NullOnNull, e.UniqueKeys, e.Output)
	case *plan.Lambda:
		for _, p := range e.Params {
			k.params[p.ID] = len(k.params)
		}
	case *plan.Case:
		fmt.Fprint(&k.b, e.Operand != nil)
		k.params[e.Param.ID] = len(k.params)
	case *plan.NullIf:
		k.params[e.Param.ID] = len(k.params)
	case *aggregateRef:
		k.call(&e.call)
	case *windowRef:
		k.call(&e.call.AggregateCall)
		fmt.Fprint(&k.b, len(e.call.PartitionBy), e.call.IgnoreNulls)
		k.order(e.call.Order)
		if f := e.call.Frame; f != nil {
			fmt.Fprint(&k.b, f.Unit, f.Start.Kind, f.End.Kind)
		}
	}
}

func (k *keyWriter) call(c *plan.AggregateCall) {
	fmt.Fprint(&k.b, c.Name, c.Distinct, len(c.Args), c.Filter != nil)
	k.order(c.OrderBy)
}

func (k *keyWriter) order(keys []plan.SortKey) {
	for _, key := range keys {
		fmt.Fprint(&k.b, key.Descending, key.NullsFirst)
	}
}

// keySet is a set of expressions, such as those that are grouped by.
type keySet struct {
	columns map[string]plan.Column // by key
	shapes  map[shape]bool         // of the members, to tell most others without their keys
}

// shape is what can be told of an expression without looking into it.
type shape struct {
	node reflect.Type
	kind datatype.Kind
	name string
}

func shapeOf(e plan.Expr) shape {
	s := shape{node: reflect.TypeOf(e), kind: e.Type().Kind}
	if call, ok := e.(*plan.Call); ok {
		s.name = call.Name
	}
	return s
}

func (s *keySet) add(e plan.Expr, c plan.Column) {
	if s.columns == nil {
		s.columns, s.shapes = map[string]plan.Column{}, map[shape]bool{}
	}
	s.columns[keyOf(e)] = c
	s.shapes[shapeOf(e)] = true
}

// find returns the column of the member that is the same expression as e.
func (s *keySet) find(e plan.Expr) (plan.Column, bool) {
	if !s.shapes[shapeOf(e)] {
		return plan.Column{}, false
	}
	c, ok := s.columns[keyOf(e)]
	return c, ok
}
