package filterpattern

import "bytes"

// span is a field of a message: its text, and where it begins with its delimiter.
type span struct{ start, end, outer int }

// split cuts the message into fields at white space. What begins with a double
// quote or a bracket that is closed is one field, without these.
func (s *scan) split() {
	s.fields = s.fields[:0]
	b := s.message
	unclosed := [2]bool{} // no quote, no bracket closes behind here
	for i := 0; i < len(b); {
		if blank(b[i]) {
			i++
			continue
		}
		if k := bytes.IndexByte([]byte(`"[`), b[i]); k >= 0 && !unclosed[k] {
			if n := bytes.IndexByte(b[i+1:], `"]`[k]); n >= 0 {
				s.fields = append(s.fields, span{start: i + 1, end: i + 1 + n, outer: i})
				i += n + 2
				continue
			}
			unclosed[k] = true
		}
		start := i
		for i < len(b) && !blank(b[i]) {
			i++
		}
		s.fields = append(s.fields, span{start: start, end: i, outer: start})
	}
	s.stop = len(bytes.TrimRight(b, blanks))
}
