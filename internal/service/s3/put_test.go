package s3_test

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/checksum"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/servicetest"
)

// sumOf is a checksum of content in base64.
func sumOf(tb testing.TB, algorithm, content string) string {
	tb.Helper()
	h, ok := checksum.New(algorithm)
	if !ok {
		tb.Fatalf("no algorithm %s", algorithm)
	}
	_, _ = io.WriteString(h, content)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// etagOfText is the ETag of content, quoted.
func etagOfText(content string) string { return fmt.Sprintf(`"%x"`, md5.Sum([]byte(content))) }

// trailed is a body whose checksum comes behind it and is right.
type trailed struct {
	io.Reader

	algorithm, value string
}

func (t trailed) Announced() string { return t.algorithm }

func (t trailed) Trailer() (name, value string) {
	return "x-amz-checksum-" + strings.ToLower(t.algorithm), t.value
}

func TestPutObject(t *testing.T) {
	const content = "Hello"
	crc := sumOf(t, "CRC64NVME", content)
	base := func(change func(*s3api.PutObjectOutput)) *s3api.PutObjectOutput {
		out := &s3api.PutObjectOutput{
			ETag: new(etagOfText(content)), ServerSideEncryption: new("AES256"), ChecksumCRC64NVME: &crc, ChecksumType: new("FULL_OBJECT"),
		}
		change(out)
		return out
	}
	for _, tt := range []struct {
		name, bucket string
		in           func(*s3api.PutObjectInput)
		want         func(*s3api.PutObjectOutput)
	}{
		{"as it is", simple, func(*s3api.PutObjectInput) {}, func(*s3api.PutObjectOutput) {}},
		{"a null version is not told", pausing, func(*s3api.PutObjectInput) {}, func(*s3api.PutObjectOutput) {}},
		{"MD5 is no checksum of its own", simple, func(in *s3api.PutObjectInput) {
			in.ContentMD5 = new(sumOf(t, "MD5", content))
		}, func(*s3api.PutObjectOutput) {}},
		{"CRC32", simple, func(in *s3api.PutObjectInput) {
			in.ChecksumAlgorithm, in.ChecksumCRC32 = new("CRC32"), new(sumOf(t, "CRC32", content))
		}, func(out *s3api.PutObjectOutput) {
			out.ChecksumCRC64NVME, out.ChecksumCRC32 = nil, new(sumOf(t, "CRC32", content))
		}},
		{"SHA256, without saying so", simple, func(in *s3api.PutObjectInput) {
			in.ChecksumSHA256 = new(sumOf(t, "SHA256", content))
		}, func(out *s3api.PutObjectOutput) {
			out.ChecksumCRC64NVME, out.ChecksumSHA256 = nil, new(sumOf(t, "SHA256", content))
		}},
		{"MD5 as a checksum", simple, func(in *s3api.PutObjectInput) {
			in.ChecksumMD5 = new(sumOf(t, "MD5", content))
		}, func(out *s3api.PutObjectOutput) {
			out.ChecksumCRC64NVME, out.ChecksumMD5 = nil, new(sumOf(t, "MD5", content))
		}},
		{"a trailer", simple, func(in *s3api.PutObjectInput) {
			in.ChecksumAlgorithm, in.Body = new("SHA1"), trailed{strings.NewReader(content), "SHA1", sumOf(t, "SHA1", content)}
		}, func(out *s3api.PutObjectOutput) {
			out.ChecksumCRC64NVME, out.ChecksumSHA1 = nil, new(sumOf(t, "SHA1", content))
		}},
		{"what is not there may be asked for", simple, func(in *s3api.PutObjectInput) {
			in.Key, in.IfNoneMatch = new("new"), new("*")
		}, func(*s3api.PutObjectOutput) {}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newShelf(t)
			in := &s3api.PutObjectInput{Bucket: &tt.bucket, Key: new("k"), Body: strings.NewReader(content)}
			tt.in(in)
			servicetest.Diff(t, base(tt.want), servicetest.Must(s.PutObject(s.ctx, in))(t))
			got, _ := s.get(tt.bucket, *in.Key)
			servicetest.Diff(t, content, got)
		})
	}
}

