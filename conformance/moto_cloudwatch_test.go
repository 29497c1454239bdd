package conformance_test

import "testing"

// TestMotoCloudWatch runs moto's tests for CloudWatch against the server. Each passes, or
// is in testdata/moto_cloudwatch.txt with the reason; of those that neither assert what
// only moto does nor are of operations that are not written yet, nearly all pass.
func TestMotoCloudWatch(t *testing.T) {
	s := motoServer(t)
	virginia := []string{"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1"}
	outcomes := runMoto(t, s, virginia, "tests/test_cloudwatch",
		"--ignore", "tests/test_cloudwatch/test_cloudwatch_expression_parser.py", // it looks into moto's own process
		"--ignore", "tests/test_cloudwatch/test_cloudwatch_cloudformation.py") // CloudFormation is not built
	tally := judgeMoto(t, "moto_cloudwatch.txt", outcomes)
	share := float64(tally.passed) / float64(tally.passed+tally.wanting)
	if share < motoShare {
		t.Errorf("%d pass and %d do not, which is %.1f %%", tally.passed, tally.wanting, 100*share)
	}
	report(t, "moto's tests for CloudWatch", "%d of %d pass (%.1f %%), %d that assert what only moto does, or are of what is not written yet, are set aside by name, %d moto skips",
		tally.passed, tally.passed+tally.wanting, 100*share, tally.aside, tally.skipped)
}
