package json

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// errPath is the error of a strict path that does not fit the value.
func errPath(format string, args ...any) error {
	return sqlerr.New("PATH_EVALUATION_ERROR", "path evaluation failed: "+format, args...)
}

func errItem(want string, n *Node) error {
	return errPath("invalid item type. Expected: %s, actual: %s", want, n.typeName())
}

// Parameters are the values of $name in a path, each of which may be none or one.
type Parameters map[string][]*Node

// Evaluate returns the items that the path leads to. found is told how many each
// step has found; its error ends the evaluation.
func (p SQLPath) Evaluate(root *Node, parameters Parameters, found func(items int) error) ([]*Node, error) {
	e := &pathEvaluation{strict: p.strict, root: root, parameters: parameters, found: found}
	items, err := e.items(&p.root)
	if e.ended != nil {
		err = e.ended
	}
	return items, err
}

// pathEvaluation is a path on its way through a value.
type pathEvaluation struct {
	strict     bool
	root       *Node
	current    *Node   // what a filter looks at
	sizes      []int64 // of the arrays whose subscripts are computed
	parameters Parameters
	found      func(items int) error
	ended      error // what found said
}

// spend counts items; its error is none of the path's, and no condition hides it.
func (e *pathEvaluation) spend(items int) error {
	if e.ended == nil {
		e.ended = e.found(items)
	}
	return e.ended
}

func (e *pathEvaluation) items(x *pathExpr) ([]*Node, error) {
	if err := e.spend(1); err != nil {
		return nil, err
	}
	switch x.kind {
	case pathRoot:
		return []*Node{e.root}, nil
	case pathCurrent:
		if e.current == nil {
			return nil, errPath("@ outside of a filter")
		}
		return []*Node{e.current}, nil
	case pathLast:
		if len(e.sizes) == 0 {
			return nil, errPath("last outside of a subscript")
		}
		return []*Node{IntegerNode(e.sizes[len(e.sizes)-1] - 1)}, nil
	case pathVariable:
		items, ok := e.parameters[x.name]
		if !ok {
			return nil, sqlerr.Refused("a JSON path with the unknown parameter " + x.name)
		}
		return items, nil
	case pathLiteral:
		return []*Node{x.literal}, nil
	case pathSign, pathBinary:
		return e.arithmetic(x)
	default:
		return e.steps(x)
	}
}

