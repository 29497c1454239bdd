package cloudwatch_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/service/cloudwatch"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/series"
	"github.com/sillok/sillok/internal/store/series/summary"
)

// one is a datum that is taken, but for what change does to it.
func one(change func(*cloudwatchapi.MetricDatum)) []cloudwatchapi.MetricDatum {
	d := cloudwatchapi.MetricDatum{MetricName: new("m"), Value: new(1.0)}
	change(&d)
	return []cloudwatchapi.MetricDatum{d}
}

func dimensions(n int) (all []cloudwatchapi.Dimension) {
	for i := range n {
		all = append(all, cloudwatchapi.Dimension{Name: new(fmt.Sprint("d", i)), Value: new("v")})
	}
	return all
}

// One bad datum refuses all of them.
func TestBadData(t *testing.T) {
	s := open(t, nil)
	good := func(*cloudwatchapi.MetricDatum) {}
	for _, tt := range []struct {
		name    string
		data    []cloudwatchapi.MetricDatum
		message string // empty for what is taken
	}{
		{"30 dimensions", one(func(d *cloudwatchapi.MetricDatum) { d.Dimensions = dimensions(30) }), ""},
		{"31 dimensions", one(func(d *cloudwatchapi.MetricDatum) { d.Dimensions = dimensions(31) }), "The collection MetricData.member.1.Dimensions must not have a size greater than 30."},
		{"2^360", one(func(d *cloudwatchapi.MetricDatum) { *d.Value = math.Pow(2, 360) }), ""},
		{"-2^360", one(func(d *cloudwatchapi.MetricDatum) { *d.Value = -math.Pow(2, 360) }), ""},
		{"more than 2^360", one(func(d *cloudwatchapi.MetricDatum) { *d.Value = math.Nextafter(math.Pow(2, 360), math.Inf(1)) }), "The value 2.348542582773834E108 for parameter MetricData.member.1.Value is invalid."},
		{"NaN", one(func(d *cloudwatchapi.MetricDatum) { *d.Value = math.NaN() }), "The value NaN for parameter MetricData.member.1.Value is invalid."},
		{"infinity", one(func(d *cloudwatchapi.MetricDatum) { *d.Value = math.Inf(-1) }), "The value -Infinity for parameter MetricData.member.1.Value is invalid."},
		{"NaN among values", one(func(d *cloudwatchapi.MetricDatum) { d.Value, d.Values = nil, []float64{1, math.NaN()} }), "The value NaN for parameter MetricData.member.1.Values.member.2 is invalid."},
		{"an infinite count", one(func(d *cloudwatchapi.MetricDatum) {
			d.Value, d.Values, d.Counts = nil, []float64{1}, []float64{math.Inf(1)}
		}), "The value Infinity for parameter MetricData.member.1.Counts.member.1 is invalid."},
		{"151 values", one(func(d *cloudwatchapi.MetricDatum) { d.Value, d.Values = nil, make([]float64, 151) }), "The collection MetricData.member.1.Values must not have a size greater than 150."},
		{"150 values", one(func(d *cloudwatchapi.MetricDatum) { d.Value, d.Values = nil, make([]float64, 150) }), ""},
		{"counts that are empty", one(func(d *cloudwatchapi.MetricDatum) { d.Counts = []float64{} }), ""},
		{"three hours ahead", one(func(d *cloudwatchapi.MetricDatum) { d.Timestamp = new(time.Now().Add(3 * time.Hour)) }), "The parameter MetricData.member.1.Timestamp must specify a time no more than two hours in the future."},
		{"nearly two weeks", one(func(d *cloudwatchapi.MetricDatum) {
			d.Timestamp = new(time.Now().Add(-14*24*time.Hour + 2*time.Minute))
		}), ""},
		{"a unit that is none", one(func(d *cloudwatchapi.MetricDatum) { d.Unit = new("Miles") }), "The parameter MetricData.member.1.Unit must be a value in the set [ Seconds, Microseconds,"},
		{"a resolution of 10", one(func(d *cloudwatchapi.MetricDatum) { d.StorageResolution = new(int32(10)) }), "The parameter MetricData.member.1.StorageResolution must be a value in the set [ 1, 60 ]."},
		{"1,001 data", make1001(one(good)[0]), "The collection MetricData must not have a size greater than 1000."},
		{"the second of two", append(one(good), one(func(d *cloudwatchapi.MetricDatum) { d.Value = nil })...), "At least one of the parameters must be specified."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.PutMetricData(s.ctx, &cloudwatchapi.PutMetricDataInput{Namespace: new(tt.name), MetricData: tt.data})
			if tt.message == "" && err != nil || tt.message != "" && (err == nil || cloud.KindOf(err) != cloud.Invalid || !strings.Contains(err.Error(), tt.message)) {
				t.Errorf("%v, want %q", err, tt.message)
			}
			out := servicetest.Must(s.ListMetrics(s.ctx, &cloudwatchapi.ListMetricsInput{Namespace: new(tt.name)}))(t)
			if taken := len(out.Metrics) > 0; taken != (tt.message == "") {
				t.Errorf("%d metrics were made", len(out.Metrics))
			}
		})
	}
}

