package conformance_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Terraform makes trails with the policy of their bucket, selectors and a key,
// changes them, and sees after each step that all is as it was told.
func TestTerraformTrails(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	s := serve(t, t.TempDir())
	tf := newTerraform(t, s, "trail.tf")
	for _, value := range []string{"one", "another"} {
		variable := "-var=value=" + value
		tf.run("apply", "-auto-approve", variable)
		tf.unchanged(variable)
		trails := "arn:aws:cloudtrail:" + region + ":" + s.root.account + ":trail/"
		if seen := strings.TrimSpace(tf.run("output", "-raw", "seen")); seen != trails+"all-regions "+region+" "+trails+"one.region" {
			t.Errorf("it sees %q", seen)
		}
	}
	tf.run("destroy", "-auto-approve", "-var=value=another")
	if left := s.aws("cloudtrail", "describe-trails", "--query", "trailList", "--output", "text"); strings.TrimSpace(left) != "" {
		t.Errorf("left after destroy: %s", left)
	}
	report(t, "Terraform CloudTrail", "trails of one region and of all with both forms of selectors, insights, a key and the policy of their bucket: "+
		"apply, change, plan without changes, destroy")
}

// The AWS CLI makes a trail, has it record what it selects, and finds what happened
// by each attribute of LookupEvents.
func TestTrailsWithTheCLI(t *testing.T) {
	s := serve(t, t.TempDir())
	account := s.root.account
	s.aws("s3", "mb", "s3://cli-trail-logs")
	policy := filepath.Join(t.TempDir(), "policy.json")
	text := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::cli-trail-logs"},
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::cli-trail-logs/AWSLogs/%s/*",
		 "Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control","aws:SourceArn":"arn:aws:cloudtrail:%s:%s:trail/audit"}}}]}`, account, region, account)
	if err := os.WriteFile(policy, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.aws("s3api", "put-bucket-policy", "--bucket", "cli-trail-logs", "--policy", "file://"+policy)
	s.aws("cloudtrail", "create-trail", "--name", "audit", "--s3-bucket-name", "cli-trail-logs", "--is-multi-region-trail", "--enable-log-file-validation")
	s.aws("cloudtrail", "start-logging", "--name", "audit")
	s.aws("cloudtrail", "put-event-selectors", "--trail-name", "audit", "--advanced-event-selectors",
		`[{"Name":"writes","FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]},{"Field":"readOnly","Equals":["false"]}]}]`)
	s.aws("iam", "create-role", "--role-name", "deployer", "--assume-role-policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
	for _, asked := range []struct{ args, want string }{
		{"describe-trails --query trailList[].[Name,HomeRegion,IsMultiRegionTrail,LogFileValidationEnabled,HasCustomEventSelectors]", "audit " + region + " True True True"},
		{"get-trail-status --name audit --query IsLogging", "True"},
		{"get-event-selectors --trail-name audit --query AdvancedEventSelectors[].Name", "writes"},
		{"list-trails --query Trails[].Name --region eu-west-1", "audit"},
	} {
		args := append([]string{"cloudtrail"}, strings.Fields(asked.args)...)
		if got := strings.Join(strings.Fields(s.aws(append(args, "--output", "text")...)), " "); got != asked.want {
			t.Errorf("%s: %q, want %q", asked.args, got, asked.want)
		}
	}
	type events struct {
		Events []struct {
			EventId, EventName, ReadOnly, AccessKeyId, EventSource, Username, CloudTrailEvent string //nolint:revive,staticcheck // AWS's names
			Resources                                                                         []struct{ ResourceType, ResourceName string }
		}
	}
	lookup := func(key, value string, more ...string) (found events) {
		t.Helper()
		args := append([]string{"cloudtrail", "lookup-events", "--lookup-attributes", "AttributeKey=" + key + ",AttributeValue=" + value, "--output", "json"}, more...)
		if err := json.Unmarshal([]byte(s.aws(args...)), &found); err != nil {
			t.Fatal(err)
		}
		return found
	}
	made := lookup("EventName", "CreateRole")
	if len(made.Events) != 1 {
		t.Fatalf("%d events of CreateRole", len(made.Events))
	}
	e := made.Events[0]
	var record struct {
		EventID, EventName, AWSRegion string
	}
	if err := json.Unmarshal([]byte(e.CloudTrailEvent), &record); err != nil || record.EventID != e.EventId || record.AWSRegion != "us-east-1" {
		t.Errorf("the record is %+v, %v", record, err)
	}
	for key, value := range map[string]string{
		"EventId": e.EventId, "EventName": "CreateRole", "ReadOnly": "false", "Username": "root", "ResourceType": "AWS::IAM::Role", "ResourceName": "deployer",
		"EventSource": "iam.amazonaws.com", "AccessKeyId": s.root.keyID,
	} {
		found := lookup(key, value)
		if len(found.Events) == 0 {
			t.Errorf("nothing is found by %s=%s", key, value)
			continue
		}
		here := false
		for i, other := range found.Events {
			if other.EventId == e.EventId {
				here = true
				if diff := cmp.Diff(e, found.Events[i]); diff != "" {
					t.Errorf("by %s (-want +got):\n%s", key, diff)
				}
			}
		}
		if !here {
			t.Errorf("%s=%s does not find CreateRole", key, value)
		}
	}
	// Pages of one, put together by the CLI, are the whole.
	whole := lookup("ReadOnly", "false") // or the questions find each other
	if diff := cmp.Diff(whole, lookup("ReadOnly", "false", "--page-size", "1")); diff != "" || len(whole.Events) < 4 {
		t.Errorf("%d events, and in pages of one (-want +got):\n%s", len(whole.Events), diff)
	}
	if none := lookup("Username", "nobody"); len(none.Events) != 0 {
		t.Errorf("%d events of nobody", len(none.Events))
	}
	report(t, "CloudTrail", "the AWS CLI makes a trail, selects, and finds a call by each attribute of LookupEvents")
}

// With --strict, LookupEvents has AWS's limits, and events of global services are
// found in their region alone.
func TestStrictEventHistory(t *testing.T) {
	s := serve(t, t.TempDir(), "--strict")
	s.aws("iam", "create-user", "--user-name", "ann")
	count := func(region string) string {
		return strings.TrimSpace(s.aws("cloudtrail", "lookup-events", "--lookup-attributes", "AttributeKey=EventName,AttributeValue=CreateUser",
			"--query", "length(Events)", "--output", "text", "--region", region))
	}
	if virginia, here := count("us-east-1"), count(region); virginia != "1" || here != "0" {
		t.Errorf("%s events in us-east-1, %s in %s", virginia, here, region)
	}
}
