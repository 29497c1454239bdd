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
	leastMillis, mostMillis         = 0.1, 1000.0
)

// draw returns a picture of how the times grow.
func draw(points []point) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" font-family="sans-serif" font-size="12">`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&b, `<rect width="%.0f" height="%.0f" fill="white"/>`+"\n", plotWidth, plotHeight)
	for ms := leastMillis; ms <= mostMillis; ms *= 10 {
		y := plotY(ms)
		fmt.Fprintf(&b, `<path d="M%.0f %.1fH%.0f" stroke="#ddd"/><text x="%.0f" y="%.1f" text-anchor="end">%g ms</text>`+"\n", plotEdge, y, plotWidth-130, plotEdge-6, y+4, ms)
	}
	for i, x := range points {
		fmt.Fprintf(&b, `<text x="%.1f" y="%.0f" text-anchor="middle">%s</text>`+"\n", plotX(i, len(points)), plotHeight-plotEdge+20, count(x.objects))
	}
	fmt.Fprintf(&b, `<text x="%.0f" y="%.0f" text-anchor="middle">objects in the bucket</text>`+"\n", (plotEdge+plotWidth-130)/2, plotHeight-plotEdge+40)
	for _, line := range []struct {
		name, color string
		of          func(point) time.Duration
	}{
		{"start", "#b33", func(x point) time.Duration { return x.start }},
		{"list a page", "#36c", func(x point) time.Duration { return x.page }},
		{"put 4 KB", "#383", func(x point) time.Duration { return x.put }},
		{"get 4 KB", "#a6a", func(x point) time.Duration { return x.read }},
	} {
		var path strings.Builder
		for i, x := range points {
			fmt.Fprintf(&path, "%s%.1f %.1f", map[bool]string{true: "M", false: "L"}[i == 0], plotX(i, len(points)), plotY(millis(line.of(x))))
		}
		last := points[len(points)-1]
		fmt.Fprintf(&b, `<path d="%s" fill="none" stroke="%s" stroke-width="2"/><text x="%.0f" y="%.1f" fill="%s">%s</text>`+"\n",
			path.String(), line.color, plotWidth-122, plotY(millis(line.of(last)))+4, line.color, line.name)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func plotX(i, n int) float64 {
	return plotEdge + 20 + (plotWidth-130-plotEdge-40)*float64(i)/float64(max(n-1, 1))
}

func plotY(ms float64) float64 {
	height := plotHeight - plotEdge - 30
	part := math.Log(max(ms, leastMillis)/leastMillis) / math.Log(mostMillis/leastMillis)
	return 20 + height*(1-part)
}

func TestDraw(t *testing.T) {
	picture := draw([]point{{objects: 1000, start: time.Millisecond, page: time.Millisecond}, {objects: 10_000, start: time.Second, put: time.Second}})
	for _, want := range []string{"10,000", "start", `d="M80.0 222.5L490.0 20.0"`} {
		if !strings.Contains(picture, want) {
			t.Errorf("the picture has no %s:\n%s", want, picture)
		}
	}
}
