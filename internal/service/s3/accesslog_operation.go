package s3

import "strings"

// accessResources is what the log of access calls the resource of an operation;
// with the method before it that names the operation.
var accessResources = map[string]string{
	"AbortMultipartUpload": "UPLOAD", "CompleteMultipartUpload": "UPLOAD", "ListParts": "UPLOAD",
	"CreateMultipartUpload": "UPLOADS", "ListMultipartUploads": "UPLOADS", "UploadPart": "PART",
	"GetObject": "OBJECT", "HeadObject": "OBJECT", "PutObject": "OBJECT", "PostObject": "OBJECT", "DeleteObject": "OBJECT", "RenameObject": "RENAME_OBJECT",
	"DeleteObjects": "MULTI_OBJECT_DELETE", "GetObjectAttributes": "OBJECT_ATTRIBUTES", "RestoreObject": "RESTORE", "SelectObjectContent": "SELECT",
	"GetObjectAcl": "ACL", "PutObjectAcl": "ACL", "GetBucketAcl": "ACL", "PutBucketAcl": "ACL", "GetObjectTorrent": "TORRENT",
	"GetObjectTagging": "OBJECT_TAGGING", "PutObjectTagging": "OBJECT_TAGGING", "DeleteObjectTagging": "OBJECT_TAGGING",
	"GetObjectRetention": "OBJECT_LOCK_RETENTION", "PutObjectRetention": "OBJECT_LOCK_RETENTION",
	"GetObjectLegalHold": "OBJECT_LOCK_LEGALHOLD", "PutObjectLegalHold": "OBJECT_LOCK_LEGALHOLD",
	"GetObjectLockConfiguration": "OBJECT_LOCK_CONFIGURATION", "PutObjectLockConfiguration": "OBJECT_LOCK_CONFIGURATION",

	"ListObjects": "BUCKET", "ListObjectsV2": "BUCKET", "HeadBucket": "BUCKET", "CreateBucket": "BUCKET", "DeleteBucket": "BUCKET",
	"ListObjectVersions": "BUCKETVERSIONS", "GetBucketLocation": "LOCATION",
	"GetBucketVersioning": "VERSIONING", "PutBucketVersioning": "VERSIONING",
	"GetBucketPolicy": "BUCKETPOLICY", "PutBucketPolicy": "BUCKETPOLICY", "DeleteBucketPolicy": "BUCKETPOLICY", "GetBucketPolicyStatus": "POLICY_STATUS",
	"GetBucketCors": "CORS", "PutBucketCors": "CORS", "DeleteBucketCors": "CORS",
	"GetBucketLifecycle": "LIFECYCLE", "PutBucketLifecycle": "LIFECYCLE", "GetBucketLifecycleConfiguration": "LIFECYCLE",
	"PutBucketLifecycleConfiguration": "LIFECYCLE", "DeleteBucketLifecycle": "LIFECYCLE",
	"GetBucketNotification": "NOTIFICATION", "PutBucketNotification": "NOTIFICATION",
	"GetBucketNotificationConfiguration": "NOTIFICATION", "PutBucketNotificationConfiguration": "NOTIFICATION",
	"GetBucketLogging": "LOGGING_STATUS", "PutBucketLogging": "LOGGING_STATUS",
	"GetBucketTagging": "TAGGING", "PutBucketTagging": "TAGGING", "DeleteBucketTagging": "TAGGING",
	"GetBucketWebsite": "WEBSITE", "PutBucketWebsite": "WEBSITE", "DeleteBucketWebsite": "WEBSITE",
	"GetBucketEncryption": "ENCRYPTION", "PutBucketEncryption": "ENCRYPTION", "DeleteBucketEncryption": "ENCRYPTION",
	"GetBucketReplication": "REPLICATION", "PutBucketReplication": "REPLICATION", "DeleteBucketReplication": "REPLICATION",
	"GetBucketRequestPayment": "REQUEST_PAYMENT", "PutBucketRequestPayment": "REQUEST_PAYMENT",
	"GetBucketAccelerateConfiguration": "ACCELERATE", "PutBucketAccelerateConfiguration": "ACCELERATE",
	"GetBucketOwnershipControls": "OWNERSHIP_CONTROLS", "PutBucketOwnershipControls": "OWNERSHIP_CONTROLS", "DeleteBucketOwnershipControls": "OWNERSHIP_CONTROLS",
	"GetPublicAccessBlock": "PUBLIC_ACCESS_BLOCK", "PutPublicAccessBlock": "PUBLIC_ACCESS_BLOCK", "DeletePublicAccessBlock": "PUBLIC_ACCESS_BLOCK",
	"GetBucketAnalyticsConfiguration": "ANALYTICS", "PutBucketAnalyticsConfiguration": "ANALYTICS",
	"DeleteBucketAnalyticsConfiguration": "ANALYTICS", "ListBucketAnalyticsConfigurations": "ANALYTICS",
	"GetBucketInventoryConfiguration": "INVENTORY", "PutBucketInventoryConfiguration": "INVENTORY",
	"DeleteBucketInventoryConfiguration": "INVENTORY", "ListBucketInventoryConfigurations": "INVENTORY",
	"GetBucketMetricsConfiguration": "METRICS", "PutBucketMetricsConfiguration": "METRICS",
	"DeleteBucketMetricsConfiguration": "METRICS", "ListBucketMetricsConfigurations": "METRICS",
	"GetBucketIntelligentTieringConfiguration": "INTELLIGENT_TIERING", "PutBucketIntelligentTieringConfiguration": "INTELLIGENT_TIERING",
	"DeleteBucketIntelligentTieringConfiguration": "INTELLIGENT_TIERING", "ListBucketIntelligentTieringConfigurations": "INTELLIGENT_TIERING",
}

// accessOperation is what the log of access calls an operation that came by that
// method to that host.
func accessOperation(operation, method, host string) string {
	switch operation {
	case "CopyObject":
		return "REST.COPY.OBJECT"
	case "UploadPartCopy":
		return "REST.COPY.PART"
	}
	if method == "OPTIONS" {
		return "REST.OPTIONS.PREFLIGHT"
	}
	resource := accessResources[operation]
	if resource == "" {
		resource = "UNKNOWN"
	}
	if strings.Contains(host, ".s3-website") {
		return "WEBSITE." + method + "." + resource
	}
	return "REST." + method + "." + resource
}
