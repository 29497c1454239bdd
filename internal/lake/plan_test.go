package lake_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake"
)

// where is a Filter made of tests of single columns and of whole rows.
type where struct {
	single map[string]func(string) bool
	equal  map[string][]string
	asked  int
}

func (w *where) Columns() []string {
	var out []string
	for c := range w.single {
		out = append(out, c)
	}
	return out
}

func (w *where) Values(column string) ([]string, bool) {
	v, ok := w.equal[column]
	return v, ok
}

func (w *where) Keep(_ context.Context, columns []string, rows [][]string) ([]bool, error) {
	out := make([]bool, len(rows))
	w.asked += len(rows)
	for i, row := range rows {
		out[i] = true
		for k, c := range columns {
			if test := w.single[c]; test != nil && !test(row[k]) {
				out[i] = false
			}
			if v, ok := w.equal[c]; ok && !slices.Contains(v, row[k]) {
				out[i] = false
			}
		}
	}
	return out, nil
}

func locations(s *lake.Scan) []string {
	var out []string
	for _, p := range s.Parts {
		out = append(out, fmt.Sprint(p.Values, " ", p.Location, " ", len(p.Objects)))
	}
	return out
}

func TestObjectName(t *testing.T) {
	for want, o := range map[string]lake.Object{
		"s3://logs/a//b": {Bucket: "logs", Key: "a//b"},
		"/var/log/a/b":   {Bucket: "/var/log", Key: "a/b"},
	} {
		if diff := cmp.Diff(want, o.Name()); diff != "" {
			t.Error(diff)
		}
	}
}

// partitions is a catalog that has them.
func partitions(all ...lake.Partition) func(context.Context) iter.Seq2[lake.Partition, error] {
	return func(context.Context) iter.Seq2[lake.Partition, error] {
		return func(yield func(lake.Partition, error) bool) {
			for _, p := range all {
				if !yield(p, nil) {
					return
				}
			}
		}
	}
}

func TestCatalogPartitions(t *testing.T) {
	objects := memory{"t/day=2024-05-01/a": "1", "t/day=2024-05-02/b": "2", "elsewhere/c": "3", "t/day=2024-05-04/": ""}
	table := lake.Table{
		Name: "t", Location: "s3://logs/t/", Columns: texts("a"), PartitionKeys: []lake.Column{{Name: "day", Type: "date"}},
		Partitions: partitions(
			lake.Partition{Values: []string{"2024-05-01"}},
			lake.Partition{Values: []string{"2024-05-02"}, Location: "s3://logs/t/day=2024-05-02"},
			lake.Partition{Values: []string{"2024-05-03"}, Location: "s3a://logs/elsewhere/"},
			lake.Partition{Values: []string{"2024-05-04"}},
		),
	}
	l := open(t, objects)
	scan, files := load(t, l, table, nil)
	want := []string{"[2024-05-01] s3://logs/t/day=2024-05-01 1", "[2024-05-02] s3://logs/t/day=2024-05-02 1", "[2024-05-03] s3a://logs/elsewhere/ 1"}
	if diff := cmp.Diff(want, locations(scan)); diff != "" {
		t.Error(diff)
	}
	if scan.Partitions != 4 || scan.Bytes != 3 {
		t.Errorf("%d partitions, %d bytes", scan.Partitions, scan.Bytes)
	}
	if diff := cmp.Diff([]string{"2024-05-01"}, files.Groups[0].Files[0].Values); diff != "" {
		t.Error(diff)
	}
	scan, _ = load(t, l, table, &where{single: map[string]func(string) bool{"day": func(v string) bool { return v > "2024-05-02" }}})
	if diff := cmp.Diff(want[2:], locations(scan)); diff != "" {
		t.Error(diff)
	}
}

