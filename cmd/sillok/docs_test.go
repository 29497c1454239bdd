package main_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

// notRun are the printed commands that are not run here, and why.
var notRun = map[string]string{
	"git clone https://github.com/sillok/sillok && cd sillok": "fetches from the network; the folder of the test stands for the clone, with Makefile and bin/sillok",
}

// elsewhere are the languages of code blocks that no shell takes, and where what they
// show is run.
var elsewhere = map[string]string{
	"hcl":        "conformance/testdata/terraform has it, for a real Terraform",
	"ini":        "fluent-bit, of which Debian 12 has no package, as the page says",
	"properties": "conformance/trino_glue_test.go gives it to a real Trino",
	"python":     "conformance/testdata/pyclients/test_pyathena.py connects so, with PyAthena and pyarrow",
	"rsyslog":    "conformance/logs_syslog_test.go forwards so, with a real rsyslog",
	"toml":       "conformance/logs_telegraf_test.go tails a file so, with a real Telegraf",
	"yaml":       "OpenTelemetry's Collector is not run, as the page says; conformance/testdata/pyclients/test_otlp.py sends the same",
}

// document is what shows commands for a shell.
type document struct {
	path   string
	needs  string                            // what the reader has done before
	serves string                            // the server that the reader has running, whose credentials stand in the place of …
	has    func(t *testing.T, folder string) // makes what the reader has
	inline bool                              // commands of aws that stand in the text are run after the blocks
}

// documents are all that show commands for a shell, in code blocks. Each is run from
// its beginning to its end in a fresh folder, as a reader would, with the real AWS
// CLI. A block that serves has a terminal of its own. What is changed of the text is
// the port, so that tests can run side by side, and what a reader has to fill in.
var documents = []document{
	{path: "README.md"}, // README.ko.md has the same commands
	{path: "docs/s3.md", needs: "sillok demo --once"},
	{path: "docs/cloudtrail-verify.md", has: hasExport},
	{path: "docs/cloudtrail-trails.md"},
	{path: "docs/cloudtrail-lake.md"},
	{path: "docs/cloudtrail-import.md", has: hasExport},
	{path: "docs/logs.md"},
	{path: "docs/logs-shape.md"},
	{path: "docs/logs-passing-on.md"},
	{path: "docs/logs-insights.md"},
	{path: "docs/logs-terminal.md"},
	{path: "docs/logs-clients.md"},
	{path: "docs/metrics.md"},
	{path: "docs/alarms.md"},
	{path: "docs/metrics-terminal.md"},
	{path: "docs/sqs.md"},
	{path: "docs/sns.md"},
	{path: "docs/dashboards.md"},
	{path: "docs/anomaly.md"},
	{path: "docs/metrics-sources.md"},
	{path: "docs/clients.md", serves: "sillok serve --data ./sillok-data", inline: true},
}

func TestReadmesShowTheSameCommands(t *testing.T) {
	comment := regexp.MustCompile(`(?m) +#.*$`)
	var texts []string
	for _, name := range []string{"README.md", "README.ko.md"} {
		texts = append(texts, comment.ReplaceAllString(strings.Join(blocks(t, name), "\n"), ""))
	}
	if diff := gocmp.Diff(texts[0], texts[1]); diff != "" {
		t.Errorf("the code in README.ko.md is not that in README.md (-en +ko):\n%s", diff)
	}
}

