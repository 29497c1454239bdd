// Package sqlerr is how a statement fails: with Trino's error name, where in
// the text, in words that say what to do.
package sqlerr

import (
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
)

// Error is a failed statement. Line and Column are 1-based and 0 when the
// failure has no place in the text, as for one that happens on a row.
type Error struct {
	Name         string // Trino's error name, such as "COLUMN_NOT_FOUND"
	Message      string // without the name and the place
	Line, Column int
	Hint         string // what to write instead; may be empty
}

// Error returns the message as Athena shows it: the name, the place, the
// message, and the hint when there is one.
func (e *Error) Error() string {
	s := e.Name + ": "
	if e.Line > 0 {
		s += fmt.Sprintf("line %d:%d: ", e.Line, e.Column)
	}
	s += e.Message
	if e.Hint != "" {
		s += ". " + e.Hint
	}
	return s
}

// At returns an error about the node that stands at pos in src.
func At(src string, pos ast.Pos, name, format string, args ...any) *Error {
	line, column := pos.LineColumn(src)
	return &Error{Name: name, Message: fmt.Sprintf(format, args...), Line: line, Column: column}
}

// New returns an error without a place.
func New(name, format string, args ...any) *Error {
	return &Error{Name: name, Message: shortened(fmt.Sprintf(format, args...))}
}

// maxMessage bounds a message, which may quote a value of any size.
const maxMessage = 20_000

func shortened(s string) string {
	if len(s) <= maxMessage {
		return s
	}
	return strings.ToValidUTF8(s[:maxMessage], "") + "..."
}

// Names of the errors that more than one package raises; others are written
// where they are raised.
const (
	SyntaxError             = "SYNTAX_ERROR"
	TypeMismatch            = "TYPE_MISMATCH"
	FunctionNotFound        = "FUNCTION_NOT_FOUND"
	ColumnNotFound          = "COLUMN_NOT_FOUND"
	TableNotFound           = "TABLE_NOT_FOUND"
	NotSupported            = "NOT_SUPPORTED"
	DivisionByZero          = "DIVISION_BY_ZERO"
	InvalidCastArgument     = "INVALID_CAST_ARGUMENT"
	InvalidFunctionArgument = "INVALID_FUNCTION_ARGUMENT"
	NumericOutOfRange       = "NUMERIC_VALUE_OUT_OF_RANGE"
)

// Refused returns the error for a construct that Athena has and Sillok does not
// carry yet. Its name tells it from an error that Athena itself would give.
func Refused(construct string) *Error {
	return New(Unsupported, "%s is not supported by this version of Sillok", construct)
}

// Unsupported is the name of errors made by Refused.
const Unsupported = "SILLOK_NOT_SUPPORTED"

// Argument returns the error for an argument that a function does not take.
func Argument(format string, args ...any) *Error {
	return New(InvalidFunctionArgument, format, args...)
}

// Cast returns the error for a value that a cast cannot make.
func Cast(format string, args ...any) *Error { return New(InvalidCastArgument, format, args...) }

// Range returns the error for a number that its type does not hold.
func Range(format string, args ...any) *Error { return New(NumericOutOfRange, format, args...) }
