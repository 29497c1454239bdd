//go:build linux

package conformance_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// The plot in its own units: both axes are logarithmic.
const (
	plotWidth, plotHeight, plotEdge = 640.0, 360.0, 60.0
	plotNames                       = 130.0 // to the right, of the lines
	leastMillis, mostMillis         = 0.1, 1000.0
)

// plotted is one line of a plot.
type plotted struct {
	name, color string
	times       []time.Duration // at each size
	guessed     bool            // the last of them was not measured
}

// draw returns a picture of how times up to a second grow with a number of things.
func draw(things string, sizes []int, lines []plotted) string {
	return drawUpTo(mostMillis, things, sizes, lines)
}

// drawUpTo draws times up to so many milliseconds.
func drawUpTo(most float64, things string, sizes []int, lines []plotted) string {
	plotY := func(ms float64) float64 { return plotY(ms, most) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" font-family="sans-serif" font-size="12">`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&b, `<rect width="%.0f" height="%.0f" fill="white"/>`+"\n", plotWidth, plotHeight)
	for ms := leastMillis; ms <= most*1.001; ms *= 10 {
		y := plotY(ms)
		fmt.Fprintf(&b, `<path d="M%.0f %.1fH%.0f" stroke="#ddd"/><text x="%.0f" y="%.1f" text-anchor="end">%g ms</text>`+"\n", plotEdge, y, plotWidth-plotNames, plotEdge-6, y+4, ms)
	}
	for i, n := range sizes {
		fmt.Fprintf(&b, `<text x="%.1f" y="%.0f" text-anchor="middle">%s</text>`+"\n", plotX(i, len(sizes)), plotHeight-plotEdge+20, count(n))
	}
	fmt.Fprintf(&b, `<text x="%.0f" y="%.0f" text-anchor="middle">%s</text>`+"\n", (plotEdge+plotWidth-plotNames)/2, plotHeight-plotEdge+40, things)
	for _, line := range lines {
		measured := line.times
		if line.guessed {
			measured = measured[:len(measured)-1]
			from, to := len(measured)-1, len(measured)
			fmt.Fprintf(&b, `<path d="M%.1f %.1fL%.1f %.1f" fill="none" stroke="%s" stroke-width="2" stroke-dasharray="4 4"/>`+"\n",
				plotX(from, len(sizes)), plotY(millis(line.times[from])), plotX(to, len(sizes)), plotY(millis(line.times[to])), line.color)
		}
		var path strings.Builder
		for i, took := range measured {
			fmt.Fprintf(&path, "%s%.1f %.1f", map[bool]string{true: "M", false: "L"}[i == 0], plotX(i, len(sizes)), plotY(millis(took)))
		}
		fmt.Fprintf(&b, `<path d="%s" fill="none" stroke="%s" stroke-width="2"/><text x="%.0f" y="%.1f" fill="%s">%s</text>`+"\n",
			path.String(), line.color, plotWidth-plotNames+8, plotY(millis(line.times[len(line.times)-1]))+4, line.color, line.name)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func plotX(i, n int) float64 {
	return plotEdge + 20 + (plotWidth-plotNames-plotEdge-40)*float64(i)/float64(max(n-1, 1))
}

func plotY(ms, most float64) float64 {
	height := plotHeight - plotEdge - 30
	part := math.Log(max(ms, leastMillis)/leastMillis) / math.Log(most/leastMillis)
	return 20 + height*(1-part)
}

func TestDraw(t *testing.T) {
	picture := draw("objects", []int{1000, 10_000}, []plotted{
		{name: "start", times: []time.Duration{time.Millisecond, time.Second}}, {name: "guess", times: []time.Duration{time.Millisecond, time.Second}, guessed: true},
	})
	for _, want := range []string{"10,000", "start", `d="M80.0 222.5L490.0 20.0"`, `d="M80.0 222.5L490.0 20.0" fill="none" stroke="" stroke-width="2" stroke-dasharray`, ">objects<"} {
		if !strings.Contains(picture, want) {
			t.Errorf("the picture has no %s:\n%s", want, picture)
		}
	}
}
