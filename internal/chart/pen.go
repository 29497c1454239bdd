package chart

import (
	"image"
	"image/color"
	"strings"
	"sync"
	"unicode"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"github.com/hajimehoshi/bitmapfont/v4"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// The sizes of text, in pixels.
const (
	sizeTitle = 14
	sizeText  = 12
	sizeSmall = 11
)

// bitmapHeight is how high the bitmaps of glyphs are that Liberation Sans has not.
const (
	bitmapHeight = 16
	bitmapBase   = 12
)

// pen draws on a canvas by places from the left upper corner.
type pen struct {
	canvas vg.Canvas
	height float64
}

type place struct{ x, y float64 }

func (p *pen) at(x, y float64) vg.Point {
	return vg.Point{X: vg.Length(x), Y: vg.Length(p.height - y)}
}

func (p *pen) path(points []place, closed bool) vg.Path {
	path := make(vg.Path, 0, len(points)+1)
	for i, pt := range points {
		if i == 0 {
			path.Move(p.at(pt.x, pt.y))
			continue
		}
		path.Line(p.at(pt.x, pt.y))
	}
	if closed {
		path.Close()
	}
	return path
}

// stroke draws a line through places.
func (p *pen) stroke(points []place, c color.NRGBA, width float64, dash ...float64) {
	if len(points) < 2 {
		return
	}
	p.canvas.SetColor(c)
	p.canvas.SetLineWidth(vg.Length(width))
	lengths := make([]vg.Length, len(dash))
	for i := range dash {
		lengths[i] = vg.Length(dash[i])
	}
	p.canvas.SetLineDash(lengths, 0)
	// The rasterizer takes the square of how often a line crosses a row of pixels, so that long
	// lines are drawn in parts, each of which begins with the last step of the one before.
	if _, whole := p.canvas.(writer); !whole {
		for len(points) > mostAtOnce {
			p.canvas.Stroke(p.path(points[:mostAtOnce], false))
			points = points[mostAtOnce-2:]
		}
	}
	p.canvas.Stroke(p.path(points, false))
}

// mostAtOnce is how many places are rasterized at once.
const mostAtOnce = 24

// line draws a straight line. One that stands or lies is sharp.
func (p *pen) line(x1, y1, x2, y2 float64, c color.NRGBA, width float64, dash ...float64) {
	if x1 == x2 {
		x1 = sharp(x1)
		x2 = x1
	}
	if y1 == y2 {
		y1 = sharp(y1)
		y2 = y1
	}
	p.stroke([]place{{x1, y1}, {x2, y2}}, c, width, dash...)
}

// sharp is the middle of the pixel of a place.
func sharp(v float64) float64 { return float64(int(v)) + 0.5 }

// area fills what is between places.
func (p *pen) area(points []place, c color.NRGBA) {
	if len(points) < 3 {
		return
	}
	p.canvas.SetColor(c)
	p.canvas.Fill(p.path(points, true))
}

func (p *pen) fill(b box, c color.NRGBA) {
	if b.width() > 0 && b.height() > 0 {
		p.area([]place{{b.left, b.top}, {b.right, b.top}, {b.right, b.bottom}, {b.left, b.bottom}}, c)
	}
}

// ring fills a part of a ring: angles are in radians, from the right against the clock.
func (p *pen) ring(middle place, inner, outer, from, sweep float64, c color.NRGBA) {
	var path vg.Path
	path.Move(vg.Point{X: vg.Length(middle.x + outer*cos(from)), Y: vg.Length(p.height - middle.y + outer*sin(from))})
	path.Arc(p.at(middle.x, middle.y), vg.Length(outer), from, sweep)
	if inner > 0 {
		path.Arc(p.at(middle.x, middle.y), vg.Length(inner), from+sweep, -sweep)
	} else {
		path.Line(p.at(middle.x, middle.y))
	}
	path.Close()
	p.canvas.SetColor(c)
	p.canvas.Fill(path)
}

// dot fills a circle.
func (p *pen) dot(x, y, radius float64, c color.NRGBA) {
	var path vg.Path
	path.Move(p.at(x+radius, y))
	path.Arc(p.at(x, y), vg.Length(radius), 0, 2*pi)
	path.Close()
	p.canvas.SetColor(c)
	p.canvas.Fill(path)
}

// align is where a text stands about its place.
type align int

const (
	start align = iota
	middle
	end
)

type textStyle struct {
	size  float64
	bold  bool
	color color.NRGBA
	align align
}

var fonts = sync.OnceValue(func() [2]*opentype.Font {
	var both [2]*opentype.Font
	for i, data := range [][]byte{liberationsansregular.TTF, liberationsansbold.TTF} {
		f, err := opentype.Parse(data)
		if err != nil {
			panic(err) // it is a part of the program
		}
		both[i] = f
	}
	return both
})

func faceOf(size float64, bold bool) font.Face {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Length(size)}
	if bold {
		f.Weight = 2 // golang.org/x/image/font.WeightBold
		return font.Face{Font: f, Face: fonts()[1]}
	}
	return font.Face{Font: f, Face: fonts()[0]}
}

