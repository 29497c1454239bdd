package main

import "github.com/sillok/sillok/internal/api"

// conditionsOf returns which members fill the condition keys of a service, by
// its page of the service authorization reference. Of a service without an
// overlay only tags fill keys.
func conditionsOf(service string) conditionOverlay {
	switch service {
	case "athena":
		return conditionOverlay{fill: map[string]string{}, passedTo: "athena.amazonaws.com"}
	case "cloudwatch":
		return conditionOverlay{fill: map[string]string{"cloudwatch:namespace": "Namespace"}, leftOut: []string{"cloudwatch:"}} // what is not of metrics
	case "ec2":
		return conditionOverlay{passedTo: "vpc-flow-logs.amazonaws.com"} //nolint:gosec // the name of a service
	case "glue":
		return conditionOverlay{fill: map[string]string{}, leftOut: []string{"glue:"}} // Lake Formation, jobs in networks and federated catalogs
	case "iam":
		return iamConditions()
	case "kms":
		return kmsConditions()
	case "lambda":
		return conditionOverlay{passedTo: "lambda.amazonaws.com"}
	case "organizations":
		return conditionOverlay{
			fill:    map[string]string{"organizations:PolicyType": "Type|PolicyType|Filter", "organizations:ServicePrincipal": "ServicePrincipal"},
			leftOut: []string{"organizations:Transfer"},
		}
	case "s3":
		return s3Conditions()
	case "scheduler":
		return conditionOverlay{passedTo: "scheduler.amazonaws.com"}
	case "sns":
		return conditionOverlay{fill: map[string]string{"sns:Endpoint": "Endpoint", "sns:Protocol": "Protocol"}}
	case "ssm":
		return conditionOverlay{
			fill: map[string]string{"ssm:Overwrite": "Overwrite", "ssm:Policies": "Policies", "ssm:Recursive": "Recursive"},
			told: []string{"ssm:resourceTag/"}, leftOut: []string{"ssm:"}, // what is not of parameters
		}
	case "sts":
		return conditionOverlay{
			fill: map[string]string{
				"sts:DurationSeconds": "DurationSeconds", "sts:ExternalId": "ExternalId", "sts:RoleSessionName": "RoleSessionName",
				"sts:SourceIdentity": "SourceIdentity", "sts:TransitiveTagKeys": "TransitiveTagKeys",
			},
			leftOut: []string{"sts:"},
		}
	}
	return conditionOverlay{}
}

func iamConditions() conditionOverlay {
	return conditionOverlay{
		fill: map[string]string{ //nolint:gosec // names of condition keys
			"iam:AWSServiceName": "AWSServiceName",
			// Where the input has none, it is the boundary that the user or role has.
			"iam:PermissionsBoundary":                  "PermissionsBoundary",
			"iam:PolicyARN":                            "PolicyArn",
			"iam:ServiceSpecificCredentialServiceName": "ServiceName",
			"iam:ServiceSpecificCredentialAgeDays":     "CredentialAgeDays",
		},
		told:    []string{"iam:ResourceTag/", "iam:PassedToService", "iam:AssociatedResourceArn"},
		leftOut: []string{"iam:"}, // security keys, delegation requests and reports on organizations
	}
}

func kmsConditions() conditionOverlay {
	return conditionOverlay{
		fill: map[string]string{
			"kms:BypassPolicyLockoutSafetyCheck":         "BypassPolicyLockoutSafetyCheck",
			"kms:DataKeyPairSpec":                        "KeyPairSpec",
			"kms:EncryptionAlgorithm":                    "EncryptionAlgorithm|SourceEncryptionAlgorithm|DestinationEncryptionAlgorithm",
			"kms:EncryptionContext:":                     "EncryptionContext|SourceEncryptionContext|DestinationEncryptionContext",
			"kms:EncryptionContextKeys":                  "keys:EncryptionContext|keys:SourceEncryptionContext|keys:DestinationEncryptionContext",
			"kms:ExpirationModel":                        "ExpirationModel",
			"kms:GrantOperations":                        "Operations",
			"kms:GranteePrincipal":                       "GranteePrincipal",
			"kms:KeyAgreementAlgorithm":                  "KeyAgreementAlgorithm",
			"kms:KeyOrigin":                              "Origin",
			"kms:KeySpec":                                "KeySpec|CustomerMasterKeySpec",
			"kms:KeyUsage":                               "KeyUsage",
			"kms:MacAlgorithm":                           "MacAlgorithm",
			"kms:MessageType":                            "MessageType",
			"kms:MultiRegion":                            "MultiRegion",
			"kms:PrimaryRegion":                          "PrimaryRegion",
			"kms:ReplicaRegion":                          "ReplicaRegion",
			"kms:RequestAlias":                           "alias:KeyId|alias:SourceKeyId|alias:DestinationKeyId",
			"kms:RetiringPrincipal":                      "RetiringPrincipal",
			"kms:RotationPeriodInDays":                   "RotationPeriodInDays",
			"kms:ScheduleKeyDeletionPendingWindowInDays": "PendingWindowInDays",
			"kms:SigningAlgorithm":                       "SigningAlgorithm",
			"kms:ValidTo":                                "ValidTo",
			"kms:WrappingAlgorithm":                      "WrappingAlgorithm",
			"kms:WrappingKeySpec":                        "WrappingKeySpec",
		},
		also:    map[string][]api.Condition{},
		told:    []string{"kms:CallerAccount", "kms:ViaService", "kms:GrantIsForAWSResource", "kms:MultiRegionKeyType", "kms:ResourceAliases"},
		leftOut: []string{"kms:RecipientAttestation:", "kms:GrantConstraintType", "kms:ReEncryptOnSameKey"},
	}
}

