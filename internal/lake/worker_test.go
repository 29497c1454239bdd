package lake_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/worker"
	"github.com/sillok/sillok/internal/lake"
)

var asWorker = flag.Bool("worker", false, "be a worker process, not a test")

// TestMain makes this binary a worker process when it is started as one.
func TestMain(m *testing.M) {
	flag.Parse()
	if *decodes != "" {
		decodeForEver(*decodes)
	}
	if !*asWorker {
		m.Run()
		return
	}
	if err := worker.Serve(context.Background(), os.Stdin, os.Stdout, spoiled(lake.Handlers())); err != nil {
		panic(err)
	}
}

// spoiled are handlers that do to their process what an object tells them.
func spoiled(handlers map[string]worker.Handler) map[string]worker.Handler {
	out := map[string]worker.Handler{}
	for kind, handle := range handlers {
		out[kind] = func(ctx context.Context, payload []byte, c *worker.Conn) error {
			switch {
			case bytes.Contains(payload, []byte("panic!")):
				panic("at the disco")
			case bytes.Contains(payload, []byte("kill!")):
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			case bytes.Contains(payload, []byte("allocate!")):
				for {
					payload = append(payload, payload...)
				}
			}
			return handle(ctx, payload, c)
		}
	}
	return out
}

// processesEnded counts the processes of pools that have ended.
var processesEnded atomic.Int64

func pool(tb testing.TB) func() (*worker.Pool, error) {
	tb.Helper()
	p, err := worker.Open(worker.Config{
		Command: []string{os.Args[0], "-worker"}, Lanes: map[string]int{lake.LaneDecode: 2}, Memory: 512 << 20,
		MaxJobs: 100_000, Kept: 512 << 20, Ended: func(int) { processesEnded.Add(1) },
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := p.Close(); err != nil {
			tb.Error(err)
		}
	})
	return func() (*worker.Pool, error) { return p, nil }
}

// TestWorkersOutliveTheLoadsTheyDecodeFor loads again and again: each process that ended
// with a load would have to be started anew for the next.
func TestWorkersOutliveTheLoadsTheyDecodeFor(t *testing.T) {
	objects := memory{}
	for i := range 20 {
		objects[fmt.Sprintf("%02d", i)] = record(fmt.Sprint(i)) + "\n"
	}
	ended := processesEnded.Load()
	workers := pool(t)
	for i := range 15 {
		_, files := load(t, lake.New(lake.Config{Dir: filepath.Join(t.TempDir(), fmt.Sprint(i)), Pool: workers}, objects), trail(), nil)
		if files.Stats.Objects != len(objects) {
			t.Fatalf("%d objects", files.Stats.Objects)
		}
	}
	if n := processesEnded.Load() - ended; n > 0 {
		t.Errorf("%d processes ended with the loads that they worked for", n)
	}
}

