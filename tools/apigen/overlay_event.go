package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api"
)

// event is what CloudTrail makes of an operation.
type event struct {
	kind           api.Event
	name           string // empty for the operation's
	reads, answers bool
}

// eventOf returns what CloudTrail makes of an operation.
func eventOf(m *model, service, op string) event {
	answers, reads := onlyReads(service)[op]
	name := eventNames(service)[op]
	if service == "lambda" && name == "" {
		name = versionedName(op, m.Operations[op].HTTP.RequestURI)
	}
	return event{kind: cmp.Or(events(service)[op], api.Management), name: name, reads: reads, answers: answers}
}

// onlyReads returns the operations of which CloudTrail says that they read only
// while the service authorization reference says otherwise, and whether their
// records tell the answer all the same.
func onlyReads(service string) map[string]bool {
	switch service {
	case "kms": // what is done by a key; see https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html
		return map[string]bool{
			"Decrypt": false, "DeriveSharedSecret": false, "Encrypt": false, "GenerateDataKey": false, "GenerateDataKeyPair": false,
			"GenerateDataKeyPairWithoutPlaintext": false, "GenerateDataKeyWithoutPlaintext": false, "GenerateMac": false,
			"GenerateRandom": false, "ReEncrypt": false, "Sign": false, "Verify": false, "VerifyMac": false,
		}
	case "sts":
		return map[string]bool{
			"AssumeRole": true, "AssumeRoleWithSAML": true, "AssumeRoleWithWebIdentity": true, "AssumeRoot": true,
			"DecodeAuthorizationMessage": false, "GetFederationToken": true, "GetSessionToken": true,
		}
	}
	return nil
}

// eventNames returns the operations whose records have another name.
func eventNames(service string) map[string]string {
	if service != "s3" {
		return nil
	}
	// As recorded, and as the page "Amazon S3 CloudTrail events" has them.
	return map[string]string{
		"DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock", "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
		"PutPublicAccessBlock":             "PutBucketPublicAccessBlock",
		"GetBucketAccelerateConfiguration": "GetAccelerateConfiguration", "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
		"GetBucketLifecycleConfiguration": "GetBucketLifecycle", "PutBucketLifecycleConfiguration": "PutBucketLifecycle",
		"GetBucketNotificationConfiguration": "GetBucketNotification", "PutBucketNotificationConfiguration": "PutBucketNotification",
		"GetObjectLockConfiguration": "GetBucketObjectLockConfiguration", "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
		"GetObjectLegalHold": "GetObjectLockLegalHold", "PutObjectLegalHold": "PutObjectLockLegalHold",
		"GetObjectRetention": "GetObjectLockRetention", "PutObjectRetention": "PutObjectLockRetention",
		"ListObjectsV2": "ListObjects",
	}
}

// versionedName is the name of an operation of Lambda, which carries the version
// of the API that it came with, and a second version where it was changed. What
// came after 2018 is named plainly, and so are invocations.
func versionedName(op, uri string) string {
	date, _, _ := strings.Cut(strings.TrimPrefix(uri, "/"), "/")
	date = strings.ReplaceAll(date, "-", "")
	if date < "20150331" || date > "20181031" || strings.HasPrefix(op, "Invoke") {
		return ""
	}
	name := op + date
	if slices.Contains([]string{
		"AddPermission", "GetFunction", "GetFunctionConfiguration", "GetPolicy", "RemovePermission", "TagResource", "UntagResource",
		"UpdateFunctionCode", "UpdateFunctionConfiguration",
	}, op) {
		name += "v2"
	}
	return name
}

// events returns the operations of a service whose calls CloudTrail does not
// record as management events. From the table of data events in
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
// and from the page that each service has about its logging with CloudTrail,
// linked from there.
func events(service string) map[string]api.Event {
	switch service {
	case "cloudtrail-data": // AWS::CloudTrail::Channel
		return data("PutAuditEvents")
	case "cloudwatch": // AWS::CloudWatch::Metric
		return data("GetMetricData", "GetMetricStatistics", "GetMetricWidgetImage", "ListMetrics", "PutMetricData")
	case "events": // AWS::Events::EventBus
		return data("PutEvents", "PutPartnerEvents")
	case "firehose": // AWS::KinesisFirehose::DeliveryStream
		return data("PutRecord", "PutRecordBatch")
	case "lambda": // AWS::Lambda::Function
		return data("Invoke", "InvokeAsync", "InvokeWithResponseStream")
	case "logs":
		// Missing among the actions that CloudWatch Logs says are recorded,
		// where reading log events is; AWS::Logs::LogGroupAuthorization is
		// about calls with a bearer token alone.
		return map[string]api.Event{"PutLogEvents": api.Unrecorded}
	case "s3": // AWS::S3::Object
		return data(
			"AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject", "CreateMultipartUpload", "DeleteObject",
			"DeleteObjectTagging", "DeleteObjects", "GetObject", "GetObjectAcl", "GetObjectAttributes", "GetObjectLegalHold",
			"GetObjectRetention", "GetObjectTagging", "GetObjectTorrent", "HeadBucket", "HeadObject", "ListObjectVersions",
			"ListObjects", "ListObjectsV2", "ListParts", "PutObject", "PutObjectAcl", "PutObjectLegalHold", "PutObjectRetention",
			"PutObjectTagging", "RestoreObject", "SelectObjectContent", "UpdateObjectEncryption", "UploadPart", "UploadPartCopy")
	case "sns": // AWS::SNS::Topic and AWS::SNS::PlatformEndpoint
		return data("Publish", "PublishBatch")
	case "sqs": // AWS::SQS::Queue
		return data("ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "DeleteMessage", "DeleteMessageBatch",
			"ReceiveMessage", "SendMessage", "SendMessageBatch")
	}
	return nil
}

func data(operations ...string) map[string]api.Event {
	all := map[string]api.Event{}
	for _, op := range operations {
		all[op] = api.Data
	}
	return all
}
