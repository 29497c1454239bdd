package s3_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/objects"
)

func TestAnObjectIsToldAsItWasPut(t *testing.T) {
	s := newShelf(t)
	until := noon.Add(time.Hour)
	id := s.put(locking, "k", "Hello", func(in *s3api.PutObjectInput) {
		in.ChecksumCRC32C = new(sumOf(t, "CRC32C", "Hello"))
		in.CacheControl, in.ContentDisposition, in.ContentLanguage = new("no-cache"), new("inline"), new("ko")
		in.ContentEncoding, in.ContentType, in.Expires = new("aws-chunked, gzip"), new("text/plain"), new("tomorrow")
		in.Metadata = map[string]string{"Who": "me", "Where": "서울", "mail": "=?UTF-8?Q?=C3=84?=", "old": "\xc4", "odd": "=?x?Q?a?="}
		in.WebsiteRedirectLocation, in.StorageClass = new("/there"), new("STANDARD_IA")
		in.Tagging = new("a=1&b%20c=d+e&f")
		in.ObjectLockMode, in.ObjectLockRetainUntilDate, in.ObjectLockLegalHoldStatus = new("GOVERNANCE"), &until, new("OFF")
	})
	want := &s3api.GetObjectOutput{
		AcceptRanges: new("bytes"), LastModified: new(noon), ContentLength: new(int64(5)), ETag: new(etagOfText("Hello")), VersionId: &id,
		CacheControl: new("no-cache"), ContentDisposition: new("inline"), ContentLanguage: new("ko"),
		ContentEncoding: new("gzip"), ContentType: new("text/plain"), Expires: new("tomorrow"),
		Metadata:                map[string]string{"who": "me", "where": "=?UTF-8?B?7ISc7Jq4?=", "mail": "=?UTF-8?B?w4Q=?=", "old": "=?UTF-8?B?w4Q=?=", "odd": "=?x?Q?a?="},
		WebsiteRedirectLocation: new("/there"), StorageClass: new("STANDARD_IA"), TagCount: new(int32(3)),
		ServerSideEncryption: new("AES256"), ObjectLockMode: new("GOVERNANCE"), ObjectLockRetainUntilDate: &until, ObjectLockLegalHoldStatus: new("OFF"),
	}
	content, got := s.get(locking, "k")
	servicetest.Diff(t, "Hello", content)
	servicetest.Diff(t, want, got)
	want.ChecksumCRC32C, want.ChecksumType = new(sumOf(t, "CRC32C", "Hello")), new("FULL_OBJECT")
	head := &s3api.HeadObjectOutput{}
	s3.Fill(head, want)
	servicetest.Diff(t, head, s.head(locking, "k"))
}

func TestAnObjectIsToldPlainly(t *testing.T) {
	s := newShelf(t)
	s.put(simple, "k", "", func(in *s3api.PutObjectInput) {
		in.StorageClass, in.ContentEncoding = new("STANDARD"), new("aws-chunked")
	})
	content, got := s.get(simple, "k")
	servicetest.Diff(t, "", content)
	servicetest.Diff(t, &s3api.GetObjectOutput{
		AcceptRanges: new("bytes"), LastModified: new(noon), ContentLength: new(int64(0)), ETag: new(`"d41d8cd98f00b204e9800998ecf8427e"`),
		ContentType: new("binary/octet-stream"), ServerSideEncryption: new("AES256"),
	}, got)
}

