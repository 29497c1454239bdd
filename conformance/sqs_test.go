package conformance_test

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The AWS CLI has a subcommand for each operation, and each is asked.
func TestCLIOfSQS(t *testing.T) {
	s := serve(t, t.TempDir())
	play := &session{cli: s.cli(), kept: map[string]string{}}
	commands := play.readSession(filepath.Join("testdata", "sqs_cli.txt"))
	seen := map[string]bool{}
	for _, c := range commands {
		c.words = append(c.words, "--endpoint-url", s.endpoint) // aws sqs does not look at AWS_ENDPOINT_URL
		play.play("sqs", c)
		seen[c.words[0]] = true
	}
	for _, operation := range claimed(t, "sqs") {
		if name := subcommand(operation); !seen[name] {
			t.Errorf("docs/compat.md says that %s is supported, and testdata/sqs_cli.txt has no %s", operation, name)
		}
	}
	if !t.Failed() {
		report(t, "AWS CLI sqs", "%d commands of %d subcommands answer as AWS's would", len(commands), len(seen))
	}
}

// boto3 sends, waits for messages and receives them, in both protocols.
func TestBotoSQS(t *testing.T) {
	n := serve(t, t.TempDir()).boto(t, "test_sqs.py")
	if !t.Failed() {
		report(t, "boto3 sqs", "%d cases: JSON and the older forms at a queue's own URL, long polls, order, encryption, errors of both protocols", n)
	}
}

// Terraform makes queues of both kinds with policies and dead letters, changes one, and
// sees after each step that all is as it was told.
func TestTerraformSQS(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	s := serve(t, t.TempDir())
	tf := newTerraform(t, s, "sqs.tf")
	for _, timeout := range []int{45, 60} {
		variable := "-var=timeout=" + strconv.Itoa(timeout)
		tf.run("apply", "-auto-approve", variable)
		tf.unchanged(variable)
		if seen := strings.TrimSpace(tf.run("output", "-raw", "seen")); !strings.HasSuffix(seen, ":work") {
			t.Errorf("it sees %q", seen)
		}
	}
	tf.run("destroy", "-auto-approve", "-var=timeout=60")
	report(t, "Terraform sqs", "queues of both kinds, a policy, dead letters and who may have them: apply, change, plan without changes, destroy")
}
