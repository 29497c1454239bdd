package format

import (
	"fmt"
	"strings"
	"time"

	"github.com/dlclark/regexp2"
)

// javaRegex is a Java regular expression that must match a whole line, as
// java.util.regex would with DOTALL.
type javaRegex struct {
	re     *regexp2.Regexp
	groups int
}

// matchTimeout bounds one line: an expression can take exponential time.
const matchTimeout = 10 * time.Second

// compileJava turns the expression into one that regexp2 reads the same way.
func compileJava(expression string, foldCase bool) (*javaRegex, error) {
	translated, err := translateJava(expression)
	if err != nil {
		return nil, err
	}
	options := regexp2.RegexOptions(regexp2.Singleline)
	if foldCase {
		options |= regexp2.IgnoreCase
	}
	re, err := regexp2.Compile(`\A(?:`+translated+`)\z`, options)
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = matchTimeout
	groups := 0
	for _, n := range re.GetGroupNumbers() {
		groups = max(groups, n)
	}
	return &javaRegex{re: re, groups: groups}, nil
}

// match returns the groups of a line that matches; nil for those that took no
// part. ok is false when it does not match.
func (j *javaRegex) match(line []byte) (groups [][]byte, ok bool, err error) {
	m, err := j.re.FindStringMatch(string(line))
	if err != nil || m == nil {
		return nil, false, err
	}
	groups = make([][]byte, j.groups)
	for i := range groups {
		if g := m.GroupByNumber(i + 1); g != nil && len(g.Captures) > 0 {
			groups[i] = []byte(g.String())
		}
	}
	return groups, true, nil
}

// translator rewrites what Java and .NET, whose language regexp2 speaks, read
// differently: the classes \d \w \s \h, POSIX classes, quoting, names of
// groups, which count among the others in Java, and possessive quantifiers and
// class intersections, which are refused.
type translator struct {
	in  string
	at  int
	out strings.Builder
}

func translateJava(expression string) (string, error) {
	t := translator{in: expression}
	for t.at < len(t.in) {
		if err := t.step(); err != nil {
			return "", err
		}
	}
	return t.out.String(), nil
}

func (t *translator) refuse(what string) error {
	return fmt.Errorf("%s at character %d", what, t.at+1)
}

func (t *translator) step() error {
	switch c := t.in[t.at]; c {
	case '\\':
		return t.escape(false)
	case '[':
		return t.class()
	case '(':
		return t.group()
	case '*', '+', '?', '}':
		t.out.WriteByte(c)
		t.at++
		if t.at < len(t.in) && t.in[t.at] == '+' {
			return t.refuse("a possessive quantifier")
		}
		if c != '}' && t.at < len(t.in) && t.in[t.at] == '?' {
			t.out.WriteByte('?')
			t.at++
		}
	default:
		t.out.WriteByte(c)
		t.at++
	}
	return nil
}

func (t *translator) group() error {
	rest := t.in[t.at:]
	switch {
	case strings.HasPrefix(rest, "(?<") && len(rest) > 3 && rest[3] != '=' && rest[3] != '!':
		end := strings.IndexByte(rest, '>')
		if end < 0 {
			return t.refuse("a group's name without its end")
		}
		t.out.WriteByte('(')
		t.at += end + 1
	case strings.HasPrefix(rest, "(?"):
		end := strings.IndexAny(rest[2:], ":)=!<>")
		if end >= 0 && strings.ContainsAny(rest[2:2+end], "duU") {
			return t.refuse("the flags " + rest[2:2+end])
		}
		t.out.WriteString("(?")
		t.at += 2
		if t.at < len(t.in) && t.in[t.at] == '<' {
			t.out.WriteByte('<')
			t.at++
		}
	default:
		t.out.WriteByte('(')
		t.at++
	}
	return nil
}

