package scalar

import (
	"errors"
	"math/big"
	"strconv"

	"github.com/sillok/sillok/internal/engine/scalar/json"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// Default computes the value of a DEFAULT clause, which is asked for only where
// it is needed.
type Default func() (any, error)

// JSONPath returns how JSON_EXISTS, JSON_VALUE or JSON_QUERY is computed from
// its input, the parameters of its path and its two defaults, which are nil where the
// call has none. What it does not carry is refused by name.
func JSONPath(call *plan.JSONPathCall) (func(w *work.Work, input any, passing []any, onEmpty, onError Default) (any, error), error) {
	form, err := jsonFormOf(call)
	if err != nil {
		return nil, err
	}
	parameters, err := jsonParameters(call.Passing)
	if err != nil {
		return nil, err
	}
	return func(w *work.Work, input any, passing []any, onEmpty, onError Default) (any, error) {
		if input == nil {
			return nil, nil
		}
		items, err := form.items(w, input, passing, parameters)
		if work.Ended(err) || isRefused(err) {
			return nil, err
		}
		return form.apply(w, items, err, onEmpty, onError)
	}, nil
}

// isRefused says whether an error says what is not carried, which no clause makes good.
func isRefused(err error) bool {
	refused, ok := errors.AsType[*sqlerr.Error](err)
	return ok && refused.Name == sqlerr.Unsupported
}

type jsonForm struct {
	call   *plan.JSONPathCall
	path   json.SQLPath
	output jsonOutput
}

func jsonFormOf(call *plan.JSONPathCall) (*jsonForm, error) {
	path, err := json.ParseSQLPath(call.Path)
	if err != nil {
		return nil, err
	}
	form := &jsonForm{call: call, path: path}
	if call.Name == "json_query" {
		form.output, err = jsonOutputOf(call.T, call.Output)
	}
	return form, err
}

// apply makes the result of what a path has found, or of its failure.
func (f *jsonForm) apply(w *work.Work, items []*json.Node, failed error, onEmpty, onError Default) (any, error) {
	switch f.call.Name {
	case "json_exists":
		return f.exists(items, failed)
	case "json_query":
		return f.query(items, failed)
	}
	return f.value(w, items, failed, onEmpty, onError)
}

func (f *jsonForm) items(w *work.Work, input any, passing []any, parameters parametersOf) ([]*json.Node, error) {
	root, err := jsonRoot(w, f.call.Input.Type(), f.call.Encoding, input)
	if err != nil {
		return nil, err
	}
	given, err := parameters(w, passing)
	if err != nil {
		return nil, err
	}
	return f.path.Evaluate(root, given, func(items int) error { return w.Repeat(items, work.Element) })
}

// jsonRoot reads an input of type t.
func jsonRoot(w *work.Work, t datatype.Type, encoding string, input any) (*json.Node, error) {
	text, err := jsonInput(t, encoding, input)
	if err != nil {
		return nil, err
	}
	root, err := json.ParseNode(scanner(w, text))
	if err != nil && !work.Ended(err) {
		err = errJSONInput()
	}
	return root, err
}

// parametersOf makes the parameters of a path of the values that are passed.
type parametersOf func(w *work.Work, passing []any) (json.Parameters, error)

func jsonParameters(passing []plan.JSONPassing) (parametersOf, error) {
	for _, p := range passing {
		if t := p.Value.Expr.Type(); !p.Value.JSON && !isJSONItem(t) {
			return nil, sqlerr.Refused("a parameter of a JSON path that is of type " + t.String())
		}
	}
	return func(w *work.Work, values []any) (json.Parameters, error) {
		parameters := json.Parameters{}
		for i, p := range passing {
			switch t := p.Value.Expr.Type(); {
			case !p.Value.JSON:
				parameters[p.Name] = []*json.Node{jsonNode(t, values[i])}
			case values[i] == nil:
				parameters[p.Name] = nil
			default:
				n, err := jsonRoot(w, t, p.Value.Encoding, values[i])
				if err != nil {
					return nil, err
				}
				parameters[p.Name] = []*json.Node{n}
			}
		}
		return parameters, nil
	}, nil
}

// jsonNode returns a value of SQL, of a type that isJSONItem, as one of JSON.
func jsonNode(t datatype.Type, v any) *json.Node {
	switch v := v.(type) {
	case bool:
		return &json.Node{Kind: json.Bool, Text: strconv.FormatBool(v)}
	case int64:
		return json.IntegerNode(v)
	case float64:
		return json.FloatNode(v)
	case *big.Int:
		return json.DecimalNode(value.Text(t, v))
	case string:
		return &json.Node{Kind: json.Text, Text: value.Text(t, v)}
	default:
		return &json.Node{Kind: json.Null}
	}
}

func isJSONItem(t datatype.Type) bool {
	return t.Kind == datatype.Unknown || t.Kind == datatype.Boolean || t.IsText() || t.IsNumeric() && t.Kind != datatype.Real
}

func errJSONInput() error {
	return sqlerr.New("JSON_INPUT_CONVERSION_ERROR", "conversion to JSON failed: ")
}

func (f *jsonForm) exists(items []*json.Node, failed error) (any, error) {
	if failed == nil {
		return len(items) > 0, nil
	}
	switch f.call.OnError.Kind {
	case "TRUE":
		return true, nil
	case "FALSE":
		return false, nil
	case "UNKNOWN":
		return nil, nil
	}
	return nil, failed
}

func errOutput(format string, args ...any) error {
	return sqlerr.New("JSON_OUTPUT_CONVERSION_ERROR", "conversion from JSON failed: "+format, args...)
}

// query returns the text of what the path found.
func (f *jsonForm) query(items []*json.Node, failed error) (any, error) {
	if failed != nil {
		return f.otherwise(f.call.OnError, failed)
	}
	if len(items) == 0 {
		return f.otherwise(f.call.OnEmpty, errOutput("JSON path found no items"))
	}
	single := len(items) == 1
	if f.call.Wrapper == "UNCONDITIONAL" || f.call.Wrapper == "CONDITIONAL" && (!single || items[0].Kind < json.Array) {
		return f.output.of(string((&json.Node{Kind: json.Array, Items: items}).AppendTo(nil)))
	}
	if !single {
		return f.otherwise(f.call.OnError, errOutput("JSON path found multiple items"))
	}
	if f.call.OmitQuotes && items[0].Kind == json.Text {
		return f.output.of(items[0].Text)
	}
	return f.output.of(string(items[0].AppendTo(nil)))
}

func (f *jsonForm) otherwise(behavior plan.JSONBehavior, failed error) (any, error) {
	switch behavior.Kind {
	case "NULL":
		return nil, nil
	case "EMPTY ARRAY":
		return f.output.of("[]")
	case "EMPTY OBJECT":
		return f.output.of("{}")
	}
	return nil, failed
}

func errValue(what string) error {
	return sqlerr.New("JSON_VALUE_RESULT_ERROR", "cannot extract SQL scalar from JSON: %s", what)
}

// value casts the scalar that the path found.
func (f *jsonForm) value(w *work.Work, items []*json.Node, failed error, onEmpty, onError Default) (any, error) {
	otherwise := func(behavior plan.JSONBehavior, value Default, failed error) (any, error) {
		switch {
		case behavior.Kind == "NULL":
			return nil, nil
		case behavior.Kind == "DEFAULT" && value != nil:
			return value()
		}
		return nil, failed
	}
	switch {
	case failed != nil:
		return otherwise(f.call.OnError, onError, failed)
	case len(items) == 0:
		return otherwise(f.call.OnEmpty, onEmpty, errValue("JSON path found no items"))
	case len(items) > 1:
		return otherwise(f.call.OnError, onError, errValue("JSON path found multiple items"))
	case items[0].Kind == json.Null:
		return nil, nil
	}
	v, err := scalarAs(w, items[0], f.call.T)
	if isRefused(err) {
		return nil, err
	}
	if err != nil {
		return otherwise(f.call.OnError, onError, errValue("JSON path found an item that cannot be converted to an SQL value"))
	}
	return v, nil
}

// scalarAs casts a scalar to t: a string as varchar, a number as bigint or
// double.
func scalarAs(w *work.Work, n *json.Node, t datatype.Type) (any, error) {
	var (
		v    any
		from datatype.Type
	)
	switch n.Kind {
	case json.Bool:
		v, from = n.Text == "true", datatype.Of(datatype.Boolean)
	case json.Text:
		v, from = n.Text, datatype.Text()
	case json.Integer:
		i, err := strconv.ParseInt(n.Text, 10, 64)
		if err != nil {
			return nil, err
		}
		v, from = i, datatype.Of(datatype.Bigint)
	case json.Float:
		f, err := strconv.ParseFloat(n.Text, 64)
		if err != nil {
			return nil, err
		}
		v, from = f, datatype.Of(datatype.Double)
	default:
		return nil, json.ErrInvalid
	}
	cast, ok := Cast(from, t)
	if !ok {
		return nil, sqlerr.Refused("json_value that returns " + t.String())
	}
	return cast.apply(w, v)
}