func TestPutObjectRefuses(t *testing.T) {
	s := newShelf(t)
	s.put(simple, "there", "there")
	s.put(keeping, "marked", "gone")
	s.mark(keeping, "marked")
	tags := strings.TrimSuffix(strings.Repeat("%d=&", 11), "&")
	tags = fmt.Sprintf(tags, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
	past := noon.Add(-time.Hour)
	for _, tt := range []struct {
		name string
		in   func(*s3api.PutObjectInput)
		code string
		want string
	}{
		{"no bucket", func(in *s3api.PutObjectInput) { in.Bucket = new(nowhere) }, "NoSuchBucket", "The specified bucket does not exist\nBucketName=missing"},
		{"another account's bucket", func(in *s3api.PutObjectInput) { in.Bucket = new(others) }, "AccessDenied", "Access Denied"},
		{"another owner expected", func(in *s3api.PutObjectInput) { in.ExpectedBucketOwner = new(string(otherAccount)) }, "AccessDenied", "Access Denied"},
		{"long key", func(in *s3api.PutObjectInput) { in.Key = &long }, "KeyTooLongError", longMessage},
		{"key that is no text", func(in *s3api.PutObjectInput) { in.Key = new("\xff") }, "InvalidURI", "Couldn't parse the specified URI.\nURI=\xff"},
		{
			"offset", func(in *s3api.PutObjectInput) { in.WriteOffsetBytes = new(int64(1)) }, "NotImplemented",
			notDone + "\nHeader=x-amz-write-offset-bytes\nadditionalMessage=Only directory buckets let objects grow",
		},
		{
			"too large", func(in *s3api.PutObjectInput) { in.ContentLength = new(int64(s3.MaxObject + 1)) }, "EntityTooLarge",
			"Your proposed upload exceeds the maximum allowed size\nProposedSize=5368709121\nMaxSizeAllowed=5368709120",
		},
		{"MD5 of nothing", func(in *s3api.PutObjectInput) { in.ContentMD5 = new("AAAA") }, "InvalidDigest", "The Content-MD5 you specified was invalid.\nContent-MD5=AAAA"},
		{
			"MD5 of something else", func(in *s3api.PutObjectInput) { in.ContentMD5 = new(sumOf(t, "MD5", "else")) }, "BadDigest",
			"The Content-MD5 you specified did not match what we received.\nExpectedDigest=2954e92a9b4d0e998fe4893f8141649a\nCalculatedDigest=ixqZU8RhEpaoJ6v4xHgE1w==",
		},
		{"checksum of nothing", func(in *s3api.PutObjectInput) { in.ChecksumCRC32 = new("bm9uZQ") }, "InvalidRequest", "Value for x-amz-checksum-crc32 header is invalid."},
		{
			"checksum of something else", func(in *s3api.PutObjectInput) { in.ChecksumSHA1 = new(sumOf(t, "SHA1", "else")) }, "BadDigest",
			"The SHA1 you specified did not match the calculated checksum.",
		},
		{
			"two checksums", func(in *s3api.PutObjectInput) { in.ChecksumSHA1, in.ChecksumCRC32 = new("a"), new("b") }, "InvalidRequest",
			"Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
		},
		{"a checksum and a trailer", func(in *s3api.PutObjectInput) {
			in.Body, in.ChecksumSHA1 = trailed{strings.NewReader(""), "CRC32", ""}, new("a")
		}, "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."},
		{"algorithm that is none", func(in *s3api.PutObjectInput) { in.ChecksumAlgorithm = new("CRC16") }, "InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid."},
		{"another algorithm", func(in *s3api.PutObjectInput) { in.ChecksumAlgorithm, in.ChecksumCRC32 = new("SHA1"), new("AAAAAA==") }, "InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid."},
		{
			"algorithm alone", func(in *s3api.PutObjectInput) { in.ChecksumAlgorithm = new("SHA1") }, "InvalidRequest",
			"x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
		},
		{"storage class", func(in *s3api.PutObjectInput) { in.StorageClass = new("OUTPOSTS") }, "InvalidStorageClass", "The storage class you specified is not valid\nStorageClassRequested=OUTPOSTS"},
		{
			"metadata", func(in *s3api.PutObjectInput) {
				in.Metadata = map[string]string{"name": strings.Repeat("v", s3.MaxMetadata)}
			}, "MetadataTooLarge",
			"Your metadata headers exceed the maximum allowed metadata size\nSize=2052\nMaxSizeAllowed=2048",
		},
		{
			"redirect", func(in *s3api.PutObjectInput) { in.WebsiteRedirectLocation = new("elsewhere") }, "InvalidRedirectLocation",
			"The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
		},
		{
			"long redirect", func(in *s3api.PutObjectInput) {
				in.WebsiteRedirectLocation = new("/" + strings.Repeat("a", s3.MaxRedirect))
			}, "InvalidRedirectLocation",
			"The length of website redirect location cannot exceed 2,048 characters.",
		},
		{
			"encryption", func(in *s3api.PutObjectInput) { in.ServerSideEncryption = new("rot13") }, "InvalidArgument",
			"The encryption method specified is not supported\nArgumentName=x-amz-server-side-encryption\nArgumentValue=rot13",
		},
		{
			"a key for S3's own", func(in *s3api.PutObjectInput) { in.ServerSideEncryption, in.SSEKMSKeyId = new("AES256"), new("k") }, "InvalidArgument",
			"Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms\nArgumentName=x-amz-server-side-encryption\nArgumentValue=AES256",
		},
		{
			"a context that is none", func(in *s3api.PutObjectInput) {
				in.ServerSideEncryption, in.SSEKMSEncryptionContext = new("aws:kms"), new("W10=")
			}, "InvalidArgument",
			"The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string holding JSON which represents a string-string map" +
				"\nArgumentName=x-amz-server-side-encryption-context\nArgumentValue=W10=",
		},
		{"tags", func(in *s3api.PutObjectInput) { in.Tagging = &tags }, "BadRequest", "Object tags cannot be greater than 10"},
		{
			"a tag twice", func(in *s3api.PutObjectInput) { in.Tagging = new("a=1&a=2") }, "InvalidArgument",
			"The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.\nArgumentName=x-amz-tagging\nArgumentValue=a=1&a=2",
		},
		{"S3's tag", func(in *s3api.PutObjectInput) { in.Tagging = new("aws:a=1") }, "InvalidTag", "Your TagKey cannot be prefixed with aws:\nTagKey=aws:a"},
		{"an ACL", func(in *s3api.PutObjectInput) { in.ACL = new("public-read") }, "AccessControlListNotSupported", "The bucket does not allow ACLs"},
		{
			"two conditions", func(in *s3api.PutObjectInput) { in.IfMatch, in.IfNoneMatch = new("a"), new("*") }, "NotImplemented",
			notDone + "\nHeader=If-Match,If-None-Match\nadditionalMessage=Multiple conditional request headers present in the request",
		},
		{
			"none match of an ETag", func(in *s3api.PutObjectInput) { in.IfNoneMatch = new("a") }, "NotImplemented",
			notDone + "\nHeader=If-None-Match\nadditionalMessage=We don't accept the provided value of If-None-Match header for this API",
		},
		{
			"match of any", func(in *s3api.PutObjectInput) { in.IfMatch = new("*") }, "NotImplemented",
			notDone + "\nHeader=If-Match\nadditionalMessage=We don't accept the provided value of If-Match header for this API",
		},
		{"it is there", func(in *s3api.PutObjectInput) { in.Key, in.IfNoneMatch = new("there"), new("*") }, "PreconditionFailed", preFailed + "\nCondition=If-None-Match"},
		{"it is another", func(in *s3api.PutObjectInput) { in.Key, in.IfMatch = new("there"), new(`"a"`) }, "PreconditionFailed", preFailed + "\nCondition=If-Match"},
		{"it is not there", func(in *s3api.PutObjectInput) { in.Key, in.IfMatch = new("nothing"), new(`"a"`) }, "NoSuchKey", noSuchKey + "\nKey=nothing"},
		{"it is deleted", func(in *s3api.PutObjectInput) {
			in.Bucket, in.Key, in.IfMatch = new(keeping), new("marked"), new(`"a"`)
		}, "NoSuchKey", noSuchKey + "\nKey=marked"},
		{"a lock where there are none", func(in *s3api.PutObjectInput) { in.ObjectLockLegalHoldStatus = new("ON") }, "InvalidRequest", "Bucket is missing Object Lock Configuration"},
		{
			"a lock without a checksum", func(in *s3api.PutObjectInput) { in.Bucket, in.ObjectLockLegalHoldStatus = new(locking), new("ON") }, "InvalidRequest",
			"Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters",
		},
		{
			"a mode without a date", func(in *s3api.PutObjectInput) { in.Bucket, in.ObjectLockMode = new(locking), new("GOVERNANCE") }, "InvalidArgument",
			"x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied\nArgumentName=x-amz-object-lock-retain-until-date",
		},
		{
			"a date without a mode", func(in *s3api.PutObjectInput) { in.Bucket, in.ObjectLockRetainUntilDate = new(locking), &past }, "InvalidArgument",
			"x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied\nArgumentName=x-amz-object-lock-mode",
		},
		{"a date that is past", func(in *s3api.PutObjectInput) {
			in.Bucket, in.ObjectLockMode, in.ObjectLockRetainUntilDate = new(locking), new("GOVERNANCE"), &past
		}, "InvalidArgument", "The retain until date must be in the future!\nArgumentName=x-amz-object-lock-retain-until-date\nArgumentValue=2026-11-29T11:00:00Z"},
		{"no mode", func(in *s3api.PutObjectInput) {
			in.Bucket, in.ObjectLockMode, in.ObjectLockRetainUntilDate = new(locking), new("ALWAYS"), &past
		}, "InvalidArgument", "Unknown wormMode directive.\nArgumentName=x-amz-object-lock-mode\nArgumentValue=ALWAYS"},
		{
			"no hold", func(in *s3api.PutObjectInput) { in.Bucket, in.ObjectLockLegalHoldStatus = new(locking), new("MAYBE") }, "InvalidArgument",
			"Legal Hold must be either of 'ON' or 'OFF'\nArgumentName=x-amz-object-lock-legal-hold\nArgumentValue=MAYBE",
		},
		{
			"a body that breaks off", func(in *s3api.PutObjectInput) {
				in.Body = io.MultiReader(strings.NewReader("a"), broken{io.ErrUnexpectedEOF})
			}, "IncompleteBody",
			"You did not provide the number of bytes specified by the Content-Length HTTP header",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := &s3api.PutObjectInput{Bucket: new(simple), Key: new("k"), Body: strings.NewReader("Hello")}
			tt.in(in)
			_, err := s.PutObject(s.ctx, in)
			wantError(t, err, tt.code, tt.want)
			if _, err := s.HeadObject(s.ctx, &s3api.HeadObjectInput{Bucket: new(simple), Key: new("k")}); cloud.KindOf(err) != cloud.NotFound {
				t.Errorf("what was refused is there: %v", err)
			}
		})
	}
}

