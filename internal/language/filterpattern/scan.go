package filterpattern

import "sync"

// scan is what is known of one message, and the memory for it, which is used again.
type scan struct {
	message []byte

	slots     []slot // of the selectors
	entries   []entry
	visits    []visit
	name      []byte
	unescaped []byte

	fields []span
	stop   int // where the message ends without the white space behind it

	texts bits // which texts of a Set occur
}

// pool keeps scans for one Pattern or Set.
type pool struct{ idle sync.Pool }

func (p *pool) take(message []byte) *scan {
	s, ok := p.idle.Get().(*scan)
	if !ok {
		s = &scan{}
	}
	s.message = message
	return s
}

// mostKept bounds the memory that is kept for the next message, in fields or
// values: a message of 1 MB may have half a million.
const mostKept = 1 << 14

func (p *pool) give(s *scan) {
	s.message = nil
	if cap(s.fields) > mostKept || cap(s.entries) > mostKept || cap(s.unescaped)+cap(s.name) > mostKept<<4 {
		return
	}
	p.idle.Put(s)
}
