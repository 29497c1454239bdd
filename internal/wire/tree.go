package wire

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// Assign sets dst from a tree as JSON and CBOR readers make it: map[string]any,
// []any, string, bool, json.Number, int64, uint64, float64, []byte and
// time.Time. Unknown members are ignored and null is absent. An error is a
// SerializationException.
func Assign(t *Type, tree any, dst reflect.Value) error {
	switch t.Kind {
	case Struct:
		return assignStruct(t, tree, dst)
	case List:
		return assignList(t, tree, dst)
	case Map:
		return assignMap(t, tree, dst)
	case Document:
		if tree = plainNumbers(tree); tree != nil {
			dst.Set(reflect.ValueOf(tree))
		}
		return nil
	case String, Integer, Float, Boolean, Time, Blob:
		return assignScalar(t, tree, dst)
	case Stream, Events:
	}
	return serialization("Unexpected field type")
}

func assignStruct(t *Type, tree any, dst reflect.Value) error {
	object, ok := tree.(map[string]any)
	if !ok {
		return misplaced(tree, t)
	}
	for i := range t.Fields {
		f := &t.Fields[i]
		value, ok := object[f.Member]
		if !ok || value == nil || f.Location != InBody {
			continue
		}
		if err := Assign(f.Type, value, f.Target(dst)); err != nil {
			return err
		}
	}
	return nil
}

func assignList(t *Type, tree any, dst reflect.Value) error {
	list, ok := tree.([]any)
	if !ok {
		return misplaced(tree, t)
	}
	slice := reflect.MakeSlice(dst.Type(), len(list), len(list))
	n := 0
	for _, value := range list {
		if value == nil {
			continue
		}
		if err := Assign(t.Elem, value, slice.Index(n)); err != nil {
			return err
		}
		n++
	}
	dst.Set(slice.Slice(0, n))
	return nil
}

func assignMap(t *Type, tree any, dst reflect.Value) error {
	object, ok := tree.(map[string]any)
	if !ok {
		return misplaced(tree, t)
	}
	m := reflect.MakeMapWithSize(dst.Type(), len(object))
	for key, value := range object {
		if value == nil {
			continue
		}
		elem := reflect.New(dst.Type().Elem()).Elem()
		if err := Assign(t.Elem, value, elem); err != nil {
			return err
		}
		m.SetMapIndex(reflect.ValueOf(key), elem)
	}
	dst.Set(m)
	return nil
}

func assignScalar(t *Type, tree any, dst reflect.Value) error {
	switch value := tree.(type) {
	case string:
		return assignString(t, value, dst)
	case json.Number:
		return assignNumber(t, value, dst)
	case bool:
		if t.Kind == Boolean {
			dst.SetBool(value)
			return nil
		}
	case []byte:
		if t.Kind == Blob {
			dst.SetBytes(value)
			return nil
		}
	case time.Time:
		if t.Kind == Time {
			dst.Set(reflect.ValueOf(value.UTC()))
			return nil
		}
	case int64:
		return assignInteger(t, value, dst)
	case uint64:
		if value <= math.MaxInt64 {
			return assignInteger(t, int64(value), dst)
		}
		return assignFloat(t, float64(value), dst)
	case float64:
		return assignFloat(t, value, dst)
	}
	return misplaced(tree, t)
}

func assignString(t *Type, value string, dst reflect.Value) error {
	switch t.Kind { //nolint:exhaustive // the others take no string
	case String:
		dst.SetString(value)
		return nil
	case Blob, Time:
		if err := SetText(t, dst, value); err != nil {
			return serialization("%v", err)
		}
		return nil
	case Float:
		switch value {
		case "NaN":
			dst.SetFloat(math.NaN())
			return nil
		case "Infinity":
			dst.SetFloat(math.Inf(1))
			return nil
		case "-Infinity":
			dst.SetFloat(math.Inf(-1))
			return nil
		}
	}
	return misplaced(value, t)
}

func assignNumber(t *Type, value json.Number, dst reflect.Value) error {
	if n, err := value.Int64(); err == nil {
		return assignInteger(t, n, dst)
	}
	f, err := value.Float64()
	if err != nil {
		return serialization("Numeric value (%.40s) out of range", value)
	}
	return assignFloat(t, f, dst)
}

