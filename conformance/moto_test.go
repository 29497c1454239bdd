package conformance_test

import (
	"bufio"
	"context"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// motoVersion is the version of moto whose tests judge.
const motoVersion = "5.2.5"

// motoPackages are what its tests for the services that we have import.
var motoPackages = []string{"moto[glue]==" + motoVersion, "pytest==8.4.2", "freezegun==1.5.5", "flask==3.1.3", "flask-cors==6.0.5"}

// motoTests returns the folder of moto's own tests, installed with what they
// need in an environment of their own. Without a network the test is skipped.
func motoTests(t *testing.T) (folder string) {
	t.Helper()
	folder, err := filepath.Abs(filepath.Join("..", ".tools", "moto-"+motoVersion))
	if err != nil {
		t.Fatal(err)
	}
	ready := filepath.Join(folder, "ready")
	if _, err := os.Stat(ready); err == nil {
		return folder
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	venv := filepath.Join(folder, "venv")
	for _, command := range [][]string{
		append([]string{filepath.Join("..", "scripts", "python"), venv}, motoPackages...),
		// The wheel has no tests, the source distribution has all.
		{filepath.Join(venv, "bin", "pip"), "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", folder, "moto==" + motoVersion},
		{"tar", "-xzf", filepath.Join(folder, "moto-"+motoVersion+".tar.gz"), "-C", folder, "--strip-components=1", "moto-" + motoVersion + "/tests"},
	} {
		out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput()
		if err != nil {
			missing(t, "moto's tests", "moto %s cannot be installed: %v\n%s", motoVersion, err, out)
		}
	}
	if err := os.WriteFile(ready, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// TestMoto runs the tests that moto has for the services that we have against
// the server. Each passes, or is in testdata/moto.txt with the reason.
func TestMoto(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	required(t, "SILLOK_BIN")
	folder := motoTests(t)
	s := serveAs(t, root{keyID: "FOOBARKEY", secret: "FOOBARSECRET", account: "123456789012"}, t.TempDir(), "--compat", "moto")
	a := newAsker(t, s)
	// The buckets that the tests name as places of results and never make.
	a.bucket("bucket")
	a.bucket("bucket-name")
	outcomes := runMoto(t, s, folder)
	listed := readListed(t, filepath.Join("testdata", "moto.txt"))
	passed, set, skipped := 0, 0, 0
	for _, o := range outcomes {
		entry := slices.IndexFunc(listed, func(l listedTest) bool { return l.matches(o.name) })
		if entry >= 0 {
			listed[entry].seen = true
		}
		switch {
		case o.skipped:
			skipped++
		case entry < 0 && o.failure == "":
			passed++
		case entry < 0:
			t.Errorf("%s fails: %s", o.name, o.failure)
		case o.failure == "" && !listed[entry].either:
			t.Errorf("%s passes, and is listed because %q", o.name, listed[entry].reason)
		case strings.HasSuffix(listed[entry].reason, " is not written yet") && !strings.Contains(o.failure, "UnsupportedOperation"):
			t.Errorf("%s fails for another reason than that %s: %s", o.name, listed[entry].reason, o.failure)
		default:
			set++
		}
	}
	for _, l := range listed {
		if !l.seen {
			t.Errorf("%s is listed, and there is no such test", l.name)
		}
	}
	report(t, "moto's tests", "%d of %d for sts, glue, athena and ssm pass, %d are listed with the reason, %d moto skips", passed, len(outcomes), set, skipped)
}

// motoOutcome is how one of moto's tests ended.
type motoOutcome struct {
	name    string // such as tests/test_sts/test_sts.py::test_get_session_token
	failure string // empty when it passed
	skipped bool
}

func runMoto(t *testing.T, s *server, folder string) []motoOutcome {
	t.Helper()
	plugins, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	results := filepath.Join(t.TempDir(), "junit.xml")
	cmd := exec.CommandContext(context.Background(), filepath.Join(folder, "venv", "bin", "python"), "-m", "pytest", "--quiet",
		"-p", "no:cacheprovider", "-p", "moto_clock", "-o", "junit_family=xunit1", "--junitxml", results,
		"--ignore", "tests/test_sts/test_server.py", // asks moto's own server, in its own process
		"tests/test_sts", "tests/test_glue", "tests/test_athena", "tests/test_ssm/test_ssm.py")
	cmd.Dir = folder
	cmd.Env = append(s.environment(), "PYTHONPATH="+plugins, "PYTHONDONTWRITEBYTECODE=1",
		"TEST_SERVER_MODE=true", "TEST_SERVER_MODE_ENDPOINT="+s.endpoint)
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
	outcomes := make([]motoOutcome, len(suites.Cases))
	for i, c := range suites.Cases {
		module := strings.ReplaceAll(strings.TrimSuffix(c.File, ".py"), "/", ".")
		class := strings.ReplaceAll(strings.TrimPrefix(c.Class, module), ".", "::")
		outcomes[i] = motoOutcome{name: c.File + class + "::" + c.Name, skipped: c.Skipped != nil}
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

// listedTest is a test that does not pass, or all tests whose names begin so.
type listedTest struct {
	name, reason string
	either       bool // it passes or not, as the timing falls
	seen         bool
}

func (l listedTest) matches(name string) bool {
	if prefix, ok := strings.CutSuffix(l.name, "*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	return name == l.name
}

// readListed reads lines of a name, a tab and a reason. Lines that begin with # are comments.
func readListed(t *testing.T, path string) []listedTest {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	var out []listedTest
	scanner := bufio.NewScanner(f)
	for scanner.Scan() {
		line := scanner.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, reason, ok := strings.Cut(line, "\t")
		if !ok || reason == "" {
			t.Errorf("%s: %q has no reason", path, line)
		}
		name, either := strings.CutPrefix(name, "?")
		out = append(out, listedTest{name: name, reason: reason, either: either})
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
