package analyze_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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
	ID      string
	SQL     string
	Columns [][2]string
	Error   string
	At      string
	Message string
}

// tables is a catalog of tables in one database.
type tables map[string]*analyze.Relation

func (t tables) Relation(_ context.Context, catalog, database, name string) (*analyze.Relation, error) {
	switch {
	case catalog != "awsdatacatalog":
		return nil, analyze.ErrNoCatalog
	case database != "default":
		return nil, analyze.ErrNoDatabase
	}
	return t[name], nil
}

func (t tables) add(tb testing.TB, name string, columns ...string) {
	tb.Helper()
	table := &plan.Table{Catalog: "awsdatacatalog", Database: "default", Name: name}
	for _, c := range columns {
		column, spelled, _ := strings.Cut(c, " ")
		parsed, err := datatype.Parse(spelled)
		if err != nil {
			tb.Fatal(err)
		}
		table.Columns = append(table.Columns, plan.TableColumn{Name: column, Type: parsed})
	}
	t[name] = &analyze.Relation{Table: table}
}

// outcome is how an answer of ours stands to Trino's.
type outcome string

const (
	right       outcome = "right"
	refused     outcome = "refused"
	unparsed    outcome = "not parsed"
	wrongType   outcome = "wrong type"
	wrongError  outcome = "wrong error"
	rejected    outcome = "rejected"     // Trino answers
	accepted    outcome = "accepted"     // Trino rejects
	laterErrors outcome = "fails on run" // where only a run can tell
)

func ask(t *testing.T, sql string, catalog analyze.Catalog) (*plan.Query, error) {
	t.Helper()
	statement, err := parse.Statement(sql)
	if failed, ok := errors.AsType[*parse.Error](err); ok {
		return nil, &sqlerr.Error{Name: sqlerr.SyntaxError, Message: failed.Message, Line: failed.Line, Column: failed.Column}
	}
	if err != nil {
		return nil, err
	}
	q, ok := statement.(*ast.Query)
	if !ok {
		return nil, sqlerr.Refused("statement")
	}
	session := analyze.Session{Catalog: "awsdatacatalog", Database: "default", User: "tester"}
	analyzed, err := analyze.Query(t.Context(), sql, q, catalog, session)
	if err != nil {
		return nil, err
	}
	if err := sound(analyzed); err != nil {
		t.Errorf("unsound plan: %v\n%s", err, sql)
	}
	return analyzed, nil
}

func judge(want recorded, got *plan.Query, err error) (result outcome, detail string) {
	if err != nil {
		failed, ok := errors.AsType[*sqlerr.Error](err)
		if !ok {
			return rejected, err.Error()
		}
		at := ""
		if failed.Line > 0 {
			at = fmt.Sprintf("%d:%d", failed.Line, failed.Column)
		}
		switch {
		case failed.Name == sqlerr.Unsupported:
			return refused, failed.Message
		case want.Error == "":
			return rejected, failed.Error()
		case failed.Name == want.Error && at == want.At:
			return right, ""
		default:
			return wrongError, fmt.Sprintf("%s, want %s at %s: %s", failed, want.Error, want.At, want.Message)
		}
	}
	if want.Error != "" {
		if want.At == "" && want.Error != "FUNCTION_NOT_FOUND" && want.Error != "TYPE_NOT_FOUND" {
			return laterErrors, ""
		}
		return accepted, want.Error + " at " + want.At + ": " + want.Message
	}
	return judgeColumns(want, got)
}

