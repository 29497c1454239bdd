package main

import "github.com/sillok/sillok/internal/api"

// events returns the operations of a service whose calls CloudTrail does not
// record as management events. From the table of data events in
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
// and from the page that each service has about its logging with CloudTrail,
// linked from there.
func events(service string) map[string]api.Event {
	switch service {
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