func TestReadingChecksConditions(t *testing.T) {
	s := newShelf(t)
	s.put(simple, "k", "Hello")
	s.clock.move(time.Hour)
	is, other := etagOfText("Hello"), etagOfText("other")
	before, at, after, later := noon.Add(-time.Minute), noon, noon.Add(time.Minute), noon.Add(2*time.Hour)
	for _, tt := range []struct {
		name string
		in   s3api.GetObjectInput
		want string // the condition that fails
	}{
		{"match", s3api.GetObjectInput{IfMatch: &is}, ""},
		{"match without quotes", s3api.GetObjectInput{IfMatch: new(strings.Trim(is, `"`))}, ""},
		{"match of a list", s3api.GetObjectInput{IfMatch: new(other + ", " + is)}, ""},
		{"match of any", s3api.GetObjectInput{IfMatch: new("*")}, ""},
		{"match of another", s3api.GetObjectInput{IfMatch: &other}, s3.IfMatch},
		{"none match", s3api.GetObjectInput{IfNoneMatch: &other}, ""},
		{"none match of it", s3api.GetObjectInput{IfNoneMatch: &is}, s3.IfNoneMatch},
		{"none match of it, weakly", s3api.GetObjectInput{IfNoneMatch: new("W/" + is)}, s3.IfNoneMatch},
		{"modified since before", s3api.GetObjectInput{IfModifiedSince: &before}, ""},
		{"modified since then", s3api.GetObjectInput{IfModifiedSince: &at}, s3.IfModifiedSince},
		{"modified since after", s3api.GetObjectInput{IfModifiedSince: &after}, s3.IfModifiedSince},
		{"modified since a time to come", s3api.GetObjectInput{IfModifiedSince: &later}, ""},
		{"unmodified since before", s3api.GetObjectInput{IfUnmodifiedSince: &before}, s3.IfUnmodifiedSince},
		{"unmodified since then", s3api.GetObjectInput{IfUnmodifiedSince: &at}, ""},
		{"match counts and not the time", s3api.GetObjectInput{IfMatch: &is, IfUnmodifiedSince: &before}, ""},
		{"none match counts and not the time", s3api.GetObjectInput{IfNoneMatch: &other, IfModifiedSince: &after}, ""},
		{"none match of it counts and not the time", s3api.GetObjectInput{IfNoneMatch: &is, IfModifiedSince: &before}, s3.IfNoneMatch},
		{"failure before not modified", s3api.GetObjectInput{IfMatch: &other, IfNoneMatch: &is}, s3.IfMatch},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := tt.in
			in.Bucket, in.Key = new(simple), new("k")
			head := &s3api.HeadObjectInput{}
			s3.Fill(head, &in)
			_, err := s.HeadObject(s.ctx, head)
			switch tt.want {
			case "":
				if err != nil {
					t.Error(err)
				}
			case s3.IfNoneMatch, s3.IfModifiedSince:
				wantError(t, err, "NotModified", "Not Modified")
				servicetest.Diff(t, map[string]string{"ETag": is, "Last-Modified": "Sun, 29 Nov 2026 12:00:00 GMT"}, headerOfError(err))
			default:
				wantError(t, err, "PreconditionFailed", preFailed+"\nCondition="+tt.want)
			}
		})
	}
}

func headerOfError(err error) map[string]string {
	e, _ := err.(*cloud.Error) //nolint:errorlint // it comes as it is
	return e.Header
}

func fieldsOfError(err error) map[string]any {
	e, _ := err.(*cloud.Error) //nolint:errorlint // it comes as it is
	return e.Fields
}

func TestRanges(t *testing.T) {
	s := newShelf(t)
	s.put(simple, "k", "0123456789")
	s.put(simple, "empty", "")
	for header, want := range map[string]string{
		"bytes=0-0":                    "0 bytes 0-0/10",
		"bytes=2-4":                    "234 bytes 2-4/10",
		"bytes=8-":                     "89 bytes 8-9/10",
		"bytes=8-99999999999999999999": "89 bytes 8-9/10",
		"bytes=-3":                     "789 bytes 7-9/10",
		"bytes=-30":                    "0123456789 bytes 0-9/10",
		"bytes= 0-0":                   "0 bytes 0-0/10",
		"bytes=4-2":                    "0123456789 ", // malformed
		"bytes=0-1,3-4":                "0123456789 ", // several
		"bytes=a-b":                    "0123456789 ",
		"bytes=-":                      "0123456789 ",
		"bytes=5":                      "0123456789 ",
		"bytes=+1-2":                   "0123456789 ",
		"lines=0-1":                    "0123456789 ",
		"":                             "0123456789 ",
	} {
		content, out := s.get(simple, "k", func(in *s3api.GetObjectInput) { in.Range, in.ChecksumMode = &header, new("ENABLED") })
		servicetest.Diff(t, want, content+" "+textOf(out.ContentRange))
		servicetest.Diff(t, int64(len(content)), *out.ContentLength)
		if partial := out.ContentRange != nil; partial == (out.ChecksumCRC64NVME != nil) {
			t.Errorf("%s: the checksum of all is told: %t", header, !partial)
		}
	}
	for header, key := range map[string]string{"bytes=10-": "k", "bytes=10-12": "k", "bytes=-0": "k", "bytes=0-": "empty", "bytes=-1": "empty"} {
		_, err := s.GetObject(s.ctx, &s3api.GetObjectInput{Bucket: new(simple), Key: &key, Range: &header})
		size := map[string]string{"k": "10", "empty": "0"}[key]
		wantError(t, err, "InvalidRange", "The requested range is not satisfiable\nActualObjectSize="+size+"\nRangeRequested="+header)
	}
	_, err := s.GetObject(s.ctx, &s3api.GetObjectInput{Bucket: new(simple), Key: new("k"), Range: new("bytes=0-1"), PartNumber: new(int32(1))})
	wantError(t, err, "InvalidRequest", "Cannot specify both Range header and partNumber query parameter")
}

