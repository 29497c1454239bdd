package lake_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/lake"
)

// published are AWS's expressions and the log that each is recognised as.
var published = []struct {
	name, expression, log string
	groups                int
}{
	{"alb 2026", albRegex2026, "alb", 34},
	{"alb 2023", strings.ReplaceAll(albRegex2023, `\s`, `\\s`), "alb", 33},
	{"clb", clbRegex, "clb", 19},
	{"nlb", nlbRegex, "nlb", 24},
	{"s3", s3Regex, "s3_access", 27},
	{"alb connection", connRegex, "alb_connection", 12},
}

// plain hides an expression from recognition: its groups stay the same.
func plain(expression string) string { return "(?:" + expression + ")" }

func lineRows(tb testing.TB, expression string, groups int, body string) ([][]string, *lake.Files, string) {
	tb.Helper()
	scan, files := load(tb, open(tb, memory{"log": body}), regexTable(expression, numbered(groups)), nil)
	return rows(tb, files), files, scan.Format
}

// compare reads lines with the expression itself and by position. Both must say
// the same, of lines too that the expression does not match.
func compare(t *testing.T, expression string, groups int, log, body string) (matched int) {
	t.Helper()
	want, _, format := lineRows(t, plain(expression), groups, body)
	if format != "regex" {
		t.Fatalf("the hidden expression is read as %s", format)
	}
	got, _, format := lineRows(t, expression, groups, body)
	if format != log {
		t.Fatalf("the expression is read as %s, want %s", format, log)
	}
	if len(got) != len(want) {
		t.Fatalf("%d rows, the expression gives %d", len(got), len(want))
	}
	for i := range want {
		if strings.Count(strings.Join(want[i], "|"), "NULL") < len(want[i]) {
			matched++
		}
		if diff := cmp.Diff(want[i], got[i]); diff != "" {
			t.Fatalf("line %d: (-expression +position)\n%s", i+1, diff)
		}
	}
	return matched
}

func TestPublishedExpressionsAreReadByPosition(t *testing.T) {
	body := recordedLines(t)
	least := map[string]int{"alb 2026": 3500, "alb 2023": 2300, "clb": 10, "s3": 15, "nlb": 1}
	for _, p := range published {
		t.Run(p.name, func(t *testing.T) {
			groups := p.groups
			if n := compare(t, hive(p.expression), groups, p.log, body); n < least[p.name] {
				t.Errorf("the expression matches %d lines, want at least %d", n, least[p.name])
			}
		})
	}
}

