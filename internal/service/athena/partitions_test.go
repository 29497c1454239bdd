package athena_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/service/athena"
	"github.com/sillok/sillok/internal/servicetest"
)

// listened is a Glue that says what is asked of partitions and how many it gave.
type listened struct {
	athena.Catalog
	asked []string
	named []string // partitions that were asked for by their values
	given int
}

func (l *listened) GetPartitions(ctx context.Context, in *glueapi.GetPartitionsInput) (*glueapi.GetPartitionsOutput, error) {
	out, err := l.Catalog.GetPartitions(ctx, in)
	expression := ""
	if in.Expression != nil {
		expression = *in.Expression
	}
	if n := len(l.asked); n == 0 || l.asked[n-1] != expression {
		l.asked = append(l.asked, expression)
	}
	if err == nil {
		l.given += len(out.Partitions)
	}
	return out, err
}

func (l *listened) GetPartition(ctx context.Context, in *glueapi.GetPartitionInput) (*glueapi.GetPartitionOutput, error) {
	l.named = append(l.named, strings.Join(in.PartitionValues, "/"))
	return l.Catalog.GetPartition(ctx, in)
}

// addPartitions adds partitions with the given values through Glue.
func addPartitions(tb testing.TB, w *world, table string, values ...[]string) {
	tb.Helper()
	for start := 0; start < len(values); start += 100 {
		var inputs []glueapi.PartitionInput
		for _, v := range values[start:min(start+100, len(values))] {
			inputs = append(inputs, glueapi.PartitionInput{Values: v, StorageDescriptor: &glueapi.StorageDescriptor{
				Location: new("s3://" + bucket + "/p/" + strings.Join(v, "/") + "/"),
			}})
		}
		out, err := w.glue.BatchCreatePartition(w.ctx, &glueapi.BatchCreatePartitionInput{DatabaseName: new("default"), TableName: &table, PartitionInputList: inputs})
		if err != nil || len(out.Errors) > 0 {
			tb.Fatal(err, out)
		}
	}
}

func TestGlueSelectsPartitions(t *testing.T) {
	w := open(t, nil)
	w.ask("CREATE EXTERNAL TABLE p (a string) PARTITIONED BY (region string, y int, day date) LOCATION 's3://logs/p/'")
	addPartitions(t, w, "p",
		[]string{"it's", "7", "2026-03-01"}, []string{"us", "07", "2026-03-02"}, []string{"us", "8", "2026-03-03"},
		[]string{"us", "__HIVE_DEFAULT_PARTITION__", "2026-03-04"})
	for _, key := range []string{"it's/7/2026-03-01", "us/07/2026-03-02", "us/8/2026-03-03", "us/__HIVE_DEFAULT_PARTITION__/2026-03-04"} {
		w.put("p/"+key+"/a.csv", key+"\n")
	}
	glue := &listened{Catalog: w.glue}
	w.catalog = glue
	w.restart()
	for _, tt := range []struct {
		where string
		want  string // the days of the rows
		asked string
		given int // partitions; -1 where Glue cannot compare and all of them come
	}{
		{"region = 'it''s'", "01", "`region` = 'it''s'", 1},
		{"region IN ('it''s', 'other')", "01", "`region` IN ('it''s', 'other')", 1},
		{"day = DATE '2026-03-02'", "02", "`day` = '2026-03-02'", 1},
		{"day > DATE '2026-03-02' AND region <= 'us'", "03 04", "`day` > '2026-03-02' AND `region` <= 'us'", 2},
		{"day BETWEEN DATE '2026-03-02' AND DATE '2026-03-03'", "02 03", "`day` >= '2026-03-02' AND `day` <= '2026-03-03'", 2},
		{"day = DATE '2026-03-02' AND y = 7", "02", "`day` = '2026-03-02' AND `y` = '7'", -1},
		{"y = 7", "01 02", "`y` = '7'", -1}, // a partition's y is none
		{"y IS NULL", "04", "", 4},
		{"region = 'nowhere'", "", "`region` = 'nowhere'", 0},
		{"region IN (" + manyTexts(40) + "'us')", "02 03 04", "", 4},
	} {
		t.Run(tt.where[:min(len(tt.where), 60)], func(t *testing.T) {
			glue.asked, glue.given = nil, 0
			got := w.ask("SELECT DISTINCT substr(CAST(day AS varchar), 9) FROM p WHERE " + tt.where + " ORDER BY 1")
			servicetest.Diff(t, strings.TrimSpace("_col0 "+tt.want), strings.Join(strings.Fields(got), " "))
			if tt.given >= 0 && glue.given != tt.given {
				t.Errorf("Glue gave %d partitions, want %d", glue.given, tt.given)
			}
			if len(glue.asked) == 0 || glue.asked[0] != tt.asked {
				t.Errorf("Glue was asked for %q, want %q", glue.asked, tt.asked)
			}
		})
	}
}

func TestPartitionsOfGivenValuesAreAskedForByName(t *testing.T) {
	w := open(t, nil)
	w.ask("CREATE EXTERNAL TABLE p (a string) PARTITIONED BY (region string, day string) LOCATION 's3://logs/p/'")
	addPartitions(t, w, "p", []string{"us", "1"}, []string{"us", "2"}, []string{"eu", "1"})
	for _, key := range []string{"us/1", "us/2", "eu/1"} {
		w.put("p/"+key+"/a.csv", key+"\n")
	}
	glue := &listened{Catalog: w.glue}
	w.catalog = glue
	w.restart()
	for _, tt := range []struct{ where, want, named string }{
		{"region = 'us' AND day = '2'", "us/2", "us/2"},
		{"region IN ('us', 'eu', 'us') AND day = '1'", "eu/1 us/1", "eu/1 us/1"},
		{"region = 'us' AND day IN ('2', '3')", "us/2", "us/2 us/3"},
		{"region = 'us' AND region <> 'us' AND day = '2'", "", "us/2"},
		{"region = 'us'", "us/1 us/2", ""},
		{"region = 'us' AND day > '1'", "us/2", ""},
	} {
		glue.named = nil
		got := w.ask("SELECT a FROM p WHERE " + tt.where + " ORDER BY 1")
		servicetest.Diff(t, strings.TrimSpace("a "+tt.want), strings.Join(strings.Fields(got), " "))
		servicetest.Diff(t, tt.named, strings.Join(glue.named, " "))
	}
}

// BenchmarkOneOfManyPartitions reads one of 100,000 partitions.
func BenchmarkOneOfManyPartitions(b *testing.B) {
	w := open(b, nil)
	w.ask("CREATE EXTERNAL TABLE p (a string) PARTITIONED BY (day string) LOCATION 's3://logs/p/'")
	values := make([][]string, 100_000)
	for i := range values {
		values[i] = []string{fmt.Sprintf("d%06d", i)}
	}
	addPartitions(b, w, "p", values...)
	w.put("p/d050000/a.csv", "x\n")
	for _, where := range []string{"day = 'd050000'", "day BETWEEN 'd050000' AND 'd0500000'", "day || '' = 'd050000'"} {
		b.Run(where, func(b *testing.B) {
			for b.Loop() {
				id := w.start("SELECT count(*) FROM p WHERE " + where)
				for w.get(id).Status.CompletionDateTime == nil {
					<-time.After(time.Millisecond)
				}
				if got := *w.get(id).Status.State; got != "SUCCEEDED" {
					b.Fatal(got)
				}
			}
		})
	}
}

// manyTexts returns so many long literals, each another, with a comma behind each.
func manyTexts(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "'%050d', ", i)
	}
	return b.String()
}
