package terminal_test

import (
	"math"
	"testing"

	"github.com/sillok/sillok/internal/terminal"
)

func TestGauge(t *testing.T) {
	for _, tt := range []struct {
		name        string
		value, most float64
		width       int
		want        string
	}{
		{"all of it", 8, 8, 4, "████"},
		{"half", 4, 8, 4, "██"},
		{"a part of a cell", 5, 8, 4, "██▌"},
		{"hardly anything shows", 1, 1e9, 4, "▏"},
		{"nothing does not", 0, 8, 4, ""},
		{"less than nothing", -1, 8, 4, ""},
		{"more than the most", 9, 8, 4, "████"},
		{"no number", math.NaN(), 8, 4, ""},
		{"nothing is the most", 1, 0, 4, ""},
		{"no room", 1, 1, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := terminal.Gauge(tt.value, tt.most, tt.width); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSparkline(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		name   string
		values []float64
		width  int
		want   string
	}{
		{"as high as its share", []float64{0, 1, 2, 4, 8}, 0, " ▁▂▄█"},
		{"the least above nothing shows", []float64{0.001, 1000}, 0, "▁█"},
		{"all alike", []float64{3, 3}, 0, "██"},
		{"below nothing", []float64{-4, 0, 4}, 0, " ▄█"},
		{"what is no number", []float64{1, nan, math.Inf(1), 1}, 0, "█  █"},
		{"the greatest of each few", []float64{1, 8, 2, 2, nan, 4}, 3, "█▂▄"},
		{"none", nil, 5, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := terminal.Sparkline(tt.values, tt.width); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestPrintableLines(t *testing.T) {
	got := terminal.Indented(terminal.PrintableLines("\ta\tb\r\n\x1b[2Jc\xff"), 2)
	if want := "        a       b\n  \\x1b[2Jc\\xff"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
