package cloudwatch_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/cloudwatch"
	"github.com/sillok/sillok/internal/servicetest"
)

// sent is data as they come in protocols of others.
func (s *service) sent(attributes map[string]string, data ...string) *cloudwatchapi.PutMetricDataInput {
	s.t.Helper()
	in := &cloudwatchapi.PutMetricDataInput{Namespace: new("ns")}
	e := cloudwatchapi.EntityMetricData{Entity: &cloudwatchapi.Entity{Attributes: map[string]string{"Namespace": "ns"}}}
	maps.Copy(e.Entity.Attributes, attributes)
	for _, d := range data {
		var one cloudwatchapi.MetricDatum
		s.decode(d, &one)
		e.MetricData = append(e.MetricData, one)
	}
	in.EntityMetricData = []cloudwatchapi.EntityMetricData{e}
	return in
}

// kept returns what is kept of the metric "m" in the last hour: count, sum, least, greatest
// and the median of each minute that has some, the last first.
func (s *service) kept() (lines []string) {
	s.t.Helper()
	var results [][]float64
	for _, stat := range []string{"SampleCount", "Sum", "Minimum", "Maximum", "p50"} {
		_, out, err := s.data(&cloudwatchapi.GetMetricDataInput{}, fmt.Sprintf(`{"MetricStat":{"Metric":{"Namespace":"ns","MetricName":"m"},"Period":60,"Stat":%q}}`, stat))
		if err != nil {
			s.t.Fatal(err)
		}
		results = append(results, out.MetricDataResults[0].Values)
	}
	for i := range results[0] {
		line := fmt.Sprintf("n=%v sum=%v min=%v max=%v", results[0][i], results[1][i], results[2][i], results[3][i])
		if i < len(results[4]) {
			line += fmt.Sprintf(" p50=%.4g", results[4][i])
		}
		lines = append(lines, line)
	}
	return lines
}

