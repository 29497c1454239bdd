package insights

import (
	"math"
	"strconv"
	"strings"
)

// row is the values of an event or a group, by slots.
type row []value

// evaluator computes a value from a row.
type evaluator func(r row) value

// compile returns what computes e.
func (x *run) compile(e expression) evaluator {
	switch e := e.(type) {
	case *literal:
		return func(row) value { return e.value }
	case *field:
		slot, path := e.slot, e.path
		if len(path) == 0 {
			return func(r row) value { return r[slot] }
		}
		return func(r row) value { return r[slot].into(path) }
	case *into:
		of := x.compile(e.of)
		return func(r row) value { return of(r).into(e.path) }
	case *unary:
		return x.unary(e)
	case *binary:
		return x.binary(e)
	case *like:
		return x.like(e)
	case *in:
		return x.in(e)
	case *call:
		return x.call(e)
	}
	return func(row) value { return value{} }
}

func (x *run) compileAll(all []expression) []evaluator {
	compiled := make([]evaluator, len(all))
	for i, e := range all {
		compiled[i] = x.compile(e)
	}
	return compiled
}

func (x *run) unary(e *unary) evaluator {
	of := x.compile(e.of)
	if e.operator == "-" {
		return func(r row) value {
			if f, ok := of(r).asNumber(); ok {
				return numeric(-f)
			}
			return value{}
		}
	}
	return func(r row) value {
		v := of(r)
		if v.isNull() {
			return v
		}
		return truth(!v.holds())
	}
}

func (x *run) binary(e *binary) evaluator {
	left, right := x.compile(e.left), x.compile(e.right)
	switch e.operator {
	case "and":
		return func(r row) value { return both(left(r), right, r, false) }
	case "or":
		return func(r row) value { return both(left(r), right, r, true) }
	case "+", "-", "*", "/", "%", "^":
		return func(r row) value { return arithmetic(e.operator[0], left(r), right(r)) }
	}
	return func(r row) value { return compare(e.operator, left(r), right(r)) }
}

// both evaluates and, or or, which decides by either side: with a side that is null
// it is null, unless the other one decides.
func both(a value, right evaluator, r row, decides bool) value {
	if !a.isNull() && a.holds() == decides {
		return truth(decides)
	}
	b := right(r)
	switch {
	case !b.isNull() && b.holds() == decides:
		return truth(decides)
	case a.isNull() || b.isNull():
		return value{}
	}
	return truth(!decides)
}

// arithmetic computes with numbers. With anything else, and where there is no
// result, such as of a division by zero, it is null.
func arithmetic(operator byte, a, b value) value {
	x, isX := a.asNumber()
	y, isY := b.asNumber()
	if !isX || !isY {
		return value{}
	}
	switch operator {
	case '+':
		return finite(x + y)
	case '-':
		return finite(x - y)
	case '*':
		return finite(x * y)
	case '/':
		return finite(x / y)
	case '%':
		return finite(math.Mod(x, y))
	}
	return finite(math.Pow(x, y))
}

func (x *run) like(e *like) evaluator {
	of := x.compile(e.of)
	found := func(text string) bool { return strings.Contains(text, e.text) }
	if e.regex != nil {
		found = x.matches(e.regex)
	}
	return func(r row) value {
		text, ok := of(r).asText()
		if !ok {
			return value{}
		}
		return truth(found(text) != e.not)
	}
}

func (x *run) in(e *in) evaluator {
	of := x.compile(e.of)
	var among map[string]bool
	if e.query != nil {
		among = x.sets[e.input]
	} else {
		among = map[string]bool{}
		for _, one := range x.compileAll(e.list) {
			among[string(one(nil).appendKey(nil))] = true
		}
	}
	return func(r row) value {
		v := of(r)
		switch {
		case v.isNull():
			return v
		case v.structured():
			return truth(false)
		}
		x.key = v.appendKey(x.key[:0])
		return truth(among[string(x.key)] != e.not)
	}
}

// appendKey appends a text that is the same for equal values.
func (v value) appendKey(b []byte) []byte {
	switch v.form {
	case null:
		return b
	case words:
		if n, ok := exact(v.text); ok {
			return n.AppendKey(append(b, 'n'))
		}
		return append(append(b, 't'), v.text...)
	case quantity, moment:
		n, _ := exact(strconv.FormatFloat(v.number, 'f', -1, 64))
		return n.AppendKey(append(b, 'n'))
	case listing, mapping:
	}
	return append(append(b, 'j'), v.text...)
}

func (x *run) call(c *call) evaluator {
	if c.reduces != nil {
		slot := c.slot
		return func(r row) value { return r[slot] }
	}
	switch c.scalar.special {
	case "bin":
		d, slot := last(c.args), c.slot
		return func(r row) value { return onTime(r[slot], d.floor) }
	case "floor":
		d, of := last(c.args), x.compile(c.args[0])
		return func(r row) value { return onTime(of(r), d.floor) }
	case "ceil":
		d, of := last(c.args), x.compile(c.args[0])
		return func(r row) value { return onTime(of(r), d.ceil) }
	case "unmask":
		return x.compile(c.args[0])
	}
	args := x.compileAll(c.args)
	apply, nulls := c.scalar.apply, c.scalar.nulls
	return func(r row) value {
		var few [4]value
		values := few[:0]
		for _, arg := range args {
			v := arg(r)
			if v.isNull() && !nulls {
				return v
			}
			values = append(values, v)
		}
		return apply(x, values)
	}
}

func last(args []expression) *period {
	d, _ := args[len(args)-1].(*period)
	return d
}

func onTime(v value, f func(int64) int64) value {
	if n, ok := v.asNumber(); ok && math.Abs(n) < 1e15 {
		return instant(f(int64(n)))
	}
	return value{}
}
