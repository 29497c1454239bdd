package wire

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// AppendXMLText appends text with what XML demands escaped. Characters that
// XML 1.0 cannot hold become U+FFFD.
func AppendXMLText(b []byte, text string) []byte {
	plain := 0 // where the text begins that is not appended yet and stands as it is
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		escaped := ""
		switch {
		case r == '<':
			escaped = "&lt;"
		case r == '>':
			escaped = "&gt;"
		case r == '&':
			escaped = "&amp;"
		case r == '"':
			escaped = "&quot;"
		case r == '\r':
			escaped = "&#xD;"
		case r < ' ' && r != '\t' && r != '\n', r == 0xFFFE, r == 0xFFFF, r == utf8.RuneError:
			escaped = string(utf8.RuneError)
		}
		if escaped != "" {
			b = append(append(b, text[plain:i]...), escaped...)
			plain = i + size
		}
		i += size
	}
	return append(b, text[plain:]...)
}

// AppendXMLElement appends <name>text</name>.
func AppendXMLElement(b []byte, name, text string) []byte {
	b = append(append(append(b, '<'), name...), '>')
	b = AppendXMLText(b, text)
	return append(append(append(b, "</"...), name...), '>')
}

// AppendXMLFields appends the elements of a struct's fields.
func AppendXMLFields(b []byte, t *Type, v reflect.Value) ([]byte, error) {
	for i := range t.Fields {
		f := &t.Fields[i]
		fv, ok := f.Get(v)
		if !ok || f.Attr || f.Location != InBody {
			continue
		}
		var err error
		if b, err = AppendXMLField(b, f, fv); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Member, err)
		}
	}
	return b, nil
}

// AppendXMLField appends the element, or for a flattened list or map the
// elements, of one field.
func AppendXMLField(b []byte, f *Field, v reflect.Value) ([]byte, error) {
	if !f.Flat {
		return appendXML(b, f.Name, f.Namespace, f.Type, v)
	}
	var err error
	switch f.Type.Kind {
	case List:
		name := f.Name
		if f.Type.ElemName != "" {
			name = f.Type.ElemName
		}
		for i := range v.Len() {
			if b, err = appendXML(b, name, "", f.Type.Elem, v.Index(i)); err != nil {
				return nil, err
			}
		}
	case Map:
		return appendXMLEntries(b, f.Name, f.Type, v)
	case Struct, String, Integer, Float, Boolean, Time, Blob, Document, Stream, Events:
		return appendXML(b, f.Name, f.Namespace, f.Type, v)
	}
	return b, nil
}

// appendXML appends one element with a value's contents.
func appendXML(b []byte, name, namespace string, t *Type, v reflect.Value) ([]byte, error) {
	b = append(append(b, '<'), name...)
	b = appendNamespace(b, namespace)
	if t.Kind == Struct {
		b = appendAttributes(b, t, v)
	}
	b = append(b, '>')
	var err error
	switch t.Kind {
	case Struct:
		b, err = AppendXMLFields(b, t, v)
	case List:
		elem := t.ElemName
		if elem == "" {
			elem = "member"
		}
		for i := range v.Len() {
			if b, err = appendXML(b, elem, "", t.Elem, v.Index(i)); err != nil {
				return nil, err
			}
		}
	case Map:
		b, err = appendXMLEntries(b, "entry", t, v)
	case String, Integer, Float, Boolean, Time, Blob:
		b = AppendXMLText(b, FormatText(t, v, ISO8601))
	case Document, Stream, Events:
		err = fmt.Errorf("a %s has no XML form", t.Go)
	}
	if err != nil {
		return nil, err
	}
	return append(append(append(b, "</"...), name...), '>'), nil
}

// appendNamespace appends the declaration of "uri" or of "prefix uri".
func appendNamespace(b []byte, namespace string) []byte {
	if namespace == "" {
		return b
	}
	name := "xmlns"
	prefix, uri, ok := strings.Cut(namespace, " ")
	if ok {
		name += ":" + prefix
	} else {
		uri = prefix
	}
	b = append(append(append(b, ' '), name...), `="`...)
	return append(AppendXMLText(b, uri), '"')
}

func appendAttributes(b []byte, t *Type, v reflect.Value) []byte {
	for i := range t.Fields {
		f := &t.Fields[i]
		fv, ok := f.Get(v)
		if !ok || !f.Attr {
			continue
		}
		b = append(append(append(b, ' '), f.Name...), `="`...)
		b = append(AppendXMLText(b, FormatText(f.Type, fv, ISO8601)), '"')
	}
	return b
}

func appendXMLEntries(b []byte, entry string, t *Type, v reflect.Value) ([]byte, error) {
	keyName, valueName := t.KeyName, t.ValueName
	if keyName == "" {
		keyName = "key"
	}
	if valueName == "" {
		valueName = "value"
	}
	for _, key := range sortedKeys(v) {
		b = append(append(append(b, '<'), entry...), '>')
		b = AppendXMLElement(b, keyName, key)
		var err error
		if b, err = appendXML(b, valueName, "", t.Elem, v.MapIndex(reflect.ValueOf(key))); err != nil {
			return nil, err
		}
		b = append(append(append(b, "</"...), entry...), '>')
	}
	return b, nil
}

// AppendXMLErrorFields appends the further members of an error that have a
// plain text form.
func AppendXMLErrorFields(b []byte, f *Failure) []byte {
	for _, name := range slices.Sorted(maps.Keys(f.Fields)) {
		switch value := f.Fields[name].(type) {
		case string, bool, int, int32, int64, float64:
			b = AppendXMLElement(b, name, fmt.Sprint(value))
		}
	}
	return b
}
