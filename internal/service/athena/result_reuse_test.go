package athena_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/servicetest"
)

// again lets a query have an earlier result that is no older than so many minutes.
func again(minutes int32) func(*athenaapi.StartQueryExecutionInput) {
	return func(in *athenaapi.StartQueryExecutionInput) {
		in.ResultReuseConfiguration = &athenaapi.ResultReuseConfiguration{
			ResultReuseByAgeConfiguration: &athenaapi.ResultReuseByAgeConfiguration{Enabled: new(true), MaxAgeInMinutes: &minutes},
		}
	}
}

// withSales makes a table of two partitions, and a view over it.
func withSales(t *testing.T) *world {
	t.Helper()
	w := open(t, nil)
	w.put("sales/day=1/a.csv", "1\n2\n")
	w.put("elsewhere/a.csv", "10\n")
	for _, sql := range []string{
		"CREATE EXTERNAL TABLE sales (x int) PARTITIONED BY (day int) LOCATION 's3://logs/sales/'",
		"ALTER TABLE sales ADD PARTITION (day=1) LOCATION 's3://logs/sales/day=1/' PARTITION (day=2) LOCATION 's3://logs/elsewhere/'",
		"CREATE VIEW total AS SELECT sum(x) AS s FROM sales",
		"CREATE DATABASE other",
	} {
		if got := w.ask(sql); strings.HasPrefix(got, "[") {
			t.Fatal(sql, got)
		}
	}
	return w
}

func reused(x *athenaapi.QueryExecution) bool {
	return *x.Statistics.ResultReuseInformation.ReusedPreviousResult
}

func TestResultsAreReused(t *testing.T) {
	const sql = "SELECT s FROM total"
	for name, tt := range map[string]struct {
		first   []func(*athenaapi.StartQueryExecutionInput)
		between func(*world)
		sql     string
		change  []func(*athenaapi.StartQueryExecutionInput)
		want    string // 13 unless stated
		reused  bool
	}{
		"nothing changed":  {reused: true},
		"both ask for it":  {first: []func(*athenaapi.StartQueryExecutionInput){again(60)}, reused: true},
		"not asked for":    {change: []func(*athenaapi.StartQueryExecutionInput){func(in *athenaapi.StartQueryExecutionInput) { in.ResultReuseConfiguration = nil }}},
		"another text":     {sql: "SELECT  s FROM total"},
		"another database": {sql: "SELECT s FROM total", change: []func(*athenaapi.StartQueryExecutionInput){in("other")}, want: "[FAILED]"},
		"another place": {change: []func(*athenaapi.StartQueryExecutionInput){func(in *athenaapi.StartQueryExecutionInput) {
			in.ResultConfiguration.OutputLocation = new("s3://logs/results2/")
		}}},
		"the default database": {change: []func(*athenaapi.StartQueryExecutionInput){in("DEFAULT")}, reused: true},
		"another work group": {
			between: func(w *world) { w.group("g", nil) },
			change:  []func(*athenaapi.StartQueryExecutionInput){func(in *athenaapi.StartQueryExecutionInput) { in.WorkGroup = new("g") }},
		},
		"an object changed":           {between: func(w *world) { w.put("sales/day=1/a.csv", "5\n6\n") }, want: "s\n21\n"},
		"an object came":              {between: func(w *world) { w.put("sales/day=1/b.csv", "7\n") }, want: "s\n20\n"},
		"an object of another folder": {between: func(w *world) { w.put("elsewhere/b.csv", "7\n") }, want: "s\n20\n"},
		"an object of no table":       {between: func(w *world) { w.put("salesmen/b.csv", "7\n") }, reused: true},
		"an object written once more": {between: func(w *world) { w.put("results/x.csv", "7\n") }, reused: true},
		"an object went":              {between: func(w *world) { _ = w.objects.Delete(w.ctx, bucket, "elsewhere/a.csv") }, want: "s\n3\n"},
		"a partition went":            {between: func(w *world) { w.ask("ALTER TABLE sales DROP PARTITION (day=2)") }, want: "s\n3\n"},
		"the view changed":            {between: func(w *world) { w.ask("CREATE OR REPLACE VIEW total AS SELECT sum(x + 1) AS s FROM sales") }, want: "s\n16\n"},
		"the table's properties":      {between: func(w *world) { w.ask("ALTER TABLE sales SET TBLPROPERTIES ('skip.header.line.count'='1')") }, want: "s\n2\n"},
		"the result went":             {between: func(w *world) { w.clear("results/") }},
		"the result is not the one":   {between: func(w *world) { w.overwrite("results/") }},
		"the server started anew":     {between: func(w *world) { w.restart() }, reused: true},
		"a table that was made again": {between: func(w *world) { w.ask("DROP VIEW total"); w.ask("CREATE VIEW total AS SELECT sum(x) AS s FROM sales") }, reused: true},
		"a description in Glue":       {between: (*world).describeSales, reused: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := withSales(t)
			first := w.start(sql, tt.first...)
			servicetest.Diff(t, "s\n13\n", w.answer(first))
			if reused(w.get(first)) {
				t.Error("the first is reused")
			}
			if tt.between != nil {
				tt.between(w)
			}
			question := sql
			if tt.sql != "" {
				question = tt.sql
			}
			second := w.start(question, append([]func(*athenaapi.StartQueryExecutionInput){again(60)}, tt.change...)...)
			got := w.answer(second)
			if tt.want == "" {
				tt.want = "s\n13\n"
			}
			if !strings.HasPrefix(got, tt.want) {
				t.Errorf("the second is %s", got)
			}
			x := w.get(second)
			if reused(x) != tt.reused {
				t.Fatalf("reused: %t", reused(x))
			}
			if tt.reused {
				servicetest.Diff(t, w.get(first).ResultConfiguration, x.ResultConfiguration)
				servicetest.Diff(t, int64(0), *x.Statistics.DataScannedInBytes)
				if left := w.content(*x.ResultConfiguration.OutputLocation); left != "\"s\"\n\"13\"\n" {
					t.Errorf("its object holds %q", left)
				}
			}
		})
	}
}

