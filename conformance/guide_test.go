package conformance_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// guidePages are the pages of Athena's guide whose statements are carried whole.
var guidePages = []string{"create-cloudtrail-table", "cloudtrail-logs", "query-cloudtrail", "create-alb-", "query-alb-", "vpc-flow-logs"}

// guidePlaceholders fills in what the guide leaves to its reader.
var guidePlaceholders = strings.NewReplacer(
	"amzn-s3-demo-bucket", "guide", "DOC-EXAMPLE-BUCKET", "guide", "s3://bucket/", "s3://guide/", "cloudtrail_bucket_name", "guide",
	"s3://CloudTrail_bucket_name", "s3://guide",
	"<ACCOUNT-NUMBER>", "111122223333", "${account_id}", "111122223333", "{account_id}", "111122223333", "Account_ID", "218007301253",
	"account-id/CloudTrail/aws-region", "218007301253/CloudTrail/us-east-1", "<REGION>", "ap-northeast-2", "{region_code}", "ap-northeast-2",
	"YYYY-MM-dd", "2024-05-01", "YYYY/MM/dd", "2024/05/01",
	"access-log-folder-path", "AWSLogs/111122223333/elasticloadbalancing", "connection-log-folder-path", "connections",
)

// withRows are the guide's tables that must have rows over these logs; the
// others have a layout or a format of which there is no log.
var withRows = []string{"alb_access_logs", "cloudtrail_logs_pp", "test_table_vpclogs"}

// TestGuide makes the tables of Athena's guide over logs, as the guide writes
// them but for the placeholders, and asks the guide's questions.
func TestGuide(t *testing.T) {
	s := serve(t, t.TempDir())
	a := newAsker(t, s)
	a.bucket("guide")
	logs := material.TruthLogs(t)
	a.upload(logs, "guide", "")
	a.upload(filepath.Join(logs, "AWSLogs/111122223333/vpcflowlogs/ap-northeast-2"), "guide", "prefix/AWSLogs/111122223333/vpcflowlogs/us-east-1/")
	a.upload(filepath.Join(material.Data(t), "cloudtrail", "invictus-ir_aws_dataset", "s3"), "guide", "")
	var tables, changes, questions []published
	for _, p := range material.Lines[published](t, "sql", "athena_guide.jsonl") {
		if !slices.ContainsFunc(guidePages, func(page string) bool { return strings.HasPrefix(p.Src, page) }) {
			continue
		}
		p.SQL = guidePlaceholders.Replace(p.SQL)
		switch p.Kind {
		case "create_external_table":
			tables = append(tables, p)
		case "query":
			questions = append(questions, p)
		default:
			changes = append(changes, p)
		}
	}
	// The guide's page for the plain table is not among the statements.
	flows := strings.NewReplacer("prefix/AWSLogs", "AWSLogs").Replace(guidePlaceholders.Replace(scenario(t, "vpcflow.sql")[0]))
	a.do(flows)
	name := regexp.MustCompile(`(?i)TABLE\s+(?:IF NOT EXISTS\s+)?(\w+)`)
	for _, p := range tables {
		table := name.FindStringSubmatch(p.SQL)[1]
		a.do("DROP TABLE IF EXISTS " + table)
		a.do(p.SQL)
		n := shown(a.do("SELECT count(*) FROM " + table).rows[0][0])
		if n == "0" && slices.Contains(withRows, table) {
			t.Errorf("%s (%s): table %s has no rows", p.ID, p.Src, table)
		}
		t.Logf("%s: %s has %s rows", p.Src, table, n)
	}
	a.do("CREATE EXTERNAL TABLE organization (eventname string) PARTITIONED BY (account string, region string, year string, month string, day string) LOCATION 's3://guide/organization/'")
	done := map[string]bool{}
	for _, p := range changes {
		// Two pages have the same statement, which only the first can do.
		if change := strings.Join(strings.Fields(guideChange(p.SQL)), " "); !done[change] {
			a.do(change)
			done[change] = true
		}
	}
	for _, p := range questions {
		a.do(p.SQL)
	}
	report(t, "Athena's guide", "%d tables, %d changes and %d questions of its CloudTrail, ALB and VPC pages carried", len(tables), len(changes), len(questions))
}

// guideChange names the table that a page means by table_name: one with the
// partition keys that its statement has.
func guideChange(sql string) string {
	table := "cloudtrail_logs"
	if strings.Contains(sql, "account=") {
		table = "organization"
	}
	return strings.NewReplacer("table_name", table, "vpc_flow_logs_parquet", "vpc_flow_logs").Replace(sql)
}

// TestEveryPublishedStatement runs all that AWS published, in order. Most of it
// asks for tables that are not there; none may fail for a fault of the server.
func TestEveryPublishedStatement(t *testing.T) {
	s := serve(t, t.TempDir())
	a := newAsker(t, s)
	a.bucket("guide")
	counts := map[string]int{}
	for _, file := range []string{"athena_guide.jsonl", "aws_log_queries.jsonl"} {
		for _, p := range material.Lines[published](t, "sql", file) {
			got, err := a.ask(t.Context(), guidePlaceholders.Replace(p.SQL))
			if err != nil {
				t.Fatalf("%s (%s): %v\n%s", p.ID, p.Src, err, p.SQL)
			}
			switch {
			case got.failed == "":
				counts["executed"]++
			case strings.HasPrefix(got.failed, sqlerr.Unsupported):
				counts["refused"]++
			case strings.HasPrefix(got.failed, "GENERIC_INTERNAL_ERROR"):
				t.Errorf("%s (%s): %s\n%s", p.ID, p.Src, got.failed, p.SQL)
			default:
				counts["failed"]++
			}
		}
	}
	report(t, "Published statements, run", "%d executed, %d refused by construct, %d failed with a named error (most for want of their table)",
		counts["executed"], counts["refused"], counts["failed"])
}
