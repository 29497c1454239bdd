package metricmath_test

import (
	"context"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/language/metricmath"
)

// A band is asked for at all times that are asked for, and is two series, the upper end first.
func TestBands(t *testing.T) {
	var asked []metricmath.Band
	r := &metricmath.Request{
		Queries: []metricmath.Query{
			{ID: "m", Metric: true, Given: []metricmath.Series{{Label: "cpu", Period: 60, Times: []int64{60, 150}, Values: []float64{5, 6}}}},
			parse(t, "band", "ANOMALY_DETECTION_BAND(m, 3)"),
			hidden(parse(t, "wide", "ANOMALY_DETECTION_BAND(m * 2)")),
			parse(t, "over", "m - FIRST(wide)"),
			parse(t, "under", "LAST(wide)"),
		},
		Grid: func(int64) (int64, int64) { return 0, 180 },
		Band: func(_ context.Context, b metricmath.Band) (lower, upper []float64, err error) {
			asked = append(asked, b)
			for i := range b.Times {
				lower, upper = append(lower, -b.Deviations), append(upper, b.Deviations)
				if i == 1 {
					lower[i], upper[i] = math.NaN(), math.NaN()
				}
			}
			return lower, upper, nil
		},
	}
	got, err := metricmath.Evaluate(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	times := []int64{0, 120, 150}
	want := map[string][]metricmath.Series{
		"band": {
			{Label: "cpu (expected) high", Period: 60, Times: times, Values: []float64{3, 3, 3}},
			{Label: "cpu (expected) low", Period: 60, Times: times, Values: []float64{-3, -3, -3}},
		},
		"over":  {{Label: "over", Period: 60, Times: []int64{0, 60, 120, 150}, Values: []float64{-2, 5, -2, 4}}},
		"under": {{Label: "under", Period: 60, Times: times, Values: []float64{-2, -2, -2}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var texts []string
	for _, b := range asked {
		texts = append(texts, b.Of.String())
		if diff := cmp.Diff([]int64{0, 60, 120, 150}, b.Times); diff != "" || b.Period != 60 {
			t.Errorf("period %d: %s", b.Period, diff)
		}
	}
	if diff := cmp.Diff([]string{"m", "(m * 2)"}, texts); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsABand(t *testing.T) {
	for text, want := range map[string]string{
		"ANOMALY_DETECTION_BAND(m)":             "m 2",
		"ANOMALY_DETECTION_BAND( m1/m2, 1.5 )":  "(m1 / m2) 1.5",
		"ANOMALY_DETECTION_BAND(m, 1 + 1)":      "",
		"FIRST(ANOMALY_DETECTION_BAND(m))":      "",
		"m":                                     "",
		"ANOMALY_DETECTION_BAND(IF(-m>1,m,3))":  "IF(((-m) > 1), m, 3) 2",
		"ANOMALY_DETECTION_BAND(FILL(m,LINEAR)": "",
	} {
		e, err := metricmath.Parse("e", text)
		got := ""
		if err == nil {
			if of, deviations, ok := e.Band(); ok {
				got = of.String() + " " + map[float64]string{2: "2", 1.5: "1.5"}[deviations]
			}
		}
		if got != want {
			t.Errorf("%s is a band of %q, want %q", text, got, want)
		}
	}
	e := parse(t, "e", "SORT([FIRST(METRICS('x')), FILL(m, 0)], AVG, ASC)").Expression
	if diff := cmp.Diff([]string{"SORT", "FIRST", "METRICS", "FILL"}, e.Functions()); diff != "" {
		t.Error(diff)
	}
	if want := `SORT([FIRST(METRICS("x")), FILL(m, 0)], AVG, ASC)`; e.String() != want {
		t.Errorf("%s, want %s", e, want)
	}
}
