package parse

import (
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
)

// Error is a syntax error. Its text is the one that Athena shows.
type Error struct {
	Pos          ast.Pos
	Line, Column int    // 1-based, counted in characters
	Message      string // without the place
	Hint         string // what to write instead, when that is known
	Hive         bool   // found by Hive's grammar
}

// Error returns the message as Trino or Hive words it. Hive counts columns
// from 0.
func (e *Error) Error() string {
	if strings.HasPrefix(e.Message, oneAtATime) {
		return e.Message
	}
	if e.Hive {
		return fmt.Sprintf("FAILED: ParseException line %d:%d %s", e.Line, e.Column-1, e.Message)
	}
	return fmt.Sprintf("line %d:%d: %s", e.Line, e.Column, e.Message)
}

func errorAt(src string, pos ast.Pos, message string) *Error {
	line, column := pos.LineColumn(src)
	return &Error{Pos: pos, Line: line, Column: column, Message: message}
}
