// Package chart draws pictures of series: lines, areas, bars, shares, numbers and gauges.
//
// A Chart says what is shown; where everything stands follows from it alone, so that the same chart
// is always the same picture. PNG and SVG are drawn by gonum's canvases. Text is in
// Liberation Sans; what that has not, as Hangul, is in a font of bitmaps, and in an SVG in what
// who looks at it has.
//
// How long drawing takes is bounded: of a series no more points are drawn than the picture has
// columns of pixels, four times over.
package chart

import (
	"bytes"
	"context"
	"fmt"
	"image/color"
	"image/png"
	"math"
	"slices"
	"time"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
)

// View is the kind of a chart.
type View int

// The kinds of charts.
const (
	Lines   View = iota
	Stacked      // lines upon each other, with areas
	Bars         // a bar for the last value of each series
	Pie          // the share of the last value of each series
	Numbers      // the last value of each series
	Gauges       // the last value of each series, between the ends of the left axis
)

// Place is where the legend stands.
type Place int

// The places of a legend.
const (
	Below Place = iota
	Beside
	Nowhere
)

// Most is how large a side of a picture may be, in pixels.
const Most = 2000

// Chart is what is shown.
type Chart struct {
	View          View
	Title         string
	Width, Height int // in pixels, from 1 to Most
	Dark          bool
	Legend        Place
	From, To      time.Time
	Zone          *time.Location // of the times that are told; nil is UTC
	Left, Right   Axis
	Series        []Series
	Levels        []Level
	Moments       []Moment
	Spark         bool   // a line below each number
	Note          string // what is to be known of the picture, such as that something is left out; may be empty
}

// Axis is a vertical axis.
type Axis struct {
	Label    string
	Min, Max *float64 // nil where they follow from what is shown
}

// Series is a line, or the number that it ends with.
type Series struct {
	Label  string
	Color  string // such as "#1f77b4"; empty for one that tells it from the others
	Right  bool   // it has the right axis
	Period time.Duration
	Points []Point
}

// Point is a value of a series. Values are finite; points are in the order of their times, and where
// the next one is later than one and a half periods, the line has a gap.
type Point struct {
	Time  time.Time
	Value float64
}

// Fill is the side of a mark that is filled.
type Fill int

// The sides of a mark: those of a level are its sides on the axis, those of a moment in time.
const (
	None   Fill = iota
	Higher      // or after
	Lower       // or before
)

// Level is a line at a value, or a stripe between two values.
type Level struct {
	Value float64
	To    *float64
	Label string
	Color string
	Fill  Fill
	Right bool
}

// Moment is a line at a time, or a stripe between two times.
type Moment struct {
	At    time.Time
	To    *time.Time
	Label string
	Color string
	Fill  Fill
}

// PNG returns a chart as a picture of pixels.
func PNG(ctx context.Context, c *Chart) ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	canvas := vgimg.NewWith(vgimg.UseWH(vg.Length(c.Width), vg.Length(c.Height)), vgimg.UseDPI(int(vg.Inch)), vgimg.UseBackgroundColor(themeOf(c.Dark).back))
	if err := c.draw(ctx, canvas); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&b, canvas.Image()); err != nil {
		return nil, fmt.Errorf("encode a picture: %w", err)
	}
	return b.Bytes(), nil
}

// SVG returns a chart as a drawing, a document of its own.
func SVG(ctx context.Context, c *Chart) ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	canvas := newSVG(c.Width, c.Height)
	if err := c.draw(ctx, canvas); err != nil {
		return nil, err
	}
	return canvas.document(), nil
}

// Draw draws a chart on any canvas of its size.
func Draw(ctx context.Context, c *Chart, canvas vg.Canvas) error {
	if err := c.check(); err != nil {
		return err
	}
	return c.draw(ctx, canvas)
}

func (c *Chart) check() error {
	if c.Width < 1 || c.Width > Most || c.Height < 1 || c.Height > Most {
		return fmt.Errorf("a picture of %d × %d pixels cannot be drawn: a side has 1 to %d", c.Width, c.Height, Most)
	}
	return nil
}