func FuzzRange(f *testing.F) {
	for _, seed := range []string{"bytes=0-1", "bytes=-1", "bytes=1-", "bytes=1-0", "bytes=9223372036854775807-9223372036854775808"} {
		f.Add(seed, int64(10))
	}
	f.Fuzz(func(t *testing.T, header string, size int64) {
		size = max(size, 0)
		if offset, length, ok := s3.ParseRange(header, size); ok && (offset < 0 || length < 1 || offset > size-length) {
			t.Errorf("%q of %d is %d from %d", header, size, length, offset)
		}
		if offset, length, ok := s3.ParseCopyRange(header, size); ok && (offset < 0 || length < 1 || offset > size-length) {
			t.Errorf("%q of %d is %d from %d", header, size, length, offset)
		}
	})
}

func TestPartsAreRead(t *testing.T) {
	s := newShelf(t)
	first := strings.Repeat("a", s3.MinPart)
	s.upload(simple, "parts", func(in *s3api.CreateMultipartUploadInput) {
		in.ChecksumAlgorithm, in.ChecksumType = new("CRC32"), new("FULL_OBJECT")
	}, first, "bc")
	s.put(simple, "whole", "abc")
	s.put(simple, "empty", "")
	for _, tt := range []struct {
		key     string
		part    int32
		content string
		told    []any // content range, how many parts, checksum's type
	}{
		{"parts", 1, first, []any{"bytes 0-5242879/5242882", int32(2), sumOf(t, "CRC32", first)}},
		{"parts", 2, "bc", []any{"bytes 5242880-5242881/5242882", int32(2), sumOf(t, "CRC32", "bc")}},
		{"whole", 1, "abc", []any{"bytes 0-2/3", int32(0), ""}},
		{"empty", 1, "", []any{"", int32(0), ""}},
	} {
		content, out := s.get(simple, tt.key, func(in *s3api.GetObjectInput) { in.PartNumber, in.ChecksumMode = &tt.part, new("ENABLED") })
		servicetest.Diff(t, tt.content, content)
		count := int32(0)
		if out.PartsCount != nil {
			count = *out.PartsCount
		}
		servicetest.Diff(t, tt.told, []any{textOf(out.ContentRange), count, textOf(out.ChecksumCRC32)})
	}
	for key, want := range map[string]string{"parts": "2", "whole": "1"} {
		_, err := s.GetObject(s.ctx, &s3api.GetObjectInput{Bucket: new(simple), Key: &key, PartNumber: new(int32(3))})
		wantError(t, err, "InvalidPartNumber", "The requested partnumber is not satisfiable\nActualPartCount="+want+"\nPartNumberRequested=3")
	}
	_, err := s.GetObject(s.ctx, &s3api.GetObjectInput{Bucket: new(simple), Key: new("parts"), PartNumber: new(int32(0))})
	wantError(t, err, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive\nArgumentName=partNumber\nArgumentValue=0")
}

func TestWhatIsNotThereIsTold(t *testing.T) {
	s := newShelf(t)
	id := s.put(keeping, "k", "a")
	marker := s.mark(keeping, "k")
	hidden := map[string]string{"x-amz-delete-marker": "true", "x-amz-version-id": marker}
	marked := map[string]string{
		"Allow": http.MethodDelete, "Last-Modified": "Sun, 29 Nov 2026 12:00:00 GMT", "x-amz-delete-marker": "true", "x-amz-version-id": marker,
	}
	never := strings.Repeat("0", 32)
	for _, tt := range []struct {
		name       string
		in         s3api.GetObjectInput
		code, want string
		header     map[string]string
	}{
		{"no bucket", s3api.GetObjectInput{Bucket: new(nowhere), Key: new("k")}, "NoSuchBucket", "The specified bucket does not exist\nBucketName=missing", nil},
		{"no key", s3api.GetObjectInput{Bucket: new(simple), Key: new("k")}, "NoSuchKey", noSuchKey + "\nKey=k", nil},
		{"long key", s3api.GetObjectInput{Bucket: new(simple), Key: &long}, "KeyTooLongError", longMessage, nil},
		{"deleted", s3api.GetObjectInput{Bucket: new(keeping), Key: new("k")}, "NoSuchKey", noSuchKey + "\nKey=k", hidden},
		{
			"a marker",
			s3api.GetObjectInput{Bucket: new(keeping), Key: new("k"), VersionId: &marker},
			"MethodNotAllowed",
			"The specified method is not allowed against this resource.\nMethod=GET\nResourceType=DeleteMarker", marked,
		},
		{
			"no version",
			s3api.GetObjectInput{Bucket: new(keeping), Key: new("k"), VersionId: &never},
			"NoSuchVersion",
			"The specified version does not exist.\nKey=k\nVersionId=" + never, nil,
		},
		{
			"another key's version",
			s3api.GetObjectInput{Bucket: new(keeping), Key: new("l"), VersionId: &id},
			"NoSuchVersion",
			"The specified version does not exist.\nKey=l\nVersionId=" + id, nil,
		},
		{
			"another bucket's version",
			s3api.GetObjectInput{Bucket: new(pausing), Key: new("k"), VersionId: &id},
			"NoSuchVersion",
			"The specified version does not exist.\nKey=k\nVersionId=" + id, nil,
		},
		{
			"no null version",
			s3api.GetObjectInput{Bucket: new(keeping), Key: new("k"), VersionId: new("null")},
			"NoSuchVersion",
			"The specified version does not exist.\nKey=k\nVersionId=null", nil,
		},
		{
			"a version where there are none",
			s3api.GetObjectInput{Bucket: new(simple), Key: new("k"), VersionId: &never},
			"InvalidArgument",
			"Invalid version id specified\nArgumentName=versionId\nArgumentValue=" + never, nil,
		},
		{
			"a path as a version",
			s3api.GetObjectInput{Bucket: new(keeping), Key: new("k"), VersionId: new("../../../../../../state.db")},
			"InvalidArgument",
			"Invalid version id specified\nArgumentName=versionId\nArgumentValue=../../../../../../state.db", nil,
		},
		{
			"an empty version",
			s3api.GetObjectInput{Bucket: new(keeping), Key: new("k"), VersionId: new("")},
			"InvalidArgument",
			"Version id cannot be the empty string\nArgumentName=versionId\nArgumentValue=", nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.GetObject(s.ctx, &tt.in)
			wantError(t, err, tt.code, tt.want)
			servicetest.Diff(t, tt.header, headerOfError(err))
		})
	}
	content, out := s.get(keeping, "k", func(in *s3api.GetObjectInput) { in.VersionId = &id })
	servicetest.Diff(t, []any{"a", id}, []any{content, *out.VersionId})
}

