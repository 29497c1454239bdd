package replaytest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/replaytest"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// question returns one whose answer has the rows, each a JSON array.
func question(t *testing.T, sql string, types []string, rows ...string) replaytest.Question {
	t.Helper()
	q := replaytest.Question{SQL: sql}
	for i, spelled := range types {
		q.Columns = append(q.Columns, [2]string{string(rune('a' + i)), spelled})
	}
	for _, row := range rows {
		var cells []json.RawMessage
		if err := json.Unmarshal([]byte(row), &cells); err != nil {
			t.Fatal(err)
		}
		q.Rows = append(q.Rows, cells)
	}
	return q
}

// cells returns rows of cells that are written between bars; NULL is NULL.
func cells(rows ...string) [][]*string {
	out := make([][]*string, len(rows))
	for i, row := range rows {
		for cell := range strings.SplitSeq(row, "|") {
			if cell == "NULL" {
				out[i] = append(out[i], nil)
			} else {
				out[i] = append(out[i], &cell)
			}
		}
	}
	return out
}

func TestJudgeRows(t *testing.T) {
	const asc = "SELECT a, b FROM t ORDER BY a"
	pairs := []string{"integer", "varchar"}
	for _, tt := range []struct {
		name     string
		question replaytest.Question
		athena   [][]*string // nil where it is not asked
		protocol [][]*string
		want     replaytest.Verdict
	}{
		{"the same", question(t, "SELECT 1", pairs, `[1,"x"]`), cells("1|x"), cells(`1|"x"`), replaytest.Right},
		{"another value", question(t, "SELECT 1", pairs, `[1,"x"]`), cells("1|y"), cells(`1|"y"`), replaytest.Wrong},
		{"a row more", question(t, "SELECT 1", pairs, `[1,"x"]`), cells("1|x", "1|x"), cells(`1|"x"`, `1|"x"`), replaytest.Wrong},
		{"NULL is no text", question(t, "SELECT 1", pairs, `[1,null]`), cells("1|null"), cells(`1|"null"`), replaytest.Wrong},
		{"NULL", question(t, "SELECT 1", pairs, `[1,null]`), cells("1|NULL"), cells(`1|NULL`), replaytest.Right},
		{"any order", question(t, "SELECT a, b FROM t", pairs, `[1,"x"]`, `[2,"y"]`), cells("2|y", "1|x"), cells(`2|"y"`, `1|"x"`), replaytest.Right},
		{"an order that is asked for", question(t, asc, pairs, `[1,"x"]`, `[2,"y"]`), cells("2|y", "1|x"), cells(`2|"y"`, `1|"x"`), replaytest.Wrong},
		{"ties in any order", question(t, asc, pairs, `[1,"x"]`, `[1,"y"]`), cells("1|y", "1|x"), cells(`1|"y"`, `1|"x"`), replaytest.Right},
		{
			"a double in its last digits", question(t, "SELECT 1", []string{"double"}, `[0.1]`, `[1000]`),
			cells("1000.0000000001", "0.10000000000000001"), cells("1.0000000000000001E3", "0.10000000000000001"), replaytest.Right,
		},
		{"a double in its first digits", question(t, "SELECT 1", []string{"double"}, `[0.1]`), cells("0.1001"), cells("0.1001"), replaytest.Wrong},
		{"not a number", question(t, "SELECT 1", []string{"double"}, `["NaN"]`), cells("NaN"), cells(`"NaN"`), replaytest.Right},
		{"a bigint has no last digits", question(t, "SELECT 1", []string{"bigint"}, `[9007199254740993]`), cells("9007199254740992"), cells("9007199254740992"), replaytest.Wrong},
		{"nor has a decimal", question(t, "SELECT 1", []string{"decimal(3,1)"}, `["1.0"]`), cells("1.00"), cells(`"1.00"`), replaytest.Wrong},
		{"bytes", question(t, "SELECT 1", []string{"varbinary"}, `["aGk="]`), cells("68 69"), cells(`"aGk="`), replaytest.Right},
		{
			"nested", question(t, "SELECT 1", []string{"array(row(x integer, y double))"}, `[[[1,0.1],null]]`),
			cells("[{x=1, y=0.1000000000001}, null]"), cells("[[1,0.1000000000001],null]"), replaytest.Right,
		},
		{
			"a map in any order", question(t, "SELECT 1", []string{"map(varchar, integer)"}, `[{"a":1,"b":2}]`),
			cells("{b=2, a=1}"), cells(`{"b":2,"a":1}`), replaytest.Right,
		},
		{
			"another map", question(t, "SELECT 1", []string{"map(varchar, integer)"}, `[{"a":1,"b":2}]`),
			cells("{b=2, a=3}"), cells(`{"b":2,"a":3}`), replaytest.Wrong,
		},
	} {
		for spelling, rows := range map[replaytest.Spelling][][]*string{replaytest.Athena: tt.athena, replaytest.Protocol: tt.protocol} {
			if got, why := tt.question.JudgeRows(rows, spelling); got != tt.want {
				t.Errorf("%s, spelling %d: %s: %s", tt.name, spelling, got, why)
			}
		}
	}
}

