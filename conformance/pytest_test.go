package conformance_test

import (
	"context"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// outcome is how one test of Python's ended.
type outcome struct {
	name    string // such as tests/test_sts/test_sts.py::test_get_session_token
	failure string // empty when it passed
	skipped bool
}

// pytest runs tests of Python's in a folder, and returns how each ended.
func pytest(t *testing.T, python, folder string, env []string, args ...string) []outcome {
	t.Helper()
	results := filepath.Join(t.TempDir(), "junit.xml")
	args = append([]string{"-m", "pytest", "--quiet", "-p", "no:cacheprovider", "-o", "junit_family=xunit1", "--junitxml", results}, args...)
	cmd := exec.CommandContext(context.Background(), python, args...)
	cmd.Dir, cmd.Env = folder, append(env, "PYTHONDONTWRITEBYTECODE=1")
	out, runErr := cmd.CombinedOutput() // fails when any test does
	text, err := os.ReadFile(results)
	if err != nil {
		t.Fatalf("pytest: %v\n%s", runErr, out)
	}
	var suites struct {
		Cases []struct {
			File    string      `xml:"file,attr"`
			Class   string      `xml:"classname,attr"`
			Name    string      `xml:"name,attr"`
			Failure *xmlMessage `xml:"failure"`
			Error   *xmlMessage `xml:"error"`
			Skipped *xmlMessage `xml:"skipped"`
		} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal(text, &suites); err != nil {
		t.Fatal(err)
	}
	outcomes := make([]outcome, len(suites.Cases))
	for i, c := range suites.Cases {
		module := strings.ReplaceAll(strings.TrimSuffix(c.File, ".py"), "/", ".")
		class := strings.ReplaceAll(strings.TrimPrefix(c.Class, module), ".", "::")
		outcomes[i] = outcome{name: c.File + class + "::" + c.Name, skipped: c.Skipped != nil}
		for _, m := range []*xmlMessage{c.Failure, c.Error} {
			if m != nil {
				outcomes[i].failure = m.Message
			}
		}
	}
	return outcomes
}

type xmlMessage struct {
	Message string `xml:"message,attr"`
}
