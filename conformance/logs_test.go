package conformance_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestLogsCLI plays every subcommand of `aws logs` that the server answers.
func TestLogsCLI(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	s.aws("s3api", "create-bucket", "--bucket", "exports", "--create-bucket-configuration", "LocationConstraint=ap-northeast-2")
	s.aws("s3api", "put-bucket-policy", "--bucket", "exports", "--policy", `{"Statement":{"Effect":"Allow","Principal":{"Service":"logs.ap-northeast-2.amazonaws.com"},
		"Action":["s3:GetBucketAcl","s3:PutObject"],"Resource":["arn:aws:s3:::exports","arn:aws:s3:::exports/*"]}}`)
	play := &session{cli: s.cli(), kept: map[string]string{"now": strconv.FormatInt(time.Now().UnixMilli(), 10)}}
	commands := play.readSession(filepath.Join("testdata", "logs_cli.txt"))
	seen := map[string]bool{"start-live-tail": true} // boto3 reads it
	for _, c := range commands {
		play.play("logs", c)
		seen[c.words[0]] = true
	}
	for _, operation := range claimed(t, "logs") {
		if name := subcommand(operation); !seen[name] {
			t.Errorf("docs/compat.md says that %s is supported, and testdata/logs_cli.txt has no %s", operation, name)
		}
	}
	if !t.Failed() {
		report(t, "AWS CLI logs", "%d commands of %d subcommands answer as AWS's would", len(commands), len(seen)-1)
	}
}

// boto3 follows a group as `aws logs tail --follow` does, reads a live tail, and is told
// of each bad batch in AWS's words.
func TestBotoLogs(t *testing.T) {
	n := serve(t, t.TempDir()).boto(t, "test_logs.py")
	if !t.Failed() {
		report(t, "boto3 logs", "%d cases: tail --follow, live tails, pages, bad batches", n)
	}
}

// Terraform makes a log group with a stream, a metric filter, a policy and a query that
// is kept, changes them, and sees after each step that all is as it was told.
func TestTerraformLogs(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	s := serve(t, t.TempDir())
	tf := newTerraform(t, s, "logs.tf")
	for _, value := range []string{"one", "another"} {
		variable := "-var=value=" + value
		tf.run("apply", "-auto-approve", variable)
		tf.unchanged(variable)
		if seen := strings.TrimSpace(tf.run("output", "-raw", "seen")); seen != "/shop/web" {
			t.Errorf("it sees %q", seen)
		}
	}
	tf.run("destroy", "-auto-approve", "-var=value=another")
	if left := s.aws("logs", "describe-log-groups", "--query", "logGroups", "--output", "text"); strings.TrimSpace(left) != "" {
		t.Errorf("left after destroy: %s", left)
	}
	report(t, "Terraform logs", "a log group, stream, metric filter, resource policy, destination with its policy, and query definition: apply, change, plan without changes, destroy")
}

// What Terraform can hang on a log group is there, changed and removed where the operation
// is supported, and refused by name where it is not.
func TestTerraformLogsParts(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	text, err := os.ReadFile(filepath.Join("testdata", "terraform", "logs_parts.tf"))
	if err != nil {
		t.Fatal(err)
	}
	refusal := regexp.MustCompile(`UnsupportedOperation|not\s+(supported|carried\s+out)|does\s+not\s+support|yet`)
	var taken, refused []string
	for part := range strings.SplitSeq(string(text), "# ") {
		operation, resource, found := strings.Cut(part, "\n")
		if !found {
			continue
		}
		t.Run(operation, func(t *testing.T) {
			s := serve(t, t.TempDir())
			tf := newTerraform(t, s, "logs_head.tf")
			if err := os.WriteFile(filepath.Join(tf.folder, "part.tf"), []byte(resource), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := tf.try("apply", "-auto-approve", "-var=value=one"); err != nil {
				if !refusal.MatchString(out) {
					t.Errorf("%v\n%s", err, out)
				}
				refused = append(refused, operation)
				return
			}
			for _, value := range []string{"one", "another"} {
				tf.run("apply", "-auto-approve", "-var=value="+value)
				tf.unchanged("-var=value=" + value)
			}
			tf.run("destroy", "-auto-approve", "-var=value=another")
			taken = append(taken, operation)
		})
	}
	if !t.Failed() && len(taken)+len(refused) > 0 {
		report(t, "Terraform logs, further", "%s: apply, change, plan without changes, destroy; refused by name: %s", strings.Join(taken, ", "), strings.Join(refused, ", "))
	}
}
