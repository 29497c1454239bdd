package s3_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sillok/sillok/internal/store/objects"
	"github.com/sillok/sillok/internal/store/objects/objectstest"
)

func TestObjectIsPutAndRead(t *testing.T) {
	f := start(t)
	c := f.client("us-east-1", "AKIAONE")
	bucket(t, c, "logs")
	out := put(t, c, "logs", "AWSLogs/a.json", "0123456789")
	if out.ServerSideEncryption != types.ServerSideEncryptionAes256 {
		t.Errorf("put says encryption %q, want AES256", out.ServerSideEncryption)
	}
	head, err := c.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String("logs"), Key: aws.String("AWSLogs/a.json")})
	if err != nil {
		t.Fatal(err)
	}
	if *head.ContentLength != 10 || *head.ETag != *out.ETag || head.ServerSideEncryption != types.ServerSideEncryptionAes256 {
		t.Errorf("head = %d bytes, ETag %s, encryption %s", *head.ContentLength, *head.ETag, head.ServerSideEncryption)
	}
	in := awss3.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("AWSLogs/a.json")}
	if got := get(t, c, &in); got != "0123456789" {
		t.Errorf("content = %q", got)
	}
	in.Range = aws.String("bytes=2-4")
	if got := get(t, c, &in); got != "234" {
		t.Errorf("bytes 2 to 4 = %q", got)
	}
	in.Range = aws.String("bytes=-3")
	if got := get(t, c, &in); got != "789" {
		t.Errorf("the last three bytes = %q", got)
	}
	in.Range = aws.String("bytes=10-")
	_, err = c.GetObject(t.Context(), &in)
	wantCode(t, "a range past the end", err, "InvalidRange")
	if f.log.Len() > 0 {
		t.Errorf("log:\n%s", f.log)
	}
}

func TestContentTypeDefault(t *testing.T) {
	f := start(t)
	c := f.client("us-east-1", "AKIAONE")
	bucket(t, c, "logs")
	// The SDK always names a type, so this one goes without it.
	bare, err := awss3.NewPresignClient(c).PresignPutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("logs"), Key: aws.String("none")})
	if err != nil {
		t.Fatal(err)
	}
	if status, body := fetch(t, http.MethodPut, bare.URL, "x"); status != http.StatusOK {
		t.Fatalf("put: %d %s", status, body)
	}
	_, err = c.PutObject(t.Context(), &awss3.PutObjectInput{
		Bucket: aws.String("logs"), Key: aws.String("json"), ContentType: aws.String("application/json"),
		ContentEncoding: aws.String("gzip"), Metadata: map[string]string{"origin": "tokyo"}, Body: strings.NewReader("x"),
	})
	if err != nil {
		t.Fatal(err)
	}
	type properties struct {
		Type, Encoding string
		Metadata       map[string]string
	}
	for key, want := range map[string]properties{
		"none": {Type: "binary/octet-stream"},
		"json": {Type: "application/json", Encoding: "gzip", Metadata: map[string]string{"origin": "tokyo"}},
	} {
		head, err := c.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String("logs"), Key: &key})
		if err != nil {
			t.Fatal(err)
		}
		got := properties{aws.ToString(head.ContentType), aws.ToString(head.ContentEncoding), head.Metadata}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
	}
}

func TestOddKeys(t *testing.T) {
	f := start(t)
	c := f.client("us-east-1", "AKIAONE")
	bucket(t, c, "logs")
	want := []string{
		"100%", "a b", "a%20b", "a%2Fb", "a&b=c?d#e", "a+b", "a:b@c;d,e$f", "a~b*c(d)!", "day=2024-01-01/가 나.gz", "한글/키",
	}
	for _, key := range want {
		put(t, c, "logs", key, key)
	}
	for _, key := range want {
		if got := get(t, c, &awss3.GetObjectInput{Bucket: aws.String("logs"), Key: &key}); got != key {
			t.Errorf("content of %q = %q", key, got)
		}
	}
	var got []string
	out, err := c.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: aws.String("logs")})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range out.Contents {
		got = append(got, *o.Key)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	// One that is signed over the path as it is written.
	signed, err := awss3.NewPresignClient(c).PresignGetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("day=2024-01-01/가 나.gz")})
	if err != nil {
		t.Fatal(err)
	}
	status, body := fetch(t, http.MethodGet, signed.URL, "")
	if status != http.StatusOK || body != "day=2024-01-01/가 나.gz" {
		t.Errorf("presigned: %d %q", status, body)
	}
}

