package main_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/rogpeppe/go-internal/testscript"
)

// caller is who calls a server by AWS's query protocol.
type caller struct {
	endpoint string
	key      aws.Credentials
}

// call does an operation and returns the values of the answer's elements, by name.
func (c caller) call(service, operation string, parameters ...string) (map[string]string, error) {
	form := url.Values{"Action": {operation}, "Version": {map[string]string{"iam": "2010-05-08", "sts": "2011-06-15"}[service]}}
	for i := 0; i < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
	}
	body := form.Encode()
	r, err := http.NewRequest(http.MethodPost, c.endpoint+"/", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	r.Header.Set("User-Agent", "the-test")
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(context.Background(), c.key, r, hex.EncodeToString(sum[:]), service, "us-east-1", time.Now()); err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close() //nolint:errcheck // it was read
	values, name := map[string]string{}, ""
	for d := xml.NewDecoder(answer.Body); ; {
		token, err := d.Token()
		if err == io.EOF { //nolint:errorlint // as it is told
			break
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			name = token.Name.Local
		case xml.CharData:
			values[name] += strings.TrimSpace(string(token))
		}
	}
	if answer.StatusCode != http.StatusOK {
		return values, fmt.Errorf("%s: %s", operation, values["Code"])
	}
	return values, nil
}

// story is "story": ann, who is made by the root user, makes a role, takes it, and is
// denied what only she may. It sets ANN to her access key.
func story(ts *testscript.TestScript, _ bool, _ []string) {
	root := caller{ts.Getenv("ENDPOINT"), aws.Credentials{AccessKeyID: ts.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: ts.Getenv("AWS_SECRET_ACCESS_KEY")}}
	must := func(values map[string]string, err error) map[string]string {
		ts.Check(err)
		return values
	}
	allows := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:CreateRole","iam:GetRole","sts:AssumeRole"],"Resource":"*"}]}`
	trusts := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/ann"},"Action":"sts:AssumeRole"}]}`
	must(root.call("iam", "CreateUser", "UserName", "ann"))
	must(root.call("iam", "PutUserPolicy", "UserName", "ann", "PolicyName", "roles", "PolicyDocument", allows))
	made := must(root.call("iam", "CreateAccessKey", "UserName", "ann"))
	ts.Setenv("ANN", made["AccessKeyId"])
	ann := caller{root.endpoint, aws.Credentials{AccessKeyID: made["AccessKeyId"], SecretAccessKey: made["SecretAccessKey"]}}
	must(ann.call("iam", "CreateRole", "RoleName", "deployer", "AssumeRolePolicyDocument", trusts))
	took := must(ann.call("sts", "AssumeRole", "RoleArn", "arn:aws:iam::111122223333:role/deployer", "RoleSessionName", "night"))
	role := caller{root.endpoint, aws.Credentials{AccessKeyID: took["AccessKeyId"], SecretAccessKey: took["SecretAccessKey"], SessionToken: took["SessionToken"]}}
	for _, refused := range []error{second(role.call("iam", "DeleteUser", "UserName", "ann")), second(role.call("iam", "GetRole", "RoleName", "deployer")), second(ann.call("iam", "GetRole", "RoleName", "nobody"))} {
		if refused == nil {
			ts.Fatalf("it was not refused")
		}
	}
}

var varies = []struct {
	pattern *regexp.Regexp
	plain   string
}{
	{regexp.MustCompile(`\b20\d\d-\d\d-\d\d([ T])\d\d:\d\d:\d\d`), "2026-01-02${1}03:04:05"},
	{regexp.MustCompile(`\b\d\d-\d\d \d\d:\d\d:\d\d`), "01-02 03:04:05"},
	{regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`), "1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9"},
	{regexp.MustCompile(`\b[0-9a-f]{8}([ │])`), "1b2c3d4e$1"},
	{regexp.MustCompile(`\bA[KS]IA[A-Z0-9]{16}\b`), "AKIAIOSFODNN7EXAMPLE"},
	{regexp.MustCompile(`"?aws-sdk-go[^,"]*"?`), "an-sdk"},
}

