package s3_test

import (
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/objects"
)

// begin begins an upload and returns its ID.
func (s *shelf) begin(bucket, key string, change func(*s3api.CreateMultipartUploadInput)) string {
	s.Helper()
	in := &s3api.CreateMultipartUploadInput{Bucket: &bucket, Key: &key}
	if change != nil {
		change(in)
	}
	return *servicetest.Must(s.CreateMultipartUpload(s.ctx, in))(s).UploadId
}

// part uploads a part and returns what completes with it.
func (s *shelf) part(bucket, key, id string, number int32, content string) s3api.CompletedPart {
	s.Helper()
	out := servicetest.Must(s.UploadPart(s.ctx, &s3api.UploadPartInput{
		Bucket: &bucket, Key: &key, UploadId: &id, PartNumber: &number, Body: strings.NewReader(content),
	}))(s)
	part := s3api.CompletedPart{PartNumber: &number}
	s3.Fill(&part, out)
	return part
}

// upload uploads an object in parts.
func (s *shelf) upload(bucket, key string, change func(*s3api.CreateMultipartUploadInput), parts ...string) *s3api.CompleteMultipartUploadOutput {
	s.Helper()
	id := s.begin(bucket, key, change)
	var list []s3api.CompletedPart
	for i, content := range parts {
		list = append(list, s.part(bucket, key, id, int32(i+1), content))
	}
	return servicetest.Must(s.CompleteMultipartUpload(s.ctx, &s3api.CompleteMultipartUploadInput{
		Bucket: &bucket, Key: &key, UploadId: &id, MultipartUpload: &s3api.CompletedMultipartUpload{Parts: list},
	}))(s)
}

const noSuchUpload = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.\nUploadId="

func (s *shelf) complete(bucket, key, id string, change func(*s3api.CompleteMultipartUploadInput), list ...s3api.CompletedPart) (*s3api.CompleteMultipartUploadOutput, error) {
	in := &s3api.CompleteMultipartUploadInput{
		Bucket: &bucket, Key: &key, UploadId: &id, MultipartUpload: &s3api.CompletedMultipartUpload{Parts: list},
	}
	if change != nil {
		change(in)
	}
	return s.CompleteMultipartUpload(s.ctx, in)
}

func TestAnUploadBecomesWhatItWasBegunAs(t *testing.T) {
	s := newShelf(t)
	id := s.begin(keeping, "a/b c", func(in *s3api.CreateMultipartUploadInput) {
		in.ContentType, in.Metadata, in.Tagging, in.StorageClass = new("text/plain"), map[string]string{"a": "1"}, new("a=1"), new("STANDARD_IA")
		in.ServerSideEncryption = new("aws:kms")
	})
	first := strings.Repeat("a", s3.MinPart)
	s.part(keeping, "a/b c", id, 1, "another")
	list := []s3api.CompletedPart{s.part(keeping, "a/b c", id, 1, first), s.part(keeping, "a/b c", id, 5, "b")}
	s.part(keeping, "a/b c", id, 7, "not named")
	s.clock.move(time.Hour)
	got := servicetest.Must(s.complete(keeping, "a/b c", id, nil, list...))(t)
	etag := *got.ETag // of a key of KMS, that of nothing else
	crc := sumOf(t, "CRC64NVME", first+"b")
	want := &s3api.CompleteMultipartUploadOutput{
		Bucket: new(keeping), Key: new("a/b c"), Location: new("/versioned/a%2Fb+c"), ETag: &etag,
		ChecksumCRC64NVME: &crc, ChecksumType: new("FULL_OBJECT"), ServerSideEncryption: new("aws:kms"), SSEKMSKeyId: new(ring + "aws/s3"), VersionId: got.VersionId,
	}
	servicetest.Diff(t, want, got)
	servicetest.Diff(t, want, servicetest.Must(s.complete(keeping, "a/b c", id, nil, list...))(t)) // its client has not heard the answer
	servicetest.Diff(t, &s3api.HeadObjectOutput{
		AcceptRanges: new("bytes"), LastModified: new(noon.Add(time.Hour)), ContentLength: new(int64(s3.MinPart + 1)), ETag: &etag, VersionId: got.VersionId,
		ContentType: new("text/plain"), Metadata: map[string]string{"a": "1"}, TagCount: new(int32(1)), StorageClass: new("STANDARD_IA"),
		ServerSideEncryption: new("aws:kms"), SSEKMSKeyId: new(ring + "aws/s3"), ChecksumCRC64NVME: &crc, ChecksumType: new("FULL_OBJECT"),
	}, s.head(keeping, "a/b c"))
	if content, _ := s.get(keeping, "a/b c"); content != first+"b" {
		t.Errorf("the object has %d other bytes", len(content))
	}
	_, err := s.AbortMultipartUpload(s.ctx, &s3api.AbortMultipartUploadInput{Bucket: new(keeping), Key: new("a/b c"), UploadId: &id})
	wantError(t, err, "NoSuchUpload", noSuchUpload+id)
	s.put(keeping, "a/b c", "newer")
	_, err = s.complete(keeping, "a/b c", id, nil, list...)
	wantError(t, err, "NoSuchUpload", noSuchUpload+id)
}

