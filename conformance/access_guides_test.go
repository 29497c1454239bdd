package conformance_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/material"
)

// delivery is a call by which a service delivers logs.
type delivery struct {
	principal, action, resource string
	context                     []string
}

// TestGuideBucketPolicies puts the policies by which the guides let services
// deliver logs, as they stand there. With them exactly the guides' deliveries
// are allowed, without them none.
func TestGuideBucketPolicies(t *testing.T) {
	const trail, full = "aws:SourceArn=arn:aws:cloudtrail:ap-northeast-2:111122223333:trail/audit", "s3:x-amz-acl=bucket-owner-full-control"
	flows := []string{"aws:SourceAccount=111122223333", "aws:SourceArn=arn:aws:logs:ap-northeast-2:111122223333:*"}
	for _, tt := range []struct {
		name, bucket, policy string
		delivered, refused   []delivery
	}{
		{
			name: "CloudTrail", bucket: "trail-logs", policy: `{"Version":"2012-10-17","Statement":[
				{"Sid":"AWSCloudTrailAclCheck20150319","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl",
				 "Resource":"arn:aws:s3:::trail-logs","Condition":{"StringEquals":{"aws:SourceArn":"arn:aws:cloudtrail:ap-northeast-2:111122223333:trail/audit"}}},
				{"Sid":"AWSCloudTrailWrite20150319","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject",
				 "Resource":"arn:aws:s3:::trail-logs/AWSLogs/111122223333/*","Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control",
				 "aws:SourceArn":"arn:aws:cloudtrail:ap-northeast-2:111122223333:trail/audit"}}}]}`,
			delivered: []delivery{
				{"cloudtrail.amazonaws.com", "s3:GetBucketAcl", "arn:aws:s3:::trail-logs", []string{trail}},
				{"cloudtrail.amazonaws.com", "s3:PutObject", "arn:aws:s3:::trail-logs/AWSLogs/111122223333/a.json.gz", []string{trail, full}},
			},
			refused: []delivery{
				{"cloudtrail.amazonaws.com", "s3:PutObject", "arn:aws:s3:::trail-logs/AWSLogs/111122223333/a.json.gz", []string{full}},
				{"cloudtrail.amazonaws.com", "s3:PutObject", "arn:aws:s3:::trail-logs/AWSLogs/111122223333/a.json.gz", []string{trail}},
				{"cloudtrail.amazonaws.com", "s3:PutObject", "arn:aws:s3:::trail-logs/AWSLogs/111122223333/a.json.gz", []string{trail + "2", full}},
				{"cloudtrail.amazonaws.com", "s3:PutObject", "arn:aws:s3:::trail-logs/AWSLogs/444455556666/a.json.gz", []string{trail, full}},
				{"config.amazonaws.com", "s3:PutObject", "arn:aws:s3:::trail-logs/AWSLogs/111122223333/a.json.gz", []string{trail, full}},
			},
		},
		{
			name: "ALB", bucket: "alb-logs", policy: guide(t, "alb-access-logs-bucket.json"),
			delivered: []delivery{
				{"delivery.logs.amazonaws.com", "s3:GetBucketAcl", "arn:aws:s3:::alb-logs", nil},
				{"delivery.logs.amazonaws.com", "s3:PutObject", "arn:aws:s3:::alb-logs/AWSLogs/111122223333/a.log.gz", []string{full}},
			},
			refused: []delivery{
				{"delivery.logs.amazonaws.com", "s3:PutObject", "arn:aws:s3:::alb-logs/AWSLogs/111122223333/a.log.gz", nil},
				{"delivery.logs.amazonaws.com", "s3:PutObject", "arn:aws:s3:::alb-logs/AWSLogs/111122223333/a.log.gz", []string{"s3:x-amz-acl=public-read"}},
				{"delivery.logs.amazonaws.com", "s3:GetObject", "arn:aws:s3:::alb-logs/AWSLogs/111122223333/a.log.gz", []string{full}},
			},
		},
		{
			name: "flow logs", bucket: "flow-logs", policy: guide(t, "flow-logs-bucket.json"),
			delivered: []delivery{
				{"delivery.logs.amazonaws.com", "s3:GetBucketAcl", "arn:aws:s3:::flow-logs", flows},
				{"delivery.logs.amazonaws.com", "s3:PutObject", "arn:aws:s3:::flow-logs/AWSLogs/111122223333/a.log.gz", append([]string{full}, flows...)},
			},
			refused: []delivery{
				{"delivery.logs.amazonaws.com", "s3:GetBucketAcl", "arn:aws:s3:::flow-logs", nil},
				{"delivery.logs.amazonaws.com", "s3:PutObject", "arn:aws:s3:::flow-logs/AWSLogs/111122223333/a.log.gz", flows},
				{
					"delivery.logs.amazonaws.com", "s3:PutObject", "arn:aws:s3:::flow-logs/AWSLogs/111122223333/a.log.gz",
					[]string{full, "aws:SourceAccount=444455556666", flows[1]},
				},
				{
					"delivery.logs.amazonaws.com", "s3:PutObject", "arn:aws:s3:::flow-logs/AWSLogs/111122223333/a.log.gz",
					[]string{full, flows[0], "aws:SourceArn=arn:aws:logs:us-east-1:111122223333:x"},
				},
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, t.TempDir())
			c := s.cli()
			c.must("s3", "mb", "s3://"+tt.bucket)
			must := func(when, want string, calls []delivery) {
				for _, d := range calls {
					if got := s.decision(d.principal, d.action, d.resource, d.context...); got != want {
						t.Errorf("%s: %+v: %s, want %s", when, d, got, want)
					}
				}
			}
			must("without it", "implicitDeny", tt.delivered)
			c.must("s3api", "put-bucket-policy", "--bucket", tt.bucket, "--policy", "file://"+c.file("policy.json", tt.policy))
			if diff := cmp.Diff(decoded(t, tt.policy), decoded(t, c.must("s3api", "get-bucket-policy", "--bucket", tt.bucket, "--query", "Policy", "--output", "text"))); diff != "" {
				t.Error(diff)
			}
			must("with it", "allowed", tt.delivered)
			must("with it", "implicitDeny", tt.refused)
			c.must("s3api", "delete-bucket-policy", "--bucket", tt.bucket)
			must("after it", "implicitDeny", tt.delivered)
		})
	}
}

