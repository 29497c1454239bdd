package analyze_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/replaytest"
)

// asking is a catalog that writes down what is asked of it.
type asking struct {
	replaytest.Catalog

	asked *[]string
}

// Tables implements analyze.Lister.
func (a asking) Tables(ctx context.Context, catalog string, databases, names []string) iter.Seq2[analyze.Listed, error] {
	*a.asked = append(*a.asked, fmt.Sprintf("%v %v", databases, names))
	return a.Catalog.Tables(ctx, catalog, databases, names)
}

// Partitions implements analyze.Lister.
func (a asking) Partitions(context.Context, *plan.Table) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		_ = yield([]string{"2024-05-01", "eu"}, nil) && yield([]string{"__HIVE_DEFAULT_PARTITION__", "us"}, nil)
	}
}

// values returns the rows of the tables of the catalog that a plan reads.
func values(n plan.Node) []string {
	var rows []string
	if v, ok := n.(*plan.Values); ok {
		for _, row := range v.Rows {
			cells := make([]string, len(row))
			for i, e := range row {
				if cast, ok := e.(*plan.Cast); ok {
					e = cast.X
				}
				c, _ := e.(*plan.Const)
				cells[i] = fmt.Sprint(c.Value)
			}
			rows = append(rows, strings.Join(cells, " "))
		}
	}
	for _, input := range plan.Inputs(n) {
		rows = append(rows, values(input)...)
	}
	return rows
}

// TestInformationSchema asks for tables of the catalog, and checks that no more is asked
// of it than the statement wants.
func TestInformationSchema(t *testing.T) {
	c := replaytest.Catalog{}
	c.Add(t, "flows", "srcaddr varchar", "bytes bigint")
	c.Add(t, "trail", "eventname varchar")
	view := &analyze.View{SQL: "SELECT 1 AS x", Catalog: replaytest.CatalogName, Database: replaytest.Database}
	c["ones"] = &analyze.Relation{View: view}
	for _, tt := range []struct {
		name, sql string
		asked     []string
		rows      []string
	}{
		{
			name: "by schema and name", sql: "SELECT * FROM information_schema.tables WHERE table_schema = 'default' AND table_name IN ('flows', 'ones')",
			asked: []string{"[default] [flows ones]"},
			rows:  []string{"awsdatacatalog default flows BASE TABLE", "awsdatacatalog default ones VIEW"},
		},
		{
			name:  "columns, through a subquery with another name",
			sql:   `SELECT n FROM (SELECT table_schema AS s, column_name AS n, table_name FROM "INFORMATION_SCHEMA"."Columns") WHERE s = 'default' AND table_name = 'flows'`,
			asked: []string{"[default] [flows]"},
			rows: []string{
				"awsdatacatalog default flows srcaddr 1 <nil> YES varchar <nil> <nil>", "awsdatacatalog default flows bytes 2 <nil> YES bigint <nil> <nil>",
			},
		},
		{
			name: "views", sql: "SELECT view_definition FROM information_schema.views WHERE 'default' = table_schema",
			asked: []string{"[default] []"}, rows: []string{"awsdatacatalog default ones SELECT 1 AS x"},
		},
		{
			name: "its own tables", sql: "SELECT table_name FROM information_schema.tables WHERE table_schema = 'information_schema' AND table_name = 'views'",
			rows: []string{"awsdatacatalog information_schema views BASE TABLE"},
		},
		{
			name: "what a limit picks is not left out", sql: "SELECT * FROM (SELECT * FROM information_schema.views LIMIT 1) WHERE table_schema = 'nosuch'",
			asked: []string{"[] []"},
		},
		{name: "nothing", sql: "SELECT * FROM information_schema.tables WHERE table_schema = 'nosuch'", asked: []string{"[nosuch] []"}},
		{name: "roles", sql: "SELECT * FROM information_schema.enabled_roles"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked []string
			q, err := replaytest.Analyze(t.Context(), tt.sql, asking{Catalog: c, asked: &asked})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.asked, asked); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
			if rows := values(q.Root); tt.rows != nil || len(asked) == 1 && asked[0] != "[] []" {
				if diff := cmp.Diff(tt.rows, rows); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// TestPartitionsOfATable reads the partitions themselves, in whatever case they are named.
func TestPartitionsOfATable(t *testing.T) {
	c := replaytest.Catalog{}
	c.Add(t, "flows", "bytes bigint", "day date", "region varchar")
	for _, i := range []int{1, 2} {
		c["flows"].Table.Columns[i].Partition = true
	}
	for _, name := range []string{`"flows$partitions"`, `"FLOWS$PARTITIONS"`, `default."flows$partitions"`, `awsdatacatalog.default."flows$Partitions"`} {
		q, err := replaytest.Analyze(t.Context(), "SELECT * FROM "+name, asking{Catalog: c, asked: new([]string)})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var columns []string
		for _, column := range q.Columns {
			columns = append(columns, column.Name+" "+column.Type.String())
		}
		if diff := cmp.Diff([]string{"day date", "region varchar"}, columns); diff != "" {
			t.Errorf("%s: columns (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff([]string{"2024-05-01 eu", "<nil> us"}, slices.Clone(values(q.Root))); diff != "" {
			t.Errorf("%s: rows (-want +got):\n%s", name, diff)
		}
	}
}
