package scalar_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/engine/eval"
	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// recorded is an expression and what a real Trino answered to it.
type recorded struct {
	ID, SQL, Error string
	Rows           [][]any
}

// TestReplay asks every recorded expression that needs no table. What the parser
// or the analyzer makes of it is not judged here.
func TestReplay(t *testing.T) {
	counts := map[string]int{}
	for _, r := range recordedExpressions(t) {
		class, detail := replay(r)
		counts[class]++
		if class == "wrong" {
			t.Errorf("%s\n  %s", r.SQL, detail)
		}
	}
	t.Logf("%v", counts)
	if atLeast := 8_200; counts["right"] < atLeast {
		t.Errorf("%d are right, fewer than the %d of before", counts["right"], atLeast)
	}
}

// replay returns the class of our answer and what is wrong with it.
func replay(r recorded) (class, detail string) {
	defer func() {
		if p := recover(); p != nil {
			class, detail = "wrong", fmt.Sprint("panic: ", p)
		}
	}()
	values, types, err := answer(r.SQL)
	if e, ok := errors.AsType[*sqlerr.Error](err); ok {
		switch {
		case e.Name == sqlerr.Unsupported:
			return "refused", e.Message
		case r.Error == e.Name:
			return "right", ""
		case e.Line > 0:
			return "rejected", e.Error() // the analyzer's matter
		default:
			return "wrong", fmt.Sprintf("got %v, want %v %v", e, r.Error, r.Rows)
		}
	}
	if err != nil {
		return "wrong", err.Error()
	}
	if r.Error != "" {
		return "accepted", "want " + r.Error
	}
	for i, v := range values {
		if !matches(types[i], v, r.Rows[0][i]) {
			return "wrong", fmt.Sprintf("got %s %s, want %v", types[i], scalar.Text(types[i], v), r.Rows[0][i])
		}
	}
	return "right", ""
}

// answer evaluates the items of a SELECT that has no FROM.
func answer(src string) (values []any, types []datatype.Type, err error) {
	statement, err := parse.Statement(src)
	if err != nil {
		return nil, nil, &sqlerr.Error{Name: sqlerr.SyntaxError, Message: err.Error(), Line: 1, Column: 1}
	}
	query, ok := statement.(*ast.Query)
	if !ok {
		return nil, nil, sqlerr.Refused("a statement")
	}
	analyzed, err := analyze.Query(context.Background(), src, query, noTables{}, analyze.Session{User: "rec"})
	if err != nil {
		return nil, nil, err
	}
	project, ok := analyzed.Root.(*plan.Project)
	if !ok || len(project.Columns) != len(analyzed.Columns) {
		return nil, nil, sqlerr.Refused("more than a projection")
	}
	if input, ok := project.Input.(*plan.Values); !ok || len(input.Columns) > 0 {
		return nil, nil, sqlerr.Refused("more than a projection")
	}
	for _, c := range project.Columns {
		program, err := eval.Compile(c.Expr, nil, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
		if err != nil {
			return nil, nil, sqlerr.Refused(err.Error())
		}
		v, err := program.Eval(nil)
		if err != nil {
			return nil, nil, err
		}
		values, types = append(values, v), append(types, c.Expr.Type())
	}
	return values, types, nil
}

type noTables struct{}

func (noTables) Relation(context.Context, string, string, string) (*analyze.Relation, error) {
	return nil, nil //nolint:nilnil // there is none
}

func recordedExpressions(t *testing.T) []recorded {
	t.Helper()
	dir := filepath.Join(material.Dir(t), "sql")
	answers := map[string]recorded{}
	for _, r := range readLines(t, filepath.Join(dir, "trino_results.jsonl")) {
		answers[r.ID] = r
	}
	var out []recorded
	for _, source := range []struct{ file, prefix string }{{"trino_functions.jsonl", "SELECT "}, {"trino_statements.jsonl", ""}} {
		for _, r := range readLines(t, filepath.Join(dir, source.file)) {
			if a, ok := answers[r.ID]; ok && (a.Error != "" || len(a.Rows) == 1) {
				a.SQL = source.prefix + r.SQL
				out = append(out, a)
			}
		}
	}
	return out
}

func readLines(t *testing.T, path string) []recorded {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	var out []recorded
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		var r recorded
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// matches reports whether v is what Trino's protocol spells as want.
func matches(typ datatype.Type, v, want any) bool {
	if v == nil || want == nil {
		return v == nil && want == nil
	}
	switch typ.Kind {
	case datatype.Boolean:
		return v == want
	case datatype.Tinyint, datatype.Smallint, datatype.Integer, datatype.Bigint:
		n, ok := want.(float64)
		return ok && math.Abs(n-float64(is[int64](v))) <= math.Abs(n)*1e-15
	case datatype.Real:
		w, ok := want.(float64)
		return ok && float32(w) == v || sameFloat(float64(is[float32](v)), want, 1e-7)
	case datatype.Double:
		return sameFloat(is[float64](v), want, 1e-9)
	case datatype.Decimal:
		d, ok := new(big.Rat).SetString(scalar.Text(typ, v))
		w, wok := new(big.Rat).SetString(fmt.Sprint(want))
		return ok && wok && d.Cmp(w) == 0 && scalar.Text(typ, v) == fmt.Sprint(want)
	case datatype.Varbinary:
		return base64.StdEncoding.EncodeToString(is[[]byte](v)) == want
	case datatype.Array, datatype.Row:
		list, ok := want.([]any)
		elems := is[[]any](v)
		if !ok || len(list) != len(elems) {
			return false
		}
		for i, elem := range elems {
			elemType := typ.Elems[0]
			if typ.Kind == datatype.Row {
				elemType = typ.Elems[i]
			}
			if !matches(elemType, elem, list[i]) {
				return false
			}
		}
		return true
	case datatype.Map:
		entries, ok := want.(map[string]any)
		m := is[*scalar.Map](v)
		if !ok || len(entries) != len(m.Keys) {
			return false
		}
		if typ.Elems[0].Kind == datatype.Map {
			return true // Trino spells such a key in the order of its hashes
		}
		for i, key := range m.Keys {
			if w, ok := entries[keyText(typ.Elems[0], key)]; !ok || !matches(typ.Elems[1], m.Values[i], w) {
				return false
			}
		}
		return true
	default:
		return scalar.Text(typ, v) == want
	}
}

// is returns v as a T, which it must be.
func is[T any](v any) T {
	t, ok := v.(T)
	if !ok {
		panic(fmt.Sprintf("a %T instead of a %T", v, t))
	}
	return t
}

// keyText is how the protocol spells the key of a map.
func keyText(typ datatype.Type, key any) string {
	if b, ok := key.([]byte); ok {
		return base64.StdEncoding.EncodeToString(b)
	}
	return scalar.Text(typ, key)
}

func sameFloat(f float64, want any, tolerance float64) bool {
	w, ok := want.(float64)
	if !ok {
		parsed, err := strconv.ParseFloat(fmt.Sprint(want), 64)
		if err != nil {
			return false
		}
		w = parsed
	}
	switch {
	case math.IsNaN(f) || math.IsNaN(w):
		return math.IsNaN(f) && math.IsNaN(w)
	case math.IsInf(f, 0) || math.IsInf(w, 0):
		return f == w
	default:
		return math.Abs(f-w) <= tolerance*math.Abs(w) && (w != 0 || f == 0)
	}
}
