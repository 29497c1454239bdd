package wire

import "unicode/utf8"

// PatternError says why a model's pattern does not compile.
func PatternError(pattern string) error {
	_, err := parsePattern(pattern)
	return err
}

// ParseSlowly returns the tree that encoding/json reads.
func ParseSlowly(body []byte) (any, error) { return parseSlowly(body) }

// ParseFast returns the tree that is read without it.
func ParseFast(body []byte) (any, bool) {
	if !utf8.Valid(body) {
		return nil, false
	}
	p := treeParser{b: body, names: map[string]string{}}
	return p.tree()
}
