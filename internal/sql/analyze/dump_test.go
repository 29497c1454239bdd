package analyze_test

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// dump writes a plan as text: one line for each node, expression or list, its
// parts below it.
func dump(q *plan.Query) string {
	d := &dumper{}
	for _, out := range q.Columns {
		d.line(0, "%s %s = #%d", out.Name, out.Type, out.ID)
	}
	d.value(0, "", reflect.ValueOf(q.Root))
	return d.b.String()
}

type dumper struct{ b strings.Builder }

func (d *dumper) line(depth int, format string, args ...any) {
	d.b.WriteString(strings.Repeat("  ", depth))
	fmt.Fprintf(&d.b, format+"\n", args...)
}

func (d *dumper) value(depth int, label string, v reflect.Value) {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		if text, ok := short(v.Interface()); ok {
			d.line(depth, "%s%s", label, text)
			return
		}
		v = v.Elem()
	}
	if text, ok := short(v.Interface()); ok {
		d.line(depth, "%s%s", label, text)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.line(depth, "%s%s", label, v.Type().Name())
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if v.Field(i).IsZero() || name == "T" && v.Type().Name() != "Cast" {
				continue
			}
			if v.Type().Field(i).Anonymous && v.Field(i).Kind() == reflect.Struct && name != "Column" {
				d.value(depth+1, "", v.Field(i))
				continue
			}
			d.value(depth+1, name+": ", v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			d.value(depth, label, v.Index(i))
		}
	default:
		d.line(depth, "%s%v", label, v)
	}
}

// short spells what needs no lines of its own.
func short(v any) (string, bool) {
	switch v := v.(type) {
	case datatype.Type:
		return v.String(), true
	case plan.Column:
		return fmt.Sprintf("#%d %s", v.ID, v.Type), true
	case plan.ScanColumn:
		return fmt.Sprintf("#%d %s is %s", v.ID, v.Type, v.Name), true
	case plan.Computed:
		ref, ok := v.Expr.(*plan.ColumnRef)
		return fmt.Sprintf("#%d passes", v.ID), ok && ref.ID == v.ID
	case *plan.ColumnRef:
		return fmt.Sprintf("#%d", v.ID), true
	case *plan.ParamRef:
		return fmt.Sprintf("param #%d", v.ID), true
	case *plan.Const:
		if v.Value == nil {
			return "NULL " + v.T.String(), true
		}
		return fmt.Sprintf("%v %s", v.Value, v.T), true
	case *plan.Table:
		return v.Catalog + "." + v.Database + "." + v.Name, true
	case fmt.Stringer:
		return v.String(), true
	default:
		return "", false
	}
}
