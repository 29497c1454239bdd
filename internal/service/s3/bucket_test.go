package s3_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/objects"
)

// served returns a service over a new store.
func served(tb testing.TB) *s3.Service {
	tb.Helper()
	return serveAt(tb, &clock{time.Now()})
}

// in returns the context of a call of owner's in a region.
func in(tb testing.TB, region cloud.Region) context.Context {
	tb.Helper()
	return servicetest.As(tb, owner, region)
}

// located is what a bucket's creation says of where it is to lie; nil for
// nothing.
func located(constraint string) *s3api.CreateBucketConfiguration {
	if constraint == "" {
		return nil
	}
	return &s3api.CreateBucketConfiguration{LocationConstraint: &constraint}
}

func TestCreateBucketInRegions(t *testing.T) {
	for name, tt := range map[string]struct {
		endpoint   cloud.Region
		constraint string
		region     string // told by HeadBucket
		location   string // told by GetBucketLocation
		address    string
		err        string
	}{
		"first region":              {endpoint: "us-east-1", region: "us-east-1", address: "/logs"},
		"another by the first":      {endpoint: "us-east-1", constraint: "ap-northeast-2", region: "ap-northeast-2", location: "ap-northeast-2", address: "http://127.0.0.1:4566/logs/"},
		"another by itself":         {endpoint: "ap-northeast-2", constraint: "ap-northeast-2", region: "ap-northeast-2", location: "ap-northeast-2", address: "http://127.0.0.1:4566/logs/"},
		"the old name of a region":  {endpoint: "eu-west-1", constraint: "EU", region: "eu-west-1", location: "EU", address: "http://127.0.0.1:4566/logs/"},
		"the first as a constraint": {endpoint: "us-east-1", constraint: "us-east-1", err: "InvalidLocationConstraint: The specified location-constraint is not valid"},
		"the first elsewhere": {endpoint: "ap-northeast-2", constraint: "us-east-1", err: "IllegalLocationConstraintException: " +
			"The us-east-1 location constraint is incompatible for the region specific endpoint this request was sent to."},
		"made up here": {endpoint: "mars-1", constraint: "mars-1", err: "InvalidLocationConstraint: The specified location-constraint is not valid"},
		"made up":      {endpoint: "us-east-1", constraint: "mars-1", err: "InvalidLocationConstraint: The specified location-constraint is not valid"},
		"none elsewhere": {endpoint: "ap-northeast-2", err: "IllegalLocationConstraintException: " +
			"The unspecified location constraint is incompatible for the region specific endpoint this request was sent to."},
		"of another region": {endpoint: "ap-northeast-2", constraint: "eu-west-1", err: "IllegalLocationConstraintException: " +
			"The eu-west-1 location constraint is incompatible for the region specific endpoint this request was sent to."},
	} {
		t.Run(name, func(t *testing.T) {
			s, call := served(t), cloud.CallOf(in(t, tt.endpoint))
			call.Endpoint = "http://127.0.0.1:4566"
			ctx := cloud.WithCall(t.Context(), call)
			out, err := s.CreateBucket(ctx, &s3api.CreateBucketInput{Bucket: new("logs"), CreateBucketConfiguration: located(tt.constraint)})
			servicetest.Diff(t, tt.err, sayError(err))
			if tt.err != "" {
				return
			}
			servicetest.Diff(t, &s3api.CreateBucketOutput{Location: &tt.address, BucketArn: new("arn:aws:s3:::logs")}, out)
			head := servicetest.Must(s.HeadBucket(ctx, &s3api.HeadBucketInput{Bucket: new("logs")}))(t)
			servicetest.Diff(t, &s3api.HeadBucketOutput{BucketArn: new("arn:aws:s3:::logs"), BucketRegion: &tt.region, AccessPointAlias: new(false), ContentType: new("application/xml")}, head)
			where := servicetest.Must(s.GetBucketLocation(ctx, &s3api.GetBucketLocationInput{Bucket: new("logs")}))(t)
			servicetest.Diff(t, tt.location, resource.Value(where.LocationConstraint))
		})
	}
}

func TestCreateBucketAgain(t *testing.T) {
	const owned = "BucketAlreadyOwnedByYou: Your previous request to create the named bucket succeeded and you already own it. BucketName=logs"
	const taken = "BucketAlreadyExists: The requested bucket name is not available. The bucket namespace is shared by all users of the system. " +
		"Please select a different name and try again. BucketName=logs"
	for name, tt := range map[string]struct {
		first, second string // constraints, at the endpoint of the first region
		account       cloud.Account
		err           string
	}{
		"in the first region":    {account: owner},
		"elsewhere":              {first: "eu-west-1", second: "eu-west-1", account: owner, err: owned},
		"in another region":      {first: "eu-west-1", account: owner, err: owned},
		"by another account":     {account: "444455556666", err: taken},
		"elsewhere by another's": {first: "eu-west-1", second: "eu-west-1", account: "444455556666", err: taken},
	} {
		t.Run(name, func(t *testing.T) {
			s := served(t)
			servicetest.Must(s.CreateBucket(in(t, "us-east-1"), &s3api.CreateBucketInput{Bucket: new("logs"), CreateBucketConfiguration: located(tt.first)}))(t)
			_, err := s.CreateBucket(servicetest.As(t, tt.account, "us-east-1"),
				&s3api.CreateBucketInput{Bucket: new("logs"), CreateBucketConfiguration: located(tt.second)})
			servicetest.Diff(t, tt.err, sayError(err))
		})
	}
}

