package transform

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// CSV makes fields of values that are separated by a delimiter.
type CSV struct {
	QuoteCharacter string   `json:"quoteCharacter"`
	Delimiter      string   `json:"delimiter"`
	Columns        []string `json:"columns"`
	Source         string   `json:"source"`
	Destination    string   `json:"destination"`
}

const mostColumns = 100

func (c *CSV) compile(first bool) (func(r *run) error, error) {
	from, err := parseSource(c.Source, first)
	if err != nil {
		return nil, err
	}
	to, err := parseDestination(c.Destination)
	if err != nil {
		return nil, err
	}
	if len(c.Columns) > mostColumns {
		return nil, errors.New("there are at most 100 columns")
	}
	columns := make([]path, len(c.Columns))
	for i, name := range c.Columns {
		if columns[i], err = parsePath("a column", name); err != nil {
			return nil, err
		}
	}
	quote, delimiter := `"`, ","
	if c.QuoteCharacter != "" {
		quote = c.QuoteCharacter
	}
	if c.Delimiter != "" {
		delimiter = c.Delimiter
	}
	if delimiter == `\t` {
		delimiter = "\t"
	}
	if utf8.RuneCountInString(quote) != 1 || utf8.RuneCountInString(delimiter) > 2 || quote == delimiter {
		return nil, errors.New("quoteCharacter is one character, and delimiter one or two others")
	}
	return func(r *run) error {
		text, err := from.text(r)
		if err != nil {
			return err
		}
		o, err := to.object(r)
		if err != nil {
			return err
		}
		values, err := fields(strings.TrimRight(text, "\r\n"), quote, delimiter)
		if err != nil {
			return err
		}
		for i, value := range values {
			column := path{"column_" + strconv.Itoa(i+1)}
			if i < len(columns) {
				column = columns[i]
			}
			if at := column.parent(o, true); at != nil {
				at.set(column.last(), value)
			}
			if err := r.spend(len(value) + len(column.last())); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// fields splits a line. A field in quotes may have delimiters, and quotes that are
// doubled.
func fields(line, quote, delimiter string) (all []string, err error) {
	for {
		if !strings.HasPrefix(line, quote) {
			field, rest, more := strings.Cut(line, delimiter)
			all = append(all, field)
			if !more {
				return all, nil
			}
			line = rest
			continue
		}
		var field strings.Builder
		line = line[len(quote):]
		for {
			text, rest, ended := strings.Cut(line, quote)
			if !ended {
				return nil, errors.New("a quoted value does not end")
			}
			field.WriteString(text)
			if line = rest; !strings.HasPrefix(line, quote) {
				break
			}
			field.WriteString(quote)
			line = line[len(quote):]
		}
		all = append(all, field.String())
		rest, more := strings.CutPrefix(line, delimiter)
		switch {
		case more:
			line = rest
		case line == "":
			return all, nil
		default:
			return nil, errors.New("there is text between a quoted value and the next delimiter")
		}
	}
}
