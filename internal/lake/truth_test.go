package lake_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/lake"
)

func trail(columns ...lake.Column) lake.Table {
	if columns == nil {
		columns = texts("eventname")
	}
	return lake.Table{
		Name: "cloudtrail_logs", InputFormat: "com.amazon.emr.cloudtrail.CloudTrailInputFormat",
		SerDe: "org.apache.hive.hcatalog.data.JsonSerDe", Location: "s3://logs/", Columns: columns,
	}
}

// count counts rows by the texts of some columns.
func count(all [][]string, columns ...int) map[string]int {
	out := map[string]int{}
	for _, row := range all {
		id := ""
		for _, c := range columns {
			id += row[c] + "|"
		}
		out[id]++
	}
	return out
}

func column(t lake.Table, name string) int {
	return slices.IndexFunc(t.Columns, func(c lake.Column) bool { return c.Name == name })
}

// The counts of this file are Trino's answers in truth/queries.jsonl.
func TestBalancerLogsCountAsTrinoCounts(t *testing.T) {
	table := albTable()
	scan, files := load(t, open(t, folder(material.TruthLogs(t))), table, nil)
	if scan.Format != "alb" || scan.Partitions != 3 || scan.Objects != 12 || files.Stats.Rows != 3600 || files.Stats.Bad != 24 {
		t.Errorf("scan %s %d/%d, stats %+v", scan.Format, scan.Partitions, scan.Objects, files.Stats)
	}
	all := rows(t, files)
	want := map[string]int{
		"NULL|NULL|": 24, "||": 189, "10.0.1.10|8080|": 882, "10.0.1.11|8080|": 827, "10.0.1.12|8080|": 828, "10.0.1.13|8080|": 850,
	}
	if diff := cmp.Diff(want, count(all, column(table, "target_ip"), column(table, "target_port"))); diff != "" {
		t.Error(diff)
	}
	verbs := map[string]int{"DELETE|": 64, "GET|": 2885, "HEAD|": 87, "POST|": 540, "NULL|": 24}
	if diff := cmp.Diff(verbs, count(all, column(table, "request_verb"))); diff != "" {
		t.Error(diff)
	}
	protocols := map[string]int{"TLSv1.2|ECDHE-RSA-AES128-GCM-SHA256|": 2790, "-|-|": 786, "NULL|NULL|": 24}
	if diff := cmp.Diff(protocols, count(all, column(table, "ssl_protocol"), column(table, "ssl_cipher"))); diff != "" {
		t.Error(diff)
	}
}

func TestFlowLogsCountAsTrinoCounts(t *testing.T) {
	table := flowTable()
	_, files := load(t, open(t, folder(material.TruthLogs(t))), table, nil)
	if files.Stats.Rows != 9600 || files.Stats.Bad != 0 || files.Stats.Objects != 24 {
		t.Errorf("stats %+v", files.Stats)
	}
	want := map[string]int{"-|": 104, "ACCEPT|": 7668, "REJECT|": 1828}
	if diff := cmp.Diff(want, count(rows(t, files), column(table, "action"))); diff != "" {
		t.Error(diff)
	}
}

func TestRecordedTrailIsRead(t *testing.T) {
	dir := filepath.Join(material.Data(t), "cloudtrail/invictus-ir_aws_dataset/s3")
	table := trail(append(texts("eventname", "readonly", "requestparameters", "eventid"),
		lake.Column{Name: "useridentity", Type: "struct<type:string,sessioncontext:struct<sessionissuer:struct<type:string,username:string>>>"},
		lake.Column{Name: "resources", Type: "array<struct<arn:string,accountid:string,type:string>>"})...)
	l := open(t, folder(dir))
	_, files := load(t, l, table, nil)
	want := lake.Stats{Objects: 55, Decoded: 55, Rows: 2900, Bytes: 389102, ShadowBytes: files.Stats.ShadowBytes}
	if diff := cmp.Diff(want, files.Stats); diff != "" {
		t.Error(diff)
	}
	all := rows(t, files)
	if diff := cmp.Diff(map[string]int{"true|": 2326, "false|": 574}, count(all, 1)); diff != "" {
		t.Error(diff)
	}
	nulls := [6]int{}
	for _, row := range all {
		for i, v := range row {
			if v == "NULL" {
				nulls[i]++
			}
		}
	}
	if diff := cmp.Diff([6]int{0, 0, 333, 0, 0, 2207}, nulls); diff != "" {
		t.Error(diff)
	}
	if n := count(all, 4)["{IAMUser, {{NULL, NULL}}}|"]; n == 0 {
		t.Error("an empty session issuer is a struct of NULLs, not a NULL")
	}
	_, again := load(t, l, table, nil)
	if again.Stats.Decoded != 0 || again.Stats.Rows != 2900 {
		t.Errorf("the second load: %+v", again.Stats)
	}
}
