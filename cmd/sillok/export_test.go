package main

import (
	"io"
	"time"

	"github.com/sillok/sillok/internal/engine"
)

// Main is the program, for tests that start it.
func Main() { main() }

// DemoLogs returns the demo's logs, by their keys.
func DemoLogs() (map[string][]byte, error) {
	logs, err := demoLogs()
	bodies := map[string][]byte{}
	for _, o := range logs {
		bodies[o.key] = o.body
	}
	return bodies, err
}

// The small parts of the screen.
var (
	BytesOf   = bytesOf
	Dollars   = dollars
	Fit       = fit
	Grouped   = grouped
	Pointer   = pointer
	Printable = printable
	Quoted    = shellQuoted
)

// BarLine returns the progress bar of a terminal.
func BarLine(width int, p engine.Progress, took time.Duration) string {
	return newBar(io.Discard, width).line(p, took)
}
