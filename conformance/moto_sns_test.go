package conformance_test

import "testing"

// TestMotoSNS runs moto's tests for SNS against the server. Each passes, or is in
// testdata/moto_sns.txt with the reason; of those that neither assert what only moto does
// nor are of what is not written yet, nearly all pass.
func TestMotoSNS(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	required(t, "SILLOK_BIN")
	// Nobody is there who would take what is sent: the tests ask whether it may be.
	const nobody = "http://127.0.0.1:9/"
	s := serveAs(t, root{keyID: "FOOBARKEY", secret: "FOOBARSECRET", account: "123456789012"}, t.TempDir(), "--compat", "moto",
		"--sms-webhook", nobody, "--push-webhook", nobody, "--smtp", "127.0.0.1:9", "--smtp-from", "topics@example.org")
	virginia := []string{"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1"}
	outcomes := runMoto(t, s, virginia, "-p", "moto_topics", "tests/test_sns",
		"--ignore", "tests/test_sns/test_server.py", // it asks moto's own server, in its own process
		"--ignore", "tests/test_sns/test_utils.py", // it looks into moto's own process
		"--ignore", "tests/test_sns/test_sns_cloudformation.py", // CloudFormation is not built
	)
	tally := judgeMoto(t, "moto_sns.txt", outcomes)
	share := float64(tally.passed) / float64(tally.passed+tally.wanting)
	if share < motoShare {
		t.Errorf("%d pass and %d do not, which is %.1f %%", tally.passed, tally.wanting, 100*share)
	}
	report(t, "moto's tests for SNS", "%d of %d pass (%.1f %%), %d that assert what only moto does, or are of what is not written yet, are set aside by name, %d moto skips",
		tally.passed, tally.passed+tally.wanting, 100*share, tally.aside, tally.skipped)
}
