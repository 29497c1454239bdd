package wire_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/wire"
)

// sameTree compares what is read of a text with what encoding/json reads of it.
func sameTree(t *testing.T, text string) {
	t.Helper()
	want, wantErr := wire.ParseSlowly([]byte(text))
	got, ok := wire.ParseFast([]byte(text))
	if ok != (wantErr == nil) {
		t.Errorf("%.200q is read: %v, want %v", text, ok, wantErr)
		return
	}
	if ok && !reflect.DeepEqual(want, got) {
		t.Errorf("%.200q is %.200v, want %.200v", text, got, want)
	}
}

func TestTreesAreThoseOfEncodingJSON(t *testing.T) {
	for _, text := range []string{
		`{}`, `[]`, ` { } `, `{"a":1}`, `{"a":{"b":[1,2.5,-3e+7,true,false,null,"x"]},"a":2}`, `"\u00e9\ud83d\ude00\ud83d\ud83dx\ude00\u0000\"\\\/\b\f\n\r\t"`, `"é😀"`, `[[[]]]`,
		`0`, `-0`, `01`, `-`, `1.`, `.5`, `1e`, `1e+`, `1E5`, `1.5e-3`, `+1`, `NaN`, `nul`, `truex`, `tru`, `{"a"}`, `{"a":}`, `{a:1}`, `{"a":1,}`, `[1,]`, `[1 2]`, `{"a":1 "b":2}`,
		`{"a":1}x`, `{"a":1}{}`, `"abc`, `"\`, `"\x"`, `"\u12"`, `"\u12zz"`, `"\ud83d\u12"`, "\"a\x01\"", "\"\\n\x01\"", "\"\x7f\"", "\"a\xffb\"", "", " ", "{", "[", `{"`, `{"a`, `{"a":`,
		strings.Repeat("[", wire.MaxDepth) + strings.Repeat("]", wire.MaxDepth), strings.Repeat("[", wire.MaxDepth+1) + strings.Repeat("]", wire.MaxDepth+1),
		strings.Repeat("[", wire.MaxDepth-1) + `{"a":1}` + strings.Repeat("]", wire.MaxDepth-1), "[" + strings.Repeat("1,", wire.MaxNodes) + "1]",
		"[" + strings.Repeat("1,", wire.MaxNodes-2) + "1]", "[" + strings.Repeat("1,", wire.MaxNodes-1) + "1]",
		"[" + strings.Repeat("{},", wire.MaxNodes/2-1) + "1]", "[" + strings.Repeat("[],", wire.MaxNodes/2-1) + "1,1]", "[" + strings.Repeat("{},", wire.MaxNodes/2) + "1]",
		`{"":` + strings.Repeat(`{"a":`, 50) + "{}" + strings.Repeat("}", 51), "[" + strings.Repeat(`{"a":[]},`, wire.MaxNodes/4) + "1]", "[" + strings.Repeat(`{"a":[]},`, wire.MaxNodes/4-1) + "1]",
	} {
		if text == "" || text == " " {
			continue // an empty text is an empty object, to ParseJSON
		}
		sameTree(t, text)
	}
}

func FuzzTree(f *testing.F) {
	f.Add(`{"a":[1,"\u00e9\ud83d\ude00",{"b":null}],"c":-1.5e+7}`)
	f.Add(`{"logEvents":[{"timestamp":1,"message":"\"x\"\\"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		if strings.TrimSpace(text) != "" {
			sameTree(t, text)
		}
	})
}

func BenchmarkParseJSON(b *testing.B) {
	var body strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&body, `,{"timestamp":%d,"message":"{\"n\":%d,\"text\":\"%s\"}"}`, i, i, strings.Repeat("0123456789abcdef", 60))
	}
	text := []byte(`{"logGroupName":"g","logStreamName":"s","logEvents":[` + body.String()[1:] + `]}`)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := wire.ParseJSON(text); err != nil {
			b.Fatal(err)
		}
	}
}
