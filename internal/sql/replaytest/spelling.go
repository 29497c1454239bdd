package replaytest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
)

// Spelling is how an answer's cells are written.
type Spelling int

// The spellings, as in package engine.
const (
	Athena   Spelling = iota // text: [1, 2], {a=1, b=2}
	Protocol                 // JSON, as Trino's client protocol has it
)

// null is NULL among cells, and no text that is likely to be recorded.
const null = "\x00NULL"

// got returns a cell of ours for comparison.
func (s Spelling) got(cell *string) string {
	switch {
	case cell == nil:
		return null
	case s == Protocol:
		return canonical([]byte(*cell))
	}
	return *cell
}

// line returns a row of ours as one text.
func (s Spelling) line(row []*string) string {
	cells := make([]string, len(row))
	for i, cell := range row {
		cells[i] = strconv.Quote(s.got(cell))
	}
	return strings.Join(cells, ",")
}

// want returns a recorded cell as we would spell it.
func (s Spelling) want(t datatype.Type, raw json.RawMessage) string {
	switch {
	case string(raw) == "null":
		return null
	case s == Protocol:
		return canonical(raw)
	}
	return athena(t, raw)
}

// same says whether two cells of a type are the same value.
func (s Spelling) same(t datatype.Type, got, want string) bool {
	switch {
	case got == want:
		return true
	case got == null || want == null:
		return false
	case s == Protocol:
		return sameJSON(t, decoded(got), decoded(want))
	case isFloat(t):
		return closeTo(got, want)
	}
	return len(t.Elems) > 0 && sameTokens(got, want, holdsMap(t))
}

// keys returns what a row is sorted by, so that rows which are the same come at
// the same place: floating point numbers with few digits, parts without an order
// sorted.
func (s Spelling) keys(types []datatype.Type, row []string) []string {
	out := slices.Clone(row)
	for i, t := range types {
		switch {
		case s == Protocol && len(t.Elems) == 0 && !isFloat(t):
		case s == Protocol || holdsMap(t):
			parts := tokens(row[i])
			for j, part := range parts {
				parts[j] = rounded(part)
			}
			slices.Sort(parts)
			out[i] = strings.Join(parts, " ")
		case isFloat(t):
			out[i] = rounded(row[i])
		}
	}
	return out
}

// json returns a cell of ours in the form that digests are over. ok is false
// where that cannot be told.
func (s Spelling) json(t datatype.Type, cell *string) (text string, ok bool) {
	switch {
	case cell == nil:
		return "null", true
	case s == Protocol, t.IsInteger(), t.Kind == datatype.Boolean:
		return *cell, true
	case t.IsText(), t.IsTemporal(), t.Kind == datatype.Decimal, t.Kind == datatype.JSON:
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		err := e.Encode(*cell)
		return strings.TrimSuffix(b.String(), "\n"), err == nil
	}
	return "", false
}

func isFloat(t datatype.Type) bool { return t.Kind == datatype.Double || t.Kind == datatype.Real }

// holdsMap says whether values of a type have parts without an order.
func holdsMap(t datatype.Type) bool {
	return t.Kind == datatype.Map || slices.ContainsFunc(t.Elems, holdsMap)
}

// rounded returns a number in few digits; other text as it is.
func rounded(s string) string {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s
	}
	return strconv.FormatFloat(f, 'e', 6, 64)
}

// closeTo says whether two texts are numbers of which the one may stand for the
// other.
func closeTo(got, want string) bool {
	a, errA := strconv.ParseFloat(got, 64)
	b, errB := strconv.ParseFloat(want, 64)
	return errA == nil && errB == nil &&
		(a == b || math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), math.Abs(b)) || math.IsNaN(a) && math.IsNaN(b))
}

// sameTokens compares nested values token by token, numbers by their value. The
// entries of a map have no order, so then the tokens are compared sorted.
func sameTokens(got, want string, anyOrder bool) bool {
	a, b := tokens(got), tokens(want)
	if anyOrder {
		slices.Sort(a)
		slices.Sort(b)
	}
	return slices.EqualFunc(a, b, func(x, y string) bool { return x == y || closeTo(x, y) })
}

// tokens returns what stands between the brackets and commas of a nested value.
func tokens(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("[]{}=:, ", r) })
}

// canonical spells JSON in one way, members of objects in order.
func canonical(raw []byte) string {
	v := decoded(string(raw))
	if v == nil {
		return string(raw)
	}
	out, err := json.Marshal(v)
	if err != nil {
		return string(raw)
	}
	return string(out)
}

func decoded(text string) any {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var v any
	if decoder.Decode(&v) != nil {
		return nil
	}
	return v
}

// sameJSON compares two values of a type in the protocol's spelling. Only where
// the type is a floating point number may the numbers differ.
func sameJSON(t datatype.Type, got, want any) bool {
	switch a := got.(type) {
	case []any:
		b, ok := want.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !sameJSON(element(t, i), a[i], b[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		b, ok := want.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for key, v := range a {
			if w, ok := b[key]; !ok || !sameJSON(t.Elems[1], v, w) {
				return false
			}
		}
		return true
	}
	return got == want || isFloat(t) && closeTo(fmt.Sprint(got), fmt.Sprint(want))
}

// element returns the type of the ith item of an array or a row.
func element(t datatype.Type, i int) datatype.Type {
	if t.Kind == datatype.Row {
		return t.Elems[i]
	}
	return t.Elems[0]
}

// athena writes a value of Trino's protocol as Athena does.
func athena(t datatype.Type, raw json.RawMessage) string {
	var text string
	quoted := json.Unmarshal(raw, &text) == nil
	if t.IsSketch() {
		t = datatype.Of(datatype.Varbinary)
	}
	switch t.Kind {
	case datatype.Varbinary:
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return text
		}
		pairs := make([]string, len(data))
		for i, c := range data {
			pairs[i] = fmt.Sprintf("%02x", c)
		}
		return strings.Join(pairs, " ")
	case datatype.Array, datatype.Row:
		return athenaList(t, raw)
	case datatype.Map:
		return athenaMap(t, raw)
	default:
		if quoted {
			return text
		}
		return string(raw)
	}
}

func athenaList(t datatype.Type, raw json.RawMessage) string {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return string(raw)
	}
	parts := make([]string, len(items))
	for i, item := range items {
		parts[i] = athenaItem(element(t, i), item)
		if t.Kind == datatype.Row {
			name := t.Names[i]
			if name == "" {
				name = fmt.Sprintf("field%d", i)
			}
			parts[i] = name + "=" + parts[i]
		}
	}
	if t.Kind == datatype.Row {
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// athenaMap spells a map, its entries in no order.
func athenaMap(t datatype.Type, raw json.RawMessage) string {
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(raw, &entries); err != nil {
		return string(raw)
	}
	var parts []string
	for key, v := range entries {
		parts = append(parts, key+"="+athenaItem(t.Elem(), v))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func athenaItem(t datatype.Type, raw json.RawMessage) string {
	if string(raw) == "null" {
		return "null"
	}
	return athena(t, raw)
}