func make1001(d cloudwatchapi.MetricDatum) []cloudwatchapi.MetricDatum {
	all := make([]cloudwatchapi.MetricDatum, 1001)
	for i := range all {
		all[i] = d
	}
	return all
}

// Metrics of entities share the limit with the others.
func TestDataOfEntities(t *testing.T) {
	s := open(t, nil)
	data := make1001(one(func(*cloudwatchapi.MetricDatum) {})[0])
	in := &cloudwatchapi.PutMetricDataInput{
		Namespace: new("ns"), MetricData: data[:600], StrictEntityValidation: new(false),
		EntityMetricData: []cloudwatchapi.EntityMetricData{{Entity: &cloudwatchapi.Entity{KeyAttributes: map[string]string{"Type": "Odd"}}, MetricData: data[:401]}},
	}
	_, err := s.PutMetricData(s.ctx, in)
	servicetest.WantCode(t, err, "InvalidParameterValueException", "1000")
	in.EntityMetricData[0].MetricData = data[:400]
	servicetest.Must(s.PutMetricData(s.ctx, in))(t)
	s.wantData("all", []string{`q1 "m" Complete`}, stat("m", "Sum", `,"ReturnData":true`))
}

func TestBadQueries(t *testing.T) {
	s := open(t, nil)
	for _, tt := range []struct{ name, query, message string }{
		{"a period of 45 s", strings.Replace(stat("m", "Sum"), "60", "45", 1), "The parameter MetricDataQueries.member.1.MetricStat.Period must be a value in the set [1, 5, 10, 20, 30]."},
		{"a period of 90 s", strings.Replace(stat("m", "Sum"), "60", "90", 1), "The parameter MetricDataQueries.member.1.MetricStat.Period must be a multiple of 60."},
		{"a period of 0", strings.Replace(stat("m", "Sum"), "60", "0", 1), "The parameter MetricDataQueries.member.1.MetricStat.Period must be a value in the set [1, 5, 10, 20, 30]."},
		{"neither", `{"Id":"q"}`, "The parameter MetricDataQueries.member.1.MetricStat is required.\n"},
		{"an expression", `{"Id":"q","Expression":"1+1"}`, "Sillok does not evaluate expressions in GetMetricData yet"},
		{"too many dynamic values", stat("m", "Sum", `,"Label":"${MIN}${MAX}${AVG}${SUM}${LAST}${FIRST}"`), "has more than 5 dynamic values"},
	} {
		_, _, err := s.data(&cloudwatchapi.GetMetricDataInput{}, tt.query)
		if err == nil || !strings.Contains(err.Error(), tt.message) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.message)
		}
	}
	many := make([]string, 501)
	for i := range many {
		many[i] = stat("m", "Sum")
	}
	_, _, err := s.data(&cloudwatchapi.GetMetricDataInput{}, many...)
	servicetest.WantCode(t, err, "ValidationError", "The collection MetricDataQueries must not have a size greater than 500.")
	for _, zone := range []string{"0130", "+1", "+0175", "+15 0", "+aa00", "++130", "--130", "+01-3", "+01+3", "+1500", "+0130 ", "é0130"} {
		_, _, err := s.data(&cloudwatchapi.GetMetricDataInput{LabelOptions: &cloudwatchapi.LabelOptions{Timezone: &zone}}, stat("m", "Sum"))
		servicetest.WantCode(t, err, "ValidationError", "LabelOptions.Timezone")
	}
	_, err = s.GetMetricStatistics(s.ctx, &cloudwatchapi.GetMetricStatisticsInput{
		Namespace: new("ns"), MetricName: new("never"), StartTime: new(s.now), EndTime: new(s.now.Add(time.Minute)), Period: new(int32(60)),
	})
	servicetest.WantCode(t, err, "InvalidParameterCombinationException", "Must specify either Statistics or ExtendedStatistics")
	for _, start := range []time.Time{s.now.Add(-25 * time.Hour), s.now.AddDate(-300, 0, 0), {}} {
		_, err = s.GetMetricStatistics(s.ctx, &cloudwatchapi.GetMetricStatisticsInput{
			Namespace: new("ns"), MetricName: new("never"), StartTime: &start, EndTime: &s.now, Period: new(int32(60)), Statistics: []string{"Sum"},
		})
		servicetest.WantCode(t, err, "InvalidParameterCombinationException", "which exceeds the limit of 1440")
	}
}

