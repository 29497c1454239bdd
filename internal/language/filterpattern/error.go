package filterpattern

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Code is the code of the error by which AWS refuses a pattern.
const Code = "InvalidParameterException"

const (
	invalid       = "Invalid filter pattern"
	unclosedBrace = "If a filter pattern starts with '{' it must end with '}'"
	unclosedList  = "If a filter pattern starts with '[' it must end with ']'"
)

// Error says why a text is no filter pattern.
type Error struct {
	Offset  int    // where, in characters from 0
	Message string // what AWS says
	Hint    string // what to write instead
}

// Error returns AWS's message with the place and the hint.
func (e *Error) Error() string {
	return fmt.Sprintf("%s (at character %d: %s)", e.Message, e.Offset+1, e.Hint)
}

// refuse returns the error at byte at of a pattern.
func refuse(pattern string, at int, hint string) *Error {
	return &Error{Offset: utf8.RuneCountInString(pattern[:at]), Message: invalid, Hint: hint}
}

// unknown returns the error of a token that begins at start and cannot go on
// with the character at byte at. AWS prints what it has read of the token, up to
// that character, and all that is not ASCII as a question mark.
func unknown(pattern string, start, at int, hint string) *Error {
	end := at
	if at < len(pattern) {
		_, size := utf8.DecodeRuneInString(pattern[at:])
		end += size
	}
	shown := strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf {
			return '?'
		}
		return r
	}, pattern[start:end])
	e := refuse(pattern, at, hint)
	e.Message = "Invalid character(s) in term '" + shown + "'"
	return e
}
