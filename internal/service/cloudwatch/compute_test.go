package cloudwatch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/service/cloudwatch"
	"github.com/sillok/sillok/internal/servicetest"
)

// expr is a query for an expression.
func expr(id, expression string, more ...string) string {
	return fmt.Sprintf(`{"Id":%q,"Expression":%q%s}`, id, expression, strings.Join(more, ""))
}

// named is a query with an ID.
func named(id, query string) string { return fmt.Sprintf(`{"Id":%q,%s`, id, query[1:]) }

func TestMetricMath(t *testing.T) {
	s := open(t, cloudwatch.Computed())
	for minute, v := range map[int]int{3: 4, 2: 8, 1: 16} {
		s.put(fmt.Sprintf(`{"MetricName":"m","Timestamp":%q,"Value":%d}`, s.at(minute), v))
	}
	s.put(fmt.Sprintf(`{"MetricName":"n","Timestamp":%q,"Value":2}`, s.at(2)))
	hide := `,"ReturnData":false`
	m, n := named("m", stat("m", "Sum", hide)), named("n", stat("n", "Sum", hide))
	s.wantData("an expression of metrics", []string{`e "e" Complete 8@1 10@2 2@3`}, m, n, expr("e", "m / 2 + n * 3"))
	s.wantData("its label", []string{`e "at most 32" Complete 32@1 16@2 8@3`}, m, expr("e", "m * 2", `,"Label":"at most ${MAX}"`))
	s.wantData("of another expression, in any order", []string{`e "e" Complete 4@1 2@2 1@3`}, m, expr("e", "two / 2"), expr("two", "m / half", hide), expr("half", "PERIOD(m) / 30", hide))
	s.wantData("an array is a result for each", []string{`e "m" Complete 1@1 1@2 0@3`, `e "n" Complete 0@2`}, m, n, expr("e", "METRICS() > 4"))
	s.wantData("an array of expressions", []string{`e "x" Complete 17@1 9@2 5@3`, `e "named" Complete 2@2`}, m, n,
		expr("x", "m + 1", hide), expr("y", "n", hide, `,"Label":"named"`), expr("e", "[x, y]"))
	s.wantData("nothing found", nil, m, expr("e", "METRICS('z')"))

	_, out, err := s.data(&cloudwatchapi.GetMetricDataInput{}, n, expr("e", "FILL(n, 0)"), expr("t", "TIME_SERIES(7)", `,"Period":300`))
	if err != nil {
		t.Fatal(err)
	}
	if filled, every := len(out.MetricDataResults[0].Values), len(out.MetricDataResults[1].Values); filled != 61 || every != 13 {
		t.Errorf("an hour and a minute has %d minutes and %d times five, want 61 and 13", filled, every)
	}
	for text, want := range map[string]string{
		"AVG(m)":                         "Error in expression 'e': The result is a scalar",
		"m +":                            "Error in expression 'e': Unexpected the end",
		"SERVICE_QUOTA(m)":               "Error in expression 'e': Sillok does not have the function SERVICE_QUOTA yet",
		"SEARCH('m', 'Sum')":             "Period is a required field when using SEARCH function within an expression",
		"SEARCH('m', 'Median', 60)":      "'Median' is not a valid statistic",
		"SEARCH('m', 'Sum', 45)":         "The period of SEARCH must be",
		"SEARCH('{ns', 'Sum', 60)":       "Error in expression 'e': The schema of the search filter has no closing bracket",
		"SEARCH('m', 'Sum', 2147483700)": "must be a whole number",
	} {
		_, _, err := s.data(&cloudwatchapi.GetMetricDataInput{}, m, expr("e", text))
		code := "ValidationError"
		if strings.Contains(want, "Sillok") {
			code = "UnsupportedOperation"
		}
		servicetest.WantCode(t, err, code, want)
	}
}

