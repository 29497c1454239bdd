package insights

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/lake/jsonscan"
)

// Fields returns all fields of an event that a query may name, with what they say:
// those of every event first, then those that are discovered in its message, in the
// order in which they are there and at most 200.
func Fields(e *Event) []Cell {
	cells := []Cell{{"@timestamp", instant(e.Timestamp).String()}, {"@message", string(e.Message)}, {"@logStream", e.Stream}, {"@log", e.Log}}
	if e.IngestionTime != 0 {
		cells = append(cells, Cell{"@ingestionTime", instant(e.IngestionTime).String()})
	}
	cells = append(cells, Cell{"@ptr", e.Pointer})
	for _, name := range slices.Sorted(maps.Keys(e.System)) {
		cells = append(cells, Cell{name, e.System[name]})
	}
	object := e.shown()
	start := jsonscan.Space(object, 0)
	if start == len(object) || object[start] != '{' {
		cells = append(cells, lineFields(e)...)
		if start = bytes.IndexByte(object, '{'); start < 0 || !ofLambda(e) || platform(object) {
			return cells
		}
		v, err := jsonscan.Next(object, start)
		if err != nil {
			return cells
		}
		object = object[:v.End]
	}
	v, err := jsonscan.Next(object, start)
	if err != nil || jsonscan.Space(object, v.End) != len(object) {
		return cells
	}
	l := &leaves{b: object}
	l.add("", v, 0)
	return append(cells, l.cells...)
}

// lineFields returns what is discovered in a message that is no object.
func lineFields(e *Event) []Cell {
	names := slices.Concat(lambdaNames(), flowNames(), queryNames())
	raw := map[string]int{}
	for _, name := range names {
		if _, there := raw[name]; !there {
			raw[name] = firstSlot + len(raw)
		}
	}
	r := make(row, firstSlot+len(raw))
	newDiscovery(raw).read(e, r)
	var cells []Cell
	seen := map[string]bool{}
	for _, name := range names {
		if v := r[raw[name]]; !v.isNull() && !seen[name] {
			seen[name] = true
			cells = append(cells, Cell{name, v.String()})
		}
	}
	return cells
}

// leaves gathers the values of an object that are neither objects nor arrays.
type leaves struct {
	b     []byte
	cells []Cell
	count int
}

func (l *leaves) add(name string, v jsonscan.Value, depth int) {
	if l.count >= mostFields {
		return
	}
	within := func(key string) string {
		switch {
		case depth > 0:
			return name + "." + key
		case strings.HasPrefix(key, "@"):
			return "@" + key
		}
		return key
	}
	switch v.Kind { // that it is JSON was seen before
	case '{':
		_, _ = jsonscan.Members(l.b, v.Start, func(key []byte, escaped bool, v jsonscan.Value) error {
			if escaped {
				key = jsonscan.AppendText(nil, slices.Concat([]byte{'"'}, key, []byte{'"'}))
			}
			l.add(within(string(key)), v, depth+1)
			return nil
		})
	case '[':
		n := 0
		_, _ = jsonscan.Elements(l.b, v.Start, func(v jsonscan.Value) error {
			l.add(within(strconv.Itoa(n)), v, depth+1)
			n++
			return nil
		})
	default:
		l.count++
		if value := ofJSON(l.b, v); !value.isNull() {
			l.cells = append(l.cells, Cell{name, value.String()})
		}
	}
}