// wholeETag is the ETag of an object of those parts.
func wholeETag(parts ...string) string {
	var sums []byte
	for _, part := range parts {
		sum := md5.Sum([]byte(part))
		sums = append(sums, sum[:]...)
	}
	return fmt.Sprintf(`"%x-%d"`, md5.Sum(sums), len(parts))
}

func TestChecksumsOfUploads(t *testing.T) {
	first := strings.Repeat("a", s3.MinPart)
	for _, tt := range []struct {
		algorithm, asked string // the type that is asked for, if any
		kind             string
	}{
		{"CRC32", "", "COMPOSITE"},
		{"CRC32", "FULL_OBJECT", "FULL_OBJECT"},
		{"CRC32C", "COMPOSITE", "COMPOSITE"},
		{"CRC32C", "FULL_OBJECT", "FULL_OBJECT"},
		{"CRC64NVME", "", "FULL_OBJECT"},
		{"SHA1", "", "COMPOSITE"},
		{"SHA256", "COMPOSITE", "COMPOSITE"},
	} {
		t.Run(tt.algorithm+" "+tt.asked, func(t *testing.T) {
			s := newShelf(t)
			begin := &s3api.CreateMultipartUploadInput{Bucket: new(simple), Key: new("k"), ChecksumAlgorithm: &tt.algorithm}
			if tt.asked != "" {
				begin.ChecksumType = &tt.asked
			}
			begun := servicetest.Must(s.CreateMultipartUpload(s.ctx, begin))(t)
			servicetest.Diff(t, []string{tt.algorithm, tt.kind}, []string{*begun.ChecksumAlgorithm, *begun.ChecksumType})
			var list []s3api.CompletedPart
			var sums []byte
			for i, content := range []string{first, "b"} {
				in := &s3api.UploadPartInput{Bucket: new(simple), Key: new("k"), UploadId: begun.UploadId, PartNumber: new(int32(i + 1)), Body: strings.NewReader(content)}
				sum := sumOf(t, tt.algorithm, content)
				s3.Fill(in, s3.ToldPart(objects.Checksum{Algorithm: tt.algorithm, Value: sum}))
				part := s3api.CompletedPart{PartNumber: in.PartNumber}
				s3.Fill(&part, servicetest.Must(s.UploadPart(s.ctx, in))(t))
				servicetest.Diff(t, []objects.Checksum{{Algorithm: tt.algorithm, Value: sum}}, s3.Given(&part))
				list = append(list, part)
				raw, _ := base64.StdEncoding.DecodeString(sum)
				sums = append(sums, raw...)
			}
			want := sumOf(t, tt.algorithm, string(sums)) + "-2"
			if tt.kind == "FULL_OBJECT" {
				want = sumOf(t, tt.algorithm, first+"b")
			}
			out := servicetest.Must(s.complete(simple, "k", *begun.UploadId, func(in *s3api.CompleteMultipartUploadInput) {
				s3.Fill(in, s3.ToldPart(objects.Checksum{Algorithm: tt.algorithm, Value: want}))
				in.ChecksumType, in.MpuObjectSize = &tt.kind, new(int64(s3.MinPart+1))
			}, list...))(t)
			servicetest.Diff(t, []objects.Checksum{{Algorithm: tt.algorithm, Value: want}}, s3.Given(out))
			servicetest.Diff(t, []any{tt.kind, s3.Given(out)}, []any{*s.head(simple, "k").ChecksumType, s3.Given(s.head(simple, "k"))})
			s.attributes(tt.kind, want, first)
		})
	}
}

