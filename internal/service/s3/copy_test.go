package s3_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/servicetest"
)

func (s *shelf) copy(bucket, key, source string, change func(*s3api.CopyObjectInput)) *s3api.CopyObjectOutput {
	s.Helper()
	in := &s3api.CopyObjectInput{Bucket: &bucket, Key: &key, CopySource: &source}
	if change != nil {
		change(in)
	}
	return servicetest.Must(s.CopyObject(s.ctx, in))(s)
}

func TestCopyObject(t *testing.T) {
	s := newShelf(t)
	s.put(simple, "k", "Hello", func(in *s3api.PutObjectInput) {
		in.ChecksumCRC32, in.ContentType, in.Expires = new(sumOf(t, "CRC32", "Hello")), new("text/plain"), new("tomorrow")
		in.Metadata, in.Tagging, in.StorageClass = map[string]string{"a": "1"}, new("a=1"), new("STANDARD_IA")
		in.WebsiteRedirectLocation, in.ServerSideEncryption = new("/there"), new("aws:kms")
	})
	s.clock.move(time.Hour)
	now := s.clock.now
	servicetest.Diff(t, &s3api.CopyObjectOutput{
		CopyObjectResult: &s3api.CopyObjectResult{
			ETag: new(etagOfText("Hello")), LastModified: &now, ChecksumCRC32: new(sumOf(t, "CRC32", "Hello")), ChecksumType: new("FULL_OBJECT"),
		},
		ServerSideEncryption: new("AES256"),
	}, s.copy(simple, "copy", "simple/k", nil))
	want := &s3api.HeadObjectOutput{
		AcceptRanges: new("bytes"), LastModified: &now, ContentLength: new(int64(5)), ETag: new(etagOfText("Hello")),
		ContentType: new("text/plain"), Expires: new("tomorrow"), Metadata: map[string]string{"a": "1"}, TagCount: new(int32(1)),
		ServerSideEncryption: new("AES256"), ChecksumCRC32: new(sumOf(t, "CRC32", "Hello")), ChecksumType: new("FULL_OBJECT"),
	}
	servicetest.Diff(t, want, s.head(simple, "copy"))
	s.copy(simple, "replaced", "/simple/k", func(in *s3api.CopyObjectInput) {
		in.MetadataDirective, in.TaggingDirective = new("REPLACE"), new("REPLACE")
		in.ContentType, in.Metadata, in.StorageClass = new("text/html"), map[string]string{"b": "2"}, new("GLACIER_IR")
		in.WebsiteRedirectLocation, in.ChecksumAlgorithm = new("/here"), new("SHA256")
	})
	want.ContentType, want.Expires, want.Metadata, want.TagCount = new("text/html"), nil, map[string]string{"b": "2"}, nil
	want.StorageClass, want.WebsiteRedirectLocation, want.ChecksumCRC32 = new("GLACIER_IR"), new("/here"), nil
	want.ChecksumSHA256 = new(sumOf(t, "SHA256", "Hello"))
	servicetest.Diff(t, want, s.head(simple, "replaced"))
	content, _ := s.get(simple, "replaced")
	servicetest.Diff(t, "Hello", content)
}

// A copy is of one part, so that its ETag and checksum are those of all bytes.
func TestAnUploadIsCopiedWhole(t *testing.T) {
	s := newShelf(t)
	first := strings.Repeat("a", s3.MinPart)
	s.upload(simple, "k", func(in *s3api.CreateMultipartUploadInput) {
		in.ChecksumAlgorithm = new("CRC32")
		in.ChecksumType = new("FULL_OBJECT")
	}, first, "b")
	out := s.copy(simple, "copy", "simple/k", nil)
	servicetest.Diff(t, []string{etagOfText(first + "b"), sumOf(t, "CRC32", first+"b")},
		[]string{*out.CopyObjectResult.ETag, *out.CopyObjectResult.ChecksumCRC32})
	content, _ := s.get(simple, "copy")
	if content != first+"b" {
		t.Errorf("the copy has %d other bytes", len(content))
	}
}