// More partitions than are held at once are asked about in turn.
func TestManyCatalogPartitions(t *testing.T) {
	objects := memory{"t/n=00000/a": "1", "t/n=19999/b": "22"}
	var all []lake.Partition
	for n := range 20_000 {
		all = append(all, lake.Partition{Values: []string{fmt.Sprintf("%05d", n)}})
	}
	table := lake.Table{
		Name: "t", Location: "s3://logs/t/", Columns: texts("a"), PartitionKeys: texts("n"), Partitions: partitions(all...),
	}
	l := open(t, objects)
	wanted := &where{single: map[string]func(string) bool{"n": func(n string) bool { return n == "00000" || n == "19999" }}}
	scan, err := l.Plan(t.Context(), table, wanted)
	if err != nil {
		t.Fatal(err)
	}
	if scan.Partitions != 2 || scan.Bytes != 3 || wanted.asked != 20_000 {
		t.Errorf("%d partitions and %d bytes after %d questions, want 2, 3 and 20000", scan.Partitions, scan.Bytes, wanted.asked)
	}
	failed := errors.New("the catalog failed")
	table.Partitions = func(context.Context) iter.Seq2[lake.Partition, error] {
		return func(yield func(lake.Partition, error) bool) { yield(lake.Partition{}, failed) }
	}
	if _, err := l.Plan(t.Context(), table, nil); !errors.Is(err, failed) {
		t.Errorf("error is %v, want that of the catalog", err)
	}
}

func projected(properties ...string) lake.Table {
	t := lake.Table{
		Database: "d", Name: "t", Location: "s3://logs/x/", Columns: texts("a"), PartitionKeys: texts("account", "region", "day"),
		Properties: map[string]string{
			"projection.enabled": "TRUE", "projection.account.type": "enum", "projection.account.values": "111111111111,222222222222",
			"projection.region.type": "enum", "projection.region.values": "us-east-1,eu-west-1,ap-northeast-2",
			"projection.day.type": "date", "projection.day.range": "2014/05/04,NOW", "projection.day.format": "yyyy/MM/dd",
			"storage.location.template": "s3://logs/${account}/${region}/${day}",
		},
		Partitions: func(context.Context) iter.Seq2[lake.Partition, error] {
			panic("the catalog is not asked under projection")
		},
	}
	for i := 0; i < len(properties); i += 2 {
		t.Properties[properties[i]] = properties[i+1]
	}
	return t
}

func TestProjectedPartitions(t *testing.T) {
	objects := memory{
		"111111111111/us-east-1/2024/05/01/a": "1", "111111111111/us-east-1/2024/05/02/b": "2", "222222222222/eu-west-1/2024/05/02/c": "3",
		"222222222222/eu-west-1/2013/05/02/early": "4", "333333333333/eu-west-1/2024/05/02/other": "5", "111111111111/us-east-1/2024/05/011/x": "6",
	}
	l := open(t, objects)
	all := []string{
		"[111111111111 us-east-1 2024/05/01] s3://logs/111111111111/us-east-1/2024/05/01 1",
		"[111111111111 us-east-1 2024/05/02] s3://logs/111111111111/us-east-1/2024/05/02 1",
		"[222222222222 eu-west-1 2024/05/02] s3://logs/222222222222/eu-west-1/2024/05/02 1",
	}
	scan, err := l.Plan(t.Context(), projected(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all, locations(scan)); diff != "" {
		t.Error(diff)
	}
	if want := 2 * 3 * 3653; scan.Partitions != want {
		t.Errorf("%d partitions, want %d", scan.Partitions, want)
	}
	filter := &where{
		single: map[string]func(string) bool{"day": func(v string) bool { return v >= "2024/05/02" && v < "2024/05/03" }},
		equal:  map[string][]string{"region": {"us-east-1", "nowhere"}},
	}
	if scan, err = l.Plan(t.Context(), projected(), filter); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all[1:2], locations(scan)); diff != "" {
		t.Error(diff)
	}
	if scan.Partitions != 2 || filter.asked > 3653+10 {
		t.Errorf("%d partitions after %d questions", scan.Partitions, filter.asked)
	}
	if scan, err = l.Plan(t.Context(), projected(), &where{equal: map[string][]string{"day": {"1999/01/01"}}}); err != nil || scan.Objects != 0 {
		t.Errorf("a day that is out of range: %v, %v", locations(scan), err)
	}
}