// attributes compares what the attributes of an upload of two parts tell.
func (s *shelf) attributes(kind, sum, first string) {
	s.Helper()
	ask := func(most, after *int32) *s3api.GetObjectAttributesOutput {
		return servicetest.Must(s.GetObjectAttributes(s.ctx, &s3api.GetObjectAttributesInput{
			Bucket: new(simple), Key: new("k"), MaxParts: most, PartNumberMarker: after,
			ObjectAttributes: []string{"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"},
		}))(s)
	}
	sum, _, _ = strings.Cut(sum, "-") // attributes do not tell the number of parts with it
	out := ask(nil, nil)
	servicetest.Diff(s, []any{strings.Trim(wholeETag(first, "b"), `"`), sum, kind, "STANDARD", int64(s3.MinPart + 1), int32(2)},
		[]any{*out.ETag, s3.Given(out.Checksum)[0].Value, *out.Checksum.ChecksumType, *out.StorageClass, *out.ObjectSize, *out.ObjectParts.TotalPartsCount})
	if kind == "FULL_OBJECT" {
		servicetest.Diff(s, &s3api.GetObjectAttributesParts{TotalPartsCount: new(int32(2))}, out.ObjectParts)
		return
	}
	servicetest.Diff(s, []int64{s3.MinPart, 1}, []int64{*out.ObjectParts.Parts[0].Size, *out.ObjectParts.Parts[1].Size})
	page := ask(new(int32(1)), nil).ObjectParts
	servicetest.Diff(s, []any{1, true, int32(1), int32(1)}, []any{len(page.Parts), *page.IsTruncated, *page.NextPartNumberMarker, *page.MaxParts})
	page = ask(new(int32(1)), page.NextPartNumberMarker).ObjectParts
	servicetest.Diff(s, []any{1, false, int32(2), int32(1)}, []any{len(page.Parts), *page.IsTruncated, *page.NextPartNumberMarker, *page.PartNumberMarker})
}

func TestGetObjectAttributesRefuses(t *testing.T) {
	s := newShelf(t)
	s.put(simple, "k", "a")
	for _, tt := range []struct {
		name       string
		in         s3api.GetObjectAttributesInput
		code, want string
	}{
		{
			"attribute",
			s3api.GetObjectAttributesInput{ObjectAttributes: []string{"ETag", "Color"}},
			"InvalidArgument",
			"Invalid attribute name specified.\nArgumentName=x-amz-object-attributes\nArgumentValue=Color",
		},
		{
			"limit",
			s3api.GetObjectAttributesInput{MaxParts: new(int32(-1))},
			"InvalidArgument",
			"Provided max-parts not an integer or within integer range\nArgumentName=x-amz-max-parts\nArgumentValue=-1",
		},
		{"no object", s3api.GetObjectAttributesInput{Key: new("n")}, "NoSuchKey", noSuchKey + "\nKey=n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := s3api.GetObjectAttributesInput{Bucket: new(simple), Key: new("k"), ObjectAttributes: []string{"ETag"}}
			s3.Fill(&in, &tt.in)
			_, err := s.GetObjectAttributes(s.ctx, &in)
			wantError(t, err, tt.code, tt.want)
		})
	}
	servicetest.Diff(t, &s3api.GetObjectAttributesOutput{LastModified: new(noon), ObjectSize: new(int64(1))},
		servicetest.Must(s.GetObjectAttributes(s.ctx, &s3api.GetObjectAttributesInput{
			Bucket: new(simple), Key: new("k"), ObjectAttributes: []string{"ObjectSize", "ObjectParts"},
		}))(t))
}

