package s3_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
)

func TestListWithDelimiterAndPages(t *testing.T) {
	f := start(t)
	c := f.client("us-east-1", "AKIAONE")
	bucket(t, c, "logs")
	for _, key := range []string{"AWSLogs/1/a", "AWSLogs/1/b/c", "AWSLogs/2/a", "AWSLogs/x", "top"} {
		put(t, c, "logs", key, "")
	}
	type listing struct{ Keys, Prefixes []string }
	list := func(prefix, delimiter string, size int32) listing {
		var got listing
		pages := awss3.NewListObjectsV2Paginator(c, &awss3.ListObjectsV2Input{
			Bucket: aws.String("logs"), Prefix: &prefix, Delimiter: &delimiter, MaxKeys: &size,
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range page.Contents {
				got.Keys = append(got.Keys, *o.Key)
			}
			for _, p := range page.CommonPrefixes {
				got.Prefixes = append(got.Prefixes, *p.Prefix)
			}
		}
		return got
	}
	for _, size := range []int32{1, 2, 1000} {
		for _, tt := range []struct {
			prefix, delimiter string
			want              listing
		}{
			{"", "", listing{Keys: []string{"AWSLogs/1/a", "AWSLogs/1/b/c", "AWSLogs/2/a", "AWSLogs/x", "top"}}},
			{"", "/", listing{Keys: []string{"top"}, Prefixes: []string{"AWSLogs/"}}},
			{"AWSLogs/", "/", listing{Keys: []string{"AWSLogs/x"}, Prefixes: []string{"AWSLogs/1/", "AWSLogs/2/"}}},
			{"AWSLogs/1", "", listing{Keys: []string{"AWSLogs/1/a", "AWSLogs/1/b/c"}}},
		} {
			if diff := cmp.Diff(tt.want, list(tt.prefix, tt.delimiter, size)); diff != "" {
				t.Errorf("prefix %q, delimiter %q, %d a page (-want +got):\n%s", tt.prefix, tt.delimiter, size, diff)
			}
		}
	}
}

func TestVersions(t *testing.T) {
	f := start(t)
	c := f.client("us-east-1", "AKIAONE")
	bucket(t, c, "logs")
	before, err := c.GetBucketVersioning(t.Context(), &awss3.GetBucketVersioningInput{Bucket: aws.String("logs")})
	if err != nil || before.Status != "" {
		t.Errorf("versioning of a new bucket = %v, %v", before, err)
	}
	_, err = c.PutBucketVersioning(t.Context(), &awss3.PutBucketVersioningInput{
		Bucket: aws.String("logs"), VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
	if err != nil {
		t.Fatal(err)
	}
	first := put(t, c, "logs", "a/b", "first")
	put(t, c, "logs", "a/b", "second")
	if got := get(t, c, &awss3.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("a/b"), VersionId: first.VersionId}); got != "first" {
		t.Errorf("the first version is %q", got)
	}
	if _, err := c.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: aws.String("logs"), Key: aws.String("a/b")}); err != nil {
		t.Fatal(err)
	}
	_, err = c.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("a/b")})
	wantCode(t, "reading past a delete marker", err, "NoSuchKey")
	list, err := c.ListObjectVersions(t.Context(), &awss3.ListObjectVersionsInput{Bucket: aws.String("logs")})
	if err != nil || len(list.Versions) != 2 || len(list.DeleteMarkers) != 1 {
		t.Errorf("versions = %+v, %v; want two and a marker", list, err)
	}
	if got := listKeys(t, f.service.Objects(), "logs"); len(got) != 0 {
		t.Errorf("objects = %q, want none", got)
	}
}

