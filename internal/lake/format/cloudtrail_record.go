package format

import (
	"slices"

	"github.com/sillok/sillok/internal/lake/jsonscan"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// trailPlace is a known place of a record: where its columns are, and what the
// record being read has there.
type trailPlace struct {
	member   trailMember
	path     string // in lower case, dots between
	depth    int    // places above it, itself included
	children []*trailPlace
	byName   [trailBuckets][]*trailPlace

	column *shadow.Column            // the text, or a map's values, or the first of an array's
	keys   *shadow.Column            // of a map
	items  map[string]*shadow.Column // of an array's elements, by member
	json   *shadow.Column            // the JSON text as well
	leaves []*shadow.Column          // every column at or under the place

	seen  uint32 // the record that has a value here
	value jsonscan.Value
}

const trailBuckets = 64

func newTrailPlace(w *shadow.Writer, m trailMember, above *trailPlace, path []string) *trailPlace {
	p := &trailPlace{member: m, depth: above.depth + 1, path: m.name}
	if above.path != "" {
		p.path = above.path + "." + m.name
	}
	path = slices.Concat(path, []string{m.name})
	at := func(more ...string) *shadow.Column {
		c := w.Column(slices.Concat(path, more)...)
		p.leaves = append(p.leaves, c)
		return c
	}
	switch m.kind {
	case trailText:
		p.column = at()
	case trailStruct:
		p.add(w, m.fields, path)
	case trailStrings:
		p.keys, p.column = at("key_value", "key"), at("key_value", "value")
	case trailObjects:
		p.items = map[string]*shadow.Column{}
		for _, f := range m.fields {
			p.items[f.name] = at("list", "element", f.name)
		}
	}
	if m.json {
		path[len(path)-1] += trailJSON
		p.json = at()
		// The text lies beside the place, not in it: whoever empties the place empties it too.
	}
	return p
}

func (p *trailPlace) add(w *shadow.Writer, members []trailMember, path []string) {
	for _, m := range members {
		c := newTrailPlace(w, m, p, path)
		p.children = append(p.children, c)
		p.leaves = append(p.leaves, c.leaves...)
		b := bucket(m.name)
		p.byName[b] = append(p.byName[b], c)
	}
}

// bucket hashes a name in ASCII letters regardless of their case.
func bucket[T string | []byte](name T) int {
	if len(name) == 0 {
		return 0
	}
	return (len(name)*31 + int(name[0]|0x20)*7 + int(name[len(name)-1]|0x20)) % trailBuckets
}

func (p *trailPlace) child(name []byte) *trailPlace {
	for _, c := range p.byName[bucket(name)] {
		if sameFold(name, c.member.name) {
			return c
		}
	}
	return nil
}

// sameFold compares with a name that is in lower case.
func sameFold(name []byte, lower string) bool {
	if len(name) != len(lower) {
		return false
	}
	for i, c := range name {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// forget drops what an earlier member of the same name said: the last one wins.
func (p *trailPlace) forget() {
	p.seen = 0
	for _, c := range p.children {
		c.forget()
	}
}

// trailRecord reads one record at a time into the columns.
type trailRecord struct {
	w       *shadow.Writer
	root    *trailPlace
	rest    *shadow.Column
	number  uint32 // of the record being read
	known   int    // members of it that are known
	records jsonscan.Value
	extra   []byte // members that are not known, as JSON without the last brace
	scratch []byte
}

func newTrailRecord(w *shadow.Writer) *trailRecord {
	root := &trailPlace{}
	root.add(w, cloudTrailRecord(), nil)
	return &trailRecord{w: w, root: root, rest: w.Column(trailRest)}
}

// read finds the members of the record at b[i] and returns its end. It writes
// nothing yet: the record may turn out not to parse.
func (r *trailRecord) read(b []byte, i int) (end int, err error) {
	r.number++
	r.known = 0
	r.records = jsonscan.Value{}
	r.extra = r.extra[:0]
	return r.object(r.root, b, i)
}

func (r *trailRecord) object(p *trailPlace, b []byte, i int) (end int, err error) {
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
func (r *trailRecord) member(p *trailPlace, b []byte, name jsonscan.Value, i int) (end int, err error) {
	text := b[name.Start+1 : name.End-1]
	if name.Escaped {
		r.scratch = jsonscan.AppendText(r.scratch[:0], name.Bytes(b))
		text = r.scratch
	}
	c := p.child(text)
	if c == nil {
		return r.unknown(p, b, text, i)
	}
	r.known++
	if c.seen == r.number {
		c.forget()
	}
	if c.member.kind == trailStruct && i < len(b) && b[i] == '{' {
		c.seen = r.number
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
	case c.member.kind == trailStruct, c.member.kind == trailStrings && value.Kind != '{', c.member.kind == trailObjects && value.Kind != '[':
		r.keep(c.path, b, value)
	default:
		c.seen, c.value = r.number, value
	}
	return value.End, nil
}

func (r *trailRecord) unknown(p *trailPlace, b, name []byte, i int) (end int, err error) {
	lower := lowerASCII(name)
	value, err := jsonscan.Next(b, i)
	if err != nil {
		return 0, err
	}
	if p == r.root && lower == "records" && value.Kind == '[' {
		r.records = value
		return value.End, nil
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

// keep puts a value among the members that have no column.
func (r *trailRecord) keep(path string, b []byte, value jsonscan.Value) {
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

func appendQuoted(dst []byte, s string) []byte {
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

// write writes the record that read found in b.
func (r *trailRecord) write(b []byte) error {
	for _, c := range r.root.children {
		r.place(c, b, 0)
	}
	if len(r.extra) == 0 {
		r.rest.Null(0)
	} else {
		r.rest.Text(append(r.extra, '}'))
	}
	return r.w.EndRow()
}

// place writes what the record has at p, under as many places as def says.
func (r *trailRecord) place(p *trailPlace, b []byte, def int) {
	if p.seen != r.number {
		for _, c := range p.leaves {
			c.Null(def)
		}
		return
	}
	switch p.member.kind {
	case trailText:
		r.text(p.column, 0, def, b, p.value)
	case trailStruct:
		for _, c := range p.children {
			r.place(c, b, def+1)
		}
	case trailStrings:
		r.strings(p, b, def)
	case trailObjects:
		r.objects(p, b, def)
	}
	if p.json != nil {
		r.text(p.json, 0, def, b, p.value)
	}
}

// text writes one value: what a string says, or the JSON of anything else.
func (r *trailRecord) text(c *shadow.Column, rep, def int, b []byte, v jsonscan.Value) {
	switch {
	case v.Kind == 'n':
		c.NullAt(rep, def)
	case v.Kind == '"' && v.Escaped:
		r.scratch = jsonscan.AppendText(r.scratch[:0], v.Bytes(b))
		c.TextAt(rep, r.scratch)
	case v.Kind == '"':
		c.TextAt(rep, b[v.Start+1:v.End-1])
	case v.Spaced:
		r.scratch = jsonscan.AppendCompact(r.scratch[:0], v.Bytes(b))
		c.TextAt(rep, r.scratch)
	default:
		c.TextAt(rep, v.Bytes(b))
	}
}

// strings writes an object as a map. A later member of the same name follows
// the earlier one out: maps have no doubles.
func (r *trailRecord) strings(p *trailPlace, b []byte, def int) {
	type entry struct {
		name  []byte
		value jsonscan.Value
	}
	var entries []entry
	// The value was walked before: it cannot fail now.
	_, _ = jsonscan.Members(b, p.value.Start, func(name []byte, escaped bool, v jsonscan.Value) error {
		if escaped {
			name = unquote(name)
		}
		for i := range entries {
			if string(entries[i].name) == string(name) {
				entries[i].value = v
				return nil
			}
		}
		entries = append(entries, entry{name: name, value: v})
		return nil
	})
	if len(entries) == 0 {
		p.keys.Null(def + 1)
		p.column.Null(def + 1)
	}
	for i, e := range entries {
		rep := min(i, 1)
		p.keys.TextAt(rep, e.name)
		r.text(p.column, rep, p.column.Depth()-1, b, e.value)
	}
}

// unquote returns what a member's name says whose bytes have escapes.
func unquote(name []byte) []byte {
	return jsonscan.AppendText(nil, slices.Concat([]byte{'"'}, name, []byte{'"'}))
}

// objects writes an array of objects as a list of structs.
func (r *trailRecord) objects(p *trailPlace, b []byte, def int) {
	rep := 0
	// It was walked before: it cannot fail now.
	_, _ = jsonscan.Elements(b, p.value.Start, func(v jsonscan.Value) error {
		r.element(p, b, rep, v)
		rep = 1
		return nil
	})
	if rep == 0 {
		for _, c := range p.leaves {
			c.Null(def + 1)
		}
	}
}

func (r *trailRecord) element(p *trailPlace, b []byte, rep int, v jsonscan.Value) {
	if v.Kind != '{' {
		for _, f := range p.member.fields {
			c := p.items[f.name]
			c.NullAt(rep, c.Depth()-2) // the list is there, its element is not
		}
		return
	}
	found := map[string]jsonscan.Value{}
	// It was walked before, too.
	_, _ = jsonscan.Members(b, v.Start, func(name []byte, escaped bool, v jsonscan.Value) error {
		if escaped {
			name = unquote(name)
		}
		found[lowerASCII(name)] = v
		return nil
	})
	for _, f := range p.member.fields {
		c := p.items[f.name]
		value, ok := found[f.name]
		if !ok {
			value.Kind = 'n'
		}
		r.text(c, rep, c.Depth()-1, b, value)
	}
}
