package eventpattern_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/language/eventpattern"
)

// FuzzPattern holds the parser to what JSON is: what it takes as an event is JSON, or has
// text that Go's parser is stricter about, and errors tell a place.
func FuzzPattern(f *testing.F) {
	for _, seed := range []string{`{"a":["x"]}`, `{"a":[{"numeric":["=",1e400]}]}`, `{"$or":[{"a":[1]},{"b":[2]}]}`, `{"a":["\uD83D\uDE00"]}`, `{"a":[{"wildcard":"a**"}]}`, "{\"a\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if e, err := eventpattern.Parse(text); err == nil && !json.Valid([]byte(strings.ToValidUTF8(text, "?"))) {
			t.Errorf("%q is taken as %v", text, e)
		}
		if _, _, _, ok := eventpattern.Syntax(text); ok && text != "" && strings.TrimSpace(text) != "" && !jsonSeries(text) {
			t.Errorf("%q is said to be JSON", text)
		}
		p, err := eventpattern.Compile(text, eventpattern.Dialect{})
		if err == nil && (p.Combinations() < 1 || p.Depth() < 1 || p.Keys() < 1) {
			t.Errorf("%q asks for nothing", text)
		}
	})
}

// jsonSeries says whether a text is one or more values of JSON.
func jsonSeries(text string) bool {
	d := json.NewDecoder(strings.NewReader(strings.ToValidUTF8(text, "?")))
	for d.More() {
		var v json.RawMessage
		if d.Decode(&v) != nil {
			return false
		}
	}
	return true
}
