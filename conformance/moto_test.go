package conformance_test

import (
	"bufio"
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
var motoPackages = []string{"moto[glue,s3]==" + motoVersion, "pytest==8.4.2", "freezegun==1.5.5", "flask==3.1.3", "flask-cors==6.0.5"}

// motoTests returns the folder of moto's own tests, installed with what they
// need in an environment of their own. Without a network the test is skipped.
func motoTests(t *testing.T) (folder string) {
	t.Helper()
	folder, err := filepath.Abs(filepath.Join("..", ".tools", "moto-"+motoVersion))
	if err != nil {
		t.Fatal(err)
	}
	ready, with := filepath.Join(folder, "ready"), strings.Join(motoPackages, "\n")
	if text, err := os.ReadFile(ready); err == nil && string(text) == with {
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
	if err := os.WriteFile(ready, []byte(with), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// motoServer starts a server that moto's tests can be run against.
func motoServer(t *testing.T) *server {
	t.Helper()
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	required(t, "SILLOK_BIN")
	return serveAs(t, root{keyID: "FOOBARKEY", secret: "FOOBARSECRET", account: "123456789012"}, t.TempDir(), "--compat", "moto")
}

// TestMoto runs the tests that moto has for the services that we have against
// the server. Each passes, or is in testdata/moto.txt with the reason.
func TestMoto(t *testing.T) {
	s := motoServer(t)
	outcomes := runMoto(t, s, nil, "-p", "moto_buckets", "tests/test_glue", "tests/test_athena", "tests/test_ssm/test_ssm.py", "tests/test_kms",
		"--ignore", "tests/test_kms/test_model.py", "--ignore", "tests/test_kms/test_utils.py", "--ignore", "tests/test_kms/test_kms_cloudformation.py",
		"--deselect", "tests/test_kms/test_kms_policy_enforcement.py::TestKMSPolicyValidator", // they look into moto's own process
		"--ignore", "tests/test_kms/test_server.py") // it asks moto's own server, in its own process
	tally := judgeMoto(t, "moto.txt", outcomes)
	report(t, "moto's tests", "%d of %d for glue, athena, ssm and kms pass, %d are listed with the reason, %d moto skips",
		tally.passed, len(outcomes), tally.aside+tally.wanting, tally.skipped)
}

// TestMotoIAM runs moto's tests for IAM and STS against the server. Each passes, or is
// in testdata/moto_iam.txt with the reason; of those that do not assert what only moto
// does, nearly all pass.
func TestMotoIAM(t *testing.T) {
	s := motoServer(t)
	virginia := []string{"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1"}
	outcomes := runMoto(t, s, virginia, "-p", "moto_roles", "tests/test_iam", "tests/test_sts",
		"--ignore", "tests/test_iam/test_iam_cloudformation.py", // CloudFormation is not built
		"--ignore", "tests/test_iam/test_server.py", "--ignore", "tests/test_sts/test_server.py") // they ask moto's own server, in its own process
	tally := judgeMoto(t, "moto_iam.txt", outcomes)
	share := float64(tally.passed) / float64(tally.passed+tally.wanting)
	if share < motoShare {
		t.Errorf("%d pass and %d do not, which is %.1f %%", tally.passed, tally.wanting, 100*share)
	}
	report(t, "moto's tests for IAM and STS", "%d of %d pass (%.1f %%), %d that assert what only moto does are set aside by name, %d moto skips",
		tally.passed, tally.passed+tally.wanting, 100*share, tally.aside, tally.skipped)
}

// TestMotoCloudTrail runs moto's tests for CloudTrail against the server. Each passes, or is
// in testdata/moto_cloudtrail.txt with the reason; of those that do not assert what only
// moto does, nearly all pass.
func TestMotoCloudTrail(t *testing.T) {
	s := motoServer(t)
	virginia := []string{"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1"}
	outcomes := runMoto(t, s, virginia, "-p", "moto_trails", "tests/test_cloudtrail",
		"--ignore", "tests/test_cloudtrail/test_server.py") // it asks moto's own server, in its own process
	tally := judgeMoto(t, "moto_cloudtrail.txt", outcomes)
	share := float64(tally.passed) / float64(tally.passed+tally.wanting)
	if share < motoShare {
		t.Errorf("%d pass and %d do not, which is %.1f %%", tally.passed, tally.wanting, 100*share)
	}
	report(t, "moto's tests for CloudTrail", "%d of %d pass (%.1f %%), %d that assert what only moto does are set aside by name, %d moto skips",
		tally.passed, tally.passed+tally.wanting, 100*share, tally.aside, tally.skipped)
}

// TestMotoDenial runs moto's tests of what a policy denies, which moto itself decides only
// where a test asks for it. Each passes, or is in testdata/moto_denial.txt with the reason.
func TestMotoDenial(t *testing.T) {
	s := motoServer(t)
	virginia := []string{"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1"}
	outcomes := runMoto(t, s, virginia, "-p", "moto_denial", "tests/test_core/test_auth.py")
	tally := judgeMoto(t, "moto_denial.txt", outcomes)
	report(t, "moto's tests of denial", "%d of %d pass, %d are listed with the reason", tally.passed, len(outcomes), tally.aside+tally.wanting)
}

// TestMotoS3 runs moto's tests for S3 against the server. Each passes, or is in
// testdata/moto_s3.txt with the reason; of those that do not assert what only
// moto does, nearly all pass.
func TestMotoS3(t *testing.T) {
	s := motoServer(t)
	args := []string{"tests/test_s3"}
	for _, other := range []string{
		"test_server", "test_s3_utils", "test_s3_config", "test_s3_file_handles", "test_s3_custom_endpoint", // they look into moto's own process
		"test_s3_cloudformation", "test_s3_eventbridge_integration", "test_s3_lambda_integration", // they are about services that are not built
	} {
		args = append(args, "--ignore", "tests/test_s3/"+other+".py")
	}
	virginia := []string{"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1"} // which the tests take for granted
	outcomes := runMoto(t, s, virginia, args...)
	tally := judgeMoto(t, "moto_s3.txt", outcomes)
	share := float64(tally.passed) / float64(tally.passed+tally.wanting)
	if share < motoShare {
		t.Errorf("%d pass and %d do not, which is %.1f %%", tally.passed, tally.wanting, 100*share)
	}
	report(t, "moto's tests for S3", "%d of %d pass (%.1f %%), %d that assert what only moto does are set aside by name, %d moto skips",
		tally.passed, tally.passed+tally.wanting, 100*share, tally.aside, tally.skipped)
}

// motoShare is how many of moto's tests for S3 must pass at the least.
const motoShare = 0.95

// tally counts how moto's tests ended.
type tally struct {
	passed, skipped int
	aside           int // assert what AWS does not, or what only moto has
	wanting         int // ask for what we should do
}

// judgeMoto compares outcomes with a list of testdata.
func judgeMoto(t *testing.T, list string, outcomes []outcome) (n tally) {
	t.Helper()
	listed := readListed(t, filepath.Join("testdata", list))
	for _, o := range outcomes {
		entry := slices.IndexFunc(listed, func(l listedTest) bool { return l.matches(o.name) })
		if entry >= 0 {
			listed[entry].seen = true
		}
		switch {
		case o.skipped:
			n.skipped++
		case entry < 0 && o.failure == "":
			n.passed++
		case entry < 0:
			n.wanting++
			t.Errorf("%s fails: %s", o.name, o.failure)
		case o.failure == "" && !listed[entry].either:
			t.Errorf("%s passes, and is listed because %q", o.name, listed[entry].reason)
		case strings.HasSuffix(listed[entry].reason, " is not written yet") && !strings.Contains(o.failure, "UnsupportedOperation"):
			t.Errorf("%s fails for another reason than that %s: %s", o.name, listed[entry].reason, o.failure)
		case listed[entry].wanting:
			n.wanting++
		default:
			n.aside++
		}
	}
	for _, l := range listed {
		if !l.seen {
			t.Errorf("%s is listed, and there is no such test", l.name)
		}
	}
	return n
}

// runMoto runs moto's tests, with pytest's own arguments, against a server.
func runMoto(t *testing.T, s *server, env []string, args ...string) []outcome {
	t.Helper()
	folder := motoTests(t)
	plugins, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	env = slices.Concat(s.environment(), []string{"PYTHONPATH=" + plugins, "TEST_SERVER_MODE=true", "TEST_SERVER_MODE_ENDPOINT=" + s.endpoint}, env)
	return pytest(t, filepath.Join(folder, "venv", "bin", "python"), folder, env, append([]string{"-p", "moto_clock"}, args...)...)
}

// listedTest is a test that does not pass, or all tests whose names begin so.
type listedTest struct {
	name, reason string
	either       bool // ?: it passes or not, as the timing falls
	wanting      bool // !: it should pass
	seen         bool
}

func (l listedTest) matches(name string) bool {
	if prefix, ok := strings.CutSuffix(l.name, "*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	return name == l.name
}

// readListed reads lines of a name, which a mark may precede, a tab and a reason. Lines that begin with # are comments.
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
		name, wanting := strings.CutPrefix(name, "!")
		out = append(out, listedTest{name: name, reason: reason, either: either, wanting: wanting})
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
