package replaytest

import (
	"cmp"
	"encoding/json"
	"testing"

	"github.com/sillok/sillok/internal/kit/material"
)

// Differences returns questions on which an earlier version and Trino differed, of
// the tables of TPCH or of none. A statement that Trino can run and an engine
// cannot, such as SHOW, is among them.
func Differences(tb testing.TB) []Question {
	tb.Helper()
	type recorded struct {
		ID, SQL string
		Trino   struct {
			Question

			Type string // of the one value Val, where there are no Columns
			Val  json.RawMessage
		}
	}
	var questions []Question
	for _, r := range material.Lines[recorded](tb, "sql", "trino_differences.jsonl") {
		q := r.Trino.Question
		q.ID, q.SQL = r.ID, r.SQL
		if r.Trino.Type != "" {
			q.Columns, q.Rows = [][2]string{{"_col0", r.Trino.Type}}, [][]json.RawMessage{{r.Trino.Val}}
		}
		questions = append(questions, q)
	}
	return questions
}

// Differs says why our answer to one of Differences is rightly another than the
// recorded one. It is empty for those that must be the same.
func (q Question) Differs() string {
	return cmp.Or(expressionDifferences[q.ID], statementDifferences[q.ID])
}
