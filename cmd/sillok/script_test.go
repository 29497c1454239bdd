package main_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/parquet-go/parquet-go"
	"github.com/rogpeppe/go-internal/testscript"

	main "github.com/sillok/sillok/cmd/sillok"
)

var update = flag.Bool("update", false, "write what the scripts got into them")

// The test's own binary is sillok when it is started by that name, and a worker when
// it is started as one: a test that runs a query in its own process has this binary
// decode for it.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == main.WorkerName {
		main.Main() // ends the process
	}
	testscript.Main(m, map[string]func(){"sillok": main.Main})
}

// Each script in testdata/script is a person at a shell. Besides testscript's
// commands they have those of the map below.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "script"),
		UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", filepath.Join(e.WorkDir, "home"))
			e.Setenv("XDG_CACHE_HOME", filepath.Join(e.WorkDir, "cache"))
			e.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			e.Values[serversKey{}] = map[string]*running{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"server":     startServer,
			"end":        endServer,
			"get":        get,
			"bucket":     makeBucket,
			"mask":       mask,
			"mode":       checkMode,
			"tree":       tree,
			"spoil":      spoil,
			"flows":      flows,
			"trail":      trail(t),
			"story":      story,
			"plain":      alike,
			"flip":       flip,
			"cloudwatch": cloudWatch,
		},
	})
}

// running is a server that a script has started.
type running struct {
	cmd    *exec.Cmd
	log    *bytes.Buffer // what it said
	exited chan error
}

var readyLine = regexp.MustCompile(`^sillok is ready at (https?://\S+) after \d+ ms$`)

// startServer is "server FLAGS": it runs sillok serve until the script's end or
// until it is ended, and sets ENDPOINT.
func startServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("server cannot be negated")
	}
	r := &running{cmd: exec.Command("sillok", append([]string{"serve"}, args...)...), log: &bytes.Buffer{}, exited: make(chan error, 1)}
	r.cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "SILLOK_DATA", "SILLOK_LISTEN", "SILLOK_ROOT_ACCESS_KEY_ID", "SILLOK_ROOT_SECRET_ACCESS_KEY", "SILLOK_ROOT_ACCOUNT_ID", "SILLOK_MASTER_KEY"} {
		if value := ts.Getenv(name); value != "" {
			r.cmd.Env = append(r.cmd.Env, name+"="+value)
		}
	}
	stderr, err := r.cmd.StderrPipe()
	ts.Check(err)
	ts.Check(r.cmd.Start())
	lines := bufio.NewReader(stderr)
	for {
		line, err := lines.ReadString('\n')
		r.log.WriteString(line)
		if match := readyLine.FindStringSubmatch(strings.TrimSpace(line)); match != nil {
			ts.Setenv("ENDPOINT", match[1])
			break
		}
		if err != nil {
			_ = r.cmd.Wait()
			ts.Fatalf("the server did not start:\n%s", r.log)
		}
	}
	go func() {
		_, _ = io.Copy(r.log, lines)
		r.exited <- r.cmd.Wait()
	}()
	ts.Defer(func() {
		if r.cmd.ProcessState == nil {
			_ = r.cmd.Process.Kill()
			ts.Logf("the server was still running: %v", <-r.exited)
		}
	})
	ts.Setenv("SERVER", fmt.Sprint(r.cmd.Process.Pid))
	servers(ts)[fmt.Sprint(r.cmd.Process.Pid)] = r
}

// servers are the script's servers, by process.
func servers(ts *testscript.TestScript) map[string]*running {
	all, ok := ts.Value(serversKey{}).(map[string]*running)
	if !ok {
		ts.Fatalf("the script has no servers")
	}
	return all
}

type serversKey struct{}

