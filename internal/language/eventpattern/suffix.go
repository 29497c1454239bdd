package eventpattern

import "strings"

// suffix is how a string has to end.
type suffix string

func (s suffix) matches(l *leaf) bool {
	return l.kind == stringValue && strings.HasSuffix(l.text, string(s))
}

func (c *compiler) suffix() (value, error) {
	return c.affix("suffix", "Suffix", func(s string) value { return suffix(s) }, func(f folded) value { return foldedSuffix(f) })
}
