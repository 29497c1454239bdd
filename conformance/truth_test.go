package conformance_test

import (
	"path/filepath"
	"testing"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/sql/replaytest"
)

// truthRight is how many of the questions about logs have the right answer. It
// only ever rises.
const truthRight = 131

// TestQuestionsAboutLogs asks each recorded question about logs and compares
// with a real Trino's answer.
func TestQuestionsAboutLogs(t *testing.T) {
	s := serve(t, t.TempDir())
	a := newAsker(t, s)
	a.bucket(replaytest.LogsBucket)
	a.upload(material.TruthLogs(t), replaytest.LogsBucket, "")
	a.upload(filepath.Join(material.Data(t), "cloudtrail", "invictus-ir_aws_dataset", "s3"), replaytest.LogsBucket, "")
	for _, statement := range replaytest.LogStatements(t) {
		a.do(statement)
	}
	questions := replaytest.Logs(t)
	counts := map[replaytest.Verdict]int{}
	for _, q := range questions {
		got, err := a.ask(t.Context(), q.SQL)
		if err != nil {
			t.Fatalf("%s: %v", q.ID, err)
		}
		v, why := judge(q, got)
		if whole, ok := q.Whole(); ok && v == replaytest.Wrong && got.failed == "" {
			v, why = q.JudgePart(got.rows, a.do(whole).rows, replaytest.Athena)
		}
		counts[v]++
		switch v {
		case replaytest.Wrong:
			t.Errorf("wrong: %s: %s\n%s", q.ID, why, q.SQL)
		case replaytest.Refused:
			t.Logf("refused: %s: %s", q.ID, why)
		case replaytest.Right:
		}
	}
	report(t, "Questions about logs", "%d of %d right, %d refused by name, %d wrong", counts[replaytest.Right], len(questions), counts[replaytest.Refused], counts[replaytest.Wrong])
	if counts[replaytest.Right] < truthRight {
		t.Errorf("%d right, want at least %d", counts[replaytest.Right], truthRight)
	}
}
