package duckdb_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/replaytest"
)

// A table over CloudTrail, such as AWS's own, sees places of its records in shapes
// that the log's own schema has not.
func TestTrailInShapesOfTables(t *testing.T) {
	dir := t.TempDir()
	const body = `{"Records":[{"eventName":"A","userIdentity":{"type":"X","sessionContext":{"webIdFederationData":{"federatedProvider":"p","attributes":{"k":"v"}}}},
		"resources":[{"ARN":"r","type":"t"}],"tlsDetails":{"tlsVersion":"1.3"}}]}`
	if err := os.WriteFile(filepath.Join(dir, "x.json"), []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	logs := lake.Table{
		Database: replaytest.Database, Name: "t", Location: "s3://logs/", SerDe: "com.amazon.emr.hive.serde.CloudTrailSerde",
		InputFormat: "com.amazon.emr.cloudtrail.CloudTrailInputFormat",
		Columns: []lake.Column{
			{Name: "useridentity", Type: "struct<type:string,sessioncontext:struct<webidfederationdata:map<string,string>>>"},
			{Name: "resources", Type: "array<map<string,string>>"},
			{Name: "tlsdetails", Type: "string"},
		},
	}
	got := firstRow(t, logs, dir, `SELECT useridentity.type, useridentity.sessioncontext.webidfederationdata['federatedProvider'],
			json_extract_scalar(useridentity.sessioncontext.webidfederationdata['attributes'], '$.k'), resources[1]['ARN'], json_extract_scalar(tlsdetails, '$.tlsVersion') FROM t`)
	if diff := cmp.Diff([]string{"X", "p", "v", "r", "1.3"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
