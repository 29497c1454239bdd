package worker

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// endWithParent makes a command end when this process does, however that ends.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

// endFirst tells the kernel to take this process before any other when memory runs out.
func endFirst() {
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0) // without /proc there is nothing to tell
}

// limitData lets this process fail where it asks for far more than memory, before
// it has it. What a Go program reserves without using it is not counted, but
// threads and arenas that are hardly used are: hence the room.
func limitData(memory int64) {
	limit := uint64(memory)*2 + 2<<30                                                   //nolint:gosec // not negative
	_ = syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: limit, Max: limit}) // a lower limit may hold already
}

var pageSize = int64(os.Getpagesize())

// memoryOf returns how many bytes of memory a process has to itself; 0 when it is not there.
func memoryOf(pid int) int64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(text) // pages: in all, resident, of them shared with files
	if len(fields) < 3 {
		return 0
	}
	resident, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	shared, err := strconv.ParseInt(string(fields[2]), 10, 64)
	if err != nil {
		return 0
	}
	return (resident - shared) * pageSize
}

// stopped reports whether a process is stopped, and would not answer before
// somebody lets it go on.
func stopped(pid int) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, state, _ := bytes.Cut(text, []byte(") ")) // the name before it, which is ours, has none
	return bytes.HasPrefix(state, []byte("T")) || bytes.HasPrefix(state, []byte("t"))
}
