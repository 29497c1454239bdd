package wire

import (
	"regexp"
	"strings"
	"time"

	"github.com/dlclark/regexp2"
)

// matcher says whether the whole of a text matches a pattern.
type matcher interface{ matches(text string) bool }

// patternTimeout bounds a backtracking match; a pattern that takes longer is
// taken as matched, since refusing what AWS takes would be worse.
const patternTimeout = 100 * time.Millisecond

type linearMatcher struct{ re *regexp.Regexp }

func (m linearMatcher) matches(text string) bool { return m.re.MatchString(text) }

type backtrackingMatcher struct{ re *regexp2.Regexp }

func (m backtrackingMatcher) matches(text string) bool {
	ok, err := m.re.MatchString(text)
	return ok || err != nil
}

type anyMatcher struct{}

func (anyMatcher) matches(string) bool { return true }

// compilePattern compiles a Java regular expression of the models. Most are
// within what Go's linear-time engine takes; those that look around need the
// backtracking one. A pattern that neither takes matches everything.
func compilePattern(pattern string) matcher {
	if re, err := regexp.Compile(`^(?:` + javaPattern(pattern, `\x{`, "}") + `)\z`); err == nil {
		return linearMatcher{re}
	}
	re, err := regexp2.Compile(`\A(?:`+javaPattern(pattern, `\u`, "")+`)\z`, regexp2.None)
	if err != nil {
		return anyMatcher{}
	}
	re.MatchTimeout = patternTimeout
	return backtrackingMatcher{re}
}

// javaPattern rewrites what Java writes differently: UTF-16 escapes, ranges
// over surrogate pairs, and POSIX names of character classes. open and shut
// are put around the four digits of an escape.
func javaPattern(pattern, open, shut string) string {
	const beyond = "\U00010000-\U0010FFFF" // the characters that UTF-16 has in pairs
	pattern = strings.NewReplacer(
		`\uD800\uDC00-\uDBFF\uDFFF`, beyond,
		`\u10000-\u10FFFF`, beyond, // STS's model forgets that \u takes four digits
		`\p{Alnum}`, `A-Za-z0-9`, `\p{Alpha}`, `A-Za-z`, `\p{Digit}`, `0-9`, `\p{Punct}`, "!-/:-@\\[-`{-~",
		`\p{Graph}`, `!-~`, `\p{Print}`, ` -~`, `\p{ASCII}`, `\x00-\x7F`,
	).Replace(pattern)
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != '\\' || i+1 == len(pattern) {
			b.WriteByte(pattern[i])
			continue
		}
		if pattern[i+1] == 'u' && i+6 <= len(pattern) {
			b.WriteString(open + pattern[i+2:i+6] + shut)
			i += 5
			continue
		}
		b.WriteString(pattern[i : i+2])
		i++
	}
	return b.String()
}
