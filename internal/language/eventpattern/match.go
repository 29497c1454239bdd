package eventpattern

import "slices"

// mostSteps bounds how many leaves are tried for one event and pattern. What needs more
// does not match.
const mostSteps = 1 << 20

// Match says whether an event matches.
func (p *Pattern) Match(e *Event) bool {
	m := &match{event: e}
	for _, r := range p.rules {
		if m.fields(r, nil) {
			return true
		}
	}
	return false
}

type match struct {
	event *Event
	steps int
}

// fields says whether an event has leaves for all of the fields that fit those which were
// chosen before, of which at are the elements.
func (m *match) fields(fields []field, at []element) bool {
	if len(fields) == 0 {
		return true
	}
	f := &fields[0]
	fitting := false
	tried := [][]element{} // from the same elements the rest is the same
	for i := range m.event.leaves[f.path] {
		l := &m.event.leaves[f.path][i]
		if m.steps++; m.steps > mostSteps {
			return false
		}
		if !fit(at, l.at) {
			continue
		}
		fitting = true
		if !f.matches(l) || slices.ContainsFunc(tried, func(t []element) bool { return slices.Equal(t, l.at) }) {
			continue
		}
		tried = append(tried, l.at)
		if m.fields(fields[1:], join(at, l.at)) {
			return true
		}
	}
	if fitting {
		return false
	}
	absent := slices.ContainsFunc(f.values, func(v value) bool { return v == value(existence(false)) })
	return absent && m.fields(fields[1:], at)
}

func (f *field) matches(l *leaf) bool {
	for _, v := range f.values {
		if v.matches(l) {
			return true
		}
	}
	return false
}

// fit says whether no array has two elements among them.
func fit(a, b []element) bool {
	for _, x := range a {
		for _, y := range b {
			if x.array == y.array && x.index != y.index {
				return false
			}
		}
	}
	return true
}

// join returns the elements of both.
func join(a, b []element) []element {
	if len(b) == 0 {
		return a
	}
	all := slices.Clip(a)
	for _, e := range b {
		if !slices.Contains(a, e) {
			all = append(all, e)
		}
	}
	return all
}
