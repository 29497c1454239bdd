package wire

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxShown bounds how much of a value a message repeats.
const maxShown = 16 << 10

// hidden stands in messages for a value that must not be shown.
const hidden = "***"

// subject returns a value as constraint messages show it, quoted and followed
// by a blank. It is empty for a value that must not be shown.
func subject(t *Type, val reflect.Value) string {
	if t.sensitive {
		return ""
	}
	var b strings.Builder
	show(&b, t, val)
	text := b.String()
	if len(text) > maxShown {
		cut := maxShown
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "..."
	}
	return "'" + text + "' "
}

// show writes a value as Java's toString does.
func show(b *strings.Builder, t *Type, val reflect.Value) {
	if b.Len() > maxShown {
		return
	}
	if t.sensitive {
		b.WriteString(hidden)
		return
	}
	switch t.Kind {
	case Struct:
		b.WriteString(t.Go.Name() + "(")
		for i := range t.Fields {
			if i > 0 {
				b.WriteString(", ")
			}
			f := &t.Fields[i]
			b.WriteString(lowerFirst(f.Member) + "=")
			if fv, ok := f.Get(val); ok {
				show(b, f.Type, fv)
			} else {
				b.WriteString("null")
			}
		}
		b.WriteByte(')')
	case List:
		b.WriteByte('[')
		for i := range val.Len() {
			if i > 0 {
				b.WriteString(", ")
			}
			show(b, t.Elem, val.Index(i))
		}
		b.WriteByte(']')
	case Map:
		b.WriteByte('{')
		keys := val.MapKeys()
		slices.SortFunc(keys, func(x, y reflect.Value) int { return strings.Compare(x.String(), y.String()) })
		for i, key := range keys {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(key.String() + "=")
			show(b, t.Elem, val.MapIndex(key))
		}
		b.WriteByte('}')
	case Blob:
		fmt.Fprintf(b, "java.nio.HeapByteBuffer[pos=0 lim=%d cap=%d]", val.Len(), val.Len())
	case String, Integer, Float, Boolean, Time, Document, Stream, Events:
		b.WriteString(FormatText(t, val, ISO8601))
	}
}
