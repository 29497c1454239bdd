package metricmath_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/language/metricmath"
)

func parse(t *testing.T, id, text string) metricmath.Query {
	t.Helper()
	e, err := metricmath.Parse(id, text)
	if err != nil {
		t.Fatal(err)
	}
	return metricmath.Query{ID: id, Expression: e}
}

func hidden(q metricmath.Query) metricmath.Query {
	q.Hidden = true
	return q
}

func TestExpressionsAboutEachOther(t *testing.T) {
	r := request{metrics: []string{"m: 1 2 3"}}
	got, err := r.evaluate(t.Context(),
		parse(t, "later", "share * 100"), parse(t, "share", "m / sum"), hidden(parse(t, "sum", "SUM(m)")), parse(t, "all", "METRICS()"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"later": {"16.666666666666664 33.33333333333333 50"}, "share": {"0.16666666666666666 0.3333333333333333 0.5"}, "all": {"1 2 3"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for name, queries := range map[string][]metricmath.Query{
		"Error in expression 'a': The expression is about itself":    {parse(t, "a", "b"), parse(t, "b", "a + 1")},
		"Error in expression 'b': There is no metric or expression":  {parse(t, "a", "b + b"), parse(t, "b", "none")},
		"Error in expression 'p': Function 'PERIOD' takes a metric":  {parse(t, "same", "m"), parse(t, "p", "m * PERIOD(same)")},
		"Error in expression 'q': SEARCH is not supported on Metric": {parse(t, "q", "SEARCH('x', 'Sum', 60)")},
	} {
		if _, err := r.evaluate(t.Context(), queries...); err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("error is %v, want %s", err, name)
		}
	}
	if diff := cmp.Diff([]string{"a", "b"}, parse(t, "e", "IF(a > 1, [b, a], b)").Expression.References()); diff != "" {
		t.Error(diff)
	}
}

// What is given besides metrics is no metric, and has as many series as it has.
func TestGiven(t *testing.T) {
	r := request{metrics: []string{"m: 1 2"}}
	rows := []metricmath.Series{{Label: "x", Period: 60, Times: []int64{0}, Values: []float64{5}}, {Label: "y", Period: 60, Times: []int64{60}, Values: []float64{7}, Of: "kept"}}
	queries := []metricmath.Query{{ID: "rows", Given: rows, Array: true}, {ID: "empty", Metric: true}, parse(t, "twice", "rows * 2"), parse(t, "count", "TIME_SERIES(METRIC_COUNT(METRICS()))")}
	got, err := r.evaluate(t.Context(), queries...)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string][]string{"twice": {"10 -", "- 14"}, "count": {"2 2"}}, got); diff != "" {
		t.Error(diff)
	}
	all, err := metricmath.Evaluate(t.Context(), &metricmath.Request{Queries: queries[:3]})
	if err != nil {
		t.Fatal(err)
	}
	if last := all["twice"][1]; last.Label != "y" || last.Of != "kept" || last.Period != 60 {
		t.Errorf("series is %+v", last)
	}
}

func TestSearch(t *testing.T) {
	var asked []metricmath.Search
	r := request{metrics: []string{"m: 1 2"}}
	r.search = func(_ context.Context, s metricmath.Search) ([]metricmath.Series, error) {
		asked = append(asked, s)
		if s.Filter == "bad" {
			return nil, &metricmath.Error{Message: "no filter"}
		}
		return []metricmath.Series{{Label: "found", Period: 60, Times: []int64{60}, Values: []float64{3}}}, nil
	}
	withPeriod := parse(t, "b", `SEARCH("x='y'", 'Sum')`)
	withPeriod.Period = 300
	got, err := r.evaluate(t.Context(), parse(t, "a", `SUM(SEARCH('{NS,Host} "a\"b" it\'s', 'p90', 60))`), withPeriod)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string][]string{"a": {"- 3"}, "b": {"- 3"}}, got); diff != "" {
		t.Error(diff)
	}
	want := []metricmath.Search{{Filter: `{NS,Host} "a\"b" it's`, Stat: "p90", Period: 60}, {Filter: "x='y'", Stat: "Sum", Period: 300}}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
	if _, err := r.evaluate(t.Context(), parse(t, "a", "SEARCH('bad', 'Sum', 60)")); err == nil || err.Error() != "Error in expression 'a': no filter" {
		t.Error(err)
	}
	many := "[" + strings.Repeat("FIRST(SEARCH('x', 'Sum', 60)),", 100) + "FIRST(SEARCH('x', 'Sum', 60))]"
	if _, err := r.evaluate(t.Context(), parse(t, "a", many)); err == nil || !strings.Contains(err.Error(), "more than 100 SEARCH") {
		t.Error(err)
	}
}

