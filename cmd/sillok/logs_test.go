package main_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// sillokAt is a command of sillok beside a server, as its root user.
func sillokAt(endpoint string, args ...string) *exec.Cmd {
	c := exec.Command("sillok", args...)
	c.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=AKIASCRIPTS", "AWS_SECRET_ACCESS_KEY=made/up", "AWS_REGION=us-east-1", "AWS_ENDPOINT_URL="+endpoint, "AWS_MAX_ATTEMPTS=1")
	return c
}

// put puts lines into a stream.
func put(t *testing.T, endpoint, group, stream string, lines ...string) {
	t.Helper()
	c := sillokAt(endpoint, "logs", "put", group, stream, "--create")
	c.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func numbered(name string, n int) (lines []string) {
	for i := range n {
		lines = append(lines, fmt.Sprint(name, i))
	}
	return lines
}

// following is a command whose lines are read as they come.
type following struct {
	*exec.Cmd

	lines *bufio.Scanner
	told  bytes.Buffer
}

func follow(t *testing.T, c *exec.Cmd) *following {
	t.Helper()
	f := &following{Cmd: c}
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = &f.told
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	f.lines = bufio.NewScanner(stdout)
	return f
}

func (f *following) next(t *testing.T, n int) (lines []string) {
	t.Helper()
	for range n {
		if !f.lines.Scan() {
			t.Fatalf("it ended after %d lines: %v\n%s", len(lines), f.lines.Err(), &f.told)
		}
		lines = append(lines, f.lines.Text())
	}
	return lines
}

// Whoever follows log groups sees each event once, also over a server that is killed, and
// also where that sends no more than a sample.
func TestTailOverAKill(t *testing.T) {
	data := t.TempDir()
	server := serveAt(t, data, "127.0.0.1:0")
	put(t, server.endpoint, "/g", "s", numbered("before", 20)...)
	const many = 3000 // more than a live tail sends at once
	f := follow(t, sillokAt(server.endpoint, "tail", "/g", "--follow", "-o", "raw", "--limit", fmt.Sprint(20+many+20+20)))
	got := f.next(t, 20) // now it follows
	put(t, server.endpoint, "/g", "s", numbered("many", many)...)
	put(t, server.endpoint, "/g", "t", numbered("then", 20)...)
	got = append(got, f.next(t, many+20)...)
	server.kill()
	again := serveAt(t, data, strings.TrimPrefix(server.endpoint, "http://"))
	put(t, again.endpoint, "/g", "s", numbered("again", 20)...)
	got = append(got, f.next(t, 20)...)
	if err := f.Wait(); err != nil {
		t.Fatal(err)
	}
	want := slices.Concat(numbered("before", 20), numbered("many", many), numbered("then", 20), numbered("again", 20))
	slices.Sort(want)
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("%d events, of which %d are others, want %d", len(got), len(slices.Compact(slices.Clone(got))), len(want))
	}
	if told := f.told.String(); !strings.Contains(told, "trying again\n") || !strings.Contains(told, "the server is there again\n") {
		t.Errorf("told %s", told)
	}
}