// escape translates the escape at hand. Inside a class its parts are given
// without brackets.
func (t *translator) escape(inClass bool) error {
	if t.at+1 >= len(t.in) {
		return t.refuse("a backslash at the end")
	}
	c := t.in[t.at+1]
	wrap := func(positive string, negated bool) error {
		t.at += 2
		switch {
		case !inClass && negated:
			t.out.WriteString("[^" + positive + "]")
		case !inClass:
			t.out.WriteString("[" + positive + "]")
		case negated:
			return t.refuse("a negated class inside a class")
		default:
			t.out.WriteString(positive)
		}
		return nil
	}
	switch c {
	case 'd', 'D':
		return wrap("0-9", c == 'D')
	case 'w', 'W':
		return wrap("a-zA-Z0-9_", c == 'W')
	case 's':
		return wrap(`\t\n\x0B\f\r `, false)
	case 'S':
		if inClass {
			// .NET's own \S differs only in white space beyond ASCII.
			t.out.WriteString(`\S`)
			t.at += 2
			return nil
		}
		return wrap(`\t\n\x0B\f\r `, true)
	case 'h', 'H':
		return wrap(`\t \u00A0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000`, c == 'H')
	case 'p', 'P':
		return t.property(inClass, c == 'P')
	case 'Q':
		return t.quote()
	case 'Z', 'G', 'R', 'X', 'k', 'N', 'b', 'B', 'v', 'V':
		if c == 'b' || c == 'B' {
			break
		}
		return t.refuse(`\` + string(c))
	}
	t.out.WriteString(t.in[t.at : t.at+2])
	t.at += 2
	return nil
}

func (t *translator) quote() error {
	quoted, _, _ := strings.Cut(t.in[t.at+2:], `\E`)
	t.out.WriteString(regexp2.Escape(quoted))
	t.at = min(t.at+2+len(quoted)+2, len(t.in))
	return nil
}

// property translates \p{Alpha} and its like.
func (t *translator) property(inClass, negated bool) error {
	posix := map[string]string{
		"Lower": "a-z", "Upper": "A-Z", "ASCII": `\x00-\x7F`, "Alpha": "a-zA-Z", "Digit": "0-9", "Alnum": "a-zA-Z0-9",
		"Punct": `!-/:-@\[-` + "`" + `{-~`, "Graph": "!-~", "Print": " -~", "Blank": ` \t`, "XDigit": "0-9a-fA-F",
		"Space": ` \t\n\x0B\f\r`, "Cntrl": `\x00-\x1F\x7F`,
	}
	rest := t.in[t.at:]
	if len(rest) > 3 && rest[2] == '{' {
		if end := strings.IndexByte(rest, '}'); end > 0 {
			if class, ok := posix[rest[3:end]]; ok {
				t.at += end + 1
				switch {
				case inClass && negated:
					return t.refuse("a negated class inside a class")
				case inClass:
					t.out.WriteString(class)
				case negated:
					t.out.WriteString("[^" + class + "]")
				default:
					t.out.WriteString("[" + class + "]")
				}
				return nil
			}
			if strings.HasPrefix(rest[3:end], "java") || strings.HasPrefix(rest[3:end], "Is") {
				return t.refuse(rest[:end+1])
			}
			t.out.WriteString(rest[:end+1])
			t.at += end + 1
			return nil
		}
	}
	return t.refuse(`\p without a name in braces`)
}

// class translates a class. A bracket inside one begins a union in Java. A
// hyphen stands for itself after a range, after \d and its like, and at either
// end of the class.
func (t *translator) class() error {
	t.out.WriteByte('[')
	t.at++
	if t.at < len(t.in) && t.in[t.at] == '^' {
		t.out.WriteByte('^')
		t.at++
	}
	whole := true    // what was read last cannot begin a range
	inRange := false // a hyphen was read and its end is due
	for start := t.at; t.at < len(t.in); {
		c := t.in[t.at]
		switch {
		case c == ']' && t.at > start:
			t.out.WriteByte(']')
			t.at++
			return nil
		case c == '[':
			return t.refuse("a class inside a class")
		case c == '&' && strings.HasPrefix(t.in[t.at:], "&&"):
			return t.refuse("an intersection of classes")
		case c == '-' && !inRange:
			t.at++
			if whole || t.at >= len(t.in) || t.in[t.at] == ']' || t.classEscape() {
				t.out.WriteString(`\-`)
				whole = true
				continue
			}
			t.out.WriteByte('-')
			inRange = true
			continue
		case c == '\\':
			whole = t.classEscape()
			if err := t.escape(true); err != nil {
				return err
			}
		case c == ']' || c == '-':
			t.out.WriteString(`\` + string(c))
			t.at++
			whole = false
		default:
			t.out.WriteByte(c)
			t.at++
			whole = false
		}
		whole = whole || inRange
		inRange = false
	}
	return t.refuse("a class without its end")
}

// classEscape says whether a class such as \d is at hand.
func (t *translator) classEscape() bool {
	return t.at+1 < len(t.in) && t.in[t.at] == '\\' && strings.IndexByte("dDwWsShHpP", t.in[t.at+1]) >= 0
}