func TestARequestSaysWhatTheAnswerTells(t *testing.T) {
	s := newShelf(t)
	s.put(simple, "k", "a", func(in *s3api.PutObjectInput) { in.ContentType = new("text/plain") })
	change := func(in *s3api.GetObjectInput) {
		in.ResponseCacheControl, in.ResponseContentDisposition, in.ResponseContentEncoding = new("no-cache"), new("attachment"), new("gzip")
		in.ResponseContentLanguage, in.ResponseContentType, in.ResponseExpires = new("ko"), new("text/html"), new(noon)
	}
	_, out := s.get(simple, "k", change)
	servicetest.Diff(t, []string{"no-cache", "attachment", "gzip", "ko", "text/html", "Sun, 29 Nov 2026 12:00:00 GMT"},
		[]string{*out.CacheControl, *out.ContentDisposition, *out.ContentEncoding, *out.ContentLanguage, *out.ContentType, *out.Expires})
	call := cloud.CallOf(s.ctx)
	call.Principal = cloud.Principal{Type: cloud.Anonymous}
	in := &s3api.GetObjectInput{Bucket: new(simple), Key: new("k")}
	change(in)
	_, err := s.GetObject(cloud.WithCall(s.ctx, call), in)
	wantError(t, err, "InvalidRequest", "Request specific response headers cannot be used for anonymous GET requests.")
}

func TestANullVersionIsToldWhereThereAreOthers(t *testing.T) {
	s := newShelf(t)
	s.put(pausing, "k", "a")
	servicetest.Diff(t, objects.NullVersion, *s.head(pausing, "k").VersionId)
}

func BenchmarkGetObject(b *testing.B) {
	s := newShelf(b)
	s.put(simple, "k", strings.Repeat("x", 4<<10))
	b.SetBytes(4 << 10)
	b.ReportAllocs()
	for b.Loop() {
		s.get(simple, "k")
	}
}
