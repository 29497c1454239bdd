package main

import (
	"slices"

	"github.com/sillok/sillok/internal/api"
)

const (
	bucketARN = "arn:{Partition}:s3:::{Bucket}"
	objectARN = "arn:{Partition}:s3:::{Bucket}/{Key}"
	grants    = "GrantFullControl|GrantRead|GrantReadACP|GrantWriteACP"
)

// s3Authorization says how S3's operations are authorized, which the reference
// tells by actions that mostly have other names. From the tables in
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
// and https://docs.aws.amazon.com/service-authorization/latest/reference/list_s3.html.
func s3Authorization() authorizationOverlay {
	return authorizationOverlay{
		without:  []string{"accesspoint", "accesspointobject"},
		actions:  s3Actions(),
		versions: s3Versions(),
		members:  map[string]string{"BucketName": "Bucket", "ObjectName": "Key"},
		resources: map[string][]api.Resource{"DeleteObjects": {
			{Type: "object", ARN: "arn:{Partition}:s3:::{Bucket}/{Delete.Objects[].Key}", When: "!Delete.Objects[].VersionId", Each: true},
			{Type: "object", ARN: "arn:{Partition}:s3:::{Bucket}/{Delete.Objects[].Key}", When: "Delete.Objects[].VersionId", Action: "s3:DeleteObjectVersion", Each: true},
			{Type: "object", ARN: "arn:{Partition}:s3:::{Bucket}/{Delete.Objects[].Key}", When: "BypassGovernanceRetention", Action: "s3:BypassGovernanceRetention", Each: true},
		}},
		more: s3More(),
	}
}

func s3Actions() map[string]string {
	return map[string]string{
		"RenameObject":                                "PutObject",
		"CompleteMultipartUpload":                     "PutObject",
		"CopyObject":                                  "PutObject",
		"CreateBucketMetadataConfiguration":           "CreateBucketMetadataTableConfiguration",
		"CreateMultipartUpload":                       "PutObject",
		"DeleteBucketAnalyticsConfiguration":          "PutAnalyticsConfiguration",
		"DeleteBucketCors":                            "PutBucketCORS",
		"DeleteBucketEncryption":                      "PutEncryptionConfiguration",
		"DeleteBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
		"DeleteBucketInventoryConfiguration":          "PutInventoryConfiguration",
		"DeleteBucketLifecycle":                       "PutLifecycleConfiguration",
		"DeleteBucketMetadataConfiguration":           "DeleteBucketMetadataTableConfiguration",
		"DeleteBucketMetricsConfiguration":            "PutMetricsConfiguration",
		"DeleteBucketOwnershipControls":               "PutBucketOwnershipControls",
		"DeleteBucketReplication":                     "PutReplicationConfiguration",
		"DeleteBucketTagging":                         "PutBucketTagging",
		"DeleteObjects":                               "DeleteObject",
		"DeletePublicAccessBlock":                     "PutBucketPublicAccessBlock",
		"GetBucketAccelerateConfiguration":            "GetAccelerateConfiguration",
		"GetBucketAnalyticsConfiguration":             "GetAnalyticsConfiguration",
		"GetBucketEncryption":                         "GetEncryptionConfiguration",
		"GetBucketIntelligentTieringConfiguration":    "GetIntelligentTieringConfiguration",
		"GetBucketInventoryConfiguration":             "GetInventoryConfiguration",
		"GetBucketLifecycle":                          "GetLifecycleConfiguration",
		"GetBucketLifecycleConfiguration":             "GetLifecycleConfiguration",
		"GetBucketMetadataConfiguration":              "GetBucketMetadataTableConfiguration",
		"GetBucketMetricsConfiguration":               "GetMetricsConfiguration",
		"GetBucketNotificationConfiguration":          "GetBucketNotification",
		"GetBucketReplication":                        "GetReplicationConfiguration",
		"GetObjectLockConfiguration":                  "GetBucketObjectLockConfiguration",
		"GetPublicAccessBlock":                        "GetBucketPublicAccessBlock",
		"HeadBucket":                                  "ListBucket",
		"HeadObject":                                  "GetObject",
		"ListBucketAnalyticsConfigurations":           "GetAnalyticsConfiguration",
		"ListBucketIntelligentTieringConfigurations":  "GetIntelligentTieringConfiguration",
		"ListBucketInventoryConfigurations":           "GetInventoryConfiguration",
		"ListBucketMetricsConfigurations":             "GetMetricsConfiguration",
		"ListBuckets":                                 "ListAllMyBuckets",
		"ListMultipartUploads":                        "ListBucketMultipartUploads",
		"ListObjectVersions":                          "ListBucketVersions",
		"ListObjects":                                 "ListBucket",
		"ListObjectsV2":                               "ListBucket",
		"ListParts":                                   "ListMultipartUploadParts",
		"PutBucketAccelerateConfiguration":            "PutAccelerateConfiguration",
		"PutBucketAnalyticsConfiguration":             "PutAnalyticsConfiguration",
		"PutBucketEncryption":                         "PutEncryptionConfiguration",
		"PutBucketIntelligentTieringConfiguration":    "PutIntelligentTieringConfiguration",
		"PutBucketInventoryConfiguration":             "PutInventoryConfiguration",
		"PutBucketLifecycle":                          "PutLifecycleConfiguration",
		"PutBucketLifecycleConfiguration":             "PutLifecycleConfiguration",
		"PutBucketMetricsConfiguration":               "PutMetricsConfiguration",
		"PutBucketNotificationConfiguration":          "PutBucketNotification",
		"PutBucketReplication":                        "PutReplicationConfiguration",
		"PutObjectLockConfiguration":                  "PutBucketObjectLockConfiguration",
		"PutPublicAccessBlock":                        "PutBucketPublicAccessBlock",
		"SelectObjectContent":                         "GetObject",
		"UploadPart":                                  "PutObject",
		"UploadPartCopy":                              "PutObject",
	}
}

