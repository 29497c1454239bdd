package wire

import (
	"strings"
	"time"

	"github.com/sillok/sillok/internal/kit/javaregex"
)

// patternTimeout bounds a match that has to backtrack.
const patternTimeout = 100 * time.Millisecond

// parsePattern reads a pattern of the models, which is a Java regular expression.
func parsePattern(pattern string) (*javaregex.Regexp, error) {
	// STS's model forgets that \u takes four digits.
	pattern = strings.ReplaceAll(pattern, `\u10000-\u10FFFF`, `\uD800\uDC00-\uDBFF\uDFFF`)
	return javaregex.Compile(pattern, javaregex.Options{Timeout: patternTimeout})
}

// compilePattern returns what says whether the whole of a text matches a
// pattern. Where that cannot be told in time, the text is taken as matching:
// refusing what AWS takes would be worse.
func compilePattern(pattern string) func(text string) bool {
	re, err := parsePattern(pattern)
	if err != nil {
		return func(string) bool { return true }
	}
	return func(text string) bool {
		ok, err := re.Match(text)
		return ok || err != nil
	}
}
