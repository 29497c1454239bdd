package policy

import (
	"net/netip"
	"slices"
)

// evaluation is one request being decided, for one goroutine. It lives on the stack
// of Decide.
type evaluation struct {
	action  string // lower case
	target  target
	context Context
	caller  caller
	bounded bool              // the caller has a permissions boundary
	bound   map[string]string // the unique IDs of whom the policy at hand names

	recents [6]recent // the first keys that were asked for
	known   int

	statement *statement // that is being looked at

	steps int
	spent bool // maxSteps were not enough

	pattern, text []rune // scratch
	address       struct {
		text string
		is   netip.Addr
	} // that was read last

	explaining bool
	found      *Decision // where matches and missing keys go when explaining
}

// recent is the value of a key that was asked for.
type recent struct {
	key    string
	values []string
}

// values returns what the request has under a key in lower case. Policies ask for
// the same few keys again and again: those are compared, not hashed.
func (e *evaluation) values(key string) []string {
	for i := range e.recents[:e.known] {
		if e.recents[i].key == key {
			return e.recents[i].values
		}
	}
	values := e.context.under(key)
	if e.known < len(e.recents) {
		e.recents[e.known] = recent{key, values}
		e.known++
	}
	return values
}

// maxSteps is how many comparisons one decision may take: some tenths of a second.
// All policies that AWS's limits allow take far less.
const maxSteps = 20_000_000

// step counts a step and reports whether it may still be taken.
func (e *evaluation) step() bool {
	e.steps++
	if e.steps > maxSteps {
		e.spent = true
	}
	return !e.spent
}

// missing notes a key that a statement asks for in vain.
func (e *evaluation) missing(name string) {
	if !slices.Contains(e.found.MissingContext, name) {
		e.found.MissingContext = append(e.found.MissingContext, name)
	}
}

// hit is a statement of a policy that decides.
type hit struct {
	statement *statement
	policy    string
}

// outcome is what the policies of one kind say.
type outcome struct {
	deny  hit
	allow hit
	grant grant // of the most direct Allow
}

func (o *outcome) denies() bool { return o.deny.statement != nil }
func (o *outcome) allows() bool { return o.allow.statement != nil }

// look asks all policies of one kind. A Deny ends it, except when explaining.
func (e *evaluation) look(policies []Attached, o *outcome) {
	for i := range policies {
		if e.lookInto(&policies[i], o); o.denies() && !e.explaining {
			return
		}
	}
}

func (e *evaluation) lookInto(p *Attached, o *outcome) {
	if p.Document == nil {
		return
	}
	e.bound = p.Bound
	statements := p.Document.statements
	for i := range statements {
		s := &statements[i]
		// Once something is allowed as directly as can be, only a Deny matters.
		if !s.deny && o.grant == direct && !e.explaining {
			continue
		}
		how := s.holds(e)
		if how == ungranted {
			continue
		}
		if e.explaining {
			e.found.Matched = append(e.found.Matched, s.match(p))
		}
		switch {
		case !s.deny:
			if how > o.grant {
				o.allow, o.grant = hit{s, p.Name}, how
			}
		case o.denies():
		default:
			o.deny = hit{s, p.Name}
			if !e.explaining {
				return
			}
		}
	}
}

func (s *statement) match(p *Attached) Match {
	return Match{
		Kind: p.Document.kind, Policy: p.Name, Statement: s.number, Sid: s.sid, Deny: s.deny,
		From: s.from, To: s.to,
	}
}
