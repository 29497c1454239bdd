package summary_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/store/series/summary"
)

// of returns the summary of values and how often each came.
func of(samples ...[2]float64) *summary.Summary {
	var s summary.Summary
	for _, sample := range samples {
		s.Add(sample[0], sample[1])
	}
	return &s
}

// statistic returns a statistic of s; NaN where there is none.
func statistic(tb testing.TB, s *summary.Summary, name string) float64 {
	tb.Helper()
	st, ok := summary.ParseStatistic(name)
	if !ok {
		tb.Fatalf("%s is no statistic", name)
	}
	if st.String() != name {
		tb.Errorf("the name of %s is %s", name, st)
	}
	value, ok := st.Of(s)
	if !ok {
		return math.NaN()
	}
	return value
}

var near = cmp.Options{cmp.Comparer(func(a, b float64) bool {
	return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-9*max(1, math.Abs(a))
})}

// What AWS has answered is what we do, and so it is after it was written down, and
// however samples come together.
func TestRecordedStatistics(t *testing.T) {
	type recorded struct {
		Samples [][2]float64
		Set     *struct{ SampleCount, Sum, Minimum, Maximum float64 } `json:"statisticSet"`
		Stat    string
		Expect  *float64
	}
	rows := material.Lines[recorded](t, "cases", "metric_statistics.jsonl")
	if len(rows) != 18 {
		t.Errorf("%d cases, want 18", len(rows))
	}
	for _, row := range rows {
		want := math.NaN()
		if row.Expect != nil {
			want = *row.Expect
		}
		s := of(row.Samples...)
		if row.Set != nil {
			*s = summary.OfSet(row.Set.SampleCount, row.Set.Sum, row.Set.Minimum, row.Set.Maximum)
		}
		slices.Reverse(row.Samples)
		for name, s := range map[string]*summary.Summary{"": s, ", backwards": of(row.Samples...), ", decoded": decoded(t, s)} {
			if s.Count == 0 {
				continue
			}
			if diff := cmp.Diff(want, statistic(t, s, row.Stat), near); diff != "" {
				t.Errorf("%s of %v%s (-want +got):\n%s", row.Stat, row, name, diff)
			}
		}
	}
}

func decoded(tb testing.TB, s *summary.Summary) *summary.Summary {
	tb.Helper()
	if s.Count == 0 {
		return s
	}
	got, err := summary.Decode(s.Append(nil))
	if err != nil {
		tb.Fatal(err)
	}
	return &got
}

