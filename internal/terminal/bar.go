package terminal

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
)

const (
	// barDelay keeps the bar away from what is done before one has read it.
	barDelay = 300 * time.Millisecond
	// barInterval is the time between two drawings.
	barInterval = 100 * time.Millisecond
	// barColumns is how wide a terminal is that does not tell.
	barColumns = 80
	clearLine  = "\r\x1b[K"
)

// Bar is one line of a terminal that says how far something is. It is drawn over
// itself and is gone when it is done. It may be used by several goroutines.
type Bar struct {
	out   io.Writer
	width int
	label string

	mu      sync.Mutex
	began   time.Time // of the work that is shown
	first   int64     // what was done already when it began
	drawn   time.Time
	visible bool
}

// Progress is how far something is.
type Progress struct {
	Done, Total int64
	Facts       string // what else is to be said, such as "3 MB of 10 MB"
}

// NewBar returns a bar that is width columns wide and begins with label, such as
// "decoding". Width is 0 for a terminal that does not tell.
func NewBar(out io.Writer, width int, label string) *Bar {
	if width == 0 {
		width = barColumns
	}
	return &Bar{out: out, width: width, label: label}
}

// Update shows how far it is. The first update after NewBar or Clear begins a new
// work, whose bar shows once that has taken a moment.
func (b *Bar) Update(p Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if b.began.IsZero() {
		b.began, b.first = now, p.Done
	}
	if now.Sub(b.began) < barDelay || now.Sub(b.drawn) < barInterval {
		return
	}
	b.drawn, b.visible = now, true
	fmt.Fprintf(b.out, "%s%s", clearLine, b.line(p, now.Sub(b.began)))
}

// Clear takes the bar away.
func (b *Bar) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.visible {
		fmt.Fprintf(b.out, "%s", clearLine)
	}
	b.began, b.visible = time.Time{}, false
}

// line returns the bar's text, which is narrower than the terminal.
func (b *Bar) line(p Progress, took time.Duration) string {
	share := 1.0
	if p.Total > 0 {
		share = min(float64(p.Done)/float64(p.Total), 1)
	}
	facts := " " + p.Facts
	if done := p.Done - b.first; done > 0 && p.Total > p.Done {
		left := time.Duration(float64(took) / float64(done) * float64(p.Total-p.Done))
		facts += ", " + max(left.Round(time.Second), time.Second).String() + " left"
	}
	head := fmt.Sprintf("%s %3.0f%% ", b.label, share*100)
	const widest = 20
	cells := min(b.width-1-text.StringWidth(head)-text.StringWidth(facts), widest)
	if cells < 5 {
		return text.Trim(head+strings.TrimPrefix(facts, " "), b.width-1)
	}
	full := int(share * float64(cells))
	return head + strings.Repeat("█", full) + strings.Repeat("░", cells-full) + facts
}