// Whoever makes up a token gets no other answer than one of its page.
func TestTokensThatWereMadeUp(t *testing.T) {
	s := open(t, nil)
	s.put(`{"MetricName":"m","Timestamp":"` + s.at(3) + `","Value":4}`)
	for _, name := range []string{"-5/0/0", "7/-1/0", "99999999999999999999/0/0", "x", "0/9/0"} {
		in := &cloudwatchapi.GetMetricDataInput{}
		if _, _, err := s.data(in, stat("m", "Sum")); err != nil {
			t.Fatal(err)
		}
		twice := func(string) iter.Seq2[resource.Entry[int], error] {
			return func(yield func(resource.Entry[int], error) bool) {
				for yield(resource.Entry[int]{Name: name}, nil) {
				}
			}
		}
		_, token, err := resource.Page(s.ctx, resource.TokenCode("InvalidNextToken").Page(in, nil, nil, 1), twice, resource.Whole)
		if err != nil {
			t.Fatal(err)
		}
		in.NextToken = token
		if _, err := s.GetMetricData(s.ctx, in); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLabels(t *testing.T) {
	s := open(t, nil)
	s.put(`{"MetricName":"m","Timestamp":"`+s.at(3)+`","Value":4}`, `{"MetricName":"m","Timestamp":"`+s.at(1)+`","Value":1.5}`)
	of := func(host, label string) string {
		q := strings.Replace(stat("cpu", "Sum"), `"MetricName":"cpu"`, fmt.Sprintf(`"MetricName":"cpu","Dimensions":[{"Name":"Host","Value":%q},{"Name":"Zone","Value":"a"}]`, host), 1)
		if label != "" {
			q = q[:len(q)-1] + fmt.Sprintf(`,"Label":%q}`, label)
		}
		return q
	}
	label := func(in *cloudwatchapi.GetMetricDataInput, queries ...string) (all []string) {
		t.Helper()
		_, out, err := s.data(in, queries...)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range out.MetricDataResults {
			all = append(all, *r.Label)
		}
		return all
	}
	servicetest.Diff(t, []string{"1", "2", "named"}, label(&cloudwatchapi.GetMetricDataInput{}, of("1", ""), of("2", ""), of("3", "named")))
	servicetest.Diff(t, []string{"ns m", "other m"}, label(&cloudwatchapi.GetMetricDataInput{}, stat("m", "Sum"), strings.Replace(stat("m", "Sum"), `"ns"`, `"other"`, 1)))
	first, last := s.now.Add(-3*time.Minute), s.now.Add(-time.Minute)
	const written = "2006-01-02 15:04:05 -0700"
	for text, want := range map[string]string{
		"${LABEL} at most ${MAX}":                  "m at most 4",
		"${MIN} ${AVG} ${SUM} ${FIRST} ${LAST}":    "1.5 2.75 5.5 4 1.5",
		"${DATAPOINT_COUNT} ${MIN_MAX_RANGE}":      "2 2.5",
		"${FIRST_LAST_RANGE} ${UNKNOWN} $ {MAX}":   "-2.5 ${UNKNOWN} $ {MAX}",
		"${FIRST_TIME}":                            first.Format(written),
		"${LAST_TIME} ${MAX_TIME}":                 last.Format(written) + " " + first.Format(written),
		"${FIRST_LAST_TIME_RANGE}":                 "2m0s",
		"${MIN_MAX_TIME_RANGE}":                    "2m0s",
		"${LAST_TIME_RELATIVE}":                    "2m0s ago",
		"${PROP('Region')} ${PROP('AccountId')}":   "ap-northeast-2 111122223333",
		"${PROP('Stat')} ${PROP('Period')}":        "Sum 60",
		"${PROP('Namespace')}/${PROP('Dim.None')}": "ns/",
		"${PROP('MetricName')} ${PROP('Odd')}":     "m ${PROP('Odd')}",
	} {
		servicetest.Diff(t, []string{want}, label(&cloudwatchapi.GetMetricDataInput{}, stat("m", "Sum", fmt.Sprintf(`,"Label":%q`, text))))
	}
	servicetest.Diff(t, []string{first.In(time.FixedZone("", -90*60)).Format(written)},
		label(&cloudwatchapi.GetMetricDataInput{LabelOptions: &cloudwatchapi.LabelOptions{Timezone: new("-0130")}}, stat("m", "Sum", `,"Label":"${FIRST_TIME}"`)))
	servicetest.Diff(t, []string{"-- -- 0 --"}, label(&cloudwatchapi.GetMetricDataInput{}, stat("none", "Sum", `,"Label":"${MAX} ${LAST_TIME} ${DATAPOINT_COUNT} ${FIRST_LAST_TIME_RANGE}"`)))
	servicetest.Diff(t, []string{"7 on a"}, label(&cloudwatchapi.GetMetricDataInput{}, of("7", "${PROP('Dim.Host')} on ${PROP('Dim.Zone')}")))
}

// doubled is an evaluator of one expression: of every metric, twice its values, and a
// track of what it read itself.
type doubled struct {
	err  error
	none bool // it returns no numbers
}

func (d doubled) by() float64 {
	if d.none {
		return math.NaN()
	}
	return 1
}

func (d doubled) Evaluate(ctx context.Context, r *cloudwatch.Request) (map[string][]cloudwatch.Track, []cloudwatchapi.MessageData, error) {
	if d.err != nil {
		return nil, nil, d.err
	}
	tracks := map[string][]cloudwatch.Track{}
	for _, q := range r.Queries {
		if q.Expression == nil {
			continue
		}
		m := r.Metrics["m"]
		twice := cloudwatch.Track{Label: "twice", Times: m.Times}
		for _, v := range m.Values {
			twice.Values = append(twice.Values, 2*v*d.by())
		}
		sum, _ := summary.ParseStatistic("Sum")
		var wanted []cloudwatch.Wanted
		err := r.Reader.List(ctx, series.Filter{Namespace: "ns"}, func(id metric.ID) bool {
			wanted = append(wanted, cloudwatch.Wanted{ID: id, Stat: sum, Period: 60, Start: r.Start, End: r.End})
			return true
		})
		if err != nil {
			return nil, nil, err
		}
		found, err := r.Reader.Read(ctx, wanted)
		if err != nil {
			return nil, nil, err
		}
		tracks[*q.Id] = append([]cloudwatch.Track{twice}, found...)
	}
	return tracks, []cloudwatchapi.MessageData{{Code: new("Code"), Value: new("said")}}, nil
}

// Expressions see the metrics of the call, and read others.
func TestExpressionsComeInByOneInterface(t *testing.T) {
	s := open(t, doubled{})
	s.put(`{"MetricName":"m","Timestamp":"`+s.at(3)+`","Value":4}`, `{"MetricName":"m","Timestamp":"`+s.at(1)+`","Value":1}`)
	m := strings.Replace(stat("m", "Sum", `,"ReturnData":false`), "{", `{"Id":"m",`, 1)
	got, out, err := s.data(&cloudwatchapi.GetMetricDataInput{MaxDatapoints: new(int32(1))}, m, `{"Id":"e","Expression":"SEARCH('{ns} m', 'Sum', 60)"}`)
	if err != nil {
		t.Fatal(err)
	}
	servicetest.Diff(t, []string{`e "e" Complete 2@1 8@3`, `e "e" Complete 1@1 4@3`}, []string{strings.Replace(got[0], "twice", "e", 1), got[1]})
	servicetest.Diff(t, []cloudwatchapi.MessageData{{Code: new("Code"), Value: new("said")}}, out.Messages)
	if out.NextToken != nil {
		t.Error("what is computed comes in pages")
	}
	cause := errors.New("no")
	s = open(t, doubled{err: cause})
	if _, _, err := s.data(&cloudwatchapi.GetMetricDataInput{}, `{"Id":"e","Expression":"m"}`); !errors.Is(err, cause) {
		t.Errorf("error is %v, want %v", err, cause)
	}
}

// An expression may return what is no number, and its label may speak of it.
func TestLabelsOfWhatIsNoNumber(t *testing.T) {
	s := open(t, doubled{none: true})
	s.put(`{"MetricName":"m","Timestamp":"` + s.at(3) + `","Value":4}`)
	m := strings.Replace(stat("m", "Sum", `,"ReturnData":false`), "{", `{"Id":"m",`, 1)
	got, _, err := s.data(&cloudwatchapi.GetMetricDataInput{}, m, `{"Id":"e","Expression":"m/0","Label":"${MAX} ${MIN_TIME} ${MAX_TIME} ${MIN_MAX_TIME_RANGE}"}`)
	if err != nil {
		t.Fatal(err)
	}
	const at = "2006-01-02 15:04:05 -0700"
	when := s.now.Add(-3 * time.Minute).Format(at)
	servicetest.Diff(t, []string{fmt.Sprintf(`e "NaN %s %s 0s" Complete NaN@3`, when, when)}, got[:1])
}
