package cloudwatch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric/metrictest"
	"github.com/sillok/sillok/internal/service/cloudwatch"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
)

// firehose is a bus that keeps what it is to deliver.
type firehose struct {
	deliveries []bus.Delivery
	fails      error
}

func (c *firehose) Takes(arn cloud.ARN) bool { return arn.Resource != "deliverystream/unknown" }

func (c *firehose) Deliver(_ state.Tx, d bus.Delivery) (string, error) {
	if c.fails == nil {
		c.deliveries = append(c.deliveries, d)
	}
	return "1", c.fails
}

// lines returns what was delivered as "stream: metric minutes ago count sum", in order, and
// forgets it.
func (c *firehose) lines(tb testing.TB, now time.Time) (lines []string) {
	tb.Helper()
	for _, d := range c.deliveries {
		for line := range strings.Lines(string(d.Payload)) {
			var u struct {
				Stream     string            `json:"metric_stream_name"`
				Metric     string            `json:"metric_name"`
				Dimensions map[string]string `json:"dimensions"`
				Timestamp  int64             `json:"timestamp"`
				Value      map[string]float64
				Unit       string
			}
			if err := json.Unmarshal([]byte(line), &u); err != nil {
				tb.Fatalf("%q: %v", line, err)
			}
			lines = append(lines, fmt.Sprintf("%s: %s %v %s %v %v", u.Stream, u.Metric, now.Sub(time.UnixMilli(u.Timestamp)).Minutes(), u.Unit, u.Value["count"], u.Value["sum"]))
		}
	}
	c.deliveries = nil
	slices.Sort(lines)
	return lines
}

const (
	firehoseARN = "arn:aws:firehose:ap-northeast-2:111122223333:deliverystream/d"
	roleARN     = "arn:aws:iam::111122223333:role/r"
)

