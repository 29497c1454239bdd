// Package terminal draws for people: tables, a progress bar, excerpts of text,
// and words for numbers. It knows nothing of what they show.
//
// Whatever it prints of others' text cannot move the cursor or change the
// terminal. What a program reads does not belong here.
package terminal

import (
	"os"

	"golang.org/x/term"
)

// Style is what the terminal can show, and what its reader wants.
type Style struct {
	Width int  // columns to fit into; 0 for no limit
	Color bool // escape sequences for letters and colours may be used
}

// Bold returns text in bold letters.
func (s Style) Bold(text string) string { return s.painted("\x1b[1m", text) }

// Faint returns text in faint letters.
func (s Style) Faint(text string) string { return s.painted("\x1b[2m", text) }

// Red returns text in red letters, for what was refused or is not known.
func (s Style) Red(text string) string { return s.painted("\x1b[31m", text) }

// Yellow returns text in yellow letters, for what failed.
func (s Style) Yellow(text string) string { return s.painted("\x1b[33m", text) }

// Green returns text in green letters, for what is as it should be.
func (s Style) Green(text string) string { return s.painted("\x1b[32m", text) }

// series are the colours of lines in a chart: none is red, as levels are.
var series = []string{"\x1b[36m", "\x1b[33m", "\x1b[35m", "\x1b[32m", "\x1b[34m", "\x1b[96m", "\x1b[93m", "\x1b[95m"}

// Series returns text in the colour of the nth of several lines.
func (s Style) Series(n int, text string) string { return s.painted(series[n%len(series)], text) }

func (s Style) painted(code, text string) string {
	if !s.Color {
		return text
	}
	return code + text + "\x1b[0m"
}

// Is says whether a stream is read or typed by a person.
func Is(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Width returns how many columns the terminal has that a stream is; 0 where it
// is none.
func Width(stream any) int {
	f, ok := stream.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}
