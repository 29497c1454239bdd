package insights

import (
	"fmt"
	"unicode/utf8"
)

// Code is the code of the error by which AWS refuses a query.
const Code = "MalformedQueryException"

// Error says why a text is no query, or one that is not carried out here. Start and
// End are the characters of the query that it is about, from 0, as AWS's
// queryCompileError has them.
type Error struct {
	Start, End int
	Message    string // in AWS's words where they are known
	Hint       string // what to write instead
}

// Error returns the message and the hint.
func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + ": " + e.Hint
}

// span is a part of the query, in bytes.
type span struct{ start, end int }

// at returns an error about a part of the query.
func at(text string, where span, message, hint string) *Error {
	start := utf8.RuneCountInString(text[:where.start])
	return &Error{Start: start, End: start + utf8.RuneCountInString(text[where.start:where.end]), Message: message, Hint: hint}
}

// unexpected returns AWS's error about a symbol that may not stand where it does.
// Lines count from 1 and the characters of a line from 0, as AWS's parser has them.
func unexpected(text string, where span, hint string) *Error {
	line, position := 1, 0
	for _, r := range text[:where.start] {
		if position++; r == '\n' {
			line, position = line+1, 0
		}
	}
	symbol := text[where.start:where.end]
	if symbol == "" {
		symbol = "<EOF>"
	}
	return at(text, where, fmt.Sprintf("unexpected symbol found %s at line %d and position %d", symbol, line, position), hint)
}

// OutOfRange returns AWS's error for a time range that no log group of a query has
// anything in.
func OutOfRange(text string) *Error {
	end := utf8.RuneCountInString(text)
	return &Error{
		End:     end,
		Message: fmt.Sprintf("Query's end date and time is either before the log groups creation time or exceeds the log groups log retention settings ([0,%d])", end),
	}
}
