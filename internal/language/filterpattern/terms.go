package filterpattern

import "github.com/sillok/sillok/internal/kit/find"

// terms is a pattern of texts that occur somewhere in a message.
type terms struct {
	every, some, none []term
}

// term is a text or a regular expression that occurs somewhere.
type term struct {
	text  find.Text
	regex *regex
	index int // among the texts of a Set
}

const termHint = `a term has letters, digits and _ alone; put any other text in double quotes`

// parseTerms reads a pattern of terms: all of them, one of those with ?, none of
// those with -. Beside others, those with ? mean nothing.
func parseTerms(pattern string) (*terms, *Error) {
	r, err := newReader(&lexer{pattern: pattern, stop: len(pattern), extra: "?-", bare: inWord, hint: termHint})
	if err != nil {
		return nil, err
	}
	t := &terms{}
	var optional []term
	for stop := -1; r.token.kind != end; r.advance() {
		if r.token.start == stop {
			return nil, refuse(pattern, stop, "terms are separated by a space")
		}
		group := &t.every
		if sign := r.token; sign.kind == question || sign.kind == minus {
			group = &optional
			if sign.kind == minus {
				group = &t.none
			}
			r.advance()
			if r.token.start != sign.end || r.token.kind == question || r.token.kind == minus || r.token.kind == end {
				return nil, refuse(pattern, sign.start, "a term follows it at once; in a term it stands in double quotes")
			}
		}
		one := term{text: find.Of([]byte(r.token.text))}
		if r.token.kind == regular {
			if one.regex, err = r.compileRegex(r.token); err != nil {
				return nil, err
			}
		}
		*group = append(*group, one)
		stop = r.token.end
	}
	if len(t.every) == 0 && len(t.none) == 0 {
		t.some = optional
	}
	return t, nil
}

// each calls f for each term that counts.
func (t *terms) each(f func(*term)) {
	for _, group := range [][]term{t.every, t.some, t.none} {
		for i := range group {
			f(&group[i])
		}
	}
}

// match tells whether the message matches. found says of texts, by their index,
// whether they occur; it may be nil.
func (t *terms) match(message []byte, found bits) bool {
	for i := range t.none {
		if t.none[i].occurs(message, found) {
			return false
		}
	}
	for i := range t.every {
		if !t.every[i].occurs(message, found) {
			return false
		}
	}
	for i := range t.some {
		if t.some[i].occurs(message, found) {
			return true
		}
	}
	return len(t.some) == 0
}

func (t *term) occurs(message []byte, found bits) bool {
	switch {
	case t.regex != nil:
		return t.regex.match(message)
	case found != nil:
		return found.has(t.index)
	}
	return t.text.In(message)
}

// bits is a set of small numbers.
type bits []uint64

func (b bits) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }
func (b bits) add(i int)      { b[i/64] |= 1 << (i % 64) }
