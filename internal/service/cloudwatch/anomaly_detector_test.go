package cloudwatch_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/service/cloudwatch"
	"github.com/sillok/sillok/internal/servicetest"
)

// putDetector puts a detector, as JSON, and returns its ID.
func (s *service) putDetector(in string) string {
	s.t.Helper()
	put := &cloudwatchapi.PutAnomalyDetectorInput{}
	s.decode(in, put)
	return *servicetest.Must(s.PutAnomalyDetector(s.ctx, put))(s.t).AnomalyDetectorId
}

// detectors are those that are asked for, each by what it is of and its state.
func (s *service) detectors(in *cloudwatchapi.DescribeAnomalyDetectorsInput) map[string]string {
	s.t.Helper()
	found := map[string]string{}
	for {
		out := servicetest.Must(s.DescribeAnomalyDetectors(s.ctx, in))(s.t)
		for _, d := range out.AnomalyDetectors {
			name := "math"
			if d.MetricName != nil {
				name = fmt.Sprintf("%s %s %s", *d.Namespace, *d.MetricName, *d.Stat)
				for _, dimension := range d.Dimensions {
					name += " " + *dimension.Name + "=" + *dimension.Value
				}
			}
			found[name] = *d.StateValue
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return found
		}
	}
}

const ratio = `{"MetricMathAnomalyDetector":{"MetricDataQueries":[
	{"Id":"m1","ReturnData":false,"MetricStat":{"Metric":{"Namespace":"ns","MetricName":"a"},"Period":300,"Stat":"Sum"}},
	{"Id":"m2","ReturnData":false,"MetricStat":{"Metric":{"Namespace":"ns","MetricName":"b"},"Period":300,"Stat":"Sum"}},
	{"Id":"e1","Expression":"m1 / m2"}]}}`