// streaming returns CloudWatch with a bus, and what it counts.
func streaming(t *testing.T) (*service, *firehose, *metrictest.Emitted) {
	t.Helper()
	c, emitted := &firehose{}, &metrictest.Emitted{}
	s, err := cloudwatch.Open(t.Context(), cloudwatch.Config{Log: slog.New(slog.DiscardHandler), Dir: t.TempDir(), Streams: c, Metrics: emitted}, servicetest.Store(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &service{s, t, servicetest.Call(t), time.Now().UTC().Truncate(time.Minute).Add(-time.Minute)}, c, emitted
}

func (s *service) send() {
	s.t.Helper()
	if err := s.SendStreams(s.ctx, time.Now().Add(2*time.Minute)); err != nil {
		s.t.Fatal(err)
	}
}

// stream puts a stream of all metrics in JSON, but for what change says.
func (s *service) stream(name string, change ...func(*cloudwatchapi.PutMetricStreamInput)) {
	s.t.Helper()
	servicetest.Must(s.PutMetricStream(s.ctx, streamInput(name, change...)))(s.t)
}

func streamInput(name string, change ...func(*cloudwatchapi.PutMetricStreamInput)) *cloudwatchapi.PutMetricStreamInput {
	in := &cloudwatchapi.PutMetricStreamInput{Name: &name, FirehoseArn: new(firehoseARN), RoleArn: new(roleARN), OutputFormat: new("json")}
	for _, c := range change {
		c(in)
	}
	return in
}

func filters(of ...string) (all []cloudwatchapi.MetricStreamFilter) {
	for _, f := range of {
		namespace, names, some := strings.Cut(f, ":")
		filter := cloudwatchapi.MetricStreamFilter{Namespace: &namespace}
		if some {
			filter.MetricNames = strings.Split(names, ",")
		}
		all = append(all, filter)
	}
	return all
}

func (s *service) sends(c *firehose, want ...string) {
	s.t.Helper()
	s.send()
	if diff := cmp.Diff(want, c.lines(s.t, s.now)); diff != "" {
		s.t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStreamsSendWhatSettles(t *testing.T) {
	s, c, emitted := streaming(t)
	datum := func(name string, minutes, value int) string {
		return fmt.Sprintf(`{"MetricName":%q,"Timestamp":%q,"Value":%d,"Unit":"Count"}`, name, s.at(minutes), value)
	}
	s.put(datum("m", 5, 1)) // before there is a stream
	s.stream("all")
	s.stream("some", func(in *cloudwatchapi.PutMetricStreamInput) { in.IncludeFilters = filters("ns:n", "other") })
	s.stream("others", func(in *cloudwatchapi.PutMetricStreamInput) { in.ExcludeFilters = filters("ns:n") })
	s.put(datum("m", 4, 1), datum("m", 4, 2), datum("n", 4, 7), datum("m", 3, 1))
	s.sends(
		c, "all: m 3 Count 1 1", "all: m 4 Count 2 3", "all: n 4 Count 1 7",
		"others: m 3 Count 1 1", "others: m 4 Count 2 3", "some: n 4 Count 1 7",
	)
	want := []string{
		"111122223333/ap-northeast-2 AWS/CloudWatch/MetricStreams MetricUpdate [MetricStreamName=all] None [3]",
		"111122223333/ap-northeast-2 AWS/CloudWatch/MetricStreams MetricUpdate [MetricStreamName=others] None [2]",
		"111122223333/ap-northeast-2 AWS/CloudWatch/MetricStreams MetricUpdate [MetricStreamName=some] None [1]",
		"111122223333/ap-northeast-2 AWS/CloudWatch/MetricStreams MetricUpdate [] None [3 2 1]",
		"111122223333/ap-northeast-2 AWS/CloudWatch/MetricStreams TotalMetricUpdate [MetricStreamName=all] None [3]",
		"111122223333/ap-northeast-2 AWS/CloudWatch/MetricStreams TotalMetricUpdate [MetricStreamName=others] None [2]",
		"111122223333/ap-northeast-2 AWS/CloudWatch/MetricStreams TotalMetricUpdate [MetricStreamName=some] None [1]",
		"111122223333/ap-northeast-2 AWS/CloudWatch/MetricStreams TotalMetricUpdate [] None [3 2 1]",
	}
	if diff := cmp.Diff(want, emitted.Lines()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.sends(c) // nothing twice
	s.put(datum("m", 4, 5))
	s.sends(c, "all: m 4 Count 3 8", "others: m 4 Count 3 8") // late, and all of its minute again
	servicetest.Must(s.DeleteMetricStream(s.ctx, &cloudwatchapi.DeleteMetricStreamInput{Name: new("others")}))(t)
	s.put(datum("m", 2, 5))
	s.sends(c, "all: m 2 Count 1 5")
}

func TestAStreamThatIsStoppedDoesNotBackfill(t *testing.T) {
	s, c, _ := streaming(t)
	datum := func(minutes int) string {
		return fmt.Sprintf(`{"MetricName":"m","Timestamp":%q,"Value":1,"Unit":"Count"}`, s.at(minutes))
	}
	s.stream("a")
	s.stream("b")
	turn := func(start bool, names ...string) {
		t.Helper()
		if start {
			servicetest.Must(s.StartMetricStreams(s.ctx, &cloudwatchapi.StartMetricStreamsInput{Names: names}))(t)
			return
		}
		servicetest.Must(s.StopMetricStreams(s.ctx, &cloudwatchapi.StopMetricStreamsInput{Names: names}))(t)
	}
	state := func(want string) {
		t.Helper()
		got := servicetest.Must(s.GetMetricStream(s.ctx, &cloudwatchapi.GetMetricStreamInput{Name: new("a")}))(t)
		if *got.State != want {
			t.Errorf("the stream is %s, want %s", *got.State, want)
		}
	}
	state("running")
	turn(false, "a", "a", "unknown")
	state("stopped")
	s.put(datum(10))
	turn(true, "a", "unknown")
	s.put(datum(9))
	s.sends(c, "a: m 9 Count 1 1", "b: m 10 Count 1 1", "b: m 9 Count 1 1")
	turn(false, "a", "b")
	s.put(datum(8))
	s.stream("a") // put again, it goes on as it was
	state("stopped")
	s.sends(c)
}

// What the bus does not take is sent later.
func TestNothingIsLostWhileTheBusIsFull(t *testing.T) {
	s, c, _ := streaming(t)
	s.stream("a")
	s.put(fmt.Sprintf(`{"MetricName":"m","Timestamp":%q,"Value":1,"Unit":"Count"}`, s.at(3)))
	c.fails = cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "the disk is full")
	if err := s.SendStreams(s.ctx, time.Now().Add(2*time.Minute)); err == nil {
		t.Error("it is not told")
	}
	c.fails = nil
	s.sends(c, "a: m 3 Count 1 1")
}

// Twelve thousand minutes take many batches, each of which is sent once.
func TestManyMinutesAreSentInBatches(t *testing.T) {
	s, c, _ := streaming(t)
	s.stream("a")
	for i := range 12 {
		data := make([]string, 1000)
		for n := range data {
			data[n] = fmt.Sprintf(`{"MetricName":"m%d","Timestamp":%q,"Value":1,"Unit":"Count"}`, 1000*i+n, s.at(3))
		}
		s.put(data...)
	}
	s.send()
	got := c.lines(t, s.now)
	if len(got) != 12_000 || len(slices.Compact(got)) != 12_000 {
		t.Errorf("%d minutes are sent", len(got))
	}
}

func TestDeliveriesOfStreams(t *testing.T) {
	s, c, emitted := streaming(t)
	s.stream("a")
	s.put(fmt.Sprintf(`{"MetricName":"m","Timestamp":%q,"Value":1}`, s.at(3)))
	s.send()
	target, _ := cloud.ParseARN(firehoseARN)
	source, _ := cloud.ParseARN("arn:aws:cloudwatch:ap-northeast-2:111122223333:metric-stream/a")
	d := c.deliveries[0]
	want := bus.Delivery{
		Target: target, Payload: d.Payload, Source: source, Principal: roleARN, Group: source.String(), Attributes: map[string]string{"MetricStreamName": "a"},
	}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	emitted.Lines()
	s.StreamFailed(d, nil)
	s.StreamFailed(d, errors.New("later"))
	s.StreamFailed(bus.Delivery{}, cloud.Errorf(cloud.NotFound, "c", "m"))
	if got := emitted.Lines(); got != nil {
		t.Errorf("%v is counted", got)
	}
	s.StreamFailed(d, cloud.Errorf(cloud.NotFound, "c", "m"))
	lines := []string{
		"111122223333/ap-northeast-2 AWS/CloudWatch/MetricStreams PublishErrorRate [MetricStreamName=a] None [1]",
		"111122223333/ap-northeast-2 AWS/CloudWatch/MetricStreams PublishErrorRate [] None [1]",
	}
	if diff := cmp.Diff(lines, emitted.Lines()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStreamsAreKept(t *testing.T) {
	s, _, _ := streaming(t)
	s.stream("b", func(in *cloudwatchapi.PutMetricStreamInput) {
		in.IncludeFilters, in.OutputFormat, in.IncludeLinkedAccountsMetrics = filters("AWS/EC2:CPUUtilization"), new("opentelemetry1.0"), new(true)
		in.StatisticsConfigurations = []cloudwatchapi.MetricStreamStatisticsConfiguration{{
			IncludeMetrics:       []cloudwatchapi.MetricStreamStatisticsMetric{{Namespace: new("AWS/EC2"), MetricName: new("CPUUtilization")}},
			AdditionalStatistics: []string{"p99"},
		}}
		in.Tags = []cloudwatchapi.Tag{{Key: new("k"), Value: new("v")}}
	})
	s.stream("a")
	s.stream("a", func(in *cloudwatchapi.PutMetricStreamInput) {
		in.Tags = []cloudwatchapi.Tag{{Key: new("k"), Value: new("v")}}
	})
	got := servicetest.Must(s.GetMetricStream(s.ctx, &cloudwatchapi.GetMetricStreamInput{Name: new("b")}))(t)
	arn := "arn:aws:cloudwatch:ap-northeast-2:111122223333:metric-stream/b"
	want := &cloudwatchapi.GetMetricStreamOutput{
		Arn: &arn, Name: new("b"), IncludeFilters: filters("AWS/EC2:CPUUtilization"), FirehoseArn: new(firehoseARN), RoleArn: new(roleARN), State: new("running"),
		CreationDate: got.CreationDate, LastUpdateDate: got.CreationDate, OutputFormat: new("opentelemetry1.0"), IncludeLinkedAccountsMetrics: new(true),
		StatisticsConfigurations: []cloudwatchapi.MetricStreamStatisticsConfiguration{{
			IncludeMetrics:       []cloudwatchapi.MetricStreamStatisticsMetric{{Namespace: new("AWS/EC2"), MetricName: new("CPUUtilization")}},
			AdditionalStatistics: []string{"p99"},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, tags := range map[string]int{"a": 0, "b": 1} {
		out := servicetest.Must(s.ListTagsForResource(s.ctx, &cloudwatchapi.ListTagsForResourceInput{
			ResourceARN: new("arn:aws:cloudwatch:ap-northeast-2:111122223333:metric-stream/" + name),
		}))(t)
		if len(out.Tags) != tags {
			t.Errorf("stream %s has %d tags, want %d", name, len(out.Tags), tags)
		}
	}
	page := servicetest.Must(s.ListMetricStreams(s.ctx, &cloudwatchapi.ListMetricStreamsInput{MaxResults: new(int32(1))}))(t)
	next := servicetest.Must(s.ListMetricStreams(s.ctx, &cloudwatchapi.ListMetricStreamsInput{MaxResults: new(int32(1)), NextToken: page.NextToken}))(t)
	if len(page.Entries) != 1 || *page.Entries[0].Name != "a" || len(next.Entries) != 1 || *next.Entries[0].Name != "b" || next.NextToken != nil {
		t.Errorf("the pages are %v and %v", page, next)
	}
	if _, err := s.ListMetricStreams(s.ctx, &cloudwatchapi.ListMetricStreamsInput{NextToken: new("x")}); cloud.KindOf(err) != cloud.Invalid {
		t.Errorf("a token that is none: %v", err)
	}
	for range 2 {
		servicetest.Must(s.DeleteMetricStream(s.ctx, &cloudwatchapi.DeleteMetricStreamInput{Name: new("b")}))(t)
	}
	if _, err := s.GetMetricStream(s.ctx, &cloudwatchapi.GetMetricStreamInput{Name: new("b")}); err == nil || err.Error() != "ResourceNotFoundException: Metric stream b does not exist" {
		t.Errorf("of a stream that is gone: %v", err)
	}
	if _, err := s.ListTagsForResource(s.ctx, &cloudwatchapi.ListTagsForResourceInput{ResourceARN: &arn}); cloud.KindOf(err) != cloud.NotFound {
		t.Errorf("its tags: %v", err)
	}
}

func TestBadStreams(t *testing.T) {
	s, _, _ := streaming(t)
	many := func(n int) []string { return make([]string, n) }
	more := func(metrics int, names ...string) func(*cloudwatchapi.PutMetricStreamInput) {
		return func(in *cloudwatchapi.PutMetricStreamInput) {
			c := cloudwatchapi.MetricStreamStatisticsConfiguration{AdditionalStatistics: names}
			for range metrics {
				c.IncludeMetrics = append(c.IncludeMetrics, cloudwatchapi.MetricStreamStatisticsMetric{Namespace: new("n"), MetricName: new("m")})
			}
			in.StatisticsConfigurations = append(in.StatisticsConfigurations, c)
		}
	}
	otel := func(in *cloudwatchapi.PutMetricStreamInput) { in.OutputFormat = new("opentelemetry0.7") }
	for _, tt := range []struct {
		name   string
		change []func(*cloudwatchapi.PutMetricStreamInput)
		want   string
	}{
		{"both filters", []func(*cloudwatchapi.PutMetricStreamInput){func(in *cloudwatchapi.PutMetricStreamInput) {
			in.IncludeFilters, in.ExcludeFilters = filters("a"), filters("b")
		}}, "InvalidParameterCombinationException: The parameters IncludeFilters and ExcludeFilters are mutually exclusive and you have specified both."},
		{"a name with a sign", []func(*cloudwatchapi.PutMetricStreamInput){func(in *cloudwatchapi.PutMetricStreamInput) { in.Name = new("a.b") }}, "InvalidParameterValueException: The value a.b for parameter Name is invalid."},
		{"no ARN", []func(*cloudwatchapi.PutMetricStreamInput){func(in *cloudwatchapi.PutMetricStreamInput) { in.FirehoseArn = new("x") }}, "InvalidParameterValueException: The value x for parameter FirehoseArn is invalid."},
		{
			"another service",
			[]func(*cloudwatchapi.PutMetricStreamInput){func(in *cloudwatchapi.PutMetricStreamInput) { in.FirehoseArn = new("arn:aws:sqs:a:1:q") }},
			"InvalidParameterValueException: The value arn:aws:sqs:a:1:q for parameter FirehoseArn is invalid.",
		},
		{
			"nobody delivers",
			[]func(*cloudwatchapi.PutMetricStreamInput){func(in *cloudwatchapi.PutMetricStreamInput) {
				in.FirehoseArn = new("arn:aws:firehose:a:1:deliverystream/unknown")
			}},
			"InvalidParameterValueException: The value arn:aws:firehose:a:1:deliverystream/unknown for parameter FirehoseArn is invalid: nothing takes what is sent to this delivery stream. " +
				"sillok serve --delivery-streams names a bucket or an HTTP endpoint for it.",
		},
		{"no role", []func(*cloudwatchapi.PutMetricStreamInput){func(in *cloudwatchapi.PutMetricStreamInput) { in.RoleArn = new("arn:aws:iam::1:user/u") }}, "InvalidParameterValueException: The value arn:aws:iam::1:user/u for parameter RoleArn is invalid."},
		{"a filter without a namespace", []func(*cloudwatchapi.PutMetricStreamInput){func(in *cloudwatchapi.PutMetricStreamInput) {
			in.ExcludeFilters = []cloudwatchapi.MetricStreamFilter{{MetricNames: []string{"m"}}}
		}}, "MissingRequiredParameterException: The parameter ExcludeFilters.member.1.Namespace is required."},
		{"1,001 filters", []func(*cloudwatchapi.PutMetricStreamInput){func(in *cloudwatchapi.PutMetricStreamInput) {
			in.IncludeFilters = make([]cloudwatchapi.MetricStreamFilter, 1001)
		}}, "InvalidParameterValueException: The collection IncludeFilters must not have a size greater than 1000."},
		{"1,001 names", []func(*cloudwatchapi.PutMetricStreamInput){func(in *cloudwatchapi.PutMetricStreamInput) {
			in.IncludeFilters = []cloudwatchapi.MetricStreamFilter{{Namespace: new("n"), MetricNames: many(1001)}}
		}}, "InvalidParameterValueException: The collection IncludeFilters.member.1.MetricNames must not have a size greater than 1000."},
		{"no such statistic", []func(*cloudwatchapi.PutMetricStreamInput){more(1, "p99", "p101")}, "InvalidParameterValueException: The value p101 for parameter StatisticsConfigurations.member.1.AdditionalStatistics.member.2 is invalid."},
		{"one that is sent anyway", []func(*cloudwatchapi.PutMetricStreamInput){more(1, "Sum")}, "InvalidParameterValueException: The value Sum for parameter StatisticsConfigurations.member.1.AdditionalStatistics.member.1 is invalid."},
		{
			"one that OpenTelemetry does not carry",
			[]func(*cloudwatchapi.PutMetricStreamInput){otel, more(1, "p99"), more(1, "TM(10%:90%)")},
			"InvalidParameterValueException: The value TM(10%:90%) for parameter StatisticsConfigurations.member.2.AdditionalStatistics.member.1 is invalid.",
		},
		{"statistics of no metrics", []func(*cloudwatchapi.PutMetricStreamInput){more(0, "p99")}, "MissingRequiredParameterException: The parameter StatisticsConfigurations.member.1.IncludeMetrics is required."},
		{"no statistics", []func(*cloudwatchapi.PutMetricStreamInput){more(1)}, "MissingRequiredParameterException: The parameter StatisticsConfigurations.member.1.AdditionalStatistics is required."},
		{"101 metrics", []func(*cloudwatchapi.PutMetricStreamInput){more(101, "p99")}, "InvalidParameterValueException: The collection StatisticsConfigurations.member.1.IncludeMetrics must not have a size greater than 100."},
		{"21 statistics", []func(*cloudwatchapi.PutMetricStreamInput){more(1, many(21)...)}, "InvalidParameterValueException: The collection StatisticsConfigurations.member.1.AdditionalStatistics must not have a size greater than 20."},
		{"a bad tag", []func(*cloudwatchapi.PutMetricStreamInput){func(in *cloudwatchapi.PutMetricStreamInput) {
			in.Tags = []cloudwatchapi.Tag{{Key: new("aws:x"), Value: new("v")}}
		}}, `InvalidParameterValueException: Tag keys that begin with "aws:" are reserved: aws:x`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.PutMetricStream(s.ctx, streamInput("s", tt.change...))
			if err == nil || err.Error() != tt.want {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
	if out := servicetest.Must(s.ListMetricStreams(context.WithoutCancel(s.ctx), &cloudwatchapi.ListMetricStreamsInput{}))(t); len(out.Entries) != 0 {
		t.Errorf("%d streams were made", len(out.Entries))
	}
}
