package transform

import (
	"fmt"
	"slices"
	"strings"
)

// message stands for the message of the event, where a source is named.
const message = "@message"

// path leads to a value of an event, by the names of members from the root.
type path []string

// parsePath reads the name of a key: "a.b" is the member b of a.
func parsePath(what, text string) (path, error) {
	if err := checkText(what, text, mostKey); err != nil {
		return nil, err
	}
	p := path(strings.Split(text, "."))
	if len(p) > mostDepth {
		return nil, fmt.Errorf("%s %q has more than %d keys", what, text, mostDepth)
	}
	if slices.Contains(p, "") {
		return nil, fmt.Errorf("%s %q has an empty key", what, text)
	}
	return p, nil
}

func parsePaths(what string, texts []string, most int) (all []path, err error) {
	if err := checkCount(what, len(texts), most); err != nil {
		return nil, err
	}
	for _, text := range texts {
		p, err := parsePath("a key of "+what, text)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// parent returns the object in which the path's last key is, or would be: made where
// it is not there and make is true. It is nil where something else is in the way.
func (p path) parent(root *object, create bool) *object {
	for _, name := range p[:len(p)-1] {
		value, there := root.get(name)
		if !there {
			if !create {
				return nil
			}
			value = newObject()
			root.set(name, value)
		}
		next, ok := value.(*object)
		if !ok {
			return nil
		}
		root = next
	}
	return root
}

func (p path) last() string { return p[len(p)-1] }

func (p path) get(root *object) (any, bool) {
	if o := p.parent(root, false); o != nil {
		return o.get(p.last())
	}
	return nil, false
}

// put gives the path a value. One that is there stays, unless overwrite is true, and so
// does what is in the way.
func (p path) put(r *run, value any, overwrite bool) error {
	o := p.parent(r.root, true)
	if o == nil {
		return nil
	}
	if _, there := o.get(p.last()); there && !overwrite {
		return nil
	}
	o.set(p.last(), value)
	return r.spend(size(value) + len(p.last()))
}

// source is where a parser takes its text from.
type source struct{ path path } // nil for the message

// parseSource reads the source of a parser. The first processor has the message alone.
func parseSource(text string, first bool) (s source, err error) {
	if text == "" || text == message {
		return s, nil
	}
	if first {
		return s, fmt.Errorf("the source of the first processor can only be %s", message)
	}
	s.path, err = parsePath("source", text)
	return s, err
}

func (s source) text(r *run) (string, error) {
	if s.path == nil {
		return sound(string(r.event.Message)), nil
	}
	value, ok := s.path.get(r.root)
	if !ok {
		return "", fmt.Errorf("the source %s is not there", strings.Join(s.path, "."))
	}
	text, ok := value.(string)
	if !ok {
		return "", fmt.Errorf("the source %s is no text", strings.Join(s.path, "."))
	}
	return text, nil
}

// destination is the object under which a parser puts what it finds.
type destination struct{ path path } // nil for the root

func parseDestination(text string) (d destination, err error) {
	if text == "" {
		return d, nil
	}
	d.path, err = parsePath("destination", text)
	return d, err
}

// object returns the destination in an event.
func (d destination) object(r *run) (*object, error) {
	if d.path == nil {
		return r.root, nil
	}
	in := append(append(path{}, d.path...), "")
	o := in.parent(r.root, true)
	if o == nil {
		return nil, fmt.Errorf("the destination %s is something else than an object", strings.Join(d.path, "."))
	}
	return o, nil
}

// fill puts members into an object, in place of those of the same names where overwrite
// is true.
func (r *run) fill(o, members *object, overwrite bool) error {
	for _, m := range members.members {
		if _, there := o.get(m.name); there && !overwrite {
			continue
		}
		o.set(m.name, m.value)
		if err := r.spend(size(m.value) + len(m.name)); err != nil {
			return err
		}
	}
	return nil
}