// broken is a body that cannot be read.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

func TestABodyThatCannotBeReadIsItsOwnError(t *testing.T) {
	s := newShelf(t)
	gone := errors.New("the client has gone")
	if _, err := s.PutObject(s.ctx, &s3api.PutObjectInput{Bucket: new(simple), Key: new("k"), Body: broken{gone}}); !errors.Is(err, gone) {
		t.Errorf("error is %v", err)
	}
}

func TestABucketsDefaultsAreStamped(t *testing.T) {
	s := newShelf(t)
	s.retainAll("COMPLIANCE", 1)
	servicetest.Must(s.PutBucketEncryption(s.ctx, &s3api.PutBucketEncryptionInput{
		Bucket: new(simple), ServerSideEncryptionConfiguration: encryptedBy("aws:kms", new("k"), true),
	}))(t)
	s.put(locking, "put", "a")
	servicetest.Must(s.CopyObject(s.ctx, &s3api.CopyObjectInput{Bucket: new(locking), Key: new("copied"), CopySource: new("lockable/put")}))(t)
	s.upload(locking, "uploaded", nil, "a")
	for _, key := range []string{"put", "copied", "uploaded"} {
		head := s.head(locking, key)
		servicetest.Diff(t, []any{"COMPLIANCE", noon.AddDate(0, 0, 1)}, []any{*head.ObjectLockMode, *head.ObjectLockRetainUntilDate})
		_, err := s.DeleteObject(s.ctx, &s3api.DeleteObjectInput{Bucket: new(locking), Key: &key, VersionId: head.VersionId, BypassGovernanceRetention: new(true)})
		wantError(t, err, "AccessDenied", "Access Denied because object protected by object lock.")
	}
	s.put(simple, "put", "a")
	s.put(simple, "own", "a", func(in *s3api.PutObjectInput) { in.ServerSideEncryption = new("AES256") })
	head := s.head(simple, "put")
	servicetest.Diff(t, []any{"aws:kms", ring + "k", true}, []any{*head.ServerSideEncryption, *head.SSEKMSKeyId, *head.BucketKeyEnabled})
	servicetest.Diff(t, "AES256", *s.head(simple, "own").ServerSideEncryption)
}

func BenchmarkPutObject(b *testing.B) {
	s := newShelf(b)
	content := bytes.Repeat([]byte("x"), 4<<10)
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := s.PutObject(s.ctx, &s3api.PutObjectInput{Bucket: new(simple), Key: new("k"), Body: bytes.NewReader(content)}); err != nil {
				b.Error(err)
			}
		}
	})
}

// Of many that put an object unless it is there, one does.
func TestOneOfManyIsFirst(t *testing.T) {
	s := newShelf(t)
	var group sync.WaitGroup
	var won atomic.Int32
	for i := range 16 {
		group.Go(func() {
			_, err := s.PutObject(s.ctx, &s3api.PutObjectInput{Bucket: new(keeping), Key: new("k"), Body: strings.NewReader(strconv.Itoa(i)), IfNoneMatch: new("*")})
			if err == nil {
				won.Add(1)
			} else {
				wantError(t, err, "PreconditionFailed", preFailed+"\nCondition=If-None-Match")
			}
		})
	}
	group.Wait()
	servicetest.Diff(t, int32(1), won.Load())
}
