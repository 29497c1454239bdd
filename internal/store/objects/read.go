package objects

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
)

// mostInline is how many bytes of content in the index a reader takes into memory
// when it is opened. What has more reads its state of the index as it goes.
const mostInline = 4 << 20

// Read returns size bytes of a version's content from offset on, which must lie
// within it. Every byte that comes was checked; damage is an error that names the
// version and the blob, in the first 200 KB an error of Read itself. The reader may be used and must be closed after the View
// has ended too; what it reads is not freed before that.
func (v *View) Read(ctx context.Context, version *Version, offset, size int64) (io.ReadCloser, error) {
	return v.ReadBy(ctx, nil, version, offset, size)
}

// ReadBy is Read for content that was staged by that key; by the server's own
// for nil. Without the right key it is AccessDenied.
func (v *View) ReadBy(ctx context.Context, key *seal.Sealer, version *Version, offset, size int64) (io.ReadCloser, error) {
	if v.state == nil {
		return nil, errors.New("content cannot be read in a change")
	}
	if offset < 0 || size < 0 || offset > version.Size-size {
		return nil, fmt.Errorf("read %d bytes from %d of %d", size, offset, version.Size)
	}
	segments, err := v.Segments(version)
	if err != nil {
		return nil, err
	}
	r := &reader{db: v.db, version: version, key: key, ended: ctx.Err}
	if r.pieces, err = cut(segments, offset, size); err != nil {
		return nil, damage(version, 0, err)
	}
	if err := r.prepare(v); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// prepare finds the blobs and begins with the first.
func (r *reader) prepare(v *View) error {
	if err := r.find(v); err != nil {
		return err
	}
	return r.begin()
}

// begin reads and checks the first blocks: what is damaged there is an error of
// the call, and not of an answer that has begun.
func (r *reader) begin() error {
	if len(r.pieces) == 0 || !r.pieces[0].file {
		return nil
	}
	p := &r.pieces[0]
	if err := r.openFile(p); err != nil {
		return err
	}
	if _, err := r.file.from(p.Offset); err != nil {
		return damage(r.version, p.Blob, err)
	}
	return nil
}

// piece is a run of bytes of one blob.
type piece struct {
	Segment
	inline []byte // its bytes, when they are in memory
	file   bool
	record *blobRecord // of one in a file, until it is opened
	form   form        // of one in a file that is open
}

// cut returns the pieces that make size bytes from offset on.
func cut(segments []Segment, offset, size int64) ([]piece, error) {
	var pieces []piece
	for _, s := range segments {
		if offset >= s.Size {
			offset -= s.Size
			continue
		}
		n := min(s.Size-offset, size)
		if n == 0 {
			break
		}
		s.Offset, s.Size = s.Offset+offset, n
		pieces = append(pieces, piece{Segment: s})
		offset, size = 0, size-n
	}
	if size > 0 {
		return nil, errors.New("the segments are shorter than the content")
	}
	return pieces, nil
}

// reader reads content piece by piece.
type reader struct {
	db      *DB
	version *Version
	key     *seal.Sealer // of the content; nil for the server's own
	ended   func() error
	pieces  []piece
	state   *state // that it holds; nil when it needs none
	pinned  []uint64

	file   *blobReader // of the first piece
	closed bool
}

// find finds the blobs of all pieces. The files that it will open are pinned, so
// that they stay when they are deleted.
func (r *reader) find(v *View) error {
	var inline int64
	for i := range r.pieces {
		p := &r.pieces[i]
		record, err := r.lookUp(v.state, p.Segment)
		if err != nil {
			return err
		}
		if !record.inline {
			p.file, p.record = true, record
			if n := len(r.pinned); n == 0 || r.pinned[n-1] != p.Blob {
				r.db.pins.pin(p.Blob)
				r.pinned = append(r.pinned, p.Blob)
			}
			continue
		}
		if inline += p.Size; inline <= mostInline {
			if p.inline, err = r.inline(p.Segment, record); err != nil {
				return err
			}
		} else if r.state == nil {
			r.db.state.hold(v.state)
			r.state = v.state
		}
	}
	return nil
}

// inline returns the bytes of a segment of a blob that is inline.
func (r *reader) inline(s Segment, record *blobRecord) ([]byte, error) {
	content, err := r.db.content(s.Blob, record, r.key)
	if err != nil {
		return nil, r.failed(s.Blob, err)
	}
	return content[s.Offset : s.Offset+s.Size], nil
}

// failed is the error of a blob that could not be opened: damage, unless it is
// for the caller.
func (r *reader) failed(blob uint64, err error) error {
	if cloud.KindOf(err) == cloud.Denied {
		return err
	}
	return damage(r.version, blob, err)
}

// lookUp returns the record of a segment's blob, which holds the segment.
func (r *reader) lookUp(from *state, s Segment) (*blobRecord, error) {
	data, err := get(from, numbered(spaceBlob, s.Blob))
	if err == nil && data == nil {
		err = errors.New("the blob is not in the index")
	}
	if err != nil {
		return nil, damage(r.version, s.Blob, err)
	}
	record, err := decodeBlob(s.Blob, data)
	if err == nil && (s.Offset < 0 || s.Size < 0 || s.Offset > record.size-s.Size) {
		err = errors.New("the segment is not within the blob")
	}
	if err != nil {
		return nil, damage(r.version, s.Blob, err)
	}
	return record, nil
}

// Read implements io.Reader.
func (r *reader) Read(to []byte) (int, error) {
	if len(to) == 0 {
		return 0, nil
	}
	some, err := r.some()
	if err != nil {
		return 0, err
	}
	n := copy(to, some)
	return n, r.pass(n)
}

// WriteTo implements io.WriterTo: content is written from where it was checked.
func (r *reader) WriteTo(w io.Writer) (written int64, err error) {
	for {
		some, err := r.some()
		if errors.Is(err, io.EOF) {
			return written, nil
		}
		if err != nil {
			return written, err
		}
		n, err := w.Write(some)
		written += int64(n)
		if err := errors.Join(err, r.pass(n)); err != nil {
			return written, err
		}
	}
}

// some returns the content that comes next, as much as one block has, and io.EOF
// at the end. It is valid until it is passed.
func (r *reader) some() ([]byte, error) {
	if r.closed {
		return nil, errClosed
	}
	if err := r.ended(); err != nil {
		return nil, err
	}
	if len(r.pieces) == 0 {
		return nil, io.EOF
	}
	p := &r.pieces[0]
	some, err := r.someOf(p)
	return some[:min(int64(len(some)), p.Size)], err
}

// pass goes on behind n bytes.
func (r *reader) pass(n int) error {
	if n == 0 {
		return nil
	}
	p := &r.pieces[0]
	p.Offset, p.Size = p.Offset+int64(n), p.Size-int64(n)
	if !p.file {
		p.inline = p.inline[n:]
	}
	if p.Size > 0 {
		return nil
	}
	r.pieces = r.pieces[1:]
	return r.closeFile()
}

// someOf returns bytes from the beginning of a piece.
func (r *reader) someOf(p *piece) ([]byte, error) {
	if !p.file {
		if p.inline == nil {
			record, err := r.lookUp(r.state, p.Segment)
			if err != nil {
				return nil, err
			}
			if p.inline, err = r.inline(p.Segment, record); err != nil {
				return nil, err
			}
		}
		return p.inline, nil
	}
	if err := r.openFile(p); err != nil {
		return nil, err
	}
	some, err := r.file.from(p.Offset)
	if err != nil {
		return nil, damage(r.version, p.Blob, err)
	}
	return some, nil
}

// openFile opens the file of the first piece, unless it is open.
func (r *reader) openFile(p *piece) error {
	if r.file != nil {
		return nil
	}
	var err error
	if p.form, err = r.db.formOf(p.Blob, p.record, r.key); err != nil {
		return r.failed(p.Blob, err)
	}
	file, err := r.db.files.open(p.Blob)
	if err != nil {
		return damage(r.version, p.Blob, err)
	}
	r.file = newBlobReader(p.form, file, p.Offset+p.Size)
	return nil
}

func (r *reader) closeFile() error {
	if r.file == nil {
		return nil
	}
	err := r.file.close()
	r.file = nil
	return err
}

// Close frees what the reader holds. It may be called twice.
func (r *reader) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	for _, blob := range r.pinned {
		r.db.pins.unpin(blob)
	}
	if len(r.pinned) > 0 {
		r.db.wake()
	}
	if r.state != nil {
		r.db.state.give(r.state)
	}
	return r.closeFile()
}

// damage is the error of content that is not what was written. blob is 0 where
// none is to blame.
func damage(v *Version, blob uint64, cause error) error {
	where := fmt.Sprintf("The content of s3://%s/%s (version %s) is damaged", v.Bucket, v.Key, v.ID)
	if blob != 0 {
		where += fmt.Sprintf(": blob %x", blob)
	}
	return cloud.Errorf(cloud.Unavailable, "InternalFailure", "%s.", where).Because(cause)
}
