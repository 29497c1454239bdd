package policy

import "strings"

// variable is a policy variable, such as ${aws:username} or
// ${aws:PrincipalTag/team, 'none'}. One without a key is one of the signs that
// would otherwise be wildcards, such as ${*}: it stands for otherwise.
type variable struct {
	key        string // lower case
	name       string // as written
	otherwise  string
	hasDefault bool
}

// maxVariable is how many bytes a variable may have with its default, so that a
// text of nothing but beginnings of variables is read in one go.
const maxVariable = 1024

// readVariable reads the variable that text begins with and returns how long it
// is. It is not ok where there is none: then "${" is just text.
func readVariable(text string) (v variable, size int, ok bool) {
	text = text[:min(len(text), maxVariable)]
	rest, found := strings.CutPrefix(text, "${")
	if !found {
		return variable{}, 0, false
	}
	end := strings.IndexAny(rest, "},'")
	if end < 0 {
		return variable{}, 0, false
	}
	name := strings.TrimSpace(rest[:end])
	switch {
	case name == "" || strings.Contains(name, "${"):
		return variable{}, 0, false
	case rest[end] == '}':
		if name == "*" || name == "?" || name == "$" {
			return variable{otherwise: name}, len("${}") + end, true
		}
		return variable{key: strings.ToLower(name), name: name}, len("${}") + end, true
	case rest[end] == '\'':
		return variable{}, 0, false
	}
	quoted, found := strings.CutPrefix(strings.TrimLeft(rest[end+1:], " "), "'")
	if !found {
		return variable{}, 0, false
	}
	otherwise, after, found := strings.Cut(quoted, "'")
	after, closed := strings.CutPrefix(strings.TrimLeft(after, " "), "}")
	if !found || !closed {
		return variable{}, 0, false
	}
	v = variable{key: strings.ToLower(name), name: name, otherwise: otherwise, hasDefault: true}
	return v, len(text) - len(after), true
}

// fill returns what a variable stands for. It is not ok where the request has
// no value for it, or several, and the variable has no default.
func (e *evaluation) fill(v *variable) (value string, ok bool) {
	values := e.values(v.key)
	switch {
	case len(values) == 1:
		return values[0], true
	case len(values) == 0 && v.hasDefault:
		return v.otherwise, true
	}
	if e.explaining {
		e.missing(v.name)
	}
	return "", false
}

// splitARN splits text at colons into at most six segments, but not within a
// variable.
func splitARN(text string, variables bool) []string {
	var segments []string
	start := 0
	for i := 0; i < len(text) && len(segments) < arnSegments-1; i++ {
		switch {
		case text[i] == ':':
			segments = append(segments, text[start:i])
			start = i + 1
		case variables && text[i] == '$':
			if _, size, ok := readVariable(text[i:]); ok {
				i += size - 1
			}
		}
	}
	return append(segments, text[start:])
}

// arnSegments is how many parts an ARN has; the last may have colons itself.
const arnSegments = 6
