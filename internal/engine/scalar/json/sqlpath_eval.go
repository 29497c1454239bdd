package json

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// Node is a value of JSON: a scalar, or the values that it holds.
type Node struct {
	Kind  Kind
	Text  string // of a scalar
	names []string
	Items []*Node
}

// The kinds of values that hold others, and that of nothing at all: of empty text.
const (
	Missing Kind = 99
	Array   Kind = 100
	Object  Kind = 101
)

// readNode reads a value. The last of several members of a name stands for it.
func readNode(j *Scanner) (*Node, error) {
	switch j.Peek() {
	case '[':
		n := &Node{Kind: Array}
		err := j.Elements(func(int) error {
			item, err := readNode(j)
			n.Items = append(n.Items, item)
			return err
		})
		return n, err
	case '{':
		n, places := &Node{Kind: Object}, map[string]int{}
		err := j.Members(func(raw string) error {
			item, err := readNode(j)
			name := Unescape(raw)
			if at, ok := places[name]; ok {
				n.Items[at] = item
				return err
			}
			places[name] = len(n.Items)
			n.names, n.Items = append(n.names, name), append(n.Items, item)
			return err
		})
		return n, err
	}
	token, err := j.Scalar()
	return &Node{Kind: token.Kind, Text: token.Text}, err
}

// ParseNode reads what j reads, to its end.
func ParseNode(j *Scanner) (*Node, error) {
	if j.End() {
		return &Node{Kind: Missing}, nil
	}
	n, err := readNode(j)
	if err == nil && !j.End() {
		err = ErrInvalid
	}
	return n, err
}

// AppendTo appends the node as JSON.
func (n *Node) AppendTo(b []byte) []byte {
	switch n.Kind {
	case Null, Missing:
		return append(b, "null"...)
	case Text:
		return AppendText(b, n.Text)
	case Array, Object:
		ends := "[]"
		if n.Kind == Object {
			ends = "{}"
		}
		b = append(b, ends[0])
		for i, item := range n.Items {
			if i > 0 {
				b = append(b, ',')
			}
			if n.Kind == Object {
				b = append(AppendText(b, n.names[i]), ':')
			}
			b = item.AppendTo(b)
		}
		return append(b, ends[1])
	case Integer, Float:
		return appendNumber(b, n.Text, n.Kind == Float)
	default:
		return append(b, n.Text...)
	}
}

func (n *Node) typeName() string {
	switch n.Kind {
	case Array:
		return "ARRAY"
	case Object:
		return "OBJECT"
	case Null:
		return "NULL"
	case Text:
		return "TEXT"
	case Bool:
		return "BOOLEAN"
	default:
		return "NUMBER"
	}
}

// errPath is the error of a strict path that does not fit the value.
func errPath(format string, args ...any) error {
	return sqlerr.New("PATH_EVALUATION_ERROR", "path evaluation failed: "+format, args...)
}

func errItem(want string, n *Node) error {
	return errPath("invalid item type. Expected: %s, actual: %s", want, n.typeName())
}

// Evaluate returns the items that the path leads to. found is told how many each
// step has found; its error ends the evaluation.
func (p SQLPath) Evaluate(root *Node, found func(items int) error) ([]*Node, error) {
	items := []*Node{root}
	for _, step := range p.steps {
		var next []*Node
		for _, item := range items {
			reached, err := p.access(step, item, found)
			if err != nil {
				return nil, err
			}
			next = append(next, reached...)
			if err := found(1 + len(reached)); err != nil {
				return nil, err
			}
		}
		items = next
	}
	return items, nil
}

func (p SQLPath) access(step pathStep, n *Node, found func(items int) error) ([]*Node, error) {
	switch step.kind {
	case stepDescendants:
		return descendants(nil, step.name, n, found)
	case stepElements:
		if n.Kind == Array {
			return n.Items, nil
		}
		if p.strict {
			return nil, errItem("ARRAY", n)
		}
		return []*Node{n}, nil
	case stepSubscripts:
		return p.subscripted(step, n)
	case stepSize:
		return p.sizeOf(n)
	case stepType:
		return []*Node{{Kind: Text, Text: n.methodType()}}, nil
	default:
		return p.membersOf(step, n)
	}
}

// sizeOf returns how many elements an array has; what is no array has one in a lax path.
func (p SQLPath) sizeOf(n *Node) ([]*Node, error) {
	size := 1
	switch {
	case n.Kind == Array:
		size = len(n.Items)
	case p.strict:
		return nil, errItem("ARRAY", n)
	}
	return []*Node{{Kind: Integer, Text: strconv.Itoa(size)}}, nil
}

// methodType is what .type() says.
func (n *Node) methodType() string {
	if n.Kind == Text {
		return "string"
	}
	return strings.ToLower(n.typeName())
}

// membersOf returns members; a lax path looks into the elements of an array too.
func (p SQLPath) membersOf(step pathStep, n *Node) ([]*Node, error) {
	if n.Kind == Array && !p.strict {
		var found []*Node
		for _, item := range n.Items {
			if item.Kind == Object {
				found = append(found, item.members(step)...)
			}
		}
		return found, nil
	}
	if n.Kind != Object {
		if p.strict {
			return nil, errItem("OBJECT", n)
		}
		return nil, nil
	}
	found := n.members(step)
	if p.strict && step.kind == stepMember && len(found) == 0 {
		return nil, errPath("structural error: missing member '%s' in JSON object", step.name)
	}
	return found, nil
}

// Members returns the object's members that the step asks for.
func (n *Node) members(step pathStep) []*Node {
	if step.kind == stepMembers {
		return n.Items
	}
	if at := slices.Index(n.names, step.name); at >= 0 {
		return n.Items[at : at+1]
	}
	return nil
}

// descendants appends the members of a name at any depth of n.
func descendants(to []*Node, name string, n *Node, found func(items int) error) ([]*Node, error) {
	if err := found(1); err != nil { // looking takes time also where nothing is found
		return nil, err
	}
	if at := slices.Index(n.names, name); at >= 0 {
		to = append(to, n.Items[at])
	}
	for _, item := range n.Items {
		var err error
		if to, err = descendants(to, name, item, found); err != nil {
			return nil, err
		}
	}
	return to, nil
}

func (p SQLPath) subscripted(step pathStep, n *Node) ([]*Node, error) {
	items := n.Items
	if n.Kind != Array {
		if p.strict {
			return nil, errItem("ARRAY", n)
		}
		items = []*Node{n}
	}
	if len(items) == 0 {
		if p.strict {
			return nil, errPath("structural error: invalid array subscript for empty array")
		}
		return nil, nil
	}
	var found []*Node
	for _, s := range step.subscripts {
		from, to := s.from.in(len(items)), s.to.in(len(items))
		if p.strict && (from < 0 || to < from || to >= int64(len(items))) {
			return nil, errPath("structural error: invalid array subscript: [%d, %d] for array of size %d", from, to, len(items))
		}
		from, to = max(from, 0), min(to, int64(len(items))-1)
		for i := from; i <= to; i++ {
			found = append(found, items[i])
		}
	}
	return found, nil
}
