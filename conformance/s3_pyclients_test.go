package conformance_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// get asks the server for a path under the name of another host.
func (s *server) get(t *testing.T, host, target string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.endpoint+target, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // only read
	b, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(b)
}

// TestPythonClients runs what Python's data people use: fsspec's s3fs, awswrangler
// over S3, Glue and Athena, and PyAthena with SQLAlchemy; and watchtower and OpenTelemetry's
// exporter, by which Python's loggers write to CloudWatch Logs.
func TestPythonClients(t *testing.T) {
	// A port that is free now, for the server of the client that needs it.
	statsd := freeUDP(t)
	for _, c := range []struct{ judge, python, file, says string }{
		{"s3fs of fsspec", "venv/bin/python", "test_s3fs.py", "2026.9.0"},
		{"awswrangler", "venv/bin/python", "test_awswrangler.py", "3.17.1"},
		{"awswrangler's catalog", "venv/bin/python", "test_awswrangler_catalog.py", "3.17.1"},
		{"PyAthena", "pyathena/bin/python", "test_pyathena.py", "4.2.1, 18 cursors and SQLAlchemy"},
		{"watchtower", "watchtower/bin/python", "test_watchtower.py", "3.4.0"},
		{"Celery", "celery/bin/python", "test_celery.py", "5.5.3 over SQS by kombu 5.5.4, 301 tasks of 4 threads, one tried again"},
		{"OpenTelemetry for Python", "otlp/bin/python", "test_otlp.py", "1.45.2, logs, 40,000 records plain and in gzip"},
		{"OpenTelemetry for Python, metrics", "otlp/bin/python", "test_otlp_metrics.py", "1.45.2, deltas and totals, plain and in gzip"},
		{"statsd for Python", "statsd/bin/python", "test_statsd.py", "4.0.1, over UDP"},
	} {
		t.Run(c.judge, func(t *testing.T) {
			if testing.Short() {
				t.Skip("long: make conformance runs it")
			}
			python := installed(t, c.judge, c.python)
			var flags []string
			if c.file == "test_statsd.py" {
				flags = []string{"--statsd", statsd, "--statsd-flush", "1s", "--statsd-region", "ap-northeast-2"}
			}
			s := serve(t, t.TempDir(), flags...)
			outcomes := pytest(t, python, filepath.Join("testdata", "pyclients"), append(s.environment(), "STATSD="+statsd), c.file)
			for _, o := range outcomes {
				if o.failure != "" {
					t.Errorf("%s: %s", o.name, o.failure)
				}
			}
			if !t.Failed() {
				report(t, c.judge, "%s: %d cases", c.says, len(outcomes))
			}
		})
	}
}

// freeUDP returns an address of UDP that nobody listens at now.
func freeUDP(t *testing.T) string {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // nothing was sent
	return conn.LocalAddr().String()
}

// s3fs mounts a bucket as a folder.
func TestMount(t *testing.T) {
	const judge = "s3fs mounted"
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	if _, err := exec.LookPath("s3fs"); err != nil {
		notRun(t, judge, "s3fs is missing")
	}
	s := serve(t, t.TempDir())
	s.aws("s3", "mb", "s3://mounted")
	folder := t.TempDir()
	keys := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(keys, []byte(s.root.keyID+":"+s.root.secret), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(context.Background(), "s3fs", "mounted", folder, "-o",
		"passwd_file="+keys+",url="+s.endpoint+",use_path_request_style,endpoint="+region+",multipart_size=5").CombinedOutput()
	if err != nil {
		notRun(t, judge, "s3fs cannot mount here: "+strings.TrimSpace(string(out)))
	}
	t.Cleanup(func() {
		if out, err := exec.CommandContext(context.Background(), "fusermount", "-u", folder).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	mounted(t, folder)
	if !t.Failed() {
		if got := s.aws("s3", "cp", "s3://mounted/folder/renamed.txt", "-"); got != "hello" {
			t.Errorf("what was written is %q in S3", got)
		}
		report(t, judge, "1.90: folders, files, 12 MB in parts, rename, append, remove")
	}
}

// mounted works in a folder as programs do.
func mounted(t *testing.T, folder string) {
	t.Helper()
	large := strings.Repeat("0123456789abcdef", 12<<20/16)
	at := func(name string) string { return filepath.Join(folder, filepath.FromSlash(name)) }
	if err := errors.Join(
		os.Mkdir(at("folder"), 0o755),
		os.WriteFile(at("folder/a.txt"), []byte("hell"), 0o644),
		os.WriteFile(at("folder/large.bin"), []byte(large), 0o644),
		os.Rename(at("folder/a.txt"), at("folder/renamed.txt")),
	); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(at("folder/renamed.txt"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString("o")
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"folder/renamed.txt": "hello", "folder/large.bin": large} {
		if text, err := os.ReadFile(at(name)); err != nil || string(text) != want {
			t.Errorf("%s came back as something else (%v)", name, err)
		}
	}
	if err := os.Remove(at("folder/large.bin")); err != nil {
		t.Error(err)
	}
	entries, err := os.ReadDir(at("folder"))
	if err != nil || len(entries) != 1 || entries[0].Name() != "renamed.txt" {
		t.Errorf("the folder holds %v (%v)", entries, err)
	}
}
