package metricmath_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/language/metricmath"
)

// points are values at the periods of a request, nil where there is none.
type points []*float64

func (p points) String() string {
	all := make([]string, len(p))
	for i, v := range p {
		if all[i] = "-"; v != nil {
			all[i] = fmt.Sprint(*v)
		}
	}
	return strings.Join(all, " ")
}

// read reads points as String writes them.
func read(text string) (p points) {
	for field := range strings.FieldsSeq(text) {
		var v float64
		if _, err := fmt.Sscan(field, &v); err != nil {
			p = append(p, nil)
			continue
		}
		p = append(p, &v)
	}
	return p
}

// request is what the tests compute: metrics by their IDs, and expressions.
type request struct {
	start, period int64
	metrics       []string // "id: points"
	length        int      // periods; that of the longest metric where 0
	search        func(context.Context, metricmath.Search) ([]metricmath.Series, error)
}

func (r request) series(label string, p points) metricmath.Series {
	s := metricmath.Series{Label: label, Period: r.period}
	for i, v := range p {
		if v != nil {
			s.Times, s.Values = append(s.Times, r.start+int64(i)*r.period), append(s.Values, *v)
		}
	}
	return s
}

// evaluate returns the points of each series of the expressions, of the last one alone if
// it is named so.
func (r request) evaluate(ctx context.Context, queries ...metricmath.Query) (map[string][]string, error) {
	if r.period == 0 {
		r.period = 60
	}
	length := r.length
	all := []metricmath.Query{}
	for _, m := range r.metrics {
		id, text, _ := strings.Cut(m, ":")
		p := read(text)
		length = max(length, len(p))
		all = append(all, metricmath.Query{ID: id, Metric: true, Given: []metricmath.Series{r.series(id, p)}})
	}
	end := r.start + int64(length)*r.period
	got, err := metricmath.Evaluate(ctx, &metricmath.Request{
		Queries: append(all, queries...), Search: r.search,
		Grid: func(int64) (int64, int64) { return r.start, end },
	})
	if err != nil {
		return nil, err
	}
	shown := map[string][]string{}
	for id, list := range got {
		shown[id] = []string{}
		for i := range list {
			s := &list[i]
			p := make(points, length)
			for k, at := range s.Times {
				p[(at-r.start)/r.period] = &s.Values[k]
			}
			shown[id] = append(shown[id], p.String())
		}
	}
	return shown, nil
}

// one evaluates an expression, and returns its series, each after its label if it has one.
func (r request) one(t *testing.T, text string) (string, error) {
	t.Helper()
	parsed, err := metricmath.Parse("e", text)
	if err != nil {
		return "", err
	}
	got, err := r.evaluate(t.Context(), metricmath.Query{ID: "e", Expression: parsed})
	return strings.Join(got["e"], " | "), err
}

