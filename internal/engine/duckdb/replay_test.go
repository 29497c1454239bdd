package duckdb_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// recorded is what a real Trino answered to a statement.
type recorded struct {
	ID       string
	SQL      string
	Columns  [][2]string
	Rows     []json.RawMessage
	RowCount int    `json:"row_count"`
	SHA256   string `json:"sha256_sorted"`
	Order    string
	Error    string
	At       string
	Message  string
}

// outcome is how an answer of ours stands to Trino's.
type outcome string

const (
	right   outcome = "right"
	refused outcome = "refused"
	wrong   outcome = "wrong"
)

// catalog is tables in one database.
type catalog map[string]*analyze.Relation

// Relation returns a table of the catalog.
func (c catalog) Relation(_ context.Context, catalogName, database, name string) (*analyze.Relation, error) {
	switch {
	case catalogName != "awsdatacatalog":
		return nil, analyze.ErrNoCatalog
	case database != "default":
		return nil, analyze.ErrNoDatabase
	}
	return c[name], nil
}

// parquetTables are tables that are Parquet files of their own.
type parquetTables struct{ dir string }

// Files returns the file of a table.
func (p parquetTables) Files(_ context.Context, t *plan.Table) ([]string, error) {
	return []string{filepath.Join(p.dir, t.Name+".parquet")}, nil
}

// answer is what the engine said.
type answer struct {
	columns []plan.Output
	rows    [][]*string
	err     error
	ordered bool
}

func ask(tb testing.TB, e engine.Engine, sql string, c catalog, spelling engine.Spelling) answer {
	tb.Helper()
	statement, err := parse.Statement(sql)
	if syntax, ok := errors.AsType[*parse.Error](err); ok {
		return answer{err: &sqlerr.Error{Name: sqlerr.SyntaxError, Message: syntax.Message, Line: syntax.Line, Column: syntax.Column}}
	}
	if err != nil {
		return answer{err: err}
	}
	parsed, ok := statement.(*ast.Query)
	if !ok {
		return answer{err: sqlerr.Refused("statement")}
	}
	session := analyze.Session{Catalog: "awsdatacatalog", Database: "default", User: "rec"}
	q, err := analyze.Query(tb.Context(), sql, parsed, c, session)
	if err != nil {
		return answer{err: err}
	}
	ctx, cancel := context.WithTimeout(tb.Context(), 5*time.Minute)
	defer cancel()
	a := answer{columns: q.Columns, ordered: len(parsed.OrderBy) > 0}
	a.rows, a.err = run(ctx, e, engine.Request{SQL: sql, Query: q, Spelling: spelling})
	return a
}

