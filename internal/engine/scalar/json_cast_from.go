package scalar

import (
	"errors"
	"math/big"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/engine/scalar/json"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// jsonReader reads one value of JSON as a value of its type, or NULL.
type jsonReader func(j *json.Scanner) (any, error)

// jsonMismatchError is a JSON value that has no place in the type.
type jsonMismatchError string

// Error returns what is wrong.
func (e jsonMismatchError) Error() string { return string(e) }

// castFromJSON returns the cast of json. Numbers, booleans and strings become
// each other; arrays and objects need the nested type.
func castFromJSON(to datatype.Type) (Function, bool) {
	read, ok := jsonReaderOf(to)
	if !ok {
		return none()
	}
	return working(func(w *work.Work, args []any) (any, error) {
		text := value.As[string](args[0])
		if err := w.Make(len(text)); err != nil {
			return nil, err
		}
		j := scanner(w, text)
		v, err := read(j)
		if err == nil && !j.End() {
			err = json.ErrInvalid
		}
		if err != nil {
			return nil, jsonCastError(to, text, err)
		}
		return v, nil
	})
}

// jsonCastError words the failure to cast text.
func jsonCastError(to datatype.Type, text string, err error) error {
	if work.Ended(err) {
		return err
	}
	known, isSQL := errors.AsType[*sqlerr.Error](err)
	mismatch, isMismatch := errors.AsType[jsonMismatchError](err)
	switch to.Kind {
	default:
	case datatype.Array, datatype.Map, datatype.Row:
		switch {
		case isSQL && known.Name == sqlerr.Unsupported:
			return err
		case isSQL:
			return sqlerr.Cast("Cannot cast to %s. %s\n%s", to, known.Message, shortened(text))
		case isMismatch:
			return sqlerr.Cast("Cannot cast to %s. %s\n%s", to, string(mismatch), shortened(text))
		}
		return sqlerr.Cast("Cannot cast to %s.\n%s", to, shortened(text))
	}
	if isSQL {
		return err
	}
	return sqlerr.Cast("Cannot cast '%s' to %s", text, jsonTypeName(to))
}

// jsonTypeName is how Trino spells a type in errors about casts of JSON.
func jsonTypeName(t datatype.Type) string {
	switch t.Kind {
	case datatype.Varchar:
		return "varchar"
	case datatype.Decimal:
		return "DECIMAL(" + strconv.Itoa(t.Precision) + "," + strconv.Itoa(t.Scale) + ")"
	default:
		return t.String()
	}
}

func jsonReaderOf(t datatype.Type) (jsonReader, bool) {
	switch t.Kind {
	case datatype.JSON:
		return func(j *json.Scanner) (any, error) {
			b, err := json.Copy(nil, j, json.LastWins)
			return string(b), err
		}, true
	case datatype.Array:
		return arrayReaderOf(t)
	case datatype.Map:
		return mapReaderOf(t)
	case datatype.Row:
		return rowReaderOf(t)
	default:
		return scalarReaderOf(t)
	}
}

func scalarReaderOf(t datatype.Type) (jsonReader, bool) {
	convert, ok := jsonScalarOf(t)
	if !ok {
		return nil, false
	}
	return func(j *json.Scanner) (any, error) {
		if c := j.Peek(); c == '{' || c == '[' || c == ']' {
			return nil, jsonMismatchError("Unexpected token when cast to " + jsonTypeName(t) + ": " + string(rune(c)))
		}
		token, err := j.Scalar()
		if err != nil || token.Kind == json.Null {
			return nil, err
		}
		return convert(token)
	}, true
}

// jsonScalarOf returns how a scalar becomes a value of t.
func jsonScalarOf(t datatype.Type) (func(json.Token) (any, error), bool) {
	switch t.Kind {
	case datatype.Varchar:
		return func(token json.Token) (any, error) {
			text := token.Text
			if token.Kind == json.Float {
				f, _ := strconv.ParseFloat(text, 64) // out of range is infinite
				text = castText(datatype.Of(datatype.Double), f)
			}
			return text, nil
		}, true
	case datatype.Decimal:
		return func(token json.Token) (any, error) { return jsonDecimal(token, t) }, true
	case datatype.Boolean, datatype.Tinyint, datatype.Smallint, datatype.Integer, datatype.Bigint, datatype.Real, datatype.Double:
		return numericOf(t), true
	default:
		return nil, false
	}
}

// numericOf converts by way of the casts to t: of a string as varchar, of a
// fraction as double, of a whole number as bigint.
func numericOf(t datatype.Type) func(json.Token) (any, error) {
	casts := map[json.Kind]datatype.Type{
		json.Text: datatype.Text(), json.Float: datatype.Of(datatype.Double), json.Integer: datatype.Of(datatype.Bigint),
		json.Bool: datatype.Of(datatype.Boolean),
	}
	return func(token json.Token) (any, error) {
		if token.Kind == json.Integer && t.IsInteger() {
			n, err := strconv.ParseInt(token.Text, 10, bitSize(t.Kind))
			return n, err
		}
		if t.Kind == datatype.Double || t.Kind == datatype.Real {
			if token.Kind == json.Float || token.Kind == json.Integer {
				return jsonFloating(token.Text, t), nil
			}
		}
		cast, ok := Cast(casts[token.Kind], t)
		if !ok {
			return nil, json.ErrInvalid
		}
		var v any = token.Text
		switch token.Kind {
		case json.Float:
			v, _ = strconv.ParseFloat(token.Text, 64)
		case json.Integer:
			n, err := strconv.ParseInt(token.Text, 10, 64)
			if err != nil {
				return nil, err
			}
			v = n
		case json.Bool:
			v = token.Text == "true"
		default:
		}
		result, err := cast.apply(nil, v)
		if err != nil && token.Kind == json.Float && t.IsInteger() {
			return nil, json.ErrInvalid
		}
		return result, err
	}
}

func jsonFloating(text string, t datatype.Type) any {
	if t.Kind == datatype.Real {
		f, _ := strconv.ParseFloat(text, 32) // out of range is infinite
		return float32(f)
	}
	f, _ := strconv.ParseFloat(text, 64) // out of range is infinite
	return f
}

// jsonDecimal rounds half up.
func jsonDecimal(token json.Token, t datatype.Type) (any, error) {
	text := token.Text
	if token.Kind == json.Bool {
		text = map[string]string{"true": "1", "false": "0"}[text]
	}
	if !isPlainNumber(text) {
		return nil, json.ErrInvalid
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, json.ErrInvalid
	}
	r.Mul(r, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(t.Scale)), nil)))
	n := roundRat(r)
	if len(new(big.Int).Abs(n).String()) > t.Precision {
		return nil, sqlerr.Cast("Cannot cast input json to %s", jsonTypeName(t))
	}
	return n, nil
}