func TestAnomalyDetectors(t *testing.T) {
	s := open(t, cloudwatch.Computed())
	flat := s.putDetector(`{"Namespace":"ns","MetricName":"m","Stat":"Average","Dimensions":[{"Name":"b","Value":"2"},{"Name":"a","Value":"1"}]}`)
	// The same, in the other form and another order, is the same detector.
	same := s.putDetector(`{"SingleMetricAnomalyDetector":{"Namespace":"ns","MetricName":"m","Stat":"Average","Dimensions":[{"Name":"a","Value":"1"},{"Name":"b","Value":"2"}]},
		"Configuration":{"MetricTimezone":"Europe/Berlin","AdaptationSpeed":"FAST","OutlierFilteringStrength":"STRICT","ExcludedTimeRanges":[{"StartTime":"2026-01-01T00:00:00Z","EndTime":"2026-01-02T00:00:00Z"}]},
		"MetricCharacteristics":{"PeriodicSpikes":true}}`)
	if flat != same {
		t.Errorf("the IDs are %s and %s", flat, same)
	}
	s.putDetector(`{"Namespace":"ns","MetricName":"m","Stat":"p99"}`)
	s.putDetector(`{"Namespace":"other","MetricName":"m","Stat":"Sum"}`)
	math := s.putDetector(ratio)

	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	dimensions := []cloudwatchapi.Dimension{{Name: new("a"), Value: new("1")}, {Name: new("b"), Value: new("2")}}
	got := servicetest.Must(s.DescribeAnomalyDetectors(s.ctx, &cloudwatchapi.DescribeAnomalyDetectorsInput{AnomalyDetectorIds: []string{flat}}))(t)
	servicetest.Diff(t, []cloudwatchapi.AnomalyDetector{{
		AnomalyDetectorId: &flat, Namespace: new("ns"), MetricName: new("m"), Stat: new("Average"), Dimensions: dimensions, StateValue: new("PENDING_TRAINING"),
		SingleMetricAnomalyDetector: &cloudwatchapi.SingleMetricAnomalyDetector{
			AccountId: new(string(servicetest.Account)), Namespace: new("ns"), MetricName: new("m"), Stat: new("Average"), Dimensions: dimensions,
		},
		Configuration: &cloudwatchapi.AnomalyDetectorConfiguration{
			MetricTimezone: new("Europe/Berlin"), AdaptationSpeed: new("FAST"), OutlierFilteringStrength: new("STRICT"),
			ExcludedTimeRanges: []cloudwatchapi.Range{{StartTime: &day, EndTime: new(day.Add(24 * time.Hour))}},
		},
		MetricCharacteristics: &cloudwatchapi.MetricCharacteristics{PeriodicSpikes: new(true)},
	}}, got.AnomalyDetectors)
	got = servicetest.Must(s.DescribeAnomalyDetectors(s.ctx, &cloudwatchapi.DescribeAnomalyDetectorsInput{AnomalyDetectorTypes: []string{"METRIC_MATH"}}))(t)
	want := &cloudwatchapi.PutAnomalyDetectorInput{}
	s.decode(ratio, want)
	servicetest.Diff(t, []cloudwatchapi.AnomalyDetector{{
		AnomalyDetectorId: &math, StateValue: new("PENDING_TRAINING"), MetricMathAnomalyDetector: want.MetricMathAnomalyDetector,
		Configuration: &cloudwatchapi.AnomalyDetectorConfiguration{ExcludedTimeRanges: []cloudwatchapi.Range{}},
	}}, got.AnomalyDetectors)

	const one, p99, other, pending = "ns m Average a=1 b=2", "ns m p99", "other m Sum", "PENDING_TRAINING"
	for what, tt := range map[string]struct {
		in   cloudwatchapi.DescribeAnomalyDetectorsInput
		want map[string]string
	}{
		"all for metrics":  {cloudwatchapi.DescribeAnomalyDetectorsInput{}, map[string]string{one: pending, p99: pending, other: pending}},
		"in pages":         {cloudwatchapi.DescribeAnomalyDetectorsInput{MaxResults: new(int32(1))}, map[string]string{one: pending, p99: pending, other: pending}},
		"of both kinds":    {cloudwatchapi.DescribeAnomalyDetectorsInput{AnomalyDetectorTypes: []string{"SINGLE_METRIC", "METRIC_MATH"}}, map[string]string{one: pending, p99: pending, other: pending, "math": pending}},
		"of a namespace":   {cloudwatchapi.DescribeAnomalyDetectorsInput{Namespace: new("ns")}, map[string]string{one: pending, p99: pending}},
		"of a name":        {cloudwatchapi.DescribeAnomalyDetectorsInput{MetricName: new("n")}, map[string]string{}},
		"of dimensions":    {cloudwatchapi.DescribeAnomalyDetectorsInput{Dimensions: []cloudwatchapi.Dimension{dimensions[1], dimensions[0]}}, map[string]string{one: pending}},
		"of one dimension": {cloudwatchapi.DescribeAnomalyDetectorsInput{Dimensions: dimensions[:1]}, map[string]string{}},
		"of an ID of none": {cloudwatchapi.DescribeAnomalyDetectorsInput{AnomalyDetectorIds: []string{"none"}}, map[string]string{}},
	} {
		t.Run(what, func(t *testing.T) { servicetest.Diff(t, tt.want, s.detectors(&tt.in)) })
	}
	elsewhere := s.in(servicetest.Account, "eu-west-1")
	servicetest.Diff(t, map[string]string{}, elsewhere.detectors(&cloudwatchapi.DescribeAnomalyDetectorsInput{}))

	for _, in := range []string{`{"AnomalyDetectorId":"` + flat + `"}`, `{"SingleMetricAnomalyDetector":{"Namespace":"ns","MetricName":"m","Stat":"p99"}}`, ratio} {
		gone := &cloudwatchapi.DeleteAnomalyDetectorInput{}
		s.decode(in, gone)
		servicetest.Must(s.DeleteAnomalyDetector(s.ctx, gone))(t)
		_, err := s.DeleteAnomalyDetector(s.ctx, gone)
		servicetest.WantCode(t, err, "ResourceNotFoundException")
	}
	servicetest.Diff(t, map[string]string{other: pending}, s.detectors(&cloudwatchapi.DescribeAnomalyDetectorsInput{AnomalyDetectorTypes: []string{"SINGLE_METRIC", "METRIC_MATH"}}))
}