// run runs a query to its end.
func run(ctx context.Context, e engine.Engine, req engine.Request) ([][]*string, error) {
	rows, err := e.Run(ctx, req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // what failed is in rows.Err
	var all [][]*string
	for rows.Next() {
		all = append(all, slices.Clone(rows.Row()))
	}
	return all, rows.Err()
}

func judge(want recorded, got answer) (result outcome, detail string) {
	if got.err != nil {
		failed, ok := errors.AsType[*sqlerr.Error](got.err)
		switch {
		case !ok:
			return wrong, got.err.Error()
		case failed.Name == sqlerr.Unsupported:
			return refused, failed.Message
		case want.Error != failed.Name:
			return wrong, fmt.Sprintf("%v, want %s: %s", failed, want.Error, want.Message)
		}
		at := ""
		if failed.Line > 0 {
			at = fmt.Sprintf("%d:%d", failed.Line, failed.Column)
		}
		if at != want.At {
			return wrong, fmt.Sprintf("%v, want it at %s", failed, want.At)
		}
		return right, ""
	}
	if want.Error != "" {
		return wrong, "want " + want.Error + ": " + want.Message
	}
	return judgeRows(want, got)
}

func judgeRows(want recorded, got answer) (result outcome, detail string) {
	for i, c := range got.columns {
		parsed, err := datatype.Parse(want.Columns[i][1])
		if err != nil || !withoutLengths(parsed).Equal(withoutLengths(c.Type)) {
			return wrong, fmt.Sprintf("column %d is %s, want %s", i, c.Type, want.Columns[i][1])
		}
	}
	have := make([]string, len(got.rows))
	for i, row := range got.rows {
		cells := make([]string, len(row))
		for j, c := range row {
			cells[j] = "null"
			if c != nil {
				cells[j] = *c
			}
		}
		have[i] = "[" + strings.Join(cells, ",") + "]"
	}
	if want.SHA256 != "" {
		return judgeDigest(want, have)
	}
	if len(have) != len(want.Rows) {
		return wrong, fmt.Sprintf("%d rows, want %d\n\t%v", len(have), len(want.Rows), have[:min(3, len(have))])
	}
	wanted := make([]string, len(want.Rows))
	for i, row := range want.Rows {
		wanted[i] = canonical(row)
	}
	for i, row := range have {
		have[i] = canonical([]byte(row))
	}
	if want.Order == "any" || !got.ordered || !equalRows(have, wanted) && sameKeys(have, wanted) {
		slices.Sort(have)
		slices.Sort(wanted)
	}
	for i := range have {
		if have[i] != wanted[i] && !close9(have[i], wanted[i]) {
			return wrong, fmt.Sprintf("row %d\n\t\t%s, want\n\t\t%s", i, have[i], wanted[i])
		}
	}
	return right, ""
}

func equalRows(a, b []string) bool {
	return slices.EqualFunc(a, b, func(x, y string) bool { return x == y || close9(x, y) })
}

// sameKeys reports whether two answers may be in the same order but for ties:
// some column has the same values in both, row by row.
func sameKeys(a, b []string) bool {
	var first []bool
	for i := range a {
		var x, y []json.RawMessage
		if json.Unmarshal([]byte(a[i]), &x) != nil || json.Unmarshal([]byte(b[i]), &y) != nil || len(x) != len(y) {
			return false
		}
		if first == nil {
			first = slices.Repeat([]bool{true}, len(x))
		}
		for j := range x {
			first[j] = first[j] && bytes.Equal(x[j], y[j])
		}
	}
	return slices.Contains(first, true)
}

func judgeDigest(want recorded, have []string) (result outcome, detail string) {
	if len(have) != want.RowCount {
		return wrong, fmt.Sprintf("%d rows, want %d", len(have), want.RowCount)
	}
	slices.Sort(have)
	sum := sha256.Sum256([]byte(strings.Join(have, "\n")))
	if hex.EncodeToString(sum[:]) != want.SHA256 {
		return wrong, fmt.Sprintf("%d rows of another digest, such as %s", len(have), have[0])
	}
	return right, ""
}

// canonical spells JSON in one way, members of objects in order.
func canonical(row []byte) string {
	decoder := json.NewDecoder(bytes.NewReader(row))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return string(row)
	}
	out, _ := json.Marshal(v)
	return string(out)
}

// close9 reports whether two rows differ in floating point numbers alone, and
// there by no more than 1e-9 of them.
func close9(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	return closeValues(x, y)
}

func closeValues(x, y any) bool {
	switch x := x.(type) {
	case float64:
		f, ok := y.(float64)
		return ok && math.Abs(x-f) <= 1e-9*max(1, math.Abs(x), math.Abs(f))
	case []any:
		list, ok := y.([]any)
		return ok && slices.EqualFunc(x, list, closeValues)
	case map[string]any:
		m, ok := y.(map[string]any)
		if !ok || len(x) != len(m) {
			return false
		}
		for k, v := range x {
			w, ok := m[k]
			if !ok || !closeValues(v, w) {
				return false
			}
		}
		return true
	default:
		return x == y
	}
}