// s3Conditions is from the pages on S3's condition keys and its policy examples:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html.
func s3Conditions() conditionOverlay {
	o := conditionOverlay{ //nolint:gosec // the same
		fill: map[string]string{
			"s3:InventoryAccessibleOptionalFields":               "InventoryConfiguration.OptionalFields",
			"s3:RequestObjectTag/":                               "Tagging|Tagging.TagSet",
			"s3:RequestObjectTagKeys":                            "keys:Tagging|keys:Tagging.TagSet",
			"s3:delimiter":                                       "Delimiter",
			"s3:if-match":                                        "IfMatch",
			"s3:if-none-match":                                   "IfNoneMatch",
			"s3:locationconstraint":                              "CreateBucketConfiguration.LocationConstraint",
			"s3:max-keys":                                        "MaxKeys",
			"s3:object-lock-legal-hold":                          "ObjectLockLegalHoldStatus|LegalHold.Status",
			"s3:object-lock-mode":                                "ObjectLockMode|Retention.Mode",
			"s3:object-lock-remaining-retention-days":            "days:ObjectLockRetainUntilDate|days:Retention.RetainUntilDate",
			"s3:object-lock-retain-until-date":                   "ObjectLockRetainUntilDate|Retention.RetainUntilDate",
			"s3:prefix":                                          "Prefix",
			"s3:versionid":                                       "VersionId|version:CopySource",
			"s3:x-amz-acl":                                       "ACL",
			"s3:x-amz-bucket-namespace":                          "BucketNamespace",
			"s3:x-amz-copy-source":                               "source:CopySource",
			"s3:x-amz-grant-full-control":                        "GrantFullControl",
			"s3:x-amz-grant-read":                                "GrantRead",
			"s3:x-amz-grant-read-acp":                            "GrantReadACP",
			"s3:x-amz-grant-write":                               "GrantWrite",
			"s3:x-amz-grant-write-acp":                           "GrantWriteACP",
			"s3:x-amz-metadata-directive":                        "MetadataDirective",
			"s3:x-amz-object-ownership":                          "ObjectOwnership",
			"s3:x-amz-server-side-encryption":                    "ServerSideEncryption",
			"s3:x-amz-server-side-encryption-aws-kms-key-id":     "SSEKMSKeyId",
			"s3:x-amz-server-side-encryption-customer-algorithm": "SSECustomerAlgorithm",
			"s3:x-amz-storage-class":                             "StorageClass",
			"s3:x-amz-website-redirect-location":                 "WebsiteRedirectLocation",
		},
		also: map[string][]api.Condition{
			"PutBucketTagging": {{Key: "aws:RequestTag/", Path: "Tagging.TagSet"}, {Key: "aws:TagKeys", Path: "keys:Tagging.TagSet"}},
			"CreateBucket": {
				{Key: "aws:RequestTag/", Path: "CreateBucketConfiguration.Tags"}, {Key: "aws:TagKeys", Path: "keys:CreateBucketConfiguration.Tags"},
			},
		},
		passedTo: "s3.amazonaws.com",
		told: []string{
			"s3:authType", "s3:ResourceAccount", "s3:signatureAge", "s3:signatureversion", "s3:TlsVersion", "s3:x-amz-content-sha256",
			"s3:ExistingObjectTag/", "s3:ObjectCreationOperation",
		},
		leftOut: []string{"s3:AccessGrantsInstanceArn", "s3:DataAccessPoint", "s3:AccessPoint", "s3:isReplicationPauseRequest"},
	}
	// By this key a policy that asks for conditions on writing leaves out the steps
	// of an upload that make no object yet.
	for op, creates := range map[string]string{
		"CompleteMultipartUpload": "'true'", "CopyObject": "'true'", "PutObject": "'true'",
		"CreateMultipartUpload": "'false'", "UploadPart": "'false'", "UploadPartCopy": "'false'",
	} {
		o.also[op] = append(o.also[op], api.Condition{Key: "s3:ObjectCreationOperation", Path: creates})
	}
	return o
}
