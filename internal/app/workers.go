package app

import (
	"fmt"
	"maps"
	"os"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/kit/worker"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/trail/importer"
)

const (
	spillFolder = "spill"
	leastMemory = 1 << 30 // of a worker, when nobody says how much
)

// Work returns what workers of the server do, by kind, and what lets go of what they
// hold. It is for the process that Config.WorkerCommand starts.
func Work() (handlers map[string]worker.Handler, free func()) {
	handlers, free = duckdb.Work()
	maps.Copy(handlers, lake.Handlers())
	maps.Copy(handlers, importer.Handlers())
	return handlers, free
}

// openWorkers starts the processes in which queries run and foreign bytes are read.
func (a *App) openWorkers() error {
	spilled := duckdb.Spilled(a.folder(spillFolder))
	if err := spilled.Open(); err != nil {
		return err
	}
	lanes := duckdb.Lanes(a.concurrency())
	lanes[lake.LaneDecode] = a.concurrency()
	lanes[importer.LaneImport] = a.concurrency()
	pool, err := worker.Open(worker.Config{
		Command: a.cfg.WorkerCommand, Here: Work, Lanes: lanes, Memory: a.workerMemory(), Log: a.log,
		Ended: func(pid int) {
			if err := spilled.Ended(pid); err != nil {
				a.log.Error("remove what a worker spilled", "pid", pid, "error", err)
			}
		},
	})
	if err != nil {
		return fmt.Errorf("start the workers: %w", err)
	}
	a.workers = pool
	return nil
}

// workerMemory returns how many bytes a worker may use: what was said, or else half
// of the machine's memory, shared by the queries that run at once.
func (a *App) workerMemory() int64 {
	if a.cfg.WorkerMemory > 0 {
		return a.cfg.WorkerMemory
	}
	return max(leastMemory, MachineMemory()/2/int64(a.concurrency()))
}

// MachineMemory returns how many bytes of memory there are for this process and
// its like; 0 when nobody knows.
func MachineMemory() int64 {
	var total int64
	text, _ := os.ReadFile("/proc/meminfo") // where there is none, nobody knows
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "MemTotal:" {
			kib, _ := strconv.ParseInt(fields[1], 10, 64) // 0 when it is no number
			total = kib << 10
		}
	}
	text, _ = os.ReadFile("/sys/fs/cgroup/memory.max") // "max", or absent, where nothing is limited
	if limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && (total == 0 || limit < total) {
		return limit
	}
	return total
}