// alike is "plain TO": it writes standard output to a file, with times, IDs and keys
// as they are always.
func alike(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: plain TO")
	}
	text := ts.ReadFile("stdout")
	for _, v := range varies {
		text = v.pattern.ReplaceAllString(text, v.plain)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

func second(_ map[string]string, err error) error { return err }

// served is a server in a process of its own.
type served struct {
	cmd      *exec.Cmd
	endpoint string
}

func serveAt(t *testing.T, data, listen string) served {
	t.Helper()
	s := served{cmd: exec.Command("sillok", "serve", "--data", data, "--listen", listen)}
	s.cmd.Env = append(os.Environ(), "SILLOK_ROOT_ACCESS_KEY_ID=AKIASCRIPTS", "SILLOK_ROOT_SECRET_ACCESS_KEY=made/up", "SILLOK_ROOT_ACCOUNT_ID=111122223333")
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	lines := bufio.NewReader(stderr)
	line, err := lines.ReadString('\n')
	match := readyLine.FindStringSubmatch(strings.TrimSpace(line))
	if match == nil {
		t.Fatalf("the server did not start: %v\n%s", err, line)
	}
	s.endpoint = match[1]
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	return s
}

func (s served) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// trailOf runs sillok trail beside a server.
func trailOf(s served, args ...string) *exec.Cmd {
	c := exec.Command("sillok", append([]string{"trail"}, args...)...)
	c.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=AKIASCRIPTS", "AWS_SECRET_ACCESS_KEY=made/up", "AWS_REGION=us-east-1", "AWS_ENDPOINT_URL="+s.endpoint, "AWS_MAX_ATTEMPTS=1")
	return c
}

// Whoever follows sees each call once, in the order in which they were recorded, also
// over a server that is killed.
func TestFollowingOverAKill(t *testing.T) {
	data := t.TempDir()
	server := serveAt(t, data, "127.0.0.1:0")
	root := caller{server.endpoint, aws.Credentials{AccessKeyID: "AKIASCRIPTS", SecretAccessKey: "made/up"}}
	const each = 20
	users := func(name string) {
		for i := range each {
			if _, err := root.call("iam", "CreateUser", "UserName", fmt.Sprint(name, i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	users("before")
	follows := trailOf(server, "events", "--follow", "--since", "1h", "--limit", fmt.Sprint(3*each), "--output", "json")
	stdout, err := follows.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var told bytes.Buffer
	follows.Stderr = &told
	if err := follows.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = follows.Process.Kill() })
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 1<<20)
	var ids, names []string
	next := func(n int) {
		for range n {
			if !lines.Scan() {
				t.Fatalf("it ended after %d events: %v\n%s", len(ids), lines.Err(), &told)
			}
			var record struct {
				EventID           string
				RequestParameters struct{ UserName string }
			}
			if err := json.Unmarshal(lines.Bytes(), &record); err != nil {
				t.Fatal(err)
			}
			ids, names = append(ids, record.EventID), append(names, record.RequestParameters.UserName)
		}
	}
	next(each) // now it follows
	users("then")
	server.kill()
	again := serveAt(t, data, strings.TrimPrefix(server.endpoint, "http://"))
	users("again")
	next(2 * each)
	if err := follows.Wait(); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, name := range []string{"before", "then", "again"} {
		for i := range each {
			want = append(want, fmt.Sprint(name, i))
		}
	}
	if !slices.Equal(names, want) {
		t.Errorf("%q", names)
	}
	out, err := trailOf(again, "events", "--output", "csv", "--what", "CreateUser").Output()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		if cells := strings.Split(line, ","); cells[1] != "event_id" {
			found[cells[1]] = true
		}
	}
	if slices.Sort(ids); !slices.Equal(ids, slices.Sorted(maps.Keys(found))) {
		t.Errorf("what follows has %d events, the history %d", len(ids), len(found))
	}
}