// s3Versions returns the actions on a version that the input names.
func s3Versions() map[string]string {
	return map[string]string{
		"DeleteObject":        "s3:DeleteObjectVersion",
		"DeleteObjectTagging": "s3:DeleteObjectVersionTagging",
		"GetObject":           "s3:GetObjectVersion",
		"GetObjectAcl":        "s3:GetObjectVersionAcl",
		"GetObjectAttributes": "s3:GetObjectVersionAttributes",
		"GetObjectTagging":    "s3:GetObjectVersionTagging",
		"HeadObject":          "s3:GetObjectVersion",
		"PutObjectAcl":        "s3:PutObjectVersionAcl",
		"PutObjectTagging":    "s3:PutObjectVersionTagging",
	}
}

// s3More returns what operations touch besides: the source of a copy, and what
// needs an action of its own when the input asks for it.
func s3More() map[string][]api.Resource {
	object := func(action, when string) api.Resource {
		return api.Resource{Type: "object", ARN: objectARN, Action: action, When: when}
	}
	bucket := func(action, when string) api.Resource {
		return api.Resource{Type: "bucket", ARN: bucketARN, Action: action, When: when}
	}
	source := []api.Resource{
		{Type: "object", ARN: "arn:{Partition}:s3:::{source:CopySource}", Action: "s3:GetObject", When: "!CopySource~?versionId="},
		{Type: "object", ARN: "arn:{Partition}:s3:::{source:CopySource}", Action: "s3:GetObjectVersion", When: "CopySource~?versionId="},
	}
	// An ACL that gives nothing to others than the owners of bucket and object needs
	// no right of its own: services deliver logs with bucket-owner-full-control, and
	// the guides' policies give them s3:PutObject alone.
	written := []api.Resource{object("s3:PutObjectAcl", grants)}
	for _, acl := range []string{"public-read", "public-read-write", "authenticated-read", "aws-exec-read", "log-delivery-write"} {
		written = append(written, object("s3:PutObjectAcl", "ACL="+acl))
	}
	written = append(written,
		object("s3:PutObjectTagging", "Tagging"),
		object("s3:PutObjectRetention", "ObjectLockMode|ObjectLockRetainUntilDate"),
		object("s3:PutObjectLegalHold", "ObjectLockLegalHoldStatus"),
	)
	// Whether it holds tells what is there, which is for those who may read it.
	compared := object("s3:GetObject", "IfMatch")
	bypass := []api.Resource{object("s3:BypassGovernanceRetention", "BypassGovernanceRetention")}
	return map[string][]api.Resource{
		"CompleteMultipartUpload": {compared},
		"CopyObject":              append(append(source[:2:2], written...), compared),
		"CreateBucket": {
			bucket("s3:PutBucketAcl", "ACL|GrantWrite|"+grants),
			bucket("s3:PutBucketObjectLockConfiguration", "ObjectLockEnabledForBucket"),
			bucket("s3:PutBucketVersioning", "ObjectLockEnabledForBucket"),
			bucket("s3:PutBucketOwnershipControls", "ObjectOwnership"),
		},
		"CreateMultipartUpload": written,
		"DeleteObject":          bypass,
		"GetObjectAttributes":   {object("s3:GetObject", "!VersionId"), object("s3:GetObjectVersion", "VersionId")},
		"PutBucketReplication":  {passRole("ReplicationConfiguration.Role")},
		"PutObject":             append(slices.Clip(written), compared),
		"PutObjectRetention":    bypass,
		"RenameObject": {
			{Type: "object", ARN: "arn:{Partition}:s3:::{source:RenameSource}", Action: "s3:GetObject"},
			{Type: "object", ARN: "arn:{Partition}:s3:::{source:RenameSource}", Action: "s3:DeleteObject"},
		},
		"UploadPartCopy": source,
	}
}