// Each document with code for a shell is one of those that are run.
func TestEveryDocumentIsRun(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("..", "..", "docs", "*.md"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	for _, path := range paths {
		name := "docs/" + filepath.Base(path)
		known := slices.ContainsFunc(documents, func(d document) bool { return d.path == name })
		if code := blocks(t, name); len(code) > 0 && !known {
			t.Errorf("%s shows commands that no test runs:\n%s", name, code[0])
		}
	}
}

func TestPrintedCommands(t *testing.T) {
	for _, d := range documents {
		t.Run(d.path, func(t *testing.T) {
			t.Parallel()
			r := newReader(t)
			if d.needs != "" {
				r.run([]string{d.needs})
			}
			if d.has != nil {
				d.has(t, r.folder)
			}
			code := blocks(t, d.path)
			if d.serves != "" {
				r.serve(d.serves)
				r.signIn(filepath.Join("sillok-data", "credentials"))
			}
			if d.inline {
				code = append(code, inline(t, d.path))
			}
			r.follow(code)
		})
	}
	// What the demo prints at its end is as good as printed.
	t.Run("demo", func(t *testing.T) {
		t.Parallel()
		r := newReader(t)
		_, code, found := strings.Cut(r.run([]string{"sillok demo --once"}), "How to go on:\n")
		if !found {
			t.Fatal("the demo does not say how to go on")
		}
		code, _, _ = strings.Cut(code, mark)
		r.follow(strings.Split(code, "\n\n"))
	})
}

// blocks returns the code blocks for a shell of a document in the repository.
func blocks(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", name))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for i, part := range strings.Split(string(text), "\n```") {
		if i%2 == 0 {
			continue
		}
		language, code, _ := strings.Cut(part, "\n")
		switch {
		case language == "", language == "sh":
			out = append(out, code+"\n")
		case elsewhere[language] == "":
			t.Errorf("%s shows %s that no test runs:\n%s", name, language, code)
		}
	}
	return out
}

var inlineCommand = regexp.MustCompile("`(aws [^`]+)`")

// inline returns the commands of aws in the text of a document, a line each.
func inline(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", name))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, match := range inlineCommand.FindAllSubmatch(text, -1) {
		out.WriteString(strings.Join(strings.Fields(string(match[1])), " ") + "\n")
	}
	if out.Len() == 0 {
		t.Fatalf("%s has no commands in its text", name)
	}
	return out.String()
}

// reader is somebody who types what is printed, in a fresh folder.
type reader struct {
	t      *testing.T
	folder string
	env    []string
	server *exec.Cmd
	port   string   // that the server got, as 127.0.0.1:PORT
	filled []string // what is to be filled in, and with what, in turns
}

func newReader(t *testing.T) *reader {
	t.Helper()
	venv := os.Getenv("SILLOK_VENV")
	if venv == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("SILLOK_VENV is not set: run make test")
		}
		t.Skip("needs the AWS CLI: run make test")
	}
	r := &reader{t: t, folder: t.TempDir(), port: "127.0.0.1:4566"}
	binary, err := exec.LookPath("sillok")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile(filepath.Join("..", "..", "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		os.Mkdir(filepath.Join(r.folder, "bin"), 0o700),
		os.Symlink(binary, filepath.Join(r.folder, "bin", "sillok")),
		os.WriteFile(filepath.Join(r.folder, "Makefile"), makefile, 0o600),
		// What make builds is there already.
		os.Mkdir(filepath.Join(r.folder, "stand-ins"), 0o700),
		os.WriteFile(filepath.Join(r.folder, "stand-ins", "go"), []byte("#!/bin/sh\n"), 0o700),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "AWS_") && !strings.HasPrefix(v, "SILLOK_") {
			r.env = append(r.env, v)
		}
	}
	r.env = append(r.env, "HOME="+r.folder, "XDG_CACHE_HOME="+filepath.Join(r.folder, "cache"), "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true",
		"PATH="+filepath.Join(r.folder, "stand-ins")+":"+os.Getenv("PATH")+":"+filepath.Join(venv, "bin"), "SILLOK_LISTEN=127.0.0.1:0")
	t.Cleanup(func() { r.stop() })
	return r
}

var serving = regexp.MustCompile(`(?m)^\s*(bin/)?sillok serve .*$`)

// follow runs blocks of commands. Those between a block that serves and one that
// wants the server stopped are typed into one terminal.
func (r *reader) follow(code []string) {
	r.t.Helper()
	var together []string
	for _, block := range code {
		switch {
		case serving.MatchString(block):
			r.run(together)
			together = nil
			r.serve(serving.FindString(block))
		case strings.Contains(block, "# with the server stopped"):
			r.run(together)
			together = nil
			r.stop()
			together = append(together, block)
		default:
			together = append(together, block)
		}
	}
	r.run(together)
}

// mark is printed after each block.
const mark = "@@@ block "

// run types blocks into one shell and returns what that says. Each has to succeed.
func (r *reader) run(code []string) string {
	r.t.Helper()
	var script strings.Builder
	for i, block := range code {
		for line := range strings.Lines(block) {
			if notRun[strings.TrimSpace(line)] == "" {
				script.WriteString(strings.NewReplacer(append(r.filled, "127.0.0.1:4566", r.port)...).Replace(line))
			}
		}
		fmt.Fprintf(&script, "\necho '%s%d'\n", mark, i+1)
	}
	path := filepath.Join(r.t.TempDir(), "script")
	if err := os.WriteFile(path, []byte(script.String()), 0o600); err != nil {
		r.t.Fatal(err)
	}
	shell := exec.CommandContext(r.t.Context(), "sh", "-eu", path)
	shell.Dir, shell.Env = r.folder, r.env
	out, err := shell.CombinedOutput()
	if err != nil {
		done := strings.Count(string(out), mark)
		r.t.Fatalf("%v in\n%s\n%s", err, code[min(done, len(code)-1)], out)
	}
	if nothing := emptyAnswer.Find(out); nothing != nil {
		r.t.Errorf("what is printed answers %q\n%s", nothing, out)
	}
	return string(out)
}

// emptyAnswer is what no reader should get to see from an example.
var emptyAnswer = regexp.MustCompile(`(?m)^(0 rows|no rows|no log was read).*$`)

// serve starts a server as a line says, in a terminal of its own.
func (r *reader) serve(line string) {
	r.t.Helper()
	r.server = exec.Command("sh", "-c", "exec "+strings.TrimSpace(line))
	r.server.Dir, r.server.Env = r.folder, r.env
	stderr, err := r.server.StderrPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.server.Start(); err != nil {
		r.t.Fatal(err)
	}
	lines := bufio.NewReader(stderr)
	first, err := lines.ReadString('\n')
	match := readyLine.FindStringSubmatch(strings.TrimSpace(first))
	if match == nil {
		r.t.Fatalf("%s\nthe server did not start: %v\n%s", line, err, first)
	}
	r.port = strings.TrimPrefix(match[1], "http://")
	go func() { _, _ = lines.WriteTo(&bytes.Buffer{}) }()
}

// signIn fills in the credentials of a file that the server wrote.
func (r *reader) signIn(name string) {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(r.folder, name))
	if err != nil {
		r.t.Fatal(err)
	}
	for _, match := range regexp.MustCompile(`(?m)^(aws_access_key_id|aws_secret_access_key)\s*=\s*(\S+)`).FindAllStringSubmatch(string(text), -1) {
		r.filled = append(r.filled, strings.ToUpper(match[1])+"=…", strings.ToUpper(match[1])+"="+match[2])
	}
	if len(r.filled) != 4 {
		r.t.Fatalf("%s has no credentials", name)
	}
}

// stop ends the server as Ctrl-C does.
func (r *reader) stop() {
	if r.server == nil {
		return
	}
	_ = r.server.Process.Signal(os.Interrupt)
	kill := time.AfterFunc(time.Minute, func() { _ = r.server.Process.Kill() })
	defer kill.Stop()
	if err := r.server.Wait(); err != nil {
		r.t.Errorf("the server ended with %v", err)
	}
	r.server = nil
}
