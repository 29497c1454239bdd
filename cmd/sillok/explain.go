package main

import (
	"errors"
	"strings"

	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/terminal"
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
	if excerpt := terminal.Excerpt(q.sql, line, column, q.screen.style.Width); excerpt != "" {
		message += "\n" + excerpt
	}
	if advice != "" {
		message += "\n  " + strings.ToUpper(advice[:1]) + advice[1:]
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
		return "DESCRIBE lists a table's columns, as in " + self() + " query" + q.fromFlags() + ` "DESCRIBE ` + discovered(q.found.Found).first() + `"`
	}
	return ""
}
