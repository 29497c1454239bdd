package regex

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/engine/work"
)

// Where package regexp can run a pattern, the matcher that backtracks finds the same.
func FuzzMatcherAgainstLinear(f *testing.F) {
	for _, seed := range [][2]string{
		{`(a|ab)(c|bcd)(d*)`, "abcd"},
		{`(a+)+$`, "aaaab"},
		{`(\w+?)=(\d{2,3})?`, "key=1234"},
		{`(?i)x{2,}y?|z`, "xXyzz"},
		{`^(?:(a)|b)*c`, "abac"},
		{`(?m)^b.*$`, "a\nb c\nd"},
		{`\bfoo\B[^,]`, "foobar, foo"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		p, err := Compile(pattern)
		if err != nil || len(text) > 200 {
			return
		}
		linear, ok := p.linear(text)
		if !ok {
			return
		}
		w := work.New(t.Context(), time.Time{})
		got, err := newMatcher(w, p.code, p.needs, text).from(0, p.Groups)
		if err != nil {
			return // too many ways
		}
		if diff := cmp.Diff(linear.re.FindStringSubmatchIndex(text), got); diff != "" {
			t.Errorf("%q in %q (-linear +backtracking):\n%s", pattern, text, diff)
		}
	})
}
