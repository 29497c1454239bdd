package conformance_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// cli is the AWS CLI in a process that runs one command after another.
type cli struct {
	t      *testing.T
	folder string // where its commands run
	in     *json.Encoder
	out    *json.Decoder
}

// cliAnswer is how a command of the CLI ended.
type cliAnswer struct {
	Code  int    `json:"code"`
	Out   string `json:"out"`
	Err   string `json:"err"`
	Found []any  `json:"found"` // what was asked of the output
}

// cli starts the AWS CLI against the server, with variables of its own.
func (s *server) cli(env ...string) *cli {
	s.t.Helper()
	script, err := filepath.Abs(filepath.Join("testdata", "cli_session.py"))
	if err != nil {
		s.t.Fatal(err)
	}
	python, err := filepath.Abs(filepath.Join(required(s.t, "SILLOK_VENV"), "bin", "python"))
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.CommandContext(s.t.Context(), python, script)
	cmd.Dir, cmd.Env, cmd.Stderr = s.t.TempDir(), append(append(s.environment(), "BOTO_DISABLE_CRT=true"), env...), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = in.Close()
		_, _ = io.Copy(io.Discard, out)
		if err := cmd.Wait(); err != nil && s.t.Context().Err() == nil {
			s.t.Errorf("the AWS CLI: %v", err)
		}
	})
	return &cli{t: s.t, folder: cmd.Dir, in: json.NewEncoder(in), out: json.NewDecoder(out)}
}

// run runs a command and asks JMESPath expressions of what it prints.
func (c *cli) run(words []string, ask ...string) cliAnswer {
	c.t.Helper()
	if err := c.in.Encode(map[string]any{"words": words, "ask": ask}); err != nil {
		c.t.Fatal(err)
	}
	var a cliAnswer
	if err := c.out.Decode(&a); err != nil {
		c.t.Fatalf("aws %s: %v", strings.Join(words, " "), err)
	}
	return a
}

// must runs a command that has to succeed, and returns what it printed.
func (c *cli) must(words ...string) string {
	c.t.Helper()
	a := c.run(words)
	if a.Code != 0 {
		c.t.Fatalf("aws %s: exit %d: %s%s", strings.Join(words, " "), a.Code, a.Err, a.Out)
	}
	return a.Out
}

