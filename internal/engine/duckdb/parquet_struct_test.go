package duckdb_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/replaytest"
)

// nestedRow is a row of a Parquet file with structs, lists and maps within each other.
type nestedRow struct {
	ID int32       `parquet:"id"`
	S  *nestedUser `parquet:"S,optional"`
}

type nestedUser struct {
	Name  string            `parquet:"userName"`
	Tags  map[string]string `parquet:"tags"`
	Items []nestedItem      `parquet:"items,list"`
	Extra int64             `parquet:"extra"`
}

type nestedItem struct {
	Code int32   `parquet:"code"`
	Cost float64 `parquet:"cost"`
}

// TestStructsOfParquet reads structs of Parquet files by the names of their fields,
// whatever their case and order; a field that the file does not have is NULL.
func TestStructsOfParquet(t *testing.T) {
	dir := t.TempDir()
	rows := []nestedRow{
		{ID: 1, S: &nestedUser{Name: "a", Tags: map[string]string{"k": "v"}, Items: []nestedItem{{Code: 7, Cost: 0.5}, {Code: 8}}}},
		{ID: 2},
		{ID: 3, S: &nestedUser{Name: "c"}},
	}
	if err := os.MkdirAll(filepath.Join(dir, "t"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := parquet.WriteFile(filepath.Join(dir, "t", "f.parquet"), rows); err != nil {
		t.Fatal(err)
	}
	table, err := engine.Table(replaytest.CatalogName, lake.Table{
		Database: replaytest.Database, Name: "t", Location: "s3://logs/t/", SerDe: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
		Columns: []lake.Column{
			{Name: "id", Type: "int"},
			{Name: "s", Type: "struct<items:array<struct<cost:double,code:int>>,username:string,tags:map<string,string>,missing:date>"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := replaytest.Catalog{"t": &analyze.Relation{Table: table}}
	e := open(t, duckdb.Config{Lake: lake.New(lake.Config{Dir: t.TempDir()}, folders{dir})})
	for _, tt := range []struct{ name, sql, want string }{
		{
			"a struct", "SELECT s FROM t ORDER BY id",
			`[[[[0.5,7],[0.0,8]],"a",{"k":"v"},null]] [NULL] [[[],"c",{},null]]`,
		},
		{"a field", "SELECT s.username FROM t ORDER BY id", `["a"] [NULL] ["c"]`},
		{"a field that the file has not", "SELECT s.missing FROM t WHERE id = 1", `[NULL]`},
		{"a field of a struct in an array", "SELECT transform(s.items, x -> x.code) FROM t ORDER BY id", `[[7,8]] [NULL] [[]]`},
		{"a value of a map", "SELECT element_at(s.tags, 'k') FROM t ORDER BY id", `["v"] [NULL] [NULL]`},
		{"unnested", "SELECT id, code, cost FROM t CROSS JOIN UNNEST(s.items) u(cost, code) ORDER BY code", `[1 7 0.5] [1 8 0.0]`},
		{"grouped by", "SELECT s.username, count(*) FROM t WHERE s IS NOT NULL GROUP BY 1 ORDER BY 1", `["a" 1] ["c" 1]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ask(t, e, tt.sql, c, engine.Protocol)
			if got.err != nil {
				t.Fatal(got.err)
			}
			if diff := cmp.Diff(tt.want, lines(got.rows)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// lines writes rows as a line.
func lines(rows [][]*string) string {
	list := make([]string, len(rows))
	for i, row := range rows {
		cells := make([]string, len(row))
		for j, cell := range row {
			if cells[j] = "NULL"; cell != nil {
				cells[j] = *cell
			}
		}
		list[i] = "[" + strings.Join(cells, " ") + "]"
	}
	return strings.Join(list, " ")
}