func TestSearch(t *testing.T) {
	s := open(t, cloudwatch.Computed())
	for i, host := range []string{"web-1", "web-2", "db-1"} {
		s.put(fmt.Sprintf(`{"MetricName":"CpuLoad","Timestamp":%q,"Value":%d,"Dimensions":[{"Name":"Host","Value":%q}]}`, s.at(1), i+1, host))
	}
	s.put(fmt.Sprintf(`{"MetricName":"CpuLoad","Timestamp":%q,"Value":9}`, s.at(1)), fmt.Sprintf(`{"MetricName":"Free","Timestamp":%q,"Value":5,"Dimensions":[{"Name":"Host","Value":"web-1"}]}`, s.at(2)))
	sorted := func(filter string) string { return "SORT(SEARCH('" + filter + "', 'Sum', 60), SUM, ASC)" }
	s.wantData("a schema and a word", []string{`e "web-1" Complete 1@1`, `e "web-2" Complete 2@1`}, expr("e", sorted("{ns,Host} load web")))
	s.wantData("one", []string{`e "CpuLoad" Complete 3@1`}, expr("e", sorted(`Namespace="ns" Host="db-1"`)))
	s.wantData("without dimensions", []string{`e "CpuLoad" Complete 9@1`}, expr("e", sorted("{ns}")))
	s.wantData("another name", []string{`e "Free" Complete 5@2`}, expr("e", sorted("{ns,Host} NOT cpu")))
	s.wantData("none", nil, expr("e", sorted("{other,Host}")))
	s.wantData("in metric math", []string{`e "e" Complete 6@1`}, expr("e", "SUM("+sorted("{ns,Host} MetricName=load")+")"))
	s.wantData("the period of the query", []string{`e "e" Complete 15@1`}, expr("e", "SUM(SEARCH('load', 'Sum'))", `,"Period":60`))
	s.wantData("dynamic labels", []string{`e "web-1: Sum 60 of ns" Complete 1@1`, `e "web-2: Sum 60 of ns" Complete 2@1`}, expr("e", sorted("{ns,Host} load web"),
		`,"Label":"${PROP('Dim.Host')}: ${PROP('Stat')} ${PROP('Period')} of ${PROP('Namespace')}"`))
	s.wantData("the automatic label within one", []string{`e "CpuLoad of web-1" Complete 1@1`, `e "CpuLoad of web-2" Complete 2@1`}, expr("e", sorted("{ns,Host} load web"),
		`,"Label":"${PROP('MetricName')} of ${LABEL}"`))
}

// A search finds 500 metrics at most, and says that there are more.
func TestSearchOfTooMany(t *testing.T) {
	s := open(t, cloudwatch.Computed())
	var data []string
	for i := range 501 {
		data = append(data, fmt.Sprintf(`{"MetricName":"m","Timestamp":%q,"Value":1,"Dimensions":[{"Name":"N","Value":"%d"}]}`, s.at(1), i))
	}
	s.put(data...)
	lines, out, err := s.data(&cloudwatchapi.GetMetricDataInput{}, expr("e", "SEARCH('{ns,N}', 'Sum', 60)"))
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != 500 {
		t.Errorf("%d were found, want 500", len(lines))
	}
	servicetest.Diff(t, []cloudwatchapi.MessageData{{Code: new("MaxMetricsExceeded"), Value: new("The maximum number of allowed metrics, 500, has been exceeded.")}}, out.Messages)
}

// What an expression is not told of a metric is told of the whole answer.
func TestMessagesOfExpressions(t *testing.T) {
	s := open(t, cloudwatch.Computed())
	s.put(fmt.Sprintf(`{"MetricName":"u","Timestamp":%q,"Value":1,"Unit":"Seconds"}`, s.at(1)), fmt.Sprintf(`{"MetricName":"u","Timestamp":%q,"Value":2,"Unit":"Bytes"}`, s.at(1)))
	const units = "MultipleUnits: Multiple units returned: '[Bytes, Seconds]'"
	hidden := named("u", stat("u", "Sum", `,"ReturnData":false`))
	for _, tt := range []struct {
		name    string
		queries []string
		want    []string
	}{
		{"a hidden metric of two units", []string{hidden, expr("e", "u + 1")}, []string{units}},
		{"one that is shown says it itself", []string{named("u", stat("u", "Sum")), expr("e", "u + 1")}, nil},
		{"a search", []string{expr("e", "SEARCH('{ns}', 'Sum', 60)")}, []string{units}},
		{"a query", []string{sql("e", "SELECT AVG(u) FROM ns")}, []string{units}},
		{"a hidden metric of another account", []string{named("x", stat("x", "Sum", `,"ReturnData":false,"AccountId":"999988887777"`)), expr("e", "x + 1")}, []string{
			"Forbidden: Access denied when getting data - please check that this account and the requested metric account are linked",
		}},
	} {
		_, out, err := s.data(&cloudwatchapi.GetMetricDataInput{}, tt.queries...)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var got []string
		for _, m := range out.Messages {
			got = append(got, *m.Code+": "+*m.Value)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	for _, text := range []string{"u + 1", "SELECT SUM(u) FROM ns"} {
		_, _, err := s.data(&cloudwatchapi.GetMetricDataInput{}, hidden, sql("e", text, `,"AccountId":"999988887777"`))
		servicetest.WantCode(t, err, "UnsupportedOperation", "no linked accounts: the expression 'e'")
	}
}
