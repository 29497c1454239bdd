// Package killtest ends a process as a power cut would, for the tests of what must
// outlive that. It is imported by tests alone.
package killtest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// Main is what TestMain calls. It runs the tests, or, in a process that After started,
// the child that was named, which gets its folder; what that fails with is printed.
func Main(m *testing.M, children map[string]func(folder string) error) {
	if len(os.Args) == 3 {
		if work := children[os.Args[1]]; work != nil {
			if err := work(os.Args[2]); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
			return
		}
	}
	m.Run()
}

// After starts the test's own binary as a child that its Main knows by name, in a folder,
// and gives each line that it prints to line. It kills the process once line has counted
// enough of them, and reads on to the end of what was printed by then. A process that
// ends by itself fails the test.
func After(tb testing.TB, enough int, line func(text string) (counts bool), child, folder string) {
	tb.Helper()
	process := exec.CommandContext(tb.Context(), os.Args[0], child, folder) //nolint:gosec // it is this very binary
	process.Stderr = os.Stderr
	out, err := process.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := process.Start(); err != nil {
		tb.Fatal(err)
	}
	seen := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if !line(lines.Text()) {
			continue
		}
		if seen++; seen == enough {
			if err := process.Process.Kill(); err != nil {
				tb.Fatal(err)
			}
		}
	}
	if err := process.Wait(); err == nil || seen < enough {
		tb.Fatalf("the process ended by itself (%v) after %d of %d lines", err, seen, enough)
	}
}