// What AWS's guide says and what it was seen to answer.
func TestCases(t *testing.T) {
	type row struct {
		Expr   string
		Series map[string]points
		Period int64
		Start  time.Time
		Expect points
		Error  string
	}
	rows := material.Lines[row](t, "cases", "metric_math.jsonl")
	if len(rows) < 22 {
		t.Errorf("%d cases, want 22 at least", len(rows))
	}
	for _, row := range rows {
		t.Run(row.Expr, func(t *testing.T) {
			r := request{period: row.Period}
			if !row.Start.IsZero() {
				r.start = row.Start.Unix()
			}
			for id, p := range row.Series {
				r.metrics = append(r.metrics, id+": "+p.String())
			}
			got, err := r.one(t, row.Expr)
			if (err != nil) != (row.Error != "") {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.Expect.String(), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEvaluate(t *testing.T) {
	three := request{metrics: []string{"a: 1 2 3 4", "b: 10 - 30 -", "c: - - - -"}}
	for _, tt := range []struct{ name, expression, want string }{
		{"all binds in its order", "a + 2 * a ^ 2 - -a / 1", "4 12 24 40"},
		{"comparison is looser than sums", "a + 1 > 3 AND a < 4 || a == 1", "1 0 1 0"},
		{"OR is looser than AND", "TIME_SERIES(1 OR 0 AND 0)", "1 1 1 1"},
		{"one level goes from left to right", "TIME_SERIES(8 - 4 - 2) + TIME_SERIES(8 / 4 / 2)", "3 3 3 3"},
		{"a minus binds tighter than a power", "TIME_SERIES(-2 ^ 2) + TIME_SERIES(2 ^ -1)", "4.5 4.5 4.5 4.5"},
		{"brackets", "(a + 1) * (2)", "4 6 8 10"},
		{"numbers", "TIME_SERIES(1.5e1 + .5 + 1e-36 * 0)", "15.5 15.5 15.5 15.5"},
		{"not equal", "a != 2", "1 0 1 1"},
		{"at most and at least", "(a <= 2) + (a >= 4)", "1 1 0 1"},
		{"what is divided by 0 is dropped", "100 / (a - 2)", "-100 - 100 50"},
		{"what is no finite number is dropped", "[LOG(a - 2) * 2, 0 * 10 ^ (a * 100 - 50)]", "- - 0 1.3862943611198906 | 0 0 0 -"},
		{"a scalar that is none makes all so", "a + 1 / 0", "- - - -"},
		{"nor is it compared", "a > 0 / 0", "- - - -"},
		{"an array and a number", "[a, b] * 2", "2 4 6 8 | 20 - 60 -"},
		{"an array and a series, either first", "SUM([a, b] - a) + SUM(a - [a, b])", "0 0 0 0"},
		{"unary minus of an array", "-[a, c]", "-1 -2 -3 -4 | - - - -"},
		{"rounding", "CEIL(a / 2) + FLOOR(a / 2) + ABS(-a)", "2 4 6 8"},
		{"logarithms", "LOG10(b) + LOG(a / a)", "1 0 1.4771212547196624 0"},
		{"numbers of a series", "TIME_SERIES(SUM(a) + 100 * MIN(a) + 1000 * MAX(a) + AVG(a) / 10)", "4110.25 4110.25 4110.25 4110.25"},
		{"deviation of a series", "TIME_SERIES(STDDEV(b))", "10 10 10 10"},
		{"how many of a series", "TIME_SERIES(DATAPOINT_COUNT(b) + DATAPOINT_COUNT(c))", "2 2 2 2"},
		{"a series without points has no sum", "TIME_SERIES(SUM(c))", "- - - -"},
		{"the average of an array takes what is missing for 0", "AVG([a, b])", "5.5 1 16.5 2"},
		{"others do not", "MIN([a, b]) + MAX([a, b])", "11 4 33 8"},
		{"deviation of an array", "STDDEV([a, b])", "4.5 0 13.5 0"},
		{"how many of an array", "DATAPOINT_COUNT(METRICS())", "2 1 2 1"},
		{"an array without points", "SUM([c])", "- - - -"},
		{"metrics by a part of the id", "METRICS('b') / 10", "1 - 3 -"},
		{"metrics, none", "METRICS(\"no\")", ""},
		{"period", "a * PERIOD(b)", "60 120 180 240"},
		{"changes of an array", "DIFF([a, b])", "- 1 1 1 | - - 20 -"},
		{"running sum passes over what is missing", "RUNNING_SUM(b)", "10 - 40 -"},
		{"rate", "RATE(b)", "- - 0.16666666666666666 -"},
		{"fill by a series", "FILL(b, a)", "10 2 30 4"},
		{"fill an array by a series", "FILL([b, c], a)", "10 2 30 4 | 1 2 3 4"},
		{"fill by a number that is none", "FILL(b, 1 / 0)", "10 - 30 -"},
		{"fill an array", "FILL([b, c], REPEAT)", "10 10 30 30 | - - - -"},
		{"fill on a line", "FILL(b, LINEAR)", "10 20 30 -"},
		{"if of scalars", "TIME_SERIES(IF(2 > 1, 5, 6) + IF(0, 5, 6))", "11 11 11 11"},
		{"if of a scalar and a series", "IF(1, b, a)", "10 - 30 -"},
		{"if of a scalar that is 0 and no other value", "IF(0, b)", "- - - -"},
		{"if without another value", "IF(a > 2, a)", "- - 3 4"},
		{"first and last", "FIRST([a, b]) + LAST([a, b, a]) + FIRST(METRICS('no'))", "2 4 6 8"},
		{"slice", "SLICE([a, b, c], 1)", "10 - 30 - | - - - -"},
		{"slice with an end", "SLICE([a, b, c], 0, 1)", "1 2 3 4"},
		{"slice beyond the end", "SLICE([a, b, c], 5, 9)", ""},
		{"sort, those without points last", "SORT([c, b, a], AVG, ASC)", "1 2 3 4 | 10 - 30 - | - - - -"},
		{"sort the other way, the first of them", "SORT([c, a, b], MAX, DESC, 1)", "10 - 30 -"},
		{"sort by sum and by least", "SORT(SORT([b, a], SUM, ASC), MIN, DESC, 2)", "10 - 30 - | 1 2 3 4"},
		{"remove what is empty", "REMOVE_EMPTY([c, a, c])", "1 2 3 4"},
		{"a calendar is not sparse", "MINUTE(c) + 100 * HOUR(b)", "0 1 2 3"},
		{"days", "DATE(a) + 100 * MONTH(a) + 10000 * YEAR(a)", "1.9700101e+07 1.9700101e+07 1.9700101e+07 1.9700101e+07"},
		{"day of the week", "DAY(a)", "4 4 4 4"},
		{"seconds", "EPOCH(a)", "0 60 120 180"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := three.one(t, tt.expression)
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("%s is %s, want %s", tt.expression, got, tt.want)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	r := request{metrics: []string{"m: 1 2", "n: 1"}, search: func(context.Context, metricmath.Search) ([]metricmath.Series, error) { return nil, nil }}
	for _, tt := range []struct{ expression, want string }{
		{"NOT_A_FUNCTION(m)", "Error in expression 'e': Function 'NOT_A_FUNCTION' not found"},
		{"avg(m)", "Function 'avg' not found"},
		{"", "Unexpected the end at character 1"},
		{"m +", "Unexpected the end at character 4"},
		{"m m", "Unexpected 'm' at character 3"},
		{"(m", "where ')' is missing"},
		{"AVG(m", "where ',' is missing"},
		{"[m, ]", "Unexpected ']'"},
		{"AND m", "Unexpected 'AND'"},
		{"m ? 1", "Unexpected character '?' at character 3"},
		{"'é' + é", "Unexpected character 'é' at character 7"},
		{"1.2.3 * m", "Unexpected '.3'"},
		{". * m", "'.' at character 1 is not a number"},
		{"1e999 * m", "is not a number"},
		{"METRICS('m", "no closing quote"},
		{"x * 2", "There is no metric or expression with the id 'x'"},
		{"e + 1", "The expression is about itself"},
		{"1 + 1", "The result is a scalar"},
		{"AVG(m)", "The result is a scalar"},
		{"'m'", "'m' is not a metric"},
		{"REPEAT", "'REPEAT' is not a metric"},
		{"m + 'm'", "The operator '+' cannot be applied to a time series and a text"},
		{"-'m'", "The operator '-' cannot be applied to a text"},
		{"[m] + METRICS()", "The operator '+' cannot be applied to an array of time series and an array of time series"},
		{"[m, 1]", "An array consists of time series, and not of a scalar"},
		{"[[m]]", "and not of an array"},
		{"ABS(1)", "Argument 1 of function 'ABS' must not be a scalar"},
		{"ABS()", "Function 'ABS' does not take 0 arguments: it is ABS(metric | array)"},
		{"SUM(m, n)", "Function 'SUM' does not take 2 arguments"},
		{"SUM(1)", "Argument 1 of function 'SUM' must not be a scalar"},
		{"METRIC_COUNT(m)", "Argument 1 of function 'METRIC_COUNT' must not be a time series"},
		{"PERIOD(m * 2)", "takes a metric, and no expression"},
		{"PERIOD([m])", "must not be an array"},
		{"METRICS(m)", "must not be a time series"},
		{"FILL(m, NEAREST)", "Function 'FILL' does not take 'NEAREST'"},
		{"FILL(m, 'REPEAT ')", "must not be a text"},
		{"FILL(m, [m])", "must not be an array"},
		{"FILL(1, 2)", "must not be a scalar"},
		{"IF(m)", "does not take 1 arguments"},
		{"IF([m], 1, 2)", "must not be an array"},
		{"FIRST(m)", "must not be a time series"},
		{"LAST(1)", "must not be a scalar"},
		{"SLICE([m], -1)", "must be a whole number from 0"},
		{"SLICE([m], 0.5)", "must be a whole number from 0"},
		{"SLICE([m], 0, m)", "must not be a time series"},
		{"SLICE(m, 0)", "must not be a time series"},
		{"SORT([m], MEDIAN, ASC)", "does not take 'MEDIAN'"},
		{"SORT([m], AVG, 1)", "Argument 3 of function 'SORT' must be one of ASC, DESC"},
		{"SORT(m, AVG, ASC)", "must not be a time series"},
		{"SORT([m], AVG, ASC, 'x')", "must not be a text"},
		{"REMOVE_EMPTY(m)", "must not be a time series"},
		{"TIME_SERIES(m)", "must not be a time series"},
		{"DAY([m])", "must not be an array"},
		{"SEARCH('x', 'Sum')", "Period is a required field when using SEARCH function within an expression"},
		{"SEARCH(m, 'Sum', 60)", "Argument 1 of function 'SEARCH' must not be a time series"},
		{"SEARCH('x', 'Sum', '60')", "must not be a text"},
		{"ANOMALY_DETECTION_BAND(m, 2)", "Function 'ANOMALY_DETECTION_BAND' is not supported here"},
		{"ANOMALY_DETECTION_BAND([m], 2)", "must not be an array"},
		{"ANOMALY_DETECTION_BAND(m, m)", "must not be a time series"},
		{"ANOMALY_DETECTION_BAND(m, 0)", "must be a number from above 0 to 1000"},
		{"ANOMALY_DETECTION_BAND(m, 1001)", "must be a number from above 0 to 1000"},
		{"ANOMALY_DETECTION_BAND()", "does not take 0 arguments"},
		{"INSIGHT_RULE_METRIC('r', 'x')", "Sillok does not have the function INSIGHT_RULE_METRIC yet"},
		{"SERVICE_QUOTA(m)", "Sillok does not have the function SERVICE_QUOTA yet"},
		{"LAMBDA('f')", "Sillok does not have the function LAMBDA yet"},
		{"DB_PERF_INSIGHTS('RDS', 'db', 'x')", "Sillok does not have the function DB_PERF_INSIGHTS yet"},
		{strings.Repeat("(", 101) + "m" + strings.Repeat(")", 101), "nests more than 100 deep"},
		{strings.Repeat("-", 101) + "m", "nests more than 100 deep"},
		{"m" + strings.Repeat("+m", 5000), "more than 5000 operands and operators"},
		{"[" + strings.Repeat("m,", 500) + "m]", "An array has 501 time series, which are more than 500"},
		{strings.Repeat("SEARCH('','Sum',60),", 100), "Unexpected ','"},
	} {
		_, err := r.one(t, tt.expression)
		e, ok := errors.AsType[*metricmath.Error](err)
		if !ok || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "Error in expression 'e': ") {
			t.Errorf("%.40s: %v, want %s", tt.expression, err, tt.want)
			continue
		}
		if e.Unsupported != strings.Contains(tt.want, "Sillok") {
			t.Errorf("%s: unsupported is %v", tt.expression, e.Unsupported)
		}
	}
}