func TestCreateBucketRefuses(t *testing.T) {
	tag := func(key string) []s3api.Tag { return []s3api.Tag{{Key: &key, Value: new("v")}} }
	for want, in := range map[string]s3api.CreateBucketInput{
		"InvalidBucketName: The specified bucket is not valid. BucketName=..":   {Bucket: new("..")},
		"InvalidBucketName: The specified bucket is not valid. BucketName=a..b": {Bucket: new("a..b")},
		"InvalidBucketName: The specified bucket is not valid. BucketName=Logs": {Bucket: new("Logs")},
		"InvalidTag: " + s3.ReservedAtCreation:                                  {Bucket: new("logs"), CreateBucketConfiguration: &s3api.CreateBucketConfiguration{Tags: tag("aws:x")}},
		"InvalidBucketAclWithObjectOwnership: Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting": {
			Bucket: new("logs"), ACL: new("public-read"),
		},
		"InvalidBucketAclWithBlockPublicAccessError: Bucket cannot have public ACLs set with BlockPublicAccess enabled": {
			Bucket: new("logs"), ACL: new("public-read"), ObjectOwnership: new("ObjectWriter"),
		},
		"InvalidArgument: Invalid x-amz-object-ownership header: mine ArgumentName=x-amz-object-ownership ArgumentValue=mine": {
			Bucket: new("logs"), ObjectOwnership: new("mine"),
		},
		"InvalidNamespaceHeader: The requested bucket name did not include the account-regional namespace suffix, " +
			"but the provided x-amz-bucket-namespace header value is account-regional. Specify -111122223333-us-east-1-an as the bucket name suffix " +
			"to create a bucket in your account-regional namespace, or remove the header.": {Bucket: new("logs"), BucketNamespace: new("account-regional")},
		"InvalidArgument: Invalid x-amz-bucket-namespace header: mine ArgumentName=x-amz-bucket-namespace ArgumentValue=mine": {
			Bucket: new("logs"), BucketNamespace: new("mine"),
		},
	} {
		s := served(t)
		_, err := s.CreateBucket(servicetest.As(t, owner, s3.FirstRegion), &in)
		servicetest.Diff(t, want, sayError(err))
		if _, err := s.HeadBucket(servicetest.Call(t), &s3api.HeadBucketInput{Bucket: in.Bucket}); cloud.KindOf(err) != cloud.NotFound {
			t.Errorf("%s: the bucket is there: %v", want, err)
		}
	}
}

func TestANewBucketIsShut(t *testing.T) {
	s, ctx := served(t), in(t, s3.FirstRegion)
	servicetest.Must(s.CreateBucket(ctx, &s3api.CreateBucketInput{
		Bucket: new("logs"), ObjectLockEnabledForBucket: new(true),
		CreateBucketConfiguration: &s3api.CreateBucketConfiguration{Tags: []s3api.Tag{{Key: new("k"), Value: new("v")}}},
	}))(t)
	name := new("logs")
	versioning := servicetest.Must(s.GetBucketVersioning(ctx, &s3api.GetBucketVersioningInput{Bucket: name}))(t)
	servicetest.Diff(t, "Enabled", resource.Value(versioning.Status))
	lock := servicetest.Must(s.GetObjectLockConfiguration(ctx, &s3api.GetObjectLockConfigurationInput{Bucket: name}))(t)
	servicetest.Diff(t, &s3api.ObjectLockConfiguration{ObjectLockEnabled: new("Enabled")}, lock.ObjectLockConfiguration)
	ownership := servicetest.Must(s.GetBucketOwnershipControls(ctx, &s3api.GetBucketOwnershipControlsInput{Bucket: name}))(t)
	servicetest.Diff(t, "BucketOwnerEnforced", *ownership.OwnershipControls.Rules[0].ObjectOwnership)
	block := servicetest.Must(s.GetPublicAccessBlock(ctx, &s3api.GetPublicAccessBlockInput{Bucket: name}))(t)
	on := true
	servicetest.Diff(t, &s3api.PublicAccessBlockConfiguration{BlockPublicAcls: &on, IgnorePublicAcls: &on, BlockPublicPolicy: &on, RestrictPublicBuckets: &on},
		block.PublicAccessBlockConfiguration)
	tags := servicetest.Must(s.GetBucketTagging(ctx, &s3api.GetBucketTaggingInput{Bucket: name}))(t)
	servicetest.Diff(t, []s3api.Tag{{Key: new("k"), Value: new("v")}}, tags.TagSet)
}

