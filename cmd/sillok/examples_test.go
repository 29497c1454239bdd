package main_test

import (
	"bufio"
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	main "github.com/sillok/sillok/cmd/sillok"
)

// example is a piece of documentation that a reader will paste into a shell.
type example struct {
	name string
	text string
}

// Every example of a command's help is run as it stands, in a folder with AWSLogs,
// beside a server with a bucket my-logs. What blocks is left out: it has its scripts.
func TestDocumentedExamples(t *testing.T) {
	var examples []example
	for _, command := range []string{"", "query", "demo", "serve", "s3", "s3 export", "s3 import"} {
		examples = append(examples, helpExample(t, command))
	}
	serving := regexp.MustCompile(`(?m)^.*sillok serve .*$`)
	for _, e := range examples {
		t.Run(e.name, func(t *testing.T) {
			venv := os.Getenv("SILLOK_VENV")
			if strings.Contains(e.text, "aws ") && venv == "" {
				if os.Getenv("CI") == "true" {
					t.Fatal("SILLOK_VENV is not set: run make test")
				}
				t.Skip("needs the AWS CLI: run make test")
			}
			folder := t.TempDir()
			endpoint := examplePlace(t, folder)
			text := strings.NewReplacer("bin/sillok", "sillok", "http://127.0.0.1:4566", endpoint).Replace(e.text)
			shell := exec.Command("sh", "-eu", "-c", serving.ReplaceAllString(text, ""))
			shell.Dir = folder
			shell.Env = append(os.Environ(), "HOME="+folder, "XDG_CACHE_HOME="+filepath.Join(folder, "cache"),
				"AWS_ENDPOINT_URL="+endpoint, "AWS_REGION=ap-northeast-2", "AWS_DEFAULT_REGION=", "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true",
				"AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(folder, "sillok-data", "credentials"),
				"PATH="+os.Getenv("PATH")+":"+filepath.Join(venv, "bin"))
			if out, err := shell.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s\n%s", err, text, out)
			}
		})
	}
}

// helpExample returns the examples in a command's help.
func helpExample(t *testing.T, command string) example {
	t.Helper()
	out, err := exec.Command("sillok", append([]string{"help"}, strings.Fields(command)...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(out), "\nExamples:\n")
	text, _, _ = strings.Cut(text, "\n\nAvailable Commands:")
	text, _, _ = strings.Cut(text, "\n\nFlags:")
	if !found {
		t.Fatalf("sillok help %s has no examples", command)
	}
	return example{"help-" + cmp.Or(command, "sillok"), text}
}

// examplePlace puts AWSLogs and a running server's sillok-data into a folder and
// returns the server's endpoint.
func examplePlace(t *testing.T, folder string) string {
	t.Helper()
	logs, err := main.DemoLogs()
	if err != nil {
		t.Fatal(err)
	}
	for key, body := range logs {
		path := filepath.Join(folder, filepath.FromSlash(key))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server := exec.Command("sillok", "serve", "--data", "sillok-data", "--listen", "127.0.0.1:0")
	server.Dir = folder
	server.Env = append(os.Environ(), "SILLOK_ROOT_ACCESS_KEY_ID=", "SILLOK_ROOT_SECRET_ACCESS_KEY=", "SILLOK_ROOT_ACCOUNT_ID=")
	stderr, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	line, err := bufio.NewReader(stderr).ReadString('\n')
	match := readyLine.FindStringSubmatch(strings.TrimSpace(line))
	if match == nil {
		t.Fatalf("the server did not start: %v\n%s", err, line)
	}
	key, secret := credential(t, filepath.Join(folder, "sillok-data", "credentials"))
	if err := upload(t.Context(), match[1], key, secret, "my-logs", folder, "AWSLogs"); err != nil {
		t.Fatal(err)
	}
	return match[1]
}

func credential(t *testing.T, path string) (key, secret string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " = ")
		switch name {
		case "aws_access_key_id":
			key = value
		case "aws_secret_access_key":
			secret = value
		}
	}
	return key, secret
}
