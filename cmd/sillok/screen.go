package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"golang.org/x/term"

	"github.com/sillok/sillok/internal/engine"
)

// screen is where a person reads: results on standard output, the rest on
// standard error.
type screen struct {
	stdout, stderr io.Writer
	width          int // columns that tables must fit into; 0 lets them be as wide as they are
	color          bool
	bar            *bar // nil when none is shown
}

// newScreen returns a screen for what color and progress say: auto, always or
// never.
func newScreen(e env, color, progress string) *screen {
	s := &screen{stdout: e.stdout, stderr: e.stderr, width: columns(e, e.stdout)}
	plain, _ := e.lookup("NO_COLOR")
	s.color = color == "always" || color == "auto" && plain == "" && isTerminal(e.stdout)
	if progress == "always" || progress == "auto" && isTerminal(e.stderr) {
		s.bar = newBar(e.stderr, columns(e, e.stderr))
	}
	return s
}

// isTerminal says whether a stream is read or typed by a person.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// columns returns the width that COLUMNS asks for, else that of the terminal,
// else 0.
func columns(e env, w io.Writer) int {
	if text, ok := e.lookup("COLUMNS"); ok {
		if n, err := strconv.Atoi(text); err == nil && n > 0 {
			return n
		}
	}
	if f, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			return width
		}
	}
	return 0
}

// bold and faint are for a terminal's eyes only.
func (s *screen) bold(text string) string { return s.painted("\x1b[1m", text) }

func (s *screen) faint(text string) string { return s.painted("\x1b[2m", text) }

func (s *screen) painted(code, text string) string {
	if !s.color {
		return text
	}
	return code + text + "\x1b[0m"
}

// priceOfTerabyte is what Athena charges for a terabyte, in dollars, in most
// regions.
const priceOfTerabyte = 5.0

// minimumBilled is the least that Athena bills for a query.
const minimumBilled = 10 << 20

// billed returns what Athena bills for a query that scans n bytes: whole
// megabytes.
func billed(n int64) int64 {
	const megabyte = 1 << 20
	return max((n+megabyte-1)/megabyte*megabyte, minimumBilled)
}

// summary prints the last line of a query, and before it what did not parse.
func (s *screen) summary(n int64, took time.Duration, stats engine.Stats, name func(string) string) {
	s.damage(stats.Damage, name)
	bytes := billed(stats.BytesScanned)
	fmt.Fprintf(s.stderr, "%s in %s; Athena scans %s in %s and bills %s: %s\n", counted(n, "row"), shortDuration(took),
		bytesOf(stats.BytesScanned), counted(int64(stats.Objects), "object"), bytesOf(bytes), dollars(float64(bytes)/(1<<40)*priceOfTerabyte))
}

// maxDamage is how many damaged objects are named.
const maxDamage = 5

// damage says which objects hold what does not parse. Name shortens an object's
// name.
func (s *screen) damage(damaged []engine.Damage, name func(string) string) {
	if len(damaged) == 0 {
		return
	}
	var lines int64
	for _, d := range damaged {
		lines += d.Lines
	}
	fmt.Fprintf(s.stderr, "%s of %s did not parse:\n", counted(lines, "line or record", "lines or records"), counted(int64(len(damaged)), "object"))
	for i, d := range damaged {
		if i == maxDamage {
			fmt.Fprintf(s.stderr, "  … and of %s more\n", counted(int64(len(damaged)-maxDamage), "object"))
			return
		}
		fmt.Fprintf(s.stderr, "  %s: %s, the first: %s\n", printable(name(d.Object)), grouped(d.Lines), printable(d.First))
	}
}