func TestUnsetSubresources(t *testing.T) {
	f := start(t)
	c := f.client("us-east-1", "AKIAONE")
	bucket(t, c, "logs")
	ctx, name := t.Context(), aws.String("logs")
	for code, err := range map[string]error{
		"NoSuchLifecycleConfiguration":          second(c.GetBucketLifecycleConfiguration(ctx, &awss3.GetBucketLifecycleConfigurationInput{Bucket: name})),
		"NoSuchPublicAccessBlockConfiguration":  second(c.GetPublicAccessBlock(ctx, &awss3.GetPublicAccessBlockInput{Bucket: name})),
		"ReplicationConfigurationNotFoundError": second(c.GetBucketReplication(ctx, &awss3.GetBucketReplicationInput{Bucket: name})),
		"NoSuchWebsiteConfiguration":            second(c.GetBucketWebsite(ctx, &awss3.GetBucketWebsiteInput{Bucket: name})),
		"NoSuchBucketPolicy":                    second(c.GetBucketPolicy(ctx, &awss3.GetBucketPolicyInput{Bucket: name})),
		"NoSuchCORSConfiguration":               second(c.GetBucketCors(ctx, &awss3.GetBucketCorsInput{Bucket: name})),
		"NoSuchTagSet":                          second(c.GetBucketTagging(ctx, &awss3.GetBucketTaggingInput{Bucket: name})),
		"ObjectLockConfigurationNotFoundError":  second(c.GetObjectLockConfiguration(ctx, &awss3.GetObjectLockConfigurationInput{Bucket: name})),
		"NoSuchConfiguration":                   second(c.GetBucketMetricsConfiguration(ctx, &awss3.GetBucketMetricsConfigurationInput{Bucket: name, Id: aws.String("x")})),
	} {
		wantCode(t, code, err, code)
	}
	for what, err := range map[string]error{
		"logging":      second(c.GetBucketLogging(ctx, &awss3.GetBucketLoggingInput{Bucket: name})),
		"accelerate":   second(c.GetBucketAccelerateConfiguration(ctx, &awss3.GetBucketAccelerateConfigurationInput{Bucket: name})),
		"notification": second(c.GetBucketNotificationConfiguration(ctx, &awss3.GetBucketNotificationConfigurationInput{Bucket: name})),
		"versioning":   second(c.GetBucketVersioning(ctx, &awss3.GetBucketVersioningInput{Bucket: name})),
		"acl":          second(c.GetBucketAcl(ctx, &awss3.GetBucketAclInput{Bucket: name})),
		"inventory":    second(c.ListBucketInventoryConfigurations(ctx, &awss3.ListBucketInventoryConfigurationsInput{Bucket: name})),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	payment, err := c.GetBucketRequestPayment(ctx, &awss3.GetBucketRequestPaymentInput{Bucket: name})
	if err != nil || payment.Payer != types.PayerBucketOwner {
		t.Errorf("request payment = %v, %v", payment, err)
	}
	encryption, err := c.GetBucketEncryption(ctx, &awss3.GetBucketEncryptionInput{Bucket: name})
	if err != nil || encryption.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm != types.ServerSideEncryptionAes256 {
		t.Errorf("encryption = %v, %v", encryption, err)
	}
	_, err = c.GetBucketLogging(ctx, &awss3.GetBucketLoggingInput{Bucket: aws.String("absent")})
	wantCode(t, "logging of an absent bucket", err, "NoSuchBucket")
}

func TestWhatIsNotSupportedIsRefused(t *testing.T) {
	f := start(t)
	c := f.client("us-east-1", "AKIAONE")
	bucket(t, c, "logs")
	ctx, name := t.Context(), aws.String("logs")
	const deny = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::logs/*"}]}`
	for what, err := range map[string]error{
		"KMS": second(c.PutObject(ctx, &awss3.PutObjectInput{
			Bucket: name, Key: aws.String("a"), ServerSideEncryption: types.ServerSideEncryptionAwsKms, Body: strings.NewReader("x"),
		})),
		"a policy that denies": second(c.PutBucketPolicy(ctx, &awss3.PutBucketPolicyInput{Bucket: name, Policy: aws.String(deny)})),
		"replication": second(c.PutBucketReplication(ctx, &awss3.PutBucketReplicationInput{
			Bucket: name, ReplicationConfiguration: &types.ReplicationConfiguration{Role: aws.String("r"), Rules: []types.ReplicationRule{}},
		})),
	} {
		wantCode(t, what, err, "NotImplemented")
	}
	const allow = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*"}]}`
	if _, err := c.PutBucketPolicy(ctx, &awss3.PutBucketPolicyInput{Bucket: name, Policy: aws.String(allow)}); err != nil {
		t.Errorf("a policy that allows: %v", err)
	}
	put(t, c, "logs", "a", "still the owner's")
}
