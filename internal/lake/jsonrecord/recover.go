package jsonrecord

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/sillok/sillok/internal/lake/jsonscan"
)

// maxCandidates bounds how many places are tried as the beginning of the next
// record.
const maxCandidates = 1000

// broken passes over the record at hand, which does not parse.
func (d *decoder) broken(cause error) error {
	line := d.Line(d.Pos)
	why := reason(cause)
	if s, ok := errors.AsType[*jsonscan.SyntaxError](cause); ok && s.Offset <= len(d.Buf) {
		line = d.Line(s.Offset)
		why += fmt.Sprintf(" at byte %d", s.Offset-d.Pos+1)
	}
	if errors.Is(cause, jsonscan.ErrShort) {
		why = "the record is cut off"
	}
	return d.pass(line, fmt.Sprintf("record %d: %s", d.count+1, why))
}

// lost passes over what is no record.
func (d *decoder) lost(why string) error { return d.pass(d.Line(d.Pos), why) }

// pass passes over what is at hand and does not parse, as one row: up to where its
// braces end, its line ends, or the next record begins, whichever comes first.
func (d *decoder) pass(line int64, why string) error {
	d.count++
	end := d.end()
	end = max(end, d.Pos+1) // it goes on, whatever stands there
	bad := d.Buf[d.Pos:end]
	d.Pos = end
	d.loose, d.passed = true, true
	if err := d.w.BadRow(line, bad, why); err != nil {
		return err
	}
	if end == len(d.Buf) {
		d.abandon()
	}
	return nil
}

// abandon gives up the rest of the input: there is no telling where a record
// begins.
func (d *decoder) abandon() {
	d.given = true
	for d.Pos = len(d.Buf); d.more(); {
		d.Pos = len(d.Buf)
	}
	d.Pos = len(d.Buf)
}

// search is the state of a search for the end of a broken record.
type search struct {
	at         int // from the record's beginning
	depth      int
	quoted     bool
	column     int // of the record, when it begins its line; -1 when it does not
	candidates int
}

// end returns the place in the window where the broken record at hand ends.
func (d *decoder) end() int {
	s := search{column: d.column(), candidates: maxCandidates}
	for {
		if end, ok := d.scan(&s); ok {
			return end
		}
		if !d.more() {
			return len(d.Buf)
		}
	}
}

// column returns how many blanks the line of the record at hand begins with, or
// -1 when there is more than blanks before the record.
func (d *decoder) column() int {
	for n := 1; ; n++ {
		switch at := d.Pos - n; {
		case at < 0 && d.Line(0) > 1:
			return -1 // where the line began is not known any more
		case at < 0 || d.Buf[at] == '\n':
			return n - 1
		case d.Buf[at] != ' ' && d.Buf[at] != '\t':
			return -1
		}
	}
}

// scan goes on with a search through what is in the window.
func (d *decoder) scan(s *search) (end int, ok bool) {
	object := d.Buf[d.Pos] == '{'
	for ; d.Pos+s.at < len(d.Buf); s.at++ {
		i := d.Pos + s.at
		switch c := d.Buf[i]; {
		case c == '\n':
			s.quoted = false // no string of JSON has one
			if s.depth <= 0 || d.below(s, i+1) {
				return i + 1, true
			}
		case c == '{' && s.at > 0 && d.candidate(s, i):
			return d.Pos + s.at, true
		case c == '\\' && s.quoted:
			s.at++
		case c == '"':
			s.quoted = !s.quoted
		case s.quoted:
		case c == '{' || c == '[':
			s.depth++
		case c == '}' || c == ']':
			s.depth--
			at := i
			if s.depth == 0 {
				at++
			}
			if s.depth > 0 || s.depth < 0 && (c == '}' || s.at == 0) {
				break
			}
			follows, known := d.follows(at)
			if !known {
				s.depth++
				return 0, false // the next bytes decide
			}
			if follows {
				return at, true
			}
		case s.at > 0 && s.depth == 0 && c == ',' && !object:
			return i, true
		}
	}
	return 0, false
}

// follows says whether what stands at i may follow a record: another one, or the
// end of their array. known is false when that is not in the window yet.
func (d *decoder) follows(i int) (follows, known bool) {
	next := func(i int) byte {
		if i = jsonscan.Space(d.Buf, i); i < len(d.Buf) {
			return d.Buf[i]
		}
		return 0
	}
	c := next(i)
	if c == ',' {
		c = next(jsonscan.Space(d.Buf, i) + 1)
	}
	return c == '{' || c == ']' || c == 0, c != 0 || d.Ended
}

// below says whether the line at i begins with an object that stands no further
// to the right than the record.
func (d *decoder) below(s *search, i int) bool {
	if s.column < 0 {
		return false
	}
	for n := 0; n <= s.column && i+n < len(d.Buf); n++ {
		switch d.Buf[i+n] {
		case '{':
			return true
		case ' ', '\t':
		default:
			return false
		}
	}
	return false
}

// candidate says whether a record begins at i: an object that begins like the
// last one, and has all that a record has.
func (d *decoder) candidate(s *search, i int) bool {
	if d.first == "" || s.candidates == 0 {
		return false
	}
	at := jsonscan.Space(d.Buf, i+1)
	if !bytes.HasPrefix(d.Buf[at:], []byte(d.first)) {
		return false
	}
	s.candidates--
	for {
		_, err := d.record.Read(d.Buf, d.Pos+s.at)
		if err == nil {
			return d.record.is()
		}
		if !errors.Is(err, jsonscan.ErrShort) || !d.more() {
			return false
		}
	}
}

// firstMember returns the name, in its quotes, of the first member of the object
// at b[i].
func firstMember(b []byte, i int) string {
	name, _, err := jsonscan.Name(b, jsonscan.Space(b, i+1))
	if err != nil {
		return ""
	}
	return string(name.Bytes(b))
}
