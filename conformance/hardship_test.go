//go:build linux

package conformance_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const (
	// endless does not end within a test.
	endless = "SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS a(x) CROSS JOIN UNNEST(sequence(1, 10000)) AS b(y) " +
		"CROSS JOIN UNNEST(sequence(1, 10000)) AS c(z) WHERE (x * y + z) % 7 = 3"
	// bulky has a result of gigabytes.
	bulky = "SELECT x, y, 'a text that makes the result larger than any disk of a test' FROM UNNEST(sequence(1, 10000)) AS a(x) " +
		"CROSS JOIN UNNEST(sequence(1, 10000)) AS b(y)"
	// hungry keeps everything in memory.
	hungry = "SELECT cardinality(array_agg(x * 10000 + y)) FROM UNNEST(sequence(1, 10000)) AS a(x) CROSS JOIN UNNEST(sequence(1, 10000)) AS b(y) " +
		"CROSS JOIN UNNEST(sequence(1, 100)) AS c(z)"
	// busyTicks is the processor time, in hundredths of a second, after which a worker is surely at its query.
	busyTicks = 20
)

// worker is a process of the query engine.
type worker struct{ pid, ticks int }

// workers returns the server's children that run queries.
func (s *server) workers() []worker {
	s.t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		s.t.Fatal(err)
	}
	var found []worker
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		// pid (name) state ppid …; utime and stime are the 14th and 15th.
		_, rest, _ := strings.Cut(string(text), ") ")
		f := strings.Fields(rest)
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil || len(f) < 13 || f[1] != strconv.Itoa(s.cmd.Process.Pid) {
			continue
		}
		utime, _ := strconv.Atoi(f[11])
		stime, _ := strconv.Atoi(f[12])
		found = append(found, worker{pid: pid, ticks: utime + stime})
	}
	return found
}