func TestCreateMultipartUploadRefuses(t *testing.T) {
	s := newShelf(t)
	for _, tt := range []struct {
		name       string
		in         s3api.CreateMultipartUploadInput
		code, want string
	}{
		{
			"type alone",
			s3api.CreateMultipartUploadInput{ChecksumType: new("COMPOSITE")},
			"InvalidRequest",
			"The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
		},
		{
			"algorithm",
			s3api.CreateMultipartUploadInput{ChecksumAlgorithm: new("CRC16")},
			"InvalidRequest",
			"Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
		},
		{
			"type",
			s3api.CreateMultipartUploadInput{ChecksumAlgorithm: new("CRC32"), ChecksumType: new("HALF")},
			"InvalidRequest",
			"Value for x-amz-checksum-type header is invalid.",
		},
		{
			"composite NVME",
			s3api.CreateMultipartUploadInput{ChecksumAlgorithm: new("CRC64NVME"), ChecksumType: new("COMPOSITE")},
			"InvalidRequest",
			"The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm.",
		},
		{
			"full SHA",
			s3api.CreateMultipartUploadInput{ChecksumAlgorithm: new("SHA256"), ChecksumType: new("FULL_OBJECT")},
			"InvalidRequest",
			"The FULL_OBJECT checksum type cannot be used with the sha256 checksum algorithm.",
		},
		{"class", s3api.CreateMultipartUploadInput{StorageClass: new("OUTPOSTS")}, "InvalidStorageClass", "The storage class you specified is not valid\nStorageClassRequested=OUTPOSTS"},
		{"ACL", s3api.CreateMultipartUploadInput{ACL: new("public-read")}, "AccessControlListNotSupported", "The bucket does not allow ACLs"},
		{"lock", s3api.CreateMultipartUploadInput{ObjectLockLegalHoldStatus: new("ON")}, "InvalidRequest", noLock},
		{"long key", s3api.CreateMultipartUploadInput{Key: &long}, "KeyTooLongError", longMessage},
		{"no bucket", s3api.CreateMultipartUploadInput{Bucket: new(nowhere)}, "NoSuchBucket", "The specified bucket does not exist\nBucketName=missing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := s3api.CreateMultipartUploadInput{Bucket: new(simple), Key: new("k")}
			s3.Fill(&in, &tt.in)
			_, err := s.CreateMultipartUpload(s.ctx, &in)
			wantError(t, err, tt.code, tt.want)
		})
	}
}

func TestUploadPartRefuses(t *testing.T) {
	s := newShelf(t)
	id := s.begin(simple, "k", nil)
	sha := s.begin(simple, "k", func(in *s3api.CreateMultipartUploadInput) { in.ChecksumAlgorithm = new("SHA256") })
	outside := "../../../../outside"
	for _, tt := range []struct {
		name       string
		in         s3api.UploadPartInput
		code, want string
	}{
		{
			"number 0",
			s3api.UploadPartInput{PartNumber: new(int32(0))},
			"InvalidArgument",
			"Part number must be an integer between 1 and 10000, inclusive\nArgumentName=partNumber\nArgumentValue=0",
		},
		{
			"number 10001",
			s3api.UploadPartInput{PartNumber: new(int32(10001))},
			"InvalidArgument",
			"Part number must be an integer between 1 and 10000, inclusive\nArgumentName=partNumber\nArgumentValue=10001",
		},
		{"a path as an upload", s3api.UploadPartInput{UploadId: &outside}, "NoSuchUpload", noSuchUpload + outside},
		{"another key's upload", s3api.UploadPartInput{Key: new("l")}, "NoSuchUpload", noSuchUpload + id},
		{"another bucket's upload", s3api.UploadPartInput{Bucket: new(keeping)}, "NoSuchUpload", noSuchUpload + id},
		{
			"too large",
			s3api.UploadPartInput{ContentLength: new(int64(s3.MaxObject + 1))},
			"EntityTooLarge",
			"Your proposed upload exceeds the maximum allowed size\nProposedSize=5368709121\nMaxSizeAllowed=5368709120",
		},
		{"MD5", s3api.UploadPartInput{ContentMD5: new("AAAA")}, "InvalidDigest", "The Content-MD5 you specified was invalid.\nContent-MD5=AAAA"},
		{"checksum", s3api.UploadPartInput{ChecksumCRC32: new("AAAAAA==")}, "BadDigest", "The CRC32 you specified did not match the calculated checksum."},
		{
			"another checksum",
			s3api.UploadPartInput{UploadId: &sha, ChecksumCRC32: new("AAAAAA==")},
			"InvalidRequest",
			"Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32",
		},
		{
			"no checksum",
			s3api.UploadPartInput{UploadId: &sha},
			"InvalidRequest",
			"Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: null",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := s3api.UploadPartInput{Bucket: new(simple), Key: new("k"), UploadId: &id, PartNumber: new(int32(1)), Body: strings.NewReader("a")}
			s3.Fill(&in, &tt.in)
			_, err := s.UploadPart(s.ctx, &in)
			wantError(t, err, tt.code, tt.want)
		})
	}
	crc := sumOf(t, "CRC32", "a")
	out := servicetest.Must(s.UploadPart(s.ctx, &s3api.UploadPartInput{
		Bucket: new(simple), Key: new("k"), UploadId: &id, PartNumber: new(int32(1)), Body: strings.NewReader("a"), ChecksumCRC32: &crc,
	}))(t)
	servicetest.Diff(t, &s3api.UploadPartOutput{ETag: new(etagOfText("a")), ChecksumCRC32: &crc, ServerSideEncryption: new("AES256")}, out)
}

