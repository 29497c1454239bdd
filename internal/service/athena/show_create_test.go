package athena_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/glueapi"
)

// definition is what a statement can say of a table.
func (w *world) definition(database, name string) glueapi.Table {
	w.t.Helper()
	out, err := w.glue.GetTable(w.ctx, &glueapi.GetTableInput{DatabaseName: &database, Name: &name})
	if err != nil {
		w.t.Fatal(err)
	}
	table := *out.Table
	delete(table.Parameters, "transient_lastDdlTime")
	table.CreateTime, table.UpdateTime, table.VersionId = nil, nil, nil
	return table
}

// TestWhatShowCreatePrintsMakesTheSame runs what SHOW CREATE prints.
func TestWhatShowCreatePrintsMakesTheSame(t *testing.T) {
	for _, tt := range []struct{ name, made, show, drop string }{
		{
			"t", "CREATE EXTERNAL TABLE t (`a b` string COMMENT 'it\\'s so\\n, \\\\', `select` struct<`x y`:int,z:array<map<string,decimal(10,2)>>>) " +
				"COMMENT 'two\\nlines' PARTITIONED BY (`date` date, y int COMMENT 'c') CLUSTERED BY (`a b`) INTO 3 BUCKETS " +
				"ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' COLLECTION ITEMS TERMINATED BY '|' MAP KEYS TERMINATED BY ':' LINES TERMINATED BY '\\n' " +
				"LOCATION 's3://logs/t/' TBLPROPERTIES ('k'='v\\'w', 'skip.header.line.count'='1')", "SHOW CREATE TABLE t", "DROP TABLE t",
		},
		{
			"r", "CREATE EXTERNAL TABLE r (a string) ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe' " +
				"WITH SERDEPROPERTIES ('input.regex'='([^ ]*) \\\"(\\\\d+)\\\" \\\\[.*\\\\]') STORED AS TEXTFILE LOCATION 's3://logs/r/'", "SHOW CREATE TABLE r", "DROP TABLE r",
		},
		{"p", "CREATE EXTERNAL TABLE p (a int) STORED AS PARQUET LOCATION 's3://logs/p/' TBLPROPERTIES ('projection.enabled'='true')", "SHOW CREATE TABLE p", "DROP TABLE p"},
		{"v", "CREATE VIEW v AS SELECT 1 AS a,\n 'x\ty' AS \"b c\"", "SHOW CREATE VIEW v", "DROP VIEW v"},
		{"select", "CREATE VIEW \"select\" AS SELECT 1 AS a", "SHOW CREATE VIEW `select`", "DROP VIEW `select`"},
		{"my view", "CREATE VIEW \"my view\" AS SELECT 1 AS a", "SHOW CREATE VIEW `my view`", "DROP VIEW `my view`"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := open(t, nil)
			w.ask("CREATE DATABASE d")
			if got := w.ask(tt.made, in("d")); got != "" {
				t.Fatal(got)
			}
			before := w.definition("d", tt.name)
			shown := w.ask(tt.show, in("d"))
			for _, sql := range []string{tt.drop, strings.TrimSpace(shown)} {
				if got := w.ask(sql, in("d")); got != "" {
					t.Fatalf("%s\n%s", got, sql)
				}
			}
			if diff := cmp.Diff(before, w.definition("d", tt.name)); diff != "" {
				t.Errorf("%s\n%s", diff, shown)
			}
		})
	}
}