func judgeColumns(want recorded, got *plan.Query) (result outcome, detail string) {
	var have, wanted []string
	for _, c := range got.Columns {
		have = append(have, c.Name+" "+withoutLengths(c.Type).String())
	}
	for _, c := range want.Columns {
		parsed, err := datatype.Parse(c[1])
		if err != nil {
			return wrongType, err.Error()
		}
		wanted = append(wanted, c[0]+" "+withoutLengths(parsed).String())
	}
	if !slices.Equal(have, wanted) {
		return wrongType, fmt.Sprintf("%v, want %v", have, wanted)
	}
	return right, ""
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

var show = flag.String("show", "", "outcomes of a replay to show in full, such as \"accepted,rejected\"")

// replay asks everything and counts outcomes.
func replay(t *testing.T, questions []recorded, catalog analyze.Catalog) map[outcome]int {
	t.Helper()
	counts := map[outcome]int{}
	for _, q := range questions {
		got, err := ask(t, q.SQL, catalog)
		result, detail := judge(q, got, err)
		counts[result]++
		if strings.Contains(*show, string(result)) {
			t.Logf("%s %s\n\t%s\n\t%s", q.ID, result, strings.ReplaceAll(q.SQL, "\n", "\n\t"), detail)
		}
	}
	for _, result := range []outcome{right, laterErrors, refused, unparsed, rejected, accepted, wrongType, wrongError} {
		t.Logf("%5d %s", counts[result], result)
	}
	return counts
}

func lines[T any](t *testing.T, path string, each func(T)) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
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

func TestReplayTrino(t *testing.T) {
	dir := filepath.Join(material.Dir(t), "sql")
	answers := map[string]recorded{}
	lines(t, filepath.Join(dir, "trino_results.jsonl"), func(r recorded) { answers[r.ID] = r })
	var questions []recorded
	add := func(prefix string) func(recorded) {
		return func(r recorded) {
			if answer, ok := answers[r.ID]; ok {
				answer.SQL = prefix + r.SQL
				questions = append(questions, answer)
			}
		}
	}
	lines(t, filepath.Join(dir, "trino_functions.jsonl"), add("SELECT "))
	lines(t, filepath.Join(dir, "trino_statements.jsonl"), add(""))
	counts := replay(t, questions, tpch(t, dir))
	if floor := 9570; counts[right] < floor {
		t.Errorf("%d right, want at least %d", counts[right], floor)
	}
	// The statements of five entries stand in the file without the comment above
	// them that their answers count, and one asks for a hidden column of TPC-H.
	if n := counts[rejected] + counts[accepted] + counts[wrongType] + counts[wrongError]; n > 6 {
		t.Errorf("%d answers differ from Trino's, want at most 6", n)
	}
}

// tpch returns the tables of SCHEMA.txt.
func tpch(t *testing.T, dir string) tables {
	t.Helper()
	schema, err := os.ReadFile(filepath.Join(dir, "tpch_tiny", "SCHEMA.txt"))
	if err != nil {
		t.Fatal(err)
	}
	catalog := tables{}
	for line := range strings.Lines(string(schema)) {
		name, columns, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if ok {
			catalog.add(t, name, strings.Split(columns, ", ")...)
		}
	}
	return catalog
}

func TestReplayTruth(t *testing.T) {
	dir := filepath.Join(material.Dir(t), "truth")
	var questions []recorded
	lines(t, filepath.Join(dir, "queries.jsonl"), func(r recorded) { questions = append(questions, r) })
	counts := replay(t, questions, logTables(t, dir))
	if counts[right]+counts[laterErrors] != len(questions) {
		t.Errorf("%d of %d right", counts[right], len(questions))
	}
}

// logTables returns the tables and views of tables.sql.
func logTables(t *testing.T, dir string) tables {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "tables.sql"))
	if err != nil {
		t.Fatal(err)
	}
	catalog := tables{}
	for statement := range strings.SplitSeq(string(text), ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		parsed, err := parse.Statement(statement)
		if err != nil {
			t.Fatal(err)
		}
		switch s := parsed.(type) {
		case *ast.CreateTable:
			catalog.create(t, s)
		case *ast.CreateView:
			catalog.createView(t, s)
		}
	}
	return catalog
}

func (t tables) create(tb testing.TB, s *ast.CreateTable) {
	tb.Helper()
	table := &plan.Table{Catalog: "awsdatacatalog", Database: "default", Name: s.Name.Last().Lower()}
	for i, c := range append(append([]ast.Column{}, s.Columns...), s.PartitionedBy...) {
		parsed, err := datatype.ParseHive(c.Type)
		if err != nil {
			tb.Fatal(err)
		}
		table.Columns = append(table.Columns, plan.TableColumn{Name: c.Name, Type: parsed, Partition: i >= len(s.Columns)})
	}
	table.Columns = append(table.Columns, plan.TableColumn{Name: "$path", Type: datatype.Text(), Hidden: true})
	t[table.Name] = &analyze.Relation{Table: table}
}

func (t tables) createView(tb testing.TB, s *ast.CreateView) {
	tb.Helper()
	view := &analyze.View{SQL: s.SQL, Catalog: "awsdatacatalog", Database: "default"}
	session := analyze.Session{Catalog: view.Catalog, Database: view.Database}
	parsed, err := parse.Statement(s.SQL)
	if err != nil {
		tb.Fatal(err)
	}
	q, err := analyze.Query(tb.Context(), s.SQL, as[*ast.Query](tb, parsed), t, session)
	if err != nil {
		tb.Fatal(err)
	}
	for _, c := range q.Columns {
		view.Columns = append(view.Columns, analyze.ViewColumn{Name: c.Name, Type: c.Type})
	}
	t[s.Name.Last().Lower()] = &analyze.Relation{View: view}
}
