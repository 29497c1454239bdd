package main

import (
	"cmp"
	"slices"
)

// s3XML says how S3 spells its XML, which clients read by the members' names
// alone, so that their model leaves out what the documents' roots are called and
// how their elements follow one another. It also takes out of the model what S3
// says in words of its own.
func s3XML(m *model) {
	m.Metadata.XMLNamespace = "http://s3.amazonaws.com/doc/2006-03-01/"
	for name, root := range s3Roots() {
		op := m.Operations[name]
		op.answerRoot, op.unwrapped = root, name == "GetBucketLocation"
		m.Operations[name] = op
	}
	for shape, order := range s3Order() {
		rank := func(x member) int {
			if i := slices.Index(order, x.name); i >= 0 {
				return i - len(order)
			}
			return 0
		}
		slices.SortStableFunc(m.Shapes[shape].Members, func(a, b member) int { return cmp.Compare(rank(a), rank(b)) })
	}
	// A value that is none of these is not a matter of the document's form.
	for _, shape := range []string{"BucketLocationConstraint", "Event", "FilterRuleName", "Permission", "Protocol"} {
		m.Shapes[shape].Enum = nil
	}
	// They could be guessed from: a client's key may be a word.
	for _, shape := range []string{"SSECustomerKeyMD5", "CopySourceSSECustomerKeyMD5"} {
		m.Shapes[shape].Sensitive = true
	}
	// Clients take any success of these for one.
	for _, name := range []string{"PutBucketPolicy", "PutBucketTagging"} {
		op := m.Operations[name]
		op.HTTP.ResponseCode = 204
		m.Operations[name] = op
	}
	addMember(m, "HeadBucketOutput", member{name: "ContentType", ref: ref{Shape: "ContentType", Location: "header", LocationName: "Content-Type"}})
	// It tells a restore that begins from one that is prolonged.
	addMember(m, "RestoreObjectOutput", member{name: "Status", ref: ref{Shape: "GetObjectResponseStatusCode", Location: "statusCode"}})
	// Older clients and other tools send these without a checksum, and S3 takes them.
	for _, name := range []string{
		"PutBucketAcl", "PutBucketEncryption", "PutBucketLogging", "PutBucketNotification", "PutBucketOwnershipControls", "PutBucketPolicy",
		"PutBucketRequestPayment", "PutBucketVersioning", "PutBucketWebsite", "PutObjectAcl", "PutPublicAccessBlock",
	} {
		op := m.Operations[name]
		op.HTTPChecksum.Required = false
		m.Operations[name] = op
	}
}

// addMember adds what S3 says and clients' model does not have.
func addMember(m *model, shape string, x member) {
	s := m.Shapes[shape]
	s.Members = append(s.Members, x)
	m.Shapes[shape] = s
}

// s3Roots returns the root elements of answers. From the response syntax of each
// operation in https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html.
func s3Roots() map[string]string {
	return map[string]string{
		"CompleteMultipartUpload":                    "CompleteMultipartUploadResult",
		"CreateMultipartUpload":                      "InitiateMultipartUploadResult",
		"DeleteObjects":                              "DeleteResult",
		"GetBucketAccelerateConfiguration":           "AccelerateConfiguration",
		"GetBucketAcl":                               "AccessControlPolicy",
		"GetBucketCors":                              "CORSConfiguration",
		"GetBucketLifecycle":                         "LifecycleConfiguration",
		"GetBucketLifecycleConfiguration":            "LifecycleConfiguration",
		"GetBucketLocation":                          "LocationConstraint",
		"GetBucketLogging":                           "BucketLoggingStatus",
		"GetBucketNotification":                      "NotificationConfiguration",
		"GetBucketNotificationConfiguration":         "NotificationConfiguration",
		"GetBucketRequestPayment":                    "RequestPaymentConfiguration",
		"GetBucketTagging":                           "Tagging",
		"GetBucketVersioning":                        "VersioningConfiguration",
		"GetBucketWebsite":                           "WebsiteConfiguration",
		"GetObjectAcl":                               "AccessControlPolicy",
		"GetObjectAttributes":                        "GetObjectAttributesResponse",
		"GetObjectTagging":                           "Tagging",
		"ListBucketAnalyticsConfigurations":          "ListBucketAnalyticsConfigurationResult",
		"ListBucketIntelligentTieringConfigurations": "ListBucketIntelligentTieringConfigurationsOutput",
		"ListBucketInventoryConfigurations":          "ListInventoryConfigurationsResult",
		"ListBucketMetricsConfigurations":            "ListMetricsConfigurationsResult",
		"ListBuckets":                                "ListAllMyBucketsResult",
		"ListMultipartUploads":                       "ListMultipartUploadsResult",
		"ListObjectVersions":                         "ListVersionsResult",
		"ListObjects":                                "ListBucketResult",
		"ListObjectsV2":                              "ListBucketResult",
		"ListParts":                                  "ListPartsResult",
	}
}

// s3Order returns the members that come first in answers of lists, in S3's order.
func s3Order() map[string][]string {
	return map[string][]string{
		"ListBucketsOutput":          {"Owner", "Buckets"},
		"ListMultipartUploadsOutput": {"Bucket", "KeyMarker", "UploadIdMarker", "NextKeyMarker", "NextUploadIdMarker", "Prefix", "Delimiter"},
		"ListObjectVersionsOutput": {
			"Name", "Prefix", "KeyMarker", "VersionIdMarker", "NextKeyMarker", "NextVersionIdMarker", "MaxKeys", "Delimiter", "EncodingType", "IsTruncated",
		},
		"ListObjectsOutput": {"Name", "Prefix", "Marker", "NextMarker", "MaxKeys", "Delimiter", "EncodingType", "IsTruncated"},
		"ListObjectsV2Output": {
			"Name", "Prefix", "StartAfter", "ContinuationToken", "NextContinuationToken", "KeyCount", "MaxKeys", "Delimiter", "EncodingType", "IsTruncated",
		},
		"ListPartsOutput": {
			"Bucket", "Key", "UploadId", "Initiator", "Owner", "StorageClass", "PartNumberMarker", "NextPartNumberMarker", "MaxParts", "IsTruncated",
		},
	}
}