func TestCompleteMultipartUploadRefuses(t *testing.T) {
	s := newShelf(t)
	s.put(simple, "k", "there")
	id := s.begin(simple, "k", nil)
	sha := s.begin(simple, "k", func(in *s3api.CreateMultipartUploadInput) { in.ChecksumAlgorithm = new("SHA256") })
	small, last := s.part(simple, "k", id, 1, "a"), s.part(simple, "k", id, 2, "b")
	servicetest.Must(s.UploadPart(s.ctx, &s3api.UploadPartInput{
		Bucket: new(simple), Key: new("k"), UploadId: &sha, PartNumber: new(int32(1)), Body: strings.NewReader("a"), ChecksumSHA256: new(sumOf(t, "SHA256", "a")),
	}))(t)
	other, absent, wrongSum := small, small, small
	other.ETag, absent.PartNumber, wrongSum.ChecksumSHA256 = new("b"), new(int32(3)), new(sumOf(t, "SHA256", "b"))
	bad := "One or more of the specified parts could not be found.  The part may not have been uploaded, " +
		"or the specified entity tag may not match the part's entity tag."
	order := "The list of parts was not in ascending order. The parts list must be specified in order by part number.\nUploadId=" + id
	malformed := "The XML you provided was not well-formed or did not validate against our published schema"
	etag := strings.Trim(*small.ETag, `"`)
	for _, tt := range []struct {
		name       string
		list       []s3api.CompletedPart
		in         func(*s3api.CompleteMultipartUploadInput)
		code, want string
	}{
		{"empty", nil, nil, "MalformedXML", malformed},
		{"without ETag", []s3api.CompletedPart{{PartNumber: new(int32(1))}}, nil, "MalformedXML", malformed},
		{"no body", nil, func(in *s3api.CompleteMultipartUploadInput) { in.MultipartUpload = nil }, "InvalidRequest", "You must specify at least one part"},
		{"another order", []s3api.CompletedPart{last, small}, nil, "InvalidPartOrder", order},
		{"twice", []s3api.CompletedPart{small, small}, nil, "InvalidPartOrder", order},
		{"another ETag", []s3api.CompletedPart{other}, nil, "InvalidPart", bad + "\nETag=b\nPartNumber=1\nUploadId=" + id},
		{"no such part", []s3api.CompletedPart{absent}, nil, "InvalidPart", bad + "\nETag=" + etag + "\nPartNumber=3\nUploadId=" + id},
		{
			"too small",
			[]s3api.CompletedPart{small, last},
			nil, "EntityTooSmall",
			"Your proposed upload is smaller than the minimum allowed size\nETag=" + etag + "\nMinSizeAllowed=5242880\nPartNumber=1\nProposedSize=1",
		},
		{
			"another type",
			[]s3api.CompletedPart{small},
			func(in *s3api.CompleteMultipartUploadInput) { in.ChecksumType = new("COMPOSITE") }, "InvalidRequest",
			"The upload was created using the FULL_OBJECT checksum mode. The complete request must use the same checksum mode.",
		},
		{
			"another size",
			[]s3api.CompletedPart{small},
			func(in *s3api.CompleteMultipartUploadInput) { in.MpuObjectSize = new(int64(2)) }, "InvalidRequest",
			"The provided 'x-amz-mp-object-size' header value 2 does not match what was computed: 1",
		},
		{
			"another checksum",
			[]s3api.CompletedPart{small},
			func(in *s3api.CompleteMultipartUploadInput) { in.ChecksumCRC64NVME = new("AAAAAAAAAAA=") }, "BadDigest",
			"The crc64nvme you specified did not match the calculated checksum.",
		},
		{
			"two checksums",
			[]s3api.CompletedPart{small},
			func(in *s3api.CompleteMultipartUploadInput) { in.ChecksumCRC32, in.ChecksumSHA1 = new("a"), new("b") }, "InvalidRequest",
			"Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
		},
		{"it is there", []s3api.CompletedPart{small}, func(in *s3api.CompleteMultipartUploadInput) { in.IfNoneMatch = new("*") }, "PreconditionFailed", preFailed + "\nCondition=If-None-Match"},
		{"it is another", []s3api.CompletedPart{small}, func(in *s3api.CompleteMultipartUploadInput) { in.IfMatch = new("b") }, "PreconditionFailed", preFailed + "\nCondition=If-Match"},
		{
			"without a part's checksum",
			[]s3api.CompletedPart{small},
			func(in *s3api.CompleteMultipartUploadInput) { in.UploadId = &sha }, "InvalidRequest",
			"The upload was created using a sha256 checksum. The complete request must include the checksum for each part. It was missing for part 1 in the request.",
		},
		{
			"with another part's checksum",
			[]s3api.CompletedPart{wrongSum},
			func(in *s3api.CompleteMultipartUploadInput) { in.UploadId = &sha }, "InvalidPart",
			bad + "\nETag=" + etag + "\nPartNumber=1\nUploadId=" + sha,
		},
		{"no upload", []s3api.CompletedPart{small}, func(in *s3api.CompleteMultipartUploadInput) { in.UploadId = new("../x") }, "NoSuchUpload", noSuchUpload + "../x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.complete(simple, "k", id, tt.in, tt.list...)
			wantError(t, err, tt.code, tt.want)
		})
	}
	content, _ := s.get(simple, "k")
	servicetest.Diff(t, "there", content)
	servicetest.Must(s.complete(simple, "k", id, func(in *s3api.CompleteMultipartUploadInput) { in.IfMatch = new(etagOfText("there")) }, small))(t)
}

