package projection

import (
	"iter"
	"math"
	"strconv"
	"strings"
)

// integers is a range of numbers, both ends included.
type integers struct {
	low, high, step int64
	digits          int
}

func (c column) integer() (Domain, error) {
	text, err := c.required("range")
	if err != nil {
		return nil, err
	}
	bounds := strings.Split(text, ",")
	if len(bounds) != 2 {
		return nil, invalid(c.table, "The range %q of partition column '%s' is not two integers with a comma between", text, c.key.Name)
	}
	n := integers{step: 1}
	low, lowErr := strconv.ParseInt(strings.TrimSpace(bounds[0]), 10, 64)
	high, highErr := strconv.ParseInt(strings.TrimSpace(bounds[1]), 10, 64)
	if lowErr != nil || highErr != nil || low > high {
		return nil, invalid(c.table, "The range %q of partition column '%s' is not two integers with a comma between, the lower one first", text, c.key.Name)
	}
	n.low, n.high = low, high
	if v, ok := c.property("interval"); ok {
		if n.step, err = strconv.ParseInt(strings.TrimSpace(v), 10, 64); err != nil || n.step <= 0 {
			return nil, invalid(c.table, "The interval %q of partition column '%s' is not a positive integer", v, c.key.Name)
		}
	}
	if v, ok := c.property("digits"); ok {
		if n.digits, err = strconv.Atoi(strings.TrimSpace(v)); err != nil || n.digits < 0 || n.digits > 64 {
			return nil, invalid(c.table, "The digits %q of partition column '%s' are not a positive integer", v, c.key.Name)
		}
	}
	return n, nil
}

func (n integers) value(v int64) Value {
	text := strconv.FormatInt(v, 10)
	sign := ""
	if v < 0 {
		sign, text = "-", text[1:]
	}
	if len(text) < n.digits {
		text = strings.Repeat("0", n.digits-len(text)) + text
	}
	return Value{Text: sign + text, Key: sign + text}
}

func (n integers) All() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		for v := n.low; v <= n.high; v += n.step {
			if !yield(n.value(v)) || v > math.MaxInt64-n.step {
				return
			}
		}
	}
}

func (n integers) Find(key string) (Value, bool) {
	v, err := strconv.ParseInt(key, 10, 64)
	if err != nil || v < n.low || v > n.high || uint64(v-n.low)%uint64(n.step) != 0 { //nolint:gosec // both are positive
		return Value{}, false
	}
	return n.value(v), true
}
