package s3

import (
	"context"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/objects"
)

// firstRegion is S3's first region, where buckets name no location and making
// one's own bucket again is no error.
const firstRegion cloud.Region = "us-east-1"

// europe is the old name of a region, which buckets that were made with it keep.
const (
	europe       = "EU"
	europeRegion = "eu-west-1"
)

// CreateBucket makes a bucket. As on S3 a new one knows no ACLs and blocks what
// would open it to the public, unless the request says otherwise.
func (s *Service) CreateBucket(ctx context.Context, in *s3api.CreateBucketInput) (*s3api.CreateBucketOutput, error) {
	region, err := checkCreateBucket(ctx, in)
	if err != nil {
		return nil, err
	}
	account := cloud.CallOf(ctx).Account
	acl, err := newACL(in.ACL, createGrants(in), nil, account)
	if err != nil {
		return nil, err
	}
	if !s.cfg.OpenBuckets {
		if err := checkNewBucketACL(acl, resource.Or(in.ObjectOwnership, ownerEnforced)); err != nil {
			return nil, err
		}
		if acl != nil && isPublicACL(readACL(acl, account)) {
			return nil, errBlockedBucketACL()
		}
	}
	b := &objects.Bucket{Name: *in.Bucket, Account: account, Region: region, ObjectLock: resource.Value(in.ObjectLockEnabledForBucket)}
	err = s.db.Update(ctx, func(tx *objects.Tx) error {
		there, err := tx.Bucket(*in.Bucket)
		switch {
		case err == nil:
			return createAgain(ctx, there, region)
		case cloud.KindOf(err) != cloud.NotFound:
			return err
		}
		return setUp(tx, b, s.closed(in), in.CreateBucketConfiguration, acl)
	})
	if err != nil {
		return nil, err
	}
	return &s3api.CreateBucketOutput{Location: new(bucketAddress(ctx, b)), BucketArn: new(bucketARN(b.Name))}, nil
}

// checkCreateBucket returns the region that a new bucket is to lie in.
func checkCreateBucket(ctx context.Context, in *s3api.CreateBucketInput) (cloud.Region, error) {
	if err := cloud.CheckBucketName(*in.Bucket); err != nil {
		return "", fail(cloud.Invalid, "InvalidBucketName", "The specified bucket is not valid.", "BucketName", *in.Bucket).Because(err)
	}
	if err := checkNamespace(ctx, in); err != nil {
		return "", err
	}
	if o := in.ObjectOwnership; o != nil && !slices.Contains(ownerships, *o) {
		return "", errArgument("x-amz-object-ownership", *o, "Invalid x-amz-object-ownership header: "+*o)
	}
	configuration := in.CreateBucketConfiguration
	if configuration == nil {
		configuration = &s3api.CreateBucketConfiguration{}
	}
	if configuration.Location != nil || configuration.Bucket != nil {
		return "", cloud.Errorf(cloud.Unsupported, "NotImplemented", "Directory buckets are not supported by this version of Sillok")
	}
	if err := checkBucketTags(configuration.Tags, reservedAtCreation); err != nil {
		return "", err
	}
	return bucketRegion(cloud.CallOf(ctx).Region, text(configuration.LocationConstraint))
}

// checkNamespace refuses a name that is none of the namespace that the request
// names. In an account's own all names end with the account and the region.
func checkNamespace(ctx context.Context, in *s3api.CreateBucketInput) error {
	call := cloud.CallOf(ctx)
	switch namespace := resource.Or(in.BucketNamespace, "global"); {
	case namespace == "global":
		return nil
	case namespace != "account-regional":
		return errArgument("x-amz-bucket-namespace", namespace, "Invalid x-amz-bucket-namespace header: "+namespace)
	}
	suffix := "-" + string(call.Account) + "-" + string(call.Region) + "-an"
	if strings.HasSuffix(*in.Bucket, suffix) {
		return nil
	}
	return cloud.Errorf(cloud.Invalid, "InvalidNamespaceHeader", "The requested bucket name did not include the account-regional namespace suffix, "+
		"but the provided x-amz-bucket-namespace header value is account-regional. Specify %s as the bucket name suffix "+
		"to create a bucket in your account-regional namespace, or remove the header.", suffix)
}

