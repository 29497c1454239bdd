package records

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// few is how many bytes are read at once for one record.
const few = 4 << 10

// At returns the record at a place where a Reader of the same log found it. The
// error is a *RemovedError where retention has taken it away since, and a
// *DamageError where it is not what it was.
func (r Reader) At(p Place) (record Record, err error) {
	s, err := r.src.look()
	if err != nil {
		return Record{}, err
	}
	i := slices.IndexFunc(s.segments, func(seg segment) bool { return seg.first == p.Segment })
	if i < 0 {
		return Record{}, s.gone(p)
	}
	seg := s.segments[i]
	file, err := os.Open(filepath.Join(s.dir, seg.name()))
	if errors.Is(err, fs.ErrNotExist) {
		if s, err = r.src.look(); err != nil { // it may have been removed since
			return Record{}, err
		}
		return Record{}, s.gone(p)
	}
	if err != nil {
		return Record{}, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return Record{}, err
	}
	in := newSegmentReader(file, seg)
	in.end, in.step = info.Size(), few
	f, _, fault, err := in.frameAt(int64(p.Offset))
	if err != nil {
		return Record{}, err
	}
	if fault == "" && !f.isRecord() {
		fault = "there is no record in its place"
	}
	if fault != "" {
		return Record{}, &DamageError{Segment: seg.name(), Offset: int64(p.Offset), First: seg.first, Last: seg.first, Reason: fault}
	}
	return f.record(), nil
}

// gone returns why there is no record at a place: there is no such segment.
func (s shelf) gone(p Place) error {
	if p.Segment <= s.removed.last {
		return &RemovedError{First: p.Segment, Last: s.removed.last, Until: time.Unix(0, s.removed.until).UTC()}
	}
	return fmt.Errorf("records in %s: there is no segment that begins with record %d", s.dir, p.Segment)
}

// Closed returns the segments to which nothing is appended any more, oldest first.
func (r Reader) Closed() ([]Segment, error) {
	s, err := r.src.look()
	if err != nil {
		return nil, err
	}
	var closed []Segment
	for i := range max(len(s.segments)-1, 0) {
		seg, after := s.segments[i], s.segments[i+1]
		closed = append(closed, Segment{
			First: seg.first, Last: after.first - 1,
			From: time.Unix(0, seg.floor).UTC(), To: time.Unix(0, after.floor).UTC(),
		})
	}
	return closed, nil
}