func TestStatistics(t *testing.T) {
	none := math.NaN()
	ten := of([2]float64{10, 4})
	mixed := of([2]float64{0, 2}, [2]float64{1, 1}, [2]float64{100, 1})
	for _, tt := range []struct {
		name string
		of   *summary.Summary
		want map[string]float64
	}{
		{"samples that are the same", ten, map[string]float64{
			"p0": 10, "p50": 10, "p100": 10, "tm90": 10, "tc90": 3.6, "ts90": 36, "wm90": 10, "IQM": 10, "TM(10%:90%)": 10, "TC(25%:75%)": 2,
			"PR(:10)": 100, "PR(10:)": 0, "PR(9:10)": 100, "PR(10:11)": 0, "TC(:9)": 0, "TM(:9)": none, "TM(11:20)": none, "WM(1:20)": 10, "SampleCount": 4,
		}},
		{"zeros", mixed, map[string]float64{
			"p0": 0, "p50": 0, "p100": 100, "TC(:0)": 2, "TC(0:)": 2, "PR(0:)": 50, "PR(:0)": 50, "Minimum": 0, "Maximum": 100, "Average": 25.25,
		}},
		{"less than one sample", of([2]float64{3, 0.5}), map[string]float64{"p50": none, "tm90": none, "Sum": 1.5, "Average": 3, "SampleCount": 0.5}},
		{"a negative sample", of([2]float64{3, 5}, [2]float64{-3, 1}), map[string]float64{"p50": none, "PR(1:2)": none, "Minimum": -3, "Maximum": 3, "Sum": 12}},
		{"nothing", of(), map[string]float64{"Sum": none, "SampleCount": none, "p50": none}},
		{"a count of nothing", of([2]float64{3, 0}), map[string]float64{"Sum": none}},
		{"the greatest", of([2]float64{math.Pow(2, 360), 1}, [2]float64{1, 1}), map[string]float64{"p100": math.Pow(2, 360), "p0": 1}},
		{"the least", of([2]float64{math.SmallestNonzeroFloat64, 1}, [2]float64{1, 1}), map[string]float64{"p0": math.SmallestNonzeroFloat64, "p100": 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := map[string]float64{}
			for name := range tt.want {
				got[name] = statistic(t, tt.of, name)
			}
			if diff := cmp.Diff(tt.want, got, near); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSets(t *testing.T) {
	for _, tt := range []struct {
		name                  string
		count, sum, low, high float64
		p50                   float64
	}{
		{"one sample", 1, 5, 5, 5, 5},
		{"one sample of unlike bounds", 1, 5, 4, 6, math.Exp(math.Log(math.Pow(1.1, 16)) + math.Log(1.1)/2)},
		{"all the same", 4, 20, 5, 5, 5},
		{"a sum that is another", 4, 21, 5, 5, math.NaN()},
		{"several", 4, 20, 1, 9, math.NaN()},
		{"negative", 1, -5, -5, -5, math.NaN()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := summary.OfSet(tt.count, tt.sum, tt.low, tt.high)
			want := []float64{tt.p50, tt.count, tt.sum, tt.low, tt.high}
			got := []float64{statistic(t, &s, "p50"), s.Count, s.Sum, s.Min, s.Max}
			if diff := cmp.Diff(want, got, near); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNamesOfStatistics(t *testing.T) {
	for _, name := range []string{
		"SampleCount", "Average", "Sum", "Minimum", "Maximum", "p0", "p0.0", "p50", "p99.9", "p99.9999999999", "p100", "p100.0", "tm99", "tc0.1", "ts50", "wm99.99",
		"IQM", "TM(10%:90%)", "TM(:90%)", "TM(10%:)", "TC(100:)", "TS(:0.5)", "WM(1.5:2.5)", "PR(:300)", "PR(100:2000)", "PR(5:)", "TM(0%:100%)",
	} {
		if st, ok := summary.ParseStatistic(name); !ok || st.String() != name || st.Spread() == slices.Contains(summary.Standard(), name) {
			t.Errorf("%q: %v %v", name, st, ok)
		}
	}
	for _, name := range []string{
		"", "average", "Median", "p", "p101", "p100.1", "p-1", "p1e1", "P50", "p50 ", "p99.99999999999", "tm101", "tm", "IQM(1:2)", "TM(10%:90)", "TM(10:90%)",
		"TM(90%:10%)", "TM(50%:50%)", "TM(:)", "TM()", "TM", "TM(10%:101%)", "PR(1%:2%)", "PR(:)", "TM(-1:2)", "pr50", "TM(1:2", "TM(1:2)\n",
	} {
		if st, ok := summary.ParseStatistic(name); ok {
			t.Errorf("%q is a statistic: %v", name, st)
		}
	}
}

// In whatever groups samples are merged, and written down in between, what comes of it
// is the same.
func TestMergingIsTheSameInAnyOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var samples [][2]float64
		for range 1 + rng.IntN(20) {
			value := float64(rng.IntN(1 << rng.IntN(20)))
			if rng.IntN(200) == 0 {
				value = -value
			}
			samples = append(samples, [2]float64{value, float64(rng.IntN(4)) / float64(1+rng.IntN(2))})
		}
		whole := of(samples...)
		parts := []*summary.Summary{}
		for rest := samples; len(rest) > 0; {
			n := 1 + rng.IntN(len(rest))
			parts, rest = append(parts, decoded(t, of(rest[:n]...))), rest[n:]
		}
		rng.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		var merged summary.Summary
		for _, p := range parts {
			merged.Merge(decoded(t, p))
		}
		if whole.Count == 0 {
			continue
		}
		if diff := cmp.Diff(whole.Append(nil), merged.Append(nil)); diff != "" {
			t.Fatalf("%v in parts (-want +got):\n%s", samples, diff)
		}
		if plain, err := summary.DecodePlain(whole.Append(nil)); err != nil || plain.Count != whole.Count || plain.Max != whole.Max {
			t.Fatalf("%v: %v", plain, err)
		}
	}
}

// Every percentile is between the least and the greatest, and none is less than one
// before it.
func TestPercentilesAscend(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		var s summary.Summary
		for range 1 + rng.IntN(50) {
			s.Add(math.Exp(rng.Float64()*40-20)*float64(rng.IntN(5)), float64(1+rng.IntN(3)))
		}
		last := s.Min
		for _, name := range []string{"p0", "p1", "p10", "p25", "p50", "p75", "p90", "p99", "p99.99", "p100"} {
			got := statistic(t, &s, name)
			if got < last*(1-1e-12) || got > s.Max*(1+1e-12) {
				t.Fatalf("%s of %v is %v after %v", name, s, got, last)
			}
			last = got
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []*summary.Summary{of([2]float64{3, 1}), of([2]float64{3, 2}), of([2]float64{-3, 2}), of([2]float64{3, 1}, [2]float64{0, 7}), of([2]float64{3, 0.5}, [2]float64{90, 1})} {
		f.Add(s.Append(nil))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := summary.Decode(data)
		if err != nil {
			if _, plain := summary.DecodePlain(nil); plain == nil {
				t.Error("nothing is a summary")
			}
			return
		}
		again, err := summary.Decode(s.Append(nil))
		if err != nil {
			t.Fatalf("%x: what was read cannot be written: %v", data, err)
		}
		if !slices.Equal(s.Append(nil), again.Append(nil)) {
			t.Fatalf("%x reads as two things", data)
		}
		for _, name := range []string{"p50", "TM(10%:90%)", "WM(1:5)", "Average"} {
			st, _ := summary.ParseStatistic(name)
			st.Of(&s)
		}
	})
}
