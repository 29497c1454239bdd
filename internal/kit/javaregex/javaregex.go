// Package javaregex matches whole texts with regular expressions as
// java.util.regex reads them: Hive's SerDes and AWS's models are written so.
//
// What Java reads otherwise than Go and .NET, whose languages the two engines
// below speak, is rewritten; what neither can do, such as a possessive
// quantifier or a class within a class, is refused by name. In three things the
// engines' own ways are kept: case is disregarded by Unicode's rules, a $ within
// an expression knows no line break but \n, and of a group that matched several
// times, once with nothing, another match may be the last.
package javaregex

import (
	"regexp"
	"sync"
	"time"

	"github.com/dlclark/regexp2"
)

// Options change how an expression is read.
type Options struct {
	DotAll   bool          // a dot matches line breaks too
	FoldCase bool          // letters match without regard to case
	Timeout  time.Duration // of one match where that has to backtrack, which can take exponential time; 0 for none
}

// Regexp is a compiled expression. It may be used by several goroutines.
type Regexp struct {
	groups int
	// backtracking finds groups as Java does.
	backtracking *regexp2.Regexp
	// linear says whether a text matches in time linear to it. It is nil for
	// expressions that look around, refer back or ask for the ends of words.
	linear func() *regexp.Regexp
}

// Compile reads an expression. The error says what in it is refused, and at
// which character.
func Compile(expression string, o Options) (*Regexp, error) {
	t := translator{in: expression, dotAll: []bool{o.DotAll}}
	if err := t.run(); err != nil {
		return nil, err
	}
	whole := `\A(?:` + t.out.String() + `)\z`
	if o.FoldCase {
		whole = "(?i)" + whole
	}
	backtracking, err := regexp2.Compile(whole, regexp2.None)
	if err != nil {
		return nil, err
	}
	if o.Timeout > 0 {
		backtracking.MatchTimeout = o.Timeout
	}
	return &Regexp{
		groups:       t.groups,
		backtracking: backtracking,
		linear: sync.OnceValue(func() *regexp.Regexp {
			re, err := regexp.Compile(whole)
			if err != nil || t.beyond {
				return nil
			}
			return re
		}),
	}, nil
}

// Groups returns how many groups the expression has, the whole not counted.
func (r *Regexp) Groups() int { return r.groups }

// Match says whether the whole of text matches. The error says that it took too
// long.
func (r *Regexp) Match(text string) (bool, error) {
	if re := r.linear(); re != nil {
		return re.MatchString(text), nil
	}
	return r.backtracking.MatchString(text)
}

// Find returns the groups of a text that matches as a whole, nil for those that
// took no part. ok is false when it does not match. The error says that it took
// too long.
func (r *Regexp) Find(text []byte) (groups [][]byte, ok bool, err error) {
	m, err := r.backtracking.FindStringMatch(string(text))
	if err != nil || m == nil {
		return nil, false, err
	}
	groups = make([][]byte, r.groups)
	for i := range groups {
		if g := m.GroupByNumber(i + 1); g != nil && len(g.Captures) > 0 {
			groups[i] = []byte(g.String())
		}
	}
	return groups, true, nil
}
