package wire

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"reflect"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
)

// Limits of an XML body. The largest that AWS takes, which completes an upload
// of 10,000 parts, has 120,000 nodes when it is indented.
const (
	maxXMLDepth = 64
	maxXMLNodes = 200_000 // elements, attributes, texts, comments
)

// DecodeXML fills dst from the document in body, whose root may have any name.
// Elements that t does not know are skipped. There is no document in memory
// beside body and dst. Its error is MalformedXML: also for a document type
// declaration, and for one that is too large or nests too deep.
func DecodeXML(t *Type, body []byte, dst reflect.Value) error {
	if bytes.Count(body, []byte("=")) > maxXMLNodes { // since a tag's attributes are read at once
		return malformedXML()
	}
	r := xmlReader{dec: xml.NewDecoder(bytes.NewReader(body))}
	for rooted := false; ; {
		token, err := r.next()
		switch {
		case errors.Is(err, io.EOF) && rooted:
			return nil
		case err != nil:
			return malformedXML()
		}
		switch token := token.(type) {
		case xml.StartElement:
			if rooted {
				return malformedXML()
			}
			rooted = true
			if err := r.element(t, dst, token); err != nil {
				return malformedXML()
			}
		case xml.CharData:
			if len(bytes.TrimSpace(token)) > 0 {
				return malformedXML()
			}
		}
	}
}

// errXML is any fault of a document: the answer does not say which.
var errXML = errors.New("malformed XML")

const malformedDocument = "The XML you provided was not well-formed or did not validate against our published schema"

func malformedXML() error { return cloud.Errorf(cloud.Invalid, "MalformedXML", malformedDocument) }

// xmlReader reads a document element by element. Each of its methods that takes
// an element has read its start and reads on to its end.
type xmlReader struct {
	dec   *xml.Decoder
	depth int
	nodes int
	text  []byte // of the scalar being read
}

// next returns the next token, within the limits.
func (r *xmlReader) next() (xml.Token, error) {
	token, err := r.dec.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case xml.StartElement:
		r.depth++
		r.nodes += 1 + len(token.Attr)
	case xml.EndElement:
		r.depth--
	case xml.Directive:
		return nil, errXML
	default:
		r.nodes++
	}
	if r.depth > maxXMLDepth || r.nodes > maxXMLNodes {
		return nil, errXML
	}
	return token, nil
}

// element sets dst from an element.
func (r *xmlReader) element(t *Type, dst reflect.Value, start xml.StartElement) error {
	switch t.Kind {
	case Struct:
		if err := setXMLAttributes(t, dst, start.Attr); err != nil {
			return err
		}
		return r.children(func(child xml.StartElement) error { return r.member(t, dst, child) })
	case List:
		dst.Set(reflect.MakeSlice(dst.Type(), 0, 0))
		return r.children(func(child xml.StartElement) error { return r.item(t, dst, child) })
	case Map:
		dst.Set(reflect.MakeMap(dst.Type()))
		return r.children(func(xml.StartElement) error { return r.entry(t, dst) })
	case String, Integer, Float, Boolean, Time, Blob:
		text, err := r.scalar()
		if err != nil {
			return err
		}
		return SetText(t, dst, text)
	case Document, Stream, Events:
	}
	return errXML
}

// children calls visit for each child of an element.
func (r *xmlReader) children(visit func(xml.StartElement) error) error {
	for {
		token, err := r.next()
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if err := visit(token); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		}
	}
}

// member sets the field of a struct that a child element is. One that comes
// twice is refused, but for those of a flattened list or map.
func (r *xmlReader) member(t *Type, dst reflect.Value, child xml.StartElement) error {
	f := t.xmlField(child.Name.Local)
	if f == nil {
		return r.children(r.skip)
	}
	_, set := f.Get(dst)
	switch {
	case f.Flat && f.Type.Kind == List:
		return r.item(f.Type, f.Target(dst), child)
	case f.Flat && f.Type.Kind == Map:
		target := f.Target(dst)
		if !set {
			target.Set(reflect.MakeMap(target.Type()))
		}
		return r.entry(f.Type, target)
	case set:
		return errXML
	}
	return r.element(f.Type, f.Target(dst), child)
}

// xmlField returns the field that an element of that name is, or nil.
func (t *Type) xmlField(name string) *Field {
	for i := range t.Fields {
		f := &t.Fields[i]
		if f.Location != InBody || f.Attr {
			continue
		}
		if f.Name == name || f.Flat && f.Type.ElemName == name {
			return f
		}
	}
	return nil
}

// item appends an element to a list.
func (r *xmlReader) item(t *Type, list reflect.Value, start xml.StartElement) error {
	n := list.Len()
	if n == list.Cap() {
		list.Grow(max(n, 4))
	}
	list.SetLen(n + 1)
	return r.element(t.Elem, list.Index(n), start)
}

// entry reads an entry of a map: an element whose two children are the key and
// the value.
func (r *xmlReader) entry(t *Type, m reflect.Value) error {
	key, n := "", 0
	value := reflect.New(m.Type().Elem()).Elem()
	err := r.children(func(child xml.StartElement) (err error) {
		n++
		switch n {
		case 1:
			key, err = r.scalar()
			return err
		case 2:
			return r.element(t.Elem, value, child)
		}
		return errXML
	})
	if err != nil {
		return err
	}
	if n != 2 {
		return errXML
	}
	m.SetMapIndex(reflect.ValueOf(key), value)
	return nil
}

// scalar returns the text of an element, which must have no child.
func (r *xmlReader) scalar() (string, error) {
	r.text = r.text[:0]
	for {
		token, err := r.next()
		if err != nil {
			return "", err
		}
		switch token := token.(type) {
		case xml.CharData:
			r.text = append(r.text, token...)
		case xml.StartElement:
			return "", errXML
		case xml.EndElement:
			return string(r.text), nil
		}
	}
}

// skip reads over an element.
func (r *xmlReader) skip(xml.StartElement) error { return r.children(r.skip) }

// setXMLAttributes sets the fields of a struct that are attributes.
func setXMLAttributes(t *Type, dst reflect.Value, attrs []xml.Attr) error {
	if len(attrs) == 0 {
		return nil
	}
	for i := range t.Fields {
		f := &t.Fields[i]
		if !f.Attr {
			continue
		}
		name := f.Name[strings.IndexByte(f.Name, ':')+1:]
		for _, attr := range attrs {
			if attr.Name.Local != name {
				continue
			}
			if err := SetText(f.Type, f.Target(dst), attr.Value); err != nil {
				return err
			}
		}
	}
	return nil
}