// steps takes the step that x is from each item before it.
func (e *pathEvaluation) steps(x *pathExpr) ([]*Node, error) {
	of, err := e.items(x.of)
	if err != nil {
		return nil, err
	}
	if !e.strict && (x.kind == pathFilter || x.kind == pathMethod && x.name != "type" && x.name != "size") {
		of = unwrapped(of)
	}
	var all []*Node
	for _, item := range of {
		reached, err := e.step(x, item)
		if err != nil {
			return nil, err
		}
		all = append(all, reached...)
		if err := e.spend(1 + len(reached)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// unwrapped puts the elements of arrays in the place of these.
func unwrapped(items []*Node) []*Node {
	var all []*Node
	for _, item := range items {
		if item.Kind == Array {
			all = append(all, item.Items...)
			continue
		}
		all = append(all, item)
	}
	return all
}

func (e *pathEvaluation) step(x *pathExpr, n *Node) ([]*Node, error) {
	switch x.kind {
	case pathDescendants:
		return e.descendants(nil, x.name, n)
	case pathElements:
		if n.Kind == Array {
			return n.Items, nil
		}
		if e.strict {
			return nil, errItem("ARRAY", n)
		}
		return []*Node{n}, nil
	case pathSubscripts:
		return e.subscripted(x, n)
	case pathMethod:
		return e.method(x.name, n)
	case pathFilter:
		before := e.current
		e.current = n
		t, err := e.holds(x.condition)
		e.current = before
		if t != isTrue {
			return nil, err
		}
		return []*Node{n}, err
	default:
		return e.membersOf(x, n)
	}
}

// membersOf returns members; a lax path looks into the elements of an array too.
func (e *pathEvaluation) membersOf(x *pathExpr, n *Node) ([]*Node, error) {
	if n.Kind == Array && !e.strict {
		var found []*Node
		for _, item := range n.Items {
			if item.Kind == Object {
				found = append(found, item.members(x)...)
			}
		}
		return found, nil
	}
	if n.Kind != Object {
		if e.strict {
			return nil, errItem("OBJECT", n)
		}
		return nil, nil
	}
	found := n.members(x)
	if e.strict && x.kind == pathMember && len(found) == 0 {
		return nil, errPath("structural error: missing member '%s' in JSON object", x.name)
	}
	return found, nil
}

// members returns the object's members that the step asks for.
func (n *Node) members(x *pathExpr) []*Node {
	if x.kind == pathMembers {
		return n.Items
	}
	if at := slices.Index(n.names, x.name); at >= 0 {
		return n.Items[at : at+1]
	}
	return nil
}

// descendants appends the members of a name at any depth of n.
func (e *pathEvaluation) descendants(to []*Node, name string, n *Node) ([]*Node, error) {
	if err := e.spend(1); err != nil { // looking takes time also where nothing is found
		return nil, err
	}
	if at := slices.Index(n.names, name); at >= 0 {
		to = append(to, n.Items[at])
	}
	for _, item := range n.Items {
		var err error
		if to, err = e.descendants(to, name, item); err != nil {
			return nil, err
		}
	}
	return to, nil
}

func (e *pathEvaluation) subscripted(x *pathExpr, n *Node) ([]*Node, error) {
	items := n.Items
	if n.Kind != Array {
		if e.strict {
			return nil, errItem("ARRAY", n)
		}
		items = []*Node{n}
	}
	if len(items) == 0 {
		if e.strict {
			return nil, errPath("structural error: invalid array subscript for empty array")
		}
		return nil, nil
	}
	size := int64(len(items))
	e.sizes = append(e.sizes, size)
	defer func() { e.sizes = e.sizes[:len(e.sizes)-1] }()
	var found []*Node
	for _, s := range x.subscripts {
		from, err := e.subscript(s.from, "from")
		if err != nil {
			return nil, err
		}
		to := from
		if s.to != nil {
			if to, err = e.subscript(s.to, "to"); err != nil {
				return nil, err
			}
		}
		if e.strict && (from < 0 || to < from || to >= size) {
			return nil, errPath("structural error: invalid array subscript: [%d, %d] for array of size %d", from, to, size)
		}
		if from, to = max(from, 0), min(to, size-1); from <= to {
			if err := e.spend(int(to - from)); err != nil {
				return nil, err
			}
			found = append(found, items[from:to+1]...)
		}
	}
	return found, nil
}

func (e *pathEvaluation) subscript(x *pathExpr, which string) (int64, error) {
	items, err := e.items(x)
	if err != nil {
		return 0, err
	}
	if len(items) != 1 {
		return 0, errPath("array subscript '%s' value must be singleton numeric", which)
	}
	if !items[0].isNumber() {
		return 0, errItem("NUMBER", items[0])
	}
	n, err := strconv.ParseInt(items[0].Text, 10, 64)
	if items[0].Kind != Integer || err != nil {
		return 0, sqlerr.Refused("a subscript of a JSON path that is not a whole number")
	}
	return n, nil
}

func (n *Node) isNumber() bool { return n.Kind == Integer || n.Kind == Float }

// IntegerNode returns a whole number.
func IntegerNode(n int64) *Node { return &Node{Kind: Integer, Text: strconv.FormatInt(n, 10)} }

// FloatNode returns a double, written as Trino does.
func FloatNode(f float64) *Node { return &Node{Kind: Float, Text: value.DoubleText(f)} }

// float returns the value of a number or of a text that is one.
func (n *Node) float() (float64, error) { return strconv.ParseFloat(strings.TrimSpace(n.Text), 64) }

func (e *pathEvaluation) method(name string, n *Node) ([]*Node, error) {
	switch name {
	case "type":
		return []*Node{{Kind: Text, Text: n.methodType()}}, nil
	case "size":
		if n.Kind != Array && e.strict {
			return nil, errItem("ARRAY", n)
		}
		if n.Kind != Array {
			return []*Node{IntegerNode(1)}, nil
		}
		return []*Node{IntegerNode(int64(len(n.Items)))}, nil
	case "keyvalue":
		return keyValues(n)
	}
	if !n.isNumber() && (name != "double" || n.Kind != Text) {
		return nil, errItem("NUMBER", n)
	}
	if n.Kind == Integer && name != "double" {
		return e.ofInteger(name, n)
	}
	f, err := n.float()
	if err != nil {
		return nil, errPath("cannot convert %s to double", strconv.Quote(n.Text))
	}
	if n.exact && name != "double" {
		return nil, sqlerr.Refused("the method " + name + " of a decimal in a JSON path")
	}
	switch name {
	case "abs":
		f = math.Abs(f)
	case "ceiling":
		f = math.Ceil(f)
	case "floor":
		f = math.Floor(f)
	}
	return []*Node{FloatNode(f)}, nil
}

func (e *pathEvaluation) ofInteger(name string, n *Node) ([]*Node, error) {
	if name != "abs" {
		return []*Node{n}, nil
	}
	if i, ok := narrow(n); ok {
		return []*Node{IntegerNode(max(i, -i))}, nil
	}
	return nil, errWide()
}

func (n *Node) methodType() string {
	if n.Kind == Text {
		return "string"
	}
	return strings.ToLower(n.typeName())
}

// keyValues returns the members of an object as objects of their name and value.
func keyValues(n *Node) ([]*Node, error) {
	if n.Kind != Object {
		return nil, errItem("OBJECT", n)
	}
	return nil, sqlerr.Refused("the method keyvalue of a JSON path")
}

// narrow returns a whole number of 31 bits: the sum and the product of two such are the
// same whether Trino takes them for integers or for bigints, as long as they are one too.
func narrow(n *Node) (int64, bool) {
	i, err := strconv.ParseInt(n.Text, 10, 32)
	return i, err == nil && n.Kind == Integer && i != math.MinInt32
}

func errWide() error { return sqlerr.Refused("arithmetic of large numbers or decimals in a JSON path") }

func (e *pathEvaluation) arithmetic(x *pathExpr) ([]*Node, error) {
	if x.kind == pathSign {
		return e.signed(x)
	}
	left, err := e.operand(x.of, "left")
	if err != nil {
		return nil, err
	}
	right, err := e.operand(x.right, "right")
	if err != nil {
		return nil, err
	}
	if left.exact || right.exact {
		return nil, errWide()
	}
	if left.Kind == Integer && right.Kind == Integer {
		return wholeArithmetic(x.name, left, right)
	}
	a, errA := left.float()
	b, errB := right.float()
	if errA != nil || errB != nil {
		return nil, errWide()
	}
	switch x.name {
	case "+":
		a += b
	case "-":
		a -= b
	case "*":
		a *= b
	case "/":
		a /= b
	case "%":
		a = math.Mod(a, b)
	}
	return []*Node{FloatNode(a)}, nil
}

func wholeArithmetic(op string, left, right *Node) ([]*Node, error) {
	a, okA := narrow(left)
	b, okB := narrow(right)
	if !okA || !okB {
		return nil, errWide()
	}
	if b == 0 && (op == "/" || op == "%") {
		return nil, errPath("Division by zero")
	}
	switch op {
	case "+":
		a += b
	case "-":
		a -= b
	case "*":
		a *= b
	case "/":
		a /= b
	case "%":
		a %= b
	}
	n := IntegerNode(a)
	if _, ok := narrow(n); !ok {
		return nil, errWide()
	}
	return []*Node{n}, nil
}

// operand returns the one number that an operand of arithmetic is.
func (e *pathEvaluation) operand(x *pathExpr, which string) (*Node, error) {
	items, err := e.items(x)
	if err != nil {
		return nil, err
	}
	if !e.strict {
		items = unwrapped(items)
	}
	if len(items) != 1 {
		return nil, errPath("arithmetic binary expression requires singleton operands: the %s one has %d items", which, len(items))
	}
	if !items[0].isNumber() {
		return nil, errItem("NUMBER", items[0])
	}
	return items[0], nil
}

func (e *pathEvaluation) signed(x *pathExpr) ([]*Node, error) {
	items, err := e.items(x.of)
	if err != nil {
		return nil, err
	}
	if !e.strict {
		items = unwrapped(items)
	}
	all := make([]*Node, len(items))
	for i, item := range items {
		if !item.isNumber() {
			return nil, errItem("NUMBER", item)
		}
		all[i] = item
		if x.name == "+" {
			continue
		}
		negated := *item
		if text, negative := strings.CutPrefix(item.Text, "-"); negative {
			negated.Text = text
		} else {
			negated.Text = "-" + item.Text
		}
		if _, ok := narrow(item); item.Kind == Integer && !ok {
			return nil, errWide()
		}
		if negated.Text == "-0" {
			negated.Text = "0"
		}
		all[i] = &negated
	}
	return all, nil
}
