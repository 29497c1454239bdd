package servicetest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

// Do calls an operation of a service by its name, with its input as JSON, "" for an empty
// one. It returns the output as JSON without members that are absent, in which the policy
// documents that IAM escapes are plain, or the operation's error.
func Do(ctx context.Context, tb testing.TB, service any, operation, in string) ([]byte, error) {
	tb.Helper()
	method := reflect.ValueOf(service).MethodByName(operation)
	if !method.IsValid() {
		tb.Fatalf("there is no operation %s", operation)
	}
	input := reflect.New(method.Type().In(1).Elem())
	if in != "" {
		d := json.NewDecoder(strings.NewReader(in))
		d.DisallowUnknownFields()
		if err := d.Decode(input.Interface()); err != nil {
			tb.Fatalf("%s %s: %v", operation, in, err)
		}
	}
	results := method.Call([]reflect.Value{reflect.ValueOf(ctx), input})
	if err, _ := reflect.TypeAssert[error](results[1]); err != nil {
		return nil, err
	}
	text, err := json.Marshal(results[0].Interface())
	if err != nil {
		tb.Fatal(err)
	}
	var value any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		tb.Fatal(err)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(present(value)); err != nil {
		tb.Fatal(err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// present returns a value without members that are absent, and documents unescaped.
func present(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			if member == nil {
				delete(value, name)
				continue
			}
			value[name] = present(member)
		}
	case []any:
		for i := range value {
			value[i] = present(value[i])
		}
	case string:
		if plain, err := url.QueryUnescape(value); err == nil && strings.HasPrefix(value, "%7B") {
			return plain
		}
	}
	return value
}
