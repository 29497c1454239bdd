package policy

import "strings"

// resourcePattern is one element of Resource or NotResource: an ARN whose
// segments are patterns. Segments are compared one by one, so that a "*" in the
// account does not reach into the name.
type resourcePattern struct {
	any      bool // "*"
	segments [arnSegments]glob
}

// newResourcePattern compiles text. Segments that are left out at the end are
// any: "arn:aws:sqs" means all that SQS has.
func newResourcePattern(text string, variables bool) resourcePattern {
	if strings.Trim(text, "*") == "" && text != "" {
		return resourcePattern{any: true}
	}
	segments := splitARN(text, variables)
	r := resourcePattern{}
	for i := range r.segments {
		r.segments[i] = anything
		if i < len(segments) {
			r.segments[i] = newGlob(segments[i], true, variables)
		}
	}
	return r
}

// target is what a request is on, taken apart once for all statements.
type target struct {
	none     bool // the request is on no resource: "*"
	arn      bool // it has six segments
	wild     bool // parts of it are not known
	segments [arnSegments]string
}

func newTarget(resource string) target {
	if resource == "*" || resource == "" {
		return target{none: true}
	}
	t := target{wild: strings.Contains(resource, "*")}
	rest := resource
	for i := range arnSegments - 1 {
		segment, behind, more := strings.Cut(rest, ":")
		if !more {
			return t
		}
		t.segments[i], rest = segment, behind
	}
	t.segments[arnSegments-1] = rest
	t.arn = true
	return t
}

// How much of what a request may be on a pattern stands for.
type extent int

const (
	nothing extent = iota
	some           // of what is not known
	all
)

// extent returns how much of e's target r stands for.
func (r *resourcePattern) extent(e *evaluation) extent {
	switch {
	case r.any:
		return all
	case !e.target.arn:
		return nothing
	case e.target.wild:
		return r.wildExtent(e)
	}
	// Service and name tell most apart.
	for _, i := range [...]int{2, 5, 4, 3, 1, 0} {
		if !r.segments[i].matches(e.target.segments[i], e) {
			return nothing
		}
	}
	return all
}

// wildExtent is extent where parts of the target are not known.
func (r *resourcePattern) wildExtent(e *evaluation) extent {
	reach := all
	for _, i := range [...]int{2, 5, 4, 3, 1, 0} {
		g, text := &r.segments[i], e.target.segments[i]
		known, _, wild := strings.Cut(text, "*")
		if !wild {
			if !g.matches(text, e) {
				return nothing
			}
			continue
		}
		head := g.head()
		if n := min(len(head), len(known)); head[:n] != known[:n] {
			return nothing
		}
		pattern, ok := g.letters(e.pattern[:0], e)
		e.pattern = pattern
		if !ok {
			return nothing
		}
		e.text = lettersOf(text, e.text[:0])
		switch {
		case e.covers(e.pattern, e.text):
		case e.meets(e.pattern, e.text):
			reach = some
		default:
			return nothing
		}
	}
	return reach
}

// onTarget reports whether the statement is about what the request is on: a Deny
// also where it may be.
func (s *statement) onTarget(e *evaluation) bool {
	if s.resources == nil {
		return true // of a trust policy, which is about its role
	}
	most := nothing
	for i := range s.resources {
		if most = max(most, s.resources[i].extent(e)); most == all {
			break
		}
	}
	if s.notResource {
		most = all - most
	}
	return most == all || most == some && s.deny
}
