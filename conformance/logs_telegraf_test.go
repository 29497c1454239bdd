package conformance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Telegraf tails a file into a log group by its output cloudwatch_logs.
func TestTelegraf(t *testing.T) {
	const judge = "Telegraf"
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	telegraf := installed(t, judge, "telegraf")
	s := serve(t, t.TempDir())
	s.aws("logs", "create-log-group", "--log-group-name", "/telegraf")
	folder := t.TempDir()
	const sent = 20_000
	var lines strings.Builder
	for n := range sent {
		fmt.Fprintf(&lines, "order %d was paid\n", n)
	}
	config := fmt.Sprintf(`
[agent]
  flush_interval = "1s"
  metric_batch_size = 1000
  metric_buffer_limit = 100000
  omit_hostname = true
[[inputs.tail]]
  files = [%q]
  from_beginning = true
  max_undelivered_lines = 100000
  data_format = "value"
  data_type = "string"
[[outputs.cloudwatch_logs]]
  region = %q
  endpoint_url = %q
  log_group = "/telegraf"
  log_stream = "app"
  log_data_metric_name = "tail"
  log_data_source = "field:value"
`, filepath.Join(folder, "app.log"), region, s.endpoint)
	for name, body := range map[string]string{"telegraf.conf": config, "app.log": lines.String()} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(context.Background(), telegraf, "--config", filepath.Join(folder, "telegraf.conf"))
	cmd.Env, cmd.Stdout, cmd.Stderr = s.environment(), os.Stderr, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill() // it has nothing more to send
		_ = cmd.Wait()
	}()
	var got []string
	for end := time.Now().Add(time.Minute); time.Now().Before(end) && len(got) < sent; {
		text := s.aws("logs", "filter-log-events", "--log-group-name", "/telegraf", "--query", "events[].message", "--output", "json")
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	for _, m := range got {
		seen[m] = true
	}
	for n := range sent {
		if !seen[fmt.Sprintf("order %d was paid", n)] {
			t.Fatalf("order %d is not there", n)
		}
	}
	if len(got) != sent {
		t.Fatalf("%d events of %d", len(got), sent)
	}
	report(t, judge, "1.34.0, output cloudwatch_logs: %d lines of a file are there once", sent)
}
