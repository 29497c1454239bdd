package conformance_test

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDayWithIdentities does with the AWS CLI what an administrator does in a
// day, and looks for the secrets in all that the server has written since.
func TestDayWithIdentities(t *testing.T) {
	t.Parallel()
	logged := filepath.Join(t.TempDir(), "log")
	data := t.TempDir()
	// The shell lets the log go to a file as well.
	s := &server{
		t: t, root: nobody(), data: data, args: []string{"--log-level", "debug"},
		wrap: []string{"bash", "-c", `exec "$@" 2> >(tee "` + logged + `" >&2)`, "sillok"},
	}
	s.start("127.0.0.1:0")
	t.Cleanup(s.kill)
	c := s.cli()
	const account = "arn:aws:iam::111122223333:"

	c.must("s3", "mb", "s3://reports")
	c.must("s3api", "put-object", "--bucket", "reports", "--key", "a")
	ann := c.user("ann", allowing("*", "s3:ListBucket", "sts:*"))
	annCLI := s.cli(ann.env()...)
	is := func(c *cli, want string) {
		t.Helper()
		if got := strings.TrimSpace(c.must("sts", "get-caller-identity", "--query", "Arn", "--output", "text")); got != want {
			t.Errorf("the caller is %s, want %s", got, want)
		}
	}
	is(annCLI, account+"user/ann")
	annCLI.must("s3api", "list-objects-v2", "--bucket", "reports")
	annCLI.refused([]string{"s3api", "put-object", "--bucket", "reports", "--key", "b"}, "AccessDenied",
		"User: "+account+"user/ann is not authorized to perform: s3:PutObject on resource: ", "arn:aws:s3:::reports/b",
		"because no identity-based policy allows the s3:PutObject action")
	annCLI.refused([]string{"iam", "create-user", "--user-name", "eve"}, "AccessDenied", "iam:CreateUser", account+"user/eve")

	// A role with an external ID, and a session policy that leaves less of it.
	c.must("iam", "create-role", "--role-name", "auditor", "--assume-role-policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"`+account+`user/ann"},"Action":"sts:AssumeRole",`+
			`"Condition":{"StringEquals":{"sts:ExternalId":"ticket-17"}}}]}`)
	c.must("iam", "put-role-policy", "--role-name", "auditor", "--policy-name", "does", "--policy-document", allowing("*", "s3:*"))
	assume := []string{"sts", "assume-role", "--role-arn", account + "role/auditor", "--role-session-name", "audit"}
	annCLI.refused(assume, "AccessDenied", "sts:AssumeRole", account+"role/auditor")
	annCLI.refused(append(assume, "--external-id", "ticket-18"), "AccessDenied")
	assume = append(assume, "--external-id", "ticket-17")
	whole := credential(t, annCLI.must(assume...))
	less := credential(t, annCLI.must(append(assume, "--policy", allowing("arn:aws:s3:::reports", "s3:ListBucket"))...))
	wholeCLI, lessCLI := s.cli(whole.env()...), s.cli(less.env()...)
	is(wholeCLI, "arn:aws:sts::111122223333:assumed-role/auditor/audit")
	wholeCLI.must("s3api", "put-object", "--bucket", "reports", "--key", "b")
	lessCLI.must("s3api", "list-objects-v2", "--bucket", "reports")
	lessCLI.refused([]string{"s3api", "put-object", "--bucket", "reports", "--key", "b"}, "AccessDenied", "no session policy allows the s3:PutObject action")

	// Sessions without a role.
	federated := credential(t, annCLI.must("sts", "get-federation-token", "--name", "visitor", "--policy", allowing("*", "s3:ListBucket", "s3:PutObject")))
	visitor := s.cli(federated.env()...)
	is(visitor, "arn:aws:sts::111122223333:federated-user/visitor")
	visitor.must("s3api", "list-objects-v2", "--bucket", "reports")
	visitor.refused([]string{"s3api", "put-object", "--bucket", "reports", "--key", "b"}, "AccessDenied", "s3:PutObject")
	token := credential(t, annCLI.must("sts", "get-session-token"))
	tokenCLI := s.cli(token.env()...)
	is(tokenCLI, account+"user/ann")

	// The simulator says what calls say.
	for action, want := range map[string]string{"s3:ListBucket": "allowed", "s3:PutObject": "implicitDeny"} {
		got := c.must("iam", "simulate-principal-policy", "--policy-source-arn", account+"user/ann", "--action-names", action,
			"--resource-arns", "arn:aws:s3:::reports", "--query", "EvaluationResults[].EvalDecision", "--output", "text")
		if strings.TrimSpace(got) != want {
			t.Errorf("%s is simulated as %s, want %s", action, got, want)
		}
	}

	c.must("iam", "create-login-profile", "--user-name", "ann", "--password", "Kyujanggak-1776!")

	// A key that is inactive ends with the next call, and so does what came of it.
	status := func(status string) {
		t.Helper()
		c.must("iam", "update-access-key", "--user-name", "ann", "--access-key-id", ann.KeyID, "--status", status)
	}
	status("Inactive")
	annCLI.refused([]string{"sts", "get-caller-identity"}, "InvalidClientTokenId")
	annCLI.refused([]string{"s3api", "list-objects-v2", "--bucket", "reports"}, "InvalidAccessKeyId")
	status("Active")
	is(annCLI, account+"user/ann")
	c.must("iam", "delete-role-policy", "--role-name", "auditor", "--policy-name", "does")
	wholeCLI.refused([]string{"s3api", "put-object", "--bucket", "reports", "--key", "b"}, "AccessDenied", "s3:PutObject")
	c.must("iam", "delete-access-key", "--user-name", "ann", "--access-key-id", ann.KeyID)
	annCLI.refused([]string{"sts", "get-caller-identity"}, "InvalidClientTokenId")

	master, err := os.ReadFile(filepath.Join(data, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	secrets := map[string]string{
		"ann's key": ann.Secret, "root's key": s.root.secret, "a password": "Kyujanggak-1776!",
		"the master key": string(bytes.TrimSpace(master)),
	}
	if raw, err := base64.StdEncoding.DecodeString(secrets["the master key"]); err == nil {
		secrets["the master key's bytes"] = string(raw)
	}
	for name, p := range map[string]person{"a role": whole, "a role with less": less, "the visitor": federated, "ann": token} {
		secrets["a secret of "+name], secrets["a token of "+name] = p.Secret, p.Token
	}
	noSecrets(t, logged, nil, secrets)
	noSecrets(t, data, []string{"master.key", "credentials"}, secrets)
}

// noSecrets reads all files of a folder, or one, but for those that are there to
// hold secrets.
func noSecrets(t *testing.T, folder string, but []string, secrets map[string]string) {
	t.Helper()
	read := 0
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		for _, name := range but {
			if path == filepath.Join(folder, name) {
				return nil
			}
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read += len(text)
		for name, secret := range secrets {
			if secret == "" {
				t.Errorf("%s is empty", name)
			} else if bytes.Contains(text, []byte(secret)) {
				t.Errorf("%s is in %s", name, path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if read == 0 {
		t.Errorf("nothing is in %s", folder)
	}
}
