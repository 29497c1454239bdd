package jsonscan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/lake/jsonscan"
)

func TestNext(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     jsonscan.Value
		short    bool
		bad      bool
	}{
		{name: "string", in: `"abc" `, want: jsonscan.Value{End: 5, Kind: '"'}},
		{name: "escaped string", in: `"a\"b"`, want: jsonscan.Value{End: 6, Kind: '"', Escaped: true}},
		{name: "long string", in: `"0123456789abcdef한글"x`, want: jsonscan.Value{End: 24, Kind: '"'}},
		{name: "compact object", in: `{"a":[1,2,{}],"b":null}`, want: jsonscan.Value{End: 23, Kind: '{'}},
		{name: "spaced object", in: `{"a": 1}`, want: jsonscan.Value{End: 8, Kind: '{', Spaced: true}},
		{name: "white space inside a string only", in: `{"a":"b c"}`, want: jsonscan.Value{End: 11, Kind: '{'}},
		{name: "number", in: `-1.5e+3,`, want: jsonscan.Value{End: 7, Kind: '0'}},
		{name: "ends inside a string", in: `{"a":"b`, short: true},
		{name: "ends inside an escape", in: `"\u00`, short: true},
		{name: "control character", in: "\"a\nb\"", bad: true},
		{name: "unknown escape", in: `"\x"`, bad: true},
		{name: "trailing comma", in: `[1,]`, bad: true},
		{name: "leading zero ends the number", in: `01`, want: jsonscan.Value{End: 1, Kind: '0'}},
		{name: "too deep", in: strings.Repeat("[", jsonscan.MaxDepth+1), bad: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := jsonscan.Next([]byte(tt.in), 0)
			if tt.short != errors.Is(err, jsonscan.ErrShort) {
				t.Fatalf("error %v, want short %v", err, tt.short)
			}
			if _, ok := errors.AsType[*jsonscan.SyntaxError](err); ok != tt.bad {
				t.Fatalf("error %v, want a syntax error %v", err, tt.bad)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// FuzzNext compares with encoding/json: what is valid, what strings say, and
// what an object looks like without its white space.
func FuzzNext(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-2.5e10,true,false,null,"x\u00e9\ud83d\ude00\ud800\n"],"b":{}}`, `[]`, `"\\"`, `01`, `{"a":1,}`,
		`{ "k" : "v\u0022" , "l":[ ] }`, "\"\xff\"", `-`, `1e`, `"\ud83d\u0041"`, `{"a":1}x`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		start := jsonscan.Space(in, 0)
		v, err := jsonscan.Next(in, start)
		got := err == nil && jsonscan.Space(in, v.End) == len(in)
		if want := json.Valid(in); got != want {
			t.Fatalf("valid = %v, encoding/json says %v: %q", got, want, in)
		}
		if !got {
			return
		}
		switch v.Kind {
		case '"':
			var want string
			if err := json.Unmarshal(in, &want); err != nil {
				t.Fatal(err)
			}
			text := jsonscan.AppendText(nil, v.Bytes(in))
			if got := strings.ToValidUTF8(string(text), "\uFFFD"); got != strings.ToValidUTF8(want, "\uFFFD") && bytes.ContainsRune(in, '\\') {
				if string([]rune(string(text))) != want {
					t.Fatalf("text %q, encoding/json says %q", got, want)
				}
			}
		case '{', '[':
			var want bytes.Buffer
			if err := json.Compact(&want, in); err != nil {
				t.Fatal(err)
			}
			if got := jsonscan.AppendCompact(nil, v.Bytes(in)); !bytes.Equal(got, want.Bytes()) {
				t.Fatalf("compact %q, encoding/json says %q", got, want.Bytes())
			}
			if same := want.Len() == len(v.Bytes(in)); same == v.Spaced {
				t.Fatalf("spaced = %v: %q", v.Spaced, in)
			}
		}
	})
}

// FuzzSkip compares with Within, and counts what is neither object nor array by hand.
func FuzzSkip(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-2.5e10,true,false,null,"x\u00e9\n"],"b":{}}`, `[]`, `[1.5,20,0,0.1,01]`, `[1.]`, `[1.e3]`, `[2E5 , 3]`, `12`, `"abcdefgh\"i"`, "\"abcdefgh\ni\"",
		`{ "k" : "v\u0022" , "l":[ ] }`, `{"a":1,}`, `{"a" 1}`, `[1 2]`, `{"a":{"b":[{"c":"0123456789"}]}}x`, strings.Repeat("[", 999) + strings.Repeat("]", 999),
	} {
		f.Add([]byte(seed), uint16(1))
	}
	f.Fuzz(func(t *testing.T, in []byte, depth uint16) {
		v, err := jsonscan.Within(in, 0, int(depth))
		leaves := 0
		end := jsonscan.Skip(in, 0, int(depth), &leaves)
		if err != nil {
			if end != -1 {
				t.Fatalf("%q: the end is %d, Within says %v", in, end, err)
			}
			return
		}
		if end != v.End {
			t.Fatalf("%q: the end is %d, want %d", in, end, v.End)
		}
		if want := countLeaves(t, in[:end]); leaves != want {
			t.Fatalf("%q has %d leaves, want %d", in, leaves, want)
		}
	})
}

func countLeaves(t *testing.T, in []byte) (n int) {
	t.Helper()
	one := func(v jsonscan.Value) error { n += countLeaves(t, v.Bytes(in)); return nil }
	switch in[0] {
	case '{':
		_, err := jsonscan.Members(in, 0, func(_ []byte, _ bool, v jsonscan.Value) error { return one(v) })
		if err != nil {
			t.Fatal(err)
		}
	case '[':
		if _, err := jsonscan.Elements(in, 0, one); err != nil {
			t.Fatal(err)
		}
	default:
		return 1
	}
	return n
}

func FuzzMembers(f *testing.F) {
	f.Add([]byte(`{"a":1,"b":{"c":[1,2]},"a":"x"}`))
	f.Add([]byte(`{ }`))
	f.Fuzz(func(t *testing.T, in []byte) {
		got := map[string]string{}
		end, err := jsonscan.Members(in, 0, func(name []byte, escaped bool, v jsonscan.Value) error {
			if escaped {
				name = jsonscan.AppendText(nil, append(append([]byte{'"'}, name...), '"'))
			}
			got[string([]rune(string(name)))] = string(v.Bytes(in))
			return nil
		})
		if len(in) == 0 || in[0] != '{' || !json.Valid(in) {
			return
		}
		var want map[string]json.RawMessage
		if uerr := json.Unmarshal(in, &want); uerr != nil {
			return
		}
		if err != nil || jsonscan.Space(in, end) != len(in) {
			t.Fatalf("end %d, error %v: %q", end, err, in)
		}
		for k, v := range want {
			if got[k] != string(v) {
				t.Fatalf("member %q is %q, encoding/json says %q", k, got[k], v)
			}
		}
	})
}