func TestTotalsAreKeptAsWhatWasAdded(t *testing.T) {
	at := func(minutes int, value string) string {
		return fmt.Sprintf(`{"MetricName":"m","Timestamp":"AT%d","Values":[%s]}`, minutes, value)
	}
	for _, tt := range []struct {
		name string
		sent [][]string // requests; each datum with "since|" in front
		want []string   // the last minute first
	}{
		{"a counter", [][]string{{"5|" + at(9, "10")}, {"5|" + at(8, "12")}, {"5|" + at(7, "12")}, {"5|" + at(6, "20")}}, []string{"n=1 sum=8 min=8 max=8 p50=8", "n=1 sum=0 min=0 max=0 p50=0", "n=1 sum=2 min=2 max=2 p50=2"}},
		{"several in one request", [][]string{{"5|" + at(9, "10"), "5|" + at(8, "12"), "5|" + at(7, "15")}}, []string{"n=1 sum=3 min=3 max=3 p50=3", "n=1 sum=2 min=2 max=2 p50=2"}},
		{"the same once more", [][]string{{"5|" + at(9, "10")}, {"5|" + at(8, "12")}, {"5|" + at(8, "12")}, {"5|" + at(9, "10")}}, []string{"n=1 sum=2 min=2 max=2 p50=2"}},
		{"one that began anew", [][]string{{"5|" + at(9, "10")}, {"6|" + at(8, "12")}}, []string{"n=1 sum=12 min=12 max=12 p50=12"}},
		{"one that is less", [][]string{{"0|" + at(9, "10")}, {"0|" + at(8, "4")}}, []string{"n=1 sum=4 min=4 max=4 p50=4"}},
		{
			"a histogram",
			[][]string{
				{`0|{"MetricName":"m","Timestamp":"AT9","Values":[1,10],"Counts":[2,2],"StatisticValues":{"SampleCount":4,"Sum":23,"Minimum":1,"Maximum":10}}`},
				{`0|{"MetricName":"m","Timestamp":"AT8","Values":[1,10,100],"Counts":[2,5,1],"StatisticValues":{"SampleCount":8,"Sum":160,"Minimum":1,"Maximum":100}}`},
				{`0|{"MetricName":"m","Timestamp":"AT7","Values":[1,10,100],"Counts":[2,5,1],"StatisticValues":{"SampleCount":8,"Sum":160,"Minimum":1,"Maximum":100}}`},
			},
			[]string{"n=4 sum=137 min=10 max=100 p50=10.55"},
		},
		{
			"a summary",
			[][]string{
				{`0|{"MetricName":"m","Timestamp":"AT9","StatisticValues":{"SampleCount":4,"Sum":23,"Minimum":1,"Maximum":10}}`},
				{`0|{"MetricName":"m","Timestamp":"AT8","StatisticValues":{"SampleCount":6,"Sum":29,"Minimum":2,"Maximum":4}}`},
			},
			[]string{"n=2 sum=6 min=2 max=4"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t, nil)
			for _, request := range tt.sent {
				var in *cloudwatchapi.PutMetricDataInput
				for _, one := range request {
					since, datum := one[:1], one[2:]
					for m := 9; m > 5; m-- {
						datum = strings.ReplaceAll(datum, fmt.Sprintf("AT%d", m), s.at(m))
					}
					part := s.sent(map[string]string{"Total": since, "Source": "a"}, datum)
					if in == nil {
						in = part
						continue
					}
					in.EntityMetricData = append(in.EntityMetricData, part.EntityMetricData...)
				}
				servicetest.Must(s.PutTelemetry(s.ctx, in))(t)
			}
			if diff := cmp.Diff(tt.want, s.kept()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Two that send totals of one metric do not disturb each other, and neither do accounts.
func TestTotalsOfSeveral(t *testing.T) {
	s := open(t, nil)
	for _, one := range []struct {
		source string
		minute int
		value  int
	}{{"a", 9, 100}, {"b", 9, 5}, {"a", 8, 101}, {"b", 8, 7}} {
		servicetest.Must(s.PutTelemetry(s.ctx, s.sent(map[string]string{"Total": "1", "Source": one.source},
			fmt.Sprintf(`{"MetricName":"m","Timestamp":%q,"Values":[%d]}`, s.at(one.minute), one.value))))(t)
	}
	other := servicetest.As(t, "444455556666", "ap-northeast-2")
	servicetest.Must(s.PutTelemetry(other, s.sent(map[string]string{"Total": "1", "Source": "a"}, fmt.Sprintf(`{"MetricName":"m","Timestamp":%q,"Values":[500]}`, s.at(7)))))(t)
	if diff := cmp.Diff([]string{"n=2 sum=3 min=1 max=2 p50=1.1"}, s.kept()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is known as a whole stands, and the ranges tell how it is spread.
func TestHistogramsAreKept(t *testing.T) {
	s := open(t, nil)
	servicetest.Must(s.PutTelemetry(s.ctx, s.sent(nil,
		fmt.Sprintf(`{"MetricName":"m","Timestamp":%q,"Values":[3,15,25],"Counts":[6,3,1],"StatisticValues":{"SampleCount":10,"Sum":61.5,"Minimum":1,"Maximum":30}}`, s.at(9)),
		fmt.Sprintf(`{"MetricName":"m","Timestamp":%q,"Values":[3],"Counts":[4],"StatisticValues":{"SampleCount":4,"Sum":13,"Minimum":2.5,"Maximum":4}}`, s.at(8)),
		fmt.Sprintf(`{"MetricName":"m","Timestamp":%q,"Values":[-3],"Counts":[4],"StatisticValues":{"SampleCount":4,"Sum":-13,"Minimum":-4,"Maximum":-2.5}}`, s.at(7)))))(t)
	// A negative minute has no percentiles, so that those of the others stand a line higher.
	want := []string{"n=4 sum=-13 min=-4 max=-2.5 p50=2.992", "n=4 sum=13 min=2.5 max=4 p50=3.089", "n=10 sum=61.5 min=1 max=30"}
	if diff := cmp.Diff(want, s.kept()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Each namespace is decided, and where one is refused nothing is kept and no total moves.
func TestNamespacesAreDecided(t *testing.T) {
	denied := true
	may := func(_ context.Context, action, arn string, conditions map[string][]string) error {
		if denied {
			return cloud.Errorf(cloud.Denied, "AccessDenied", "%s on %s in %v", action, arn, conditions["cloudwatch:namespace"])
		}
		return nil
	}
	kept, err := cloudwatch.Open(t.Context(), cloudwatch.Config{Log: slog.New(slog.DiscardHandler), Dir: t.TempDir(), May: may}, servicetest.Store(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	call := cloud.CallOf(servicetest.Call(t))
	call.Principal = cloud.RootOf(call.Account)
	s := &service{kept, t, cloud.WithCall(t.Context(), call), time.Now().UTC().Truncate(time.Minute).Add(-time.Minute)}
	datum := func(minutes, value int) string {
		return fmt.Sprintf(`{"MetricName":"m","Timestamp":%q,"Values":[%d]}`, s.at(minutes), value)
	}
	total := map[string]string{"Total": "0"}
	servicetest.Must(s.PutTelemetry(s.ctx, s.sent(total, datum(9, 1))))(t)
	in := s.sent(total, datum(8, 3))
	in.EntityMetricData = append(in.EntityMetricData, s.sent(map[string]string{"Namespace": "other"}, datum(8, 1)).EntityMetricData...)
	if _, err := s.PutTelemetry(s.ctx, in); err == nil || err.Error() != "AccessDenied: cloudwatch:PutMetricData on * in [other]" {
		t.Fatalf("%v", err)
	}
	if got := s.kept(); got != nil {
		t.Errorf("%v is kept", got)
	}
	denied = false
	servicetest.Must(s.PutTelemetry(s.ctx, in))(t)
	if diff := cmp.Diff([]string{"n=1 sum=2 min=2 max=2 p50=2"}, s.kept()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
