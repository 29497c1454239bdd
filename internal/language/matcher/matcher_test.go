package matcher_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/language/matcher"
)

func expressions() []string {
	return []string{
		``, `a`, `^`, `$`, `^$`, `a*`, `^a+$`, `(?m)^b$`, `(?m)^$`, `\bfoo\b`, `\Bo`, `foo|bar|\d{3}`, `(?i)straße`, `(?i)k`, `[^a-z]`, `.`, `(?s).`, `^.{3}$`,
		`"took_ms":29\d\.9`, `[0-9a-f]{5}abc[0-9a-f]{5}`, `(a|b)*c(d|e)?f`, `x{0}`, `x{2,3}y`, `\pL+\s\PL`, `[가-힣]+`, `\x{FFFD}`, `\Aab`, `ab\z`, `a$|b`, `^a|b$`, `(?i)[x-z]q`,
		`a.c`, `(?s)a.c`, `\b`, `\B`, `ab\b`, `\bab`, `^\b`, `(^|,)x(,|$)`, `a\b.`, `(?U)a+b`, `[[:word:]]{2}-`, `\Q.*\E`, `日本?`, `(?i)é`,
	}
}

func texts() []string {
	return []string{
		"", "a", "b", "aaa", "foo", "foo bar", "xfoo", "a\nb\nc", "\n", "\n\n", "STRASSE straße", "\u212a", "abc", "xxy", "xxxy", "日本語 é É", "한글 1", "\xff", "a\xffb", "k\xe2",
		`{"took_ms":291.9}`, `{"took_ms":391.9}`, "0123fabc01234", "0123gabc01234", "abcdf", "abcf", "a_b a-b", ",x,", "x", "ab", "ab ", " ab", "1ab", "zq ZQ", "a c", "a\nc", ".*", "123", "12 3",
	}
}

func TestAMatchIsWhatPackageRegexpFinds(t *testing.T) {
	for _, expression := range expressions() {
		r, err := matcher.Compile(expression)
		if err != nil {
			t.Fatal(expression, err)
		}
		want := regexp.MustCompile(expression)
		m := r.Machine(0)
		for range 2 { // the second time its states are there
			for _, text := range texts() {
				got, err := m.Match(text, nil)
				if err != nil || got != want.MatchString(text) {
					t.Errorf("%q in %q: %v, %v", expression, text, got, err)
				}
			}
		}
	}
}

func TestWhatAMatchNeeds(t *testing.T) {
	for expression, want := range map[string][][]string{
		`abc`:                  {{"abc"}},
		`abc\d+def`:            {{"abc"}, {"def"}},
		`(abc|de)f?`:           {{"abc", "de"}},
		`(abc|d?)f`:            {{"f"}},
		`(?i)abc`:              nil,
		`(abc)+x{2}(y)*z{0,3}`: {{"abc"}, {"x"}},
		`.*`:                   nil,
	} {
		r, err := matcher.Compile(expression)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, r.Needs()); diff != "" {
			t.Errorf("%s: %s", expression, diff)
		}
	}
}

func TestWhatIsNoExpression(t *testing.T) {
	if _, err := matcher.Compile(`a(`); err == nil {
		t.Error("it is none")
	}
	if _, err := matcher.Compile(`a{900}b{900}`); !errors.Is(err, matcher.ErrTooLarge) {
		t.Error(err)
	}
}

// An expression whose states never come again goes over a line of 1 MB in bounded time and
// memory, and stops when it is told to.
func TestManyRepetitionsOverALongLine(t *testing.T) {
	r, err := matcher.Compile(`a[ab]{999}c`)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for x := uint32(1); b.Len() < 1<<20; x = x*1664525 + 1013904223 {
		b.WriteByte("ab"[x>>31])
	}
	text := b.String()[:1<<19] + "-c"
	asked := 0
	found, err := r.Machine(0).Match(text, func() error {
		asked++
		return nil
	})
	if found || err != nil || asked < 50 {
		t.Error(found, err, asked)
	}
	stop := errors.New("stop")
	asked = 0
	if _, err := r.Machine(0).Match(text, func() error { asked++; return stop }); !errors.Is(err, stop) || asked != 1 {
		t.Error(err, asked)
	}
}

func FuzzEach(f *testing.F) {
	for i, expression := range expressions() {
		f.Add(expression, texts()[i%len(texts())])
	}
	f.Fuzz(func(t *testing.T, expression, text string) {
		want, err := regexp.Compile(expression)
		if _, ours := matcher.Compile(expression); err != nil || ours != nil {
			return
		}
		g, err := matcher.CompileGroups(expression)
		if err != nil {
			t.Fatalf("%q: %v", expression, err)
		}
		all, none := [][]int(nil), func() error { return nil }
		if err := g.Each(text, none, func(match []int) error { all = append(all, match); return nil }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.FindAllStringSubmatchIndex(text, -1), all); diff != "" {
			t.Fatalf("%q in %q: %s", expression, text, diff)
		}
	})
}

// Each match of this looks at all that is left: hours for 1 MB.
func TestMatchesThatLookFarCanBeStopped(t *testing.T) {
	g, err := matcher.CompileGroups(`a.*b|(a)`)
	if err != nil {
		t.Fatal(err)
	}
	stop, found := errors.New("stop"), 0
	err = g.Each(strings.Repeat("a", 1<<20), func() error {
		if found == 3 {
			return stop
		}
		return nil
	}, func([]int) error { found++; return nil })
	if !errors.Is(err, stop) || found != 3 {
		t.Error(found, err)
	}
}

func FuzzMatch(f *testing.F) {
	for i, expression := range expressions() {
		f.Add(expression, texts()[i%len(texts())])
	}
	f.Fuzz(func(t *testing.T, expression, text string) {
		want, err := regexp.Compile(expression)
		r, ours := matcher.Compile(expression)
		if errors.Is(ours, matcher.ErrTooLarge) {
			return
		}
		if (err == nil) != (ours == nil) {
			t.Fatalf("%q: %v, %v", expression, err, ours)
		}
		if err != nil {
			return
		}
		m := r.Machine(0)
		for range 2 {
			if got, err := m.Match(text, nil); err != nil || got != want.MatchString(text) {
				t.Fatalf("%q in %q: %v, %v", expression, text, got, err)
			}
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	text := strings.Repeat(`{"request_id":"0123456789abcdef","path":"/api/v1/orders/1","status":200,"took_ms":17.25},`, 10)
	for _, expression := range []string{`[0-9a-f]{5}abc[0-9a-f]{5}`, `"took_ms":29\d\.9`, `status":[45]\d\d`, `(?i)error|exception`} {
		b.Run(expression, func(b *testing.B) {
			r, err := matcher.Compile(expression)
			if err != nil {
				b.Fatal(err)
			}
			m := r.Machine(1 << 20)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if found, err := m.Match(text, nil); found || err != nil {
					b.Fatal(found, err)
				}
			}
		})
	}
}