func TestJudgeDigest(t *testing.T) {
	q := question(t, "SELECT a, b FROM t", []string{"integer", "varchar"})
	q.RowCount, q.SHA256 = 2, "0000000000000000000000000000000000000000000000000000000000000000"
	if got, _ := q.JudgeRows(cells(`2|"y"`, `1|"x"`), replaytest.Protocol); got != replaytest.Wrong {
		t.Error("another digest passes")
	}
	q.SHA256 = "66056677630f19f4e3c6f25bd7eed65176e862ace00230d79b8e262c1fc71a82" // of [1,null] and [2,"y<"]
	for spelling, rows := range map[replaytest.Spelling][][]*string{replaytest.Athena: cells("2|y<", "1|NULL"), replaytest.Protocol: cells(`2|"y<"`, "1|NULL")} {
		if got, why := q.JudgeRows(rows, spelling); got != replaytest.Right {
			t.Error(why)
		}
	}
	if got, _ := q.JudgeRows(cells("1|NULL"), replaytest.Protocol); got != replaytest.Wrong {
		t.Error("a row less passes")
	}
}

func TestJudgePart(t *testing.T) {
	q := question(t, "SELECT a FROM t LIMIT 2", []string{"integer"}, `[1]`, `[2]`)
	whole, ok := q.Whole()
	if !ok || whole != "SELECT a FROM t " {
		t.Errorf("%q, %v", whole, ok)
	}
	all := cells("1", "2", "3")
	for rows, want := range map[string]replaytest.Verdict{"3 1": replaytest.Right, "3 3": replaytest.Wrong, "4 1": replaytest.Wrong, "1": replaytest.Wrong} {
		if got, why := q.JudgePart(cells(strings.Fields(rows)...), all, replaytest.Athena); got != want {
			t.Errorf("%s: %s: %s", rows, got, why)
		}
	}
	for _, sql := range []string{"SELECT a FROM t", "SELECT a FROM t ORDER BY a LIMIT 2", "SELECT FROM"} {
		if whole, ok := (replaytest.Question{SQL: sql}).Whole(); ok {
			t.Errorf("%s: the whole is %s", sql, whole)
		}
	}
}

func TestJudgeError(t *testing.T) {
	q := replaytest.Question{Error: "COLUMN_NOT_FOUND", At: "1:8"}
	anywhere := replaytest.Question{Error: "DIVISION_BY_ZERO"}
	answered := question(t, "SELECT 1", []string{"integer"}, `[1]`)
	for _, tt := range []struct {
		question replaytest.Question
		err      error
		want     replaytest.Verdict
	}{
		{q, &sqlerr.Error{Name: "COLUMN_NOT_FOUND", Line: 1, Column: 8}, replaytest.Right},
		{q, &sqlerr.Error{Name: "COLUMN_NOT_FOUND", Line: 1, Column: 9}, replaytest.Wrong},
		{q, &sqlerr.Error{Name: "TABLE_NOT_FOUND", Line: 1, Column: 8}, replaytest.Wrong},
		{q, sqlerr.Refused("this"), replaytest.Refused},
		{anywhere, sqlerr.New("DIVISION_BY_ZERO", "by zero"), replaytest.Right},
		{answered, sqlerr.New("DIVISION_BY_ZERO", "by zero"), replaytest.Wrong},
	} {
		if got, why := tt.question.JudgeError(fmt.Errorf("run: %w", tt.err)); got != tt.want {
			t.Errorf("%v: %s: %s", tt.err, got, why)
		}
		if got, why := tt.question.JudgeFailure(tt.err.Error()); got != tt.want {
			t.Errorf("%v as text: %s: %s", tt.err, got, why)
		}
	}
	if got, _ := q.JudgeError(errors.New("COLUMN_NOT_FOUND: line 1:8: broken")); got != replaytest.Wrong {
		t.Error("an error of ours passes for one of the statement")
	}
	if got, _ := q.JudgeColumns(nil); got != replaytest.Wrong {
		t.Error("an answer passes for an error")
	}
}

func TestJudgeColumns(t *testing.T) {
	q := question(t, "SELECT 1", []string{"integer", "array(varchar(3))"})
	columns := []plan.Output{{Name: "a", Type: datatype.Of(datatype.Integer)}, {Name: "b", Type: datatype.ArrayOf(datatype.Text())}}
	if got, why := q.JudgeColumns(columns); got != replaytest.Right {
		t.Error(why)
	}
	columns[1].Type = datatype.ArrayOf(datatype.Of(datatype.Integer))
	got, why := q.JudgeColumns(columns)
	if got != replaytest.Wrong {
		t.Errorf("another type is %s", got)
	}
	if diff := cmp.Diff("columns [a integer b array(integer)], want [a integer b array(varchar)]", why); diff != "" {
		t.Error(diff)
	}
	columns[1] = plan.Output{Name: "c", Type: datatype.ArrayOf(datatype.Text())}
	if got, _ := q.JudgeColumns(columns); got != replaytest.Wrong {
		t.Errorf("another name is %s", got)
	}
}
