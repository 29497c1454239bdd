package analyze

import (
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// json types the standard's JSON functions.
func (x *exprs) json(e *ast.JSONCall) (plan.Expr, error) {
	switch name := strings.ToUpper(e.Name); name {
	case "JSON_EXISTS", "JSON_VALUE", "JSON_QUERY":
		return x.jsonPath(e, strings.ToLower(name))
	case "JSON_OBJECT", "JSON_ARRAY":
		return x.jsonBuild(e, strings.ToLower(name))
	default:
		return nil, x.refuse(e, name)
	}
}

func (x *exprs) jsonPath(e *ast.JSONCall, name string) (plan.Expr, error) {
	call := &plan.JSONPathCall{Name: name, Wrapper: "WITHOUT"}
	path, ok := e.Path.(*ast.String)
	if !ok {
		return nil, x.refuse(e, "a JSON path that is not a literal")
	}
	call.Path = path.Value
	input, err := x.jsonItem(e.Input, "JSON "+strings.TrimPrefix(strings.TrimPrefix(e.InputJSON, "JSON"), " "))
	if err != nil {
		return nil, err
	}
	call.Input, call.Encoding = input.Expr, input.Encoding
	if err := x.checkPath(e, path); err != nil {
		return nil, err
	}
	if call.Passing, err = x.jsonPassing(e); err != nil {
		return nil, err
	}
	switch name {
	case "json_exists":
		call.T = boolean
		call.OnError = plan.JSONBehavior{Kind: "FALSE"}
		if e.OnError != nil {
			call.OnError.Kind = e.OnError.Kind
		}
		return call, nil
	case "json_value":
		return call, x.jsonValueClauses(e, call)
	default:
		return call, x.jsonQueryClauses(e, call)
	}
}

// jsonPassing types the parameters of a path.
func (x *exprs) jsonPassing(e *ast.JSONCall) ([]plan.JSONPassing, error) {
	var passing []plan.JSONPassing
	for _, p := range e.Passing {
		item, err := x.jsonItem(p.Value.Expr, p.Value.Format)
		if err != nil {
			return nil, err
		}
		if !item.JSON && !jsonValue(item.Expr.Type()) {
			return nil, x.fail(e, notSupported, "Unsupported type of JSON path parameter: %s", item.Expr.Type())
		}
		passing = append(passing, plan.JSONPassing{Name: canonical(p.Name), Value: item})
	}
	return passing, nil
}

func (x *exprs) jsonValueClauses(e *ast.JSONCall, call *plan.JSONPathCall) error {
	call.T = datatype.Text()
	if e.Returning != nil {
		t, err := x.typeOf(e, e.Returning)
		if err != nil {
			return err
		}
		if !t.IsText() && !t.IsNumeric() && !t.IsTemporal() && t.Kind != datatype.Boolean {
			return x.fail(e, typeMismatch, "Invalid return type of function JSON_VALUE: %s", t)
		}
		call.T = t
	}
	var err error
	if call.OnEmpty, err = x.jsonBehavior(e.OnEmpty, call.T, "EMPTY"); err != nil {
		return err
	}
	call.OnError, err = x.jsonBehavior(e.OnError, call.T, "ERROR")
	return err
}

func (x *exprs) jsonBehavior(b *ast.JSONBehavior, t datatype.Type, event string) (plan.JSONBehavior, error) {
	if b == nil {
		return plan.JSONBehavior{Kind: "NULL"}, nil
	}
	behavior := plan.JSONBehavior{Kind: b.Kind}
	if b.Default == nil {
		return behavior, nil
	}
	value, err := x.expr(b.Default)
	if err != nil {
		return behavior, err
	}
	behavior.Default, err = x.want(b.Default, value, t, "Function JSON_VALUE default ON "+event+" result")
	return behavior, err
}

func (x *exprs) jsonQueryClauses(e *ast.JSONCall, call *plan.JSONPathCall) error {
	var err error
	if call.T, call.Output, err = x.jsonOutput(e); err != nil {
		return err
	}
	if e.Wrapper != "" {
		call.Wrapper = e.Wrapper
	}
	if e.Quotes != "" && call.Wrapper != "WITHOUT" {
		return x.fail(e, "INVALID_FUNCTION_ARGUMENT", "%s QUOTES behavior specified with WITH %s ARRAY WRAPPER behavior",
			strings.Fields(e.Quotes)[0], call.Wrapper)
	}
	call.OmitQuotes = strings.HasPrefix(e.Quotes, "OMIT")
	call.OnEmpty, call.OnError = plan.JSONBehavior{Kind: "NULL"}, plan.JSONBehavior{Kind: "NULL"}
	if e.OnEmpty != nil {
		call.OnEmpty.Kind = e.OnEmpty.Kind
	}
	if e.OnError != nil {
		call.OnError.Kind = e.OnError.Kind
	}
	return nil
}

// jsonOutput returns the type of RETURNING and the encoding of a binary one.
func (x *exprs) jsonOutput(e *ast.JSONCall) (t datatype.Type, encoding string, err error) {
	t = datatype.Text()
	if e.Returning != nil {
		if t, err = x.typeOf(e, e.Returning); err != nil {
			return t, "", err
		}
	}
	format, encoding := jsonFormat(e.ReturningFormat)
	switch {
	case t.Kind == datatype.Varbinary && encoding == "":
		return t, "UTF8", nil
	case t.Kind == datatype.Varbinary, t.IsText() && encoding == "":
		return t, encoding, nil
	}
	return t, "", x.fail(e, typeMismatch, "Cannot output JSON value as %s using formatting %s", t, format)
}

// jsonFormat reads FORMAT JSON [ENCODING e]: its spelling, and the encoding.
func jsonFormat(written string) (format, encoding string) {
	encoding = strings.TrimSpace(strings.TrimPrefix(written, "JSON"))
	if encoding != "" {
		return "JSON ENCODING " + encoding, encoding
	}
	return "JSON", ""
}

// jsonItem types a value that is to become part of JSON.
func (x *exprs) jsonItem(e ast.Expr, format string) (plan.JSONItem, error) {
	typed, err := x.expr(e)
	if err != nil || format == "" {
		return plan.JSONItem{Expr: typed, JSON: isJSONForm(e)}, err
	}
	spelled, encoding := jsonFormat(format)
	t := typed.Type()
	switch {
	case t.Kind == datatype.Varbinary && encoding == "":
		encoding = "UTF8"
	case t.Kind == datatype.Varbinary:
	case (t.IsText() || t.Kind == datatype.Unknown) && encoding == "":
	default:
		return plan.JSONItem{}, x.fail(e, typeMismatch, "Cannot read input of type %s as JSON using formatting %s", t, spelled)
	}
	return plan.JSONItem{Expr: typed, JSON: true, Encoding: encoding}, nil
}

// isJSONForm reports whether e yields JSON as text, which nests as JSON.
func isJSONForm(e ast.Expr) bool {
	call, ok := e.(*ast.JSONCall)
	if !ok {
		return false
	}
	switch strings.ToUpper(call.Name) {
	case "JSON_QUERY", "JSON_OBJECT", "JSON_ARRAY":
		return true
	}
	return false
}

// jsonValue reports whether a value of type t has a form in JSON: its own, or its text.
func jsonValue(t datatype.Type) bool { return datatype.CanCast(t, datatype.Text()) }

func (x *exprs) jsonBuild(e *ast.JSONCall, name string) (plan.Expr, error) {
	build := &plan.JSONBuild{Name: name, NullOnNull: name == "json_object", UniqueKeys: e.UniqueKeys}
	if e.NullOnNull != nil {
		build.NullOnNull = *e.NullOnNull
	}
	values := e.Elements
	for _, m := range e.Members {
		key, err := x.expr(m.Key)
		if err != nil {
			return nil, err
		}
		if !key.Type().IsText() {
			return nil, x.fail(m.Key, "INVALID_FUNCTION_ARGUMENT", "Invalid type of JSON object key: %s", key.Type())
		}
		if e.UniqueKeys && m.Value.Format != "" {
			return nil, x.fail(e, notSupported, "WITH UNIQUE KEYS behavior is not supported for JSON_OBJECT function when input expression has FORMAT")
		}
		build.Keys = append(build.Keys, key)
		values = append(values, m.Value)
	}
	for _, v := range values {
		item, err := x.jsonItem(v.Expr, v.Format)
		if err != nil {
			return nil, err
		}
		if !item.JSON && !jsonValue(item.Expr.Type()) {
			at := ast.Expr(e)
			if item.Expr.Type().Kind == datatype.Varbinary {
				at = v.Expr
			}
			return nil, x.fail(at, notSupported, "Unsupported type of value passed to %s function: %s", strings.ToUpper(name), item.Expr.Type())
		}
		if !item.JSON && item.Expr.Type().Kind == datatype.JSON { // its text, which may be NULL
			item.Expr = &plan.Cast{X: item.Expr, T: datatype.Text()}
		}
		build.Items = append(build.Items, item)
	}
	var err error
	build.T, build.Output, err = x.jsonOutput(e)
	return build, err
}