func assignInteger(t *Type, n int64, dst reflect.Value) error {
	if t.Kind != Integer {
		return assignFloat(t, float64(n), dst)
	}
	if dst.OverflowInt(n) {
		return serialization("Numeric value (%d) out of range", n)
	}
	dst.SetInt(n)
	return nil
}

func assignFloat(t *Type, f float64, dst reflect.Value) error {
	switch t.Kind {
	case Float:
		dst.SetFloat(f)
	case Integer:
		n, err := floatToInteger(f, dst.Type().Bits())
		if err != nil {
			return serialization("%v", err)
		}
		dst.SetInt(n)
	case Time:
		when, err := TimeOfEpoch(f)
		if err != nil {
			return serialization("%v", err)
		}
		dst.Set(reflect.ValueOf(when))
	default:
		return misplaced(f, t)
	}
	return nil
}

// plainNumbers turns the JSON numbers of a document into float64, or int64
// where they are whole.
func plainNumbers(tree any) any {
	switch value := tree.(type) {
	case json.Number:
		if n, err := value.Int64(); err == nil {
			return n
		}
		f, err := value.Float64()
		if err != nil {
			return value.String()
		}
		return f
	case []any:
		for i := range value {
			value[i] = plainNumbers(value[i])
		}
	case map[string]any:
		for key := range value {
			value[key] = plainNumbers(value[key])
		}
	}
	return tree
}

// misplaced says, in AWS's words, that a value is of the wrong type.
func misplaced(tree any, want *Type) error {
	var token string
	switch value := tree.(type) {
	case map[string]any:
		return serialization("Start of structure or map found where not expected.")
	case []any:
		return serialization("Start of list found where not expected")
	case string:
		token = "STRING_VALUE"
	case bool:
		token = "FALSE_VALUE"
		if value {
			token = "TRUE_VALUE"
		}
	case []byte:
		token = "BYTES_VALUE" //nolint:gosec // a word of a message
	case time.Time:
		token = "TIMESTAMP_VALUE"
	default:
		token = "NUMBER_VALUE"
	}
	switch want.Kind {
	case Struct, List, Map:
		return serialization("Unexpected field type")
	case String:
		return serialization("%s can not be converted to a String", token)
	case Integer:
		if want.Go.Bits() == 64 {
			return serialization("%s can not be converted to a Long", token)
		}
		return serialization("%s can not be converted to an Integer", token)
	case Float:
		return serialization("%s can not be converted to a %s", token, map[int]string{32: "Float", 64: "Double"}[want.Go.Bits()])
	case Boolean:
		return serialization("%s can not be converted to a Boolean", token)
	case Time:
		return serialization("%s can not be converted to milliseconds since epoch", token)
	case Blob:
		return serialization("%s can not be converted to a Blob", token)
	case Document, Stream, Events:
	}
	return serialization("Unexpected field type")
}

func serialization(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, "SerializationException", format, args...)
}

// Tree returns the tree of a value, for protocols that have a writer for trees.
// Floating point numbers, times and blobs are as Go has them.
func Tree(t *Type, v reflect.Value) (any, error) {
	switch t.Kind {
	case Struct:
		object := make(map[string]any, len(t.Fields))
		for i := range t.Fields {
			f := &t.Fields[i]
			fv, ok := f.Get(v)
			if !ok || f.Location != InBody || f.Type.Kind == Events { // events follow their document
				continue
			}
			value, err := Tree(f.Type, fv)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f.Member, err)
			}
			object[f.Member] = value
		}
		return object, nil
	case List:
		list := make([]any, v.Len())
		for i := range v.Len() {
			value, err := Tree(t.Elem, v.Index(i))
			if err != nil {
				return nil, err
			}
			list[i] = value
		}
		return list, nil
	case Map:
		object := make(map[string]any, v.Len())
		for iter := v.MapRange(); iter.Next(); {
			value, err := Tree(t.Elem, iter.Value())
			if err != nil {
				return nil, err
			}
			object[iter.Key().String()] = value
		}
		return object, nil
	case String, Integer, Float, Boolean, Time, Blob, Document:
		return v.Interface(), nil
	case Stream, Events:
	}
	return nil, fmt.Errorf("a %s is no part of a tree", t.Go)
}

// EncodeBlob returns data as base64.
func EncodeBlob(data []byte) string { return base64.StdEncoding.EncodeToString(data) }
