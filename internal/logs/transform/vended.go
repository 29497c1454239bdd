package transform

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// vended is a processor of lines of a service of AWS's: it takes the whole message, and
// has no other source.
type vended struct {
	Source string `json:"source"`
}

func (c *vended) check() error {
	if c.Source != "" && c.Source != message {
		return fmt.Errorf("its source can only be %s", message)
	}
	return nil
}

// column is a field of a line that a service writes.
type column struct {
	name    string
	numeric bool // a number, where it is one: "-" stays as it is
}

// line makes a step that gives the fields of a line their names.
func line(columns []column, split func(text string) []string, value func(text string) string) func(r *run) error {
	return func(r *run) error {
		texts := split(strings.TrimRight(string(r.event.Message), "\r\n"))
		if len(texts) != len(columns) {
			return fmt.Errorf("the line has %d fields, and %d were expected", len(texts), len(columns))
		}
		for i, c := range columns {
			text := sound(value(texts[i]))
			var v any = text
			if c.numeric && isNumber(text) {
				v = number(text)
			}
			r.root.set(c.name, v)
		}
		return r.spend(len(r.event.Message))
	}
}

func asItIs(text string) string { return text }

// isNumber says whether a text is a number as JSON writes it.
func isNumber(text string) bool {
	if text == "" || strings.HasPrefix(text, "-.") {
		return false
	}
	digits := strings.TrimPrefix(text, "-")
	if len(digits) > 1 && digits[0] == '0' && digits[1] != '.' {
		return false
	}
	point := false
	for i, c := range digits {
		switch {
		case c >= '0' && c <= '9':
		case c == '.' && !point && i > 0 && i < len(digits)-1:
			point = true
		default:
			return false
		}
	}
	_, err := strconv.ParseFloat(text, 64)
	return err == nil && digits != ""
}

var errNotItsLine = errors.New("the message is no line of this kind")