func TestCopySources(t *testing.T) {
	s := newShelf(t)
	old := s.put(keeping, "k", "old")
	s.put(keeping, "k", "new")
	s.put(simple, "a b/ü?+%", "odd")
	s.put(simple, "a/b", "ab")
	for source, want := range map[string]string{
		"versioned/k":                   "new",
		"versioned/k?versionId=" + old:  "old",
		"/versioned/k?versionId=" + old: "old",
		"simple/a+b/%C3%BC%3F%2B%25":    "odd",
		"simple/a%20b/%C3%BC%3F%2B%25":  "odd",
		"simple%2Fa%2Fb":                "ab",
		"/simple%2Fa/b":                 "ab",
	} {
		s.copy(simple, "copy", source, nil)
		content, _ := s.get(simple, "copy")
		servicetest.Diff(t, source+" is "+want, source+" is "+content)
	}
	out := s.copy(keeping, "copy", "versioned/k?versionId="+old, nil)
	servicetest.Diff(t, old, *out.CopySourceVersionId)
	servicetest.Diff(t, *s.head(keeping, "copy").VersionId, *out.VersionId)
	// A version in place of the latest is a way back.
	s.copy(keeping, "k", "versioned/k?versionId="+old, nil)
	content, _ := s.get(keeping, "k")
	servicetest.Diff(t, "old", content)
}

