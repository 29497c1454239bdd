package plain

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// listed is what a listing says of an object.
type listed struct {
	key      string
	version  string // empty where only latest versions are listed
	latest   bool
	marker   bool
	size     int64
	etag     string
	modified time.Time
}

// name is what a person calls the object.
func (l *listed) name() string {
	if l.version == "" || l.latest {
		return l.key
	}
	return l.key + " (version " + l.version + ")"
}

// temp is the name of the file that its content comes in.
func (l *listed) temp(etag string) string {
	sum := sha256.Sum256([]byte(l.key + "\x00" + l.version + "\x00" + etag))
	return hex.EncodeToString(sum[:])
}

// object is what S3 says of an object, and how its content can be checked.
type object struct {
	listed

	entry     Entry
	encrypted bool  // by a key that makes the ETag say nothing
	tagCount  int32 // how many tags it has
	exact     bool  // the sizes of its parts were asked for one by one
}

// etagSays reports whether the ETag tells what the content is.
func (o *object) etagSays() bool {
	return !o.encrypted && etagForm.MatchString(o.entry.ETag) && partCount(o.entry.ETag) == len(o.entry.Parts)
}

// sumSays reports whether the checksum tells what the content is.
func (o *object) sumSays() bool {
	return o.entry.Checksum != nil && o.entry.Checksum.Type != string(types.ChecksumTypeComposite) &&
		newDigester(nil, o.entry.Checksum.Algorithm).sum != nil
}

func (o *object) verifiable() bool { return o.etagSays() || o.sumSays() }

// algorithm is that of the checksum to check; empty for none.
func (o *object) algorithm() string {
	if o.sumSays() {
		return o.entry.Checksum.Algorithm
	}
	return ""
}

// head asks what S3 knows of an object.
func (x *export) head(ctx context.Context, e *exported) (*object, error) {
	out, err := x.Client.HeadObject(ctx, &s3.HeadObjectInput{
		Bucket: &x.Bucket, Key: &e.key, VersionId: some(e.version), ChecksumMode: types.ChecksumModeEnabled,
	})
	if err != nil {
		return nil, err
	}
	o := &object{listed: e.listed, tagCount: value(out.TagCount), entry: entryOf(out)}
	o.entry.Key, o.entry.Version, o.entry.Latest, o.entry.File = e.key, e.version, e.latest, e.file
	o.encrypted = strings.HasPrefix(string(out.ServerSideEncryption), "aws:kms") || out.SSECustomerAlgorithm != nil
	if n := partCount(o.entry.ETag); n > 0 {
		first, err := x.partSize(ctx, o, 1)
		if err != nil {
			return nil, err
		}
		if o.entry.Parts = partSizes(o.entry.Size, first, n); o.entry.Parts == nil {
			o.exact = true
			if o.entry.Parts, err = x.exactParts(ctx, o, n); err != nil {
				return nil, err
			}
		}
	}
	o.entry.Unsure = !o.verifiable()
	return o, nil
}

func entryOf(out *s3.HeadObjectOutput) Entry {
	e := Entry{
		Modified: value(out.LastModified).UTC(), Size: value(out.ContentLength), ETag: strings.Trim(value(out.ETag), `"`),
		Headers: map[string]string{}, Metadata: out.Metadata, StorageClass: string(out.StorageClass),
		LegalHold: out.ObjectLockLegalHoldStatus == types.ObjectLockLegalHoldStatusOn,
	}
	if e.StorageClass == string(types.StorageClassStandard) {
		e.StorageClass = "" // AWS does not tell it either
	}
	for name, v := range map[string]*string{
		"content-type": out.ContentType, "content-encoding": out.ContentEncoding, "content-language": out.ContentLanguage,
		"content-disposition": out.ContentDisposition, "cache-control": out.CacheControl, "expires": out.ExpiresString,
		"website-redirect-location": out.WebsiteRedirectLocation,
	} {
		if value(v) != "" {
			e.Headers[name] = *v
		}
	}
	for algorithm, v := range map[types.ChecksumAlgorithm]*string{
		types.ChecksumAlgorithmCrc32: out.ChecksumCRC32, types.ChecksumAlgorithmCrc32c: out.ChecksumCRC32C,
		types.ChecksumAlgorithmSha1: out.ChecksumSHA1, types.ChecksumAlgorithmSha256: out.ChecksumSHA256,
		types.ChecksumAlgorithmCrc64nvme: out.ChecksumCRC64NVME,
	} {
		if v != nil {
			e.Checksum = &Checksum{string(algorithm), *v, string(out.ChecksumType)}
		}
	}
	if out.ObjectLockMode != "" && out.ObjectLockRetainUntilDate != nil {
		e.Retention = &Retention{string(out.ObjectLockMode), out.ObjectLockRetainUntilDate.UTC()}
	}
	return e
}

// partSize asks how large a part is.
func (x *export) partSize(ctx context.Context, o *object, number int32) (int64, error) {
	out, err := x.Client.HeadObject(ctx, &s3.HeadObjectInput{
		Bucket: &x.Bucket, Key: &o.key, VersionId: some(o.version), PartNumber: &number, IfMatch: quoted(o.entry.ETag),
	})
	if err != nil {
		return 0, err
	}
	return value(out.ContentLength), nil
}

// exactParts asks for the size of each of n parts; nil when these are not the
// whole object.
func (x *export) exactParts(ctx context.Context, o *object, n int) ([]int64, error) {
	sizes := make([]int64, n)
	for i := range sizes {
		var err error
		if sizes[i], err = x.partSize(ctx, o, int32(i+1)); err != nil {
			return nil, fmt.Errorf("ask for the size of part %d: %w", i+1, err)
		}
	}
	if sum := total(sizes); sum != o.entry.Size {
		return nil, nil // an S3 that knows no parts
	}
	return sizes, nil
}

func total(sizes []int64) (sum int64) {
	for _, n := range sizes {
		sum += n
	}
	return sum
}

// get writes the object's content from offset on to w.
func (x *export) get(ctx context.Context, w io.Writer, e *exported, o *object, offset int64) (err error) {
	in := &s3.GetObjectInput{Bucket: &x.Bucket, Key: &e.key, VersionId: some(e.version), IfMatch: quoted(o.entry.ETag)}
	if offset > 0 {
		in.Range = some(fmt.Sprintf("bytes=%d-", offset))
	}
	out, err := x.Client.GetObject(ctx, in)
	if err != nil {
		return err
	}
	defer out.Body.Close() //nolint:errcheck // what came is checked
	n, err := io.Copy(w, io.LimitReader(out.Body, o.entry.Size-offset))
	if err == nil && offset+n < o.entry.Size {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// tags adds the object's tags.
func (x *export) tags(ctx context.Context, o *object) error {
	if o.tagCount == 0 {
		return nil
	}
	out, err := x.Client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: &x.Bucket, Key: &o.key, VersionId: some(o.version)})
	if err != nil {
		return err
	}
	o.entry.Tags = map[string]string{}
	for _, t := range out.TagSet {
		o.entry.Tags[value(t.Key)] = value(t.Value)
	}
	return nil
}

// tagging returns tags as the header has them.
func tagging(tags map[string]string) *string {
	if len(tags) == 0 {
		return nil
	}
	query := url.Values{}
	for k, v := range maps.All(tags) {
		query.Set(k, v)
	}
	return some(query.Encode())
}

func quoted(etag string) *string { return some(`"` + etag + `"`) }
