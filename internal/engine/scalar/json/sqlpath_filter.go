package json

import (
	"cmp"
	"errors"
	"math/big"
	"strings"

	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// truth is what a condition says: not whether it holds where it cannot be told.
type truth int

const (
	isUnknown truth = iota
	isFalse
	isTrue
)

func truthOf(b bool) truth {
	if b {
		return isTrue
	}
	return isFalse
}

// holds says whether a condition does. What fails in it is unknown; only what is refused,
// and what has been spent, is an error.
func (e *pathEvaluation) holds(c *pathCondition) (truth, error) {
	switch c.op {
	case "&&", "||":
		return e.both(c)
	case "!", "unknown":
		t, err := e.holds(c.left)
		switch {
		case err != nil:
			return isUnknown, err
		case c.op == "unknown":
			return truthOf(t == isUnknown), nil
		case t == isUnknown:
			return isUnknown, nil
		}
		return truthOf(t == isFalse), nil
	}
	left, ok, err := e.tried(c.x)
	if err != nil || !ok {
		return isUnknown, err
	}
	if c.op == "exists" {
		return truthOf(len(left) > 0), nil
	}
	right, ok, err := e.tried(c.y)
	if err != nil || !ok {
		return isUnknown, err
	}
	if c.op == "starts" {
		return e.starts(left, right)
	}
	return e.compared(c.op, left, right)
}

func (e *pathEvaluation) both(c *pathCondition) (truth, error) {
	left, err := e.holds(c.left)
	if err != nil {
		return isUnknown, err
	}
	decided := isFalse
	if c.op == "||" {
		decided = isTrue
	}
	if left == decided {
		return left, nil
	}
	right, err := e.holds(c.right)
	if err != nil || right == decided {
		return right, err
	}
	if left == isUnknown || right == isUnknown {
		return isUnknown, nil
	}
	return right, nil
}

// tried returns the items of a part of a condition; ok is false where it fails.
func (e *pathEvaluation) tried(x *pathExpr) (items []*Node, ok bool, err error) {
	items, err = e.items(x)
	failed, statement := errors.AsType[*sqlerr.Error](err)
	switch {
	case e.ended != nil:
		return nil, false, e.ended
	case statement && failed.Name == sqlerr.Unsupported:
		return nil, false, err
	}
	if !e.strict {
		items = unwrapped(items)
	}
	return items, err == nil, nil
}

func (e *pathEvaluation) starts(items, with []*Node) (truth, error) {
	if len(with) != 1 || with[0].Kind != Text {
		return isUnknown, nil
	}
	all := isFalse
	for _, item := range items {
		switch {
		case item.Kind != Text:
			return isUnknown, nil
		case strings.HasPrefix(item.Text, with[0].Text):
			if all = isTrue; !e.strict {
				return all, nil
			}
		}
	}
	return all, nil
}

func (e *pathEvaluation) compared(op string, left, right []*Node) (truth, error) {
	all := isFalse
	for _, a := range left {
		for _, b := range right {
			if err := e.spend(1); err != nil {
				return isUnknown, err
			}
			switch compareItems(op, a, b) {
			case isUnknown:
				return isUnknown, nil
			case isTrue:
				if all = isTrue; !e.strict {
					return all, nil
				}
			case isFalse:
			}
		}
	}
	return all, nil
}

func compareItems(op string, a, b *Node) truth {
	equality := op == "==" || op == "<>" || op == "!="
	switch {
	case a.Kind >= Array || b.Kind >= Array:
		return isUnknown
	case a.Kind == Null && b.Kind == Null:
		return compareSign(op, 0)
	case a.Kind == Null || b.Kind == Null:
		if equality {
			return truthOf(op != "==")
		}
		return isFalse
	case a.isNumber() && b.isNumber():
		return compareNumbers(op, a, b)
	case a.Kind != b.Kind:
		return isUnknown
	case a.Kind == Bool: // false comes first
		return compareSign(op, cmp.Compare(len(b.Text), len(a.Text)))
	}
	return compareSign(op, strings.Compare(a.Text, b.Text))
}

func compareSign(op string, sign int) truth {
	switch op {
	case "==":
		return truthOf(sign == 0)
	case "<":
		return truthOf(sign < 0)
	case "<=":
		return truthOf(sign <= 0)
	case ">":
		return truthOf(sign > 0)
	case ">=":
		return truthOf(sign >= 0)
	default:
		return truthOf(sign != 0)
	}
}

// compareNumbers compares as doubles what JSON has as one, and anything else exactly: what
// is exact has no exponent, which could make a few letters a number of any length.
func compareNumbers(op string, a, b *Node) truth {
	if a.Kind == Float && !a.exact || b.Kind == Float && !b.exact {
		x, errX := a.float()
		y, errY := b.float()
		if errX != nil || errY != nil {
			return isUnknown
		}
		return compareSign(op, cmp.Compare(x, y))
	}
	x, okX := new(big.Rat).SetString(a.Text)
	y, okY := new(big.Rat).SetString(b.Text)
	if !okX || !okY {
		return isUnknown
	}
	return compareSign(op, x.Cmp(y))
}
