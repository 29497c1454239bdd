package conformance_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/material"
)

// recordedFiles returns the contents of every file of a folder, decompressed,
// by its slashed path under the folder.
func recordedFiles(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	contents := map[string][]byte{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if bytes.HasPrefix(body, []byte("\x1f\x8b")) {
			z, err := gzip.NewReader(bytes.NewReader(body))
			if err != nil {
				return err
			}
			if body, err = io.ReadAll(z); err != nil {
				return err
			}
		}
		name, err := filepath.Rel(folder, path)
		contents[filepath.ToSlash(name)] = body
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return contents
}

// countTrail counts CloudTrail's records in a file as encoding/json sees them. ok
// is false when the file is not JSON to its end or holds anything else.
func countTrail(body []byte) (records int, ok bool) {
	isRecord := func(v any) bool {
		r, _ := v.(map[string]any)
		return r["eventVersion"] != nil && r["eventTime"] != nil && (r["eventName"] != nil || r["insightDetails"] != nil)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	for {
		var value any
		if err := d.Decode(&value); errors.Is(err, io.EOF) {
			return records, records > 0
		} else if err != nil {
			return 0, false
		}
		list := []any{value}
		if document, isObject := value.(map[string]any); isObject && document["Records"] != nil {
			value = document["Records"]
		}
		if array, isArray := value.([]any); isArray {
			list = array
		}
		for _, v := range list {
			if !isRecord(v) {
				return 0, false
			}
			records++
		}
	}
}

func countLines(body []byte) int {
	n := 0
	for s := bufio.NewScanner(bytes.NewReader(body)); s.Scan(); {
		n++
	}
	return n
}

// perFile asks for the rows of each file of a folder that sillok query took for
// a certain log.
func perFile(t *testing.T, folder, table, count string) map[string]int {
	t.Helper()
	got := query(t, folder, `SELECT "$path", `+count+` FROM `+table+` GROUP BY 1`)
	if got.code != 0 {
		t.Fatal(got.told)
	}
	return byFile(t, got.rows, filepath.ToSlash(folder)+"/")
}

func byFile(t *testing.T, rows [][]string, prefix string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, row := range rows {
		_, name, ok := strings.Cut(row[0], prefix)
		n, err := strconv.Atoi(row[1])
		if !ok || err != nil {
			t.Fatalf("row %v of files under %s: %v", row, prefix, err)
		}
		counts[name] = n
	}
	return counts
}

// throughTable uploads a folder, makes a table over all of it, and asks for the
// rows of each file.
func throughTable(t *testing.T, a *asker, folder, name, ddl, count string) map[string]int {
	t.Helper()
	a.bucket(name)
	a.upload(folder, name, "")
	a.do(strings.NewReplacer("NAME", name, "PLACE", "s3://"+name+"/").Replace(ddl))
	return byFile(t, a.do(`SELECT "$path", `+count+` FROM `+name+` GROUP BY 1`).texts(), "s3://"+name+"/")
}

// TestOddities puts every recorded file of three kinds of log through sillok
// query and through tables, those included that are no logs, and compares with
// counts made here.
func TestOddities(t *testing.T) {
	data := material.Data(t)
	a := newAsker(t, serve(t, t.TempDir()))
	t.Run("cloudtrail", func(t *testing.T) { trailOddities(t, a, filepath.Join(data, "cloudtrail")) })
	t.Run("vpcflow", func(t *testing.T) { flowOddities(t, a, filepath.Join(data, "vpcflow")) })
	t.Run("elb", func(t *testing.T) { balancerOddities(t, a, filepath.Join(data, "elb")) })
}

func trailOddities(t *testing.T, a *asker, folder string) {
	t.Helper()
	want := map[string]int{
		// A record and two lines of prose, and a document with a line end in a text.
		"awsdocs_cloudtrail-user-guide/blocks/cloudtrail-event-reference-00.json.txt":   3,
		"awsdocs_cloudtrail-user-guide/blocks/cloudtrail-log-file-examples-07.json.txt": 1,
		// Answers of lookup-events, a line each.
		"log2timeline_plaso/raw/aws_cloudtrail.jsonl": 6,
	}
	contents := recordedFiles(t, folder)
	for name, body := range contents {
		if n, ok := countTrail(body); ok {
			want[name] = n
		}
	}
	if diff := cmp.Diff(want, perFile(t, folder, "cloudtrail", "count(*)")); diff != "" {
		t.Errorf("sillok query: %s", diff)
	}
	table := throughTable(t, a, folder, "oddtrails", trailKind().ddl, "count(eventtime)")
	for name := range table {
		if _, ok := want[name]; !ok && table[name] == 0 {
			delete(table, name) // AWS finds no records there either
		}
	}
	want["awsdocs_cloudtrail-user-guide/blocks/cloudtrail-event-reference-00.json.txt"] = 1
	want["awsdocs_cloudtrail-user-guide/blocks/cloudtrail-log-file-examples-07.json.txt"] = 0
	// What lookup-events answers is no log, but has members of the same names.
	want["log2timeline_plaso/raw/aws_cloudtrail.jsonl"] = 6
	if diff := cmp.Diff(want, table); diff != "" {
		t.Errorf("through a table: %s", diff)
	}
}

func flowOddities(t *testing.T, a *asker, folder string) {
	t.Helper()
	contents := recordedFiles(t, folder)
	want, lines := map[string]int{}, map[string]int{}
	for name, body := range contents {
		if n := countLines(body); n > 1 {
			lines[name] = n - 1
		}
		if n := countFlows(body); n > 0 {
			want[name] = n
		}
	}
	if diff := cmp.Diff(want, perFile(t, folder, "vpc_flow", "count(*)")); diff != "" {
		t.Errorf("sillok query: %s", diff)
	}
	if diff := cmp.Diff(lines, throughTable(t, a, folder, "oddflows", flowKind().ddl, "count(*)")); diff != "" {
		t.Errorf("through a table: %s", diff)
	}
}

// countFlows counts the lines of a flow log that are no headers: a header comes
// first, or each line has the fields of the default format.
func countFlows(body []byte) int {
	header := regexp.MustCompile(`(^| )(srcaddr|interface-id)( |$)`)
	line := regexp.MustCompile(`^2 \S+ \S+ \S+ \S+ \S+ \S+ \S+ \S+ \S+ \S+ \S+ \S+ (OK|NODATA|SKIPDATA)$`)
	n := 0
	for i, text := range strings.Split(strings.TrimRight(string(body), "\n"), "\n") {
		isHeader := header.MatchString(text)
		if i == 0 && !isHeader && !line.MatchString(text) {
			return 0
		}
		if !isHeader && text != "" {
			n++
		}
	}
	return n
}

func balancerOddities(t *testing.T, a *asker, folder string) {
	t.Helper()
	contents := recordedFiles(t, folder)
	lines := map[string]int{}
	want := map[string]map[string]int{"alb": {}, "clb": {}, "nlb": {}}
	begins := map[string]*regexp.Regexp{
		// Up to the trace ID, which the oldest of such lines end with; a line that was wrapped does not get there.
		"alb": regexp.MustCompile(`^(https?|h2|grpcs|wss?) \d{4}-\d\d-\d\dT\S+ ([^ "]+ ){10}"[^"]*" "[^"]*" \S+ \S+ \S+ "[^"]*"`),
		"clb": regexp.MustCompile(`^\d{4}-\d\d-\d\dT\S+ \S+ \d`),
		"nlb": regexp.MustCompile(`^tls \d\.\d \d{4}-\d\d-\d\dT\S+( \S+){15}`),
	}
	for name, body := range contents {
		if n := countLines(body); n > 0 {
			lines[name] = n
		}
		first, _, _ := strings.Cut(string(body), "\n")
		for kind, begin := range begins {
			if begin.MatchString(first) {
				want[kind][name] = countLines(body)
			}
		}
	}
	// Their first lines are a comment, and lines of a kind that no balancer writes any more.
	for name, notRecords := range map[string]int{
		"aws-solutions_waf-security-automations/raw/XXXXXXXXXXXX_elasticloadbalancing_us-east-1_app.ApplicationLoadBalancer.fa87e1db7badc175_20230424T2110Z_X.X.X.X_4c8scnzy.log.gz": 1,
		"ozantunca_elb-log-analyzer/raw/AppELBLog.log": 0,
	} {
		want["alb"][name] = countLines(contents[name]) - notRecords
	}
	for _, kind := range slices.Sorted(maps.Keys(want)) {
		if diff := cmp.Diff(want[kind], perFile(t, folder, kind, "count(*)")); diff != "" {
			t.Errorf("sillok query, %s: %s", kind, diff)
		}
	}
	if diff := cmp.Diff(lines, throughTable(t, a, folder, "oddrequests", balancerKind(t).ddl, "count(*)")); diff != "" {
		t.Errorf("through a table: %s", diff)
	}
	parsed := byFile(t, a.do(`SELECT "$path", count(elb) FROM oddrequests GROUP BY 1`).texts(), "s3://oddrequests/")
	for name, n := range want["alb"] {
		n -= balancerExceptions()[name]
		if parsed[name] != n {
			t.Errorf("%d rows of %s parsed, want %d", parsed[name], name, n)
		}
	}
}

// balancerExceptions says how many lines of a file of requests are of other
// load balancers, or of no version that AWS tells of.
func balancerExceptions() map[string]int {
	return map[string]int{"log2timeline_plaso/raw/aws_elb_access.log": 6, "ozantunca_elb-log-analyzer/raw/AppELBLog.log": 2}
}
