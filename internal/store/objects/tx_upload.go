package objects

import (
	"slices"

	"github.com/sillok/sillok/internal/cloud"
)

// mostSegments bounds how many runs of bytes a version may have: 10,000 parts,
// each copied from a version of some parts itself.
const mostSegments = 1_000_000

// CreateUpload begins an upload for key; u says what it is to become.
func (t *Tx) CreateUpload(b *Bucket, key string, u *Upload) error {
	b, err := t.current(b)
	if err != nil {
		return err
	}
	u.Bucket, u.Key, u.Number, u.Initiated = b.Name, key, t.next(), t.now
	u.ID = newID(u.Number, uploadRandom)
	return t.write(uploadKey(b.Number, key, u.Number), u)
}

// upload returns the bucket of an upload that is still there.
func (t *Tx) upload(u *Upload) (*Bucket, error) {
	b, err := t.Bucket(u.Bucket)
	if err != nil {
		return nil, err
	}
	if _, err := t.Upload(b, u.Key, u.ID); err != nil {
		return nil, err
	}
	return b, nil
}

// PutPart writes a part of an upload, in place of one of the same number.
func (t *Tx) PutPart(u *Upload, p *Part, content *Staged) error {
	if _, err := t.upload(u); err != nil {
		return err
	}
	segments, err := t.take(content)
	if err != nil {
		return err
	}
	return t.putPart(u, p, segments)
}

// CopyPart is PutPart with size bytes of a version's content from offset on,
// which both then share.
func (t *Tx) CopyPart(u *Upload, p *Part, from *Version, offset, size int64) error {
	if _, err := t.upload(u); err != nil {
		return err
	}
	now, err := t.again(from)
	if err != nil {
		return err
	}
	segments, err := t.Segments(now)
	if err != nil {
		return err
	}
	pieces, err := cut(segments, offset, size)
	if err != nil {
		return err
	}
	var shared content
	for _, piece := range pieces {
		shared = append(shared, Segment{Blob: piece.Blob, Offset: piece.Offset, Size: piece.Size})
	}
	if err := t.share(shared); err != nil {
		return err
	}
	return t.putPart(u, p, shared)
}

func (t *Tx) putPart(u *Upload, p *Part, segments content) error {
	key := partKey(u.Number, p.Number)
	var old Part
	found, err := t.read(key, &old)
	if err != nil {
		return err
	}
	if found {
		if err := t.release(old.Segments); err != nil {
			return err
		}
	}
	p.Size, p.Modified, p.Segments = segments.size(), t.now, segments
	return t.write(key, p)
}

// CompleteUpload makes v, of the parts of those numbers in that order, the latest
// version, as Put does, and ends the upload. Parts that are not named are freed.
func (t *Tx) CompleteUpload(b *Bucket, u *Upload, parts []int32, v *Version, event string) error {
	b, err := t.current(b)
	if err != nil {
		return err
	}
	if _, err := t.upload(u); err != nil {
		return err
	}
	var segments content
	for _, number := range parts {
		more, err := t.segmentsOfPart(u, number)
		if err != nil {
			return err
		}
		if segments = append(segments, more...); len(segments) > mostSegments {
			return cloud.Errorf(cloud.Invalid, "InvalidRequest", "The parts were copied from too many pieces.")
		}
	}
	if err := t.endUpload(b, u, parts); err != nil {
		return err
	}
	v.UploadID, v.Parts = u.ID, int32(len(parts)) //nolint:gosec // at most 10,000
	return t.add(b, u.Key, v, segments, event)
}

// segmentsOfPart returns the segments of a part as those of a version, of an
// empty part one without a blob.
func (t *Tx) segmentsOfPart(u *Upload, number int32) (content, error) {
	p := Part{Number: number}
	found, err := t.read(partKey(u.Number, number), &p)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, cloud.Errorf(cloud.Invalid, "InvalidPart",
			"One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.")
	}
	if len(p.Segments) == 0 {
		p.Segments = []Segment{{}}
	}
	for i := range p.Segments {
		p.Segments[i].Part, p.Segments[i].Checksum = number, p.Checksum
	}
	return p.Segments, nil
}

// AbortUpload ends an upload and frees its parts.
func (t *Tx) AbortUpload(u *Upload) error {
	b, err := t.upload(u)
	if err != nil {
		return err
	}
	return t.endUpload(b, u, nil)
}

// endUpload removes an upload and its parts, and frees the content of those that
// are not in kept.
func (t *Tx) endUpload(b *Bucket, u *Upload, kept []int32) error {
	kept = slices.Sorted(slices.Values(kept))
	prefix := numbered(spacePart, u.Number)
	var freed content
	err := t.walk(prefix, prefix, func(stored, record []byte) (bool, error) {
		p, err := decodePart(stored, record)
		if err != nil {
			return false, err
		}
		if _, named := slices.BinarySearch(kept, p.Number); !named {
			freed = append(freed, p.Segments...)
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	if err := t.release(freed); err != nil {
		return err
	}
	if err := t.removeAll(prefix); err != nil {
		return err
	}
	return t.remove(uploadKey(b.Number, u.Key, u.Number))
}
