package app_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/gateway"
)

// What CloudTrail makes of an operation is in its row: the kind of event, the name
// that it has there, and whether it is said to read only.
func TestOperationsAreEventsAsCloudTrailHasThem(t *testing.T) {
	want := map[string]string{
		"athena GetQueryResults":             "Management",
		"athena StartQueryExecution":         "Management",
		"cloudwatch PutMetricData":           "Data",
		"events PutEvents":                   "Data",
		"firehose PutRecordBatch":            "Data",
		"glue GetTable":                      "Management",
		"iam CreateUser":                     "Management",
		"kms CreateKey":                      "Management",
		"kms Decrypt":                        "Management, reads",
		"kms GenerateDataKey":                "Management, reads",
		"kms ReEncrypt":                      "Management, reads",
		"kms Sign":                           "Management, reads",
		"lambda CreateFunction":              "Management as CreateFunction20150331",
		"lambda GetFunction":                 "Management as GetFunction20150331v2",
		"lambda Invoke":                      "Data",
		"lambda PublishLayerVersion":         "Management as PublishLayerVersion20181031",
		"lambda UpdateFunctionCode":          "Management as UpdateFunctionCode20150331v2",
		"logs FilterLogEvents":               "Management",
		"logs PutLogEvents":                  "Unrecorded",
		"s3 CopyObject":                      "Data",
		"s3 CreateBucket":                    "Management",
		"s3 DeleteObjects":                   "Data",
		"s3 GetBucketAcl":                    "Management",
		"s3 GetObject":                       "Data",
		"s3 GetObjectLockConfiguration":      "Management as GetBucketObjectLockConfiguration",
		"s3 ListBuckets":                     "Management",
		"s3 ListObjectsV2":                   "Data as ListObjects",
		"s3 PutBucketLifecycleConfiguration": "Management as PutBucketLifecycle",
		"s3 PutObject":                       "Data",
		"s3 PutObjectRetention":              "Data as PutObjectLockRetention",
		"sns CreateTopic":                    "Management",
		"sns Publish":                        "Data",
		"sqs ReceiveMessage":                 "Data",
		"sqs SetQueueAttributes":             "Management",
		"ssm GetParameter":                   "Management",
		"sts AssumeRole":                     "Management, reads and answers",
		"sts GetCallerIdentity":              "Management",
		"sts GetSessionToken":                "Management, reads and answers",
	}
	got := map[string]string{}
	for _, service := range gateway.Models() {
		for i := range service.Operations {
			op := &service.Operations[i]
			name := service.ID + " " + op.Name
			if _, ok := want[name]; !ok {
				continue
			}
			got[name] = string(op.Event)
			if op.EventName != "" {
				got[name] += " as " + op.EventName
			}
			switch {
			case op.EventAnswers:
				got[name] += ", reads and answers"
			case op.EventReads:
				got[name] += ", reads"
			}
			if op.EventAnswers && !op.EventReads {
				got[name] = fmt.Sprint(got[name], " without being said to")
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
