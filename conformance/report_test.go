package conformance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// report prints a judge's line, and keeps it for docs/conformance.md where
// SILLOK_REPORT names a folder.
func report(t *testing.T, judge, format string, args ...any) {
	t.Helper()
	line := fmt.Sprintf(format, args...)
	t.Logf("%s: %s", judge, line)
	folder := os.Getenv("SILLOK_REPORT")
	if folder == "" {
		return
	}
	name := strings.ToLower(strings.ReplaceAll(judge, " ", "-")) + ".line"
	if err := os.WriteFile(filepath.Join(folder, name), []byte("| "+judge+" | "+line+" |\n"), 0o600); err != nil {
		t.Error(err)
	}
}

// missing ends a judge that cannot run, and says so where its line would be.
// With CI=true it is a failure.
func missing(t *testing.T, judge, format string, args ...any) {
	t.Helper()
	reason := fmt.Sprintf(format, args...)
	if os.Getenv("CI") == "true" {
		t.Fatal(reason)
	}
	notRun(t, judge, reason)
}

// notRun skips a judge that no machine can install by a package's name, and
// says why in the report.
func notRun(t *testing.T, judge, reason string) {
	t.Helper()
	first, _, _ := strings.Cut(reason, "\n")
	report(t, judge, "not run: %s", first)
	t.Skip(reason)
}