// A detector waits for its training, and then has enough data or not; one that is put again waits again.
func TestTrainingOfDetectors(t *testing.T) {
	s := open(t, cloudwatch.Computed())
	for _, name := range []string{"a", "b", "enough"} {
		s.fill(name, saw)
	}
	s.put(`{"MetricName":"few","Value":1}`)
	s.putDetector(`{"Namespace":"ns","MetricName":"enough","Stat":"Average"}`)
	s.putDetector(`{"Namespace":"ns","MetricName":"few","Stat":"Average"}`)
	s.putDetector(`{"Namespace":"ns","MetricName":"none","Stat":"Average"}`)
	s.putDetector(ratio)
	all := func() map[string]string {
		t.Helper()
		return s.detectors(&cloudwatchapi.DescribeAnomalyDetectorsInput{AnomalyDetectorTypes: []string{"SINGLE_METRIC", "METRIC_MATH"}})
	}
	want := map[string]string{"ns enough Average": "TRAINED", "ns few Average": "TRAINED_INSUFFICIENT_DATA", "ns none Average": "TRAINED_INSUFFICIENT_DATA", "math": "TRAINED"}
	for range 2 {
		if err := s.Train(t.Context()); err != nil {
			t.Fatal(err)
		}
		servicetest.Diff(t, want, all())
	}
	s.putDetector(`{"Namespace":"ns","MetricName":"enough","Stat":"Average"}`)
	want["ns enough Average"] = "PENDING_TRAINING"
	servicetest.Diff(t, want, all())
}

// Who puts an alarm that compares a metric with its band has a detector for it.
func TestEnsureDetector(t *testing.T) {
	s := open(t, cloudwatch.Computed())
	if err := s.EnsureDetector(s.ctx, five("m")); err != nil {
		t.Fatal(err)
	}
	id := s.putDetector(`{"Namespace":"ns","MetricName":"m","Stat":"Average","Configuration":{"MetricTimezone":"UTC"}}`)
	if err := s.EnsureDetector(s.ctx, five("m")); err != nil {
		t.Fatal(err)
	}
	out := servicetest.Must(s.DescribeAnomalyDetectors(s.ctx, &cloudwatchapi.DescribeAnomalyDetectorsInput{}))(t)
	if len(out.AnomalyDetectors) != 1 || *out.AnomalyDetectors[0].AnomalyDetectorId != id || *out.AnomalyDetectors[0].Configuration.MetricTimezone != "UTC" {
		t.Errorf("the detectors are %v", out.AnomalyDetectors)
	}
}

