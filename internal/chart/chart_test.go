package chart_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/chart"
)

var update = flag.Bool("update", false, "write what is drawn to testdata")

// What is drawn of each kind of chart is as it was when somebody looked at it.
func TestWhatIsDrawn(t *testing.T) {
	for name, c := range samples() {
		t.Run(name, func(t *testing.T) {
			got, err := chart.SVG(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", strings.ReplaceAll(name, " ", "_")+".svg")
			if *update {
				if err := os.WriteFile(file, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
				t.Error(diff)
			}
			wellFormed(t, got)
		})
	}
}

func wellFormed(t *testing.T, document []byte) {
	t.Helper()
	for d := xml.NewDecoder(bytes.NewReader(document)); ; {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%v in %.300s", err, document)
		}
	}
}

// The same things are in the picture of pixels, and it has the size that was asked for.
func TestPixels(t *testing.T) {
	for name, c := range samples() {
		t.Run(name, func(t *testing.T) {
			data, err := chart.PNG(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			picture, err := png.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if size := picture.Bounds().Size(); size.X != c.Width || size.Y != c.Height {
				t.Errorf("%v pixels, want %d × %d", size, c.Width, c.Height)
			}
			colors := map[[3]uint32]int{}
			for y := range c.Height {
				for x := range c.Width {
					r, g, b, _ := picture.At(x, y).RGBA()
					colors[[3]uint32{r >> 8, g >> 8, b >> 8}]++
				}
			}
			back := [3]uint32{255, 255, 255}
			if c.Dark {
				back = [3]uint32{0x1b, 0x23, 0x2d}
			}
			if share := float64(colors[back]) / float64(c.Width*c.Height); share < 0.2 || share > 0.999 {
				t.Errorf("%.3f of the picture is empty", share)
			}
			if blue := colors[[3]uint32{0x1f, 0x77, 0xb4}]; name != "nothing" && blue < 5 {
				t.Errorf("the first series has %d pixels", blue)
			}
		})
	}
}

// Hangul is drawn by its own glyphs, not by the box that stands for what a font has not.
func TestHangul(t *testing.T) {
	draw := func(title string) []byte {
		t.Helper()
		data, err := chart.PNG(t.Context(), &chart.Chart{Title: title, Width: 200, Height: 100, From: from, To: to})
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	seen := map[string]string{}
	for _, title := range []string{"가", "나", "힣", "서", "日", "é", "Ж", "?", ""} {
		picture := string(draw(title))
		if other, ok := seen[picture]; ok {
			t.Errorf("%q looks as %q does", title, other)
		}
		seen[picture] = title
	}
	// What no font has, and what is no text at all, does not keep the rest from being drawn.
	for _, title := range []string{"\U0001F600", "a\x00b", "\xff\xfe", "a\u202eb", strings.Repeat("가", 5000)} {
		draw(title)
	}
}

// gaps are the lines of a series in a drawing, by its colour.
func drawn(t *testing.T, c *chart.Chart) (lines int) {
	t.Helper()
	document, err := chart.SVG(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(document), `fill="none" stroke="#1f77b4"`)
}

// A line has a gap where points are missing, and none where one is only late.
func TestGaps(t *testing.T) {
	at := func(minutes ...int) (points []chart.Point) {
		for _, m := range minutes {
			points = append(points, chart.Point{Time: from.Add(time.Duration(m) * time.Minute), Value: float64(m % 7)})
		}
		return points
	}
	for _, tt := range []struct {
		name   string
		points []chart.Point
		period time.Duration
		want   int
	}{
		{"none", nil, time.Minute, 0},
		{"whole", at(0, 1, 2, 3), time.Minute, 1},
		{"one is missing", at(0, 1, 3, 4), time.Minute, 2},
		{"all in twos", at(0, 1, 10, 11, 20, 21), time.Minute, 3},
		{"a point alone is a dot", at(0, 1, 10, 20, 21), time.Minute, 2},
		{"by the least distance", at(0, 5, 10, 20, 25), 0, 2},
		{"one point", at(3), 0, 0},
	} {
		c := usual(func(c *chart.Chart) { c.Series = []chart.Series{{Label: "m", Period: tt.period, Points: tt.points}} })
		if got := drawn(t, c); got != tt.want {
			t.Errorf("%s: %d lines, want %d", tt.name, got, tt.want)
		}
	}
}

// words are the texts of a drawing.
func words(t *testing.T, c *chart.Chart) (all []string) {
	t.Helper()
	document, err := chart.SVG(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(bytes.NewReader(document)); ; {
		token, err := d.Token()
		if err != nil {
			return all
		}
		if text, ok := token.(xml.CharData); ok && strings.TrimSpace(string(text)) != "" {
			all = append(all, string(text))
		}
	}
}

// Axes have round numbers and round times of the zone.
func TestAxes(t *testing.T) {
	seoul, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	two := func(low, high float64) []chart.Series {
		return []chart.Series{{Points: []chart.Point{{Time: from, Value: low}, {Time: to, Value: high}}}}
	}
	for _, tt := range []struct {
		name string
		c    chart.Chart
		want string
	}{
		{"hours", chart.Chart{Series: two(3, 97), From: from.Add(7 * time.Minute), To: to}, "0 20 40 60 80 100 UTC 22:00 23:00 Mar 3 01:00 02:00"},
		{"of a zone", chart.Chart{Series: two(-1, 1), From: from, To: from.Add(50 * time.Minute), Zone: seoul}, "−1.0 −0.5 0 0.5 1.0 Asia/Seoul 06:00 06:10 06:20 06:30 06:40"},
		{"seconds", chart.Chart{Series: two(1e6, 5e6), From: from, To: from.Add(90 * time.Second)}, "0 1M 2M 3M 4M 5M UTC 21:00:00 21:00:15 21:00:30 21:00:45 21:01:00 21:01:15"},
		{"weeks", chart.Chart{Series: two(0.001, 0.002), From: from.AddDate(0, 0, -60), To: from}, "0.0010 0.0012 0.0014 0.0016 0.0018 0.0020 UTC Jan 12 Jan 26 Feb 9 Feb 23"},
		{"months", chart.Chart{Series: two(1e20, 4e20), From: from.AddDate(-1, 0, 0), To: from}, "0 1e+20 2e+20 3e+20 4e+20 UTC May 2025 Jul 2025 Sep 2025 Nov 2025 Jan 2026"},
		{
			"where clocks change",
			chart.Chart{Series: two(0, 0), From: time.Date(2026, 3, 28, 23, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 29, 21, 0, 0, 0, time.UTC), Zone: berlin},
			"0 0.2 0.4 0.6 0.8 1.0 Europe/Berlin Mar 29 03:00 06:00 09:00 12:00 15:00 18:00",
		},
		{"given ends", chart.Chart{Series: two(3, 97), From: from, To: to, Left: chart.Axis{Min: new(10.0), Max: new(55.0)}}, "10 20 30 40 50 UTC 21:00 22:00 23:00 Mar 3 01:00 02:00"},
		{"one value", chart.Chart{Series: two(50, 50), From: from, To: to}, "44 46 48 50 52 54 56 UTC 21:00"},
	} {
		tt.c.Width, tt.c.Height, tt.c.Legend = 520, 260, chart.Nowhere
		tt.c.Series[0].Points[0].Time, tt.c.Series[0].Points[1].Time = tt.c.From, tt.c.To
		if got := strings.Join(words(t, &tt.c), " "); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// Drawing takes a bounded time, however much there is to draw, and ends with its context.
func TestMuch(t *testing.T) {
	c := &chart.Chart{Title: "much", Width: chart.Most, Height: chart.Most, From: from, To: to}
	series, points := 100, 50_000
	if testing.Short() {
		series, points = 4, 5_000
	}
	step := 20_000 * time.Second / time.Duration(points)
	for i := range series {
		s := chart.Series{Label: fmt.Sprint("series ", i), Period: step}
		for n := range points {
			s.Points = append(s.Points, chart.Point{Time: from.Add(time.Duration(n) * step), Value: math.Sin(float64(n*i)) * 100})
		}
		c.Series = append(c.Series, s)
	}
	document, err := chart.SVG(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if parts := strings.Count(string(document), "L"); parts > 4*50_000+10_000 {
		t.Errorf("%d parts of lines are drawn", parts)
	}
	for _, c.View = range []chart.View{chart.Lines, chart.Stacked} {
		begun := time.Now()
		if _, err := chart.PNG(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took > time.Minute { // it took hours before lines were drawn in parts
			t.Errorf("view %d took %v", c.View, took)
		} else {
			t.Logf("view %d took %v", c.View, took)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := chart.PNG(ctx, c); !errors.Is(err, context.Canceled) {
		t.Errorf("%v after the end of the context", err)
	}
	for _, size := range [][2]int{{0, 10}, {10, 0}, {2001, 10}, {10, 2001}, {-1, 10}} {
		if _, err := chart.PNG(t.Context(), &chart.Chart{Width: size[0], Height: size[1]}); err == nil {
			t.Errorf("a picture of %v pixels is drawn", size)
		}
	}
}

// Nothing is drawn of what cannot be: no time at all, values that are out of every scale.
func TestOddCharts(t *testing.T) {
	extreme := chart.Series{Label: "m", Points: []chart.Point{{Time: from, Value: -math.MaxFloat64}, {Time: from.Add(time.Minute), Value: math.MaxFloat64}, {Time: from.Add(time.Minute), Value: 5e-324}}}
	for view := chart.Lines; view <= chart.Gauges; view++ {
		for _, size := range [][2]int{{1, 1}, {1, 2000}, {2000, 1}, {50, 50}, {99, 91}, {121, 61}, {300, 200}} {
			for _, end := range []time.Time{from, to, from.AddDate(2, 0, 0), from.Add(time.Nanosecond)} {
				c := &chart.Chart{View: view, Width: size[0], Height: size[1], From: from, To: end, Title: "t", Note: "n", Spark: true, Series: []chart.Series{extreme, {Label: "none"}}}
				c.Levels = []chart.Level{{Value: 1e300, Label: "l", Fill: chart.Higher}, {Value: -1e300, To: new(1e300), Fill: chart.Lower}}
				c.Moments = []chart.Moment{{At: from.AddDate(-5, 0, 0), Label: "m", Fill: chart.Lower}, {At: to, To: &from}}
				if document, err := chart.SVG(t.Context(), c); err != nil || bytes.Contains(document, []byte("NaN")) || bytes.Contains(document, []byte("Inf")) {
					t.Errorf("view %d of %v until %v: %v", view, size, end, err)
				}
				if _, err := chart.PNG(t.Context(), c); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

// FuzzLabels holds drawings to documents that can be read, whatever a label is.
func FuzzLabels(f *testing.F) {
	f.Add("a < b & c", "가나다", 300, 200)
	f.Add("\x00\xff", "]]>", 10, 10)
	f.Fuzz(func(t *testing.T, title, label string, width, height int) {
		if width < 1 || height < 1 || width > 400 || height > 400 || len(title)+len(label) > 10_000 {
			return
		}
		c := &chart.Chart{Title: title, Width: width, Height: height, From: from, To: to, Series: []chart.Series{wave(label, 1, 1, 1, nil)}, Levels: []chart.Level{{Value: 1, Label: label}}}
		document, err := chart.SVG(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, document)
		if _, err := chart.PNG(t.Context(), c); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkPNG(b *testing.B) {
	for name, c := range map[string]*chart.Chart{"usual": samples()["lines"], "many": samples()["many"]} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := chart.PNG(b.Context(), c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