// bucketRegion returns the region that a bucket lies in whose creation is asked
// for in one region with a constraint, which may be empty.
func bucketRegion(endpoint cloud.Region, constraint string) (cloud.Region, error) {
	region := cloud.Region(constraint)
	if constraint == europe {
		region = europeRegion
	}
	switch {
	case constraint == "" && endpoint == firstRegion:
		return firstRegion, nil
	case constraint == "":
		return "", errIllegalLocation("unspecified")
	case endpoint != firstRegion && endpoint != region:
		return "", errIllegalLocation(constraint)
	case !slices.Contains(locationConstraints, constraint):
		return "", fail(cloud.Invalid, "InvalidLocationConstraint", "The specified location-constraint is not valid", "LocationConstraint", constraint)
	}
	return region, nil
}

func errIllegalLocation(constraint string) *cloud.Error {
	return cloud.Errorf(cloud.Invalid, "IllegalLocationConstraintException",
		"The %s location constraint is incompatible for the region specific endpoint this request was sent to.", constraint)
}

// createAgain answers for a bucket that is there already. S3's first region
// lets its owner make it again, which changes nothing.
func createAgain(ctx context.Context, b *objects.Bucket, region cloud.Region) error {
	switch {
	case b.Account != cloud.CallOf(ctx).Account:
		return fail(cloud.Conflict, "BucketAlreadyExists", "The requested bucket name is not available. "+
			"The bucket namespace is shared by all users of the system. Please select a different name and try again.", "BucketName", b.Name)
	case b.Region == firstRegion && region == firstRegion:
		return nil
	}
	return fail(cloud.Conflict, "BucketAlreadyOwnedByYou",
		"Your previous request to create the named bucket succeeded and you already own it.", "BucketName", b.Name)
}

// closed returns the settings that close a new bucket.
func (s *Service) closed(in *s3api.CreateBucketInput) map[string]any {
	settings := map[string]any{}
	if in.ObjectOwnership != nil || !s.cfg.OpenBuckets {
		settings[ownershipSetting] = ownershipControls(resource.Or(in.ObjectOwnership, ownerEnforced))
	}
	if !s.cfg.OpenBuckets {
		on := true
		settings[publicAccessSetting] = s3api.PublicAccessBlockConfiguration{BlockPublicAcls: &on, IgnorePublicAcls: &on, BlockPublicPolicy: &on, RestrictPublicBuckets: &on}
	}
	return settings
}

// setUp makes a bucket with its first settings.
func setUp(tx *objects.Tx, b *objects.Bucket, settings map[string]any, c *s3api.CreateBucketConfiguration, acl []byte) error {
	if err := tx.CreateBucket(b); err != nil {
		return err
	}
	if c != nil && len(c.Tags) > 0 {
		settings[taggingSetting] = s3api.Tagging{TagSet: c.Tags}
	}
	if c != nil && text(c.LocationConstraint) == europe {
		settings[locationSetting] = europe
	}
	for name, value := range settings {
		if err := setSetting(tx, b, name, value); err != nil {
			return err
		}
	}
	if acl == nil {
		return nil
	}
	return tx.SetSetting(b, aclSetting, acl)
}

func createGrants(in *s3api.CreateBucketInput) grants {
	return grants{in.GrantFullControl, in.GrantRead, in.GrantReadACP, in.GrantWrite, in.GrantWriteACP}
}

// bucketAddress is where a new bucket is said to be.
func bucketAddress(ctx context.Context, b *objects.Bucket) string {
	if b.Region == firstRegion {
		return "/" + b.Name
	}
	return address(ctx, b.Name) + "/"
}

// address is where the client of a call has a bucket: in the host that it called,
// or in the path.
func address(ctx context.Context, bucket string) string {
	endpoint := cloud.CallOf(ctx).Endpoint
	_, host, _ := strings.Cut(endpoint, "://")
	if strings.HasPrefix(host, bucket+".") {
		return endpoint
	}
	return endpoint + "/" + bucket
}

func bucketARN(name string) string { return "arn:aws:s3:::" + name }

func objectARN(bucket, key string) string { return bucketARN(bucket) + "/" + key }