func decoded(t *testing.T, text string) (value any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return value
}

// TestGuideDeliveryRoles makes the roles by which the guides let flow logs and
// CloudTrail write to CloudWatch Logs: before the flow-log role's trust policy
// is mended, EC2 may take it and flow logs may not.
func TestGuideDeliveryRoles(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	c := s.cli()
	const role = "arn:aws:iam::111122223333:role/"
	trust := func(name string) string { return "file://" + c.file(name, guide(t, name)) }
	assumes := func(principal, role, want string) {
		t.Helper()
		if got := s.decision(principal, "sts:AssumeRole", role); got != want {
			t.Errorf("%s assumes %s: %s, want %s", principal, role, got, want)
		}
	}
	c.must("iam", "create-role", "--role-name", "flow-logs", "--assume-role-policy-document", trust("flow-logs-trust-before.json"))
	assumes("vpc-flow-logs.amazonaws.com", role+"flow-logs", "implicitDeny")
	assumes("ec2.amazonaws.com", role+"flow-logs", "allowed")
	c.must("iam", "update-assume-role-policy", "--role-name", "flow-logs", "--policy-document", trust("flow-logs-trust-after.json"))
	assumes("vpc-flow-logs.amazonaws.com", role+"flow-logs", "allowed")
	assumes("ec2.amazonaws.com", role+"flow-logs", "implicitDeny")
	c.must("iam", "create-role", "--role-name", "trail", "--assume-role-policy-document", trust("cloudtrail-trust.json"))
	assumes("cloudtrail.amazonaws.com", role+"trail", "allowed")
	assumes("vpc-flow-logs.amazonaws.com", role+"trail", "implicitDeny")
	const stream = "arn:aws:logs:ap-northeast-2:111122223333:log-group:flows:log-stream:eni-1"
	writes := func(name, want string) {
		t.Helper()
		for _, action := range []string{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents"} {
			a := c.run([]string{"iam", "simulate-principal-policy", "--policy-source-arn", role + name, "--action-names", action, "--resource-arns", stream},
				"EvaluationResults[].EvalDecision")
			if diff := cmp.Diff([]any{[]any{want}}, a.Found); diff != "" {
				t.Errorf("%s %s: %s%s", name, action, a.Err, diff)
			}
			if got := s.decision(role+name, action, stream); got != want {
				t.Errorf("%s %s: %s, want %s", name, action, got, want)
			}
		}
	}
	for _, name := range []string{"flow-logs", "trail"} {
		writes(name, "implicitDeny")
		c.must("iam", "put-role-policy", "--role-name", name, "--policy-name", "writes", "--policy-document", trust("logs-delivery-role-policy.json"))
		writes(name, "allowed")
		if got := s.decision(role+name, "logs:DeleteLogGroup", stream); got != "implicitDeny" {
			t.Errorf("%s deletes: %s", name, got)
		}
	}
}