func TestUploadPartCopy(t *testing.T) {
	s := newShelf(t)
	source := strings.Repeat("abcdefgh", s3.MinPart/8)
	s.put(simple, "source", source)
	s.upload(simple, "parts", nil, source, "tail")
	id := s.begin(keeping, "k", func(in *s3api.CreateMultipartUploadInput) { in.ChecksumAlgorithm = new("CRC32") })
	part := func(number int32, from string, bytes *string) *s3api.CopyPartResult {
		return servicetest.Must(s.UploadPartCopy(s.ctx, &s3api.UploadPartCopyInput{
			Bucket: new(keeping), Key: new("k"), UploadId: &id, PartNumber: &number, CopySource: &from, CopySourceRange: bytes,
		}))(t).CopyPartResult
	}
	var list []s3api.CompletedPart
	contents := []string{source, source[1:] + "t", "ail"}
	for i, result := range []*s3api.CopyPartResult{
		part(1, "simple/source", nil), part(2, "simple/parts", new("bytes=1-5242880")), part(3, "simple/parts", new("bytes=5242881-5242883")),
	} {
		servicetest.Diff(t, &s3api.CopyPartResult{
			ETag: new(etagOfText(contents[i])), LastModified: new(noon), ChecksumCRC32: new(sumOf(t, "CRC32", contents[i])),
		}, result)
		done := s3api.CompletedPart{PartNumber: new(int32(i + 1))}
		s3.Fill(&done, result)
		list = append(list, done)
	}
	servicetest.Must(s.complete(keeping, "k", id, nil, list...))(t)
	if content, _ := s.get(keeping, "k"); content != strings.Join(contents, "") {
		t.Errorf("the object has %d other bytes", len(content))
	}
}

func TestUploadPartCopyRefuses(t *testing.T) {
	s := newShelf(t)
	s.put(simple, "k", "Hello")
	id := s.begin(simple, "k", nil)
	form := "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy"
	for _, tt := range []struct {
		name       string
		in         s3api.UploadPartCopyInput
		code, want string
	}{
		{"open range", s3api.UploadPartCopyInput{CopySourceRange: new("bytes=1-")}, "InvalidArgument", form + "\nArgumentName=x-amz-copy-source-range\nArgumentValue=bytes=1-"},
		{"no range", s3api.UploadPartCopyInput{CopySourceRange: new("1-2")}, "InvalidArgument", form + "\nArgumentName=x-amz-copy-source-range\nArgumentValue=1-2"},
		{"range from its end", s3api.UploadPartCopyInput{CopySourceRange: new("bytes=2-1")}, "InvalidArgument", form + "\nArgumentName=x-amz-copy-source-range\nArgumentValue=bytes=2-1"},
		{
			"past the end",
			s3api.UploadPartCopyInput{CopySourceRange: new("bytes=0-5")},
			"InvalidArgument",
			"Range specified is not valid for source object of size: 5\nArgumentName=x-amz-copy-source-range\nArgumentValue=bytes=0-5",
		},
		{"no source", s3api.UploadPartCopyInput{CopySource: new("simple/n")}, "NoSuchKey", noSuchKey + "\nKey=n"},
		{"foreign source", s3api.UploadPartCopyInput{CopySource: new("foreign/n")}, "AccessDenied", "Access Denied"},
		{"another source", s3api.UploadPartCopyInput{CopySourceIfMatch: new("b")}, "PreconditionFailed", preFailed + "\nCondition=x-amz-copy-source-If-Match"},
		{
			"number",
			s3api.UploadPartCopyInput{PartNumber: new(int32(0))},
			"InvalidArgument",
			"Part number must be an integer between 1 and 10000, inclusive\nArgumentName=partNumber\nArgumentValue=0",
		},
		{"no upload", s3api.UploadPartCopyInput{UploadId: new("../x")}, "NoSuchUpload", noSuchUpload + "../x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := s3api.UploadPartCopyInput{Bucket: new(simple), Key: new("k"), UploadId: &id, PartNumber: new(int32(1)), CopySource: new("simple/k")}
			s3.Fill(&in, &tt.in)
			_, err := s.UploadPartCopy(s.ctx, &in)
			wantError(t, err, tt.code, tt.want)
		})
	}
}

