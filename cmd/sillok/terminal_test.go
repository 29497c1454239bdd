//go:build linux

package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// console is a program on a terminal of its own, with a person before it.
type console struct {
	t    *testing.T
	pty  *os.File
	cmd  *exec.Cmd
	done chan struct{} // the program has closed the terminal

	mu    sync.Mutex
	text  bytes.Buffer  // all that the terminal got
	grown chan struct{} // closed when text has grown
}

// onConsole starts sillok in a folder, on a terminal of 80 columns.
func onConsole(t *testing.T, folder string, args ...string) *console {
	t.Helper()
	if _, set := os.LookupEnv("TERM"); !set {
		t.Setenv("TERM", "xterm")
	}
	pty, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	var number, unlocked int32
	size := [4]uint16{24, 80}
	for request, value := range map[uintptr]unsafe.Pointer{
		syscall.TIOCGPTN: unsafe.Pointer(&number), syscall.TIOCSPTLCK: unsafe.Pointer(&unlocked), syscall.TIOCSWINSZ: unsafe.Pointer(&size),
	} {
		if _, _, code := syscall.Syscall(syscall.SYS_IOCTL, pty.Fd(), request, uintptr(value)); code != 0 {
			t.Fatal(code)
		}
	}
	tty, err := os.OpenFile("/dev/pts/"+strconv.Itoa(int(number)), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	c := &console{t: t, pty: pty, done: make(chan struct{}), grown: make(chan struct{})}
	c.cmd = exec.Command("sillok", args...)
	c.cmd.Dir = folder
	c.cmd.Env = append(os.Environ(), "HOME="+folder, "XDG_CACHE_HOME="+filepath.Join(t.TempDir(), "cache"), "NO_COLOR=", "COLUMNS=")
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = tty, tty, tty
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = tty.Close()
	go c.read()
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
		_ = pty.Close()
		<-c.done
	})
	return c
}

func (c *console) read() {
	defer close(c.done)
	buffer := make([]byte, 4096)
	for {
		n, err := c.pty.Read(buffer)
		c.mu.Lock()
		c.text.Write(buffer[:n])
		close(c.grown)
		c.grown = make(chan struct{})
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (c *console) shown() (text string, grown chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String(), c.grown
}

// await returns once the terminal has got what matches.
func (c *console) await(pattern string) string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
	defer cancel()
	for {
		text, grown := c.shown()
		if match := regexp.MustCompile(pattern).FindString(text); match != "" {
			return match
		}
		select {
		case <-grown:
		case <-c.done:
			if text, _ := c.shown(); !regexp.MustCompile(pattern).MatchString(text) {
				c.t.Fatalf("the program ended without %s:\n%q", pattern, text)
			}
		case <-ctx.Done():
			c.t.Fatalf("no %s:\n%q", pattern, text)
		}
	}
}

// end waits for the program's end and returns its exit code, and what stands on the
// terminal then: of each line, what was written after it was last cleared.
func (c *console) end() (code int, left string) {
	c.t.Helper()
	err := c.cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		c.t.Fatalf("%v: %v", exit, err)
	}
	<-c.done
	text, _ := c.shown()
	var lines []string
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		lines = append(lines, line[strings.LastIndex(line, clearLine)+1:])
	}
	return c.cmd.ProcessState.ExitCode(), strings.ReplaceAll(strings.Join(lines, "\n"), clearLine[1:], "")
}

const clearLine = "\r\x1b[K"

