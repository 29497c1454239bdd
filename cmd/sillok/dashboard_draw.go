package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/terminal"
)

// drawnWidget is a widget with what it shows.
type drawnWidget struct {
	Type   string              `json:"type"`
	Title  string              `json:"title,omitempty"`
	X      int                 `json:"x"`
	Y      int                 `json:"y"`
	Width  int                 `json:"width"`
	Height int                 `json:"height"`
	Series []shownSeries       `json:"series,omitempty"`
	Text   string              `json:"text,omitempty"`
	Alarms []listedAlarm       `json:"alarms,omitempty"`
	Rows   []map[string]string `json:"rows,omitempty"`
	Error  string              `json:"error,omitempty"` // why it cannot be shown

	of     *boardWidget
	series []series
	levels []terminal.Level
	fields []string // of rows, in their order
	notes  []string
}

// boardPainter draws a dashboard.
type boardPainter struct {
	screen   *screen
	place    *watchPlace
	zone     *time.Location
	now      time.Time
	from, to time.Time
	name     string

	mu      sync.Mutex
	clients map[string]*cloudwatch.Client // by Region
}

// client is that of a widget's Region.
func (p *boardPainter) client(ctx context.Context, region string) (*cloudwatch.Client, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c, ok := p.clients[region]; ok {
		return c, nil
	}
	place := *p.place
	if region != "" && p.place.region == "" {
		place.region = region
	}
	c, err := place.client(ctx)
	if err != nil {
		return nil, err
	}
	if p.clients == nil {
		p.clients = map[string]*cloudwatch.Client{}
	}
	p.clients[region] = c
	return c, nil
}

func (p *boardPainter) logs(ctx context.Context, region string) (*cloudwatchlogs.Client, error) {
	place := logsPlace{p.place.s3Place}
	if region != "" && p.place.region == "" {
		place.region = region
	}
	return place.client(ctx)
}

// paint reads what the widgets show, several at once. What one of them cannot show stands in it.
func (p *boardPainter) paint(ctx context.Context, b *board) ([]*drawnWidget, error) {
	drawn := make([]*drawnWidget, len(b.Widgets))
	for i := range b.Widgets {
		w := &b.Widgets[i]
		drawn[i] = &drawnWidget{Type: w.Type, Title: w.Properties.Title, X: w.x, Y: w.y, Width: w.width, Height: w.height, of: w}
	}
	var next atomic.Int64
	work, reading := life.New(ctx, slog.New(slog.DiscardHandler))
	for range min(readersAtOnce, len(drawn)) {
		work.Go(reading, "read a widget", func(ctx context.Context) error {
			for {
				n := int(next.Add(1) - 1)
				if n >= len(drawn) {
					return nil
				}
				err := p.read(ctx, drawn[n])
				if _, away := errors.AsType[*url.Error](err); away || ctx.Err() != nil {
					return err // and so for all others
				}
				if err != nil {
					drawn[n].Error = serviceRefused(err).Error()
				}
			}
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return drawn, nil
}

// linesPerCell is how many lines a row of the grid has: about as many as it has columns beside its height.
const linesPerCell = 2

// show draws widgets in their grid.
func (p *boardPainter) show(drawn []*drawnWidget) error {
	width := p.screen.style.Width
	if width == 0 {
		width = defaultColumns
	}
	const leastGrid = 72
	stacked := width < leastGrid
	order := slices.Clone(drawn)
	slices.SortStableFunc(order, func(a, b *drawnWidget) int { return cmp.Or(cmp.Compare(a.Y, b.Y), cmp.Compare(a.X, b.X)) })
	var blocks []terminal.Placed
	for _, w := range order {
		from, to := w.X*width/gridColumns, (w.X+w.Width)*width/gridColumns
		y := w.Y * linesPerCell
		if stacked {
			from, to, y = 0, width, 0
		}
		lines := p.block(w, to-from, max(w.Height*linesPerCell, 2))
		block := terminal.Placed{X: from, Y: y, Width: to - from, Lines: lines}
		for moved := true; moved; { // what overlaps goes below
			moved = false
			for _, other := range blocks {
				if block.X < other.X+other.Width && other.X < block.X+block.Width && block.Y < other.Y+len(other.Lines) && other.Y < block.Y+len(block.Lines) {
					block.Y, moved = other.Y+len(other.Lines), true
				}
			}
		}
		blocks = append(blocks, block)
	}
	form := "2006-01-02 15:04 MST"
	fmt.Fprintf(p.screen.stdout, "%s  %s\n", p.screen.style.Bold(terminal.Printable(p.name)), p.screen.style.Faint(p.from.In(p.zone).Format(form)+" to "+p.to.In(p.zone).Format(form)))
	if len(blocks) == 0 {
		fmt.Fprintln(p.screen.stderr, "it has no widgets")
		return nil
	}
	for _, line := range closed(terminal.Arranged(blocks)) {
		if _, err := fmt.Fprintln(p.screen.stdout, strings.TrimRight(line, " ")); err != nil {
			return err
		}
	}
	for _, w := range drawn {
		p.screen.notes(w.notes)
	}
	return nil
}

// closed are lines with no more than one empty line after another: a gap in a grid needs no more.
func closed(lines []string) (all []string) {
	for i, line := range lines {
		if i > 0 && strings.TrimSpace(line) == "" && strings.TrimSpace(lines[i-1]) == "" {
			continue
		}
		all = append(all, line)
	}
	return all
}

// block is a widget as lines of a width. Text of one or two lines has no frame.
func (p *boardPainter) block(w *drawnWidget, width, height int) []string {
	if w.Type == "text" && height <= linesPerCell && w.Error == "" {
		lines := make([]string, height)
		for i, line := range markdownLines(w.Text, width, p.screen.style) {
			if i < height {
				lines[i] = line
			}
		}
		return lines
	}
	if lines := terminal.Framed(w.Title, p.inside(w, width-4, height-2), width, height, p.screen.style); lines != nil {
		return lines
	}
	return make([]string, height)
}
