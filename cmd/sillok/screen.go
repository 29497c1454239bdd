package main

import (
	"fmt"
	"io"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/terminal"
)

// screen is where a person reads: results on standard output, the rest on
// standard error.
type screen struct {
	stdout, stderr io.Writer
	style          terminal.Style // of stdout
	bar            *terminal.Bar  // nil when none is shown
	decoding       atomic.Bool    // the bar tells of that
}

// newScreen returns a screen for what color and progress say: auto, always or
// never.
func newScreen(e env, color, progress string) *screen {
	plain, _ := e.lookup("NO_COLOR")
	kind, _ := e.lookup("TERM")
	s := &screen{stdout: e.stdout, stderr: e.stderr, style: terminal.Style{
		Width: columns(e, e.stdout),
		Color: color == "always" || color == "auto" && plain == "" && kind != dumb && terminal.Is(e.stdout),
	}}
	if progress == "always" || progress == "auto" && kind != dumb && terminal.Is(e.stderr) {
		s.bar = terminal.NewBar(e.stderr, columns(e, e.stderr), "decoding")
		s.stderr = barredWriter{s.bar, e.stderr}
		if terminal.Is(e.stdout) {
			s.stdout = barredWriter{s.bar, e.stdout}
		}
	}
	return s
}

// dumb is the kind of terminal that cannot move its cursor.
const dumb = "dumb"

// barredWriter takes the bar away before it writes to the terminal that the bar is on.
type barredWriter struct {
	bar *terminal.Bar
	out io.Writer
}

// Write implements io.Writer.
func (w barredWriter) Write(p []byte) (int, error) {
	w.bar.Clear()
	return w.out.Write(p)
}

// close takes the bar away for good.
func (s *screen) close() {
	if s.bar != nil {
		s.bar.Close()
	}
}

// phase says what is being done now: looking, decoding, asking.
func (s *screen) phase(name string) {
	if s.bar != nil {
		s.bar.Begin(name)
	}
}

// columns returns the width that COLUMNS asks for, else that of the terminal,
// else 0.
func columns(e env, w io.Writer) int {
	if text, ok := e.lookup("COLUMNS"); ok {
		if n, err := strconv.Atoi(text); err == nil && n > 0 {
			return n
		}
	}
	return terminal.Width(w)
}

// looked shows how many files were found, and how many of them were looked into.
func (s *screen) looked(found, read int64) {
	if s.bar != nil {
		facts := terminal.Counted(found, "file")
		if read > 0 {
			facts += ", looked into " + terminal.Grouped(read)
		}
		s.bar.Update(terminal.Progress{Facts: facts})
	}
}

// decodes says that decoding begins.
func (s *screen) decodes() {
	if s.bar != nil && s.decoding.CompareAndSwap(false, true) {
		s.phase("decoding")
	}
}

// progress shows how far decoding is. When it is done, asking begins. It may be
// called from several goroutines.
func (s *screen) progress(p engine.Progress) {
	if s.bar == nil {
		return
	}
	if p.Objects == p.ObjectsTotal {
		s.asks()
		return
	}
	s.decodes()
	s.bar.Update(terminal.Progress{
		Done: p.Bytes, Total: p.BytesTotal,
		Facts: fmt.Sprintf("%s of %s, %s", terminal.Bytes(p.Bytes), terminal.Bytes(p.BytesTotal), terminal.Counted(p.Rows, "row")),
	})
}

// asks says that all is decoded, and the engine is at work.
func (s *screen) asks() {
	if s.bar != nil {
		s.decoding.Store(false)
		s.phase("asking")
	}
}

// decoded takes the bar away; the next progress is of another scan.
func (s *screen) decoded() {
	if s.bar != nil {
		s.decoding.Store(false)
		s.bar.Clear()
	}
}

// newTable returns an empty table on standard output. The caller must end it with
// finish.
func (s *screen) newTable(columns ...terminal.Column) *terminal.Table {
	return terminal.NewTable(s.stdout, s.style, columns...)
}