func TestListParts(t *testing.T) {
	s := newShelf(t)
	id := s.begin(simple, "k", func(in *s3api.CreateMultipartUploadInput) {
		in.ChecksumAlgorithm, in.ChecksumType = new("CRC32"), new("FULL_OBJECT")
	})
	list := func(in s3api.ListPartsInput) (*s3api.ListPartsOutput, error) {
		in.Bucket, in.Key, in.UploadId = new(simple), new("k"), &id
		return s.ListParts(s.ctx, &in)
	}
	owner := s3.OwnerOf(servicetest.Account)
	want := &s3api.ListPartsOutput{
		Bucket: new(simple), Key: new("k"), UploadId: &id, PartNumberMarker: new(int32(0)), NextPartNumberMarker: new(int32(0)), MaxParts: new(int32(1000)),
		IsTruncated: new(false), Owner: owner, Initiator: &s3api.Initiator{ID: owner.ID}, StorageClass: new("STANDARD"),
		ChecksumAlgorithm: new("CRC32"), ChecksumType: new("FULL_OBJECT"),
	}
	servicetest.Diff(t, want, servicetest.Must(list(s3api.ListPartsInput{}))(t))
	for _, number := range []int32{7, 1, 10_000} {
		s.part(simple, "k", id, number, "abc")
		want.Parts = append(want.Parts, s3api.Part{
			PartNumber: &number, LastModified: new(noon), ETag: new(etagOfText("abc")), Size: new(int64(3)), ChecksumCRC32: new(sumOf(t, "CRC32", "abc")),
		})
	}
	want.Parts[0], want.Parts[1] = want.Parts[1], want.Parts[0]
	all := want.Parts
	want.NextPartNumberMarker = new(int32(10_000))
	servicetest.Diff(t, want, servicetest.Must(list(s3api.ListPartsInput{MaxParts: new(int32(5000))}))(t))
	want.Parts, want.MaxParts, want.IsTruncated, want.NextPartNumberMarker = all[:2], new(int32(2)), new(true), new(int32(7))
	servicetest.Diff(t, want, servicetest.Must(list(s3api.ListPartsInput{MaxParts: new(int32(2))}))(t))
	want.Parts, want.PartNumberMarker, want.IsTruncated, want.NextPartNumberMarker = all[2:], new(int32(7)), new(false), new(int32(10_000))
	servicetest.Diff(t, want, servicetest.Must(list(s3api.ListPartsInput{MaxParts: new(int32(2)), PartNumberMarker: new(int32(7))}))(t))
	_, err := list(s3api.ListPartsInput{MaxParts: new(int32(-1))})
	wantError(t, err, "InvalidArgument", "Argument max-parts must be an integer between 0 and 2147483647\nArgumentName=max-parts\nArgumentValue=-1")
	servicetest.Must(s.AbortMultipartUpload(s.ctx, &s3api.AbortMultipartUploadInput{Bucket: new(simple), Key: new("k"), UploadId: &id}))(t)
	_, err = list(s3api.ListPartsInput{})
	wantError(t, err, "NoSuchUpload", noSuchUpload+id)
}

