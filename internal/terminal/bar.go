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

// Bar is one line of a terminal that says what is going on and how far it is. It is
// drawn over itself, several times a second whether or not there is news, and is
// gone when it is done. It may be used by several goroutines.
type Bar struct {
	out   io.Writer
	width int

	mu      sync.Mutex
	label   string
	current Progress
	began   time.Time // of the work that is shown; zero when there is none
	first   int64     // what was done already when it began
	visible bool
	closed  bool
	stop    chan struct{} // ends the drawing; nil when nothing draws
}

// Progress is how far something is. Total is 0 where nobody knows it.
type Progress struct {
	Done, Total int64
	Facts       string // what else is to be said, such as "3 MB of 10 MB"
}

// NewBar returns a bar that is width columns wide and begins with label, such as
// "decoding". Width is 0 for a terminal that does not tell. Who updates it must end
// that with Clear or Close.
func NewBar(out io.Writer, width int, label string) *Bar {
	if width == 0 {
		width = barColumns
	}
	return &Bar{out: out, width: width, label: label}
}

// Begin begins a new work under another label; of the one before nothing stays.
// The bar shows once the work has taken a moment.
func (b *Bar) Begin(label string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
	b.label = label
	b.begin(Progress{})
}

// Update says how far it is. The first update after NewBar or Clear begins a new
// work.
func (b *Bar) Update(p Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.began.IsZero() {
		b.begin(p)
	}
	b.current = p
}

// Clear takes the bar away.
func (b *Bar) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
}

// Close takes the bar away for good: later calls do nothing.
func (b *Bar) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
	b.closed = true
}

func (b *Bar) begin(p Progress) {
	if b.closed {
		return
	}
	b.began, b.first, b.current = time.Now(), p.Done, p
	b.stop = make(chan struct{})
	go b.draw(b.stop)
}

func (b *Bar) clear() {
	if b.stop != nil {
		close(b.stop)
		b.stop = nil
	}
	if b.visible {
		_, _ = io.WriteString(b.out, clearLine) // nobody reads a bar that cannot be written
	}
	b.began, b.visible = time.Time{}, false
}

// draw draws the bar until stop is closed. It lives as long as one work.
func (b *Bar) draw(stop chan struct{}) {
	ticker := time.NewTicker(barInterval)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
		b.mu.Lock()
		if took := time.Since(b.began); b.stop == stop && took >= barDelay {
			b.visible = true
			_, _ = io.WriteString(b.out, clearLine+b.line(took))
		}
		b.mu.Unlock()
	}
}

// line returns the bar's text, which is narrower than the terminal. The time in it
// is what moves when nothing else does.
func (b *Bar) line(took time.Duration) string {
	p := b.current
	head := fmt.Sprintf("%s %.1f s ", b.label, took.Seconds())
	if p.Total == 0 {
		return text.Trim(strings.TrimRight(head+p.Facts, " "), b.width-1)
	}
	share := min(float64(p.Done)/float64(p.Total), 1)
	head += fmt.Sprintf("%3.0f%% ", share*100)
	facts := " " + p.Facts
	if done := p.Done - b.first; done > 0 && p.Total > p.Done {
		left := time.Duration(float64(took) / float64(done) * float64(p.Total-p.Done))
		facts += ", " + max(left.Round(time.Second), time.Second).String() + " left"
	}
	const widest = 20
	cells := min(b.width-1-text.StringWidth(head)-text.StringWidth(facts), widest)
	if cells < 5 {
		return text.Trim(head+strings.TrimPrefix(facts, " "), b.width-1)
	}
	full := int(share * float64(cells))
	return head + strings.Repeat("█", full) + strings.Repeat("░", cells-full) + facts
}
