package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/sillok/sillok/internal/engine"
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

// bar is one line of a terminal that says how far decoding is. It is drawn over
// itself and is gone when it is done.
type bar struct {
	out   io.Writer
	width int

	mu      sync.Mutex
	began   time.Time // of the scan that is shown
	first   int64     // bytes that were done already when it began
	drawn   time.Time
	visible bool
}

func newBar(out io.Writer, width int) *bar {
	if width == 0 {
		width = barColumns
	}
	return &bar{out: out, width: width}
}

// progress shows how far decoding is. It may be called from several goroutines.
func (s *screen) progress(p engine.Progress) {
	if s.bar != nil {
		s.bar.update(p, time.Now())
	}
}

// decoded takes the bar away; the next progress is of another scan.
func (s *screen) decoded() {
	if s.bar != nil {
		s.bar.clear()
	}
}

func (b *bar) update(p engine.Progress, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.began.IsZero() {
		b.began, b.first = now, p.Bytes
	}
	if now.Sub(b.began) < barDelay || now.Sub(b.drawn) < barInterval {
		return
	}
	b.drawn, b.visible = now, true
	fmt.Fprintf(b.out, "%s%s", clearLine, b.line(p, now.Sub(b.began)))
}

func (b *bar) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.visible {
		fmt.Fprintf(b.out, "%s", clearLine)
	}
	b.began, b.visible = time.Time{}, false
}

// line returns the bar's text, which is narrower than the terminal.
func (b *bar) line(p engine.Progress, took time.Duration) string {
	share := 1.0
	if p.BytesTotal > 0 {
		share = min(float64(p.Bytes)/float64(p.BytesTotal), 1)
	}
	facts := fmt.Sprintf(" %s of %s, %s", bytesOf(p.Bytes), bytesOf(p.BytesTotal), counted(p.Rows, "row"))
	if done := p.Bytes - b.first; done > 0 && p.BytesTotal > p.Bytes {
		left := time.Duration(float64(took) / float64(done) * float64(p.BytesTotal-p.Bytes))
		facts += ", " + max(left.Round(time.Second), time.Second).String() + " left"
	}
	head := fmt.Sprintf("decoding %3.0f%% ", share*100)
	const widest = 20
	cells := min(b.width-1-text.StringWidth(head)-text.StringWidth(facts), widest)
	if cells < 5 {
		return text.Trim(head+strings.TrimPrefix(facts, " "), b.width-1)
	}
	full := int(share * float64(cells))
	return head + strings.Repeat("█", full) + strings.Repeat("░", cells-full) + facts
}
