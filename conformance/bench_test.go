//go:build linux

package conformance_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/lake/synthetic"
)

const (
	benchSize = "SILLOK_BENCH"     // megabytes of raw logs of each kind
	benchOut  = "SILLOK_BENCH_OUT" // the file that the tables go to
	benchRuns = 3                  // of each command; the shortest counts
	smallLog  = 1 << 20            // raw bytes of an object, about
	largeLog  = 8 << 20
)

// cost is what a command took.
type cost struct {
	wall, cpu time.Duration
	peak      int64 // bytes resident
}

func (c cost) String() string {
	return fmt.Sprintf("%.2f s | %.2f s | %d MB", c.wall.Seconds(), c.cpu.Seconds(), c.peak>>20)
}

// run runs a command and returns what it cost and printed.
func (b *bench) run(env []string, name string, args ...string) (cost, string) {
	b.t.Helper()
	cmd := exec.CommandContext(b.t.Context(), name, args...)
	cmd.Env = append(os.Environ(), env...)
	var out, told bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &told
	began := time.Now()
	if err := cmd.Run(); err != nil {
		b.t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out.String(), told.String())
	}
	c := cost{wall: time.Since(began), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.peak = usage.Maxrss << 10
	}
	return c, out.String()
}

// quickest keeps the shortest of some runs.
func quickest(runs int, run func() cost) cost {
	costs := make([]cost, runs)
	for i := range costs {
		costs[i] = run()
	}
	return slices.MinFunc(costs, func(a, b cost) int { return int(a.wall - b.wall) })
}

// comparison is one question asked of Sillok and of its peer.
type comparison struct {
	name, logs, folder, sql string // logs is the folder of the set
	peer                    string // the same for DuckDB's own readers, with FILES
}

