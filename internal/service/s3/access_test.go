package s3_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
)

func TestSignatures(t *testing.T) {
	f := start(t)
	bucket(t, f.client("us-east-1", "AKIAONE"), "logs")
	list := func(c *awss3.Client) error {
		_, err := c.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: aws.String("logs")})
		return err
	}
	static := credentials.NewStaticCredentialsProvider
	for _, tt := range []struct {
		name     string
		provider aws.CredentialsProvider
		want     string
	}{
		{"a wrong secret", static("AKIAONE", "wrong", ""), "SignatureDoesNotMatch"},
		{"an unknown key", static("AKIANOBODY", "x", ""), "InvalidAccessKeyId"},
		{"a token that is not the key's", static("ASIAONE", "secret three", "other"), "InvalidToken"},
		{"a temporary key without its token", static("ASIAONE", "secret three", ""), "InvalidToken"},
		{"a token with a lasting key", static("AKIAONE", "secret one", "token"), "InvalidToken"},
		{"no signature", aws.AnonymousCredentials{}, "AccessDenied"},
	} {
		wantCode(t, tt.name, list(client(f.url, "us-east-1", tt.provider)), tt.want)
	}
	// An answer that comes before the body has been sent is read all the same.
	wrong := client(f.url, "us-east-1", static("AKIAONE", "wrong", ""))
	for range 10 {
		_, err := wrong.PutObject(t.Context(), &awss3.PutObjectInput{
			Bucket: aws.String("logs"), Key: aws.String("big"), Body: strings.NewReader(strings.Repeat("x", 8<<20)),
		})
		wantCode(t, "a big object with a wrong secret", err, "SignatureDoesNotMatch")
	}
	if err := list(f.client("us-east-1", "ASIAONE")); err != nil {
		t.Errorf("a temporary key with its token: %v", err)
	}
	status, body := fetch(t, http.MethodGet, f.url+"/logs?list-type=2", "")
	if status != http.StatusForbidden || !strings.Contains(body, "<Code>AccessDenied</Code>") {
		t.Errorf("without signature: %d %s", status, body)
	}
}

func TestPresigned(t *testing.T) {
	f := start(t)
	c := f.client("ap-northeast-2", "ASIAONE")
	bucket(t, c, "logs")
	presign := awss3.NewPresignClient(c)
	uploaded, err := presign.PresignPutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("logs"), Key: aws.String("a b+c")})
	if err != nil {
		t.Fatal(err)
	}
	if status, body := fetch(t, http.MethodPut, uploaded.URL, "content"); status != http.StatusOK {
		t.Fatalf("put: %d %s", status, body)
	}
	in := &awss3.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("a b+c")}
	signed, err := presign.PresignGetObject(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if status, body := fetch(t, http.MethodGet, signed.URL, ""); status != http.StatusOK || body != "content" {
		t.Errorf("get: %d %q", status, body)
	}
	changed := strings.Replace(signed.URL, "a%20b", "a%20c", 1)
	if status, body := fetch(t, http.MethodGet, changed, ""); status != http.StatusForbidden || !strings.Contains(body, "SignatureDoesNotMatch") {
		t.Errorf("another key: %d %s", status, body)
	}
	expired, err := presign.PresignGetObject(t.Context(), in, func(o *awss3.PresignOptions) {
		o.Expires = time.Nanosecond // rounds to none
	})
	if err != nil {
		t.Fatal(err)
	}
	if status, body := fetch(t, http.MethodGet, expired.URL, ""); status == http.StatusOK {
		t.Errorf("expired: %d %s", status, body)
	}
}

func TestEveryRegion(t *testing.T) {
	f := start(t)
	for n, region := range []string{"us-east-1", "ap-northeast-2", "eu-west-1", "us-gov-west-1"} {
		c := f.client(region, "AKIAONE")
		name := fmt.Sprintf("bucket-%d", n)
		in := &awss3.CreateBucketInput{Bucket: &name}
		if region != "us-east-1" {
			in.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(region)}
		}
		if _, err := c.CreateBucket(t.Context(), in); err != nil {
			t.Fatalf("%s: %v", region, err)
		}
		put(t, c, "bucket-0", region, region)
		head, err := c.HeadBucket(t.Context(), &awss3.HeadBucketInput{Bucket: aws.String("bucket-0")})
		if err != nil || aws.ToString(head.BucketRegion) != region {
			t.Errorf("%s: head = %v, %v", region, head, err)
		}
		location, err := c.GetBucketLocation(t.Context(), &awss3.GetBucketLocationInput{Bucket: aws.String("bucket-0")})
		want := types.BucketLocationConstraint(region)
		if region == "us-east-1" {
			want = ""
		}
		if err != nil || location.LocationConstraint != want {
			t.Errorf("%s: location = %v, %v", region, location, err)
		}
	}
	// A region that cannot be one is refused as AWS refuses a wrong one.
	_, err := f.client("nowhere", "AKIAONE").ListBuckets(t.Context(), &awss3.ListBucketsInput{})
	wantCode(t, "a made-up region", err, "AuthorizationHeaderMalformed")
}

func TestAccountsAreApart(t *testing.T) {
	f := start(t)
	one, two := f.client("us-east-1", "AKIAONE"), f.client("us-east-1", "AKIATWO")
	bucket(t, one, "of-one")
	bucket(t, two, "of-two")
	put(t, one, "of-one", "a", "of one")
	for _, tt := range []struct {
		client *awss3.Client
		want   []string
	}{{one, []string{"of-one"}}, {two, []string{"of-two"}}} {
		out, err := tt.client.ListBuckets(t.Context(), &awss3.ListBucketsInput{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, b := range out.Buckets {
			got = append(got, *b.Name)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("buckets (-want +got):\n%s", diff)
		}
	}
	ctx, name, key := t.Context(), aws.String("of-one"), aws.String("a")
	for what, err := range map[string]error{
		"list":    second(two.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: name})),
		"get":     second(two.GetObject(ctx, &awss3.GetObjectInput{Bucket: name, Key: key})),
		"put":     second(two.PutObject(ctx, &awss3.PutObjectInput{Bucket: name, Key: key, Body: strings.NewReader("x")})),
		"delete":  second(two.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: name, Key: key})),
		"copy":    second(two.CopyObject(ctx, &awss3.CopyObjectInput{Bucket: aws.String("of-two"), Key: key, CopySource: aws.String("of-one/a")})),
		"policy":  second(two.PutBucketPolicy(ctx, &awss3.PutBucketPolicyInput{Bucket: name, Policy: aws.String("{}")})),
		"logging": second(two.GetBucketLogging(ctx, &awss3.GetBucketLoggingInput{Bucket: name})),
	} {
		wantCode(t, what+" in another account's bucket", err, "AccessDenied")
	}
	_, err := two.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: name})
	wantCode(t, "making another account's bucket", err, "BucketAlreadyExists")
	if got := get(t, one, &awss3.GetObjectInput{Bucket: name, Key: key}); got != "of one" {
		t.Errorf("content = %q", got)
	}
}
