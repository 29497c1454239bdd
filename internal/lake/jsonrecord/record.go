package jsonrecord

import (
	"bytes"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/lake/jsonscan"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// Record reads one record at a time into the columns of a shadow.
type Record struct {
	// Spell, when it is there, spells the text of a scalar by its type: what a string says, or the JSON of anything
	// else.
	Spell func(kind string, text []byte, v jsonscan.Value) []byte

	schema  *Schema
	w       *shadow.Writer
	root    *place
	rest    *shadow.Column
	keys    []keyPlaces
	inner   []jsonscan.Value // of the members whose text is the record itself
	array   jsonscan.Value   // of a member that holds records
	known   int              // members of the record that are known
	nested  int              // elements that are being written
	extra   []byte           // members that are not known, as JSON without the last brace
	scratch []byte
}

// keyPlaces is where a record may say what an object's key tells.
type keyPlaces struct {
	column *shadow.Column
	places []*place
	day    bool
	arn    int // the part of an ARN, where a member holds one
}

// The parts of an ARN.
const (
	arnRegion  = 3
	arnAccount = 4
	arnParts   = 6
)

// NewRecord returns a Record that writes to w, whose schema must be that of s.
func NewRecord(w *shadow.Writer, s *Schema) *Record {
	b := builder{w: w, schema: s, frame: &frame{}}
	r := &Record{schema: s, w: w, root: &place{kind: "struct", frame: b.frame}, rest: w.Column(rest)}
	for _, m := range s.Members {
		r.root.add(b.build(m.key(), m.Name, m.Type, []string{m.Name}))
	}
	for i, paths := range s.Keys.all() {
		if len(paths) == 0 {
			continue
		}
		k := keyPlaces{column: w.Column(keyColumns[i].column), day: keyColumns[i].name == "date", arn: arnAccount}
		if keyColumns[i].name == "region" {
			k.arn = arnRegion
		}
		for _, path := range paths {
			if p := r.at(path); p != nil {
				k.places = append(k.places, p)
			}
		}
		r.keys = append(r.keys, k)
	}
	return r
}

// at returns the place at a path; nil where a table reads what is around it in
// another shape.
func (r *Record) at(path string) *place {
	p := r.root
	for name := range strings.SplitSeq(path, ".") {
		if p = p.child([]byte(name), false); p == nil {
			return nil
		}
	}
	return p
}

// Read finds the members of the record at b[i] and returns its end. It writes
// nothing yet: the record may turn out not to parse.
func (r *Record) Read(b []byte, i int) (end int, err error) {
	r.root.frame.number++
	r.known = 0
	r.inner, r.array = r.inner[:0], jsonscan.Value{}
	r.extra = r.extra[:0]
	return r.object(r.root, b, i)
}

// is says whether the record that was read has all that a record of the log has.
func (r *Record) is() bool {
	for _, name := range r.schema.Must {
		if p := r.root.child([]byte(name), false); p == nil || !p.has() {
			return false
		}
	}
	return len(r.schema.Must) > 0
}

func (r *Record) object(p *place, b []byte, i int) (end int, err error) {
	if i >= len(b) {
		return 0, jsonscan.ErrShort
	}
	if b[i] != '{' {
		return 0, &jsonscan.SyntaxError{Offset: i, Reason: "a record is an object"}
	}
	i = jsonscan.Space(b, i+1)
	if i < len(b) && b[i] == '}' {
		return i + 1, nil
	}
	for {
		name, at, err := jsonscan.Name(b, i)
		if err != nil {
			return 0, err
		}
		if i, err = r.member(p, b, name, at); err != nil {
			return 0, err
		}
		i = jsonscan.Space(b, i)
		if i >= len(b) {
			return 0, jsonscan.ErrShort
		}
		if b[i] == '}' {
			return i + 1, nil
		}
		if b[i] != ',' {
			return 0, &jsonscan.SyntaxError{Offset: i, Reason: "a comma or } was expected"}
		}
		i = jsonscan.Space(b, i+1)
	}
}

// member reads the value at b[i] of the member that name gives.
func (r *Record) member(p *place, b []byte, name jsonscan.Value, i int) (end int, err error) {
	text := b[name.Start+1 : name.End-1]
	if name.Escaped {
		r.scratch = jsonscan.AppendText(r.scratch[:0], name.Bytes(b))
		text = r.scratch
	}
	if r.schema.Dots && bytes.IndexByte(text, '.') >= 0 {
		text = bytes.ReplaceAll(text, []byte("."), []byte("_"))
	}
	c := p.child(text, r.schema.Exact)
	if c == nil {
		return r.unknown(p, b, text, i)
	}
	r.known++
	if c.has() {
		c.forget()
	}
	if c.kind == "struct" && i < len(b) && b[i] == '{' {
		c.seen = c.frame.number
		end, err := r.object(c, b, i)
		c.value = jsonscan.Value{Start: i, End: end, Kind: '{', Spaced: true}
		return end, err
	}
	value, err := jsonscan.Next(b, i)
	if err != nil {
		return 0, err
	}
	switch {
	case value.Kind == 'n':
	case c.kind == "struct", c.kind == "map" && value.Kind != '{', c.kind == "array" && value.Kind != '[':
		r.keep(c.path, b, value)
	default:
		c.seen, c.value = c.frame.number, value
	}
	return value.End, nil
}

func (r *Record) unknown(p *place, b, name []byte, i int) (end int, err error) {
	lower := lowerASCII(name)
	value, err := jsonscan.Next(b, i)
	if err != nil {
		return 0, err
	}
	switch {
	case p == r.root && value.Kind == '[' && slices.Contains(r.schema.Arrays, lower):
		r.array = value
		return value.End, nil
	case p == r.root && value.Kind == '"' && slices.Contains(r.schema.Inner, lower):
		r.inner = append(r.inner, value)
	}
	if p.path != "" {
		lower = p.path + "." + lower
	}
	r.keep(lower, b, value)
	return value.End, nil
}

func lowerASCII(name []byte) string {
	out := []byte(string(name))
	for i, c := range out {
		if c >= 'A' && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return string(out)
}

// keep puts a value among the members that have no column. Those of an array's
// elements have no name of their own to be kept under.
func (r *Record) keep(path string, b []byte, value jsonscan.Value) {
	if r.nested > 0 {
		return
	}
	if len(r.extra) == 0 {
		r.extra = append(r.extra, '{')
	} else {
		r.extra = append(r.extra, ',')
	}
	r.extra = appendQuoted(r.extra, path)
	r.extra = append(r.extra, ':')
	if value.Spaced {
		r.extra = jsonscan.AppendCompact(r.extra, value.Bytes(b))
	} else {
		r.extra = append(r.extra, value.Bytes(b)...)
	}
}

func appendQuoted[T string | []byte](dst []byte, s T) []byte {
	const hexDigits = "0123456789abcdef"
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