// endServer is "end SIGNAL": it sends TERM, INT or KILL to the server that was
// started last and waits for its end, which must be a success except after KILL.
// What the server said is the standard error.
func endServer(ts *testscript.TestScript, _ bool, args []string) {
	signals := map[string]syscall.Signal{"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "KILL": syscall.SIGKILL}
	if len(args) != 1 || signals[args[0]] == 0 {
		ts.Fatalf("usage: end TERM|INT|KILL")
	}
	r := servers(ts)[ts.Getenv("SERVER")]
	ts.Check(r.cmd.Process.Signal(signals[args[0]]))
	if err := <-r.exited; err != nil && args[0] != "KILL" {
		ts.Fatalf("the server ended with %v:\n%s", err, r.log)
	}
	_, err := ts.Stderr().Write(r.log.Bytes())
	ts.Check(err)
}

// get is "get PATH STATUS": it asks the server, unsigned, and prints the answer.
func get(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: get PATH STATUS")
	}
	client := http.DefaultClient
	if anchor := ts.Getenv("AWS_CA_BUNDLE"); anchor != "" {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM([]byte(ts.ReadFile(anchor)))
		client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	}
	answer, err := client.Get(ts.Getenv("ENDPOINT") + args[0])
	ts.Check(err)
	body, err := io.ReadAll(answer.Body)
	ts.Check(errors.Join(err, answer.Body.Close()))
	if fmt.Sprint(answer.StatusCode) != args[1] {
		ts.Fatalf("%s: status %d, want %s\n%s", args[0], answer.StatusCode, args[1], body)
	}
	_, err = ts.Stdout().Write(body)
	ts.Check(err)
}

// makeBucket is "bucket NAME FOLDER": it makes a bucket and puts the folder's
// files into it, under their paths.
func makeBucket(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: bucket NAME FOLDER")
	}
	key := ts.Getenv("AWS_ACCESS_KEY_ID")
	err := upload(context.Background(), ts.Getenv("ENDPOINT"), key, ts.Getenv("AWS_SECRET_ACCESS_KEY"), args[0], ts.MkAbs("."), args[1])
	ts.Check(err)
}

// upload makes a bucket and puts the files below root's folder into it.
func upload(ctx context.Context, endpoint, key, secret, bucket, root, folder string) error {
	client := s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""),
	})
	if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		return err
	}
	return fs.WalkDir(os.DirFS(root), folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			return err
		}
		_, err = client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: aws.String(path), Body: bytes.NewReader(body)})
		return err
	})
}

// masks are what differs from run to run.
var masks = []struct {
	pattern *regexp.Regexp
	mask    string
}{
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:PORT"},
	{regexp.MustCompile(`\d+ ms`), "N ms"},
	{regexp.MustCompile(`\d+\.\d\d s\b`), "N ms"},
	{regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\dT[^ ]*Z`), "TIME"},
	{regexp.MustCompile(`until \d{4}-\d\d-\d\d: SHA-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}`), "until DAY: SHA-256 FINGERPRINT"},
}

// mask is "mask FROM TO": it copies stdout, stderr or a file, with a word in
// place of each time and port.
func mask(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: mask FROM TO")
	}
	text := strings.ReplaceAll(ts.ReadFile(args[0]), ts.Getenv("WORK"), "$WORK")
	for _, m := range masks {
		text = m.pattern.ReplaceAllString(text, m.mask)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

// checkMode is "mode FILE PERMISSIONS".
func checkMode(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: mode FILE PERMISSIONS")
	}
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has mode %s, want %s", args[0], got, args[1])
	}
}

// tree is "tree FOLDER TO": it writes the name, size and time of each file.
func tree(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: tree FOLDER TO")
	}
	var b strings.Builder
	err := filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		fmt.Fprintf(&b, "%s %d %s\n", path, info.Size(), info.ModTime())
		return err
	})
	ts.Check(err)
	if b.Len() == 0 {
		ts.Fatalf("%s holds no files", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(b.String()), 0o600))
}

// flows is "flows FILE": it writes a flow log in Parquet, of two records.
func flows(ts *testscript.TestScript, _ bool, args []string) {
	type flow struct {
		Version      int32  `parquet:"version"`
		AccountID    string `parquet:"account_id"`
		SourceIP     string `parquet:"srcaddr"`
		DestinedPort int32  `parquet:"dstport"`
		Bytes        int64  `parquet:"bytes"`
		Start        int64  `parquet:"start"`
		Action       string `parquet:"action"`
	}
	if len(args) != 1 {
		ts.Fatalf("usage: flows FILE")
	}
	path := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o700))
	ts.Check(parquet.WriteFile(path, []flow{
		{2, "111122223333", "198.51.100.7", 443, 840, 1714521600, "ACCEPT"},
		{2, "111122223333", "203.0.113.9", 22, 1 << 40, 1714521660, "REJECT"},
	}))
}

// spoil flips a bit in the middle of each shadow below a folder.
func spoil(ts *testscript.TestScript, _ bool, args []string) {
	err := filepath.WalkDir(ts.MkAbs(args[0]), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".parquet" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		b[len(b)/2] ^= 1
		return os.WriteFile(path, b, 0o600)
	})
	ts.Check(err)
}