// Where a live tail is not allowed the groups are asked again and again.
func TestTailWithoutALiveTail(t *testing.T) {
	server := serveAt(t, t.TempDir(), "127.0.0.1:0")
	root := caller{server.endpoint, aws.Credentials{AccessKeyID: "AKIASCRIPTS", SecretAccessKey: "made/up"}}
	may := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:FilterLogEvents","logs:DescribeLogGroups"],"Resource":"*"}]}`
	for _, call := range [][]string{{"CreateUser", "UserName", "ann"}, {"PutUserPolicy", "UserName", "ann", "PolicyName", "p", "PolicyDocument", may}} {
		if _, err := root.call("iam", call[0], call[1:]...); err != nil {
			t.Fatal(err)
		}
	}
	made, err := root.call("iam", "CreateAccessKey", "UserName", "ann")
	if err != nil {
		t.Fatal(err)
	}
	put(t, server.endpoint, "/g", "s", "one")
	c := sillokAt(server.endpoint, "tail", "/g", "--follow", "-o", "raw", "--limit", "3")
	c.Env = append(c.Env, "AWS_ACCESS_KEY_ID="+made["AccessKeyId"], "AWS_SECRET_ACCESS_KEY="+made["SecretAccessKey"])
	f := follow(t, c)
	got := f.next(t, 1)
	put(t, server.endpoint, "/g", "s", "two", "three")
	if got = append(got, f.next(t, 2)...); !slices.Equal(got, []string{"one", "two", "three"}) {
		t.Errorf("%q", got)
	}
	if err := f.Wait(); err != nil || !strings.Contains(f.told.String(), "logs:StartLiveTail") || !strings.Contains(f.told.String(), "; asking each second instead\n") {
		t.Errorf("%v: %s", err, &f.told)
	}
}

// throttling is a way to a server that has too much to do for the first puts.
func throttling(t *testing.T, to string, first int32) string {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // which is signed
	}}
	var puts atomic.Int32
	way := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".PutLogEvents") && puts.Add(1) <= first {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"__type":"ThrottlingException","message":"Rate exceeded"}`)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(way.Close)
	return way.URL
}

// What puts events waits as long as the server asks for that, and says so.
func TestPutWaitsForAServerThatHasTooMuchToDo(t *testing.T) {
	server := serveAt(t, t.TempDir(), "127.0.0.1:0")
	put(t, server.endpoint, "/g", "s", "first")
	c := sillokAt(throttling(t, server.endpoint, 2), "logs", "put", "/g", "s")
	c.Stdin = strings.NewReader("a\nb\n")
	out, err := c.CombinedOutput()
	if err != nil || strings.Count(string(out), "Rate exceeded; waiting, and trying again\n") != 1 || !strings.Contains(string(out), "going on after ") || !strings.Contains(string(out), "acknowledged: 2 events of 2 bytes in 1 batch\n") {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := sillokAt(server.endpoint, "tail", "/g", "-o", "raw").Output(); err != nil || string(out) != "first\na\nb\n" {
		t.Errorf("%v: %q", err, out)
	}
}

// After Ctrl-C what was read is still sent, and it is said how far that was.
func TestPutIsInterrupted(t *testing.T) {
	server := serveAt(t, t.TempDir(), "127.0.0.1:0")
	put(t, server.endpoint, "/g", "s", "first")
	for name, tt := range map[string]struct {
		endpoint string
		want     []string
		there    string
	}{
		"and sends the rest": {server.endpoint, []string{"acknowledged: 2 events of 6 bytes in 1 batch\n", "that is up to line 2 of standard input\n"}, "first\none\ntwo\n"},
		"and cannot":         {throttling(t, server.endpoint, 1<<30), []string{"acknowledged: 0 events ", "not acknowledged: 2 events that were read\n"}, "first\none\ntwo\n"},
	} {
		c := sillokAt(tt.endpoint, "logs", "put", "/g", "s", "--multiline", "^")
		stdin, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		c.Stderr = &out
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		// A second write is taken when the first was read.
		for _, text := range []string{"one\n", "two\n", strings.Repeat(" ", 128<<10)} {
			if _, err := io.WriteString(stdin, text); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		err = c.Wait()
		if c.ProcessState.ExitCode() != 130 || !strings.HasSuffix(out.String(), "sillok: interrupted\n") {
			t.Errorf("%s: %v\n%s", name, err, &out)
		}
		for _, text := range tt.want {
			if !strings.Contains(out.String(), text) {
				t.Errorf("%s: no %q in\n%s", name, text, &out)
			}
		}
		if name == "and cannot" {
			continue
		}
		if there, err := sillokAt(server.endpoint, "tail", "/g", "-o", "raw").Output(); err != nil || string(there) != tt.there {
			t.Errorf("%s: %v: %q", name, err, there)
		}
	}
}
