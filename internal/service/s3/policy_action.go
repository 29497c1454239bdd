package s3

import (
	"slices"
	"strings"
)

// bucketActions and objectActions are S3's actions on buckets and on objects, by
// AWS's service authorization reference.
var (
	bucketActions = actionNames(`
		CreateBucket CreateBucketMetadataTableConfiguration DeleteBucket DeleteBucketMetadataTableConfiguration DeleteBucketPolicy
		DeleteBucketWebsite GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac GetBucketAcl GetBucketCORS GetBucketLocation
		GetBucketLogging GetBucketMetadataTableConfiguration GetBucketNotification GetBucketObjectLockConfiguration
		GetBucketOwnershipControls GetBucketPolicy GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketRequestPayment
		GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration GetIntelligentTieringConfiguration
		GetInventoryConfiguration GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration ListBucket
		ListBucketMultipartUploads ListBucketVersions ListTagsForResource PauseReplication PutAccelerateConfiguration
		PutAnalyticsConfiguration PutBucketAbac PutBucketAcl PutBucketCORS PutBucketLogging PutBucketNotification
		PutBucketObjectLockConfiguration PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock PutBucketRequestPayment
		PutBucketTagging PutBucketVersioning PutBucketWebsite PutEncryptionConfiguration PutIntelligentTieringConfiguration
		PutInventoryConfiguration PutLifecycleConfiguration PutMetricsConfiguration PutReplicationConfiguration TagResource UntagResource
		UpdateBucketMetadataInventoryTableConfiguration UpdateBucketMetadataJournalTableConfiguration`)

	objectActions = actionNames(`
		AbortMultipartUpload BypassGovernanceRetention DeleteObject DeleteObjectTagging DeleteObjectVersion DeleteObjectVersionTagging
		GetObject GetObjectAcl GetObjectAttributes GetObjectLegalHold GetObjectRetention GetObjectTagging GetObjectTorrent GetObjectVersion
		GetObjectVersionAcl GetObjectVersionAttributes GetObjectVersionForReplication GetObjectVersionTagging GetObjectVersionTorrent
		InitiateReplication ListMultipartUploadParts ObjectOwnerOverrideToBucketOwner PutObject PutObjectAcl PutObjectLegalHold
		PutObjectRetention PutObjectTagging PutObjectVersionAcl PutObjectVersionTagging ReplicateDelete ReplicateObject ReplicateTags
		RestoreObject UpdateObjectEncryption`)
)

// actionNames returns the actions of a list of names, in lower case: case does
// not count in them.
func actionNames(names string) []string {
	list := strings.Fields(strings.ToLower(names))
	for i := range list {
		list[i] = "s3:" + list[i]
	}
	return list
}

// isAction says whether a pattern of a policy stands for an action of S3.
func isAction(pattern string) bool {
	return standsFor(pattern, bucketActions) || standsFor(pattern, objectActions)
}

// standsFor says whether a pattern stands for one of a list of actions.
func standsFor(pattern string, actions []string) bool {
	return slices.ContainsFunc(actions, func(action string) bool { return matchesPattern(strings.ToLower(pattern), action) })
}

// actionsApply says whether each action of a statement can be done to one of its
// resources.
func (s *policyStatement) actionsApply() bool {
	buckets, objects := false, false
	for _, resource := range s.Resource {
		bucket, object := policyPlace(resource)
		objects = objects || object
		buckets = buckets || !object || strings.HasSuffix(bucket, "*") && !strings.Contains(resource, "/")
	}
	if s.Resource == nil {
		return true
	}
	for _, action := range s.Action {
		applies := buckets && standsFor(action, bucketActions) || objects && standsFor(action, objectActions)
		if !applies {
			return false
		}
	}
	return true
}
