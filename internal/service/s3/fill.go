package s3

import (
	"reflect"
	"sync"
)

// pairs are the places of the members that two shapes share, by their types.
var pairs sync.Map // of [2]reflect.Type to []pair

type pair struct{ to, from int }

// fill sets the members of a shape that another one has too, by name and type,
// where that one's are given. S3 has the same members in many shapes. Both are
// pointers.
func fill(to, from any) {
	target, source := reflect.ValueOf(to).Elem(), reflect.ValueOf(from).Elem()
	for _, p := range shared(target.Type(), source.Type()) {
		if member := source.Field(p.from); !member.IsNil() {
			target.Field(p.to).Set(member)
		}
	}
}

func shared(to, from reflect.Type) []pair {
	key := [2]reflect.Type{to, from}
	if found, ok := pairs.Load(key); ok {
		return found.([]pair) //nolint:forcetypeassert,errcheck // nothing else is kept
	}
	var found []pair
	for i := range from.NumField() {
		source := from.Field(i)
		target, ok := to.FieldByName(source.Name)
		if !ok || target.Type != source.Type || !nillable(source.Type.Kind()) {
			continue
		}
		found = append(found, pair{target.Index[0], i})
	}
	pairs.Store(key, found)
	return found
}

func nillable(kind reflect.Kind) bool {
	return kind == reflect.Pointer || kind == reflect.Map || kind == reflect.Slice || kind == reflect.Interface
}
