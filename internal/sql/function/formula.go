package function

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
)

// evaluate computes a formula of a signature, such as "min(38, p - s + 1)".
// It knows + - * /, parentheses, min and max; lengths saturate at Unbounded.
func evaluate(formula string, variables map[string]int) (int, error) {
	e := &formulaReader{text: formula, variables: variables}
	n, err := e.sum()
	if err == nil && strings.TrimSpace(e.text) != "" {
		err = fmt.Errorf("unexpected %q", e.text)
	}
	if err != nil {
		return 0, fmt.Errorf("formula %q: %w", formula, err)
	}
	return int(min(n, datatype.Unbounded)), nil
}

type formulaReader struct {
	text      string
	variables map[string]int
}

func (e *formulaReader) take(s string) bool {
	e.text = strings.TrimLeft(e.text, " ")
	rest, ok := strings.CutPrefix(e.text, s)
	if ok {
		e.text = rest
	}
	return ok
}

func (e *formulaReader) sum() (int64, error) {
	left, err := e.product()
	for err == nil {
		var right int64
		switch {
		case e.take("+"):
			right, err = e.product()
			left += right
		case e.take("-"):
			right, err = e.product()
			left -= right
		default:
			return left, nil
		}
	}
	return 0, err
}

func (e *formulaReader) product() (int64, error) {
	left, err := e.factor()
	for err == nil {
		var right int64
		switch {
		case e.take("*"):
			if right, err = e.factor(); right != 0 && left > datatype.Unbounded/right {
				left, right = datatype.Unbounded, 1
			}
			left *= right
		case e.take("/"):
			if right, err = e.factor(); right == 0 {
				return 0, fmt.Errorf("division by zero")
			}
			left /= right
		default:
			return left, nil
		}
	}
	return 0, err
}

func (e *formulaReader) factor() (int64, error) {
	if e.take("(") {
		return e.closed()
	}
	e.text = strings.TrimLeft(e.text, " ")
	end := strings.IndexAny(e.text, " (),+-*/")
	if end < 0 {
		end = len(e.text)
	}
	word := e.text[:end]
	e.text = e.text[end:]
	if e.take("(") {
		return e.call(word)
	}
	if n, err := strconv.ParseInt(word, 10, 64); err == nil {
		return n, nil
	}
	n, ok := e.variables[word]
	if !ok {
		return 0, fmt.Errorf("unknown variable %q", word)
	}
	return int64(n), nil
}

func (e *formulaReader) closed() (int64, error) {
	n, err := e.sum()
	if err == nil && !e.take(")") {
		err = fmt.Errorf(") expected")
	}
	return n, err
}

func (e *formulaReader) call(name string) (int64, error) {
	left, err := e.sum()
	if err != nil {
		return 0, err
	}
	if !e.take(",") {
		return 0, fmt.Errorf(", expected")
	}
	right, err := e.closed()
	switch {
	case err != nil:
		return 0, err
	case name == "min":
		return min(left, right), nil
	case name == "max":
		return max(left, right), nil
	default:
		return 0, fmt.Errorf("unknown function %q", name)
	}
}
