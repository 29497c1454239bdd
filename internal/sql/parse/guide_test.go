package parse_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/replaytest"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// published is a statement that AWS published.
type published struct{ ID, SQL string }

// faults reads the list of published statements that do not parse, each with the
// reason.
func faults(t *testing.T) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "published_faults.txt"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, reason, ok := strings.Cut(line, " ")
		if !ok {
			t.Fatalf("%s has no reason", id)
		}
		out[id] = reason
	}
	return out
}

// TestPublishedStatements reads what AWS published: all of it parses but the
// faults that testdata lists with their reasons.
func TestPublishedStatements(t *testing.T) {
	listed := faults(t)
	n := 0
	for _, name := range []string{"athena_guide.jsonl", "aws_log_queries.jsonl"} {
		for _, p := range material.Lines[published](t, "sql", name) {
			_, err := parse.Statement(p.SQL)
			if err == nil {
				n++
			}
			switch reason, known := listed[p.ID]; {
			case err != nil && !known:
				t.Errorf("%s does not parse: %v\n  of %s", p.ID, err, p.SQL)
			case err == nil && known:
				t.Errorf("%s parses, though listed as faulty: %s", p.ID, reason)
			}
		}
	}
	t.Logf("%d published statements parse, %d are faulty as published", n, len(listed))
}

// TestScenarios reads the scenario scripts and the tables and questions of the
// truth: all parse, but for the script that is made of faults.
func TestScenarios(t *testing.T) {
	dir := material.Dir(t)
	for _, name := range []string{"scenarios/alb.sql", "scenarios/cloudtrail.sql", "scenarios/vpcflow.sql", "truth/tables.sql"} {
		script, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		statements := parse.Split(string(script))
		if len(statements) < 1 {
			t.Errorf("%s: no statements", name)
		}
		for _, sql := range statements {
			if _, err := parse.Statement(sql); err != nil {
				t.Errorf("%s: %v\n  of %s", name, err, sql)
			}
		}
	}
	for _, q := range replaytest.Logs(t) {
		if _, err := parse.Statement(q.SQL); (err != nil) != (q.Error == sqlerr.SyntaxError) {
			t.Errorf("%s: %v\n  of %s", q.ID, err, q.SQL)
		}
	}
}