func TestBadDetectors(t *testing.T) {
	s := open(t, cloudwatch.Computed())
	const metric = `"Namespace":"ns","MetricName":"m","Stat":"Average"`
	queries := func(list string) string {
		return `{"MetricMathAnomalyDetector":{"MetricDataQueries":[` + list + `]}}`
	}
	const m1 = `{"Id":"m1","ReturnData":false,"MetricStat":{"Metric":{"Namespace":"ns","MetricName":"a"},"Period":300,"Stat":"Sum"}}`
	for _, tt := range []struct{ name, in, code, message string }{
		{"nothing", `{}`, "MissingRequiredParameterException", "SingleMetricAnomalyDetector"},
		{"no statistic", `{"Namespace":"ns","MetricName":"m"}`, "MissingRequiredParameterException", "Stat"},
		{"no name", `{"SingleMetricAnomalyDetector":{"Namespace":"ns","Stat":"Sum"}}`, "MissingRequiredParameterException", "MetricName"},
		{"a statistic that is none", `{"Namespace":"ns","MetricName":"m","Stat":"Median"}`, "InvalidParameterValueException", "Median"},
		{"both forms", `{` + metric + `,"SingleMetricAnomalyDetector":{` + metric + `}}`, "InvalidParameterCombinationException", "SingleMetricAnomalyDetector"},
		{"a metric and an expression", `{"SingleMetricAnomalyDetector":{` + metric + `},"MetricMathAnomalyDetector":{"MetricDataQueries":[` + m1 + `]}}`, "InvalidParameterCombinationException", "mutually exclusive"},
		{"a dimension twice", `{` + metric + `,"Dimensions":[{"Name":"a","Value":"1"},{"Name":"a","Value":"2"}]}`, "InvalidParameterValueException", "same dimension name twice"},
		{"another account", `{"SingleMetricAnomalyDetector":{"AccountId":"999999999999",` + metric + `}}`, "InvalidParameterValueException", "999999999999"},
		{"a zone that is none", `{` + metric + `,"Configuration":{"MetricTimezone":"Mars/Base"}}`, "InvalidParameterValueException", "Mars/Base"},
		{"a zone that is a path", `{` + metric + `,"Configuration":{"MetricTimezone":"../../etc/passwd"}}`, "InvalidParameterValueException", "not a time zone"},
		{"a range that ends first", `{` + metric + `,"Configuration":{"ExcludedTimeRanges":[{"StartTime":"2026-01-02T00:00:00Z","EndTime":"2026-01-01T00:00:00Z"}]}}`, "InvalidParameterValueException", "ExcludedTimeRanges.member.1.StartTime"},
		{"no queries", queries(""), "MissingRequiredParameterException", "MetricDataQueries"},
		{"none that is returned", queries(m1), "ValidationError", "Exactly one metric query must have ReturnData set to true."},
		{"two that are returned", queries(m1 + `,{"Id":"e","Expression":"m1*2"},{"Id":"f","Expression":"m1*3"}`), "ValidationError", "Exactly one metric query"},
		{"an Id twice", queries(m1 + `,{"Id":"m1","Expression":"1"}`), "ValidationError", "not unique"},
		{"an Id that is none", queries(m1 + `,{"Id":"E","Expression":"m1"}`), "ValidationError", "expected pattern"},
		{"neither metric nor expression", queries(m1 + `,{"Id":"e"}`), "InvalidParameterCombinationException", "Exactly one of"},
		{"an expression that does not read", queries(m1 + `,{"Id":"e","Expression":"m1 +"}`), "ValidationError", "Error in expression 'e'"},
		{"an expression about what there is not", queries(m1 + `,{"Id":"e","Expression":"m1 + m2"}`), "ValidationError", "with the id 'm2'"},
		{"a search", queries(m1 + `,{"Id":"e","Expression":"FIRST(SEARCH('x', 'Sum', 60))"}`), "ValidationError", "SEARCH"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			put := &cloudwatchapi.PutAnomalyDetectorInput{}
			s.decode(tt.in, put)
			_, err := s.PutAnomalyDetector(s.ctx, put)
			servicetest.WantCode(t, err, tt.code, tt.message)
		})
	}
	many := &cloudwatchapi.PutAnomalyDetectorInput{Namespace: new("ns"), MetricName: new("m"), Stat: new("Sum"), Configuration: &cloudwatchapi.AnomalyDetectorConfiguration{ExcludedTimeRanges: make([]cloudwatchapi.Range, 11)}}
	_, err := s.PutAnomalyDetector(s.ctx, many)
	servicetest.WantCode(t, err, "InvalidParameterValueException", "10")
	servicetest.Diff(t, map[string]string{}, s.detectors(&cloudwatchapi.DescribeAnomalyDetectorsInput{}))

	_, err = s.DescribeAnomalyDetectors(s.ctx, &cloudwatchapi.DescribeAnomalyDetectorsInput{AnomalyDetectorIds: []string{"a"}, MetricName: new("m")})
	servicetest.WantCode(t, err, "InvalidParameterCombinationException")
	_, err = s.DescribeAnomalyDetectors(s.ctx, &cloudwatchapi.DescribeAnomalyDetectorsInput{MaxResults: new(int32(101))})
	servicetest.WantCode(t, err, "InvalidParameterValueException")
	_, err = s.DescribeAnomalyDetectors(s.ctx, &cloudwatchapi.DescribeAnomalyDetectorsInput{NextToken: new("made up")})
	servicetest.WantCode(t, err, "InvalidNextToken")
	_, err = s.DeleteAnomalyDetector(s.ctx, &cloudwatchapi.DeleteAnomalyDetectorInput{AnomalyDetectorId: new("a"), MetricName: new("m"), Namespace: new("ns"), Stat: new("Sum")})
	servicetest.WantCode(t, err, "InvalidParameterCombinationException")

	for i := range 500 {
		s.putDetector(fmt.Sprintf(`{"Namespace":"ns","MetricName":"m%d","Stat":"Sum"}`, i))
	}
	_, err = s.PutAnomalyDetector(s.ctx, &cloudwatchapi.PutAnomalyDetectorInput{Namespace: new("ns"), MetricName: new("one more"), Stat: new("Sum")})
	servicetest.WantCode(t, err, "LimitExceededException", "500")
	s.putDetector(`{"Namespace":"ns","MetricName":"m7","Stat":"Sum"}`)
}