func withoutLengths(t datatype.Type) datatype.Type {
	if t.Kind == datatype.Varchar {
		return datatype.Text()
	}
	elems := make([]datatype.Type, len(t.Elems))
	for i, elem := range t.Elems {
		elems[i] = withoutLengths(elem)
	}
	t.Elems = elems
	return t
}

// replay asks everything and counts outcomes.
func replay(t *testing.T, e engine.Engine, questions []recorded, c catalog) map[outcome]int {
	t.Helper()
	var report strings.Builder
	counts, excepted := map[outcome]int{}, exceptions(t)
	for _, q := range questions {
		if excepted[q.ID] {
			continue
		}
		result, detail := judge(q, ask(t, e, q.SQL, c, engine.Protocol))
		counts[result]++
		if result != right {
			fmt.Fprintf(&report, "%s %s\n\t%s\n\t%s\n", result, q.ID, strings.ReplaceAll(q.SQL, "\n", "\n\t"), detail)
		}
	}
	if *replayTo != "" {
		if err := os.WriteFile(*replayTo+strings.ReplaceAll(t.Name(), "/", "_"), []byte(report.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d right, %d refused, %d wrong", counts[right], counts[refused], counts[wrong])
	return counts
}

// exceptions are the answers that ours need not equal.
func exceptions(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "replay_exceptions.txt"))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if id, _, ok := strings.Cut(line, " "); ok && id != "#" {
			ids[id] = true
		}
	}
	return ids
}

func lines[T any](t *testing.T, path string, each func(T)) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, 64<<20)
	for scanner.Scan() {
		var line T
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		each(line)
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
}

// tpch returns the tables of SCHEMA.txt.
func tpch(t *testing.T, dir string) catalog {
	t.Helper()
	schema, err := os.ReadFile(filepath.Join(dir, "SCHEMA.txt"))
	if err != nil {
		t.Fatal(err)
	}
	c := catalog{}
	for line := range strings.Lines(string(schema)) {
		name, columns, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			continue
		}
		table := &plan.Table{Catalog: "awsdatacatalog", Database: "default", Name: name}
		for column := range strings.SplitSeq(columns, ", ") {
			columnName, spelled, _ := strings.Cut(column, " ")
			parsed, err := datatype.Parse(spelled)
			if err != nil {
				t.Fatal(err)
			}
			table.Columns = append(table.Columns, plan.TableColumn{Name: columnName, Type: parsed})
		}
		c[name] = &analyze.Relation{Table: table}
	}
	return c
}

func open(t *testing.T, cfg duckdb.Config) *duckdb.Engine {
	t.Helper()
	e, err := duckdb.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func TestReplayTrino(t *testing.T) {
	dir := filepath.Join(material.Dir(t), "sql")
	answers := map[string][]recorded{} // the same id stands for several texts, in order
	lines(t, filepath.Join(dir, "trino_results.jsonl"), func(r recorded) { answers[r.ID] = append(answers[r.ID], r) })
	tables := filepath.Join(dir, "tpch_tiny")
	e := open(t, duckdb.Config{Scanner: parquetTables{dir: tables}, Folders: []string{tables}})
	for _, tt := range []struct {
		file, prefix string
		right        int
	}{
		{file: "trino_functions.jsonl", prefix: "SELECT ", right: 7390},
		{file: "trino_statements.jsonl", right: 2300},
	} {
		t.Run(tt.file, func(t *testing.T) {
			var questions []recorded
			lines(t, filepath.Join(dir, tt.file), func(r recorded) {
				if list := answers[r.ID]; len(list) > 0 {
					answers[r.ID] = list[1:]
					list[0].SQL = tt.prefix + r.SQL
					questions = append(questions, list[0])
				}
			})
			counts := replay(t, e, questions, tpch(t, tables))
			if counts[right] < tt.right || counts[wrong] > 0 {
				t.Errorf("%v, want none wrong and at least %d right", counts, tt.right)
			}
		})
	}
}
