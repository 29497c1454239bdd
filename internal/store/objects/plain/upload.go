package plain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"os"
	"path"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"
)

const (
	// partLimit is the size from which on a plain file is uploaded in parts.
	partLimit = 64 << 20
	partSize  = 16 << 20
	maxParts  = 10_000
	// putLimit is the most that one request may put.
	putLimit = 5 << 30
)

// fileEntry is the entry of a file that no manifest speaks of.
func fileEntry(key, name string, size int64) Entry {
	e := Entry{Key: key, File: name, Latest: true, Size: size, Headers: map[string]string{}}
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		e.Headers["content-type"] = kind
	}
	if size > partLimit {
		e.Parts = partsFor(size)
	}
	return e
}

// partsFor returns the sizes of parts for an object of which none are known.
func partsFor(size int64) []int64 {
	each := int64(partSize)
	for each*maxParts < size {
		each *= 2
	}
	return partSizes(size, each, int((size+each-1)/each))
}

// object puts an object into the bucket, unless it is there.
func (m *imports) object(ctx context.Context, e *Entry) error {
	f, err := m.tree.open(e.File)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	known := e.SHA256 != ""
	if !known {
		// Of a plain file nothing is known but its name. To read it is cheaper
		// than to send it, when something of its size is there already.
		same, err := m.sizeThere(ctx, e)
		if err != nil {
			return err
		}
		if same {
			if err := m.read(ctx, f, e); err != nil {
				return err
			}
		}
	}
	if e.ETag != "" && !m.Versions {
		there, err := m.there(ctx, e)
		if err != nil || there {
			if there {
				m.count.present.Add(1)
				m.moved(0, e.Size)
			}
			return err
		}
	}
	if known {
		want := e.SHA256
		if err := m.read(ctx, f, e); err != nil {
			return err
		}
		if e.SHA256 != want {
			return fmt.Errorf("%s is not what was exported: its SHA-256 is another one than the manifest says", e.File)
		}
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if len(e.Parts) == 0 && e.Size > putLimit {
		e.Parts = partsFor(e.Size)
	}
	if len(e.Parts) > 0 {
		return m.putParts(ctx, f, e)
	}
	return m.put(ctx, f, e)
}

// read fills in what a file's content comes to.
func (m *imports) read(ctx context.Context, f *os.File, e *Entry) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	c, err := digest(ctx, f, e.Parts, "")
	if err != nil {
		return err
	}
	if c.size != e.Size {
		return fmt.Errorf("%s has %d bytes instead of %d", e.File, c.size, e.Size)
	}
	e.SHA256, e.ETag = c.sha256, c.etag
	return nil
}

func (m *imports) sizeThere(ctx context.Context, e *Entry) (bool, error) {
	out, err := m.Client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &m.Bucket, Key: &e.Key})
	if status(err) == statusNotFound {
		return false, nil
	}
	return err == nil && value(out.ContentLength) == e.Size, err
}

// there says whether the bucket has this object already, with all that it says
// of itself.
func (m *imports) there(ctx context.Context, e *Entry) (bool, error) {
	out, err := m.Client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &m.Bucket, Key: &e.Key, ChecksumMode: types.ChecksumModeEnabled})
	if status(err) == statusNotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	has := entryOf(out)
	same := has.Size == e.Size && has.ETag == e.ETag
	if !same && e.Checksum != nil && has.Checksum != nil {
		same = has.Size == e.Size && *has.Checksum == *e.Checksum // encrypted objects have other ETags
	}
	return same && maps.Equal(has.Metadata, e.Metadata) && sameHeaders(has.Headers, e.Headers), nil
}

// sameHeaders compares headers. One that was not given has S3's default.
func sameHeaders(has, want map[string]string) bool {
	for name, v := range want {
		if has[name] != v {
			return false
		}
	}
	for name := range has {
		if _, ok := want[name]; !ok && name != "content-type" {
			return false
		}
	}
	return true
}

// put uploads an object whole.
func (m *imports) put(ctx context.Context, f *os.File, e *Entry) error {
	in := &s3.PutObjectInput{
		Bucket: &m.Bucket, Key: &e.Key, Body: f, ContentLength: &e.Size, Metadata: e.Metadata, Tagging: tagging(e.Tags),
		StorageClass: types.StorageClass(e.StorageClass), ContentType: some(e.Headers["content-type"]),
		ContentEncoding: some(e.Headers["content-encoding"]), ContentLanguage: some(e.Headers["content-language"]),
		ContentDisposition: some(e.Headers["content-disposition"]), CacheControl: some(e.Headers["cache-control"]),
		Expires: expires(e), WebsiteRedirectLocation: some(e.Headers["website-redirect-location"]),
	}
	if e.Checksum != nil {
		in.ChecksumAlgorithm = types.ChecksumAlgorithm(e.Checksum.Algorithm)
	}
	in.ObjectLockMode, in.ObjectLockRetainUntilDate, in.ObjectLockLegalHoldStatus = lock(e)
	if _, err := m.Client.PutObject(ctx, in); err != nil {
		return err
	}
	m.moved(0, e.Size)
	return nil
}

