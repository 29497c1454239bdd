package conformance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/sql/replaytest"
)

const trinoGlue = "Trino over Glue"

// newTrinoGlue starts a Trino over our Glue. Its catalog has the name that Athena
// gives Glue's, which stands in views.
func newTrinoGlue(t *testing.T, s *server) *trino {
	t.Helper()
	return newTrino(t, s, trinoGlue, "awsdatacatalog", "hive.metastore=glue", "hive.metastore.glue.region="+region,
		"hive.metastore.glue.endpoint-url="+s.endpoint, "hive.metastore.glue.aws-access-key="+s.root.keyID,
		"hive.metastore.glue.aws-secret-key="+s.root.secret, "hive.partition-projection-enabled=true")
}

// Trino keeps schemas, tables, statistics, partitions and views in our Glue, and
// our Athena reads them; and the other way round.
func TestTrinoGlue(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	s := serve(t, t.TempDir())
	a := newAsker(t, s)
	a.bucket("trino-shop")
	a.bucket(replaytest.LogsBucket)
	a.database = "shop"
	r := newTrinoGlue(t, s)
	r.rows("CREATE SCHEMA shop WITH (location = 's3://trino-shop/shop/')")
	madeByTrino(t, r, a)
	trinoFormats(t, r, a)
	trinoViews(t, r, a)
	trinoProjection(t, r, a)
	trinoLogs(t, r, a)
	for _, row := range r.rows("SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'shop'") {
		kind := "TABLE"
		if row[1] == "VIEW" {
			kind = "VIEW"
		}
		r.rows(fmt.Sprintf(`DROP %s "%s"`, kind, row[0]))
	}
	r.rows("DROP SCHEMA shop")
	if !t.Failed() {
		report(t, trinoGlue, "476: schemas, CTAS, INSERT, ANALYZE, statistics, DELETE, 7 formats, views both ways, projection, ALB and flow logs row for row as Athena has them")
	}
}