// draw draws all of a chart.
func (c *Chart) draw(ctx context.Context, canvas vg.Canvas) error {
	vg.Initialize(canvas)
	c = c.shown()
	d := &drawing{Chart: c, pen: pen{canvas: canvas, height: float64(c.Height)}, theme: themeOf(c.Dark), ctx: ctx}
	room := box{0, 0, float64(c.Width), float64(c.Height)}
	d.fill(room, d.theme.back)
	room = d.frame(room)
	switch c.View {
	case Bars:
		d.bars(room)
	case Pie:
		d.pie(room)
	case Numbers:
		d.numbers(room)
	case Gauges:
		d.gauges(room)
	case Lines, Stacked:
		d.lines(room)
	}
	return ctx.Err()
}

// shown is a copy of a chart with what can be drawn of it: points within its time.
func (c *Chart) shown() *Chart {
	of := *c
	if of.Zone == nil {
		of.Zone = time.UTC
	}
	of.Series = slices.Clone(c.Series)
	for i := range of.Series {
		s := &of.Series[i]
		within := func(p Point) bool {
			return !p.Time.Before(c.From) && !p.Time.After(c.To) && !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0)
		}
		if slices.ContainsFunc(s.Points, func(p Point) bool { return !within(p) }) {
			s.Points = slices.DeleteFunc(slices.Clone(s.Points), func(p Point) bool { return !within(p) })
		}
	}
	return &of
}

// drawing is a chart that is being drawn.
type drawing struct {
	*Chart
	pen

	theme theme
	ctx   context.Context //nolint:containedctx // of one drawing
}

// frame draws title and note, and returns the room that is left.
func (d *drawing) frame(room box) box {
	room = room.inset(min(10, float64(min(d.Width, d.Height))/20))
	if d.Title != "" && room.height() > 60 {
		d.text(room.left, room.top+14, d.cut(d.Title, room.width(), sizeTitle, true), textStyle{size: sizeTitle, bold: true, color: d.theme.text})
		room.top += 24
	}
	if d.Note != "" && room.height() > 80 {
		d.text(room.left, room.bottom-2, d.cut(d.Note, room.width(), sizeSmall, false), textStyle{size: sizeSmall, color: d.theme.faint})
		room.bottom -= 16
	}
	return room
}

// empty says that there is nothing to show.
func (d *drawing) empty(room box) {
	text := d.cut("No data available", room.width(), sizeText, false)
	d.text(room.left+room.width()/2, room.top+room.height()/2+4, text, textStyle{size: sizeText, color: d.theme.faint, align: middle})
}

// box is a part of a picture, in pixels from its left upper corner.
type box struct{ left, top, right, bottom float64 }

func (b box) width() float64  { return b.right - b.left }
func (b box) height() float64 { return b.bottom - b.top }

func (b box) inset(by float64) box {
	return box{b.left + by, b.top + by, b.right - by, b.bottom - by}
}

// theme is the colours of a picture.
type theme struct{ back, text, faint, grid, axis color.NRGBA }

func themeOf(dark bool) theme {
	if dark {
		return theme{back: rgb(0x1b232d), text: rgb(0xe9ebed), faint: rgb(0x95a1ad), grid: rgb(0x323c48), axis: rgb(0x5f6b7a)}
	}
	return theme{back: rgb(0xffffff), text: rgb(0x16191f), faint: rgb(0x5f6b7a), grid: rgb(0xe9ebed), axis: rgb(0x9ba7b6)}
}

func rgb(hex uint32) color.NRGBA {
	return color.NRGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), 255} //nolint:gosec // three bytes
}

// thin returns a colour through which what is behind can be seen.
func thin(c color.NRGBA, share float64) color.NRGBA {
	c.A = uint8(share * 255)
	return c
}

// palette are the colours of series, in order.
var palette = []uint32{0x1f77b4, 0xff7f0e, 0x2ca02c, 0xd62728, 0x9467bd, 0x8c564b, 0xe377c2, 0x7f7f7f, 0xbcbd22, 0x17becf}

// colorOf returns a colour by its name, or the one of a place in the palette.
func colorOf(name string, place int) color.NRGBA {
	var hex uint32
	if n, err := fmt.Sscanf(name, "#%06x", &hex); n == 1 && err == nil {
		return rgb(hex)
	}
	c := rgb(palette[place%len(palette)])
	// After all of the palette it begins again, paler.
	for range place / len(palette) % 4 {
		c.R, c.G, c.B = c.R+(255-c.R)/4, c.G+(255-c.G)/4, c.B+(255-c.B)/4
	}
	return c
}

// threshold is the colour of marks that have none.
const threshold = 0xd13212

func markColor(name string) color.NRGBA {
	if name == "" {
		return rgb(threshold)
	}
	return colorOf(name, 3)
}
