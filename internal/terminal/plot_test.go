package terminal_test

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/sillok/sillok/internal/terminal"
)

var update = flag.Bool("update", false, "write what was drawn into testdata")

// golden compares what was drawn with what a reader found good.
func golden(t *testing.T, name string, lines []string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	drawn := strings.Join(lines, "\n") + "\n"
	if *update {
		if err := os.WriteFile(path, []byte(drawn), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), drawn); diff != "" {
		t.Error(diff)
	}
}

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// points are values a minute apart.
func points(n int, value func(i int) float64) (all []terminal.Point) {
	for i := range n {
		all = append(all, terminal.Point{Time: noon.Add(time.Duration(i) * time.Minute), Value: value(i)})
	}
	return all
}

func wave(i int) float64 { return 50 + 40*math.Sin(float64(i)/9) }

func TestPlots(t *testing.T) {
	hour := noon.Add(time.Hour)
	gap := 90 * time.Second
	one := []terminal.Line{{Label: "p99", Points: points(60, wave), Gap: gap}}
	two := []terminal.Line{
		{Label: "a", Points: points(60, wave), Gap: gap},
		{Label: "b", Points: points(60, func(i int) float64 { return float64(i) }), Gap: gap},
	}
	holes := points(60, wave)
	holes = append(holes[:20], holes[35:]...)
	holes[5].Value = math.NaN()
	least, most := 0.0, 200.0
	for _, tt := range []struct {
		name string
		plot terminal.Plot
	}{
		{"one", terminal.Plot{Width: 72, Height: 12, From: noon, To: hour, Lines: one}},
		{"threshold", terminal.Plot{
			Width: 72, Height: 12, From: noon, To: hour, Lines: one, Levels: []terminal.Level{{Value: 80, Label: "> 80"}},
			Spans: []terminal.Span{{From: noon.Add(9 * time.Minute), To: noon.Add(20 * time.Minute)}},
		}},
		{"two", terminal.Plot{Width: 60, Height: 10, From: noon, To: hour, Lines: two}},
		{"colours", terminal.Plot{Width: 60, Height: 10, From: noon, To: hour, Lines: two, Levels: []terminal.Level{{Value: 30, Label: "low"}}, Style: terminal.Style{Color: true}}},
		{"gaps", terminal.Plot{Width: 60, Height: 8, From: noon, To: hour, Lines: []terminal.Line{{Points: holes, Gap: gap}}}},
		{"points", terminal.Plot{Width: 60, Height: 8, From: noon, To: hour, Lines: []terminal.Line{{Points: points(12, func(i int) float64 { return float64(i % 3) })}}}},
		{"ends", terminal.Plot{Width: 60, Height: 8, From: noon, To: hour, Lines: one, Least: &least, Most: &most}},
		{"days", terminal.Plot{
			Width: 80, Height: 8, From: noon.AddDate(0, 0, -9), To: noon, Zone: time.FixedZone("KST", 9*3600),
			Lines: []terminal.Line{{Points: []terminal.Point{{Time: noon.AddDate(0, 0, -8), Value: 1e7}, {Time: noon.AddDate(0, 0, -2), Value: 3e7}}, Gap: 240 * time.Hour}},
		}},
		{"none", terminal.Plot{Width: 60, Height: 6, From: noon, To: hour}},
		{"narrow", terminal.Plot{Width: 14, Height: 6, From: noon, To: hour, Lines: one, Levels: []terminal.Level{{Value: 80, Label: "> 80"}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lines := tt.plot.Draw()
			golden(t, "plot_"+tt.name, lines)
			if len(lines) != tt.plot.Height {
				t.Errorf("%d lines, want %d", len(lines), tt.plot.Height)
			}
			for _, line := range lines {
				if n := text.StringWidthWithoutEscSequences(line); n > tt.plot.Width {
					t.Errorf("%d columns, more than %d: %s", n, tt.plot.Width, line)
				}
			}
		})
	}
}

// Whatever the values and the room, a chart is as high and at most as wide as it should be.
func FuzzPlot(f *testing.F) {
	f.Add(80, 12, 1.0, 2.0, 3.0, int64(60))
	f.Add(1, 1, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, int64(0))
	f.Add(30, 5, math.Inf(1), math.NaN(), 1e300, int64(-5))
	f.Add(30, 5, 1e16, 1e16+2, 1e16, int64(1)<<33)
	f.Fuzz(func(t *testing.T, width, height int, a, b, level float64, seconds int64) {
		width, height = max(12, width%300), max(4, height%100)
		to := noon.Add(time.Duration(seconds%(1<<33)) * time.Second)
		p := terminal.Plot{
			Width: width, Height: height, From: noon, To: to, Most: &level, Levels: []terminal.Level{{Value: level, Label: "level"}},
			Lines: []terminal.Line{{Points: []terminal.Point{{Time: noon, Value: a}, {Time: to, Value: b}}, Gap: time.Hour}},
		}
		lines := p.Draw()
		if len(lines) != height {
			t.Errorf("%d lines, want %d", len(lines), height)
		}
		for _, line := range lines {
			if n := text.StringWidthWithoutEscSequences(line); n > width {
				t.Errorf("%d columns, more than %d: %q", n, width, line)
			}
		}
	})
}

func TestNumber(t *testing.T) {
	for _, tt := range []struct {
		value float64
		want  string
	}{
		{0, "0"},
		{0.12345, "0.1235"},
		{12.345, "12.35"},
		{1234.6, "1,235"},
		{999_999, "999,999"},
		{999_999.9, "1M"},
		{12_345_678, "12.3M"},
		{-2e9, "-2G"},
		{5e12, "5T"},
		{2e15, "2e+15"},
		{0.00001, "1e-05"},
		{math.NaN(), "-"},
		{0.5, "0.5"},
		{100, "100"},
		{21, "21"},
	} {
		if got := terminal.Number(tt.value); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.value, got, tt.want)
		}
	}
}

func TestFramesSideBySide(t *testing.T) {
	style := terminal.Style{}
	left := terminal.Framed("left", []string{"one", "two", "three", "four"}, 14, 5, style)
	right := terminal.Framed("a title that is too long", []string{"a line that is too long"}, 16, 3, style)
	golden(t, "frames", terminal.Arranged([]terminal.Placed{
		{X: 14, Y: 1, Width: 16, Lines: right}, {X: 0, Y: 0, Width: 14, Lines: left}, {X: 4, Y: 5, Width: 10, Lines: terminal.Framed("", nil, 10, 2, style)},
	}))
	if got := terminal.Framed("none", nil, 3, 1, style); got != nil {
		t.Errorf("no room: %q", got)
	}
}

func TestLinesThatAreBroken(t *testing.T) {
	text := "one two\nthree four-and-five six"
	if want, got := "one two\nthree\nfour-and-\nfive six", terminal.Wrapped(text, 9); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if want, got := "one two\nthree\nfour-and-five\nsix", terminal.Flowed(text, 9); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestCellsOfSeveralColours(t *testing.T) {
	style := terminal.Style{Color: true}
	var out strings.Builder
	shown := terminal.NewTable(&out, style, terminal.Column{Name: "a"}, terminal.Column{Name: "b"})
	a, b := "x", "y"
	if err := shown.AddCells([]*string{&a, &b}, []func(string) string{nil, style.Red}); err != nil {
		t.Fatal(err)
	}
	if err := shown.Close(); err != nil {
		t.Fatal(err)
	}
	if want := "│ x │ \x1b[31my\x1b[0m │\n"; !strings.Contains(out.String(), want) {
		t.Errorf("%q has no %q", out.String(), want)
	}
}