// file lays a file beside the commands.
func (c *cli) file(name, text string) string {
	c.t.Helper()
	path := filepath.Join(c.folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

// session is a file of commands and of what they print.
type session struct {
	*cli
	kept map[string]string // what {name} stands for
}

// apiCommand is a command of a session, with what must come of it.
type apiCommand struct {
	line  int
	words []string
	fails string // the code
	asks  []question
}

type question struct {
	expression string
	keep       string // the name to keep it by, or
	want       string // what it must be, as JSON
}

var keeps = regexp.MustCompile(`^(\w+)=(.+)$`)

// readSession reads a file such as testdata/s3api.txt, which says how it is written.
func (c *cli) readSession(path string) []apiCommand {
	c.t.Helper()
	f, err := os.Open(path)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	var commands []apiCommand
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if file, ok := strings.CutPrefix(line, "file "); ok {
			name, text, _ := strings.Cut(file, " ")
			c.file(name, sized(text))
		} else if command, ok := strings.CutPrefix(line, "$ "); ok {
			command, fails, _ := strings.Cut(command, " ! ")
			commands = append(commands, apiCommand{line: n, words: words(c.t, command), fails: fails})
		} else if ask, ok := strings.CutPrefix(line, "\t"); ok {
			expression, want, isWant := strings.Cut(ask, "\t")
			q := question{expression: expression, want: want}
			if !isWant {
				match := keeps.FindStringSubmatch(ask)
				if match == nil {
					c.t.Fatalf("%s:%d: neither a wish nor a name: %q", path, n, ask)
				}
				q = question{keep: match[1], expression: match[2]}
			}
			last := &commands[len(commands)-1]
			last.asks = append(last.asks, q)
		} else if line != "" && !strings.HasPrefix(line, "#") {
			c.t.Fatalf("%s:%d: %q", path, n, line)
		}
	}
	return commands
}

// sized is the text that a file is described by: 5MiB are so many bytes.
func sized(text string) string {
	if mebibytes, ok := strings.CutSuffix(text, "MiB"); ok {
		if n, err := strconv.Atoi(mebibytes); err == nil {
			return strings.Repeat("x", n<<20)
		}
	}
	return text
}

// words splits a command at its spaces. A word in double quotes is one of Go's.
func words(t *testing.T, command string) []string {
	t.Helper()
	var out []string
	for command != "" {
		word := command
		if quoted, err := strconv.QuotedPrefix(command); err == nil {
			word = quoted
		} else if before, _, ok := strings.Cut(command, " "); ok {
			word = before
		}
		command = strings.TrimPrefix(command[len(word):], " ")
		if strings.HasPrefix(word, `"`) {
			text, err := strconv.Unquote(word)
			if err != nil {
				t.Fatalf("%s: %v", word, err)
			}
			word = text
		}
		out = append(out, word)
	}
	return out
}

// fill puts what was kept where it is named.
func (s *session) fill(text string) string {
	for name, value := range s.kept {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}

// play runs a command and judges it.
func (s *session) play(prefix string, c apiCommand) {
	s.t.Helper()
	all := []string{prefix}
	for _, w := range c.words {
		all = append(all, s.fill(w))
	}
	asked := make([]string, len(c.asks))
	for i, q := range c.asks {
		asked[i] = s.fill(q.expression)
	}
	a := s.run(all, asked...)
	at := fmt.Sprintf("line %d: aws %s", c.line, strings.Join(all, " "))
	switch {
	case c.fails != "" && !strings.Contains(a.Err, "("+c.fails+")"):
		s.t.Errorf("%s: exit %d, want %s: %s", at, a.Code, c.fails, strings.TrimSpace(a.Err+a.Out))
	case c.fails == "" && a.Code != 0:
		s.t.Errorf("%s: exit %d: %s", at, a.Code, strings.TrimSpace(a.Err))
	}
	for i, q := range c.asks {
		s.judge(at, q, a, i)
	}
}

func (s *session) judge(at string, q question, a cliAnswer, i int) {
	s.t.Helper()
	if i >= len(a.Found) {
		return // it failed, which was told
	}
	if q.keep != "" {
		s.kept[q.keep] = fmt.Sprint(a.Found[i])
		return
	}
	var want any
	if err := json.Unmarshal([]byte(s.fill(q.want)), &want); err != nil {
		s.t.Fatalf("%s: %s: %v", at, q.want, err)
	}
	if diff := cmp.Diff(want, a.Found[i]); diff != "" {
		s.t.Errorf("%s: %s (-want +got):\n%s", at, q.expression, diff)
	}
}

// TestS3API plays every subcommand of `aws s3api` that the server answers.
func TestS3API(t *testing.T) {
	s := serve(t, t.TempDir())
	play := &session{cli: s.cli(), kept: map[string]string{}}
	commands := play.readSession(filepath.Join("testdata", "s3api.txt"))
	for _, c := range commands {
		play.play("s3api", c)
	}
	seen := map[string]bool{}
	for _, c := range commands {
		seen[c.words[0]] = true
	}
	for _, operation := range claimed(t, "s3") {
		if name := subcommand(operation); !seen[name] {
			t.Errorf("docs/compat.md says that %s is supported, and testdata/s3api.txt has no %s", operation, name)
		}
	}
	if t.Failed() {
		return
	}
	report(t, "AWS CLI s3api", "%d commands of %d subcommands answer as AWS's would", len(commands), len(seen))
}

// claimed returns the operations of a service that docs/compat.md says are supported.
func claimed(t *testing.T, service string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "compat.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## "+service+"\n")
	_, list, _ := strings.Cut(section, "Supported: ")
	list, _, ok := strings.Cut(list, ".\n")
	if !ok {
		t.Fatalf("docs/compat.md does not say what %s supports", service)
	}
	return strings.Split(list, ", ")
}

var wordBegins = regexp.MustCompile(`([a-z0-9])([A-Z])`)

// subcommand is what the AWS CLI calls an operation.
func subcommand(operation string) string {
	name := strings.ToLower(wordBegins.ReplaceAllString(operation, "$1-$2"))
	return name
}