// TestWorkersDecodeAsThisProcess compares what is decoded in a worker process with
// what is decoded here.
func TestWorkersDecodeAsThisProcess(t *testing.T) {
	parquetTable := lake.Table{
		Name: "t", Location: "s3://logs/", SerDe: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
		InputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat", Columns: []lake.Column{{Name: "c1", Type: "bigint"}},
	}
	csv := lake.Table{Name: "t", Location: "s3://logs/", Columns: texts("a", "b"), SerDeProperties: map[string]string{"field.delim": ","}}
	_, files := load(t, open(t, memory{"a": "1,x\n"}), csv, nil)
	parquet := string(readFile(t, files.Groups[0].Files[0].Path))
	whole := gz(t, strings.Repeat(record("A")+"\n", 20_000))
	p := pool(t)
	for _, tt := range []struct {
		name    string
		objects lake.Objects
		table   lake.Table
	}{
		{name: "CloudTrail", objects: memory{"a.json": record("A") + "\nno record\n", "b.json.gz": gz(t, record("B"))}, table: trail()},
		{name: "an object that does not go over at once", objects: memory{"a.json": strings.Repeat(record("A")+"\n", 10_000)}, table: trail(texts("eventname")...)},
		{name: "a gzip that is cut off", objects: memory{"a.json.gz": whole[:len(whole)/2]}, table: trail(texts("eventname")...)},
		{name: "lines that become wider", objects: memory{"a": strings.Repeat("1\n", 10_000) + "1,2\n"}, table: csv},
		{name: "Parquet", objects: memory{"a": parquet}, table: parquetTable},
		{name: "nothing", objects: memory{"a": "\n"}, table: csv},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, here := load(t, open(t, tt.objects), tt.table, nil)
			there := lake.New(lake.Config{Dir: t.TempDir(), Pool: p}, tt.objects)
			_, files := load(t, there, tt.table, nil)
			if diff := cmp.Diff(rows(t, here), rows(t, files)); diff != "" {
				t.Error(diff)
			}
			here.Stats.ShadowBytes, files.Stats.ShadowBytes = 0, 0 // as the compressor likes
			if diff := cmp.Diff(here.Stats, files.Stats); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestAnObjectEndsItsWorkerAlone puts objects beside others that no process lives
// through.
func TestAnObjectEndsItsWorkerAlone(t *testing.T) {
	p := pool(t)
	table := lake.Table{Name: "t", Location: "s3://logs/", Columns: texts("a")}
	for _, tt := range []struct{ name, bad, want string }{
		{"a panic", "panic!", "the object cannot be read: the worker process panicked: panic in github.com/sillok/sillok/internal/lake_test.TestMain"},
		{"a signal", "kill!", "the object cannot be read: the worker process ended: signal: killed"},
		{"too much memory", "allocate!", "the object cannot be read: the worker process needed more memory than it may have"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			objects := memory{"a": "1", "b": tt.bad, "c": "3"}
			strict := lake.New(lake.Config{Dir: t.TempDir(), Pool: p}, objects)
			scan, err := strict.Plan(t.Context(), table, nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = strict.Load(t.Context(), scan, nil)
			e, ok := errors.AsType[*cloud.Error](err)
			if !ok || e.Kind != cloud.Invalid || e.Code != "HIVE_CURSOR_ERROR" || !strings.HasPrefix(err.Error(), "load s3://logs/b: ") {
				t.Errorf("error %v", err)
			}
			lenient := lake.New(lake.Config{Dir: t.TempDir(), Pool: p, PassOver: true}, objects)
			_, files := load(t, lenient, table, nil)
			if diff := cmp.Diff([][]string{{"1"}, {"3"}}, rows(t, files)); diff != "" {
				t.Error(diff)
			}
			if len(files.Skipped) != 1 || files.Skipped[0].Object.Key != "b" || !strings.Contains(files.Skipped[0].Reason, tt.want) {
				t.Errorf("skipped %+v", files.Skipped)
			}
		})
	}
}

// TestWorkersLookAsThisProcess compares what is recognised in worker processes with
// what is recognised here, of objects that their keys do not tell.
func TestWorkersLookAsThisProcess(t *testing.T) {
	long := strings.Repeat(record("A")+"\n", 3000)
	noise := make([]byte, 300<<10)
	for i := range noise {
		noise[i] = byte(i * i >> 7)
	}
	objects := memory{
		"empty.json": "\n", "flow.log": "2 1 eni-1 1.1.1.1 2.2.2.2 1 2 6 1 1 1 1 ACCEPT OK\n", "long.json": long, "long.json.gz": gz(t, long),
		"noise": string(noise), "noise.gz": gz(t, string(noise)), "cut.gz": gz(t, long)[:20], "table.parquet": parquetFile(t),
		"custom.log": "srcaddr dstaddr action start pkt-more\n1.1.1.1 2.2.2.2 ACCEPT 1 x\n", "lines.jsonl": `{"a":1,"b":2}` + "\n" + `{"a":1,"c":2}` + "\n",
	}
	for i := range 100 {
		objects[fmt.Sprintf("many/%d", i)] = record(fmt.Sprint(i)) + "\n"
	}
	here, _ := discover(t, open(t, objects))
	there, _ := discover(t, lake.New(lake.Config{Dir: t.TempDir(), Pool: pool(t)}, objects))
	if diff := cmp.Diff(here, there, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
		t.Error(diff)
	}
}

// TestAnObjectIsLookedIntoAlone has objects that no process lives through among others.
func TestAnObjectIsLookedIntoAlone(t *testing.T) {
	objects := memory{"a.json": record("A") + "\n", "kill": "kill!", "panic": "panic!", "z.json": record("Z") + "\n"}
	d, found := discover(t, lake.New(lake.Config{Dir: t.TempDir(), Pool: pool(t)}, objects))
	if diff := cmp.Diff([]summary{{Format: "cloudtrail", Objects: 2}}, found); diff != "" {
		t.Error(diff)
	}
	var got [][3]string
	for _, s := range d.Skipped {
		reason, _, _ := strings.Cut(s.Reason, ": panic in")
		got = append(got, [3]string{s.Object.Key, s.Kind.String(), reason})
	}
	want := [][3]string{
		{"kill", "damaged", "damaged: the object cannot be read: the worker process ended: signal: killed"},
		{"panic", "damaged", "damaged: the object cannot be read: the worker process panicked"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// replaced is an object into which something else is put when it is opened.
type replaced struct {
	memory

	times *int
}

func (r replaced) Open(ctx context.Context, o lake.Object) (io.ReadCloser, error) {
	if *r.times > 0 {
		*r.times--
		return nil, lake.ErrReplaced
	}
	return r.memory.Open(ctx, o)
}

// TestAnObjectThatIsReplacedIsLookedIntoAgain has objects change while they are looked
// into.
func TestAnObjectThatIsReplacedIsLookedIntoAgain(t *testing.T) {
	for _, tt := range []struct {
		name  string
		times int
		want  []summary
	}{
		{"twice", 2, []summary{{Format: "cloudtrail", Objects: 1}}},
		{"again and again", 3, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, found := discover(t, open(t, replaced{memory{"a.json": record("A")}, &tt.times}))
			if diff := cmp.Diff(tt.want, found); diff != "" {
				t.Error(diff)
			}
			if len(found)+len(d.Skipped) != 1 {
				t.Errorf("skipped %+v", d.Skipped)
			}
		})
	}
}
