package transform

import (
	"errors"
	"fmt"
	"strings"
)

// SubstituteString replaces what a regular expression matches.
type SubstituteString struct {
	Entries []SubstituteEntry `json:"entries"`
}

// SubstituteEntry is a key in whose text something is replaced.
type SubstituteEntry struct {
	Source string `json:"source"`
	From   string `json:"from"`
	To     string `json:"to"`
}

func (c *SubstituteString) compile(bool) (func(r *run) error, error) {
	if err := checkCount("entries", len(c.Entries), mostKeys); err != nil {
		return nil, err
	}
	keys, from, to := make([]path, len(c.Entries)), make([]*regex, len(c.Entries)), make([]string, len(c.Entries))
	for i, e := range c.Entries {
		var err error
		if keys[i], err = parsePath("source", e.Source); err != nil {
			return nil, err
		}
		for name, text := range map[string]string{"from": e.From, "to": e.To} {
			if err := checkText(name, text, mostKey); err != nil {
				return nil, err
			}
		}
		if from[i], err = compileRegex(e.From); err != nil {
			return nil, fmt.Errorf("from is no regular expression that is taken here (RE2, without references and lookaround): %w", err)
		}
		if to[i], err = replacement(e.To, from[i].NumSubexp()); err != nil {
			return nil, err
		}
	}
	return func(r *run) error {
		for i := range c.Entries {
			if err := keys[i].change(r, func(text string) (any, error) { return r.replace(from[i], to[i], text) }); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// replace is ReplaceAllString, within the budget of an event.
func (r *run) replace(from *regex, to, text string) (string, error) {
	if err := from.affordable(len(text)); err != nil {
		return "", err
	}
	var b []byte
	last := 0
	for _, at := range from.FindAllStringSubmatchIndex(text, -1) {
		b = append(b, text[last:at[0]]...)
		b = from.ExpandString(b, to, text, at)
		if last = at[1]; r.spent+len(b) > mostEvent {
			return "", errTooLarge
		}
	}
	return string(append(b, text[last:]...)), nil
}

// replacement makes a template of Go's of one of Java's: $1 is a group, and a backslash
// takes the meaning from what follows.
func replacement(java string, groups int) (string, error) {
	var b strings.Builder
	for i := 0; i < len(java); i++ {
		switch c := java[i]; c {
		case '\\':
			if i++; i == len(java) {
				return "", errors.New("to ends in a backslash that has nothing behind it")
			}
			if java[i] == '$' {
				b.WriteByte('$')
			}
			b.WriteByte(java[i])
		case '$':
			if i++; i == len(java) || java[i] < '0' || java[i] > '9' {
				return "", errors.New(`to has a $ that is no group: write \$ for the character`)
			}
			n := int(java[i] - '0')
			for i+1 < len(java) && java[i+1] >= '0' && java[i+1] <= '9' && n*10+int(java[i+1]-'0') <= groups {
				i++
				n = n*10 + int(java[i]-'0')
			}
			if n > groups {
				return "", fmt.Errorf("to names group %d, and from has %d", n, groups)
			}
			fmt.Fprintf(&b, "${%d}", n)
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}
