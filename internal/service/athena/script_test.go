package athena_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/sql/parse"
)

// changed finds the times at which tables were made and last changed.
var changed = regexp.MustCompile(`(transient_lastDdlTime('='|=| *\t)|createTime:|CreateTime: *\t)(\d+|\w+ \w+ \d+ \d+:\d+:\d+ UTC \d+)`)

// TestScripts runs each testdata/*.sql from an empty catalog, and compares each
// statement's kind and answer with the file beside it.
func TestScripts(t *testing.T) {
	scripts, err := filepath.Glob(filepath.Join("testdata", "*.sql"))
	if err != nil || len(scripts) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, path := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".sql"), func(t *testing.T) {
			script, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			w := open(t, nil)
			w.put("people/day=2026-03-01/a.csv", "ann,7\nbob,\n\"\\N\",9\n")
			w.put("people/day=2026-03-02/b.csv", "cy,11\n")
			w.put("people/other/c.csv", "zoe,1\n")
			bareTable(t, w)
			var b strings.Builder
			for _, statement := range parse.Split(string(script)) {
				id := w.start(statement, in("d"))
				answer := w.answer(id)
				x := w.get(id)
				kind := *x.StatementType + " " + *x.SubstatementType
				b.WriteString("> " + strings.ReplaceAll(statement, "\n", "\n> ") + "\n-- " + kind + "\n" + answer + "\n")
			}
			golden(t, strings.TrimSuffix(path, ".sql")+".txt", changed.ReplaceAllString(b.String(), "${1}TIME"))
		})
	}
}

// bareTable makes table d.bare, which somebody made through Glue without
// saying how it is stored.
func bareTable(t *testing.T, w *world) {
	t.Helper()
	if _, err := w.glue.CreateDatabase(w.ctx, &glueapi.CreateDatabaseInput{DatabaseInput: &glueapi.DatabaseInput{Name: new("d")}}); err != nil {
		t.Fatal(err)
	}
	_, err := w.glue.CreateTable(w.ctx, &glueapi.CreateTableInput{DatabaseName: new("d"), TableInput: &glueapi.TableInput{
		Name: new("bare"), PartitionKeys: []glueapi.Column{{Name: new("day"), Type: new("string")}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.glue.CreatePartition(w.ctx, &glueapi.CreatePartitionInput{
		DatabaseName: new("d"), TableName: new("bare"), PartitionInput: &glueapi.PartitionInput{Values: []string{"x"}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestStatementsThatAreNotOfThisCatalog(t *testing.T) {
	w := open(t, answers{})
	elsewhere := func(in *athenaapi.StartQueryExecutionInput) {
		in.QueryExecutionContext = &athenaapi.QueryExecutionContext{Catalog: new("other")}
	}
	for _, sql := range []string{"CREATE DATABASE x", "SHOW TABLES"} {
		if got := w.ask(sql, elsewhere); !strings.HasPrefix(got, "[FAILED] FAILED: SemanticException catalog other does not exist") {
			t.Errorf("%s: %s", sql, got)
		}
	}
}