func comparisons() []comparison {
	text := func(columns ...string) string {
		var list []string
		for _, c := range columns {
			list = append(list, c+": 'VARCHAR'")
		}
		return "{" + strings.Join(list, ", ") + "}"
	}
	flow := "read_csv(FILES, delim = ' ', header = false, skip = 1, auto_detect = false, quote = '', columns = " +
		strings.NewReplacer("packets: 'VARCHAR'", "packets: 'BIGINT'", "bytes: 'VARCHAR'", "bytes: 'BIGINT'").Replace(
			text("version", "account", "eni", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes", "s", "e", "action", "status")) +
		", nullstr = '-')"
	trail := func(columns string) string {
		return "(SELECT unnest(Records, recursive := false) AS r FROM read_json(FILES, columns = {Records: 'STRUCT(" + columns + ")[]'}, maximum_object_size = 1000000000))"
	}
	alb := make([]string, 30)
	for i := range alb {
		alb[i] = fmt.Sprintf("f%02d", i)
	}
	byName := comparison{
		"CloudTrail: calls by name", "small", "CloudTrail", "SELECT eventname, count(*) AS n FROM cloudtrail GROUP BY eventname ORDER BY eventname",
		"SELECT r.eventName AS eventname, count(*) AS n FROM " + trail("eventName VARCHAR") + " GROUP BY 1 ORDER BY 1",
	}
	byNameLarge := byName
	byNameLarge.name, byNameLarge.logs = "CloudTrail, large objects: calls by name", "large"
	return []comparison{
		byName, byNameLarge,
		{
			"CloudTrail: who was denied what, from where", "small", "CloudTrail",
			`SELECT useridentity.arn AS arn, eventname, count(DISTINCT sourceipaddress) AS n, count(json_extract_scalar(requestparameters, '$.bucketName')) AS b
				FROM cloudtrail WHERE errorcode = 'AccessDenied' GROUP BY useridentity.arn, eventname ORDER BY 1, 2`,
			"SELECT r.userIdentity.arn AS arn, r.eventName AS eventname, count(DISTINCT r.sourceIPAddress) AS n, count(r.requestParameters->>'$.bucketName') AS b FROM " +
				trail("userIdentity STRUCT(arn VARCHAR), eventName VARCHAR, sourceIPAddress VARCHAR, errorCode VARCHAR, requestParameters JSON") +
				" WHERE r.errorCode = 'AccessDenied' GROUP BY 1, 2 ORDER BY 1 NULLS LAST, 2",
		},
		{
			"VPC flow logs: bytes by source", "small", "vpcflowlogs", "SELECT srcaddr, sum(bytes) AS n FROM vpc_flow WHERE srcaddr <> '-' GROUP BY srcaddr ORDER BY srcaddr",
			"SELECT srcaddr, sum(bytes)::BIGINT AS n FROM " + flow + " WHERE srcaddr IS NOT NULL GROUP BY 1 ORDER BY 1",
		},
		{
			"ALB: failures by client", "small", "elasticloadbalancing", "SELECT client_ip, count(*) AS n FROM alb WHERE elb_status_code >= 500 GROUP BY client_ip ORDER BY client_ip",
			"SELECT split_part(f03, ':', 1) AS client_ip, count(*) AS n FROM read_csv(FILES, delim = ' ', header = false, auto_detect = false, quote = '\"', escape = '', strict_mode = false, columns = " +
				text(alb...) + ") WHERE f08::INT >= 500 GROUP BY 1 ORDER BY 1",
		},
	}
}

// bench measures and writes a page about it.
type bench struct {
	t    *testing.T
	page strings.Builder
}

func (b *bench) line(format string, args ...any) {
	fmt.Fprintf(&b.page, format+"\n", args...)
	b.t.Logf(format, args...)
}

// TestBench measures sillok query beside DuckDB's own readers on the same files,
// and the server. It runs where SILLOK_BENCH says how large the logs shall be.
func TestBench(t *testing.T) {
	megabytes, err := strconv.ParseInt(os.Getenv(benchSize), 10, 64)
	if err != nil {
		t.Skipf("%s is not set: run make bench", benchSize)
	}
	b := &bench{t: t}
	b.line("Measured on %s, %d processors, %s of memory, %s.\n", processor(), runtime.NumCPU(), memory(), time.Now().UTC().Format("2 January 2006"))
	b.queries(megabytes << 20)
	b.server()
	b.verify()
	if out := os.Getenv(benchOut); out != "" {
		if err := os.WriteFile(out, []byte(b.page.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func (b *bench) queries(size int64) {
	b.t.Helper()
	dir := b.t.TempDir()
	b.line("## `sillok query` beside DuckDB's own readers\n")
	for _, k := range []struct {
		name, logs string
		make       func(ctx context.Context, cfg synthetic.Config) (synthetic.Made, error)
		mean       int64 // bytes of an object
	}{
		{"CloudTrail", "small", synthetic.CloudTrail, smallLog},
		{"CloudTrail, large objects", "large", synthetic.CloudTrail, largeLog},
		{"VPC flow logs", "small", synthetic.FlowLogs, smallLog},
		{"ALB access logs", "small", synthetic.LoadBalancer, smallLog},
	} {
		cfg := synthetic.Config{Dir: filepath.Join(dir, k.logs), Seed: 1, Bytes: size, Objects: int(max(1, size/k.mean))}
		made, err := k.make(b.t.Context(), cfg)
		if err != nil {
			b.t.Fatal(err)
		}
		b.line("- %s: %d records, %d MB raw, %d MB in %d gz objects", k.name, made.Records, made.Bytes>>20, made.Packed>>20, made.Objects)
	}
	b.line("\n| question | asked of | wall | processor | peak memory | wall, DuckDB / Sillok |\n|---|---|---|---|---|---|")
	for _, c := range comparisons() {
		b.compare(dir, c)
	}
	b.jq(dir)
	b.line("")
}

func (b *bench) compare(dir string, c comparison) {
	b.t.Helper()
	sillok := required(b.t, "SILLOK_BIN")
	var ours, theirs string
	ask := func(cache string) cost {
		var took cost
		took, ours = b.run(nil, sillok, "query", "--cache", cache, "--from", filepath.Join(dir, c.logs), "--output", "csv", c.sql)
		return took
	}
	copyTo := filepath.Join(dir, "peer.csv")
	files := "'" + filepath.Join(dir, c.logs, "AWSLogs", "*", c.folder, "**", "*.gz") + "'"
	statement := "COPY (" + strings.ReplaceAll(c.peer, "FILES", files) + ") TO '" + copyTo + "' (HEADER)"
	peer := quickest(benchRuns, func() cost {
		took, _ := b.run([]string{peerSQL + "=" + statement}, os.Args[0], "-test.run=^TestPeerProcess$")
		return took
	})
	text, err := os.ReadFile(copyTo)
	if err != nil {
		b.t.Fatal(err)
	}
	theirs = string(text)
	first := quickest(benchRuns, func() cost { return ask(b.t.TempDir()) })
	cache := b.t.TempDir()
	ask(cache)
	second := quickest(2*benchRuns, func() cost { return ask(cache) })
	if diff := cmp.Diff(records(b.t, theirs), records(b.t, ours)); diff != "" {
		b.t.Errorf("%s: Sillok and DuckDB do not agree:\n%s", c.name, diff)
	}
	b.line("| %s | DuckDB, raw gz | %v | 1 |", c.name, peer)
	b.line("| | Sillok, first time | %v | %.2f |", first, ratio(peer, first))
	b.line("| | Sillok, second time | %v | %.0f |", second, ratio(peer, second))
}

func ratio(a, b cost) float64 { return a.wall.Seconds() / b.wall.Seconds() }

func records(t *testing.T, text string) [][]string {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// jq measures what many do without any of both.
func (b *bench) jq(dir string) {
	b.t.Helper()
	if _, err := exec.LookPath("jq"); err != nil {
		b.line("| CloudTrail: calls by name | zcat and jq | not installed | | | |")
		return
	}
	script := `find "$0"/small/AWSLogs/*/CloudTrail -name '*.gz' | xargs zcat | jq -r '.Records[].eventName' | sort | uniq -c`
	took, _ := b.run(nil, "sh", "-c", script, dir)
	b.line("| CloudTrail: calls by name | zcat and jq | %v | |", took)
}

// processor returns the name of this machine's processors.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

func memory() string {
	var info syscall.Sysinfo_t
	if err := syscall.Sysinfo(&info); err != nil {
		return "an unknown amount"
	}
	return fmt.Sprintf("%d GB", (info.Totalram*uint64(info.Unit))>>30)
}
