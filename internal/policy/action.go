package policy

import "strings"

// newAction compiles one element of Action or NotAction. Actions are compared
// without regard to case.
func newAction(text string) glob { return newGlob(strings.ToLower(text), true, false) }

// onAction reports whether the statement is about the request's action.
func (s *statement) onAction(e *evaluation) bool {
	for i := range s.actions {
		if s.actions[i].matches(e.action, e) {
			return !s.notAction
		}
	}
	return s.notAction
}
