package conformance_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// terraform is Terraform in a folder of its own, with what is in testdata.
type terraform struct {
	t      *testing.T
	folder string
	env    []string
}

// newTerraform returns Terraform with its AWS provider, which neither npm nor
// pip nor Go's proxy have: a folder that has providers as a mirror does is named
// by SILLOK_TERRAFORM_MIRROR. Where that is missing the judge does not run.
func newTerraform(t *testing.T, s *server, file string) *terraform {
	t.Helper()
	mirror := os.Getenv("SILLOK_TERRAFORM_MIRROR")
	if _, err := exec.LookPath("terraform"); err != nil || mirror == "" {
		notRun(t, "Terraform", "terraform and a folder with its AWS provider, named by SILLOK_TERRAFORM_MIRROR, are missing")
	}
	folder := t.TempDir()
	text, err := os.ReadFile(filepath.Join("testdata", "terraform", file))
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror)
	for name, body := range map[string]string{"main.tf": string(text), "rc": config} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := append(s.environment(), "TF_CLI_CONFIG_FILE="+filepath.Join(folder, "rc"), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")
	tf := &terraform{t: t, folder: folder, env: env}
	tf.run("init")
	return tf
}

// run runs a command of Terraform, which must succeed, and returns what it printed.
func (tf *terraform) run(args ...string) string {
	tf.t.Helper()
	out, err := tf.try(args...)
	if err != nil {
		tf.t.Fatalf("terraform %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// try runs a command of Terraform, and returns what it printed.
func (tf *terraform) try(args ...string) (string, error) {
	cmd := exec.CommandContext(context.Background(), "terraform", append(args, "-no-color")...)
	cmd.Dir, cmd.Env = tf.folder, tf.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// unchanged plans, and fails when anything would be changed.
func (tf *terraform) unchanged(vars ...string) {
	tf.t.Helper()
	tf.run(append([]string{"plan", "-detailed-exitcode"}, vars...)...)
}

// Terraform makes, reads, changes and removes parameters, and sees after each
// step that all is as it was told.
func TestTerraformParameters(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	s := serve(t, t.TempDir())
	tf := newTerraform(t, s, "parameter.tf")
	for _, value := range []string{"one", "another"} {
		variable := "-var=value=" + value
		tf.run("apply", "-auto-approve", variable)
		tf.unchanged(variable)
		if seen := strings.TrimSpace(tf.run("output", "-raw", "seen")); seen != value+" /shop/database/host" {
			t.Errorf("it sees %q", seen)
		}
	}
	tf.run("destroy", "-auto-approve", "-var=value=one")
	if left := s.aws("ssm", "describe-parameters", "--query", "Parameters", "--output", "text"); strings.TrimSpace(left) != "" {
		t.Errorf("left after destroy: %s", left)
	}
	report(t, "Terraform", "2 aws_ssm_parameter and 2 data sources: apply, change, plan without changes, destroy")
}

// Terraform makes a bucket with all that can be set of it, and objects, changes
// them, and sees after each step that all is as it was told.
func TestTerraformBucket(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	s := serve(t, t.TempDir())
	tf := newTerraform(t, s, "bucket.tf")
	for _, value := range []string{"one", "another"} {
		variable := "-var=value=" + value
		tf.run("apply", "-auto-approve", variable)
		tf.unchanged(variable)
		if seen := strings.TrimSpace(tf.run("output", "-raw", "seen")); seen != "hello "+value+" folder/값.txt" {
			t.Errorf("it sees %q", seen)
		}
	}
	tf.run("destroy", "-auto-approve", "-var=value=another")
	if left := s.aws("s3", "ls"); strings.TrimSpace(left) != "" {
		t.Errorf("left after destroy: %s", left)
	}
	report(t, "Terraform S3", "3 buckets with 20 kinds of settings and 3 objects: apply, change, plan without changes, destroy")
}

// Terraform makes users, groups, roles with policies and an instance profile, changes
// them, and sees after each step that all is as it was told.
func TestTerraformIdentities(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	s := serve(t, t.TempDir())
	tf := newTerraform(t, s, "identity.tf")
	for _, value := range []string{"one", "another"} {
		variable := "-var=value=" + value
		tf.run("apply", "-auto-approve", variable)
		tf.unchanged(variable)
		want := "arn:aws:iam::" + s.root.account + ":role/audit/flow-logs writes " + value + " arn:aws:iam::aws:policy/ReadOnlyAccess"
		if seen := strings.TrimSpace(tf.run("output", "-raw", "seen")); seen != want {
			t.Errorf("it sees %q, want %q", seen, want)
		}
	}
	tf.run("destroy", "-auto-approve", "-var=value=another")
	for _, list := range []string{"list-users", "list-groups", "list-roles", "list-instance-profiles", "list-account-aliases"} {
		if left := s.aws("iam", list, "--query", "*[]", "--output", "text"); strings.TrimSpace(strings.ReplaceAll(left, "False", "")) != "" {
			t.Errorf("%s after destroy: %s", list, left)
		}
	}
	report(t, "Terraform IAM", "users, groups, roles with policies, boundaries, an instance profile, keys and a provider of web identities: "+
		"apply, change, plan without changes, destroy")
}