func madeByTrino(t *testing.T, r *trino, a *asker) {
	t.Helper()
	for _, sql := range []string{
		`CREATE TABLE sales WITH (format = 'PARQUET', partitioned_by = ARRAY['day']) AS
			SELECT x AS id, x * 1.5e0 AS price, CAST(x AS decimal(10,2)) AS amount, x % 2 = 0 AS even, DATE '2026-03-01' + x * INTERVAL '1' DAY AS d,
				CAST('2026-03-01 12:00:00.123' AS timestamp(3)) AS at, CAST(x AS varchar) AS name, 'day ' || CAST(x % 3 AS varchar) AS day
			FROM UNNEST(sequence(1, 99)) AS t(x)`,
		"INSERT INTO sales VALUES (100, 1.0e0, 2.50, true, DATE '2026-01-01', TIMESTAMP '2026-01-01 00:00:00', 'new', 'a new/day=1%')",
		"ANALYZE sales",
		"CALL system.sync_partition_metadata('shop', 'sales', 'FULL')",
		"DELETE FROM sales WHERE day = 'day 0'",
		"COMMENT ON TABLE sales IS 'what was sold'",
		"CREATE TABLE nothing WITH (format = 'ORC') AS SELECT CAST(NULL AS varchar) AS s, CAST(NULL AS varbinary) AS v, CAST(NULL AS double) AS d, nan() AS n",
		"ANALYZE nothing",
		"CREATE TABLE plain (line varchar) WITH (format = 'TEXTFILE')",
		"INSERT INTO plain VALUES 'one', 'two'",
		"ALTER TABLE plain ADD COLUMN extra varchar",
	} {
		r.rows(sql)
	}
	for sql, want := range map[string]string{
		"SHOW TABLES LIKE 'sales'":                                              "[[sales]]",
		"SELECT count(*) FROM sales":                                            "[[67]]",
		`SELECT * FROM "sales$partitions"`:                                      "[[a new/day=1%] [day 1] [day 2]]",
		"SELECT line, extra FROM plain":                                         "[[one <nil>] [two <nil>]]",
		"SELECT min(id) FROM sales WHERE day IN ('day 1', 'day 2') AND id > 50": "[[52]]",
	} {
		rows := r.rows(sql)
		slices.SortFunc(rows, func(a, b []any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		if diff := cmp.Diff(want, fmt.Sprint(rows)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", sql, diff)
		}
	}
	// The row of a table's statistics for its id: distinct values, share of NULLs, least, most.
	if got, want := fmt.Sprint(r.rows("SHOW STATS FOR sales")[0]), "[id <nil> 33 0 <nil> 1 100]"; got != want {
		t.Errorf("statistics are %s, want %s", got, want)
	}
	sameRows(t, r, a, "sales")
	sameRows(t, r, a, "plain")
}

// trinoFormats has Trino write each format that it can. Athena reads it as Trino
// does, or refuses it by name.
func trinoFormats(t *testing.T, r *trino, a *asker) {
	t.Helper()
	for format, columns := range map[string]string{
		"PARQUET": "", "ORC": "", "TEXTFILE": "", "OPENX_JSON": "", "JSON": "", "AVRO": "", "CSV": "CAST(i AS varchar) AS i, CAST(s AS varchar) AS s, CAST(d AS varchar) AS d",
	} {
		if columns == "" {
			columns = "i, s, d, f, b, t"
		}
		table := "as_" + strings.ToLower(format)
		r.rows(fmt.Sprintf(`CREATE TABLE %s WITH (format = '%s') AS SELECT %s FROM (VALUES
			(BIGINT '1', 'a, "b" | c', DECIMAL '1.50', 0.5e0, true, TIMESTAMP '2026-03-01 12:00:00.123'), (-2, '값', -2.25, -1e10, false, TIMESTAMP '1999-12-31 23:59:59.000')
			) AS v(i, s, d, f, b, t)`, table, format, columns))
		if got, err := a.ask(t.Context(), "SELECT count(*) FROM "+table); err != nil {
			t.Fatal(err)
		} else if got.failed != "" {
			if !strings.HasPrefix(got.failed, "NOT_SUPPORTED: table shop."+table+": the SerDe ") {
				t.Errorf("%s: %s", format, got.failed)
			}
			t.Logf("%s is refused: %s", format, got.failed)
			continue
		}
		sameRows(t, r, a, table)
	}
}

// trinoViews reads a view of each by the other.
func trinoViews(t *testing.T, r *trino, a *asker) {
	t.Helper()
	const body = "SELECT day, sum(amount) AS total, max(at) AS last, min(CAST(name AS varchar(10))) AS least, array_agg(id) AS ids FROM sales GROUP BY day"
	r.rows("CREATE VIEW theirs AS " + body)
	r.rows("CREATE VIEW invoked COMMENT 'by whom it is asked' SECURITY INVOKER AS " + body)
	a.do("CREATE VIEW ours AS " + body)
	r.rows("CREATE VIEW over_ours AS SELECT * FROM ours")
	a.do("CREATE VIEW over_theirs AS SELECT * FROM theirs")
	for _, view := range []string{"theirs", "invoked", "ours", "over_ours", "over_theirs"} {
		sameAnswer(t, r, a, "SELECT day, CAST(total AS varchar), CAST(last AS varchar), least, CAST(cardinality(ids) AS varchar) FROM "+view)
	}
	r.rows("CREATE OR REPLACE VIEW ours AS SELECT 'theirs' AS whose")
	a.do("CREATE OR REPLACE VIEW theirs AS SELECT 'ours' AS whose")
	sameAnswer(t, r, a, "SELECT whose FROM ours UNION ALL SELECT whose FROM theirs")
}

// trinoProjection reads tables whose partitions follow from their properties.
func trinoProjection(t *testing.T, r *trino, a *asker) {
	t.Helper()
	const text = " ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://trino-shop/"
	a.do("CREATE EXTERNAL TABLE injected (x int) PARTITIONED BY (who string, y int)" + text + `injected/' TBLPROPERTIES ('projection.enabled'='true',
		'projection.who.type'='injected', 'projection.y.type'='integer', 'projection.y.range'='1,3', 'storage.location.template'='s3://trino-shop/injected/${who}/${y}/')`)
	a.do("CREATE EXTERNAL TABLE hours (x int) PARTITIONED BY (region string, hour string)" + text + `hours/' TBLPROPERTIES ('projection.enabled'='true',
		'projection.region.type'='enum', 'projection.region.values'='us,eu', 'projection.hour.type'='date', 'projection.hour.format'='yyyy-MM-dd-HH',
		'projection.hour.range'='2026-01-01-00,2026-01-01-05', 'projection.hour.interval'='1', 'projection.hour.interval.unit'='HOURS',
		'storage.location.template'='s3://trino-shop/hours/${region}/${hour}')`)
	for key, body := range map[string]string{
		"injected/ann/1/a": "1\n2\n", "injected/ann/3/a": "5\n", "injected/ann/4/a": "1000\n", "injected/bob/1/a": "100\n",
		"hours/us/2026-01-01-03/a": "7\n", "hours/eu/2026-01-01-05/a": "8\n", "hours/eu/2026-01-01-06/a": "9\n", "hours/kr/2026-01-01-05/a": "10\n",
	} {
		a.put("trino-shop", key, body)
	}
	for sql, want := range map[string]string{
		"SELECT who, CAST(y AS varchar), CAST(sum(x) AS varchar) FROM injected WHERE who = 'ann' GROUP BY 1, 2": "[[ann 1 3] [ann 3 5]]",
		"SELECT region, hour, CAST(x AS varchar) FROM hours":                                                    "[[eu 2026-01-01-05 8] [us 2026-01-01-03 7]]",
	} {
		if got := fmt.Sprint(sameAnswer(t, r, a, sql)); got != want {
			t.Errorf("%s\nis %s, want %s", sql, got, want)
		}
	}
}

// trinoLogs asks both for each row of load balancers' and flow logs, with AWS's
// own definitions of their tables.
func trinoLogs(t *testing.T, r *trino, a *asker) {
	t.Helper()
	a.upload(material.TruthLogs(t), replaytest.LogsBucket, "")
	for _, statement := range replaytest.LogStatements(t) {
		if strings.Contains(statement, "vpc_flow_logs") || strings.Contains(statement, "alb_logs") {
			// Trino knows no lenience: where AWS's expression does not match, a row of NULLs.
			a.do(strings.ReplaceAll(statement, "'sillok.lenient' = 'true',", ""))
		}
	}
	for table, rows := range map[string]int{"vpc_flow_logs": 9600, "alb_logs": 3600} {
		if got := sameRows(t, r, a, table); got != rows {
			t.Errorf("%s has %d rows, want %d", table, got, rows)
		}
	}
}

// sameRows compares all rows of a table, as both have them, and returns how many
// there are.
func sameRows(t *testing.T, r *trino, a *asker, table string) int {
	t.Helper()
	var columns []string
	for _, row := range r.rows("SHOW COLUMNS FROM " + table) {
		columns = append(columns, fmt.Sprintf(`CAST("%s" AS varchar) AS "%s"`, row[0], row[0]))
	}
	return len(sameAnswer(t, r, a, "SELECT "+strings.Join(columns, ", ")+" FROM "+table))
}

// sameAnswer asks both for rows of text, and returns Trino's in their own order.
func sameAnswer(t *testing.T, r *trino, a *asker, sql string) [][]string {
	t.Helper()
	var theirs, ours [][]string
	for _, row := range r.rows(sql) {
		texts := make([]string, len(row))
		for i, cell := range row {
			texts[i] = "NULL"
			if cell != nil {
				texts[i] = fmt.Sprint(cell)
			}
		}
		theirs = append(theirs, texts)
	}
	for _, row := range a.do(sql).rows {
		texts := make([]string, len(row))
		for i, cell := range row {
			texts[i] = shown(cell)
		}
		ours = append(ours, texts)
	}
	for _, rows := range [][][]string{theirs, ours} {
		slices.SortFunc(rows, slices.Compare[[]string])
	}
	if only := onlyIn(theirs, ours); len(only) > 0 {
		t.Errorf("%s\nTrino has %d rows that Athena has not, such as %q", sql, len(only), only[0])
	}
	if only := onlyIn(ours, theirs); len(only) > 0 {
		t.Errorf("%s\nAthena has %d rows that Trino has not, such as %q", sql, len(only), only[0])
	}
	return theirs
}

// onlyIn returns the rows that are in some more often than in others.
func onlyIn(some, others [][]string) (only [][]string) {
	left := map[string]int{}
	for _, row := range others {
		left[strings.Join(row, "\x00")]++
	}
	for _, row := range some {
		if key := strings.Join(row, "\x00"); left[key] > 0 {
			left[key]--
		} else {
			only = append(only, row)
		}
	}
	return only
}
