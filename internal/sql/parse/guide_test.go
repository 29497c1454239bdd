package parse_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/sql/parse"
)

// TestPublishedStatements reads what AWS published: all of it parses but the
// faults that testdata lists with their reasons.
func TestPublishedStatements(t *testing.T) {
	listed := exceptions(t, "published_faults.txt")
	n := 0
	for _, name := range []string{"athena_guide.jsonl", "aws_log_queries.jsonl"} {
		for _, e := range entries(t, name) {
			fault := ""
			if _, err := parse.Statement(e.SQL); err != nil {
				fault = fmt.Sprintf("does not parse: %v", err)
			} else {
				n++
			}
			report(t, listed, e.ID, fault, e.SQL)
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
	for _, e := range entries(t, "../truth/queries.jsonl") {
		if _, err := parse.Statement(e.SQL); (err != nil) != (e.Error == "SYNTAX_ERROR") {
			t.Errorf("%s: %v\n  of %s", e.ID, err, e.SQL)
		}
	}
}