func TestCopyObjectRefuses(t *testing.T) {
	s := newShelf(t)
	s.put(simple, "k", "a")
	s.put(simple, "there", "a")
	s.put(keeping, "marked", "a")
	marker := s.mark(keeping, "marked")
	illegal := "This copy request is illegal because it is trying to copy an object to itself without changing " +
		"the object's metadata, storage class, website redirect location or encryption attributes."
	before, after := noon.Add(-time.Hour), noon
	for _, tt := range []struct {
		name       string
		in         func(*s3api.CopyObjectInput)
		code, want string
	}{
		{"no source bucket", func(in *s3api.CopyObjectInput) { in.CopySource = new("missing/k") }, "NoSuchBucket", "The specified bucket does not exist\nBucketName=missing"},
		{"a foreign source", func(in *s3api.CopyObjectInput) { in.CopySource = new("foreign/k") }, "AccessDenied", "Access Denied"},
		{"another source owner expected", func(in *s3api.CopyObjectInput) { in.ExpectedSourceBucketOwner = new(string(otherAccount)) }, "AccessDenied", "Access Denied"},
		{"no source", func(in *s3api.CopyObjectInput) { in.CopySource = new("simple/n") }, "NoSuchKey", noSuchKey + "\nKey=n"},
		{"a path as a source", func(in *s3api.CopyObjectInput) { in.CopySource = new("simple/../../state.db") }, "NoSuchKey", noSuchKey + "\nKey=../../state.db"},
		{"a path as a source bucket", func(in *s3api.CopyObjectInput) { in.CopySource = new("../state.db") }, "NoSuchBucket", "The specified bucket does not exist\nBucketName=.."},
		{"a deleted source", func(in *s3api.CopyObjectInput) { in.CopySource = new("versioned/marked") }, "NoSuchKey", noSuchKey + "\nKey=marked"},
		{
			"a marker as a source", func(in *s3api.CopyObjectInput) { in.CopySource = new("versioned/marked?versionId=" + marker) }, "InvalidRequest",
			"The source of a copy request may not specifically refer to a delete marker by version id.",
		},
		{
			"no version of the source", func(in *s3api.CopyObjectInput) { in.CopySource = new("simple/k?versionId=v") }, "InvalidArgument",
			"Invalid version id specified\nArgumentName=versionId\nArgumentValue=v",
		},
		{
			"a source without a key", func(in *s3api.CopyObjectInput) { in.CopySource = new("simple") }, "InvalidArgument",
			"Copy Source must mention the source bucket and key: /sourcebucket/sourcekey\nArgumentName=x-amz-copy-source\nArgumentValue=simple",
		},
		{
			"a source that is not escaped", func(in *s3api.CopyObjectInput) { in.CopySource = new("simple/%zz") }, "InvalidArgument",
			"Invalid copy source encoding.\nArgumentName=x-amz-copy-source\nArgumentValue=simple/%zz",
		},
		{
			"an access point", func(in *s3api.CopyObjectInput) {
				in.CopySource = new("arn:aws:s3:ap-northeast-2:1:accesspoint/a/object/k")
			}, "NotImplemented",
			"Access points as the source of a copy are not supported by this version of Sillok",
		},
		{"itself", func(in *s3api.CopyObjectInput) { in.Key = new("k") }, "InvalidRequest", illegal},
		{"itself with its metadata", func(in *s3api.CopyObjectInput) { in.Key, in.MetadataDirective = new("k"), new("COPY") }, "InvalidRequest", illegal},
		{
			"metadata directive", func(in *s3api.CopyObjectInput) { in.MetadataDirective = new("MOVE") }, "InvalidArgument",
			"Unknown metadata directive.\nArgumentName=x-amz-metadata-directive\nArgumentValue=MOVE",
		},
		{
			"tagging directive", func(in *s3api.CopyObjectInput) { in.TaggingDirective = new("MOVE") }, "InvalidArgument",
			"Unknown tagging directive.\nArgumentName=x-amz-tagging-directive\nArgumentValue=MOVE",
		},
		{
			"algorithm", func(in *s3api.CopyObjectInput) { in.ChecksumAlgorithm = new("CRC16") }, "InvalidRequest",
			"Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
		},
		{"a source that is another", func(in *s3api.CopyObjectInput) { in.CopySourceIfMatch = new("b") }, "PreconditionFailed", preFailed + "\nCondition=x-amz-copy-source-If-Match"},
		{"a source that is known", func(in *s3api.CopyObjectInput) { in.CopySourceIfNoneMatch = new(etagOfText("a")) }, "PreconditionFailed", preFailed + "\nCondition=x-amz-copy-source-If-None-Match"},
		{"a source that is new", func(in *s3api.CopyObjectInput) { in.CopySourceIfUnmodifiedSince = &before }, "PreconditionFailed", preFailed + "\nCondition=x-amz-copy-source-If-Unmodified-Since"},
		{"a source that is old", func(in *s3api.CopyObjectInput) { in.CopySourceIfModifiedSince = &after }, "PreconditionFailed", preFailed + "\nCondition=x-amz-copy-source-If-Modified-Since"},
		{"what is there", func(in *s3api.CopyObjectInput) { in.Key, in.IfNoneMatch = new("there"), new("*") }, "PreconditionFailed", preFailed + "\nCondition=If-None-Match"},
		{"a long key", func(in *s3api.CopyObjectInput) { in.Key = &long }, "KeyTooLongError", longMessage},
		{"a long source", func(in *s3api.CopyObjectInput) { in.CopySource = new("simple/" + long) }, "KeyTooLongError", longMessage},
		{"no bucket", func(in *s3api.CopyObjectInput) { in.Bucket = new(nowhere) }, "NoSuchBucket", "The specified bucket does not exist\nBucketName=missing"},
		{"a foreign bucket", func(in *s3api.CopyObjectInput) { in.Bucket = new(others) }, "AccessDenied", "Access Denied"},
		{
			"a customer's key of a source that has none", func(in *s3api.CopyObjectInput) {
				in.CopySourceSSECustomerAlgorithm, in.CopySourceSSECustomerKey, in.CopySourceSSECustomerKeyMD5 = customer("a")()
			}, "InvalidRequest",
			"The encryption parameters are not applicable to this object.",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := &s3api.CopyObjectInput{Bucket: new(simple), Key: new("copy"), CopySource: new("simple/k")}
			tt.in(in)
			_, err := s.CopyObject(s.ctx, in)
			wantError(t, err, tt.code, tt.want)
		})
	}
	for name, change := range map[string]func(*s3api.CopyObjectInput){
		"metadata": func(in *s3api.CopyObjectInput) { in.MetadataDirective = new("REPLACE") },
		"class":    func(in *s3api.CopyObjectInput) { in.StorageClass = new("STANDARD") },
		"redirect": func(in *s3api.CopyObjectInput) { in.WebsiteRedirectLocation = new("/there") },
		"keys":     func(in *s3api.CopyObjectInput) { in.ServerSideEncryption = new("AES256") },
		"checksum": func(in *s3api.CopyObjectInput) { in.ChecksumAlgorithm = new("SHA1") },
	} {
		s.copy(simple, "k", "simple/k", change)
		if content, _ := s.get(simple, "k"); content != "a" {
			t.Errorf("after another %s it is %q", name, content)
		}
	}
}