// TestGuidePartitionLambda runs the guide's function by the session credentials
// of a role with the guide's policy. As the policy is written, its statement
// fails, since it names another bucket for results; with the name mended it does not.
func TestGuidePartitionLambda(t *testing.T) {
	s := serve(t, t.TempDir())
	c := s.cli()
	for _, bucket := range []string{"flow-log-buckets", "athena-query-result", resultsBucket} {
		c.must("s3", "mb", "s3://"+bucket)
	}
	c.must("athena", "create-work-group", "--name", "athena-vpc-flow-log")
	s.must("", "CREATE DATABASE vpcflowlogs")
	s.must("vpcflowlogs", scenario(t, "vpcflow.sql", "DOC-EXAMPLE-BUCKET", "flow-log-buckets")[0])
	const role = "arn:aws:iam::111122223333:role/partitioner"
	c.must("iam", "create-role", "--role-name", "partitioner", "--assume-role-policy-document", guide(t, "lambda-trust.json"))
	if got := s.decision("lambda.amazonaws.com", "sts:AssumeRole", role); got != "allowed" {
		t.Errorf("Lambda assumes the role: %s", got)
	}
	// A person stands for Lambda: trusted beside it, who may assume what trusts him.
	person := c.user("tester", "")
	assume := []string{"sts", "assume-role", "--role-arn", role, "--role-session-name", "aws-athena-vpc-flow-log-Partitioner"}
	tester := s.cli(person.env()...)
	tester.refused(assume, "AccessDenied", "sts:AssumeRole", role)
	c.must("iam", "update-assume-role-policy", "--role-name", "partitioner", "--policy-document",
		guide(t, "lambda-trust.json", `"Service"`, `"AWS": "arn:aws:iam::111122223333:user/tester", "Service"`))
	session := credential(t, tester.must(assume...))
	who := "arn:aws:sts::111122223333:assumed-role/partitioner/aws-athena-vpc-flow-log-Partitioner"

	out, err := s.lambda(t, session)
	if want := "User: " + who + " is not authorized to perform: athena:StartQueryExecution on resource: " +
		"arn:aws:athena:ap-northeast-2:111122223333:workgroup/athena-vpc-flow-log because no identity-based policy allows the athena:StartQueryExecution action"; err == nil || !strings.Contains(out, want) {
		t.Errorf("without a policy: %v %s\nwant %s", err, out, want)
	}
	put := func(replace ...string) {
		c.must("iam", "put-role-policy", "--role-name", "partitioner", "--policy-name", "executor",
			"--policy-document", guide(t, "partition-lambda-executor.json", replace...))
	}
	put()
	if out, err := s.lambda(t, session); err != nil {
		// The call may be refused as well as the statement fail.
		t.Logf("the function: %v %s", err, out)
	}
	state, reason := s.lastStatement(c)
	if state != "FAILED" || !strings.Contains(reason, "s3:PutObject") || !strings.Contains(reason, "arn:aws:s3:::"+resultsBucket+"/") || !strings.Contains(reason, who) {
		t.Errorf("as the guide writes it: %s %s\nwant FAILED, naming %s, s3:PutObject and the object in %s", state, reason, who, resultsBucket)
	}
	if got := s.must("vpcflowlogs", "SHOW PARTITIONS vpc_flow_logs"); len(got.Rows) != 0 {
		t.Errorf("a statement that failed left partitions: %v", joined(got.Rows))
	}
	put("athena-query-result", resultsBucket)
	if out, err := s.lambda(t, session); err != nil {
		t.Fatalf("with the names mended: %v %s", err, out)
	}
	if state, reason := s.lastStatement(c); state != "SUCCEEDED" {
		t.Errorf("with the names mended: %s %s", state, reason)
	}
	if got := s.must("vpcflowlogs", "SHOW PARTITIONS vpc_flow_logs"); len(got.Rows) != 1 {
		t.Errorf("partitions are %v, want one", joined(got.Rows))
	}
}

// lambda runs the guide's function as a person.
func (s *server) lambda(t *testing.T, p person) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(required(t, "SILLOK_VENV"), "bin", "python"), "testdata/partition_lambda.py",
		filepath.Join(material.Dir(t), "scenarios", "partition_lambda.py"))
	cmd.Env = append(s.environment(), p.env()...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// lastStatement is how the statement of the function's work group ended that began last.
func (s *server) lastStatement(c *cli) (state, reason string) {
	s.t.Helper()
	a := c.run([]string{"athena", "list-query-executions", "--work-group", "athena-vpc-flow-log", "--max-results", "1"}, "QueryExecutionIds[0]")
	id, ok := a.Found[0].(string)
	if !ok {
		return "none", a.Err + a.Out
	}
	for range 100 {
		got := c.run([]string{"athena", "get-query-execution", "--query-execution-id", id}, "QueryExecution.Status.State", "QueryExecution.Status.StateChangeReason")
		state, _ = got.Found[0].(string)
		reason, _ = got.Found[1].(string)
		if state != "QUEUED" && state != "RUNNING" {
			break
		}
	}
	return state, reason
}
