package conformance_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/kit/material"
)

// person is somebody's credential: a user's key, or a session with its token.
type person struct {
	KeyID  string `json:"AccessKeyId"`
	Secret string `json:"SecretAccessKey"`
	Token  string `json:"SessionToken"`
}

// env is what makes an AWS client act as the person.
func (p person) env() []string {
	return []string{"AWS_ACCESS_KEY_ID=" + p.KeyID, "AWS_SECRET_ACCESS_KEY=" + p.Secret, "AWS_SESSION_TOKEN=" + p.Token}
}

// credential reads the one that a command of iam or sts printed.
func credential(t *testing.T, out string) person {
	t.Helper()
	var made struct{ AccessKey, Credentials person }
	if err := json.Unmarshal([]byte(out), &made); err != nil {
		t.Fatal(err)
	}
	if made.Credentials.KeyID != "" {
		return made.Credentials
	}
	return made.AccessKey
}

// user makes a user with a key and, where a policy is given, that policy.
func (c *cli) user(name, policy string) person {
	c.t.Helper()
	c.must("iam", "create-user", "--user-name", name)
	if policy != "" {
		c.must("iam", "put-user-policy", "--user-name", name, "--policy-name", "does", "--policy-document", policy)
	}
	return credential(c.t, c.must("iam", "create-access-key", "--user-name", name))
}

// refused runs a command that must fail with all of the words.
func (c *cli) refused(command []string, said ...string) {
	c.t.Helper()
	a := c.run(command)
	if a.Code == 0 {
		c.t.Errorf("aws %s: it may: %s", strings.Join(command, " "), a.Out)
		return
	}
	for _, part := range said {
		if !strings.Contains(a.Err, part) {
			c.t.Errorf("aws %s: %swant %q in it", strings.Join(command, " "), a.Err, part)
		}
	}
}

// allowing is a policy that allows actions to resources.
func allowing(resource string, actions ...string) string {
	list, err := json.Marshal(actions)
	if err != nil {
		panic(err)
	}
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":` + string(list) + `,"Resource":"` + resource + `"}]}`
}

// guide returns a document of the guides, as it stands there unless replaced.
func guide(t *testing.T, name string, replace ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(material.Dir(t), "scenarios", "policies", name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(replace...).Replace(string(text))
}

// decision asks sillok access explain how a call would be decided.
func (s *server) decision(principal, action, resource string, conditions ...string) string {
	s.t.Helper()
	args := []string{"access", "explain", "--principal", principal, "--action", action, "--resource", resource, "--output", "json"}
	for _, pair := range conditions {
		args = append(args, "--context", pair)
	}
	cmd := exec.CommandContext(context.Background(), required(s.t, "SILLOK_BIN"), args...)
	cmd.Env, cmd.Stderr = s.environment(), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("sillok %s: %v", strings.Join(args, " "), err)
	}
	var x struct{ Decision string }
	if err := json.Unmarshal(out, &x); err != nil {
		s.t.Fatal(err)
	}
	return x.Decision
}
