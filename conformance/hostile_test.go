//go:build linux

package conformance_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/sillok/sillok/internal/kit/material"
)

const (
	hostilePeak    = 200 << 20                 // bytes that the server itself may hold, whatever it is asked
	hostilePatient = 4 * time.Second           // after which a hostile statement is stopped
	hostileStopped = 400 * time.Millisecond    // until it has ended then: 200 ms, and the asking about it
	hostileOthers  = 10 * time.Second          // how long others' small queries may take meanwhile, on two cores
	bombExpanded   = 2 << 30                   // bytes in some 2 MB of gzip
	bombLine       = "0123456789abcdef 0123\n" // of what is in it
)

// hostile are statements that try to take the server down, or to keep it busy.
func hostile() map[string]string {
	chain := "'a'"
	for range 12 {
		chain = "replace(" + chain + ", 'a', 'aaaaaaaaaa')"
	}
	joins := "SELECT count(*) FROM (VALUES 1) t0" + numberedText(5000, " CROSS JOIN (VALUES 1) t%d", 1)
	cube := "SELECT count(*) FROM (VALUES (" + strings.TrimSuffix(strings.Repeat("1, ", 30), ", ") + ")) t(" + strings.TrimPrefix(numberedText(30, ", c%d", 1), ", ") +
		") GROUP BY CUBE (" + strings.TrimPrefix(numberedText(30, ", c%d", 1), ", ") + ")"
	ctes := "WITH w0 AS (SELECT 1 AS x)" + numberedPairs(5000, ", w%d AS (SELECT x FROM w%d)") + " SELECT x FROM w5000"
	doubled := "WITH w0 AS (SELECT 1 AS x)" + numberedPairs(40, ", w%[1]d AS (SELECT a.x FROM w%[2]d a CROSS JOIN w%[2]d b)") + " SELECT x FROM w40"
	return map[string]string{
		"a reduce that doubles":           "SELECT length(reduce(sequence(1,40),'xx',(s,x)->s||s,s->s))",
		"a reduce that doubles, of a row": "SELECT length(reduce(sequence(1,40+n),'xx',(s,x)->s||s,s->s)) FROM (VALUES 0) t(n)",
		"transforms in transforms":        "SELECT cardinality(transform(sequence(1,10000), a -> transform(sequence(1,10000), b -> transform(sequence(1,10000), c -> a*b*c))))",
		"a chain of replace":              "SELECT length(" + chain + ")",
		"repeat in repeat":                "SELECT length(array_join(repeat(array_join(repeat(rpad('x', 1000000, 'y'), 10000), ''), 10000), ''))",
		"a regular expression":            "SELECT regexp_like(rpad('', 40, 'a') || '!', '^(a+)+$')",
		"a regular expression of rows":    "SELECT count(*) FROM UNNEST(sequence(1, 50)) t(x) WHERE regexp_like(rpad('', 40 + CAST(x AS integer), 'a') || '!', '^(([a-z])+.)+[A-Z]([a-z])+$')",
		"5,000 joins":                     joins,
		"a cube of 30 columns":            cube,
		"5,000 queries of WITH":           ctes,
		"queries of WITH that double":     doubled,
		"1,000 unions":                    "SELECT 1" + strings.Repeat(" UNION SELECT 1", 1000),
		"300 EXISTS":                      "SELECT 1 WHERE true" + strings.Repeat(" AND EXISTS (SELECT 1)", 300),
		"the last of views that double":   "SELECT count(*) FROM v30",
		"a view over a heavy body":        "CREATE OR REPLACE VIEW heavy AS " + joins,
		"a bomb of gzip":                  "SELECT max(line) FROM bomb",
		"10,000 items of IN":              "SELECT 1 WHERE 7 IN (" + strings.TrimPrefix(numberedText(10000, ", %d * 2", 1), ", ") + ")",
		"deep parentheses":                "SELECT " + strings.Repeat("(", 50000) + "1" + strings.Repeat(")", 50000),
		"wide format":                     "SELECT length(format('%2000000000d', 1))",
		"a wide sequence":                 "SELECT cardinality(flatten(transform(sequence(1, 10000), x -> sequence(1, 10000))))",
		"combinations":                    "SELECT cardinality(combinations(sequence(1, 60), 5))",
		"a broken Parquet object":         "SELECT * FROM broken",
	}
}

// numberedText repeats a format with numbers from first on.
func numberedText(n int, format string, first int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, first+i)
	}
	return b.String()
}

// numberedPairs repeats a format with a number and the one before it.
func numberedPairs(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i+1, i)
	}
	return b.String()
}