// roundRat rounds to the nearest integer, and a half away from zero.
func roundRat(r *big.Rat) *big.Int {
	num := new(big.Int).Abs(r.Num())
	num.Lsh(num, 1).Add(num, r.Denom())
	num.Quo(num, new(big.Int).Lsh(r.Denom(), 1))
	if r.Sign() < 0 {
		num.Neg(num)
	}
	return num
}

// isPlainNumber reports whether s is a decimal number with an exponent that is
// not absurd.
func isPlainNumber(s string) bool {
	mantissa, exponent, found := strings.Cut(strings.ToLower(s), "e")
	if n, err := strconv.Atoi(exponent); found && (err != nil || n > 5000 || n < -5000) {
		return false
	}
	mantissa = strings.TrimLeft(mantissa, "+-")
	return strings.Trim(mantissa, "0123456789.") == "" && strings.ContainsAny(mantissa, "0123456789") && strings.Count(mantissa, ".") < 2
}

func arrayReaderOf(t datatype.Type) (jsonReader, bool) {
	read, ok := jsonReaderOf(t.Elem())
	return func(j *json.Scanner) (any, error) {
		if null, err := j.TakeNull(); null || err != nil {
			return nil, err
		}
		if j.Peek() != '[' {
			return nil, jsonMismatchError("Expected a json array, but got " + j.Shown())
		}
		out := []any{}
		err := j.Elements(func(int) error {
			v, err := read(j)
			out = append(out, v)
			return err
		})
		return out, err
	}, ok
}

func mapReaderOf(t datatype.Type) (jsonReader, bool) {
	convert, okKey := jsonScalarOf(t.Elems[0])
	read, okValue := jsonReaderOf(t.Elems[1])
	ok := okKey && okValue && isJSONKey(t.Elems[0])
	return func(j *json.Scanner) (any, error) {
		if null, err := j.TakeNull(); null || err != nil {
			return nil, err
		}
		if j.Peek() != '{' {
			return nil, jsonMismatchError("Expected a json object, but got " + j.Shown())
		}
		out, seen := &value.Map{}, map[string]bool{}
		err := j.Members(func(raw string) error {
			key, err := convert(json.Token{Kind: json.Text, Text: json.Unescape(raw)})
			if err != nil {
				return err
			}
			val, err := read(j)
			if err != nil {
				return err
			}
			k := Key(t.Elems[0], key)
			if seen[k] {
				return jsonMismatchError("Duplicate keys are not allowed")
			}
			seen[k] = true
			out.Keys, out.Values = append(out.Keys, key), append(out.Values, val)
			return nil
		})
		return out, err
	}, ok
}

// rowReaderOf reads an array of the fields in their order, or an object, in
// which the case of names does not count and a missing one is NULL.
func rowReaderOf(t datatype.Type) (jsonReader, bool) {
	r := &rowReader{t: t}
	for _, elem := range t.Elems {
		read, ok := jsonReaderOf(elem)
		if !ok {
			return nil, false
		}
		r.fields = append(r.fields, read)
	}
	return r.read, len(r.fields) > 0
}

type rowReader struct {
	t      datatype.Type
	fields []jsonReader
}

func (r *rowReader) read(j *json.Scanner) (any, error) {
	if null, err := j.TakeNull(); null || err != nil {
		return nil, err
	}
	switch j.Peek() {
	case '[':
		return r.array(j)
	case '{':
		return r.object(j)
	}
	return nil, jsonMismatchError("Expected a json array or object, but got " + j.Shown())
}

func (r *rowReader) array(j *json.Scanner) (any, error) {
	var out []any
	err := j.Elements(func(i int) error {
		if i >= len(r.fields) {
			return jsonMismatchError("Expected json array ending, but got " + j.Shown())
		}
		v, err := r.fields[i](j)
		out = append(out, v)
		return err
	})
	if err == nil && len(out) < len(r.fields) {
		_, err = r.fields[len(out)](json.New("]"))
	}
	return out, err
}

func (r *rowReader) object(j *json.Scanner) (any, error) {
	if r.t.Names[0] == "" {
		return nil, jsonMismatchError("Cannot cast a JSON object to anonymous row type. Input must be a JSON array.")
	}
	out, seen := make([]any, len(r.fields)), make([]bool, len(r.fields))
	err := j.Members(func(raw string) error {
		name := strings.ToLower(json.Unescape(raw))
		at := -1
		for i, n := range r.t.Names {
			if n == name {
				at = i
			}
		}
		if at < 0 {
			return j.Skip()
		}
		if seen[at] {
			return jsonMismatchError("Duplicate field: " + name)
		}
		seen[at] = true
		var err error
		out[at], err = r.fields[at](j)
		return err
	})
	return out, err
}
