package json

// Node is a value of JSON: a scalar, or the values that it holds.
type Node struct {
	Kind  Kind
	Text  string // of a scalar
	names []string
	Items []*Node
	exact bool // a decimal of SQL, whose arithmetic is another than that of JSON's numbers
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

// DecimalNode returns a decimal of SQL, as it is written.
func DecimalNode(text string) *Node { return &Node{Kind: Float, Text: text, exact: true} }
