package analyze_test

import (
	"flag"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/replaytest"
)

// onRun is an answer that fails as recorded when it is run, if at all: its plan
// cannot tell.
const onRun replaytest.Verdict = "fails on run"

var show = flag.String("show", "", "verdicts of a replay to show in full, such as \"wrong,refused\"")

func ask(t *testing.T, sql string, catalog replaytest.Catalog) (*plan.Query, error) {
	t.Helper()
	analyzed, err := replaytest.Analyze(t.Context(), sql, catalog)
	if err != nil {
		return nil, err
	}
	if err := sound(analyzed); err != nil {
		t.Errorf("unsound plan: %v\n%s", err, sql)
	}
	return analyzed, nil
}

func judge(q replaytest.Question, got *plan.Query, err error) (verdict replaytest.Verdict, why string) {
	switch {
	case err != nil:
		return q.JudgeError(err)
	case strings.HasSuffix(q.Message, "Given correlated subquery is not supported"): // which is found when it is planned
		return onRun, ""
	case q.Error != "" && q.At == "" && q.Error != "FUNCTION_NOT_FOUND" && q.Error != "TYPE_NOT_FOUND":
		return onRun, ""
	}
	return q.JudgeColumns(got.Columns)
}

// replay asks everything and counts verdicts.
func replay(t *testing.T, questions []replaytest.Question, catalog replaytest.Catalog) map[replaytest.Verdict]int {
	t.Helper()
	counts := map[replaytest.Verdict]int{}
	for _, q := range questions {
		if q.Open(replaytest.Athena) != "" {
			continue
		}
		got, err := ask(t, q.SQL, catalog)
		verdict, why := judge(q, got, err)
		counts[verdict]++
		if strings.Contains(*show, string(verdict)) {
			t.Logf("%s %s\n\t%s\n\t%s", q.ID, verdict, strings.ReplaceAll(q.SQL, "\n", "\n\t"), why)
		}
	}
	for _, verdict := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%5d %s", counts[verdict], verdict)
	}
	return counts
}

func TestReplayTrino(t *testing.T) {
	catalog, _ := replaytest.TPCH(t)
	counts := replay(t, replaytest.Trino(t), catalog)
	if floor := 9574; counts[replaytest.Wrong] > 0 || counts[replaytest.Right] < floor {
		t.Errorf("%d wrong and %d right, want none and at least %d", counts[replaytest.Wrong], counts[replaytest.Right], floor)
	}
}

func TestReplayLogs(t *testing.T) {
	questions := replaytest.Logs(t)
	counts := replay(t, questions, replaytest.LogTables(t, nil))
	if counts[replaytest.Right]+counts[onRun] != len(questions) {
		t.Errorf("%d of %d right", counts[replaytest.Right], len(questions))
	}
}
