package eventpattern

import (
	"errors"
	"slices"
	"strings"
)

// Event is an event as patterns look at it: its leaves by their paths.
type Event struct{ leaves map[string][]leaf }

// leaf is a value that is neither object nor array.
type leaf struct {
	kind   kind
	text   string // of a string, or a number as it is spelled
	number number
	at     []element // of the arrays that it is in
}

// element is one of an array, which is numbered.
type element struct{ array, index int }

// Parse reads an event, which is an object. The error says what is wrong with the text, in
// AWS's words.
func Parse(text string) (*Event, error) {
	p := &eventParser{reader: &reader{text: text}, event: &Event{leaves: map[string][]leaf{}}}
	err := p.read()
	if err == nil && p.kind != startObject {
		return nil, errors.New("the event is not an object")
	}
	if err == nil {
		err = p.object()
	}
	if err == nil {
		err = p.read() // what follows is no part of it
	}
	if err == nil && p.kind != endOfText {
		err = errors.New("something follows the event")
	}
	if err != nil {
		return nil, err
	}
	return p.event, nil
}

// Syntax returns nil for a text that is JSON, and what is wrong with it else: AWS's words,
// and the line and column, which are counted from 1.
func Syntax(text string) (message string, line, column int, ok bool) {
	r := &reader{text: text}
	for {
		err := r.read()
		if syntax, is := errors.AsType[*syntaxError](err); is {
			before := text[:min(syntax.at, len(text))]
			return syntax.message, strings.Count(before, "\n") + 1, syntax.at - strings.LastIndexByte(before, '\n'), false
		}
		if r.kind == endOfText {
			return "", 0, 0, true
		}
	}
}

// eventParser reads an event.
type eventParser struct {
	*reader

	event  *Event
	path   []byte
	at     []element
	arrays int
}

func (p *eventParser) object() error {
	for {
		if err := p.read(); err != nil {
			return err
		}
		if p.kind == endObject {
			return nil
		}
		length := len(p.path)
		if length > 0 {
			p.path = append(p.path, '.')
		}
		p.path = append(p.path, p.name...)
		if err := p.read(); err != nil {
			return err
		}
		if err := p.value(); err != nil {
			return err
		}
		p.path = p.path[:length]
	}
}

func (p *eventParser) value() error {
	switch p.kind {
	case startObject:
		return p.object()
	case startArray:
		return p.array()
	default:
		l := leaf{kind: p.kind, at: slices.Clone(p.at)}
		switch p.kind {
		case stringValue:
			var err error
			if l.text, err = p.str(); err != nil {
				return err
			}
		case numberValue:
			l.text = p.spelled()
			l.number, _ = numberOf(l.text)
		default:
		}
		p.event.leaves[string(p.path)] = append(p.event.leaves[string(p.path)], l)
		return nil
	}
}

func (p *eventParser) array() error {
	p.arrays++
	number := p.arrays
	for index := 0; ; index++ {
		if err := p.read(); err != nil {
			return err
		}
		if p.kind == endArray {
			return nil
		}
		inner := p.kind == startObject || p.kind == startArray
		if inner {
			p.at = append(p.at, element{number, index})
		}
		if err := p.value(); err != nil {
			return err
		}
		if inner {
			p.at = p.at[:len(p.at)-1]
		}
	}
}

// Put adds a value to the event: a string.
func (e *Event) put(path string, l leaf) {
	if e.leaves == nil {
		e.leaves = map[string][]leaf{}
	}
	e.leaves[path] = append(e.leaves[path], l)
}

// AddText adds a string under a path.
func (e *Event) AddText(path, text string) { e.put(path, leaf{kind: stringValue, text: text}) }

// AddNumber adds a number under a path, as it is spelled in JSON.
func (e *Event) AddNumber(path, spelled string) {
	n, _ := numberOf(spelled)
	e.put(path, leaf{kind: numberValue, text: spelled, number: n})
}

// AddList adds what a list in JSON has in it under a path, or a value that stands in its
// place. It is false for a text that is neither.
func (e *Event) AddList(path, text string) bool {
	list := &Event{leaves: map[string][]leaf{}}
	p := &eventParser{reader: &reader{text: text}, event: list}
	if p.read() != nil || p.kind == startObject || p.kind == endOfText || p.value() != nil || p.read() != nil || p.kind != endOfText {
		return false
	}
	for _, l := range list.leaves[""] {
		l.at = nil
		e.put(path, l)
	}
	return true
}
