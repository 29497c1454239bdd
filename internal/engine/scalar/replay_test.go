package scalar_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/engine/eval"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/replaytest"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// TestReplay evaluates every recorded expression that needs no table, and none
// of the functions that are not here. What the analyzer refuses is not judged.
func TestReplay(t *testing.T) {
	counts := map[replaytest.Verdict]int{}
	for _, q := range replaytest.Trino(t) {
		analyzed, err := replaytest.Analyze(t.Context(), q.SQL, replaytest.Catalog{})
		if err != nil || q.Open(replaytest.Athena) != "" || q.Error == "" && len(q.Rows) != 1 {
			continue
		}
		verdict, why := replay(t, q, analyzed)
		counts[verdict]++
		if verdict == replaytest.Wrong {
			t.Errorf("%s\n  %s", q.SQL, why)
		}
	}
	t.Logf("%v", counts)
	if atLeast := 7_389; counts[replaytest.Right] < atLeast {
		t.Errorf("%d are right, fewer than the %d of before", counts[replaytest.Right], atLeast)
	}
}

func replay(t *testing.T, q replaytest.Question, analyzed *plan.Query) (verdict replaytest.Verdict, why string) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			verdict, why = replaytest.Wrong, fmt.Sprint("panic: ", p)
		}
	}()
	row, err := evaluate(t, analyzed)
	if err != nil {
		return q.JudgeError(err)
	}
	if verdict, why := q.JudgeColumns(analyzed.Columns); verdict != replaytest.Right {
		return verdict, why
	}
	return q.JudgeRows([][]*string{row}, replaytest.Athena)
}

// evaluate returns the items of a SELECT that has no FROM, as Athena spells them.
func evaluate(t *testing.T, q *plan.Query) ([]*string, error) {
	t.Helper()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	exprs, err := items(t, q, now)
	if err != nil {
		return nil, err
	}
	var row []*string
	for _, e := range exprs {
		program, err := eval.Interpreted(e, now)
		if err != nil {
			return nil, sqlerr.Refused(err.Error())
		}
		v, err := program.Eval(t.Context(), nil)
		if err != nil {
			return nil, err
		}
		var cell *string
		if v != nil {
			cell = new(value.Text(e.Type(), v))
		}
		row = append(row, cell)
	}
	return row, nil
}
