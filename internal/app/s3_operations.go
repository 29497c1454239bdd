package app

// s3Operations names the operations of S3 that are answered. The gateway cannot
// tell, because it hands S3's requests on as they are. Settings that cannot be
// made are answered where they are read: as never made.
func s3Operations() []string {
	return []string{
		"AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject", "CreateBucket", "CreateMultipartUpload",
		"DeleteBucket", "DeleteBucketCors", "DeleteBucketOwnershipControls", "DeleteBucketPolicy", "DeleteBucketTagging",
		"DeleteBucketWebsite", "DeleteObject", "DeleteObjectTagging", "DeleteObjects", "GetBucketAccelerateConfiguration",
		"GetBucketAcl", "GetBucketAnalyticsConfiguration", "GetBucketCors", "GetBucketEncryption",
		"GetBucketIntelligentTieringConfiguration", "GetBucketInventoryConfiguration", "GetBucketLifecycle",
		"GetBucketLifecycleConfiguration", "GetBucketLocation", "GetBucketLogging", "GetBucketMetricsConfiguration",
		"GetBucketNotification", "GetBucketNotificationConfiguration", "GetBucketOwnershipControls", "GetBucketPolicy",
		"GetBucketPolicyStatus", "GetBucketReplication", "GetBucketRequestPayment", "GetBucketTagging",
		"GetBucketVersioning", "GetBucketWebsite", "GetObject", "GetObjectAttributes", "GetObjectLegalHold",
		"GetObjectLockConfiguration", "GetObjectRetention", "GetObjectTagging", "GetPublicAccessBlock", "HeadBucket",
		"HeadObject", "ListBucketAnalyticsConfigurations", "ListBucketIntelligentTieringConfigurations",
		"ListBucketInventoryConfigurations", "ListBucketMetricsConfigurations", "ListBuckets", "ListMultipartUploads",
		"ListObjectVersions", "ListObjects", "ListObjectsV2", "ListParts", "PutBucketAcl", "PutBucketCors",
		"PutBucketOwnershipControls", "PutBucketPolicy", "PutBucketTagging", "PutBucketVersioning", "PutBucketWebsite",
		"PutObject", "PutObjectLegalHold", "PutObjectLockConfiguration", "PutObjectRetention", "PutObjectTagging",
		"UploadPart", "UploadPartCopy",
	}
}