func TestMultipartUpload(t *testing.T) {
	f := start(t)
	c := f.client("us-east-1", "AKIAONE")
	bucket(t, c, "logs")
	parts := []string{strings.Repeat("a", 5<<20), strings.Repeat("b", 5<<20), "the end"}
	upload := startUpload(t, c, "logs", "big/object", parts)
	for range 2 { // a client that lost the answer asks again
		out, err := c.CompleteMultipartUpload(t.Context(), upload)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(strings.Trim(*out.ETag, `"`), "-3") {
			t.Errorf("ETag = %s, want one of three parts", *out.ETag)
		}
	}
	if got := get(t, c, &awss3.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("big/object")}); got != strings.Join(parts, "") {
		t.Errorf("content has %d bytes and is not that of the parts", len(got))
	}
	uploads, err := c.ListMultipartUploads(t.Context(), &awss3.ListMultipartUploadsInput{Bucket: aws.String("logs")})
	if err != nil || len(uploads.Uploads) != 0 {
		t.Errorf("uploads after the end: %v, %v", uploads, err)
	}
	aborted := startUpload(t, c, "logs", "other", parts[:1])
	_, err = c.AbortMultipartUpload(t.Context(), &awss3.AbortMultipartUploadInput{Bucket: aborted.Bucket, Key: aborted.Key, UploadId: aborted.UploadId})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.CompleteMultipartUpload(t.Context(), aborted)
	wantCode(t, "completing an aborted upload", err, "NoSuchUpload")
}

func startUpload(t *testing.T, c *awss3.Client, bucket, key string, parts []string) *awss3.CompleteMultipartUploadInput {
	t.Helper()
	created, err := c.CreateMultipartUpload(t.Context(), &awss3.CreateMultipartUploadInput{Bucket: &bucket, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	var done types.CompletedMultipartUpload
	for n, part := range parts {
		number := int32(n + 1)
		out, err := c.UploadPart(t.Context(), &awss3.UploadPartInput{
			Bucket: &bucket, Key: &key, UploadId: created.UploadId, PartNumber: &number, Body: strings.NewReader(part),
		})
		if err != nil {
			t.Fatal(err)
		}
		done.Parts = append(done.Parts, types.CompletedPart{
			PartNumber: &number, ETag: out.ETag, ChecksumCRC32: out.ChecksumCRC32, ChecksumCRC64NVME: out.ChecksumCRC64NVME,
		})
	}
	return &awss3.CompleteMultipartUploadInput{Bucket: &bucket, Key: &key, UploadId: created.UploadId, MultipartUpload: &done}
}

func TestCopyTagAndDelete(t *testing.T) {
	f := start(t)
	c := f.client("us-east-1", "AKIAONE")
	bucket(t, c, "logs")
	put(t, c, "logs", "from/a b", "content")
	_, err := c.CopyObject(t.Context(), &awss3.CopyObjectInput{Bucket: aws.String("logs"), Key: aws.String("to/c"), CopySource: aws.String("logs/from/a%20b")})
	if err != nil {
		t.Fatal(err)
	}
	if got := get(t, c, &awss3.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("to/c")}); got != "content" {
		t.Errorf("the copy is %q", got)
	}
	tags := &types.Tagging{TagSet: []types.Tag{{Key: aws.String("team"), Value: aws.String("audit")}}}
	if _, err = c.PutObjectTagging(t.Context(), &awss3.PutObjectTaggingInput{Bucket: aws.String("logs"), Key: aws.String("to/c"), Tagging: tags}); err != nil {
		t.Fatal(err)
	}
	got, err := c.GetObjectTagging(t.Context(), &awss3.GetObjectTaggingInput{Bucket: aws.String("logs"), Key: aws.String("to/c")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(tags.TagSet, got.TagSet, cmpopts.IgnoreUnexported(types.Tag{})); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	_, err = c.DeleteBucket(t.Context(), &awss3.DeleteBucketInput{Bucket: aws.String("logs")})
	wantCode(t, "deleting a bucket with objects", err, "BucketNotEmpty")
	if _, err = c.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: aws.String("logs"), Key: aws.String("to/c")}); err != nil {
		t.Fatal(err)
	}
	_, err = c.DeleteObjects(t.Context(), &awss3.DeleteObjectsInput{Bucket: aws.String("logs"), Delete: &types.Delete{
		Objects: []types.ObjectIdentifier{{Key: aws.String("from/a b")}, {Key: aws.String("never/was")}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("to/c")})
	wantCode(t, "reading what was deleted", err, "NoSuchKey")
	if _, err = c.DeleteBucket(t.Context(), &awss3.DeleteBucketInput{Bucket: aws.String("logs")}); err != nil {
		t.Fatal(err)
	}
	_, err = c.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: aws.String("logs")})
	wantCode(t, "listing a deleted bucket", err, "NoSuchBucket")
}

func TestKeysThatAreNoPaths(t *testing.T) {
	f := start(t)
	c := f.client("us-east-1", "AKIAONE")
	bucket(t, c, "logs")
	put(t, c, "logs", "a/b", "kept")
	ctx, name := t.Context(), aws.String("logs")
	var all []types.ObjectIdentifier
	for _, key := range []string{"a//b", "a/./b", "x/../a/b", "/a/b", ".sgwtmp/x", "a/.sgwtmp"} {
		all = append(all, types.ObjectIdentifier{Key: &key})
		_, err := c.PutObject(ctx, &awss3.PutObjectInput{Bucket: name, Key: &key, Body: strings.NewReader("lost")})
		wantCode(t, "putting "+key, err, "NotImplemented")
		_, err = c.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: name, Key: &key})
		wantCode(t, "uploading "+key, err, "NotImplemented")
		_, err = c.GetObject(ctx, &awss3.GetObjectInput{Bucket: name, Key: &key})
		wantCode(t, "getting "+key, err, "NoSuchKey")
		if _, err := c.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: name, Key: &key}); err != nil {
			t.Errorf("deleting %s: %v", key, err)
		}
	}
	out, err := c.DeleteObjects(ctx, &awss3.DeleteObjectsInput{Bucket: name, Delete: &types.Delete{Objects: all}})
	if err != nil || len(out.Deleted) != len(all) {
		t.Errorf("deleting all = %v, %v", out, err)
	}
	// A key is a file or the folder of others, which S3's need not be.
	_, err = c.PutObject(ctx, &awss3.PutObjectInput{Bucket: name, Key: aws.String("a"), Body: strings.NewReader("x")})
	wantCode(t, "putting a folder", err, "ExistingObjectIsDirectory")
	_, err = c.PutObject(ctx, &awss3.PutObjectInput{Bucket: name, Key: aws.String("a/b/c"), Body: strings.NewReader("x")})
	wantCode(t, "putting below an object", err, "ObjectParentIsFile")
	if got := get(t, c, &awss3.GetObjectInput{Bucket: name, Key: aws.String("a/b")}); got != "kept" {
		t.Errorf("content = %q", got)
	}
}

