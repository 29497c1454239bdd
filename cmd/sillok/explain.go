package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// explain returns a statement's failure in the words that its author needs: what,
// where with the line itself, and what to do.
func (q *asked) explain(err error) error {
	var (
		line, column int
		advice       string
	)
	if syntax, ok := errors.AsType[*parse.Error](err); ok {
		err, line, column, advice = syntax, syntax.Line, syntax.Column, syntax.Hint
	} else if statement, ok := errors.AsType[*sqlerr.Error](err); ok {
		bare := *statement
		bare.Hint = ""
		err, line, column, advice = &bare, statement.Line, statement.Column, statement.Hint
		if advice == "" {
			advice = q.advice(statement.Name)
		}
	} else {
		return err
	}
	message := err.Error()
	if line > 0 {
		message += pointer(q.sql, line, column, q.screen.width)
	}
	if advice != "" {
		message += "\n  " + advice
	}
	return errors.New(message)
}

// advice says what helps against a failure of this name.
func (q *asked) advice(name string) string {
	switch name {
	case sqlerr.TableNotFound:
		names := discovered(q.found.Found).names()
		if len(names) == 0 {
			return q.errNothing().Error()
		}
		return "there are: " + strings.Join(names, ", ")
	case sqlerr.ColumnNotFound:
		return "DESCRIBE lists a table's columns, as in sillok query" + q.fromFlags() + ` "DESCRIBE ` + discovered(q.found.Found).first() + `"`
	}
	return ""
}

// excerptWidth is how much of a line is shown where no terminal says so.
const excerptWidth = 120

// pointer returns the line of sql that an error is about, with a mark below the
// place. Of a long line it is a part.
func pointer(sql string, line, column, width int) string {
	lines := strings.Split(sql, "\n")
	if line > len(lines) {
		return ""
	}
	if width == 0 {
		width = excerptWidth
	}
	number := fmt.Sprintf("%4d", line)
	width = max(width-len(number)-between, leastWidth)
	runes := []rune(strings.TrimRight(lines[line-1], "\r"))
	at := min(column-1, len(runes))
	// Half of what is shown stands before the place.
	start := 0
	if len(runes) > width {
		start = max(min(at-width/2, len(runes)-width), 0)
	}
	shown := func(from, to int) string {
		return printable(strings.ReplaceAll(string(runes[from:to]), "\t", " "))
	}
	before := shown(start, at)
	return fmt.Sprintf("\n%s │ %s\n%s │ %s^", number, before+shown(at, min(start+width, len(runes))),
		strings.Repeat(" ", len(number)), strings.Repeat(" ", text.StringWidth(before)))
}
