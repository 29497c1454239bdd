package conformance_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// sillok runs a command of the binary that talks to the server, which must succeed, and
// returns what it printed for programs.
func (s *server) sillok(args ...string) string {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), required(s.t, "SILLOK_BIN"), args...)
	cmd.Env, cmd.Stderr = s.environment(), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("sillok %s: %v", strings.Join(args, " "), err)
	}
	return string(out)
}

// The AWS CLI makes an organization with a unit and an account, and a policy that denies
// there: its root user and a session of its role feel it with the next call, and no more
// once it is detached. All of it is there after the server was killed.
func TestOrganizationWithTheCLI(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	s := serve(t, t.TempDir())
	c := s.cli()
	query := func(member string, args ...string) string {
		t.Helper()
		return strings.TrimSpace(c.must(append(append([]string{"organizations"}, args...), "--query", member, "--output", "text")...))
	}
	query("Organization.Id", "create-organization", "--feature-set", "ALL")
	root := query("Roots[0].Id", "list-roots")
	c.must("organizations", "enable-policy-type", "--root-id", root, "--policy-type", "SERVICE_CONTROL_POLICY")
	unit := query("OrganizationalUnit.Id", "create-organizational-unit", "--parent-id", root, "--name", "teams")
	request := query("CreateAccountStatus.Id", "create-account", "--email", "logs@storage.example", "--account-name", "logs")
	account := query("CreateAccountStatus.AccountId", "describe-create-account-status", "--create-account-request-id", request)
	c.must("organizations", "move-account", "--account-id", account, "--source-parent-id", root, "--destination-parent-id", unit)
	policy := query("Policy.PolicySummary.Id", "create-policy", "--name", "no buckets", "--description", "no buckets", "--type", "SERVICE_CONTROL_POLICY",
		"--content", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:CreateBucket","Resource":"*"}]}`)

	var made struct {
		ID     string `json:"access_key_id"`
		Secret string `json:"secret_access_key"`
	}
	if err := json.Unmarshal([]byte(s.sillok("account", "key", account, "--output", "json")), &made); err != nil {
		t.Fatal(err)
	}
	logs := s.cli("AWS_ACCESS_KEY_ID="+made.ID, "AWS_SECRET_ACCESS_KEY="+made.Secret)
	ann := c.user("ann", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}`)
	session := credential(t, s.cli(ann.env()...).must("sts", "assume-role", "--role-session-name", "ann",
		"--role-arn", "arn:aws:iam::"+account+":role/OrganizationAccountAccessRole"))
	admin := s.cli(session.env()...)
	if got := strings.TrimSpace(admin.must("sts", "get-caller-identity", "--query", "Account", "--output", "text")); got != account {
		t.Errorf("the role is of %s, want %s", got, account)
	}

	logs.must("s3", "mb", "s3://before")
	for _, again := range []bool{false, true} {
		if again {
			c.must("organizations", "attach-policy", "--policy-id", policy, "--target-id", account)
		} else {
			c.must("organizations", "attach-policy", "--policy-id", policy, "--target-id", unit)
		}
		for name, denied := range map[string]*cli{"the root user": logs, "a session of the role": admin} {
			t.Log(name)
			denied.refused([]string{"s3api", "create-bucket", "--bucket", "denied", "--create-bucket-configuration", "LocationConstraint=" + region}, "AccessDenied", "with an explicit deny in a service control policy")
		}
		s.killAndRestart()
		c, logs, admin = s.cli(), s.cli("AWS_ACCESS_KEY_ID="+made.ID, "AWS_SECRET_ACCESS_KEY="+made.Secret), s.cli(session.env()...)
	}
	c.must("s3", "mb", "s3://the-management-account-is-not-bound")
	for _, target := range []string{unit, account} {
		c.must("organizations", "detach-policy", "--policy-id", policy, "--target-id", target)
	}
	logs.must("s3", "mb", "s3://after")
	admin.must("s3", "mb", "s3://after-too")
	logs.refused([]string{"organizations", "list-accounts"}, "AccessDeniedException", "You don't have permissions to access this resource.")

	c.must("organizations", "close-account", "--account-id", account)
	logs.refused([]string{"s3", "ls"}, "InvalidAccessKeyId")
	admin.refused([]string{"sts", "get-caller-identity"}, "InvalidClientTokenId")
	report(t, "Organizations", "the AWS CLI makes an organization, a unit and an account, and a policy denies there, for its root user too, until it is detached")
}

// Terraform makes an organization with units, an account, policies and what is delegated,
// changes them, and sees after each step that all is as it was told.
func TestTerraformOrganization(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	s := serve(t, t.TempDir())
	tf := newTerraform(t, s, "organization.tf")
	for _, value := range []string{"one", "another"} {
		variable := "-var=value=" + value
		tf.run("apply", "-auto-approve", variable)
		tf.unchanged(variable)
		if seen := strings.TrimSpace(tf.run("output", "-raw", "seen")); seen != "2 ACTIVE logs" {
			t.Errorf("it sees %q", seen)
		}
	}
	tf.run("destroy", "-auto-approve", "-var=value=another")
	if out, err := s.tryAWS("organizations", "describe-organization"); err == nil || !strings.Contains(out, "AWSOrganizationsNotInUseException") {
		t.Errorf("after destroy: %v %s", err, out)
	}
	report(t, "Terraform Organizations", "an organization, units, an account, policies and attachments, a delegated administrator and a resource policy: "+
		"apply, change, plan without changes, destroy")
}

// A server that is killed while it makes an account has the whole account, with a root
// user that a key can be made for, or nothing of it, so that it can be made again.
func TestAccountsSurviveKill(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	s := serve(t, t.TempDir())
	s.aws("organizations", "create-organization")
	whole := 0
	for round := range 12 {
		name := fmt.Sprintf("account-%d", round)
		cmd := exec.CommandContext(t.Context(), required(t, "SILLOK_BIN"), "account", "create", name)
		cmd.Env = s.environment()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		answered := false
		select {
		case err := <-ended:
			answered = err == nil
		case <-time.After(time.Duration(15+3*round) * time.Millisecond): // about as long as it takes
		}
		s.killAndRestart()
		if !answered {
			answered = <-ended == nil
		}
		var all []struct{ ID, Name, Parent string }
		if err := json.Unmarshal([]byte(s.sillok("account", "list", "--output", "json")), &all); err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(all, func(a struct{ ID, Name, Parent string }) bool { return a.Name == name })
		if at < 0 && answered {
			t.Errorf("%s was answered and is gone", name)
		}
		if at < 0 {
			s.sillok("account", "create", name)
			continue
		}
		whole++
		s.sillok("account", "key", all[at].ID, "--replace")
		s.aws("organizations", "describe-account", "--account-id", all[at].ID)
		if all[at].Parent == "" {
			t.Errorf("%s is in no root", name)
		}
	}
	report(t, "Accounts and kill -9", "12 times killed while an account was made: it was whole %d times, and made again the others", whole)
}
