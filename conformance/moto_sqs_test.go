package conformance_test

import "testing"

// TestMotoSQS runs moto's tests for SQS against the server. Each passes, or is in
// testdata/moto_sqs.txt with the reason; of those that do not assert what only moto does,
// nearly all pass.
func TestMotoSQS(t *testing.T) {
	s := motoServer(t)
	virginia := []string{"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1"}
	outcomes := runMoto(t, s, virginia, "tests/test_sqs",
		"--ignore", "tests/test_sqs/test_sqs_cloudformation.py", // CloudFormation is not built
		"--ignore", "tests/test_sqs/test_sqs_integration.py", // it waits for functions, which are not built
		"--ignore", "tests/test_sqs/test_server.py") // it asks moto's own server, in its own process
	tally := judgeMoto(t, "moto_sqs.txt", outcomes)
	share := float64(tally.passed) / float64(tally.passed+tally.wanting)
	if share < motoShare {
		t.Errorf("%d pass and %d do not, which is %.1f %%", tally.passed, tally.wanting, 100*share)
	}
	report(t, "moto's tests for SQS", "%d of %d pass (%.1f %%), %d that assert what only moto does are set aside by name, %d moto skips",
		tally.passed, tally.passed+tally.wanting, 100*share, tally.aside, tally.skipped)
}