func TestDeleteBucket(t *testing.T) {
	s, ctx := served(t), servicetest.Call(t)
	b := made(t, s, "logs")
	fillKeys(t, s, b, []string{"a"})
	_, err := s.DeleteBucket(ctx, &s3api.DeleteBucketInput{Bucket: &b.Name})
	servicetest.Diff(t, "BucketNotEmpty: The bucket you tried to delete is not empty BucketName=logs", sayError(err))
	change(t, s, func(tx *objects.Tx) error {
		if err := tx.SetVersioning(b, objects.Enabled); err != nil {
			return err
		}
		_, err := tx.Delete(b, "a", "ObjectRemoved:Delete", "ObjectRemoved:DeleteMarkerCreated")
		return err
	})
	_, err = s.DeleteBucket(ctx, &s3api.DeleteBucketInput{Bucket: &b.Name})
	servicetest.Diff(t, "BucketNotEmpty: The bucket you tried to delete is not empty. You must delete all versions in the bucket. BucketName=logs", sayError(err))

	empty := made(t, s, "empty")
	change(t, s, func(tx *objects.Tx) error { return tx.CreateUpload(empty, "k", &objects.Upload{Owner: string(owner)}) })
	if _, err := s.DeleteBucket(ctx, &s3api.DeleteBucketInput{Bucket: &empty.Name, ExpectedBucketOwner: new("444455556666")}); cloud.KindOf(err) != cloud.Denied {
		t.Errorf("deleted for another owner than was expected: %v", err)
	}
	servicetest.Must(s.DeleteBucket(ctx, &s3api.DeleteBucketInput{Bucket: &empty.Name}))(t)
	_, err = s.DeleteBucket(ctx, &s3api.DeleteBucketInput{Bucket: &empty.Name})
	servicetest.Diff(t, "NoSuchBucket: The specified bucket does not exist BucketName=empty", sayError(err))
}

func TestListBuckets(t *testing.T) {
	s := served(t)
	for _, b := range []objects.Bucket{
		{Name: "a-logs", Account: owner, Region: home},
		{Name: "b-logs", Account: owner, Region: "us-east-1"},
		{Name: "b-other", Account: "444455556666", Region: home},
		{Name: "b-trail", Account: owner, Region: home},
		{Name: "c", Account: owner, Region: home},
	} {
		change(t, s, func(tx *objects.Tx) error { return tx.CreateBucket(&b) })
	}
	ctx := servicetest.Call(t)
	list := func(in s3api.ListBucketsInput) string {
		var names []string
		for {
			out, err := s.ListBuckets(ctx, &in)
			if err != nil {
				return sayError(err)
			}
			servicetest.Diff(t, s3.OwnerOf(owner), out.Owner)
			servicetest.Diff(t, in.Prefix, out.Prefix)
			for _, b := range out.Buckets {
				servicetest.Diff(t, "arn:aws:s3:::"+*b.Name, *b.BucketArn)
				names = append(names, strings.TrimSpace(*b.Name+" "+resource.Value(b.BucketRegion)))
			}
			if in.ContinuationToken = out.ContinuationToken; in.ContinuationToken == nil {
				return strings.Join(names, ", ")
			}
		}
	}
	all := "a-logs ap-northeast-2, b-logs us-east-1, b-trail ap-northeast-2, c ap-northeast-2"
	for name, tt := range map[string]struct {
		in   s3api.ListBucketsInput
		want string
	}{
		"all":             {want: "a-logs, b-logs, b-trail, c"},
		"in pages of one": {in: s3api.ListBucketsInput{MaxBuckets: new(int32(1))}, want: all},
		"in pages of two": {in: s3api.ListBucketsInput{MaxBuckets: new(int32(2))}, want: all},
		"by prefix":       {in: s3api.ListBucketsInput{Prefix: new("b-"), MaxBuckets: new(int32(1))}, want: "b-logs us-east-1, b-trail ap-northeast-2"},
		"by region":       {in: s3api.ListBucketsInput{BucketRegion: new("us-east-1")}, want: "b-logs us-east-1"},
		"no region": {
			in:   s3api.ListBucketsInput{BucketRegion: new("mars-1")},
			want: "InvalidArgument: Argument value mars-1 is not a valid AWS Region ArgumentName=bucket-region",
		},
		"too many": {
			in:   s3api.ListBucketsInput{MaxBuckets: new(int32(10_001))},
			want: "InvalidArgument: Argument max-buckets must be an integer between 1 and 10000 ArgumentName=max-buckets ArgumentValue=10001",
		},
		"token": {
			in:   s3api.ListBucketsInput{ContinuationToken: new("x")},
			want: "InvalidArgument: The continuation token provided is incorrect ArgumentName=continuation-token",
		},
	} {
		t.Run(name, func(t *testing.T) { servicetest.Diff(t, tt.want, list(tt.in)) })
	}
}
