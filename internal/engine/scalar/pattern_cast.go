package scalar

import "github.com/sillok/sillok/internal/sql/datatype"

// castToPattern is the cast of text to a type that stands for what a function
// compiles of it: a regular expression, a set of characters or a JSON path. Its
// values are the text, and a char's with its padding.
func castToPattern(from datatype.Type) (Function, bool) {
	if !from.IsText() {
		return none()
	}
	return converts(func(s string) (any, error) { return paddedText(from, s), nil })
}

// isPatternType reports whether text becomes t by castToPattern.
func isPatternType(t datatype.Type) bool {
	return t.Kind == datatype.JSONPath || t.Kind == datatype.Opaque && (t.Name == datatype.RegExp || t.Name == datatype.CodePoints)
}
