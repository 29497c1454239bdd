package conformance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/parse"
)

// languageRight is how many of Trino's own test statements have the right
// answer. It only ever rises.
const languageRight = 9750

// openAnswers are the questions to which a real Trino's answer is one of many,
// or of its own making; they are not asked.
var openAnswers = map[string]string{
	"6c6e5d21ad5b": "the user who asks",
	"994c9e082547": "row_number() over rows in no order",
	"f28c21438969": "a hidden column of the generator of TPC-H's tables",
}

// TestLanguage asks what Trino's own tests ask and compares with a real Trino.
func TestLanguage(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	s := serve(t, t.TempDir())
	a := newAsker(t, s)
	a.tpch()
	// An id may stand for several texts; its answers are in the same order.
	answers := map[string][]recorded{}
	for _, r := range readLines[recorded](t, "sql", "trino_results.jsonl") {
		answers[r.ID] = append(answers[r.ID], r)
	}
	var questions []recorded
	for _, file := range []struct{ name, before string }{{"trino_functions.jsonl", "SELECT "}, {"trino_statements.jsonl", ""}} {
		for _, q := range readLines[recorded](t, "sql", file.name) {
			if left := answers[q.ID]; len(left) > 0 {
				answer := left[0]
				answers[q.ID] = left[1:]
				answer.SQL = file.before + q.SQL
				if openAnswers[q.ID] == "" {
					questions = append(questions, answer)
				}
			}
		}
	}
	counts := a.askAll(questions)
	report(t, "The language", "%d of %d right, %d refused by name, %d wrong; %d left out as open",
		counts[right], len(questions), counts[refusedByName], counts[wrong], len(openAnswers))
	if counts[wrong] > 0 || counts[right] < languageRight {
		t.Errorf("%d wrong and %d right, want none and at least %d", counts[wrong], counts[right], languageRight)
	}
}

// askAll asks the questions, several at once, and counts the verdicts.
func (a *asker) askAll(questions []recorded) map[verdict]int {
	a.t.Helper()
	counts := map[verdict]int{}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(a.t.Context())
	group.SetLimit(8)
	for _, q := range questions {
		group.Go(func() error {
			got, err := a.ask(ctx, q.SQL)
			if err != nil {
				return fmt.Errorf("%s: %w", q.ID, err)
			}
			v, why := judge(q, got)
			mu.Lock()
			defer mu.Unlock()
			counts[v]++
			if v == wrong {
				a.t.Logf("wrong: %s: %s\n%s", q.ID, why, q.SQL)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		a.t.Fatal(err)
	}
	return counts
}

// tpch makes the tables that Trino's statements ask of.
func (a *asker) tpch() {
	a.t.Helper()
	folder := filepath.Join(material.Dir(a.t), "sql", "tpch_tiny")
	schema, err := os.ReadFile(filepath.Join(folder, "SCHEMA.txt"))
	if err != nil {
		a.t.Fatal(err)
	}
	a.bucket("tpch")
	a.do("CREATE DATABASE tpch")
	a.database = "tpch"
	integer := regexp.MustCompile(`\binteger\b`)
	for line := range strings.SplitSeq(strings.TrimSpace(string(schema)), "\n") {
		name, columns, _ := strings.Cut(line, ": ")
		body, err := os.ReadFile(filepath.Join(folder, name+".parquet"))
		if err != nil {
			a.t.Fatal(err)
		}
		place := a.t.TempDir()
		if err := os.WriteFile(filepath.Join(place, "data.parquet"), body, 0o600); err != nil {
			a.t.Fatal(err)
		}
		a.upload(place, "tpch", name+"/")
		a.do(fmt.Sprintf("CREATE EXTERNAL TABLE %s (%s) STORED AS PARQUET LOCATION 's3://tpch/%s/'", name, integer.ReplaceAllString(columns, "int"), name))
	}
}

// published is a statement that AWS published.
type published struct {
	ID          string
	SQL         string
	Kind        string
	Src         string
	TrinoSyntax string `json:"trino_syntax"`
}

// TestPublishedStatements parses what AWS's guides and repositories publish.
// What Trino's grammar takes must parse; data definition must parse as Hive.
func TestPublishedStatements(t *testing.T) {
	parsed, failed, other := 0, 0, 0
	for _, file := range []string{"athena_guide.jsonl", "aws_log_queries.jsonl"} {
		for _, p := range readLines[published](t, "sql", file) {
			statement, err := parse.Statement(p.SQL)
			switch {
			case err == nil:
				parsed++
				if _, refused := statement.(*ast.Other); refused {
					other++
				}
			case p.TrinoSyntax == "ok":
				failed++
				t.Errorf("%s (%s): %v\n%s", p.ID, p.Src, err, p.SQL)
			default:
				failed++
				t.Logf("%s (%s): %v", p.ID, p.Src, err)
			}
		}
	}
	report(t, "Published statements", "%d parse (%d of them are of kinds refused by name), %d do not", parsed, other, failed)
}
