package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/terminal"
)

// binSizes are how long the bins of a histogram can be.
var binSizes = []time.Duration{
	time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour, 365 * 24 * time.Hour,
}

// mostBins is how many bins a histogram has at most, as far as sizes go.
const mostBins = 30

// binned counts events by time.
type binned struct {
	from    time.Time
	size    time.Duration
	counts  []int64
	errors  []int64 // of counts, those that name such a level
	warning []int64
}

// newBinned returns the bins between two times, both included.
func newBinned(from, to time.Time) *binned {
	b := &binned{size: binSizes[len(binSizes)-1]}
	for _, size := range binSizes {
		if to.Sub(from) < size*mostBins {
			b.size = size
			break
		}
	}
	_, offset := from.Zone() // days begin in the zone of who looks
	shift := time.Duration(offset) * time.Second
	b.from = from.Add(shift).Truncate(b.size).Add(-shift)
	n := int(to.Sub(b.from)/b.size) + 1
	b.counts, b.errors, b.warning = make([]int64, n), make([]int64, n), make([]int64, n)
	return b
}

func (b *binned) add(at time.Time, level string) {
	i := int(at.Sub(b.from) / b.size)
	if at.Before(b.from) || i >= len(b.counts) {
		return // written since, for a time after the end
	}
	b.counts[i]++
	switch level {
	case "error":
		b.errors[i]++
	case "warning":
		b.warning[i]++
	}
}

// histogram shows how many events there were over time.
func histogram(ctx context.Context, s *screen, o *tailOptions, wanted wantedEvents) error {
	end := time.Now()
	if wanted.until != nil {
		end = *wanted.until
	} else {
		wanted.until = &end
	}
	b := newBinned(wanted.since.In(o.times.zone()), end)
	var n int64
	for e, err := range wanted.read(ctx) {
		if err != nil {
			return err
		}
		b.add(time.UnixMilli(e.Time), levelOf(e.Message))
		if n++; o.limit > 0 && n == o.limit {
			fmt.Fprintf(s.stderr, "ended after %s, as --limit says\n", terminal.Counted(n, "event"))
			break
		}
	}
	if o.output == "json" {
		return b.json(s)
	}
	return b.show(s, o.times.zone(), n)
}

// json shows the bins as objects, a line each.
func (b *binned) json(s *screen) error {
	out := bufio.NewWriter(s.stdout)
	for i, n := range b.counts {
		line, err := json.Marshal(struct {
			From     int64 `json:"from"`
			To       int64 `json:"to"`
			Count    int64 `json:"count"`
			Errors   int64 `json:"errors"`
			Warnings int64 `json:"warnings"`
		}{b.at(i).UnixMilli(), b.at(i + 1).UnixMilli(), n, b.errors[i], b.warning[i]})
		if err != nil {
			return err
		}
		_, _ = out.Write(append(line, '\n')) // flush tells
	}
	return out.Flush()
}

func (b *binned) at(i int) time.Time { return b.from.Add(time.Duration(i) * b.size) }

// gaugeColumns is how long the longest bar is where nobody knows how much room there is.
const gaugeColumns = 40

// show draws a bar for each bin: what names an error red, and a warning yellow.
func (b *binned) show(s *screen, zone *time.Location, n int64) error {
	layout := time.DateTime
	switch {
	case b.size >= 24*time.Hour:
		layout = time.DateOnly
	case b.size >= time.Minute:
		layout = "2006-01-02 15:04"
	}
	var most int64
	for _, n := range b.counts {
		most = max(most, n)
	}
	digits := len(terminal.Grouped(most))
	width := gaugeColumns
	if s.style.Width > 0 {
		width = max(1, min(2*gaugeColumns, s.style.Width-len(layout)-digits-4))
	}
	out := bufio.NewWriter(s.stdout)
	for i, n := range b.counts {
		line := s.style.Faint(b.at(i).In(zone).Format(layout)) + "  " + fmt.Sprintf("%*s", digits, terminal.Grouped(n))
		if n > 0 {
			line += "  " + b.gauge(s, i, most, width)
		}
		_, _ = out.WriteString(line + "\n") // flush tells
	}
	if err := out.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(s.stderr, "%s in bins of %s\n", terminal.Counted(n, "event"), lengthOf(b.size))
	return nil
}

// gauge is a bar whose first part is errors, and whose second is warnings.
func (b *binned) gauge(s *screen, i int, most int64, width int) string {
	whole := []rune(terminal.Gauge(float64(b.counts[i]), float64(most), width))
	part := func(n int64) int {
		if n == 0 {
			return 0
		}
		return max(1, int(float64(len(whole))*float64(n)/float64(b.counts[i])))
	}
	red := min(part(b.errors[i]), len(whole))
	yellow := min(part(b.warning[i]), len(whole)-red)
	var bar strings.Builder
	for _, p := range []struct {
		runes []rune
		paint func(string) string
	}{{whole[:red], s.style.Red}, {whole[red : red+yellow], s.style.Yellow}, {whole[red+yellow:], func(text string) string { return text }}} {
		if len(p.runes) > 0 {
			bar.WriteString(p.paint(string(p.runes)))
		}
	}
	return bar.String()
}

// lengthOf names the length of a bin, such as "5 minutes".
func lengthOf(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if d >= unit.of {
			return terminal.Counted(int64(d/unit.of), unit.name)
		}
	}
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + " s"
}