// Metrics of other periods keep their own, and what is computed has the times of all.
func TestPeriods(t *testing.T) {
	request := &metricmath.Request{
		Grid: func(period int64) (int64, int64) { return 0, 2 * period },
		Queries: []metricmath.Query{
			{ID: "m", Metric: true, Given: []metricmath.Series{{Period: 60, Times: []int64{0, 60, 120}, Values: []float64{1, 2, 3}}}},
			{ID: "h", Metric: true, Given: []metricmath.Series{{Period: 300, Times: []int64{0, 300}, Values: []float64{10, 20}}}},
			parse(t, "sum", "m + h"), parse(t, "own", "TIME_SERIES(1)"), parse(t, "longest", "TIME_SERIES(1)"), parse(t, "minutes", "HOUR(m)"),
		},
	}
	request.Queries[3].Period = 10
	got, err := metricmath.Evaluate(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]metricmath.Series{
		"sum":     {{Label: "sum", Period: 300, Times: []int64{0, 60, 120, 300}, Values: []float64{11, 2, 3, 20}}},
		"own":     {{Label: "own", Period: 10, Times: []int64{0, 10}, Values: []float64{1, 1}}},
		"longest": {{Label: "longest", Period: 300, Times: []int64{0, 300}, Values: []float64{1, 1}}},
		"minutes": {{Label: "minutes", Period: 60, Times: []int64{0, 60}, Values: []float64{0, 0}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	alone := &metricmath.Request{Grid: request.Grid, Queries: []metricmath.Query{parse(t, "e", "TIME_SERIES(1)")}}
	if got, err := metricmath.Evaluate(t.Context(), alone); err != nil || got["e"][0].Period != 60 {
		t.Errorf("%v, %v, want a period of a minute", got, err)
	}
}

// What an expression costs is bounded before it is computed, and ends with its context.
func TestBudgets(t *testing.T) {
	long := &metricmath.Request{
		Grid:    func(int64) (int64, int64) { return 0, math.MaxInt32 },
		Queries: []metricmath.Query{parse(t, "e", "TIME_SERIES(1)")},
	}
	_, err := metricmath.Evaluate(t.Context(), long)
	wantError(t, err, "There are more than 1000000 periods of 60 seconds")

	points := metricmath.Series{Period: 1}
	for at := range int64(100_000) {
		points.Times, points.Values = append(points.Times, at), append(points.Values, 1)
	}
	big := metricmath.Query{ID: "m", Metric: true, Given: []metricmath.Series{points}}
	empty := "[" + strings.Repeat("c,", 499) + "c]"
	wide := &metricmath.Request{Queries: []metricmath.Query{big, {ID: "c", Metric: true}, parse(t, "e", empty+" + m")}}
	_, err = metricmath.Evaluate(t.Context(), wide)
	wantError(t, err, "The expressions compute more than 10000000 datapoints")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = metricmath.Evaluate(ctx, &metricmath.Request{Queries: []metricmath.Query{big, parse(t, "e", "m + m")}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

func wantError(t *testing.T, err error, text string) {
	t.Helper()
	if _, ok := errors.AsType[*metricmath.Error](err); !ok || !strings.Contains(err.Error(), text) {
		t.Errorf("error is %v, want %s", err, text)
	}
}

// FuzzParse holds Parse and Evaluate to what they promise: an *Error, or series whose
// times rise and whose values are finite.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"IF(m1 > 5 AND m2, FILL(m1, LINEAR), -m2 ^ 2)", "SORT(METRICS('m'), AVG, DESC, 1) / 2", "SLICE([m1, m2], 1e0, 2)",
		`SEARCH('{NS,Host} "a\"b"', 'p90', 60)`, "STDDEV([m1,m2]) + DAY(m1) || RATE(m2) != 1.5e-3", "TIME_SERIES(LAST(METRICS()))", "\"'\\", "m1 && .",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := &metricmath.Request{
			Grid: func(period int64) (int64, int64) { return 0, 4 * period },
			Search: func(context.Context, metricmath.Search) ([]metricmath.Series, error) {
				return []metricmath.Series{{}}, nil
			},
			Queries: []metricmath.Query{
				{ID: "m1", Metric: true, Given: []metricmath.Series{{Period: 60, Times: []int64{0, 60, 180}, Values: []float64{1, 0, -3}}}},
				{ID: "m2", Metric: true, Given: []metricmath.Series{{Period: 60, Times: []int64{60, 120}, Values: []float64{1e300, 2}}}},
			},
		}
		e, err := metricmath.Parse("e", text)
		if err == nil {
			r.Queries = append(r.Queries, metricmath.Query{ID: "e", Expression: e})
			var got map[string][]metricmath.Series
			got, err = metricmath.Evaluate(t.Context(), r)
			for _, s := range got["e"] {
				for i, at := range s.Times {
					if i > 0 && at <= s.Times[i-1] || math.IsNaN(s.Values[i]) || math.IsInf(s.Values[i], 0) {
						t.Errorf("%q: %v %v", text, s.Times, s.Values)
					}
				}
			}
		}
		if own, ok := errors.AsType[*metricmath.Error](err); err != nil && (!ok || own.ID != "e" || own.Message == "") {
			t.Errorf("%q: %#v", text, err)
		}
	})
}