// clear removes the objects below a prefix.
func (w *world) clear(prefix string) {
	w.t.Helper()
	for o, err := range w.objects.List(w.ctx, bucket, prefix) {
		if err != nil {
			w.t.Fatal(err)
		}
		if err := w.objects.Delete(w.ctx, bucket, o.Key); err != nil {
			w.t.Fatal(err)
		}
	}
}

// overwrite puts something else into the objects below a prefix.
func (w *world) overwrite(prefix string) {
	w.t.Helper()
	for o, err := range w.objects.List(w.ctx, bucket, prefix) {
		if err != nil {
			w.t.Fatal(err)
		}
		w.put(o.Key, "something else\n")
	}
}

func (w *world) describeSales() {
	w.t.Helper()
	table := servicetest.Must(w.glue.GetTable(w.ctx, &glueapi.GetTableInput{DatabaseName: new("default"), Name: new("sales")}))(w.t).Table
	servicetest.Must(w.glue.UpdateTable(w.ctx, &glueapi.UpdateTableInput{DatabaseName: new("default"), TableInput: &glueapi.TableInput{
		Name: table.Name, Description: new("what was sold"), StorageDescriptor: table.StorageDescriptor, PartitionKeys: table.PartitionKeys,
		TableType: table.TableType, Parameters: table.Parameters,
	}}))(w.t)
}

func TestResultsAreReusedForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, answers{})
		ask := func(minutes int32) bool {
			id := w.start("SELECT 1", again(minutes))
			w.answer(id)
			return reused(w.get(id))
		}
		for _, tt := range []struct {
			later   time.Duration
			minutes int32
			want    bool
		}{
			{0, 10, false},
			{9 * time.Minute, 10, true},
			{2 * time.Minute, 10, false},
			{5 * time.Minute, 4, false},
			{3 * time.Minute, 4, true},
			{time.Second, 0, false},
		} {
			<-time.After(tt.later)
			servicetest.Diff(t, tt.want, ask(tt.minutes))
		}
	})
}

func TestHowReuseIsShown(t *testing.T) {
	w := open(t, answers{})
	for name, tt := range map[string]struct {
		asked, want *athenaapi.ResultReuseByAgeConfiguration
	}{
		"nothing":    {nil, &athenaapi.ResultReuseByAgeConfiguration{Enabled: new(false)}},
		"not wanted": {&athenaapi.ResultReuseByAgeConfiguration{Enabled: new(false), MaxAgeInMinutes: new(int32(5))}, &athenaapi.ResultReuseByAgeConfiguration{Enabled: new(false)}},
		"of any age": {&athenaapi.ResultReuseByAgeConfiguration{Enabled: new(true)}, &athenaapi.ResultReuseByAgeConfiguration{Enabled: new(true), MaxAgeInMinutes: new(int32(60))}},
		"of an age": {
			&athenaapi.ResultReuseByAgeConfiguration{Enabled: new(true), MaxAgeInMinutes: new(int32(10080))},
			&athenaapi.ResultReuseByAgeConfiguration{Enabled: new(true), MaxAgeInMinutes: new(int32(10080))},
		},
	} {
		t.Run(name, func(t *testing.T) {
			id := w.start("SELECT 1", func(in *athenaapi.StartQueryExecutionInput) {
				in.ResultReuseConfiguration = &athenaapi.ResultReuseConfiguration{ResultReuseByAgeConfiguration: tt.asked}
			})
			servicetest.Diff(t, tt.want, w.get(id).ResultReuseConfiguration.ResultReuseByAgeConfiguration)
		})
	}
}

func TestExecutedStatementsAreReused(t *testing.T) {
	w := withSales(t)
	ask := func(sql string, parameters ...string) (string, bool) {
		id := w.start(sql, again(60), func(in *athenaapi.StartQueryExecutionInput) { in.ExecutionParameters = parameters })
		return w.answer(id), reused(w.get(id))
	}
	w.ask("PREPARE one FROM SELECT count(*) FROM sales WHERE x > ?")
	for _, tt := range []struct {
		sql, parameter, want string
		reused               bool
	}{
		{"EXECUTE one", "1", "_col0\n2\n", false},
		{"EXECUTE one", "1", "_col0\n2\n", true},
		{"EXECUTE one", "2", "_col0\n1\n", false},
		{"EXECUTE one", "2", "_col0\n1\n", true},
		{"DEALLOCATE PREPARE one", "", "", false},
		{"PREPARE one FROM SELECT count(*) FROM sales WHERE x < ?", "", "", false},
		{"EXECUTE one", "2", "_col0\n1\n", false},
		{"SHOW TABLES", "", "sales\ntotal\n", false},
		{"SHOW TABLES", "", "sales\ntotal\n", false},
	} {
		var parameters []string
		if tt.parameter != "" {
			parameters = []string{tt.parameter}
		}
		got, again := ask(tt.sql, parameters...)
		if got != tt.want || again != tt.reused {
			t.Errorf("%s %s: %q, reused %t", tt.sql, tt.parameter, got, again)
		}
	}
}
