package event_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/trail/event"
)

func TestARecordIsFoundByWhatItSays(t *testing.T) {
	at := time.Date(2026, 11, 30, 8, 0, 1, 0, time.UTC)
	for _, tt := range []struct {
		name, json string
		want       event.Event
	}{
		{
			"a role's session makes a role",
			`{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:ci","arn":"arn:aws:sts::111122223333:assumed-role/deployer/ci","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE",
			"sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::111122223333:role/deployer"}}},
			"eventTime":"2026-11-30T08:00:01Z","eventSource":"iam.amazonaws.com","eventName":"CreateRole","awsRegion":"us-east-1","sourceIPAddress":"203.0.113.9","userAgent":"aws-cli/2",
			"requestParameters":{"roleName":"audit"},"responseElements":null,"requestID":"r-1","eventID":"e-1","readOnly":false,"eventType":"AwsApiCall","managementEvent":true,
			"recipientAccountId":"111122223333","eventCategory":"Management","sharedEventID":"s-1","sessionCredentialFromConsole":"true","errorCode":"AccessDenied","errorMessage":"no"}`,
			event.Event{
				ID: "e-1", Time: at, Name: "CreateRole", Source: "iam.amazonaws.com", Type: "AwsApiCall", Category: event.Management, Region: "us-east-1", Account: "111122223333",
				ReadOnly: "false", RequestID: "r-1", SharedID: "s-1", AccessKeyID: "ASIAEXAMPLE", Username: "ci",
				Identity: event.Identity{
					Type: "AssumedRole", ARN: "arn:aws:sts::111122223333:assumed-role/deployer/ci", Principal: "AROAEXAMPLE:ci", Account: "111122223333",
					Issuer: "arn:aws:iam::111122223333:role/deployer",
				},
				SourceIP: "203.0.113.9", UserAgent: "aws-cli/2", FromConsole: true, ErrorCode: "AccessDenied", ErrorMessage: "no",
				Resources: []event.Resource{{Type: "AWS::IAM::Role", Name: "audit"}},
			},
		},
		{
			"an object of S3, in a version that tells no category",
			`{"eventVersion":"1.05","userIdentity":{"type":"AWSService","invokedBy":"athena.amazonaws.com"},"eventTime":"2026-11-30T08:00:01Z","eventSource":"s3.amazonaws.com","eventName":"GetObject",
			"requestParameters":{"bucketName":"logs","key":"a"},"resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::logs/a"},{"accountId":"111122223333","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::logs"}],"eventID":"e-2"}`,
			event.Event{
				ID: "e-2", Time: at, Name: "GetObject", Source: "s3.amazonaws.com", Category: event.Data, Identity: event.Identity{Type: "AWSService", InvokedBy: "athena.amazonaws.com"},
				Resources: []event.Resource{
					{Type: "AWS::S3::Object", Name: "arn:aws:s3:::logs/a", ARN: "arn:aws:s3:::logs/a", Listed: true},
					{Type: "AWS::S3::Bucket", Name: "logs", ARN: "arn:aws:s3:::logs", Account: "111122223333", Listed: true},
				},
			},
		},
		{
			"an insight has its name inside",
			`{"eventVersion":"1.07","eventTime":"2026-11-30T08:00:01Z","awsRegion":"us-east-1","eventID":"e-3","eventType":"AwsCloudTrailInsight","recipientAccountId":"111122223333",
			"insightDetails":{"eventSource":"ssm.amazonaws.com","eventName":"UpdateInstanceInformation"},"eventCategory":"Insight"}`,
			event.Event{
				ID: "e-3", Time: at, Name: "UpdateInstanceInformation", Source: "ssm.amazonaws.com", Type: "AwsCloudTrailInsight", Category: event.Insight,
				Region: "us-east-1", Account: "111122223333",
			},
		},
		{
			"types that AWS does not write are no error",
			`{"eventVersion":1.08,"eventTime":"2026-11-30T08:00:01Z","eventName":"X","eventID":"e-4","userIdentity":"root","readOnly":"TRUE","userAgent":["a","b",[1]],"resources":{},"requestParameters":[1],"errorCode":{}}`,
			event.Event{ID: "e-4", Time: at, Name: "X", Category: event.Management, ReadOnly: "true", UserAgent: "a b"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := event.Parse([]byte("\n " + tt.json + "\n"))
			if err != nil {
				t.Fatal(err)
			}
			if string(got.JSON) != tt.json {
				t.Errorf("its JSON is %s", got.JSON)
			}
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(event.Event{}, "JSON")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsNoRecordIsRefused(t *testing.T) {
	for data, want := range map[string]string{
		``:            "a CloudTrail record is a JSON object, and this is none",
		`[]`:          "a CloudTrail record is a JSON object, and this is none",
		`{"eventTime`: "read a CloudTrail record: unexpected end of JSON input",
		`{}`:          `a CloudTrail record has the eventTime "", which is not of the form 2026-11-30T08:00:00Z`,
		`{"eventTime":"yesterday","eventName":"X"}`:                             `a CloudTrail record has the eventTime "yesterday", which is not of the form 2026-11-30T08:00:00Z`,
		`{"eventTime":"2026-11-30T08:00:00Z","eventID":"e"}`:                    "a CloudTrail record has no eventName",
		`{"eventTime":"2026-11-30T08:00:00Z","eventName":"X"}`:                  "a CloudTrail record has neither eventID nor eventVersion",
		`{"eventTime":"2026-11-30T08:00:00Z","eventName":"X","eventID":"e"} {}`: "read a CloudTrail record: invalid character '{' after top-level value",
	} {
		_, err := event.Parse([]byte(data))
		if err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", data, err, want)
		}
	}
}

// Every record that AWS delivered is read, and said again with its category.
func TestRecordsOfAWSAreRead(t *testing.T) {
	var records int
	kinds := map[event.Category]int{}
	root := filepath.Join(material.Data(t), "cloudtrail", "invictus-ir_aws_dataset")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".json.gz") {
			return err
		}
		for _, record := range recordsOf(t, path) {
			e, err := event.Parse(record)
			switch {
			case err != nil:
				t.Errorf("%s: %v", path, err)
			case e.ID == "" || e.Source == "" || e.Account == "" || e.ReadOnly == "" || e.Identity.Type == "" && e.Type != "AwsServiceEvent":
				t.Errorf("%s: something is missing of %s", path, e.JSON)
			}
			kinds[e.Category]++
			records++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if records < 2900 || kinds[event.Management] != records {
		t.Errorf("%d records were read, of which by category: %v", records, kinds)
	}
}

// recordsOf returns the records of a log file.
func recordsOf(t *testing.T, path string) []json.RawMessage {
	t.Helper()
	packed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Records []json.RawMessage }
	if err := json.Unmarshal(plain, &file); err != nil {
		t.Fatal(err)
	}
	return file.Records
}

// FuzzParse holds Parse to what it promises of any bytes.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"eventVersion":"1.11","eventTime":"2026-11-30T08:00:01Z","eventName":"CreateRole","eventID":"e","resources":[{"ARN":"arn:aws:s3:::b"}],"requestParameters":{"roleName":"x"}}`))
	f.Add([]byte(`{"eventTime":"2026-11-30T08:00:01Z","eventName":["a",[["b"]]],"eventVersion":1,"userIdentity":[],"requestParameters":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := event.Parse(data)
		if err != nil {
			return
		}
		if !json.Valid(e.JSON) || e.Name == "" || e.Time.IsZero() && !bytes.Contains(data, []byte("0001")) || e.Category == "" {
			t.Errorf("%q became %+v", data, e)
		}
		again, err := event.Parse(e.JSON)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, again); diff != "" {
			t.Errorf("%q, read again (-first +again):\n%s", data, diff)
		}
	})
}