// The guide of 2023 prints its expression with one backslash before the s,
// which Hive takes away. It is the same expression to us.
func TestExpressionIsRecognisedHoweverItIsEscaped(t *testing.T) {
	line := albHead + `"GET https://h:443/ HTTP/1.1" "-"` + albMid + albTail
	var all [][][]string
	for _, expression := range []string{albRegex2023, hive(albRegex2023), hive(strings.ReplaceAll(albRegex2023, `\s`, `\\s`))} {
		got, _, format := lineRows(t, expression, 33, line)
		if format != "alb" {
			t.Errorf("read as %s: %s", format, expression)
		}
		all = append(all, got)
	}
	if diff := cmp.Diff(all[0], all[1]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(all[0], all[2]); diff != "" {
		t.Error(diff)
	}
}

// recordedLines is every line of every load balancer and S3 log at hand.
func recordedLines(t *testing.T) string {
	t.Helper()
	t.Helper()
	var b strings.Builder
	for _, dir := range []string{
		filepath.Join(material.Data(t), "elb"), filepath.Join(material.Data(t), "s3access"),
		filepath.Join(material.TruthLogs(t), "AWSLogs/111122223333/elasticloadbalancing"),
	} {
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.Contains(e.Name(), ".log") && !strings.HasSuffix(e.Name(), ".gz") || strings.HasSuffix(path, ".zip") {
				return err
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if bytes.HasPrefix(raw, []byte{0x1f, 0x8b}) {
				z, err := gzip.NewReader(bytes.NewReader(raw))
				if err != nil {
					return err
				}
				if raw, err = io.ReadAll(z); err != nil {
					return err
				}
			}
			b.Write(raw)
			b.WriteByte('\n')
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

const (
	albHead = `https 2024-05-01T01:00:06.558721Z app/shop/50dc6c495c0c9188 203.0.113.96:11111 10.0.1.11:8080 0.000 0.051 0.001 200 200 284 18354 `
	albMid  = ` ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:ap-northeast-2:111122223333:targetgroup/web/73e2d6bc24d8a067 "Root=1-66319416-a3a4a3960820f07a22a4f2e6"`
	albTail = ` "shop.example.com" "session-reused" 1 2024-05-01T01:00:06.558721Z "forward" "-" "-" "10.0.1.11:8080" "200" "-" "-"`
)

func TestBalancerLines(t *testing.T) {
	ordinary := `"GET https://shop.example.com:443/ HTTP/1.1" "curl/8.5.0"`
	columns := append(albTable().Columns, texts("conn_trace_id")...)
	at := func(names ...string) (out []int) {
		for _, n := range names {
			out = append(out, column(lake.Table{Columns: columns}, n))
		}
		return out
	}
	for _, tt := range []struct {
		name, line string
		columns    []int
		want       []string
		bad        bool
	}{
		{
			name: "a field that was added in 2024", line: albHead + ordinary + albMid + albTail + ` TID_1`,
			columns: at("classification_reason", "conn_trace_id"), want: []string{"-", "TID_1"},
		},
		{
			name: "fields that were added in 2025 and 2026", line: albHead + ordinary + albMid + albTail + ` TID_1 "h" "/u" "TransformSuccess" 3.34.116.99 "-" "-" more`,
			columns: at("elb_status_code", "conn_trace_id"), want: []string{"200", "TID_1"},
		},
		{
			name: "an old line", line: albHead + ordinary + albMid + ` "shop.example.com" "session-reused" 1 2024-05-01T01:00:06.558721Z "forward"`,
			columns: at("actions_executed", "redirect_url", "classification_reason", "conn_trace_id"), want: []string{"forward", "NULL", "NULL", "NULL"},
		},
		{
			name: "the oldest line", line: albHead + ordinary + albMid,
			columns: at("trace_id", "domain_name"), want: []string{"Root=1-66319416-a3a4a3960820f07a22a4f2e6", "NULL"},
		},
		{
			name: "a user agent with escaped quotes", line: albHead + `"GET https://shop.example.com:443/ HTTP/1.1" "a \"b c\" d"` + albMid + albTail,
			columns: at("request_proto", "user_agent", "ssl_protocol"), want: []string{"HTTP/1.1", `a \"b c\" d`, "TLSv1.2"},
		},
		{
			name: "a user agent with escaped bytes", line: albHead + `"GET https://shop.example.com:443/ HTTP/1.1" "a \x22b\x22"` + albMid + albTail,
			columns: at("user_agent"), want: []string{`a \x22b\x22`},
		},
		{
			name: "a URL with blanks", line: albHead + `"GET https://shop.example.com:443/a b c HTTP/1.1" "-"` + albMid + albTail,
			columns: at("request_verb", "request_url", "request_proto"), want: []string{"GET", "https://shop.example.com:443/a b c", "HTTP/1.1"},
		},
		{
			name: "a URL with a quote", line: albHead + `"GET https://shop.example.com:443/?q="x" HTTP/1.1" "-"` + albMid + albTail,
			columns: at("request_url", "request_proto", "user_agent"), want: []string{`https://shop.example.com:443/?q="x"`, "HTTP/1.1", "-"},
		},
		{
			name:    "a request that did not parse",
			line:    `http 2025-03-01T01:00:06.558721Z app/shop/50dc6c495c0c9188 203.0.113.96:11111 - -1 -1 -1 400 - 0 272 "- http://lb.example.com:80- -" "-" - - - "-" "-" "-" - 2025-03-01T01:00:06.558000Z "-" "-" "-" "-" "-" "-" "-"`,
			columns: at("target_ip", "target_port", "request_verb", "request_url", "request_proto", "target_status_code"),
			want:    []string{"", "", "-", "http://lb.example.com:80-", "-", "-"},
		},
		{
			name: "IPv6", line: strings.Replace(strings.Replace(albHead, "203.0.113.96:11111", "2001:db8::1:443", 1), "10.0.1.11:8080", "2001:db8::2:80", 1) + ordinary + albMid + albTail,
			columns: at("client_ip", "client_port", "target_ip", "target_port"), want: []string{"2001:db8::1", "443", "2001:db8::2", "80"},
		},
		{name: "a broken line", line: "broken line 7", bad: true},
		{name: "a line that was cut off", line: albHead + `"GET https://shop.example.com:443/ HT`, bad: true},
		{name: "an empty line", line: "", bad: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table := regexTable(hive(albRegex2026), columns)
			table.Properties = map[string]string{"sillok.lenient": "true"}
			_, files := load(t, open(t, memory{"a.log": tt.line + "\n"}), table, nil)
			all := rows(t, files)
			if len(all) != 1 || (files.Stats.Bad == 1) != tt.bad {
				t.Fatalf("%d rows, %d did not parse", len(all), files.Stats.Bad)
			}
			if tt.bad {
				if joined := strings.Join(all[0], ""); strings.ReplaceAll(joined, "NULL", "") != "" {
					t.Errorf("a line that does not parse is a row of NULLs, not %s", joined)
				}
				return
			}
			var got []string
			for _, c := range tt.columns {
				got = append(got, all[0][c])
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