func TestListMultipartUploads(t *testing.T) {
	s := newShelf(t)
	ids := map[string]string{}
	for _, key := range []string{"b", "a/2", "a/1", "a", "c d", "b"} {
		id := s.begin(simple, key, nil)
		if _, again := ids[key]; again {
			key += " again"
		}
		ids[key] = id
	}
	list := func(in s3api.ListMultipartUploadsInput) *s3api.ListMultipartUploadsOutput {
		in.Bucket = new(simple)
		return servicetest.Must(s.ListMultipartUploads(s.ctx, &in))(t)
	}
	names := func(out *s3api.ListMultipartUploadsOutput) string {
		var all []string
		for _, u := range out.Uploads {
			name := *u.Key
			if *u.UploadId == ids["b again"] {
				name += " again"
			}
			all = append(all, name)
		}
		for _, p := range out.CommonPrefixes {
			all = append(all, *p.Prefix)
		}
		return fmt.Sprintf("%s; %t, %s, %s", strings.Join(all, ","), *out.IsTruncated, *out.NextKeyMarker, *out.NextUploadIdMarker)
	}
	for _, tt := range []struct {
		name string
		in   s3api.ListMultipartUploadsInput
		want string
	}{
		{"all", s3api.ListMultipartUploadsInput{}, "a,a/1,a/2,b,b again,c d; false, c d, " + ids["c d"]},
		{"none", s3api.ListMultipartUploadsInput{Prefix: new("x")}, "; false, , "},
		{"prefix", s3api.ListMultipartUploadsInput{Prefix: new("a/")}, "a/1,a/2; false, a/2, " + ids["a/2"]},
		{"delimiter", s3api.ListMultipartUploadsInput{Delimiter: new("/")}, "a,b,b again,c d,a/; false, c d, " + ids["c d"]},
		{"page", s3api.ListMultipartUploadsInput{MaxUploads: new(int32(4))}, "a,a/1,a/2,b; true, b, " + ids["b"]},
		{"page behind an upload", s3api.ListMultipartUploadsInput{KeyMarker: new("b"), UploadIdMarker: new(ids["b"])}, "b again,c d; false, c d, " + ids["c d"]},
		{"page behind an upload that has ended", s3api.ListMultipartUploadsInput{KeyMarker: new("b"), UploadIdMarker: new("gone")}, "c d; false, c d, " + ids["c d"]},
		{"page behind a key", s3api.ListMultipartUploadsInput{KeyMarker: new("b")}, "c d; false, c d, " + ids["c d"]},
		{"page that ends in a prefix", s3api.ListMultipartUploadsInput{Delimiter: new("/"), MaxUploads: new(int32(2))}, "a,a/; true, a/, "},
		{"page behind a prefix", s3api.ListMultipartUploadsInput{Delimiter: new("/"), KeyMarker: new("a/")}, "b,b again,c d; false, c d, " + ids["c d"]},
		{"an upload without its key", s3api.ListMultipartUploadsInput{UploadIdMarker: new(ids["c d"]), MaxUploads: new(int32(1))}, "a; true, a, " + ids["a"]},
		{"encoded", s3api.ListMultipartUploadsInput{Prefix: new("c d"), EncodingType: new("url")}, "c+d; false, c+d, " + ids["c d"]},
		{"page of none", s3api.ListMultipartUploadsInput{MaxUploads: new(int32(0))}, "; false, , "},
	} {
		t.Run(tt.name, func(t *testing.T) { servicetest.Diff(t, tt.want, names(list(tt.in))) })
	}
	owner := s3.OwnerOf(servicetest.Account)
	servicetest.Diff(t, &s3api.ListMultipartUploadsOutput{
		Bucket: new(simple), KeyMarker: new("b"), UploadIdMarker: new(""), NextKeyMarker: new("c d"), NextUploadIdMarker: new(ids["c d"]),
		Prefix: new("c"), Delimiter: new("/"), MaxUploads: new(int32(1000)), IsTruncated: new(false),
		Uploads: []s3api.MultipartUpload{{
			Key: new("c d"), UploadId: new(ids["c d"]), Initiated: new(noon), StorageClass: new("STANDARD"), Owner: owner, Initiator: &s3api.Initiator{ID: owner.ID},
		}},
	}, list(s3api.ListMultipartUploadsInput{KeyMarker: new("b"), Prefix: new("c"), Delimiter: new("/")}))
	for name, in := range map[string]*s3api.ListMultipartUploadsInput{
		"max-uploads":   {Bucket: new(simple), MaxUploads: new(int32(-1))},
		"encoding-type": {Bucket: new(simple), EncodingType: new("x")},
	} {
		_, err := s.ListMultipartUploads(s.ctx, in)
		servicetest.WantCode(t, err, "InvalidArgument")
		servicetest.Diff(t, any(name), fieldsOfError(err)["ArgumentName"])
	}
}