func TestFolderObjects(t *testing.T) {
	f := start(t)
	c := f.client("us-east-1", "AKIAONE")
	bucket(t, c, "logs")
	put(t, c, "logs", "folder/", "")
	put(t, c, "logs", "folder/a", "x")
	store := f.service.Objects()
	if diff := cmp.Diff([]string{"folder/", "folder/a"}, listKeys(t, store, "logs")); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	r, o, err := store.Open(t.Context(), "logs", "folder/")
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil || len(content) > 0 || o.Size != 0 {
		t.Errorf("the folder's content = %q of %d bytes, %v", content, o.Size, err)
	}
}

// A client that waits to be told to go on with its body is told.
func TestExpectContinue(t *testing.T) {
	f := start(t)
	c := f.client("us-east-1", "AKIAONE")
	bucket(t, c, "logs")
	signed, err := awss3.NewPresignClient(c).PresignPutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("logs"), Key: aws.String("a")})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, signed.URL, strings.NewReader("content"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Expect", "100-continue")
	transport := &http.Transport{ExpectContinueTimeout: time.Hour}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("status = %d, %v", response.StatusCode, err)
	}
	if got := get(t, c, &awss3.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("a")}); got != "content" {
		t.Errorf("content = %q", got)
	}
}

func TestStoreAndServerAgree(t *testing.T) {
	f := start(t)
	c := f.client("us-east-1", "AKIAONE")
	bucket(t, c, "logs")
	put(t, c, "logs", "by/client", "content")
	store := f.service.Objects()
	o, err := store.Put(t.Context(), "logs", "by/store", "text/csv", strings.NewReader("a,b"))
	if err != nil {
		t.Fatal(err)
	}
	head, err := c.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String("logs"), Key: aws.String("by/store")})
	if err != nil {
		t.Fatal(err)
	}
	if *head.ETag != `"`+o.ETag+`"` || *head.ContentType != "text/csv" {
		t.Errorf("head = %s %s, want %q text/csv", *head.ETag, *head.ContentType, o.ETag)
	}
	if diff := cmp.Diff([]string{"by/client", "by/store"}, listKeys(t, store, "logs")); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

func TestRemoteContract(t *testing.T) {
	f := start(t)
	c := f.client("us-east-1", "AKIAONE")
	var n int
	objectstest.Run(t, func(t *testing.T) (objects.Store, string) {
		t.Helper()
		n++
		name := fmt.Sprintf("bucket-%d", n)
		bucket(t, c, name)
		return objects.NewRemote(c), name
	})
}

func TestStoreContract(t *testing.T) {
	f := start(t)
	var n int
	objectstest.Run(t, func(t *testing.T) (objects.Store, string) {
		t.Helper()
		n++
		name := fmt.Sprintf("bucket-%d", n)
		bucket(t, f.client("us-east-1", "AKIAONE"), name)
		return f.service.Objects(), name
	})
}
