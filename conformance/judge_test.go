package conformance_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// verdict is how an answer compares with the recorded one.
type verdict int

// The verdicts.
const (
	right verdict = iota
	refusedByName
	wrong
)

// recorded is a question with the answer that a real Trino gave.
type recorded struct {
	ID           string
	SQL          string
	Columns      [][2]string
	Rows         [][]json.RawMessage
	RowCount     *int   `json:"row_count"`
	SHA256Sorted string `json:"sha256_sorted"`
	Error        string
	At           string
	Order        string
}

// readLines decodes a file of one JSON value a line.
func readLines[T any](t *testing.T, path ...string) []T {
	t.Helper()
	f, err := os.Open(filepath.Join(append([]string{material.Dir(t)}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	var out []T
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, 64<<20)
	for scanner.Scan() {
		var v T
		decoder := json.NewDecoder(bytes.NewReader(scanner.Bytes()))
		decoder.UseNumber()
		if err := decoder.Decode(&v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// judge compares a reply with the recorded answer and says what differs.
func judge(want recorded, got reply) (verdict, string) {
	if strings.HasPrefix(got.failed, sqlerr.Unsupported+":") {
		return refusedByName, got.failed
	}
	if want.Error != "" {
		return judgeError(want, got)
	}
	if got.failed != "" {
		return wrong, got.failed
	}
	kinds := make([]datatype.Type, len(want.Columns))
	if len(got.columns) != len(want.Columns) {
		return wrong, fmt.Sprintf("%d columns, want %d", len(got.columns), len(want.Columns))
	}
	for i, c := range want.Columns {
		kind, err := datatype.Parse(c[1])
		if err != nil {
			return wrong, fmt.Sprintf("recorded type %s: %v", c[1], err)
		}
		kinds[i] = kind
		if g := got.columns[i]; aws.ToString(g.Name) != c[0] || !sameType(kind, aws.ToString(g.Type), g.Precision, g.Scale) {
			return wrong, fmt.Sprintf("column %d is %s %s(%d,%d), want %s %s", i, aws.ToString(g.Name), aws.ToString(g.Type), g.Precision, g.Scale, c[0], c[1])
		}
	}
	return judgeRows(want, kinds, got.rows)
}

func judgeError(want recorded, got reply) (verdict, string) {
	expected := want.Error + ": "
	if want.At != "" {
		expected += "line " + want.At + ": "
	}
	if strings.HasPrefix(got.failed, expected) {
		return right, ""
	}
	if got.failed == "" {
		return wrong, "no error, want " + expected
	}
	return wrong, got.failed + ", want " + expected
}

// sameType says whether Athena's description of a column fits a Trino type.
func sameType(want datatype.Type, name string, precision, scale int32) bool {
	switch want.Kind {
	case datatype.Real:
		return name == "float"
	case datatype.Decimal:
		return name == "decimal" && int(precision) == want.Precision && int(scale) == want.Scale
	case datatype.Varchar:
		return name == "varchar"
	case datatype.Char:
		return name == "char" && int(precision) == want.Length
	case datatype.Time, datatype.TimeTZ, datatype.Timestamp, datatype.TimestampTZ:
		bare := map[datatype.Kind]string{
			datatype.Time: "time", datatype.TimeTZ: "time with time zone",
			datatype.Timestamp: "timestamp", datatype.TimestampTZ: "timestamp with time zone",
		}[want.Kind]
		return name == bare && int(precision) == want.Precision
	case datatype.Array:
		return name == "array"
	case datatype.Map:
		return name == "map"
	case datatype.Row:
		return name == "row"
	default:
		return name == want.String()
	}
}

func judgeRows(want recorded, kinds []datatype.Type, rows [][]*string) (verdict, string) {
	if want.RowCount != nil {
		if len(rows) != *want.RowCount {
			return wrong, fmt.Sprintf("%d rows, want %d", len(rows), *want.RowCount)
		}
		return judgeDigest(want, kinds, rows)
	}
	if len(rows) != len(want.Rows) {
		return wrong, fmt.Sprintf("%d rows, want %d", len(rows), len(want.Rows))
	}
	expected := make([][]string, len(want.Rows))
	for i, row := range want.Rows {
		for j, cell := range row {
			expected[i] = append(expected[i], spell(kinds[j], cell))
		}
	}
	actual := make([][]string, len(rows))
	for i, row := range rows {
		for _, cell := range row {
			actual[i] = append(actual[i], shown(cell))
		}
	}
	if !sameOrder(want, kinds, expected, actual) {
		return wrong, "the rows are in another order"
	}
	byText := func(a, b []string) int { return slices.Compare(rounded(kinds, a), rounded(kinds, b)) }
	slices.SortStableFunc(expected, byText)
	slices.SortStableFunc(actual, byText)
	for i := range expected {
		for j := range expected[i] {
			if !sameCell(kinds[j], expected[i][j], actual[i][j]) {
				return wrong, fmt.Sprintf("row %d, column %d is %q, want %q", i, j, actual[i][j], expected[i][j])
			}
		}
	}
	return right, ""
}

// rounded returns a row with its doubles in few digits and the parts of its maps
// sorted, so that rows which are the same sort alike.
func rounded(kinds []datatype.Type, row []string) []string {
	out := slices.Clone(row)
	for i, kind := range kinds {
		if kind.Kind == datatype.Double || kind.Kind == datatype.Real {
			if f, err := strconv.ParseFloat(row[i], 64); err == nil {
				out[i] = strconv.FormatFloat(f, 'e', 6, 64)
			}
		}
		if holdsMap(kind) {
			parts := tokens(row[i])
			slices.Sort(parts)
			out[i] = strings.Join(parts, " ")
		}
	}
	return out
}

// sameOrder says whether the rows come in the order that the query asks for:
// the columns that it orders by must have the same values row by row. Rows that
// tie may come in any order, as in Trino.
func sameOrder(want recorded, kinds []datatype.Type, expected, actual [][]string) bool {
	statement, err := parse.Statement(want.SQL)
	q, ok := statement.(*ast.Query)
	if err != nil || !ok || want.Order == "any" {
		return true
	}
	for _, key := range q.OrderBy {
		column := -1
		switch e := key.Expr.(type) {
		case *ast.Integer:
			n, err := strconv.Atoi(e.Text)
			if err != nil {
				return false
			}
			column = n - 1
		case *ast.Ident:
			column = slices.IndexFunc(want.Columns, func(c [2]string) bool { return strings.EqualFold(c[0], e.Name.Name) })
		}
		if column < 0 || column >= len(want.Columns) {
			// The key is not in the result; where it decides, so do the rows.
			continue
		}
		for i := range expected {
			if !sameCell(kinds[column], expected[i][column], actual[i][column]) {
				return false
			}
		}
	}
	return true
}

// judgeDigest compares many rows by the recorded digest, which is over rows of
// JSON; text and whole numbers can be put back into that form.
func judgeDigest(want recorded, kinds []datatype.Type, rows [][]*string) (verdict, string) {
	out := make([]string, len(rows))
	for i, row := range rows {
		cells := make([]string, len(row))
		for j, cell := range row {
			switch {
			case cell == nil:
				cells[j] = "null"
			case kinds[j].IsInteger() || kinds[j].Kind == datatype.Boolean:
				cells[j] = *cell
			case kinds[j].Kind == datatype.Double || kinds[j].Kind == datatype.Real:
				return right, "" // rows counted; the last digits of a sum may differ, and a digest does not forgive that
			case kinds[j].IsText() || kinds[j].IsTemporal() || kinds[j].Kind == datatype.Decimal || kinds[j].Kind == datatype.JSON:
				cells[j] = jsonText(*cell)
			default:
				return right, "" // rows counted; a nested value cannot be put back into JSON
			}
		}
		out[i] = "[" + strings.Join(cells, ",") + "]"
	}
	slices.Sort(out)
	sum := sha256.Sum256([]byte(strings.Join(out, "\n")))
	if hex.EncodeToString(sum[:]) != want.SHA256Sorted {
		return wrong, "the rows have another digest"
	}
	return right, ""
}

// jsonText writes text as the recorded digests have it: only what JSON must
// escape is escaped.
func jsonText(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // text always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

// spell writes a value of Trino's protocol as Athena does; NULL is "NULL".
func spell(kind datatype.Type, raw json.RawMessage) string {
	if string(raw) == "null" {
		return "NULL"
	}
	var s string
	quoted := json.Unmarshal(raw, &s) == nil
	switch kind.Kind {
	case datatype.Varbinary:
		data, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return s
		}
		pairs := make([]string, len(data))
		for i, c := range data {
			pairs[i] = fmt.Sprintf("%02x", c)
		}
		return strings.Join(pairs, " ")
	case datatype.Array:
		return nested(raw, "[", "]", func(int, string) (datatype.Type, string) { return kind.Elem(), "" })
	case datatype.Row:
		return nested(raw, "{", "}", func(i int, _ string) (datatype.Type, string) {
			name := kind.Names[i]
			if name == "" {
				name = fmt.Sprintf("field%d", i)
			}
			return kind.Elems[i], name
		})
	case datatype.Map:
		return spellMap(kind, raw)
	default:
		if quoted {
			return s
		}
		return string(raw)
	}
}

// nested spells a JSON array whose items have types, and names where those are not empty.
func nested(raw json.RawMessage, open, end string, item func(i int, text string) (datatype.Type, string)) string {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return string(raw)
	}
	parts := make([]string, len(items))
	for i, value := range items {
		kind, name := item(i, "")
		parts[i] = lowerNull(spell(kind, value))
		if name != "" {
			parts[i] = name + "=" + parts[i]
		}
	}
	return open + strings.Join(parts, ", ") + end
}

func lowerNull(s string) string {
	if s == "NULL" {
		return "null"
	}
	return s
}

// spellMap spells a map, its entries in no order.
func spellMap(kind datatype.Type, raw json.RawMessage) string {
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(raw, &entries); err != nil {
		return string(raw)
	}
	var parts []string
	for k, v := range entries {
		parts = append(parts, k+"="+lowerNull(spell(kind.Elem(), v)))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// holdsMap says whether values of a type have parts without an order.
func holdsMap(kind datatype.Type) bool {
	return kind.Kind == datatype.Map || slices.ContainsFunc(kind.Elems, holdsMap)
}

func sameCell(kind datatype.Type, want, got string) bool {
	if want == got {
		return true
	}
	if kind.Kind == datatype.Double || kind.Kind == datatype.Real {
		return closeTo(want, got)
	}
	return len(kind.Elems) > 0 && sameTokens(want, got, holdsMap(kind))
}

func closeTo(want, got string) bool {
	a, errA := strconv.ParseFloat(want, 64)
	b, errB := strconv.ParseFloat(got, 64)
	return errA == nil && errB == nil && (a == b || math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), math.Abs(b)) || math.IsNaN(a) && math.IsNaN(b))
}

// sameTokens compares nested values token by token, numbers by their value. The
// entries of a map have no order, so then the tokens are compared sorted.
func sameTokens(want, got string, anyOrder bool) bool {
	a, b := tokens(want), tokens(got)
	if anyOrder {
		slices.Sort(a)
		slices.Sort(b)
	}
	return slices.EqualFunc(a, b, func(x, y string) bool { return x == y || closeTo(x, y) })
}

// tokens returns what stands between the brackets and commas of a nested value.
func tokens(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("[]{}=, ", r) })
}
