package chart

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

const (
	pi  = math.Pi
	sec = 0.01 // to what part of a pixel places are told
)

func cos(a float64) float64 { return math.Cos(a) }
func sin(a float64) float64 { return math.Sin(a) }

// svg is a canvas that writes a document of SVG. A picture is drawn without turning or scaling
// anything, so that it leaves these out.
type svg struct {
	width, height int
	body          bytes.Buffer
	color         color.NRGBA
	line          float64
	dash          string
}

func newSVG(width, height int) *svg { return &svg{width: width, height: height} }

// document returns what was drawn.
func (s *svg) document() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="'Liberation Sans', Arial, Helvetica, 'Noto Sans KR', 'Noto Sans CJK KR', 'Malgun Gothic', sans-serif">`+"\n",
		s.width, s.height, s.width, s.height)
	b.Write(s.body.Bytes())
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// SetLineWidth implements vg.Canvas.
func (s *svg) SetLineWidth(w vg.Length) { s.line = float64(w) }

// SetLineDash implements vg.Canvas.
func (s *svg) SetLineDash(pattern []vg.Length, _ vg.Length) {
	parts := make([]string, len(pattern))
	for i := range pattern {
		parts[i] = number(float64(pattern[i]))
	}
	s.dash = strings.Join(parts, " ")
}

// SetColor implements vg.Canvas.
func (s *svg) SetColor(c color.Color) {
	s.color = color.NRGBA{A: 255}
	if c != nil {
		s.color, _ = color.NRGBAModel.Convert(c).(color.NRGBA)
	}
}

// Rotate implements vg.Canvas. Nothing here is turned.
func (s *svg) Rotate(float64) {}

// Translate implements vg.Canvas. Nothing here is moved.
func (s *svg) Translate(vg.Point) {}

// Scale implements vg.Canvas. Nothing here is scaled.
func (s *svg) Scale(_, _ float64) {}

// Push implements vg.Canvas. Colours and lines are set before each use.
func (s *svg) Push() {}

// Pop implements vg.Canvas.
func (s *svg) Pop() {}

// paint is the attribute of a colour.
func (s *svg) paint(name string) string {
	text := fmt.Sprintf(` %s="#%02x%02x%02x"`, name, s.color.R, s.color.G, s.color.B)
	if s.color.A < 255 {
		text += fmt.Sprintf(` %s-opacity="%s"`, name, number(float64(s.color.A)/255))
	}
	return text
}

// Stroke implements vg.Canvas.
func (s *svg) Stroke(p vg.Path) {
	fmt.Fprintf(&s.body, `<path d="%s" fill="none"%s stroke-width="%s"`, s.outline(p), s.paint("stroke"), number(s.line))
	if s.dash != "" {
		fmt.Fprintf(&s.body, ` stroke-dasharray="%s"`, s.dash)
	}
	s.body.WriteString("/>\n")
}

// Fill implements vg.Canvas.
func (s *svg) Fill(p vg.Path) {
	fmt.Fprintf(&s.body, `<path d="%s"%s/>`+"\n", s.outline(p), s.paint("fill"))
}

func (s *svg) place(p vg.Point) string {
	return number(float64(p.X)) + " " + number(float64(s.height)-float64(p.Y))
}

func (s *svg) outline(p vg.Path) string {
	var b strings.Builder
	for i, part := range p {
		switch part.Type {
		case vg.MoveComp:
			b.WriteString("M" + s.place(part.Pos))
		case vg.LineComp:
			b.WriteString("L" + s.place(part.Pos))
		case vg.ArcComp:
			s.arc(&b, i == 0, part)
		case vg.CurveComp:
			b.WriteString("L" + s.place(part.Pos)) // no picture has curves
		case vg.CloseComp:
			b.WriteString("Z")
		}
	}
	return b.String()
}

// arc writes an arc in two halves, since SVG has none that goes all around.
func (s *svg) arc(b *strings.Builder, first bool, part vg.PathComp) {
	at := func(angle float64) vg.Point {
		return vg.Point{X: part.Pos.X + part.Radius*vg.Length(cos(angle)), Y: part.Pos.Y + part.Radius*vg.Length(sin(angle))}
	}
	if first {
		b.WriteString("M")
	} else {
		b.WriteString("L")
	}
	b.WriteString(s.place(at(part.Start)))
	turn := 0
	if part.Angle < 0 {
		turn = 1
	}
	for _, half := range []float64{0.5, 1} {
		fmt.Fprintf(b, "A%s %s 0 0 %d %s", number(float64(part.Radius)), number(float64(part.Radius)), turn, s.place(at(part.Start+half*part.Angle)))
	}
}

// Write writes a text, in fonts that whoever shows it has, to a width.
func (s *svg) Write(face font.Face, pt vg.Point, text string, width float64, a align) {
	anchor := map[align]string{middle: ` text-anchor="middle"`, end: ` text-anchor="end"`}[a]
	bold := ""
	if face.Font.Weight > 0 {
		bold = ` font-weight="bold"`
	}
	var escaped bytes.Buffer
	if err := xml.EscapeText(&escaped, []byte(text)); err != nil {
		return // a buffer takes all
	}
	y := number(float64(s.height) - float64(pt.Y))
	fmt.Fprintf(&s.body, `<text x="%s" y="%s" font-size="%s"%s%s textLength="%s" lengthAdjust="spacingAndGlyphs"%s>%s</text>`+"\n",
		number(float64(pt.X)), y, number(float64(face.Font.Size)), bold, anchor, number(width), s.paint("fill"), escaped.Bytes())
}

// FillString implements vg.Canvas.
func (s *svg) FillString(face font.Face, pt vg.Point, text string) {
	s.Write(face, pt, text, float64(face.Width(text)), start)
}

// DrawImage implements vg.Canvas.
func (s *svg) DrawImage(r vg.Rectangle, picture image.Image) {
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return // a buffer takes all
	}
	fmt.Fprintf(&s.body, `<image x="%s" y="%s" width="%s" height="%s" href="data:image/png;base64,%s"/>`+"\n", number(float64(r.Min.X)), number(float64(s.height)-float64(r.Max.Y)),
		number(float64(r.Size().X)), number(float64(r.Size().Y)), base64.StdEncoding.EncodeToString(b.Bytes()))
}

// number is a number as SVG has it.
func number(v float64) string {
	return strconv.FormatFloat(math.Round(v/sec)*sec, 'f', -1, 32)
}
