package conformance_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

const region = "ap-northeast-2"

// root is the credential of a server's root user.
type root struct{ keyID, secret, account string }

// nobody is the root of the servers that need no certain one.
func nobody() root {
	return root{keyID: "AKIACONFORMANCETESTS", secret: "conformance/secret+of/nobody0123456789AB", account: "111122223333"}
}

// required returns the value of an environment variable that make sets. Without
// it the test is skipped, and fails where CI=true.
func required(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not set: run make test", name)
		}
		t.Skipf("%s is not set: run make test", name)
	}
	return value
}

// server is bin/sillok serve.
type server struct {
	t        *testing.T
	root     root
	data     string
	args     []string
	wrap     []string // what starts the binary, when it is not the test itself
	endpoint string
	ready    time.Duration // how long it took to be so, as it says
	cmd      *exec.Cmd
	exited   chan error
	shell    *cli   // of aws, once it was used
	shellAt  string // the endpoint that it uses
}

// serve starts the binary over a folder and waits until it says that it is ready.
func serve(t *testing.T, data string, args ...string) *server {
	t.Helper()
	return serveAs(t, nobody(), data, args...)
}

// serveAs is serve with a root credential of the caller's.
func serveAs(t *testing.T, root root, data string, args ...string) *server {
	t.Helper()
	s := &server{t: t, root: root, data: data, args: args}
	s.start("127.0.0.1:0")
	t.Cleanup(s.kill)
	return s
}

var readyLine = regexp.MustCompile(`^sillok is ready at (https?://\S+) after (\d+) ms$`)

func (s *server) start(listen string) {
	s.t.Helper()
	args := append([]string{"serve", "--data", s.data, "--listen", listen}, s.args...)
	command := slices.Concat(s.wrap, []string{required(s.t, "SILLOK_BIN")}, args)
	s.cmd = exec.Command(command[0], command[1:]...)
	s.cmd.Env = append(os.Environ(), "SILLOK_ROOT_ACCESS_KEY_ID="+s.root.keyID, "SILLOK_ROOT_SECRET_ACCESS_KEY="+s.root.secret, "SILLOK_ROOT_ACCOUNT_ID="+s.root.account)
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	var said []string
	for lines.Scan() {
		said = append(said, lines.Text())
		if match := readyLine.FindStringSubmatch(lines.Text()); match != nil {
			s.endpoint, s.ready = match[1], milliseconds(match[2])
			break
		}
	}
	if s.endpoint == "" {
		_ = s.cmd.Wait()
		s.t.Fatalf("the server did not start:\n%s", strings.Join(said, "\n"))
	}
	s.exited = make(chan error, 1)
	go func(cmd *exec.Cmd, exited chan<- error) {
		// What the server logs from here on helps whoever reads a failed test.
		_, _ = io.Copy(os.Stderr, stderr)
		exited <- cmd.Wait()
	}(s.cmd, s.exited)
}

// kill ends the server as a power cut would.
func (s *server) kill() {
	if s.exited == nil {
		return
	}
	if err := s.cmd.Process.Kill(); err != nil {
		s.t.Error(err)
	}
	<-s.exited //nolint:errcheck // a killed process ends with an error
	s.exited = nil
}

// killAndRestart kills the server and starts it again at the same address.
func (s *server) killAndRestart() {
	s.t.Helper()
	s.kill()
	listen := strings.TrimPrefix(s.endpoint, "http://")
	s.endpoint = ""
	s.start(listen)
}

// stop asks the server to end and returns how it did.
func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	err := <-s.exited
	s.exited = nil
	return err
}

// environment is what makes an AWS client use the server.
func (s *server) environment() []string {
	env := os.Environ()
	if strings.HasPrefix(s.endpoint, "https://") {
		env = append(env, "AWS_CA_BUNDLE="+s.anchor())
	}
	return append(env, "AWS_ENDPOINT_URL="+s.endpoint, "AWS_ACCESS_KEY_ID="+s.root.keyID, "AWS_SECRET_ACCESS_KEY="+s.root.secret,
		"AWS_REGION="+region, "AWS_DEFAULT_REGION="+region, "AWS_PAGER=", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
		"AWS_EC2_METADATA_DISABLED=true")
}

// anchor is the certificate that a server with --tls has made.
func (s *server) anchor() string { return filepath.Join(s.data, "tls", "cert.pem") }

// config makes an SDK use the server.
func (s *server) config() aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: aws.String(s.endpoint),
		Credentials: credentials.NewStaticCredentialsProvider(s.root.keyID, s.root.secret, ""),
	}
}

// aws runs the AWS CLI in the test's own folder and returns what it printed; it must succeed.
func (s *server) aws(args ...string) string {
	s.t.Helper()
	out, err := s.tryAWS(args...)
	if err != nil {
		s.t.Fatalf("aws %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (s *server) tryAWS(args ...string) (string, error) {
	s.t.Helper()
	if s.shell == nil || s.shellAt != s.endpoint {
		s.shell, s.shellAt = s.cli(), s.endpoint
	}
	answer := s.shell.run(args)
	if answer.Code != 0 {
		return answer.Out + answer.Err, fmt.Errorf("exit %d", answer.Code)
	}
	return answer.Out + answer.Err, nil
}

// python runs a script of testdata with boto3 at hand and returns what it printed.
func (s *server) python(stdin, script string, args ...string) string {
	s.t.Helper()
	cmd := exec.CommandContext(context.Background(), filepath.Join(required(s.t, "SILLOK_VENV"), "bin", "python"), append([]string{script}, args...)...)
	cmd.Env = s.environment()
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("python %s: %v\n%s", script, err, out)
	}
	return string(out)
}