// lock returns how an object is locked. A retention that has ended is S3's to
// refuse, and holds nothing.
func lock(e *Entry) (types.ObjectLockMode, *time.Time, types.ObjectLockLegalHoldStatus) {
	var mode types.ObjectLockMode
	var until *time.Time
	var hold types.ObjectLockLegalHoldStatus
	if e.Retention != nil && e.Retention.Until.After(time.Now()) {
		mode, until = types.ObjectLockMode(e.Retention.Mode), &e.Retention.Until
	}
	if e.LegalHold {
		hold = types.ObjectLockLegalHoldStatusOn
	}
	return mode, until, hold
}

func expires(e *Entry) *time.Time {
	const layout = "Mon, 02 Jan 2006 15:04:05 GMT"
	at, err := time.Parse(layout, e.Headers["expires"])
	if err != nil {
		return nil
	}
	return &at
}

// putParts uploads an object in the parts that it had, so that its ETag becomes
// the same. An upload that fails is ended.
func (m *imports) putParts(ctx context.Context, f *os.File, e *Entry) error {
	in := &s3.CreateMultipartUploadInput{
		Bucket: &m.Bucket, Key: &e.Key, Metadata: e.Metadata, Tagging: tagging(e.Tags),
		StorageClass: types.StorageClass(e.StorageClass), ContentType: some(e.Headers["content-type"]),
		ContentEncoding: some(e.Headers["content-encoding"]), ContentLanguage: some(e.Headers["content-language"]),
		ContentDisposition: some(e.Headers["content-disposition"]), CacheControl: some(e.Headers["cache-control"]),
		Expires: expires(e), WebsiteRedirectLocation: some(e.Headers["website-redirect-location"]),
	}
	if e.Checksum != nil {
		in.ChecksumAlgorithm, in.ChecksumType = types.ChecksumAlgorithm(e.Checksum.Algorithm), types.ChecksumType(e.Checksum.Type)
	}
	in.ObjectLockMode, in.ObjectLockRetainUntilDate, in.ObjectLockLegalHoldStatus = lock(e)
	upload, err := m.Client.CreateMultipartUpload(ctx, in)
	if err != nil {
		return err
	}
	done, err := m.parts(ctx, f, e, upload)
	if err == nil {
		_, err = m.Client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
			Bucket: &m.Bucket, Key: &e.Key, UploadId: upload.UploadId, ChecksumType: in.ChecksumType,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: done},
		})
	}
	if err == nil {
		return nil
	}
	// Also when the run was told to end.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortLimit)
	defer cancel()
	_, aborted := m.Client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &m.Bucket, Key: &e.Key, UploadId: upload.UploadId})
	return errors.Join(err, aborted)
}

// abortLimit is how long the end of an upload may take when all is to end.
const abortLimit = 5 * time.Second

func (m *imports) parts(ctx context.Context, f *os.File, e *Entry, upload *s3.CreateMultipartUploadOutput) ([]types.CompletedPart, error) {
	done := make([]types.CompletedPart, len(e.Parts))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(m.Parallel)
	offset := int64(0)
	for i, size := range e.Parts {
		body := io.NewSectionReader(f, offset, size)
		offset += size
		group.Go(func() error {
			number := int32(i + 1) //nolint:gosec // at most 10,000
			in := &s3.UploadPartInput{
				Bucket: &m.Bucket, Key: &e.Key, UploadId: upload.UploadId, PartNumber: &number, Body: body, ContentLength: &size,
				ChecksumAlgorithm: upload.ChecksumAlgorithm,
			}
			out, err := m.Client.UploadPart(ctx, in)
			if err != nil {
				return fmt.Errorf("part %d: %w", number, err)
			}
			m.moved(0, size)
			done[i] = types.CompletedPart{PartNumber: &number, ETag: out.ETag}
			if upload.ChecksumAlgorithm != "" {
				done[i].ChecksumCRC32, done[i].ChecksumCRC32C, done[i].ChecksumCRC64NVME = out.ChecksumCRC32, out.ChecksumCRC32C, out.ChecksumCRC64NVME
				done[i].ChecksumSHA1, done[i].ChecksumSHA256 = out.ChecksumSHA1, out.ChecksumSHA256
			}
			return nil
		})
	}
	return done, group.Wait()
}
