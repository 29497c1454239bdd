package conformance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/replaytest"
)

// languageRight is how many of Trino's own test statements have the right
// answer. It only ever rises.
const languageRight = 10_073

// TestLanguage asks what Trino's own tests ask and compares with a real Trino.
func TestLanguage(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	s := serve(t, t.TempDir())
	a := newAsker(t, s)
	a.tpch()
	var questions []replaytest.Question
	left := 0
	for _, q := range replaytest.Trino(t) {
		// One asks who asks, which here is not the recorded user.
		if q.Open(replaytest.Athena) != "" || q.ID == "6c6e5d21ad5b" {
			left++
			continue
		}
		questions = append(questions, q)
	}
	counts := a.askAll(questions)
	report(t, "The language", "%d of %d right, %d refused by name, %d wrong; %d left out as open",
		counts[replaytest.Right], len(questions), counts[replaytest.Refused], counts[replaytest.Wrong], left)
	if counts[replaytest.Wrong] > 0 || counts[replaytest.Right] < languageRight {
		t.Errorf("%d wrong and %d right, want none and at least %d", counts[replaytest.Wrong], counts[replaytest.Right], languageRight)
	}
}

// askAll asks the questions, several at once, and counts the verdicts.
func (a *asker) askAll(questions []replaytest.Question) map[replaytest.Verdict]int {
	a.t.Helper()
	counts := map[replaytest.Verdict]int{}
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
			if v != replaytest.Right {
				a.t.Logf("%s: %s: %s\n%s", v, q.ID, why, q.SQL)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		a.t.Fatal(err)
	}
	return counts
}

// tpch makes the tables that Trino's statements ask of: in each of the databases that
// there were, by another name of the account's catalog.
func (a *asker) tpch() {
	a.t.Helper()
	folder := filepath.Join(material.Dir(a.t), "sql", "tpch_tiny")
	schema, err := os.ReadFile(filepath.Join(folder, "SCHEMA.txt"))
	if err != nil {
		a.t.Fatal(err)
	}
	a.bucket("tpch")
	_, err = a.athena.CreateDataCatalog(a.t.Context(), &athena.CreateDataCatalogInput{Name: aws.String(replaytest.RecordedCatalog), Type: types.DataCatalogTypeGlue})
	if err != nil {
		a.t.Fatal(err)
	}
	for _, database := range replaytest.RecordedDatabases() {
		a.do("CREATE DATABASE " + database)
	}
	a.database = replaytest.RecordedDatabase
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
		for _, database := range replaytest.RecordedDatabases() {
			a.do(fmt.Sprintf("CREATE EXTERNAL TABLE %s.%s (%s) STORED AS PARQUET LOCATION 's3://tpch/%s/'",
				database, name, integer.ReplaceAllString(columns, "int"), name))
		}
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
		for _, p := range material.Lines[published](t, "sql", file) {
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
