package eventpattern

import "strings"

// prefix is how a string has to begin.
type prefix string

func (p prefix) matches(l *leaf) bool {
	return l.kind == stringValue && strings.HasPrefix(l.text, string(p))
}

func (c *compiler) prefix() (value, error) {
	return c.affix("prefix", "Prefix", func(s string) value { return prefix(s) }, func(f folded) value { return foldedPrefix(f) })
}

// affix reads a string, or one whose case does not count.
func (c *compiler) affix(name, noun string, plain func(string) value, ignoring func(folded) value) (value, error) {
	if err := c.read(); err != nil {
		return nil, err
	}
	if c.kind == startObject {
		if err := c.read(); err != nil {
			return nil, err
		}
		if c.kind != fieldName {
			return nil, c.barf(noun + " expression name not found")
		}
		if c.name != "equals-ignore-case" {
			return nil, c.barf("Unsupported " + name + " pattern: " + c.name)
		}
		s, err := c.textOr("equals-ignore-case match pattern must be a string")
		if err != nil {
			return nil, err
		}
		if err := c.only(); err != nil {
			return nil, err
		}
		return ignoring(fold(s)), c.only()
	}
	if c.kind != stringValue {
		return nil, c.barf(name + " match pattern must be a string")
	}
	s, err := c.str()
	if err != nil {
		return nil, err
	}
	return plain(s), c.only()
}
