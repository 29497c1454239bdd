// Package replaytest holds our answers against those that a real Trino gave.
//
// It reads the recorded questions, makes the tables that they ask of, and says
// how an answer stands to the recorded one. How the answer came about, by
// analysis alone, by an engine or through a server, is its caller's matter.
package replaytest

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/sql/datatype"
)

// Question is a statement, and what Trino answered to it: columns and rows, or
// an error.
type Question struct {
	ID      string
	SQL     string
	Columns [][2]string         // name and type
	Rows    [][]json.RawMessage // as Trino's protocol spells values; nil where there is a digest instead
	Order   string              // "any" where Trino itself gave the rows in one order and another

	RowCount int    `json:"row_count"`     // of an answer that is recorded by its digest
	SHA256   string `json:"sha256_sorted"` // of the rows as JSON, sorted, joined by newlines; empty where there are rows

	Error   string // Trino's name of the error, such as "COLUMN_NOT_FOUND"; empty where there was none
	At      string // line:column
	Message string
}

// Open says why the recorded answer is one of many, or of the asker's own making,
// so that ours in a spelling need not equal it. It is empty for almost all.
func (q Question) Open(s Spelling) string {
	reasons := map[string]string{
		"994c9e082547": "numbers rows that no ORDER BY puts in order",
		"f28c21438969": "asks for a hidden column of Trino's tpch connector",
		"201f4100052c": "asks for the columns of the session's own database, which has another name here",
		"09a5fe8d52c5": "matches rows in an order that leaves some of them equal, of which each has another answer",
		"bb3b1e9f3ff8": "asks for a hidden column of Trino's tpch connector",
	}
	for _, id := range []string{"bb281ef2d8d0", "31ce66fb85e0"} {
		reasons[id] = "asks for the rows of a larger database, which are not among the recorded tables"
	}
	if s == Athena {
		reasons["09755f88369b"] = "counts the databases, of which every account of Athena has one more, default"
	}
	if s == Protocol {
		reasons["ed65e8cef4f8"] = "the recorded client printed a map that is a map's key in the order of a Java HashMap"
		reasons["dfdf9256aeaf"] = "a digest of sums of doubles, whose last digits depend on the order of the rows"
		reasons["44610780572f"] = reasons["dfdf9256aeaf"]
	}
	return reasons[q.ID]
}

// Trino returns what Trino's own tests ask, of the tables of TPCH or of none.
func Trino(tb testing.TB) []Question {
	tb.Helper()
	// An id may stand for several texts; its answers are in the same order.
	answers := map[string][]Question{}
	for _, q := range material.Lines[Question](tb, "sql", "trino_results.jsonl") {
		answers[q.ID] = append(answers[q.ID], q)
	}
	var questions []Question
	for _, source := range []struct{ file, before string }{{"trino_functions.jsonl", "SELECT "}, {"trino_statements.jsonl", ""}} {
		for _, asked := range material.Lines[Question](tb, "sql", source.file) {
			left := answers[asked.ID]
			if len(left) == 0 {
				continue
			}
			q := left[0]
			answers[asked.ID] = left[1:]
			q.SQL = source.before + asked.SQL
			questions = append(questions, q)
		}
	}
	return questions
}

// Logs returns questions about the logs of material.TruthLogs and the CloudTrail
// records of material.Data, of the tables of LogTables.
func Logs(tb testing.TB) []Question {
	tb.Helper()
	return material.Lines[Question](tb, "truth", "queries.jsonl")
}

// types returns the types of the recorded columns.
func (q Question) types() ([]datatype.Type, error) {
	types := make([]datatype.Type, len(q.Columns))
	for i, c := range q.Columns {
		t, err := datatype.Parse(c[1])
		if err != nil {
			return nil, fmt.Errorf("recorded type %s: %w", c[1], err)
		}
		types[i] = t
	}
	return types, nil
}
