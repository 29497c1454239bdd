package lake_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/sillok/sillok/internal/lake"
)

// BenchmarkSmallObjects decodes a thousand small objects in this process and in worker
// processes, by turns, and tells what each takes of the processors in the median round.
// Other work on the machine disturbs both alike. No worker ends meanwhile: what it has
// taken would be missing from the sum.
func BenchmarkSmallObjects(b *testing.B) {
	objects := memory{}
	for i := range 1000 {
		objects[fmt.Sprintf("%04d.json.gz", i)] = gz(b, strings.Repeat(record(fmt.Sprint(i))+"\n", 5))
	}
	workers := pool(b)
	took := map[bool][]float64{}
	ended := processesEnded.Load()
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
			took[inWorkers] = append(took[inWorkers], float64(processorTime(b)-before)/1e6)
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
	if processesEnded.Load() != ended {
		b.Fatal("a worker ended while it was measured")
	}
	here, there := median(took[false]), median(took[true])
	b.ReportMetric(here, "here-cpu-ms")
	b.ReportMetric(there, "workers-cpu-ms")
	b.ReportMetric(100*(there-here)/here, "%more")
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// processorTime returns the nanoseconds of processors that this process and its
// children that live have taken so far.
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
