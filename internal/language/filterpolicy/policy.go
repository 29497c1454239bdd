package filterpolicy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/language/eventpattern"
)

// Scope says what a policy is about.
type Scope string

// The scopes.
const (
	Attributes Scope = "MessageAttributes"
	Body       Scope = "MessageBody"
)

// AWS's limits of one policy.
const (
	mostKeys         = 5
	mostCombinations = 150
	mostBytes        = 256 << 10
)

// Error is what is wrong with a policy, in AWS's words.
type Error struct{ Reason string }

// Error returns the reason.
func (e *Error) Error() string { return e.Reason }

func refused(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

// Policy is a compiled filter policy. It is safe for concurrent use.
type Policy struct {
	scope   Scope
	pattern *eventpattern.Pattern // nil for one that lets everything through
}

// Compile compiles the text of a policy. The error is an *Error.
func Compile(text string, scope Scope) (*Policy, error) {
	if len(text) > mostBytes {
		return nil, refused("Filter policy is too long")
	}
	if message, line, column, ok := eventpattern.Syntax(text); !ok {
		return nil, refused("failed to parse JSON. %s\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: %d, column: %d]", message, line, column)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(text)); err != nil {
		return nil, refused("failed to parse JSON. %v", err)
	}
	if compact.String() == "{}" {
		return &Policy{scope: scope}, nil
	}
	pattern, err := eventpattern.Compile(compact.String(), eventpattern.Dialect{Plain: true})
	if err != nil {
		return nil, refused("%s", err.Error())
	}
	switch {
	case scope == Attributes && pattern.Depth() > 1:
		return nil, refused("Filter policy scope MessageAttributes does not support nested filter policy")
	case pattern.Keys() > mostKeys:
		return nil, refused("Filter policy can not have more than %d keys", mostKeys)
	case pattern.Combinations() > mostCombinations:
		return nil, refused("Filter policy is too complex")
	}
	return &Policy{scope, pattern}, nil
}

// Attribute is an attribute of a message.
type Attribute struct {
	Type   string // "String", "Number", "String.Array", "Binary", or a longer one
	Value  string // of all but binaries
	Binary []byte
}

// Verdict says whether a message goes to a subscription, and why not.
type Verdict int

// The verdicts. All but Matches keep the message back.
const (
	Matches           Verdict = iota
	Differs                   // the message says other things than the policy asks for
	NoAttributes              // the message has none
	InvalidAttributes         // one of them is not what its type says
	InvalidBody               // the body is no object in JSON
)

// Message is a message as policies look at it. Body and attributes are read once, when a
// policy asks for them first. It is for one goroutine.
type Message struct {
	Body       string
	Attributes map[string]Attribute

	body, attributes *eventpattern.Event
	bodyRead, known  bool
	invalid          bool // one of the attributes
}

// Match says whether a message goes to the subscription that has the policy.
func (p *Policy) Match(m *Message) Verdict {
	if p == nil || p.pattern == nil {
		return Matches
	}
	if p.scope == Body {
		if !m.bodyRead {
			m.bodyRead = true
			m.body, _ = eventpattern.Parse(m.Body)
		}
		return verdict(p.pattern, m.body, InvalidBody)
	}
	if !m.known {
		m.known = true
		m.attributes, m.invalid = events(m.Attributes)
	}
	if m.invalid {
		return InvalidAttributes
	}
	v := verdict(p.pattern, m.attributes, InvalidAttributes)
	if v == Differs && len(m.Attributes) == 0 {
		return NoAttributes
	}
	return v
}

func verdict(p *eventpattern.Pattern, e *eventpattern.Event, otherwise Verdict) Verdict {
	switch {
	case e == nil:
		return otherwise
	case p.Match(e):
		return Matches
	}
	return Differs
}

// events returns attributes as an event, and whether one is not what its type says.
func events(attributes map[string]Attribute) (e *eventpattern.Event, invalid bool) {
	e = &eventpattern.Event{}
	for name, a := range attributes {
		switch kind, _, _ := strings.Cut(a.Type, "."); {
		case a.Type == "String.Array":
			if !e.AddList(name, a.Value) {
				return nil, true
			}
		case kind == "String":
			e.AddText(name, a.Value)
		case kind == "Number":
			spelled, ok := numeral(a.Value)
			if !ok {
				return nil, true
			}
			e.AddNumber(name, spelled)
		}
	}
	return e, false
}

// numeral returns a number as JSON spells it.
func numeral(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if json.Valid([]byte(s)) && s != "" && strings.Trim(s[:1], "-0123456789") == "" {
		return s, true
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || n != n || n > 1e308 || n < -1e308 {
		return "", false
	}
	return strconv.FormatFloat(n, 'f', -1, 64), true
}