// TestHostile asks hostile statements while somebody else asks small ones. The
// server answers, refuses by name, or stops the statement when it is told to; it
// stays small, and the others get their answers.
func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	s := serve(t, t.TempDir())
	a := newAsker(t, s)
	a.bucket("hostile")
	a.do("CREATE DATABASE hostile")
	a.database = "hostile"
	a.hostileTables()
	s.forgetPeak()
	ctx, cancel := context.WithCancel(t.Context())
	others := make(chan error, 1)
	go func() { others <- small(ctx, a) }()
	for name, sql := range hostile() {
		t.Run(name, func(t *testing.T) { a.survive(t, sql) })
	}
	cancel()
	if err := <-others; err != nil {
		t.Errorf("meanwhile: %v", err)
	}
	peak := s.peak()
	if peak > hostilePeak {
		t.Errorf("the server held %d MB, want at most %d", peak>>20, hostilePeak>>20)
	}
	report(t, "Hostile statements", "%d: each ends, or is stopped within %v; the server held %d MB at most", len(hostile()), hostileStopped, peak>>20)
}

// small asks small queries until ctx ends.
func small(ctx context.Context, a *asker) error {
	for n := 0; ctx.Err() == nil; n++ {
		began := time.Now()
		r, err := a.ask(ctx, "SELECT count(*) FROM lines WHERE line LIKE 'a%'")
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // the asking was stopped
		case err != nil:
			return err
		case r.failed != "" || len(r.rows) != 1 || *r.rows[0][0] != "2":
			return fmt.Errorf("small query %d: %v %v", n, r.failed, r.rows)
		case time.Since(began) > hostileOthers:
			return fmt.Errorf("small query %d took %v", n, time.Since(began))
		}
	}
	return nil
}

// survive runs one statement and stops it when it takes long.
func (a *asker) survive(t *testing.T, sql string) {
	t.Helper()
	id := a.start(sql)
	ctx, cancel := context.WithTimeout(t.Context(), hostilePatient)
	defer cancel()
	x, err := a.finish(ctx, id)
	if errors.Is(err, context.DeadlineExceeded) {
		began := time.Now()
		if _, err := a.athena.StopQueryExecution(t.Context(), &athena.StopQueryExecutionInput{QueryExecutionId: &id}); err != nil {
			t.Fatal(err)
		}
		x, err = a.finish(t.Context(), id)
		if took := time.Since(began); took > hostileStopped {
			t.Errorf("it ended %v after it was stopped", took)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	reason := aws.ToString(x.Status.StateChangeReason)
	if x.Status.State == types.QueryExecutionStateFailed && (strings.Contains(reason, "inside Sillok") || !strings.Contains(reason, ": ")) {
		t.Errorf("it failed without a name: %s", reason)
	}
	t.Logf("%s: %.200s", x.Status.State, reason)
}

func (a *asker) hostileObject(key string, body []byte) {
	a.t.Helper()
	if _, err := a.s3.PutObject(a.t.Context(), &s3.PutObjectInput{Bucket: aws.String("hostile"), Key: &key, Body: bytes.NewReader(body)}); err != nil {
		a.t.Fatal(err)
	}
}

// hostileTables makes what the statements ask of.
func (a *asker) hostileTables() {
	a.t.Helper()
	a.hostileObject("lines/a.txt", []byte("abc\nabd\nx\n"))
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	if _, err := io.CopyN(z, &repeated{text: bombLine}, bombExpanded); err != nil {
		a.t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		a.t.Fatal(err)
	}
	a.hostileObject("bomb/a.gz", bomb.Bytes())
	for _, table := range []string{"lines", "bomb"} {
		a.do("CREATE EXTERNAL TABLE " + table + " (line string) LOCATION 's3://hostile/" + table + "/'")
	}
	whole, err := os.ReadFile(filepath.Join(material.Dir(a.t), "sql", "tpch_tiny", "nation.parquet"))
	if err != nil {
		a.t.Fatal(err)
	}
	// Numbers of the footer and of the pages that are larger than anything there.
	for i := range 40 {
		mutated := bytes.Clone(whole)
		at := len(mutated) - 9 - i*len(mutated)/80
		for k := range 4 {
			mutated[at-k] = 0xFF
		}
		a.hostileObject(fmt.Sprintf("broken/%02d.parquet", i), mutated)
	}
	a.do("CREATE EXTERNAL TABLE broken (nationkey bigint, name string, regionkey bigint, comment string) STORED AS PARQUET LOCATION 's3://hostile/broken/'")
	a.do("CREATE VIEW v0 AS SELECT 1 AS x")
	for i := range 30 {
		a.do(fmt.Sprintf("CREATE VIEW v%d AS SELECT a.x FROM v%d a CROSS JOIN v%d b", i+1, i, i))
	}
}

// repeated is a text over and over.
type repeated struct {
	text string
	at   int
}

// Read implements io.Reader.
func (r *repeated) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		k := copy(p[n:], r.text[r.at:])
		n += k
		r.at = (r.at + k) % len(r.text)
	}
	return n, nil
}

// forgetPeak makes peak count from now on.
func (s *server) forgetPeak() {
	s.t.Helper()
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.cmd.Process.Pid), []byte("5"), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// peak returns the most memory that the server itself, without its workers, has
// had.
func (s *server) peak() int64 {
	s.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				s.t.Fatal(err)
			}
			return kilobytes << 10
		}
	}
	s.t.Fatal("no peak in /proc")
	return 0
}
