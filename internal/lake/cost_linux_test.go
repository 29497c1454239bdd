package lake_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/sillok/sillok/internal/lake"
)

// BenchmarkSmallObjects decodes a thousand small objects in this process and in worker
// processes, by turns, and tells what each takes of the processors. Other work on the
// machine disturbs both alike.
func BenchmarkSmallObjects(b *testing.B) {
	objects := memory{}
	for i := range 1000 {
		objects[fmt.Sprintf("%04d.json.gz", i)] = gz(b, strings.Repeat(record(fmt.Sprint(i))+"\n", 5))
	}
	workers := pool(b)
	took := map[bool]int64{}
	decode := func(inWorkers bool, i int, count bool) {
		cfg := lake.Config{Dir: filepath.Join(b.TempDir(), fmt.Sprint(i, inWorkers))}
		if inWorkers {
			cfg.Pool = workers
		}
		before := processorTime(b)
		_, files := load(b, lake.New(cfg, objects), trail(), nil)
		if files.Stats.Objects != len(objects) {
			b.Fatalf("%d objects", files.Stats.Objects)
		}
		if count {
			took[inWorkers] += processorTime(b) - before
		}
	}
	decode(true, -1, false) // what starts with the first is no cost of the others
	decode(false, -1, false)
	rounds := 0
	for b.Loop() {
		decode(rounds%2 == 0, rounds, true)
		decode(rounds%2 == 1, rounds, true)
		rounds++
	}
	b.ReportMetric(float64(took[false])/float64(rounds)/1e6, "here-cpu-ms")
	b.ReportMetric(float64(took[true])/float64(rounds)/1e6, "workers-cpu-ms")
	b.ReportMetric(100*float64(took[true]-took[false])/float64(took[false]), "%more")
}

// processorTime returns the nanoseconds of processors that this process and its
// children have taken so far.
func processorTime(b *testing.B) (nanoseconds int64) {
	b.Helper()
	own := os.Getpid()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range stats {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if err != nil {
			b.Fatal(err)
		}
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended meanwhile
		}
		_, rest, _ := bytes.Cut(text, []byte(") "))
		if fields := strings.Fields(string(rest)); pid != own && (len(fields) < 2 || fields[1] != strconv.Itoa(own)) {
			continue
		}
		var at unix.Timespec
		const allOfIt = 2 // the clock of what all threads of a process take
		if err := unix.ClockGettime(int32(^pid<<3|allOfIt), &at); err == nil {
			nanoseconds += at.Nano()
		}
	}
	return nanoseconds
}
