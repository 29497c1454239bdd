package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
)

// condition is what a question asks of a column that is taken from the keys.
type condition struct {
	column string
	text   string                  // as one would write it
	keeps  func(value string) bool // nil where only the engine knows
}

// conditionsIn returns those terms of a WHERE that are about one such column.
func conditionsIn(where ast.Expr) (found []condition) {
	switch e := where.(type) {
	case *ast.Logical:
		if e.And {
			for _, term := range e.Terms {
				found = append(found, conditionsIn(term)...)
			}
		}
	case *ast.Comparison:
		found = comparison(e)
	case *ast.Between:
		if column := keyColumn(e.X); column != "" {
			low, high := literal(e.Low), literal(e.High)
			c := condition{column: column, text: fmt.Sprintf("%s BETWEEN %s AND %s", column, spelled(e.Low), spelled(e.High))}
			if low != nil && high != nil && !e.Symmetric {
				c.keeps = func(v string) bool { return v != "" && *low <= v && v <= *high }
			}
			found = []condition{c}
		}
	case *ast.In:
		if column := keyColumn(e.X); column != "" && e.Query == nil {
			found = []condition{oneOf(column, e.List)}
		}
	default: // is about something else
	}
	return found
}

func comparison(e *ast.Comparison) []condition {
	column, value, op := keyColumn(e.Left), e.Right, e.Op
	if column == "" {
		column, value = keyColumn(e.Right), e.Left
		op = map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<="}[op]
		if op == "" {
			op = e.Op
		}
	}
	if column == "" {
		return nil
	}
	c := condition{column: column, text: column + " " + op + " " + spelled(value)}
	if text := literal(value); text != nil {
		tests := map[string]func(order int) bool{
			"=": func(o int) bool { return o == 0 }, "<>": func(o int) bool { return o != 0 },
			"<": func(o int) bool { return o < 0 }, "<=": func(o int) bool { return o <= 0 },
			">": func(o int) bool { return o > 0 }, ">=": func(o int) bool { return o >= 0 },
		}
		if test := tests[op]; test != nil {
			c.keeps = func(v string) bool { return v != "" && test(strings.Compare(v, *text)) }
		}
	}
	return []condition{c}
}

func oneOf(column string, list []ast.Expr) condition {
	var items, values []string
	known := true
	for _, item := range list {
		items = append(items, spelled(item))
		if text := literal(item); text != nil {
			values = append(values, *text)
		} else {
			known = false
		}
	}
	if len(items) > mostNamed {
		items = append(items[:mostNamed], "…")
	}
	c := condition{column: column, text: fmt.Sprintf("%s IN (%s)", column, strings.Join(items, ", "))}
	if known {
		c.keeps = func(v string) bool { return slices.Contains(values, v) }
	}
	return c
}

// keyColumn returns the column of the keys that an expression is; nothing for any
// other expression.
func keyColumn(e ast.Expr) string {
	name := ""
	switch e := e.(type) {
	case *ast.Ident:
		name = e.Name.Lower()
	case *ast.Dereference:
		if _, ok := e.Base.(*ast.Ident); ok {
			name = e.Field.Lower()
		}
	default: // computed from something
	}
	if slices.Contains([]string{accountColumn, regionColumn, dateColumn}, name) {
		return name
	}
	return ""
}

// literal returns the text of a literal as a key has it; nil for what is none.
func literal(e ast.Expr) *string {
	switch e := e.(type) {
	case *ast.String:
		return &e.Value
	case *ast.Typed:
		if strings.EqualFold(e.Type, "date") {
			return &e.Value
		}
	default: // has to be computed
	}
	return nil
}

// spelled returns an expression in SQL, with dots for what is long.
func spelled(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.String:
		return quoted(e.Value)
	case *ast.Integer:
		return e.Text
	case *ast.Typed:
		return strings.ToUpper(e.Type) + " " + quoted(e.Value)
	case *ast.CurrentTime:
		return e.Name
	case *ast.Interval:
		sign := ""
		if e.Negative {
			sign = "-"
		}
		return fmt.Sprintf("INTERVAL %s%s %s", sign, quoted(e.Value), e.From)
	case *ast.Arithmetic:
		return spelled(e.Left) + " " + e.Op + " " + spelled(e.Right)
	case *ast.Call:
		if len(e.Args) == 0 {
			return e.Name.String() + "()"
		}
		return e.Name.String() + "(…)"
	default:
		return "…"
	}
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