// A worker that is killed, as the kernel does when memory runs out, fails its
// query and nothing else.
func TestWorkerIsKilled(t *testing.T) {
	s := serve(t, t.TempDir())
	a := newAsker(t, s)
	id := a.start(endless)
	if err := syscall.Kill(a.running(s, id).pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	x, err := a.finish(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if reason := aws.ToString(x.Status.StateChangeReason); x.Status.State != types.QueryExecutionStateFailed || !strings.Contains(reason, "memory") {
		t.Errorf("%s: %s", x.Status.State, reason)
	}
	if e := x.Status.AthenaError; e == nil || e.Retryable {
		t.Errorf("error %+v, want one that is not to be tried again unchanged", e)
	}
	a.do("SELECT 1")
}

// A worker may also die while it waits: whoever asks next does not notice.
func TestIdleWorkerIsKilled(t *testing.T) {
	s := serve(t, t.TempDir())
	a := newAsker(t, s)
	a.do("SELECT 1")
	idle := s.workers()
	for _, w := range idle {
		if err := syscall.Kill(w.pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	if len(idle) == 0 {
		t.Error("no worker waits for the next query")
	}
	a.do("SELECT 2")
}

func TestStopQueryExecution(t *testing.T) {
	s := serve(t, t.TempDir())
	a := newAsker(t, s)
	id := a.start(endless)
	busy := a.running(s, id).pid
	began := time.Now()
	if _, err := a.athena.StopQueryExecution(t.Context(), &athena.StopQueryExecutionInput{QueryExecutionId: &id}); err != nil {
		t.Fatal(err)
	}
	x, err := a.finish(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("it ended %v after it was stopped", took)
	}
	if x.Status.State != types.QueryExecutionStateCancelled {
		t.Errorf("%s: %s", x.Status.State, aws.ToString(x.Status.StateChangeReason))
	}
	a.do("SELECT 1")
	for _, w := range s.workers() {
		if w.pid == busy && w.ticks > 10*busyTicks {
			t.Errorf("worker %d goes on", w.pid)
		}
	}
}

// A query may need more memory than there is: it fails, or its worker does.
func TestTooMuchMemory(t *testing.T) {
	s := &server{t: t, root: nobody(), data: t.TempDir(), wrap: []string{"sh", "-c", `ulimit -v 3000000; exec "$0" "$@"`}}
	s.start("127.0.0.1:0")
	t.Cleanup(s.kill)
	a := newAsker(t, s)
	x := a.failure(hungry)
	reason := aws.ToString(x.Status.StateChangeReason)
	if x.Status.State != types.QueryExecutionStateFailed || !strings.Contains(reason, "memory") {
		t.Errorf("%s: %s", x.Status.State, reason)
	}
	t.Log(reason)
	a.do("SELECT 1")
}

// onSmallDisk starts a server whose data lie on a file system of its own.
func onSmallDisk(t *testing.T, size string, args ...string) *server {
	t.Helper()
	unshare := []string{"unshare", "-m"}
	if os.Getuid() != 0 {
		unshare = []string{"unshare", "-r", "-m"}
	}
	data := t.TempDir()
	mount := `mount -t tmpfs -o size=` + size + ` tmpfs "` + data + `"`
	if out, err := exec.CommandContext(t.Context(), unshare[0], append(unshare[1:], "sh", "-c", mount)...).CombinedOutput(); err != nil {
		missing(t, "Full disk", "a file system in memory cannot be mounted here: %v %s", err, out)
	}
	// Whatever the server lays down for a while goes onto the same disk.
	s := &server{t: t, root: nobody(), data: data, args: args, wrap: append(unshare, "sh", "-c", mount+` && TMPDIR="`+data+`" exec "$0" "$@"`)}
	s.start("127.0.0.1:0")
	t.Cleanup(s.kill)
	return s
}

// free returns how many bytes are free on the disk of the server's data, which
// only the server's own view of the file system shows.
func (s *server) free() int64 {
	s.t.Helper()
	var stat syscall.Statfs_t
	if err := syscall.Statfs(fmt.Sprintf("/proc/%d/root%s", s.cmd.Process.Pid, s.data), &stat); err != nil {
		s.t.Fatal(err)
	}
	return int64(stat.Bfree) * stat.Bsize
}

func TestFullDisk(t *testing.T) {
	s := onSmallDisk(t, "64m")
	a := newAsker(t, s)
	a.do("SELECT 1")
	before := s.free()

	x := a.failure(bulky)
	reason := aws.ToString(x.Status.StateChangeReason)
	if x.Status.State != types.QueryExecutionStateFailed || !strings.Contains(reason, "cannot write the result to s3://"+resultsBucket+"/") || !strings.Contains(reason, "disk is full") {
		t.Errorf("%s: %s", x.Status.State, reason)
	}
	if e := x.Status.AthenaError; e == nil || aws.ToInt32(e.ErrorType) != 401 {
		t.Errorf("error %+v, want type 401", e)
	}
	if left := before - s.free(); left > 4<<20 {
		t.Errorf("%d bytes of the result are left on the disk", left)
	}
	a.do("SELECT 2")

	_, err := a.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(resultsBucket), Key: aws.String("large"), Body: bytes.NewReader(make([]byte, 80<<20))},
		func(o *s3.Options) { o.RetryMaxAttempts = 1 })
	if err == nil {
		t.Error("an object larger than the disk was stored")
	} else {
		t.Logf("PutObject: %v", err)
	}
	if left := before - s.free(); left > 4<<20 {
		t.Errorf("%d bytes of the object are left on the disk", left)
	}

	// With the disk full to its last byte, what only reads still works, and what writes fails with a reason.
	filler := fmt.Sprintf("/proc/%d/root%s/filler", s.cmd.Process.Pid, s.data)
	fill(t, filler)
	if _, err := a.s3.ListBuckets(t.Context(), &s3.ListBucketsInput{}); err != nil {
		t.Errorf("listing buckets on a full disk: %v", err)
	}
	if _, err := a.athena.StartQueryExecution(t.Context(), &athena.StartQueryExecutionInput{
		QueryString: aws.String("SELECT 3"), ResultConfiguration: &types.ResultConfiguration{OutputLocation: aws.String("s3://" + resultsBucket + "/")},
	}, func(o *athena.Options) { o.RetryMaxAttempts = 1 }); err == nil {
		t.Error("a query was accepted that cannot be written down")
	} else {
		t.Logf("StartQueryExecution: %v", err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	a.do("SELECT 4")
}

// fill writes a file until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	if err := f.Close(); err != nil {
		t.Log(err)
	}
}

func TestBytesScannedCutoff(t *testing.T) {
	a := newAsker(t, serve(t, t.TempDir()))
	a.bucket("cutoff")
	line := "2 111122223333 eni-1 192.0.2.1 192.0.2.2 443 51000 6 10 840 1772323200 1772323260 ACCEPT OK\n"
	for i := range 3 {
		a.put("cutoff", fmt.Sprintf("logs/%d.log", i), flowHeader+"\n"+strings.Repeat(line, 60_000))
	}
	a.do(strings.NewReplacer("NAME", "flows", "PLACE", "s3://cutoff/logs/").Replace(flowKind().ddl))
	limit := int64(10_000_000) // the least that AWS allows
	if _, err := a.athena.CreateWorkGroup(t.Context(), &athena.CreateWorkGroupInput{Name: aws.String("thrifty"), Configuration: &types.WorkGroupConfiguration{
		BytesScannedCutoffPerQuery: &limit, ResultConfiguration: &types.ResultConfiguration{OutputLocation: aws.String("s3://" + resultsBucket + "/")},
	}}); err != nil {
		t.Fatal(err)
	}
	inGroup := func(in *athena.StartQueryExecutionInput) { in.WorkGroup = aws.String("thrifty") }
	x, err := a.finish(t.Context(), a.start("SELECT count(*) FROM flows", inGroup))
	if err != nil {
		t.Fatal(err)
	}
	if reason := aws.ToString(x.Status.StateChangeReason); x.Status.State != types.QueryExecutionStateCancelled || !strings.Contains(reason, "Bytes scanned limit was exceeded") {
		t.Errorf("%s: %s", x.Status.State, reason)
	}
	x, err = a.finish(t.Context(), a.start("SELECT 1", inGroup))
	if err != nil || x.Status.State != types.QueryExecutionStateSucceeded {
		t.Errorf("%v: %+v", err, x.Status)
	}
	if rows := a.do("SELECT count(*) FROM flows").texts(); fmt.Sprint(rows) != "[[180000]]" {
		t.Errorf("without the limit: %v", rows)
	}
}

// When the journal of calls cannot be written, what reads goes on, what changes
// is refused, and the server says why; with space again all goes on by itself.
func TestFullJournal(t *testing.T) {
	s := onSmallDisk(t, "64m")
	create := s.replay("glue", "AWSGlue.CreateDatabase", `{"DatabaseInput":{"Name":"web"}}`)
	read := s.replay("glue", "AWSGlue.GetDatabase", `{"Name":"web"}`)
	if err := create.must(t.Context()); err != nil {
		t.Fatal(err)
	}
	filler := fmt.Sprintf("/proc/%d/root%s/filler", s.cmd.Process.Pid, s.data)
	fill(t, filler)
	// What the journal has taken of the disk beforehand is used up by reading.
	health := ""
	for n := 0; !strings.Contains(health, "journal"); n++ {
		if n > 200_000 {
			t.Fatal("the journal is not full after 200,000 calls")
		}
		if err := read.must(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n%1000 == 0 {
			health = s.health()
		}
	}
	t.Log(health)
	remove := s.replay("glue", "AWSGlue.DeleteDatabase", `{"Name":"web"}`)
	status, answer, err := remove.send(t.Context())
	if err != nil || status != http.StatusServiceUnavailable || !strings.Contains(answer, "journal of calls cannot be written") {
		t.Errorf("a change: %d %s (%v)", status, answer, err)
	}
	if err := read.must(t.Context()); err != nil {
		t.Errorf("a read, whose record is lost: %v", err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := remove.must(t.Context()); err != nil {
		t.Errorf("a change with space again: %v", err)
	}
	if health := s.health(); !strings.Contains(health, `"status":"ok"`) {
		t.Errorf("health with space again: %s", health)
	}
}

// health returns the answer of /_sillok/health.
func (s *server) health() string {
	s.t.Helper()
	answer, err := http.Get(s.endpoint + "/_sillok/health")
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}
