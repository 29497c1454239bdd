package conformance_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/parse"
)

// truthRight is how many of the questions about logs have the right answer. It
// only ever rises.
const truthRight = 130

// TestQuestionsAboutLogs asks each recorded question about logs and compares
// with a real Trino's answer.
func TestQuestionsAboutLogs(t *testing.T) {
	s := serve(t, t.TempDir())
	a := newAsker(t, s)
	a.bucket("truth")
	a.upload(material.TruthLogs(t), "truth", "")
	a.upload(filepath.Join(material.Data(t), "cloudtrail", "invictus-ir_aws_dataset", "s3"), "truth", "")
	tables, err := os.ReadFile(filepath.Join(material.Dir(t), "truth", "tables.sql"))
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range parse.Split(strings.ReplaceAll(string(tables), "BUCKET", "truth")) {
		a.do(statement)
	}
	questions := readLines[recorded](t, "truth", "queries.jsonl")
	counts := map[verdict]int{}
	for _, q := range questions {
		got, err := a.ask(t.Context(), q.SQL)
		if err != nil {
			t.Fatalf("%s: %v", q.ID, err)
		}
		v, why := judge(q, got)
		if v == wrong && got.failed == "" && a.anyRows(q, got) {
			v, why = right, ""
		}
		counts[v]++
		switch v {
		case wrong:
			t.Errorf("wrong: %s: %s\n%s", q.ID, why, q.SQL)
		case refusedByName:
			t.Logf("refused: %s: %s", q.ID, why)
		case right:
		}
	}
	report(t, "Questions about logs", "%d of %d right, %d refused by name, %d wrong", counts[right], len(questions), counts[refusedByName], counts[wrong])
	if counts[right] < truthRight {
		t.Errorf("%d right, want at least %d", counts[right], truthRight)
	}
}

// anyRows says whether the question leaves open which rows are wanted, as LIMIT
// without ORDER BY does, and the reply has as many, all from the whole answer.
func (a *asker) anyRows(q recorded, got reply) bool {
	a.t.Helper()
	statement, err := parse.Statement(q.SQL)
	if err != nil {
		return false
	}
	query, ok := statement.(*ast.Query)
	if !ok || query.Limit == nil || len(query.OrderBy) > 0 || len(got.rows) != len(q.Rows) {
		return false
	}
	whole := a.do(q.SQL[:query.Limit.Position()])
	rows := map[string]int{}
	for _, row := range whole.rows {
		rows[strings.Join(joined([][]*string{row}), "")]++
	}
	for _, row := range got.rows {
		line := strings.Join(joined([][]*string{row}), "")
		if rows[line]--; rows[line] < 0 {
			return false
		}
	}
	return true
}
