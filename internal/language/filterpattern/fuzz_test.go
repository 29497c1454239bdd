package filterpattern_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/language/filterpattern"
)

// FuzzCompile holds Compile to what it promises: a pattern, or an *Error with
// AWS's words, a hint, and a place in the text. What is compiled is so again.
func FuzzCompile(f *testing.F) {
	for _, one := range examples(f) {
		f.Add(one.Pattern, one.Message)
	}
	f.Fuzz(func(t *testing.T, text, message string) {
		pattern, err := filterpattern.Compile(text)
		if err != nil {
			e, ok := errors.AsType[*filterpattern.Error](err)
			if !ok || e.Message == "" || e.Hint == "" || e.Offset < 0 || e.Offset > utf8.RuneCountInString(text) {
				t.Errorf("%q: %#v", text, err)
			}
			return
		}
		if pattern.String() != text {
			t.Errorf("%q became %q", text, pattern)
		}
		if len(message) > 1<<16 {
			return
		}
		found := pattern.Extract([]byte(message))
		alone := len(filterpattern.NewSet([]*filterpattern.Pattern{pattern}).Match([]byte(message), nil)) == 1
		if pattern.Match([]byte(message)) != alone {
			t.Errorf("%q in a set says of %q: %v", text, message, alone)
		}
		for _, needed := range pattern.Needs() {
			if alone && !strings.Contains(message, string(needed)) {
				t.Errorf("%q matches %q, which lacks %q", text, message, needed)
			}
		}
		for name, value := range found {
			if !strings.HasPrefix(name, "$") {
				t.Errorf("%q takes %q under %q", text, value, name)
			}
		}
		if pattern.Kind() == filterpattern.JSON && !json.Valid([]byte(message)) && pattern.Match([]byte(message)) {
			t.Errorf("%q matches %q, which is no JSON", text, message)
		}
	})
}

// FuzzSet holds a Set to what its patterns say alone, beside patterns of every kind.
func FuzzSet(f *testing.F) {
	var beside []*filterpattern.Pattern
	for _, one := range examples(f) {
		if pattern, err := filterpattern.Compile(one.Pattern); err == nil {
			beside = append(beside, pattern)
			f.Add(one.Pattern, "?a ?ab ?bc -cd -abcd", one.Message)
		}
	}
	f.Add(`"a" "" "ab"`, `{ $.* = 1 && $.a.b NOT EXISTS }`, `{"a":{"b":1},"a":1}`)
	f.Fuzz(func(t *testing.T, a, b, message string) {
		if len(message) > 1<<14 {
			return
		}
		patterns := beside
		for _, text := range []string{a, b} {
			if pattern, err := filterpattern.Compile(text); err == nil {
				patterns = append(slices.Clip(patterns), pattern)
			}
		}
		var want []int
		for i, pattern := range patterns {
			if pattern.Match([]byte(message)) {
				want = append(want, i)
			}
		}
		if diff := cmp.Diff(want, filterpattern.NewSet(patterns).Match([]byte(message), nil)); diff != "" {
			t.Errorf("%q, %q on %q: %s", a, b, message, diff)
		}
	})
}
