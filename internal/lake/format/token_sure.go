package format

import "bytes"

// sure says whether the expression is known to give what was split by position:
// it must match, and in no other way.
//
// The pieces of the expression are literal quotes and blanks around classes. With
// as many quotes in the line as the expression has, each literal quote stands for
// one of them, and between two quotes the classes have no blank: there is one way.
// Only a value of any bytes may have quotes of its own, and there the expression
// takes what comes first, as splitting does. Whatever may follow the fields gives
// no groups, but must begin with a blank.
func (r *deliveredRow) sure(line []byte, fields int) bool {
	e := r.d.expression
	named := e.required + e.optional
	switch {
	case fields < e.required:
		return false
	case fields > e.required && fields < named && e.block:
		// A part of the block: the expression passes over it, or not, by its bytes.
		return false
	case fields > named && !e.rest:
		return false
	}
	if !e.rest && r.tokens.more {
		return false
	}
	for i := range min(fields, named) {
		if !r.fits(i) {
			return false
		}
	}
	return bytes.IndexByte(line, '\n') < 0 && r.quotes(line, min(fields, named))
}

// fits says whether a value is what its piece lets it be.
func (r *deliveredRow) fits(i int) bool {
	x := r.exact[i]
	value := r.values[r.tokens.first[i]]
	if r.tokens.fields[i].shape == request && r.tokens.tight && bytes.IndexByte(r.values[r.tokens.first[i]+1], ' ') >= 0 {
		return false
	}
	if r.tokens.quotes[i] && len(value) >= 2 {
		value = value[1 : len(value)-1]
	}
	if x.some && len(value) == 0 {
		return false
	}
	if x.set == nil || x.dash && string(value) == "-" {
		return true
	}
	for _, c := range value {
		if !x.set[c] {
			return false
		}
	}
	return true
}

// quotes says whether the line has the quotes of its first fields and, before
// what may follow them, no others.
func (r *deliveredRow) quotes(line []byte, fields int) bool {
	want := 0
	for i := range fields {
		value := r.values[r.tokens.first[i]]
		switch f := r.tokens.fields[i]; f.shape {
		case quoted, request:
			want += 2
		case quotedDash:
			want += bytes.Count(value, []byte{'"'})
		case bare:
			want += bytes.Count(value, []byte{'"'})
		case addr, addrColon, bracketed:
		}
	}
	have := bytes.Count(line, []byte{'"'})
	return have == want || r.d.expression.rest && have > want
}