// run is a part of a text in one font.
type run struct {
	text   string
	bitmap bool
	width  float64
}

// runs are the parts of a text, one font each. What cannot be seen is a blank.
func runs(text string, size float64, bold bool) (all []run, width float64) {
	face := faceOf(size, bold)
	var buffer sfnt.Buffer
	for _, r := range text {
		if !unicode.IsGraphic(r) {
			r = ' '
		}
		glyph, err := face.Face.GlyphIndex(&buffer, r)
		bitmap := err == nil && glyph == 0 && hasBitmap(r)
		if err != nil || glyph == 0 && !bitmap {
			r = '?'
		}
		if n := len(all); n == 0 || all[n-1].bitmap != bitmap {
			all = append(all, run{bitmap: bitmap})
		}
		all[len(all)-1].text += string(r)
	}
	for i := range all {
		if all[i].bitmap {
			for _, r := range all[i].text {
				advance, _ := bitmapfont.Face.GlyphAdvance(r)
				all[i].width += float64(advance) / 64
			}
		} else {
			all[i].width = float64(face.Width(all[i].text))
		}
		width += all[i].width
	}
	return all, width
}

func hasBitmap(r rune) bool {
	_, _, ok := bitmapfont.Face.GlyphBounds(r)
	return ok
}

func textWidth(text string, size float64, bold bool) float64 {
	_, width := runs(text, size, bold)
	return width
}

// writer is a canvas that chooses fonts itself.
type writer interface {
	Write(face font.Face, pt vg.Point, text string, width float64, a align)
}

// text writes a line: y is where the feet of its letters stand.
func (p *pen) text(x, y float64, text string, s textStyle) {
	if text == "" {
		return
	}
	parts, width := runs(text, s.size, s.bold)
	p.canvas.SetColor(s.color)
	face := faceOf(s.size, s.bold)
	if w, ok := p.canvas.(writer); ok {
		w.Write(face, p.at(x, y), text, width, s.align)
		return
	}
	switch s.align {
	case middle:
		x -= width / 2
	case end:
		x -= width
	case start:
	}
	for _, part := range parts {
		if part.bitmap {
			p.bitmaps(x, y, part, s.color)
		} else {
			p.canvas.FillString(face, p.at(x, y), part.text)
		}
		x += part.width
	}
}

// bitmaps draws glyphs of the font of bitmaps, pixel by pixel.
func (p *pen) bitmaps(x, y float64, part run, c color.NRGBA) {
	left, top := float64(int(x+0.5)), float64(int(y+0.5))-bitmapBase
	picture := image.NewNRGBA(image.Rect(0, 0, int(part.width)+1, bitmapHeight))
	dot := fixed.P(0, bitmapBase)
	for _, r := range part.text {
		bounds, mask, at, advance, ok := bitmapfont.Face.Glyph(dot, r)
		if !ok {
			continue
		}
		for py := bounds.Min.Y; py < bounds.Max.Y; py++ {
			for px := bounds.Min.X; px < bounds.Max.X; px++ {
				if _, _, _, a := mask.At(at.X+px-bounds.Min.X, at.Y+py-bounds.Min.Y).RGBA(); a > 0 {
					picture.SetNRGBA(px, py, c)
				}
			}
		}
		dot.X += advance
	}
	size := picture.Bounds().Size()
	p.canvas.DrawImage(vg.Rectangle{Min: p.at(left, top+float64(size.Y)), Max: p.at(left+float64(size.X), top)}, picture)
}

// cut shortens a text to a width.
func (p *pen) cut(text string, width, size float64, bold bool) string {
	const most = 300 // letters: no picture has room for more
	letters := []rune(strings.ToValidUTF8(text, "?"))
	if len(letters) <= most && textWidth(text, size, bold) <= width {
		return text
	}
	letters = letters[:min(len(letters), most)]
	low, high := 0, len(letters)
	for low < high {
		n := (low + high + 1) / 2
		if textWidth(string(letters[:n])+"…", size, bold) <= width {
			low = n
		} else {
			high = n - 1
		}
	}
	if low == 0 {
		return ""
	}
	return string(letters[:low]) + "…"
}