func TestProjectionIsPlannedFast(t *testing.T) {
	table := projected("projection.account.type", "integer", "projection.account.range", "0,999999999999",
		"projection.account.digits", "12", "projection.region.values", strings.Repeat("r,", 40)+"us-east-1")
	filter := &where{
		single: map[string]func(string) bool{"day": func(v string) bool { return v == "2024/05/02" }},
		equal:  map[string][]string{"account": {"111111111111"}, "region": {"us-east-1"}},
	}
	start := time.Now()
	scan, err := open(t, memory{"111111111111/us-east-1/2024/05/02/b": "2"}).Plan(t.Context(), table, filter)
	if err != nil || scan.Objects != 1 {
		t.Fatalf("%v, %v", scan, err)
	}
	if took := time.Since(start); took > 500*time.Millisecond {
		t.Errorf("took %s", took)
	}
}

func TestPlanErrors(t *testing.T) {
	column := func(hiveType string) []lake.Column { return []lake.Column{{Name: "a", Type: hiveType}} }
	for _, tt := range []struct {
		name  string
		table lake.Table
		code  string
		text  string
	}{
		{name: "Grok", table: lake.Table{Name: "t", SerDe: "com.amazonaws.glue.serde.GrokSerDe"}, code: "NOT_SUPPORTED", text: "com.amazonaws.glue.serde.GrokSerDe"},
		{name: "ORC", table: lake.Table{Name: "t", SerDe: "org.apache.hadoop.hive.ql.io.orc.OrcSerde"}, code: "NOT_SUPPORTED", text: "OrcSerde"},
		{name: "Ion", table: lake.Table{Name: "t", SerDe: "com.amazon.ionhiveserde.IonHiveSerDe"}, code: "NOT_SUPPORTED", text: "IonHiveSerDe"},
		{name: "JSON in links", table: lake.Table{Name: "t", SerDe: "org.openx.data.jsonserde.JsonSerDe", InputFormat: "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat"}, code: "NOT_SUPPORTED", text: "SymlinkTextInputFormat"},
		{name: "a struct in CSV", table: lake.Table{Name: "t", SerDe: "org.apache.hadoop.hive.serde2.OpenCSVSerde", Columns: column("struct<a:int>")}, code: "NOT_SUPPORTED", text: "struct<a:int>"},
		{name: "another input format", table: lake.Table{Name: "t", InputFormat: "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat"}, code: "NOT_SUPPORTED", text: "SymlinkTextInputFormat"},
		{name: "an array in text", table: lake.Table{Name: "t", Columns: column("array<string>")}, code: "NOT_SUPPORTED", text: "array<string>"},
		{name: "a type that is none", table: lake.Table{Name: "t", Columns: column("struct<a>")}, code: "TYPE_NOT_FOUND", text: "struct<a>"},
		{name: "no expression", table: lake.Table{Name: "t", SerDe: "org.apache.hadoop.hive.serde2.RegexSerDe"}, code: "INVALID_TABLE_PROPERTY", text: "input.regex"},
		{name: "an expression that is none", table: regexTable("(", nil), code: "NOT_SUPPORTED", text: "input.regex"},
		{name: "a location elsewhere", table: lake.Table{Name: "t", Location: "hdfs://x/y"}, code: "HIVE_METASTORE_ERROR", text: "hdfs://x/y"},
		{name: "a location that is a path", table: lake.Table{Name: "t", Location: "s3://../"}, code: "HIVE_METASTORE_ERROR", text: `"s3://../"`},
		{name: "a folder of this machine", table: lake.Table{Name: "t", Location: "s3:///etc/"}, code: "HIVE_METASTORE_ERROR", text: "the bucket is missing"},
		{name: "injected without a value", table: projected("projection.account.type", "injected"), code: "CONSTRAINT_VIOLATION", text: "account"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := open(t, memory{}).Plan(t.Context(), tt.table, nil)
			e, ok := errors.AsType[*cloud.Error](err)
			if !ok || e.Code != tt.code || !strings.Contains(e.Message, tt.text) {
				t.Errorf("error %v", err)
			}
		})
	}
	scan, err := open(t, memory{"9/us-east-1/2024/05/02/b": "2"}).Plan(t.Context(), projected("projection.account.type", "injected"),
		&where{equal: map[string][]string{"account": {"9"}, "day": {"2024/05/02"}}})
	if err != nil || scan.Objects != 1 {
		t.Errorf("an injected value: %v, %v", scan, err)
	}
}
