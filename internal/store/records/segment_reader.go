package records

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const chunk = 256 << 10 // bytes that are read at once where records are read in a row

// segmentReader reads the frames of one segment in order.
type segmentReader struct {
	file io.ReaderAt
	seg  segment
	end  int64  // nothing is read past it
	last uint64 // the number of the last record before end
	// tail says that last is not known: the records end where no further one
	// can be found.
	tail bool

	step     int    // bytes that are read at once
	pos      int64  // of the next frame
	next     uint64 // the number of the next record
	buf      []byte // bytes of the file from at
	at       int64
	searched bool // no frame was found after a place without one
}

func newSegmentReader(file io.ReaderAt, seg segment) *segmentReader {
	return &segmentReader{file: file, seg: seg, next: seg.first, step: chunk}
}

// read returns the next frame, whose data is valid until the next call. A
// *DamageError is returned instead of what is lost, and reading goes on after
// it. io.EOF is returned at the end; after that, read may be called again when
// more has been written.
func (r *segmentReader) read() (frame, error) {
	f, size, fault, err := r.frameAt(r.pos)
	if err != nil {
		return frame{}, err
	}
	switch {
	case fault != "":
	case !r.belongs(f):
		fault = fmt.Sprintf("record %d stands in the place of another", f.seq)
	case f.seq > r.next:
		return frame{}, r.lost(r.pos, f.seq, "records are missing")
	default:
		r.pos += size
		if f.isRecord() {
			r.next++
		}
		return f, nil
	}
	return r.resume(fault, max(size, frameStep))
}

// belongs is false for a frame whose number cannot be that of the next one,
// even when some are lost.
func (r *segmentReader) belongs(f frame) bool {
	most := r.last
	if !f.isRecord() {
		most++
	}
	return f.seq >= r.next && (r.tail || f.seq <= most)
}

// resume deals with the frame at pos that is not good. If there is a good one
// at least skip bytes after it, reading goes on there.
func (r *segmentReader) resume(fault string, skip int64) (frame, error) {
	if r.tail && r.searched {
		if blank, err := r.blank(); err != nil || blank {
			return frame{}, r.ended(err)
		}
	}
	at, seq, err := r.search(r.pos + skip)
	switch {
	case err != nil:
		return frame{}, err
	case at == 0 && r.tail:
		r.searched = true
		return frame{}, r.ended(nil)
	case at == 0:
		return frame{}, r.finish(fault)
	}
	if r.tail {
		// The frame may have been written meanwhile: a write is seen from its
		// beginning on, so it is there if what follows it is.
		r.buf = r.buf[:0]
		if f, _, fault, err := r.frameAt(r.pos); err == nil && fault == "" && r.belongs(f) {
			return r.read()
		}
	}
	bad := r.pos
	r.pos = at
	return frame{}, r.lost(bad, seq, fault)
}

// ended forgets what was read: the file may be written to before the next call.
func (r *segmentReader) ended(err error) error {
	r.buf = r.buf[:0]
	if err != nil {
		return err
	}
	return io.EOF
}

// finish reads to the end, where there is no further frame.
func (r *segmentReader) finish(fault string) error {
	used, err := r.used()
	if err != nil {
		return err
	}
	bad := r.pos
	r.pos = r.end
	switch {
	case r.next <= r.last:
		return r.lost(bad, r.last+1, fault)
	case used > bad:
		return r.lost(bad, r.next, "there are bytes after its last record")
	}
	return io.EOF
}

// lost returns what tells that the records from next to before seq are lost.
func (r *segmentReader) lost(offset int64, seq uint64, reason string) error {
	e := &DamageError{Segment: r.seg.name(), Offset: offset, First: r.next, Last: seq - 1, Reason: reason}
	r.next = seq
	return e
}

// frameAt returns the frame at offset and its size, or in fault what is wrong
// with it; size is 0 then when it cannot be known.
func (r *segmentReader) frameAt(offset int64) (f frame, size int64, fault string, err error) {
	head, err := r.window(offset, headSize)
	if err != nil || len(head) < headSize {
		return frame{}, 0, "it ends there", err
	}
	f, length, sum, ok := parseHead(head, r.seg.salt, offset)
	if !ok {
		return frame{}, 0, "the head of a record does not have its checksum", nil
	}
	size = frameSize(length)
	whole, err := r.window(offset, int(size))
	if err != nil || int64(len(whole)) < size {
		return frame{}, 0, "it ends within a record", err
	}
	f.data = whole[headSize : headSize+length : headSize+length]
	f.place = Place{Segment: r.seg.first, Offset: uint32(offset)} //nolint:gosec // below maxSegment
	switch {
	case dataSum(f.data) != sum || !zero(whole[headSize+length:]):
		return frame{}, size, "the data of a record does not have its checksum", nil
	case (f.kind == start) != (offset == 0):
		return frame{}, size, "a start in a place of others", nil
	}
	return f, size, "", nil
}

// search returns where the next good frame at or after offset is, and its
// number. It returns 0 when there is none before the end.
func (r *segmentReader) search(offset int64) (at int64, seq uint64, err error) {
	for {
		w, err := r.window(offset, headSize)
		if err != nil || len(w) < headSize {
			return 0, 0, err
		}
		// All that was read at once is looked at: most of it is no head, and
		// most often zeros, with which no head begins.
		w = r.buf[offset-r.at:]
		if whole := len(w) &^ (frameStep - 1); zero(w[:whole]) {
			offset += int64(whole)
			continue
		}
		for ; len(w) >= headSize; w, offset = w[frameStep:], offset+frameStep {
			if binary.LittleEndian.Uint64(w) == 0 {
				continue
			}
			if f, _, _, ok := parseHead(w[:headSize], r.seg.salt, offset); !ok || !r.belongs(f) {
				continue
			}
			f, _, fault, err := r.frameAt(offset)
			if err != nil {
				return 0, 0, err
			}
			if fault == "" {
				return offset, f.seq, nil
			}
			offset += frameStep
			break // frameAt moved the window
		}
	}
}

// blank is true when there is no head at pos but zeros.
func (r *segmentReader) blank() (bool, error) {
	head, err := r.window(r.pos, headSize)
	return zero(head), err
}

// used returns the offset after the last byte from pos on that is not 0, or
// pos.
func (r *segmentReader) used() (int64, error) {
	last := r.pos
	for offset := r.pos; ; offset += chunk {
		w, err := r.window(offset, chunk)
		if err != nil {
			return 0, err
		}
		if !zero(w) {
			last = offset + int64(len(bytes.TrimRight(w, "\x00")))
		}
		if len(w) < chunk {
			return last, nil
		}
	}
}

// window returns the n bytes at offset, fewer where the segment ends. They are
// valid until the next call.
func (r *segmentReader) window(offset int64, n int) ([]byte, error) {
	n = int(min(int64(n), r.end-offset))
	if n <= 0 {
		return nil, nil
	}
	if offset >= r.at && offset+int64(n) <= r.at+int64(len(r.buf)) {
		return r.buf[offset-r.at:][:n], nil
	}
	size := int(min(int64(max(n, r.step)), r.end-offset))
	if cap(r.buf) < size {
		r.buf = make([]byte, size)
	}
	got, err := r.file.ReadAt(r.buf[:size], offset)
	r.buf, r.at = r.buf[:got], offset
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read segment %s at byte %d: %w", r.seg.name(), offset, err)
	}
	return r.buf[:min(n, got)], nil
}

func zero(b []byte) bool {
	return len(b) == 0 || b[0] == 0 && bytes.Equal(b[1:], b[:len(b)-1])
}
