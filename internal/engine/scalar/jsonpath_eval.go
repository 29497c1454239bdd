package scalar

import (
	"slices"

	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// jsonNode is a value of JSON: a scalar, or the values that it holds.
type jsonNode struct {
	kind  jsonKind
	text  string // of a scalar
	names []string
	items []*jsonNode
}

const (
	jsonArray  jsonKind = 100
	jsonObject jsonKind = 101
)

// readNode reads a value. The last of several members of a name stands for it.
func readNode(j *jsonScanner) (*jsonNode, error) {
	switch j.peek() {
	case '[':
		n := &jsonNode{kind: jsonArray}
		err := j.elements(func(int) error {
			item, err := readNode(j)
			n.items = append(n.items, item)
			return err
		})
		return n, err
	case '{':
		n := &jsonNode{kind: jsonObject}
		err := j.members(func(raw string) error {
			item, err := readNode(j)
			if at := slices.Index(n.names, unescape(raw)); at >= 0 {
				n.items[at] = item
				return err
			}
			n.names, n.items = append(n.names, unescape(raw)), append(n.items, item)
			return err
		})
		return n, err
	}
	token, err := j.scalar(jsonTokenType)
	return &jsonNode{kind: token.kind, text: token.text}, err
}

// parseNode reads a whole text.
func parseNode(text string) (*jsonNode, error) {
	j := &jsonScanner{s: text}
	n, err := readNode(j)
	if err != nil || !j.end() {
		return nil, errJSON
	}
	return n, nil
}

// appendTo appends the node as JSON.
func (n *jsonNode) appendTo(b []byte) []byte {
	switch n.kind {
	case jsonNull:
		return append(b, "null"...)
	case jsonText:
		return appendJSONText(b, n.text)
	case jsonArray, jsonObject:
		ends := "[]"
		if n.kind == jsonObject {
			ends = "{}"
		}
		b = append(b, ends[0])
		for i, item := range n.items {
			if i > 0 {
				b = append(b, ',')
			}
			if n.kind == jsonObject {
				b = append(appendJSONText(b, n.names[i]), ':')
			}
			b = item.appendTo(b)
		}
		return append(b, ends[1])
	case jsonInteger, jsonFloat:
		return appendNumber(b, n.text, n.kind == jsonFloat)
	default:
		return append(b, n.text...)
	}
}

func (n *jsonNode) typeName() string {
	switch n.kind {
	case jsonArray:
		return "ARRAY"
	case jsonObject:
		return "OBJECT"
	case jsonNull:
		return "NULL"
	case jsonText:
		return "TEXT"
	case jsonBool:
		return "BOOLEAN"
	default:
		return "NUMBER"
	}
}

// errPath is the error of a strict path that does not fit the value.
func errPath(format string, args ...any) error {
	return sqlerr.New("PATH_EVALUATION_ERROR", "path evaluation failed: "+format, args...)
}

func errItem(want string, n *jsonNode) error {
	return errPath("invalid item type. Expected: %s, actual: %s", want, n.typeName())
}

// evaluate returns the items that the path leads to.
func (p sqlPath) evaluate(root *jsonNode) ([]*jsonNode, error) {
	items := []*jsonNode{root}
	for _, step := range p.steps {
		var next []*jsonNode
		for _, item := range items {
			found, err := p.access(step, item)
			if err != nil {
				return nil, err
			}
			next = append(next, found...)
		}
		items = next
	}
	return items, nil
}

func (p sqlPath) access(step pathStep, n *jsonNode) ([]*jsonNode, error) {
	switch step.kind {
	case stepDescendants:
		return descendants(step.name, n), nil
	case stepElements:
		if n.kind == jsonArray {
			return n.items, nil
		}
		if p.strict {
			return nil, errItem("ARRAY", n)
		}
		return []*jsonNode{n}, nil
	case stepSubscripts:
		return p.subscripted(step, n)
	default:
		return p.membersOf(step, n)
	}
}

// membersOf returns members; a lax path looks into the elements of an array too.
func (p sqlPath) membersOf(step pathStep, n *jsonNode) ([]*jsonNode, error) {
	if n.kind == jsonArray && !p.strict {
		var found []*jsonNode
		for _, item := range n.items {
			if item.kind == jsonObject {
				found = append(found, item.members(step)...)
			}
		}
		return found, nil
	}
	if n.kind != jsonObject {
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

// members returns the object's members that the step asks for.
func (n *jsonNode) members(step pathStep) []*jsonNode {
	if step.kind == stepMembers {
		return n.items
	}
	if at := slices.Index(n.names, step.name); at >= 0 {
		return n.items[at : at+1]
	}
	return nil
}

func descendants(name string, n *jsonNode) []*jsonNode {
	var found []*jsonNode
	if at := slices.Index(n.names, name); at >= 0 {
		found = append(found, n.items[at])
	}
	for _, item := range n.items {
		found = append(found, descendants(name, item)...)
	}
	return found
}

func (p sqlPath) subscripted(step pathStep, n *jsonNode) ([]*jsonNode, error) {
	items := n.items
	if n.kind != jsonArray {
		if p.strict {
			return nil, errItem("ARRAY", n)
		}
		items = []*jsonNode{n}
	}
	if len(items) == 0 {
		if p.strict {
			return nil, errPath("structural error: invalid array subscript for empty array")
		}
		return nil, nil
	}
	var found []*jsonNode
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
