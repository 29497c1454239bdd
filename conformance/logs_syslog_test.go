package conformance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// syslogServer is a server that takes syslog at a port of its own, over TCP and UDP.
func syslogServer(t *testing.T) (s *server, port string) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ = net.SplitHostPort(l.Addr().String())
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	at := "127.0.0.1:" + port
	return serve(t, t.TempDir(), "--syslog", "tcp://"+at+",udp://"+at, "--syslog-stream", "{app}"), port
}

// syslogWritten waits until the server has written so many messages.
func (s *server) syslogWritten(want int64) {
	s.t.Helper()
	var health struct {
		Problems []string
		Syslog   struct{ Received, Written int64 }
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end) && health.Syslog.Written < want; {
		r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.endpoint+"/_sillok/health", http.NoBody)
		if err != nil {
			s.t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			s.t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close() // only read
		if err == nil {
			err = json.Unmarshal(text, &health)
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
	if health.Syslog.Written != want || len(health.Problems) > 0 {
		s.t.Fatalf("%d messages of syslog were written, want %d: %q", health.Syslog.Written, want, health.Problems)
	}
}

// messages returns the events of a stream of the group /syslog, in order.
func (s *server) messages(stream string) (all []string) {
	s.t.Helper()
	text := s.aws("logs", "filter-log-events", "--log-group-name", "/syslog", "--log-stream-names", stream, "--query", "events[].message", "--output", "json")
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		s.t.Fatal(err)
	}
	return all
}

// logger of util-linux sends both forms of messages, in both framings.
func TestSyslogLogger(t *testing.T) {
	const judge = "logger"
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	if _, err := exec.LookPath("logger"); err != nil {
		missing(t, judge, "logger of util-linux is missing")
	}
	s, port := syslogServer(t)
	const each = 500
	var text strings.Builder
	for n := range each {
		fmt.Fprintf(&text, "message %d\n", n)
	}
	written := int64(0)
	for _, args := range [][]string{
		{"--tcp", "--rfc5424"},
		{"--tcp", "--rfc3164"},
		{"--tcp", "--rfc5424", "--octet-count"},
		{"--udp", "--rfc5424"},
		{"--udp", "--rfc3164"},
	} {
		tag := strings.ReplaceAll(strings.Join(args, ""), "--", "-")[1:]
		cmd := exec.CommandContext(context.Background(), "logger", append(args, "--server", "127.0.0.1", "--port", port, "--priority", "auth.err", "--tag", tag)...)
		cmd.Stdin = strings.NewReader(text.String())
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("logger %v: %v\n%s", args, err, out)
		}
		written += each
		s.syslogWritten(written)
		got := s.messages(tag)
		if len(got) != each {
			t.Errorf("%s: %d messages of %d", tag, len(got), each)
			continue
		}
		for n, m := range got {
			if !strings.HasPrefix(m, "<35>") || !strings.HasSuffix(m, fmt.Sprintf(" message %d", n)) {
				t.Errorf("%s: message %d is %q", tag, n, m)
				break
			}
		}
	}
	if !t.Failed() {
		report(t, judge, "util-linux: %d messages of RFC 5424 and 3164 over TCP and UDP, by lines and counted, are there once and in order", written)
	}
}

// rsyslog forwards the lines of a file over TCP.
func TestSyslogRsyslog(t *testing.T) {
	const judge = "rsyslog"
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	daemon, err := exec.LookPath("rsyslogd")
	if err != nil {
		missing(t, judge, "rsyslogd is missing: scripts/clients installs it")
	}
	s, port := syslogServer(t)
	folder := t.TempDir()
	config := fmt.Sprintf(`
global(workDirectory=%q)
module(load="imfile" mode="inotify")
input(type="imfile" file=%q tag="shop:" severity="info" facility="local0")
action(type="omfwd" target="127.0.0.1" port=%q protocol="tcp" template="RSYSLOG_SyslogProtocol23Format" TCP_Framing="octet-counted"
  queue.type="linkedList" queue.size="200000" action.resumeRetryCount="-1" action.resumeInterval="1")
`, folder, filepath.Join(folder, "app.log"), port)
	var lines strings.Builder
	const sent = 20_000
	for n := range sent {
		fmt.Fprintf(&lines, "order %d was paid, 값 %d\n", n, n)
	}
	for name, body := range map[string]string{"conf": config, "app.log": lines.String()} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(context.Background(), daemon, "-n", "-f", filepath.Join(folder, "conf"), "-i", filepath.Join(folder, "pid"))
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill() // it has nothing more to send
		_ = cmd.Wait()
	}()
	s.syslogWritten(sent)
	got := s.messages("shop")
	if len(got) != sent {
		t.Fatalf("%d messages of %d", len(got), sent)
	}
	// Those of one millisecond are in the order in which they came.
	for n, m := range got {
		if want := fmt.Sprintf("order %d was paid, 값 %d", n, n); !strings.HasSuffix(m, want) {
			t.Fatalf("message %d is %q, want %q", n, m, want)
		}
	}
	report(t, judge, "8: %d lines of a file, forwarded over TCP with counted octets, are there once and in order", sent)
}
