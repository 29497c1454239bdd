package wire

import (
	"io"
	"reflect"
	"time"
)

// Kind is what a type is to a protocol.
type Kind uint8

// The kinds of types.
const (
	Struct Kind = iota
	List
	Map
	String
	Integer
	Float
	Boolean
	Time
	Blob
	Document // any JSON-like value
	Stream   // a payload that is read or written as it comes
	Events   // an event stream
)

// Type is the plan of one Go type: how it is said on the wire.
type Type struct {
	Go   reflect.Type
	Kind Kind

	Fields []Field // of a Struct
	Elem   *Type   // element of a List, value of a Map
	Key    *Type   // of a Map

	ElemName, KeyName, ValueName string // element names in query and XML; empty for the protocol's own
	TimeFormat                   string // other than the protocol's; empty when it is not
	Millis                       bool   // of a Time: in ISO 8601 it has milliseconds also where they are zero

	constraint *constraint // nil when there is none
	sensitive  bool        // the value must not be shown
}

// Location is the part of a REST message that a field is in.
type Location uint8

// The locations of fields.
const (
	InBody Location = iota
	InHeader
	InHeaders // all headers with a prefix
	InPath
	InQuery
	InStatus
)

// Field is the plan of one field of a struct.
type Field struct {
	Index  int
	Member string // the model's name: in JSON and CBOR
	Name   string // in query and XML
	record string // in CloudTrail's records
	Query  string // EC2 query's name for it in a request; empty for the rule's
	Type   *Type

	Location     Location
	LocationName string // of the header, label or query parameter
	key          string // LocationName of a header, as net/http spells it

	Namespace string // XML: namespace of the element, "prefix uri" or "uri"

	Required, Flat, Payload, Attr bool
}

func kindOf(typ reflect.Type) Kind {
	switch typ {
	case reflect.TypeFor[time.Time]():
		return Time
	case reflect.TypeFor[[]byte]():
		return Blob
	case reflect.TypeFor[io.Reader](), reflect.TypeFor[io.ReadCloser]():
		return Stream
	}
	switch typ.Kind() {
	case reflect.Struct:
		return Struct
	case reflect.Slice:
		return List
	case reflect.Map:
		return Map
	case reflect.String:
		return String
	case reflect.Int32, reflect.Int64:
		return Integer
	case reflect.Float32, reflect.Float64:
		return Float
	case reflect.Bool:
		return Boolean
	case reflect.Interface:
		return Document
	case reflect.Func:
		return Events
	default:
		panic("wire: no protocol has a " + typ.String())
	}
}

// Get returns the value of the field in a struct, without its pointer. It
// reports false when the field is absent.
func (f *Field) Get(v reflect.Value) (reflect.Value, bool) {
	fv := v.Field(f.Index)
	switch fv.Kind() {
	case reflect.Pointer:
		return fv.Elem(), !fv.IsNil()
	case reflect.Slice, reflect.Map, reflect.Interface, reflect.Func:
		return fv, !fv.IsNil()
	default:
		return fv, true
	}
}

// Target returns the settable value of the field in a struct, making what its
// pointer points to.
func (f *Field) Target(v reflect.Value) reflect.Value {
	fv := v.Field(f.Index)
	if fv.Kind() != reflect.Pointer {
		return fv
	}
	if fv.IsNil() {
		fv.Set(reflect.New(fv.Type().Elem()))
	}
	return fv.Elem()
}

// Payload returns the field that is the whole body of a REST message, or nil.
func (t *Type) Payload() *Field {
	for i := range t.Fields {
		if t.Fields[i].Payload {
			return &t.Fields[i]
		}
	}
	return nil
}

// Field returns the field of a member's name, or nil.
func (t *Type) Field(member string) *Field {
	for i := range t.Fields {
		if t.Fields[i].Member == member {
			return &t.Fields[i]
		}
	}
	return nil
}
