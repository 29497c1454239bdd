// Package killtest ends a process as a power cut would, for the tests of what must
// outlive that. It is imported by tests alone.
package killtest

import (
	"bufio"
	"os"
	"os/exec"
	"testing"
)

// After starts the test's own binary with these arguments, which make its TestMain
// do something else than run tests, and gives each line that it prints to line. It
// kills the process once line has counted enough of them, and reads on to the end
// of what was printed by then. A process that ends by itself fails the test.
func After(tb testing.TB, enough int, line func(text string) (counts bool), args ...string) {
	tb.Helper()
	child := exec.CommandContext(tb.Context(), os.Args[0], args...) //nolint:gosec // it is this very binary
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := child.Start(); err != nil {
		tb.Fatal(err)
	}
	seen := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if !line(lines.Text()) {
			continue
		}
		if seen++; seen == enough {
			if err := child.Process.Kill(); err != nil {
				tb.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil || seen < enough {
		tb.Fatalf("the process ended by itself (%v) after %d of %d lines", err, seen, enough)
	}
}
