package jsonrecord

import (
	"bytes"
	"slices"

	"github.com/sillok/sillok/internal/lake/jsonscan"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// Write writes the record that Read found in b.
func (r *Record) Write(b []byte) error {
	for _, k := range r.keys {
		r.key(k, b)
	}
	for _, c := range r.root.children {
		r.place(c, b, 0, 0)
	}
	if len(r.extra) == 0 {
		r.rest.Null(0)
	} else {
		r.rest.Text(append(r.extra, '}'))
	}
	return r.w.EndRow()
}

// key writes what the record says of its account, region or date.
func (r *Record) key(k keyPlaces, b []byte) {
	for _, p := range k.places {
		if !p.has() || p.value.Kind != '"' && p.value.Kind != '0' {
			continue
		}
		text := p.value.Bytes(b)
		if p.value.Kind == '"' {
			r.scratch = jsonscan.AppendText(r.scratch[:0], text)
			text = r.scratch
		}
		if k.day {
			day, ok := dayOf(string(text))
			if !ok {
				continue
			}
			text = []byte(day)
		} else if bytes.HasPrefix(text, []byte("arn:")) {
			text = ofARN(text, k.arn)
		}
		if len(text) > 0 {
			k.column.Text(text)
			return
		}
	}
	k.column.Null(0)
}

// ofARN returns a part of an ARN; nothing when it is empty.
func ofARN(arn []byte, part int) []byte {
	parts := bytes.SplitN(arn, []byte{':'}, arnParts)
	if len(parts) < arnParts {
		return nil
	}
	return parts[part]
}

// place writes what the record has at p, at a repetition level and under as many
// places as def says.
func (r *Record) place(p *place, b []byte, rep, def int) {
	if !p.has() {
		p.null(rep, def)
		return
	}
	switch p.kind {
	case "struct":
		for _, c := range p.children {
			r.place(c, b, rep, def+1)
		}
	case "map":
		r.entries(p, b, rep, def)
	case "array":
		r.elements(p, b, rep, def)
	default:
		r.text(p.column, p.kind, rep, def, b, p.value)
	}
}

func (p *place) null(rep, def int) {
	for _, c := range p.leaves {
		if rep == 0 {
			c.Null(def)
		} else {
			c.NullAt(rep, def)
		}
	}
}

// text writes one value: what a string says, or the JSON of anything else.
func (r *Record) text(c *shadow.Column, kind string, rep, def int, b []byte, v jsonscan.Value) {
	text := v.Bytes(b)
	switch {
	case v.Kind == 'n':
		c.NullAt(rep, def)
		return
	case v.Kind == '"' && v.Escaped:
		r.scratch = jsonscan.AppendText(r.scratch[:0], text)
		text = r.scratch
	case v.Kind == '"':
		text = text[1 : len(text)-1]
	case v.Spaced:
		r.scratch = jsonscan.AppendCompact(r.scratch[:0], text)
		text = r.scratch
	}
	if r.Spell != nil {
		text = r.Spell(kind, text, v)
	}
	c.TextAt(rep, text)
}

// one writes a value as an element: of an array or of a map.
func (r *Record) one(e *place, b []byte, rep, def int, v jsonscan.Value) {
	e.frame.number++
	r.nested++
	switch {
	case v.Kind == 'n', e.kind == "struct" && v.Kind != '{', e.kind == "map" && v.Kind != '{', e.kind == "array" && v.Kind != '[':
	case e.kind == "struct":
		e.seen = e.frame.number
		_, _ = r.object(e, b, v.Start) // it was walked before: it cannot fail now
	default:
		e.seen, e.value = e.frame.number, v
	}
	r.place(e, b, rep, def)
	r.nested--
}

// elements writes an array as a list.
func (r *Record) elements(p *place, b []byte, rep, def int) {
	n := 0
	// It was walked before, too.
	_, _ = jsonscan.Elements(b, p.value.Start, func(v jsonscan.Value) error {
		if n > 0 {
			rep = p.level
		}
		n++
		r.one(p.elem, b, rep, def+2, v)
		return nil
	})
	if n == 0 {
		p.empty(rep, def)
	}
}

// empty writes an array or map that is there and has nothing in it.
func (p *place) empty(rep, def int) {
	for _, c := range p.leaves {
		c.NullAt(rep, def+1)
	}
}

// entries writes an object as a map. A later member of the same name follows the
// earlier one out: maps have no doubles.
func (r *Record) entries(p *place, b []byte, rep, def int) {
	type entry struct {
		name  []byte
		value jsonscan.Value
	}
	var entries []entry
	at := map[string]int{}
	_, _ = jsonscan.Members(b, p.value.Start, func(name []byte, escaped bool, v jsonscan.Value) error {
		if escaped {
			name = jsonscan.AppendText(nil, slices.Concat([]byte{'"'}, name, []byte{'"'}))
		}
		if i, ok := at[string(name)]; ok {
			entries[i].value = v
			return nil
		}
		at[string(name)] = len(entries)
		entries = append(entries, entry{name: name, value: v})
		return nil
	})
	if len(entries) == 0 {
		p.empty(rep, def)
	}
	for i, e := range entries {
		if i > 0 {
			rep = p.level
		}
		p.keys.TextAt(rep, e.name)
		r.one(p.elem, b, rep, def+2, e.value)
	}
}
