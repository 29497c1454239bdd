package scalar

import (
	"errors"
	"math"
	"strconv"

	"github.com/sillok/sillok/internal/engine/scalar/json"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// jsonFamily holds the functions of JSON that are called by name. Those of a
// varchar read it from the front and stop at what they look for.
func jsonFamily() map[string]binder {
	return map[string]binder{
		"json_parse":          onWorking(jsonParse, datatype.Varchar),
		"json_format":         on(func(args []any) (any, error) { return args[0], nil }, datatype.JSON),
		"json_extract":        jsonPathBinder(jsonExtract),
		"json_extract_scalar": jsonPathBinder(jsonExtractScalar),
		"json_size":           jsonPathBinder(jsonSize),
		"json_array_length":   jsonBinder(jsonArrayLength),
		"json_array_get":      jsonBinder(jsonArrayGet, datatype.Bigint),
		"is_json_scalar":      jsonBinder(isJSONScalar),
		"json_array_contains": either(
			jsonBinder(jsonArrayContains, datatype.Boolean), jsonBinder(jsonArrayContains, datatype.Bigint),
			jsonBinder(jsonArrayContains, datatype.Double), jsonBinder(jsonArrayContains, datatype.Varchar),
		),
	}
}

// jsonBinder binds call for json or varchar and what follows.
func jsonBinder(call plain, rest ...datatype.Kind) binder {
	return either(
		on(call, append([]datatype.Kind{datatype.JSON}, rest...)...),
		on(call, append([]datatype.Kind{datatype.Varchar}, rest...)...),
	)
}

// jsonPathBinder binds call for json or varchar and a path, which it gets compiled.
func jsonPathBinder(call func(j *json.Scanner) (any, error)) binder {
	return func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if len(params) != 2 || params[0].Kind != datatype.JSON && params[0].Kind != datatype.Varchar ||
			params[1].Kind != datatype.JSONPath && !params[1].IsText() {
			return none()
		}
		paths := newMemo(json.ParsePath)
		return working(func(w *work.Work, args []any) (any, error) {
			path, err := paths.get(paddedText(params[1], args[1]))
			if err != nil {
				return nil, err
			}
			j := scanner(w, value.As[string](args[0]))
			if !path.Find(j) {
				return nil, nil
			}
			v, err := call(j)
			if err != nil {
				return nil, err
			}
			return v, w.Made(v)
		})
	}
}

// scanner returns a scanner of text that counts the values that it comes by, of
// which something is made.
func scanner(w *work.Work, text string) *json.Scanner {
	return json.Counted(text, w.Make)
}

func jsonParse(w *work.Work, args []any) (any, error) {
	text, err := json.Canonical(scanner(w, value.As[string](args[0])))
	if work.Ended(err) {
		return nil, err
	}
	if err != nil {
		return nil, sqlerr.Argument("Cannot convert value to JSON: '%s'", value.As[string](args[0]))
	}
	return text, nil
}

func jsonExtract(j *json.Scanner) (any, error) {
	b, err := json.Copy(nil, j, json.AsWritten)
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // broken text is NULL
	}
	return string(b), nil
}

// jsonExtractScalar returns a value that is no array, no object and not null as
// it is written, and a string without its quotes.
func jsonExtractScalar(j *json.Scanner) (any, error) {
	text, ok := j.ScalarText()
	if !ok {
		return nil, nil
	}
	return text, nil
}

func jsonSize(j *json.Scanner) (any, error) {
	size := int64(0)
	var err error
	switch j.Peek() {
	case 0:
		return nil, nil
	case '{':
		err = j.Members(func(string) error {
			size++
			return j.Skip()
		})
	case '[':
		err = j.Elements(func(int) error {
			size++
			return j.Skip()
		})
	default:
		err = j.Skip()
	}
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // broken text is NULL
	}
	return size, nil
}

func jsonArrayLength(args []any) (any, error) {
	j := json.New(value.As[string](args[0]))
	if j.Peek() != '[' {
		return nil, nil
	}
	return jsonSize(j)
}

// jsonArrayGet returns an element, counted from 0, or from the end when the
// index is negative. A string is without its quotes, though the result is json.
func jsonArrayGet(args []any) (any, error) {
	text, index := value.As[string](args[0]), value.As[int64](args[1])
	if index == math.MinInt64 {
		return nil, nil
	}
	if index < 0 {
		size, err := jsonArrayLength(args[:1])
		if err != nil || size == nil {
			return nil, err
		}
		index += value.As[int64](size)
	}
	j := json.New(text)
	if index < 0 || index > math.MaxInt32 || j.Peek() != '[' || !json.ElementPath(int(index)).Find(j) {
		return nil, nil
	}
	if c := j.Peek(); c == '{' || c == '[' {
		b, err := json.Copy(nil, j, json.LastWins)
		if err != nil {
			return nil, nil //nolint:nilerr,nilnil // broken text is NULL
		}
		return string(b), nil
	}
	return jsonExtractScalar(j)
}

func isJSONScalar(args []any) (any, error) {
	j := json.New(value.As[string](args[0]))
	c := j.Peek()
	if err := j.Skip(); err != nil || !j.End() {
		return nil, sqlerr.Argument("Invalid JSON value: %s", shortened(value.As[string](args[0])))
	}
	return c != '{' && c != '[', nil
}

// shortened cuts a text that is too long for a message.
func shortened(s string) string {
	const most = 10_000
	if len(s) > most {
		return s[:most] + "...(truncated)"
	}
	return s
}

// jsonArrayContains reports whether an element is the value: an integer equals
// no fraction, and a string no number.
func jsonArrayContains(args []any) (any, error) {
	if f, ok := args[1].(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
		return false, nil
	}
	j := json.New(value.As[string](args[0]))
	if j.Peek() != '[' {
		return nil, nil
	}
	err := j.Elements(func(int) error {
		is, err := jsonElementIs(j, args[1])
		if err == nil && is {
			err = json.ErrStop
		}
		return err
	})
	switch {
	case err == nil:
		return false, nil
	case errors.Is(err, json.ErrStop):
		return true, nil
	default:
		return nil, nil
	}
}

// jsonElementIs reads an element and reports whether it is want.
func jsonElementIs(j *json.Scanner, want any) (bool, error) {
	switch c := j.Peek(); {
	case c == '{' || c == '[':
		return false, j.Skip()
	case c == '"':
		raw, _, err := j.Quoted()
		s, ok := want.(string)
		return err == nil && ok && json.Unescape(raw) == s, err
	case c == '-' || c >= '0' && c <= '9':
		text, float, err := j.Number()
		if err != nil {
			return false, err
		}
		return jsonNumberIs(text, float, want), nil
	default:
		word, err := j.Word()
		b, ok := want.(bool)
		return ok && word == strconv.FormatBool(b), err
	}
}

func jsonNumberIs(text string, float bool, want any) bool {
	switch want := want.(type) {
	case int64:
		n, err := strconv.ParseInt(text, 10, 64)
		return !float && err == nil && n == want
	case float64:
		f, err := strconv.ParseFloat(text, 64)
		return float && err == nil && f == want
	}
	return false
}
