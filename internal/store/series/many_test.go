package series_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/store/series"
)

// grown is how a store was after so many series.
type grown struct {
	Series   int     `json:"series"`
	Resident int     `json:"resident"` // bytes of memory of the process
	Disk     uint64  `json:"disk"`
	New      float64 `json:"new"`   // series a second that were made
	Again    float64 `json:"again"` // data a second of series drawn from all
	Read     float64 `json:"read"`  // milliseconds for 200 of them
}

var (
	moreSeries   = flag.Int("series", 0, "how many series TestManySeries makes")
	seriesFolder = flag.String("series-folder", "", "where TestManySeries makes them")
)

// TestManySeries lets a store grow to many series, and sees how much memory that takes. It
// is asked for: -series says how many more, in the folder -series-folder, which has what
// earlier runs left, and the picture.
func TestManySeries(t *testing.T) {
	more, dir := *moreSeries, *seriesFolder
	if more == 0 || dir == "" {
		t.Skip("long: it is asked for with -series and -series-folder")
	}
	steps := readSteps(t, filepath.Join(dir, "steps.jsonl"))
	s := open(t, filepath.Join(dir, "metrics"), series.Config{Log: slog.New(slog.DiscardHandler)})
	count := 0
	if len(steps) > 0 {
		count = steps[len(steps)-1].Series
	}
	const step = 250_000
	for end := count + more; count < end; {
		g := grown{Series: count + step}
		began := time.Now()
		for ; count < g.Series; count += 1000 {
			putMany(t, s, func(i int) int { return count + i })
		}
		g.New = step / time.Since(began).Seconds()
		began = time.Now()
		for range 50 {
			putMany(t, s, func(int) int { return rand.IntN(count) })
		}
		g.Again = 50_000 / time.Since(began).Seconds()
		g.Read = readMany(t, s, count)
		g.Resident, g.Disk = resident(t), s.Size()
		steps = append(steps, g)
		text, err := json.Marshal(g)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s", text)
		appendLine(t, filepath.Join(dir, "steps.jsonl"), string(text))
	}
	if err := os.WriteFile(filepath.Join(dir, "metrics-memory.svg"), []byte(drawGrowth(steps)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, g := range steps {
		if g.Resident > 1500<<20 {
			t.Errorf("%d MB of memory at %d series", g.Resident>>20, g.Series)
		}
	}
}

func manyID(n int) metric.ID {
	return metric.ID{Namespace: "Fleet", Name: fmt.Sprint("metric", n%20), Dimensions: []metric.Dimension{
		{Name: "Host", Value: fmt.Sprintf("i-%012x", n/20)}, {Name: "Zone", Value: string(rune('a' + n/20%3))},
	}}
}

func putMany(t *testing.T, s *series.Store, which func(i int) int) {
	t.Helper()
	now := time.Now()
	data := make([]metric.Datum, 1000)
	for i := range data {
		id := manyID(which(i))
		data[i] = metric.Datum{Name: id.Name, Dimensions: id.Dimensions, Time: now, Values: []float64{float64(i)}}
	}
	if err := s.Put(t.Context(), ours, "Fleet", data); err != nil {
		t.Fatal(err)
	}
}

func readMany(t *testing.T, s *series.Store, count int) (millis float64) {
	t.Helper()
	from := time.Now().Truncate(time.Minute).Add(-3 * time.Hour)
	queries := make([]series.Query, 200)
	for i := range queries {
		queries[i] = series.Query{ID: manyID(rand.IntN(count)), From: from, To: from.Add(4 * time.Hour), Period: time.Minute}
	}
	began := time.Now()
	if _, err := s.Read(t.Context(), ours, queries); err != nil {
		t.Fatal(err)
	}
	return float64(time.Since(began).Microseconds()) / 1000
}

// resident is the memory that this process has.
func resident(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	var kb int
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		t.Fatal(err)
	}
	return kb << 10
}

func readSteps(t *testing.T, path string) (steps []grown) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }() // only read
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var g grown
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, g)
	}
	return steps
}

func appendLine(t *testing.T, path, line string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintln(f, line); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// drawGrowth draws memory over the number of series.
func drawGrowth(steps []grown) string {
	const width, height, edge, most = 640, 320, 60, 1000.0 // MB
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="white"/>`+"\n", width, height)
	last := steps[len(steps)-1].Series
	x := func(n int) float64 { return edge + float64(width-2*edge)*float64(n)/float64(last) }
	y := func(mb float64) float64 { return float64(height-edge) - float64(height-2*edge)*mb/most }
	for mb := 0.0; mb <= most; mb += 250 {
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%.0f MB</text>`+"\n", edge, y(mb), width-edge, edge-6, y(mb)+4, mb)
	}
	for i := range 6 {
		n := last * i / 5
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%.1f</text>`+"\n", x(n), height-edge+20, float64(n)/1e6)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">million series</text>`+"\n", width/2, height-edge+40)
	b.WriteString(`<path d="`)
	for i, g := range steps {
		fmt.Fprintf(&b, "%s%.1f %.1f", map[bool]string{true: "M", false: "L"}[i == 0], x(g.Series), y(float64(g.Resident)/(1<<20)))
	}
	b.WriteString(`" fill="none" stroke="#1f6f8b" stroke-width="2"/>` + "\n</svg>\n")
	return b.String()
}
