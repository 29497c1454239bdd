package alarmrule

import "fmt"

const (
	mostText     = 10240 // characters of a rule
	mostElements = 500   // operators, constants and functions
	mostChildren = 100   // different alarms
)

// Rule is a rule that was read. It is safe for concurrent use.
type Rule struct {
	text     string
	root     node
	children []string
}

// node is an element of a rule.
type node struct {
	kind     kind
	of       []node   // operands of AND, OR, NOT
	state    string   // that a function asks for
	not      bool     // AT_LEAST counts what is not in the state
	alarms   []string // as they are written, without quotes
	atLeast  int      // how many of them
	constant bool
}

type kind int

const (
	constant kind = iota
	in            // STATE(alarm) and AT_LEAST
	not
	and
	or
)

// Error says why a rule is refused, in AWS's words.
type Error struct {
	Message string
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// faulty is an error within a rule.
func faulty(format string, args ...any) error {
	return &Error{"Error in AlarmRule [" + fmt.Sprintf(format, args...) + "]"}
}

// String returns the rule as it was written.
func (r *Rule) String() string { return r.text }

// Children returns the alarms that the rule names, each once, as names or ARNs, in the
// order in which they come first.
func (r *Rule) Children() []string { return r.children }
