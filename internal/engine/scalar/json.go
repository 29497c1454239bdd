package scalar

import (
	"errors"
	"math"
	"strconv"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// jsonFamily holds the functions of JSON that are called by name. Those of a
// varchar read it from the front and stop at what they look for.
func jsonFamily() map[string]binder {
	return map[string]binder{
		"json_parse":          on(jsonParse, datatype.Varchar),
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
func jsonBinder(call Func, rest ...datatype.Kind) binder {
	return either(
		on(call, append([]datatype.Kind{datatype.JSON}, rest...)...),
		on(call, append([]datatype.Kind{datatype.Varchar}, rest...)...),
	)
}

// jsonPathBinder binds call for json or varchar and a path, which it gets compiled.
func jsonPathBinder(call func(j *jsonScanner) (any, error)) binder {
	return func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if len(params) != 2 || params[0].Kind != datatype.JSON && params[0].Kind != datatype.Varchar ||
			params[1].Kind != datatype.JSONPath && !params[1].IsText() {
			return none()
		}
		paths := newMemo(parseJSONPath)
		return pure(func(args []any) (any, error) {
			path, err := paths.get(paddedText(params[1], args[1]))
			if err != nil {
				return nil, err
			}
			j := &jsonScanner{s: value.As[string](args[0])}
			if !path.find(j) {
				return nil, nil //nolint:nilnil // SQL's NULL
			}
			return call(j)
		})
	}
}

func jsonParse(args []any) (any, error) {
	text, err := canonicalJSON(value.As[string](args[0]))
	if err != nil {
		return nil, sqlerr.Argument("Cannot convert value to JSON: '%s'", value.As[string](args[0]))
	}
	return text, nil
}

func jsonExtract(j *jsonScanner) (any, error) {
	b, err := copyJSON(nil, j, jsonCopied)
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // broken text is NULL
	}
	return string(b), nil
}

// jsonExtractScalar returns a value that is no array, no object and not null as
// it is written, and a string without its quotes.
func jsonExtractScalar(j *jsonScanner) (any, error) {
	text, ok := scalarText(j)
	if !ok {
		return nil, nil //nolint:nilnil // SQL's NULL
	}
	return text, nil
}

func scalarText(j *jsonScanner) (string, bool) {
	root := j.depth == 0
	switch c := j.peek(); {
	case c == '{' || c == '[' || c == 'n':
		return "", false
	case c == '"':
		raw, _, err := j.str()
		return unescape(raw), err == nil
	case c == '-' || c >= '0' && c <= '9':
		text, _, err := j.number()
		return text, err == nil && (!root || !j.adjoined())
	default:
		word, err := j.word()
		return word, err == nil
	}
}

// adjoined reports whether something other than white space comes at once.
func (j *jsonScanner) adjoined() bool {
	at := j.at
	j.space()
	return j.at == at && at < len(j.s)
}

func jsonSize(j *jsonScanner) (any, error) {
	size := int64(0)
	var err error
	switch j.peek() {
	case 0:
		return nil, nil //nolint:nilnil // SQL's NULL
	case '{':
		err = j.members(func(string) error {
			size++
			return j.skip()
		})
	case '[':
		err = j.elements(func(int) error {
			size++
			return j.skip()
		})
	default:
		err = j.skip()
	}
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // broken text is NULL
	}
	return size, nil
}

func jsonArrayLength(args []any) (any, error) {
	j := &jsonScanner{s: value.As[string](args[0])}
	if j.peek() != '[' {
		return nil, nil //nolint:nilnil // SQL's NULL
	}
	return jsonSize(j)
}

// jsonArrayGet returns an element, counted from 0, or from the end when the
// index is negative. A string is without its quotes, though the result is json.
func jsonArrayGet(args []any) (any, error) {
	text, index := value.As[string](args[0]), value.As[int64](args[1])
	if index == math.MinInt64 {
		return nil, nil //nolint:nilnil // SQL's NULL
	}
	if index < 0 {
		size, err := jsonArrayLength(args[:1])
		if err != nil || size == nil {
			return nil, err
		}
		index += value.As[int64](size)
	}
	j := &jsonScanner{s: text}
	if index < 0 || index > math.MaxInt32 || j.peek() != '[' || !(jsonPath{{name: strconv.FormatInt(index, 10), index: int(index)}}).find(j) {
		return nil, nil //nolint:nilnil // SQL's NULL
	}
	if c := j.peek(); c == '{' || c == '[' {
		b, err := copyJSON(nil, j, jsonTree)
		if err != nil {
			return nil, nil //nolint:nilerr,nilnil // broken text is NULL
		}
		return string(b), nil
	}
	return jsonExtractScalar(j)
}

func isJSONScalar(args []any) (any, error) {
	j := &jsonScanner{s: value.As[string](args[0])}
	c := j.peek()
	if err := j.skip(); err != nil || !j.end() {
		return nil, sqlerr.Argument("Invalid JSON value: %s", shortened(j.s))
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
	j := &jsonScanner{s: value.As[string](args[0])}
	if j.peek() != '[' {
		return nil, nil //nolint:nilnil // SQL's NULL
	}
	err := j.elements(func(int) error {
		is, err := jsonElementIs(j, args[1])
		if err == nil && is {
			err = errStop
		}
		return err
	})
	switch {
	case err == nil:
		return false, nil
	case errors.Is(err, errStop):
		return true, nil
	default:
		return nil, nil //nolint:nilnil // broken text is NULL
	}
}

// jsonElementIs reads an element and reports whether it is want.
func jsonElementIs(j *jsonScanner, want any) (bool, error) {
	switch c := j.peek(); {
	case c == '{' || c == '[':
		return false, j.skip()
	case c == '"':
		raw, _, err := j.str()
		s, ok := want.(string)
		return err == nil && ok && unescape(raw) == s, err
	case c == '-' || c >= '0' && c <= '9':
		text, float, err := j.number()
		if err != nil {
			return false, err
		}
		return jsonNumberIs(text, float, want), nil
	default:
		word, err := j.word()
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
