package conformance_test

import (
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// TestLogsCLI plays every subcommand of `aws logs` that the server answers.
func TestLogsCLI(t *testing.T) {
	s := serve(t, t.TempDir())
	play := &session{cli: s.cli(), kept: map[string]string{"now": strconv.FormatInt(time.Now().UnixMilli(), 10)}}
	commands := play.readSession(filepath.Join("testdata", "logs_cli.txt"))
	seen := map[string]bool{"start-live-tail": true} // boto3 reads it
	for _, c := range commands {
		play.play("logs", c)
		seen[c.words[0]] = true
	}
	for _, operation := range claimed(t, "logs") {
		if name := subcommand(operation); !seen[name] {
			t.Errorf("docs/compat.md says that %s is supported, and testdata/logs_cli.txt has no %s", operation, name)
		}
	}
	if !t.Failed() {
		report(t, "AWS CLI logs", "%d commands of %d subcommands answer as AWS's would", len(commands), len(seen)-1)
	}
}

// boto3 follows a group as `aws logs tail --follow` does, reads a live tail, and is told
// of each bad batch in AWS's words.
func TestBotoLogs(t *testing.T) {
	n := serve(t, t.TempDir()).boto(t, "test_logs.py")
	if !t.Failed() {
		report(t, "boto3 logs", "%d cases: tail --follow, live tails, pages, bad batches", n)
	}
}
