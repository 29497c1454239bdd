package transform

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Grok makes fields of what named patterns match in a text.
type Grok struct {
	Source string `json:"source"`
	Match  string `json:"match"`
}

const (
	mostMatch   = 512 // characters of a pattern
	mostNamed   = 20  // patterns in it
	mostUnbound = 5   // of those that match anything, all together
)

// grokField is a group of a compiled pattern, and where it goes.
type grokField struct {
	group   int
	to      path
	numeric bool
	date    bool
}

func (c *Grok) compile(first bool) (func(r *run) error, error) {
	from, err := parseSource(c.Source, first)
	if err != nil {
		return nil, err
	}
	if err := checkText("match", c.Match, mostMatch); err != nil {
		return nil, err
	}
	g := &grok{known: grokPatterns(), counts: map[string]int{}}
	text, err := g.translate(c.Match)
	if err != nil {
		return nil, err
	}
	re, err := compileRegex(text)
	if err != nil {
		return nil, fmt.Errorf("match is no grok pattern that is taken here: %w", err)
	}
	return func(r *run) error {
		text, err := from.text(r)
		if err != nil {
			return err
		}
		if err := re.affordable(len(text)); err != nil {
			return err
		}
		at := re.FindStringSubmatchIndex(text)
		if at == nil {
			return errors.New("the text does not match the pattern")
		}
		for _, f := range g.fields {
			begin, end := at[2*f.group], at[2*f.group+1]
			if begin < 0 {
				continue
			}
			if err := f.to.put(r, f.value(text[begin:end]), true); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

func (f *grokField) value(text string) any {
	if f.numeric && isNumber(text) {
		return number(text)
	}
	if f.date {
		if t, err := time.Parse("02/Jan/2006:15:04:05 -0700", text); err == nil {
			return t.UTC().Format(time.RFC3339)
		}
	}
	return unquoted(text)
}

// unquoted takes quotes away that stand around a text.
func unquoted(text string) string {
	if n := len(text); n > 1 && text[0] == text[n-1] && (text[0] == '"' || text[0] == '\'') {
		return text[1 : n-1]
	}
	return text
}

// grok translates a pattern.
type grok struct {
	known  map[string]grokPattern
	counts map[string]int
	fields []grokField
	groups int // so far
	named  int // patterns
	line   string
}

// translate makes a regular expression of a pattern: %{NAME:field} becomes a group, and
// all else is an expression as it is.
func (g *grok) translate(match string) (string, error) {
	var out strings.Builder
	for {
		before, rest, more := strings.Cut(match, "%{")
		if err := g.plain(before); err != nil {
			return "", err
		}
		out.WriteString(before)
		if !more {
			return out.String(), nil
		}
		inside, after, ended := strings.Cut(rest, "}")
		if !ended {
			return "", errors.New("match has %{ without }")
		}
		text, err := g.pattern(inside)
		if err != nil {
			return "", err
		}
		out.WriteString(text)
		match = after
	}
}

// plain counts the groups of an expression between patterns. Names are grok's alone.
func (g *grok) plain(text string) error {
	if strings.Contains(text, "(?P<") || strings.Contains(text, "(?<") || strings.Contains(text, "(?=") || strings.Contains(text, "(?!") {
		return errors.New("match has a named group or looks around, which is not taken here: use %{PATTERN:field}")
	}
	escaped, class := false, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case class:
			class = c != ']'
		case c == '[':
			class = true
			if i+1 < len(text) && text[i+1] == '^' {
				i++
			}
			if i+1 < len(text) && text[i+1] == ']' {
				i++
			}
		case c == '(' && !strings.HasPrefix(text[i:], "(?"):
			g.groups++
		}
	}
	return nil
}

// pattern translates what stands between the braces.
func (g *grok) pattern(inside string) (string, error) {
	name, field, hasField := strings.Cut(inside, ":")
	if g.named++; g.named > mostNamed {
		return "", fmt.Errorf("match has more than %d patterns", mostNamed)
	}
	if strings.Contains(field, ":") {
		return "", fmt.Errorf("%%{%s} converts a type, which grok does not: use typeConverter", inside)
	}
	if line, is := commonLines()[name]; is {
		return g.common(name, line, hasField)
	}
	known, is := g.known[name]
	if !is {
		return "", fmt.Errorf("there is no grok pattern %s", name)
	}
	if g.counts[name]++; g.counts[name] > known.most {
		return "", fmt.Errorf("match has the pattern %s more than %d times", name, known.most)
	}
	unbound := 0
	for _, name := range []string{"URI", "URIPARAM", "URIPATHPARAM", "SPACE", "DATA", "GREEDYDATA", "GREEDYDATA_MULTILINE"} {
		unbound += g.counts[name]
	}
	if unbound > mostUnbound {
		return "", fmt.Errorf("match has more than %d of the patterns that match nearly anything, such as DATA and URI", mostUnbound)
	}
	switch {
	case g.line != "" && name != "DATA" && name != "GREEDYDATA" && name != "GREEDYDATA_MULTILINE":
		return "", fmt.Errorf("behind %s only DATA, GREEDYDATA and GREEDYDATA_MULTILINE can stand", g.line)
	case !hasField:
		return "(?:" + g.expand(name) + ")", nil
	}
	to, err := parsePath("a field of match", field)
	if err != nil {
		return "", err
	}
	g.groups++
	g.fields = append(g.fields, grokField{group: g.groups, to: to})
	return "(" + g.expand(name) + ")", nil
}

// expand returns the expression of a pattern. It has no groups that count.
func (g *grok) expand(name string) string {
	within := regexp.MustCompile(`%\{[A-Z0-9_]+\}`)
	return within.ReplaceAllStringFunc(g.known[name].regex, func(other string) string {
		return "(?:" + g.expand(other[2:len(other)-1]) + ")"
	})
}

// common translates a pattern of a whole line, which must be the first.
func (g *grok) common(name string, line common, hasField bool) (string, error) {
	if hasField || g.named > 1 {
		return "", fmt.Errorf("%s must be the first pattern of match, and has its own fields", name)
	}
	g.line = name
	for _, c := range line.fields {
		g.groups++
		g.fields = append(g.fields, grokField{group: g.groups, to: path{c.name}, numeric: c.numeric, date: c.name == line.date})
	}
	return line.regex, nil
}
