package athena_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/servicetest"
)

// trinoView keeps a view as Trino does: what it is stands in the text, and of
// the columns that it has for Hive there is but one.
func (w *world) trinoView(name, text string) {
	w.t.Helper()
	servicetest.Must(w.glue.CreateTable(w.ctx, &glueapi.CreateTableInput{DatabaseName: new("default"), TableInput: &glueapi.TableInput{
		Name: &name, Owner: new("test"), TableType: new("VIRTUAL_VIEW"), ViewOriginalText: &text, ViewExpandedText: new("/* Presto View */"),
		Parameters:        map[string]string{"comment": "Presto View", "presto_view": "true", "trino_version": "476", "trino_query_id": "20260301_000000_00001_aaaaa"},
		StorageDescriptor: &glueapi.StorageDescriptor{Columns: []glueapi.Column{{Name: new("dummy"), Type: new("string")}}, Location: new("")},
	}}))(w.t)
}

func presto(json string) string {
	return "/* Presto View: " + base64.StdEncoding.EncodeToString([]byte(json)) + " */"
}

func TestViewsThatTrinoMade(t *testing.T) {
	w := open(t, nil)
	w.ask("CREATE DATABASE IF NOT EXISTS default")
	w.put("t/a.csv", "1\n2\n")
	w.ask("CREATE EXTERNAL TABLE t (x int) LOCATION 's3://logs/t/'")
	for name, tt := range map[string]struct{ text, want string }{
		"of_definer": {
			presto(`{"originalSql":"SELECT\n  sum(x) s\n, max(TIMESTAMP '2026-03-01 12:00:00.123') m\nFROM\n  t\n","catalog":"awsdatacatalog","schema":"default",` +
				`"columns":[{"name":"s","type":"bigint"},{"name":"m","type":"timestamp(3)","comment":"when"}],"owner":"test","runAsInvoker":false,"path":[]}`),
			"s | m\n3 | 2026-03-01 12:00:00.123\n",
		},
		"of_invoker": {
			presto(`{"originalSql":"SELECT ARRAY[x] a, ROW(x) r\nFROM t WHERE x = 1","catalog":"awsdatacatalog","schema":"default","comment":"c",` +
				`"columns":[{"name":"a","type":"array(integer)"},{"name":"r","type":"row(integer)"}],"runAsInvoker":true,"path":[{"catalogName":"a","schemaName":"b"}]}`),
			"a | r\n[1] | {field0=1}\n",
		},
		"of_another_catalog": {
			presto(`{"originalSql":"SELECT x FROM t","catalog":"hive","schema":"default","columns":[{"name":"x","type":"integer"}],"runAsInvoker":true}`),
			"[FAILED] ",
		},
		"of_an_odd_type": {
			presto(`{"originalSql":"SELECT x FROM t","catalog":"awsdatacatalog","schema":"default","columns":[{"name":"x","type":"array("}]}`),
			"[FAILED] INVALID_VIEW: line 1:15: view default.of_an_odd_type, column x: \"array(\" is no type",
		},
		"of_hive":    {"SELECT x FROM t", "[FAILED] INVALID_VIEW: line 1:15: view default.of_hive was not made by Athena or Trino"},
		"of_garbage": {"/* Presto View: !! */", "[FAILED] INVALID_VIEW: line 1:15: read the definition of view default.of_garbage"},
	} {
		w.trinoView(name, tt.text)
		if got := w.ask("SELECT * FROM " + name); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s is %s, want %s", name, got, tt.want)
		}
	}
	// The name that Trino has for the catalog can be given to it here.
	w.dataCatalog("hive", nil)
	servicetest.Diff(t, "x\n1\n2\n", w.ask("SELECT * FROM of_another_catalog ORDER BY x"))
}

// Views that Athena makes have an owner, without whom Trino runs none.
func TestViewsHaveAnOwner(t *testing.T) {
	w := open(t, answers{})
	w.ask("CREATE VIEW v AS SELECT 1 AS x")
	table := servicetest.Must(w.glue.GetTable(w.ctx, &glueapi.GetTableInput{DatabaseName: new("default"), Name: new("v")}))(t).Table
	servicetest.Diff(t, new("hadoop"), table.Owner)
}

func FuzzViewsOfOthers(f *testing.F) {
	w := open(f, answers{})
	w.ask("CREATE DATABASE IF NOT EXISTS default")
	w.trinoView("v", "")
	for _, seed := range []string{
		`{"originalSql":"SELECT 1 x","catalog":"awsdatacatalog","schema":"default","columns":[{"name":"x","type":"integer"}]}`,
		`{"originalSql":"SELECT * FROM v","catalog":"","schema":"","columns":[{"name":"","type":"row(a array(map(bigint,varchar(3))))"}]}`,
		`{"columns":[{"type":"decimal(99,-1)"}]}`, `[]`, `null`, "\xff",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, text string, encoded bool) {
		w.t = t
		if encoded {
			text = presto(text)
		}
		_, err := w.glue.UpdateTable(w.ctx, &glueapi.UpdateTableInput{DatabaseName: new("default"), SkipArchive: new(true), TableInput: &glueapi.TableInput{
			Name: new("v"), TableType: new("VIRTUAL_VIEW"), ViewOriginalText: &text,
		}})
		if err != nil {
			t.Fatal(err)
		}
		if got := w.ask("SELECT * FROM v"); strings.Contains(got, "GENERIC_INTERNAL_ERROR") {
			t.Errorf("%q: %s", text, got)
		}
	})
}