// newList is newTable for a form of output: table or vertical.
func (s *screen) newList(output string, columns ...terminal.Column) *terminal.Table {
	if output == "vertical" {
		return terminal.NewRecords(s.stdout, s.style, columns...)
	}
	return s.newTable(columns...)
}

// finish ends a table and says what of it was cut.
func (s *screen) finish(t *terminal.Table) error {
	if err := t.Close(); err != nil {
		return err
	}
	if t.Cut() > 0 {
		fmt.Fprintf(s.stderr, "%s cut to fit into %d columns; --output csv or json prints all\n",
			terminal.Counted(t.Cut(), "cell was", "cells were"), s.style.Width)
	}
	return nil
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
	s.passedOver(stats.Skipped, name)
	s.notes(stats.Notes)
	bytes := billed(stats.BytesScanned)
	fmt.Fprintf(s.stderr, "%s in %s; Athena scans %s in %s and bills %s: %s\n", terminal.Counted(n, "row"), terminal.Duration(took),
		terminal.Bytes(stats.BytesScanned), terminal.Counted(int64(stats.Objects), "object"), terminal.Bytes(bytes), terminal.Dollars(float64(bytes)/(1<<40)*priceOfTerabyte))
}

// notes says what else there is to know.
func (s *screen) notes(notes []string) {
	for _, note := range notes {
		fmt.Fprintf(s.stderr, "Note: %s\n", terminal.Printable(note))
	}
}

// passedOver says which objects could not be read. Name shortens an object's name.
func (s *screen) passedOver(objects []lake.Skipped, name func(string) string) {
	if len(objects) == 0 {
		return
	}
	fmt.Fprintf(s.stderr, "%s left out:\n", terminal.Counted(int64(len(objects)), "object could not be read and was", "objects could not be read and were"))
	for i, o := range objects {
		if i == maxDamage {
			fmt.Fprintf(s.stderr, "  … and %s more\n", terminal.Grouped(int64(len(objects)-maxDamage)))
			return
		}
		fmt.Fprintf(s.stderr, "  %s: %s\n", terminal.Printable(name(o.Object.Name())), terminal.Printable(o.Reason))
	}
}

// maxDamage is how many damaged objects are named.
const maxDamage = 5

// damage says which objects hold what does not parse, could not be read to their
// end, or have something else to be said of them. Name shortens an object's name.
func (s *screen) damage(damaged []engine.Damage, name func(string) string) {
	var unparsed, cut, noted []engine.Damage
	var lines int64
	for _, d := range damaged {
		lines += d.Lines
		switch {
		case d.Lines > 0:
			unparsed = append(unparsed, d)
		case d.Cut:
			cut = append(cut, d)
		}
		if d.Note != "" {
			noted = append(noted, d)
		}
	}
	count := func(d []engine.Damage) string { return terminal.Counted(int64(len(d)), "object") }
	s.objects(fmt.Sprintf("%s of %s did not parse", terminal.Counted(lines, "line or record", "lines or records"), count(unparsed)), unparsed,
		func(d engine.Damage) string {
			return fmt.Sprintf("%s: %s, the first: %s", name(d.Object), terminal.Grouped(d.Lines), d.First)
		})
	s.objects(count(cut)+" could not be read to the end", cut, func(d engine.Damage) string { return name(d.Object) + ": " + d.First })
	s.objects("of "+count(noted)+" there is more to say", noted, func(d engine.Damage) string { return name(d.Object) + ": " + d.Note })
}

// objects prints a heading and a line for each of the first of some objects.
func (s *screen) objects(heading string, list []engine.Damage, line func(engine.Damage) string) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(s.stderr, "%s:\n", heading)
	for i, d := range list {
		if i == maxDamage {
			fmt.Fprintf(s.stderr, "  … and of %s more\n", terminal.Counted(int64(len(list)-maxDamage), "object"))
			return
		}
		fmt.Fprintf(s.stderr, "  %s\n", terminal.Printable(line(d)))
	}
}
