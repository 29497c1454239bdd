package duckdb_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/replaytest"
)

// TestJSONColumnsOfEveryType asks a table of the OpenX SerDe for values of every
// shape that a column can have.
func TestJSONColumnsOfEveryType(t *testing.T) {
	dir := t.TempDir()
	const body = `{"i":7,"d":1.5,"dec":"12.345","b":true,"t":"2024-05-01T01:02:03Z","day":"2024-05-01","s":{"a":[1,2,null],"m":{"k":{"x":"y"}}},"l":[[{"v":"deep"}],[],null],"m":{"one":[1],"none":null}}
{"i":"no number","s":null,"l":[],"m":{}}
`
	if err := os.WriteFile(filepath.Join(dir, "x"), []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	logs := lake.Table{
		Database: replaytest.Database, Name: "t", Location: "s3://logs/", SerDe: "org.openx.data.jsonserde.JsonSerDe",
		Columns: []lake.Column{
			{Name: "i", Type: "int"},
			{Name: "d", Type: "double"},
			{Name: "dec", Type: "decimal(10,2)"},
			{Name: "b", Type: "boolean"},
			{Name: "t", Type: "timestamp"},
			{Name: "day", Type: "date"},
			{Name: "s", Type: "struct<a:array<int>,m:map<string,struct<x:string>>>"},
			{Name: "l", Type: "array<array<struct<v:string>>>"},
			{Name: "m", Type: "map<string,array<int>>"},
		},
	}
	got := firstRow(t, logs, dir, `SELECT i, d, dec, b, t, day, s.a, s.m['k'].x, l[1][1].v, cardinality(l), m['one'], cardinality(m) FROM t WHERE i = 7`)
	// A text that is no number is NULL, and so is a struct that is null: the other line passes.
	want := "7|1.5|12.35|true|2024-05-01 01:02:03.000|2024-05-01|[1, 2, null]|y|deep|3|[1]|2"
	if diff := cmp.Diff(want, strings.Join(got, "|")); diff != "" {
		t.Error(diff)
	}
}

// firstRow returns the first row of the answer over a table t, whose objects are
// the files of a folder; NULL is written as that.
func firstRow(t *testing.T, logs lake.Table, dir, sql string) []string {
	t.Helper()
	table, err := engine.Table(replaytest.CatalogName, logs)
	if err != nil {
		t.Fatal(err)
	}
	e := open(t, duckdb.Config{Lake: lake.New(lake.Config{Dir: t.TempDir()}, folders{dir})})
	q := analyzed(t, replaytest.Catalog{"t": &analyze.Relation{Table: table}}, sql)
	rows, err := e.Run(t.Context(), engine.Request{Query: q, Now: fixedNow()})
	if err != nil {
		t.Fatal(err)
	}
	defer closeRows(t, rows)
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	var cells []string
	for _, cell := range rows.Row() {
		if cell == nil {
			cells = append(cells, "NULL")
			continue
		}
		cells = append(cells, *cell)
	}
	return cells
}
