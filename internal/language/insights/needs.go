package insights

import (
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/kit/find"
)

// Need is texts of which at least one stands in every event that a query looks at.
type Need struct {
	Among []string
	// Escaped says that a text may also be written by codes, as JSON has it: an event
	// with a backslash and a u in it may have it nevertheless.
	Escaped bool
}

// mostAmong is how many texts a need has at most.
const mostAmong = 16

// needsOf returns what the first filters of a query need, and of which streams they take
// events.
func needsOf(q *Query) (needs []Need, streams []string) {
	n := needing{names: map[int]string{}}
	for name, slot := range q.raw {
		n.names[slot] = name
	}
	front, _ := split(q.commands)
	for _, c := range front {
		switch c := c.(type) {
		case *filterCommand:
			needs = append(needs, n.of(c.condition)...)
			streams = common(streams, n.streams(c.condition))
		case *filterIndexCommand:
			for _, one := range c.conditions {
				needs = append(needs, n.of(one)...)
				streams = common(streams, n.streams(one))
			}
		}
	}
	return needs, streams
}

// mayPass is false for an event whose message lacks what the query's first filters need.
func (q *Query) mayPass(e *Event) bool {
	if e.Fields != nil || e.Unmasked != nil {
		return true
	}
	for i := range q.lookups {
		if !q.lookups[i].in(e.Message) {
			return false
		}
	}
	return true
}

// lookup looks for the texts of a need.
type lookup struct {
	among []find.Text
	coded *find.Text // nil where a text is not written by codes
}

func lookupsOf(needs []Need) (all []lookup) {
	for _, n := range needs {
		var l lookup
		for _, text := range n.Among {
			l.among = append(l.among, find.Of([]byte(text)))
		}
		if n.Escaped {
			l.coded = new(find.Of([]byte(codes)))
		}
		all = append(all, l)
	}
	return all
}

func (l *lookup) in(message []byte) bool {
	for i := range l.among {
		if l.among[i].In(message) {
			return true
		}
	}
	return l.coded != nil && l.coded.In(message)
}

// codes is how JSON begins the code of a character.
const codes = `\u`

// common returns what is in both lists, of which nil is all.
func common(a, b []string) []string {
	if a == nil || b == nil {
		return append(a, b...)
	}
	return slices.DeleteFunc(a, func(one string) bool { return !slices.Contains(b, one) })
}

// needing finds what conditions need.
type needing struct{ names map[int]string } // of the fields of events, by slot

// name returns the name of a field of events.
func (n needing) name(e expression) string {
	if f, ok := e.(*field); ok && len(f.path) == 0 {
		return n.names[f.slot]
	}
	return ""
}

// of returns what stands in every event of which the condition is true.
func (n needing) of(e expression) []Need {
	switch e := e.(type) {
	case *binary:
		switch e.operator {
		case "and":
			return append(n.of(e.left), n.of(e.right)...)
		case "or":
			left, right := best(n.of(e.left)), best(n.of(e.right))
			if all := append(slices.Clone(left.Among), right.Among...); len(left.Among) > 0 && len(right.Among) > 0 && len(all) <= mostAmong {
				return []Need{{all, left.Escaped || right.Escaped}}
			}
		case "=":
			if name := n.name(e.left); name != "" {
				return needed(name, []expression{e.right})
			}
			return needed(n.name(e.right), []expression{e.left})
		}
	case *in:
		if !e.not && e.query == nil {
			return needed(n.name(e.of), e.list)
		}
	case *like:
		return n.like(e)
	}
	return nil
}

func (n needing) like(e *like) (needs []Need) {
	name := n.name(e.of)
	switch {
	case e.not:
	case e.regex == nil:
		return needed(name, []expression{&literal{value: textual(e.text)}})
	case name == "@message":
		for _, among := range e.regex.find.Needs() {
			needs = append(needs, Need{Among: among})
		}
	case found(name):
		for _, among := range e.regex.find.Needs() {
			needs = append(needs, plainly(among)...)
		}
	}
	return needs
}

// found says whether a field is one that is found in the message as it is written.
func found(name string) bool {
	return name != "" && name[0] != '@' && !strings.HasPrefix(name, unmasking)
}

// needed returns what stands in events of which a field is one of some texts, or has it.
func needed(name string, all []expression) []Need {
	var texts []string
	for _, e := range all {
		l, ok := e.(*literal)
		if !ok || l.value.form != words || l.value.text == "" {
			return nil
		}
		if _, number := exact(l.value.text); number {
			return nil // it may be written otherwise
		}
		texts = append(texts, l.value.text)
	}
	switch {
	case len(texts) == 0 || len(texts) > mostAmong:
	case name == "@message":
		return []Need{{Among: texts}}
	case found(name):
		return plainly(texts)
	}
	return nil
}

// plainly returns the parts of texts that are written as they are, or by their codes.
func plainly(texts []string) []Need {
	n := Need{Escaped: true}
	for _, text := range texts {
		most := ""
		for part := range strings.FieldsFuncSeq(text, func(c rune) bool {
			return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("_.:- ", c)
		}) {
			if len(part) > len(most) {
				most = part
			}
		}
		if most == "" || most == "0" || most == "1" { // which true and false are read as
			return nil
		}
		n.Among = append(n.Among, most)
	}
	return []Need{n}
}

// best returns the need whose shortest text is the longest.
func best(all []Need) (found Need) {
	most := 0
	for _, n := range all {
		shortest := len(n.Among[0])
		for _, text := range n.Among {
			shortest = min(shortest, len(text))
		}
		if shortest > most {
			found, most = n, shortest
		}
	}
	return found
}

// streams returns the streams whose events alone can make a condition true, nil for all.
func (n needing) streams(e expression) []string {
	var all []expression
	switch e := e.(type) {
	case *binary:
		switch {
		case e.operator == "and":
			return common(n.streams(e.left), n.streams(e.right))
		case e.operator == "=" && n.name(e.left) == "@logStream":
			all = []expression{e.right}
		case e.operator == "=" && n.name(e.right) == "@logStream":
			all = []expression{e.left}
		}
	case *in:
		if !e.not && e.query == nil && n.name(e.of) == "@logStream" {
			all = e.list
		}
	}
	var names []string
	for _, one := range all {
		l, ok := one.(*literal)
		if !ok || l.value.form != words {
			return nil
		}
		if _, number := exact(l.value.text); number {
			return nil
		}
		names = append(names, l.value.text)
	}
	return names
}
