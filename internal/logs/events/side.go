package events

import (
	"errors"
	"os"
)

// ErrWide says that a reading would hold more than Query.Memory: of each part that has
// events of a time, a block is in memory then.
var ErrWide = errors.New("too many log streams have events of the same time: ask for fewer of them")

// side is what one reading has open side by side: each file once, however many of its parts
// are read, and how much is held of them. One goroutine uses it.
type side struct {
	files map[*file]*sharedFile
	held  int64
	limit int64 // 0 for none
}

type sharedFile struct {
	in    *os.File
	users int
}

// aheadBelow is how many bytes are held up to which the next block is loaded ahead, too.
const aheadBelow = 64 << 20

func newSide(limit int64) *side { return &side{files: map[*file]*sharedFile{}, limit: limit} }

// open opens a file for a part of it. nil opens it for that alone.
func (s *side) open(f *file, p *part) (*reader, error) {
	if s == nil {
		return f.openPart(p)
	}
	if one := s.files[f]; one != nil {
		one.users++
		return &reader{file: f, in: one.in, side: s}, nil
	}
	r, err := f.openPart(p)
	if err != nil {
		return nil, err
	}
	s.files[f], r.side = &sharedFile{r.in, 1}, s
	return r, nil
}

// leave says whether nobody reads the file any more.
func (s *side) leave(f *file) bool {
	one := s.files[f]
	if one.users--; one.users > 0 {
		return false
	}
	delete(s.files, f)
	return true
}

// hold counts what a cursor holds now in the place of what it held before.
func (s *side) hold(before *int64, now int64) error {
	if s == nil {
		return nil
	}
	s.held += now - *before
	*before = now
	if s.limit > 0 && s.held > s.limit {
		return ErrWide
	}
	return nil
}

// narrow says whether there is room for loading ahead.
func (s *side) narrow() bool { return s == nil || s.held < aheadBelow }