// manyFiles makes a folder of files that are no logs, as homes are.
func manyFiles(t *testing.T, count int) string {
	t.Helper()
	root := t.TempDir()
	for i := range count {
		folder := filepath.Join(root, "home", fmt.Sprint(i/1000))
		if i%1000 == 0 {
			if err := os.MkdirAll(folder, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("letter-%d", i)), []byte("Dear reader, this is no log.\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// A person who looks into a folder of many files sees that they are counted, and can
// leave at once.
func TestManyFiles(t *testing.T) {
	root := manyFiles(t, 20_000)
	t.Run("are counted", func(t *testing.T) { counted(t, root) })
	t.Run("can be left", func(t *testing.T) {
		leave(t, onConsole(t, root, "query", "--from", "home"), `looking \d`)
	})
}

func counted(t *testing.T, root string) {
	t.Helper()
	c := onConsole(t, root, "query", "--from", "home")
	c.await(`looking \d+\.\d s [\d,]+ files`)
	code, left := c.end()
	text, _ := c.shown()
	var counts []int
	for _, match := range regexp.MustCompile(`looking \d+\.\d s ([\d,]+) files(?:, looked into ([\d,]+))?`).FindAllStringSubmatch(text, -1) {
		sum := 0
		for _, digits := range match[1:] {
			n, _ := strconv.Atoi(strings.ReplaceAll(digits, ",", ""))
			sum += n
		}
		counts = append(counts, sum)
	}
	if len(counts) < 2 || counts[0] >= counts[len(counts)-1] {
		t.Errorf("the counts do not grow: %v", counts)
	}
	want := "20,000 objects are in no table:\n  home/0/letter-0: not a log that is known\n"
	if code != 1 || !strings.HasPrefix(left, want) || strings.Contains(left, "looking") {
		t.Errorf("exit code %d, and on the terminal stands\n%s", code, left)
	}
}

// Ctrl-C gives the shell back at once, whatever the program does, and leaves the
// terminal clean.
func TestCtrlC(t *testing.T) {
	logs := t.TempDir()
	flows, err := os.Create(filepath.Join(logs, "flow.log"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(flows, "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n")
	line := "2 111122223333 eni-0a 198.51.100.7 10.0.0.1 %d 443 6 10 840 1714521600 1714521660 ACCEPT OK\n"
	for i := 0; i < 100 && err == nil; i++ {
		_, err = io.WriteString(flows, strings.Repeat(fmt.Sprintf(line, i), 10_000))
	}
	if err := errors.Join(err, flows.Close()); err != nil {
		t.Fatal(err)
	}
	served := t.TempDir()
	examplePlace(t, served)
	forever := "SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS a (x), UNNEST(sequence(1, 10000)) AS b (y), UNNEST(sequence(1, 10000)) AS c (z) WHERE x * y > z"
	for _, tt := range []struct {
		name   string
		folder string
		args   []string
		until  string
	}{
		{name: "decoding", folder: logs, args: []string{"query", "--from", ".", "SELECT count(*) FROM vpc_flow"}, until: `decoding \d`},
		{name: "following", folder: t.TempDir(), args: []string{"calls", "--data", filepath.Join(served, "sillok-data"), "--follow", "--since", "all"}, until: `CreateBucket`},
		{name: "asking", folder: t.TempDir(), args: []string{"query", forever}, until: `asking \d`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			leave(t, onConsole(t, tt.folder, tt.args...), tt.until)
		})
	}
}

// leave presses Ctrl-C once a program shows a text, and sees that it ends.
func leave(t *testing.T, c *console, until string) {
	t.Helper()
	c.await(until)
	began := time.Now()
	if _, err := c.pty.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
	code, left := c.end()
	// It is done in a third of a second; the rest is for a machine that is busy.
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the shell came back after %v", took)
	}
	if code != 130 || !strings.HasSuffix("\n"+left, "\nsillok: interrupted\n") || regexp.MustCompile(`(looking|decoding|asking) \d`).MatchString(left) {
		t.Errorf("exit code %d, and on the terminal stands %q", code, left)
	}
}

// Other signals, and programs that wait for their input, are the same.
func TestSignals(t *testing.T) {
	for name, tt := range map[string]struct {
		signal syscall.Signal
		code   int
	}{"SIGTERM": {syscall.SIGTERM, 143}, "SIGINT": {syscall.SIGINT, 130}} {
		t.Run(name, func(t *testing.T) {
			// Its standard input is a pipe that nobody writes to.
			cmd := exec.Command("sillok", "query", "-")
			stdin, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			stderr, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir())
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			// It says so when that takes long.
			const waiting = "sillok: waiting for SQL on standard input; Ctrl-D ends it, and < /dev/null gives none\n"
			said := make([]byte, len(waiting))
			if _, err := io.ReadFull(stderr, said); err != nil || string(said) != waiting {
				t.Fatalf("%v: %s", err, said)
			}
			if err := cmd.Process.Signal(tt.signal); err != nil {
				t.Fatal(err)
			}
			rest, _ := io.ReadAll(stderr)
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != tt.code || string(rest) != "sillok: interrupted\n" {
				t.Errorf("exit code %d, want %d: %s", code, tt.code, rest)
			}
			_ = stdin.Close()
		})
	}
}

// A terminal that cannot move its cursor gets neither bar nor colours; with them
// they are wanted.
func TestDumbTerminal(t *testing.T) {
	heavy := "SELECT count(*) AS n FROM UNNEST(sequence(1, 10000)) AS a (x), UNNEST(sequence(1, 6000)) AS b (y) WHERE x * y % 7 = 3"
	for kind, escapes := range map[string]bool{"xterm": true, "dumb": false} {
		t.Run(kind, func(t *testing.T) {
			t.Setenv("TERM", kind)
			c := onConsole(t, t.TempDir(), "query", heavy)
			c.await(`1 row in`)
			code, left := c.end()
			text, _ := c.shown()
			if code != 0 || strings.Contains(text, "\x1b") != escapes || strings.Contains(left, "\x1b[1m") != escapes {
				t.Errorf("exit code %d, %q", code, text)
			}
		})
	}
}
