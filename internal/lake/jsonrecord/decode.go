package jsonrecord

import (
	"context"
	"errors"

	"github.com/sillok/sillok/internal/lake/jsonscan"
	"github.com/sillok/sillok/internal/lake/shadow"
	"github.com/sillok/sillok/internal/lake/source"
)

// Decode writes one row for each record of the object to the Writer that start
// returns.
func (s *Schema) Decode(ctx context.Context, src *source.Source, start func(*shadow.Schema) *shadow.Writer) error {
	open := src.Unwrapped
	if s.Plain {
		open = src.Text
	}
	c, err := open(ctx)
	if err != nil {
		return err
	}
	head, err := c.Peek(headBytes)
	if err != nil {
		return errors.Join(err, c.Close())
	}
	w := start(s.Shadow())
	if _, ok := s.headings(firstLine(head)); ok {
		err = s.table(w, c)
	} else {
		err = newDecoder(w, s, c).document()
	}
	w.Info.Damaged, w.Info.Note = c.Damaged(), c.Note()
	return errors.Join(err, c.Close())
}

const (
	headBytes = 64 << 10
	maxShown  = 8 // records of a head that are looked at
)

// Recognises says whether a text that begins with head holds records of the log.
func (s *Schema) Recognises(head []byte) bool {
	if len(s.Must) == 0 {
		return false
	}
	if _, ok := s.headings(firstLine(head)); ok {
		return true
	}
	for _, names := range Shown(head, nil, nil) {
		for _, sure := range s.Sure {
			if names[sure] {
				return true
			}
		}
	}
	for _, names := range Shown(head, s.Arrays, s.Inner) {
		has := true
		for _, must := range s.Must {
			has = has && names[must]
		}
		if has {
			return true
		}
	}
	return false
}

// Shown returns the names, in lower case, of the members of the first objects of
// a text: of those in a document's array that arrays names, and of those that
// stand as text in a member that inner names. The last may be cut off.
func Shown(head []byte, arrays, inner []string) []map[string]bool {
	s := shower{arrays: set(arrays), inner: set(inner)}
	for at := jsonscan.Space(head, 0); at < len(head) && len(s.found) < maxShown; at = jsonscan.Space(head, at) {
		switch head[at] {
		case '{':
			at = s.object(head, at, true)
		case '[', ',':
			at++
		case '"':
			v, err := jsonscan.Next(head, at)
			if err != nil {
				return s.found
			}
			s.text(v.Bytes(head))
			at = v.End
		default:
			// A foreign line does not hide the log.
			for at < len(head) && head[at] != '\n' {
				at++
			}
		}
	}
	return s.found
}

func set(names []string) map[string]bool {
	m := map[string]bool{}
	for _, n := range names {
		m[n] = true
	}
	return m
}

type shower struct {
	arrays, inner map[string]bool
	found         []map[string]bool
}

// object reads the object at b[i] as far as it goes and returns its end. Of a
// document it returns the place of the first record.
func (s *shower) object(b []byte, i int, outer bool) int {
	names := map[string]bool{}
	defer func() {
		if len(names) > 0 {
			s.found = append(s.found, names)
		}
	}()
	for i < len(b) && (b[i] == '{' || b[i] == ',') {
		name, value, err := jsonscan.Name(b, jsonscan.Space(b, i+1))
		if err != nil || value >= len(b) {
			break
		}
		lower := lowerASCII(b[name.Start+1 : name.End-1])
		if outer && b[value] == '[' && s.arrays[lower] {
			names = nil
			return value + 1
		}
		names[lower] = true
		v, err := jsonscan.Next(b, value)
		if err != nil {
			break
		}
		if v.Kind == '"' && s.inner[lower] {
			s.text(v.Bytes(b))
		}
		i = jsonscan.Space(b, v.End)
	}
	if i < len(b) && b[i] == '}' {
		return i + 1
	}
	for i < len(b) && b[i] != '\n' {
		i++
	}
	return i
}

func (s *shower) text(quoted []byte) {
	text := jsonscan.AppendText(nil, quoted)
	if at := jsonscan.Space(text, 0); at < len(text) && text[at] == '{' {
		s.object(text, at, false)
	}
}