func FuzzCopySource(f *testing.F) {
	for _, seed := range []string{"a/b", "/a/b?versionId=c", "a%2Fb", "..%2F../x", "arn:aws:s3:::a", "a/?versionId=?versionId=b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		bucket, key, err := s3.ParseCopySource(header)
		if err == nil && (bucket == "" || key == "" || strings.Contains(bucket, "/")) {
			t.Errorf("%q is bucket %q and key %q", header, bucket, key)
		}
	})
}

func TestRenameObject(t *testing.T) {
	s := newShelf(t)
	s.put(simple, "a b", "content")
	s.put(simple, "there", "there")
	for _, tt := range []struct {
		name       string
		in         s3api.RenameObjectInput
		code, want string
	}{
		{"no source", s3api.RenameObjectInput{RenameSource: new("simple/n")}, "NoSuchKey", noSuchKey + "\nKey=n"},
		{
			"another bucket's",
			s3api.RenameObjectInput{RenameSource: new("versioned/k")},
			"InvalidArgument",
			"The rename source must be an object of the same bucket: /bucket/key\nArgumentName=x-amz-rename-source\nArgumentValue=versioned/k",
		},
		{"another source", s3api.RenameObjectInput{SourceIfMatch: new("b")}, "PreconditionFailed", preFailed + "\nCondition=x-amz-rename-source-If-Match"},
		{"what is there", s3api.RenameObjectInput{Key: new("there"), DestinationIfNoneMatch: new("*")}, "PreconditionFailed", preFailed + "\nCondition=If-None-Match"},
		{"what is not there", s3api.RenameObjectInput{DestinationIfMatch: new("b")}, "PreconditionFailed", preFailed + "\nCondition=If-Match"},
		{"a long key", s3api.RenameObjectInput{Key: &long}, "KeyTooLongError", longMessage},
		{
			"a bucket with versions",
			s3api.RenameObjectInput{Bucket: new(keeping), RenameSource: new("versioned/k")},
			"NotImplemented",
			"Objects of a bucket that keeps versions cannot be renamed",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := s3api.RenameObjectInput{Bucket: new(simple), Key: new("new"), RenameSource: new("/simple/a%20b")}
			s3.Fill(&in, &tt.in)
			_, err := s.RenameObject(s.ctx, &in)
			wantError(t, err, tt.code, tt.want)
		})
	}
	servicetest.Must(s.RenameObject(s.ctx, &s3api.RenameObjectInput{Bucket: new(simple), Key: new("there"), RenameSource: new("/simple/a%20b")}))(t)
	content, _ := s.get(simple, "there")
	servicetest.Diff(t, "content", content)
	_, err := s.HeadObject(s.ctx, &s3api.HeadObjectInput{Bucket: new(simple), Key: new("a b")})
	wantError(t, err, "NoSuchKey", noSuchKey+"\nKey=a b")
}

// The source of a copy that must be read may change meanwhile: what is copied is
// what was read.
func TestASourceThatChangesIsReadAgain(t *testing.T) {
	s := newShelf(t)
	s.put(simple, "k", "old")
	attempts := 0
	out, err := s3.CopyObject(s.ctx, s.Service, &s3api.CopyObjectInput{
		Bucket: new(simple), Key: new("copy"), CopySource: new("simple/k"), ChecksumAlgorithm: new("SHA1"),
	}, func(attempt int) {
		if attempts = attempt; attempt == 2 {
			s.put(simple, "k", "new")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	servicetest.Diff(t, []any{3, sumOf(t, "SHA1", "new"), etagOfText("new")},
		[]any{attempts, *out.CopyObjectResult.ChecksumSHA1, *out.CopyObjectResult.ETag})
}
