package policy

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// node is one value of a document, and where it stands in the text.
type node struct {
	kind       nodeKind
	text       string // of a text; of a number or boolean as it was written
	fields     []field
	items      []node
	start, end int // bytes
}

type nodeKind int

const (
	isNull nodeKind = iota
	isText
	isNumber
	isBoolean
	isObject
	isList
)

// field is one member of an object.
type field struct {
	name  string
	value node
}

// maxNesting is more than any policy needs: the document, its statements, one of
// them, Condition, an operator, a key, its values.
const maxNesting = 8

var errJSON = errors.New("the text is not one JSON value")

// readJSON reads the one value that text is. Nothing may follow it, no object may
// have a member twice, and names are kept as they are written.
func readJSON(text string) (node, error) {
	if !utf8.ValidString(text) {
		return node{}, errJSON
	}
	r := jsonReader{text: text, decoder: json.NewDecoder(strings.NewReader(text))}
	r.decoder.UseNumber()
	root, err := r.value(maxNesting)
	if err != nil {
		return node{}, err
	}
	if _, err := r.decoder.Token(); !errors.Is(err, io.EOF) {
		return node{}, errJSON
	}
	return root, nil
}

type jsonReader struct {
	text    string
	decoder *json.Decoder
}

// value reads the next value, in which others may nest so many times.
func (r *jsonReader) value(nesting int) (node, error) {
	start := r.skip(int(r.decoder.InputOffset()))
	token, err := r.decoder.Token()
	if err != nil || nesting == 0 {
		return node{}, errJSON
	}
	n := node{start: start}
	switch token := token.(type) {
	case json.Delim:
		switch token {
		case '{':
			n.kind = isObject
			err = r.members(&n, nesting)
		case '[':
			n.kind = isList
			err = r.elements(&n, nesting)
		default:
			return node{}, errJSON
		}
		if err != nil {
			return node{}, err
		}
	case string:
		n.kind, n.text = isText, token
	case json.Number:
		n.kind, n.text = isNumber, token.String()
	case bool:
		n.kind, n.text = isBoolean, "false"
		if token {
			n.text = "true"
		}
	}
	n.end = int(r.decoder.InputOffset())
	return n, nil
}

func (r *jsonReader) members(n *node, nesting int) error {
	seen := map[string]bool{}
	for r.decoder.More() {
		token, err := r.decoder.Token()
		name, ok := token.(string)
		if err != nil || !ok || seen[name] {
			return errJSON
		}
		seen[name] = true
		value, err := r.value(nesting - 1)
		if err != nil {
			return err
		}
		n.fields = append(n.fields, field{name, value})
	}
	return r.closed()
}

func (r *jsonReader) elements(n *node, nesting int) error {
	for r.decoder.More() {
		value, err := r.value(nesting - 1)
		if err != nil {
			return err
		}
		n.items = append(n.items, value)
	}
	return r.closed()
}

func (r *jsonReader) closed() error {
	if _, err := r.decoder.Token(); err != nil {
		return errJSON
	}
	return nil
}

// skip returns where the next value begins, behind what the decoder has read.
func (r *jsonReader) skip(at int) int {
	for at < len(r.text) && strings.IndexByte(" \t\r\n,:", r.text[at]) >= 0 {
		at++
	}
	return at
}

// list returns the elements of a list, and what is no list as its only one.
func (n node) list() []node {
	if n.kind == isList {
		return n.items
	}
	return []node{n}
}
