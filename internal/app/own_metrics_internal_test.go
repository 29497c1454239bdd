package app

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/kit/material"
)

// used returns what CloudWatch has of a metric by name and dimensions in the last hour: the
// sum of all minutes.
func (h *house) used(namespace, name string, dimensions ...string) float64 {
	h.Helper()
	in := &cloudwatchapi.GetMetricStatisticsInput{
		Namespace: &namespace, MetricName: &name, Period: new(int32(3600)), Statistics: []string{"Sum"},
		StartTime: new(time.Now().Add(-30 * time.Minute)), EndTime: new(time.Now().Add(31 * time.Minute)),
	}
	for i := 0; i < len(dimensions); i += 2 {
		in.Dimensions = append(in.Dimensions, cloudwatchapi.Dimension{Name: &dimensions[i], Value: &dimensions[i+1]})
	}
	out, err := h.app.metrics.GetMetricStatistics(cloud.WithCall(h.ctx, cloud.Call{Account: ours, Region: "ap-northeast-2", Principal: cloud.RootOf(ours)}), in)
	h.must(err)
	sum := 0.0
	for _, p := range out.Datapoints {
		sum += *p.Sum
	}
	return sum
}

// Every call is counted, whatever service it is of; CloudWatch Logs counts failures besides.
func TestCallsAreCounted(t *testing.T) {
	h := newHouse(t)
	root := h.app.gateway.Inside(cloud.RootOf(ours))
	logs := logsapi.Client{Door: root}
	_, err := logs.CreateLogGroup(h.ctx, &logsapi.CreateLogGroupInput{LogGroupName: new("g")})
	h.must(err)
	for range 2 {
		if _, err := logs.CreateLogStream(h.ctx, &logsapi.CreateLogStreamInput{LogGroupName: new("absent"), LogStreamName: new("s")}); err == nil {
			t.Fatal("a stream of no group is made")
		}
	}
	_, err = kmsapi.Client{Door: root}.ListKeys(h.ctx, &kmsapi.ListKeysInput{})
	h.must(err)
	h.app.emitter.Flush(t.Context())
	for _, tt := range []struct {
		namespace, name, service, operation string
		want                                float64
	}{
		{"AWS/Usage", "CallCount", "Logs", "CreateLogGroup", 1},
		{"AWS/Usage", "CallCount", "Logs", "CreateLogStream", 2},
		{"AWS/Usage", "CallCount", "KMS", "ListKeys", 1},
		{"AWS/Logs", "CallCount", "Logs", "CreateLogGroup", 1},
		{"AWS/Logs", "CallCount", "Logs", "CreateLogStream", 2},
		{"AWS/Logs", "ErrorCount", "Logs", "CreateLogStream", 2},
		{"AWS/Logs", "ErrorCount", "Logs", "CreateLogGroup", 0},
		{"AWS/Logs", "CallCount", "KMS", "ListKeys", 0},
	} {
		if got := h.used(tt.namespace, tt.name, "Class", "None", "Resource", tt.operation, "Service", tt.service, "Type", "API"); got != tt.want {
			t.Errorf("%s %s of %s is %v, want %v", tt.namespace, tt.name, tt.operation, got, tt.want)
		}
	}
	h.app.countCall("logs", &cloud.Call{Account: ours, Region: "ap-northeast-2", Operation: "PutLogEvents"}, cloud.Errorf(cloud.Throttled, "ThrottlingException", "Rate exceeded"))
	h.app.emitter.Flush(t.Context())
	if got := h.used("AWS/Logs", "ThrottleCount", "Class", "None", "Resource", "PutLogEvents", "Service", "Logs", "Type", "API"); got != 1 {
		t.Errorf("ThrottleCount is %v", got)
	}
	// Users may not put there, and with tests of moto's nobody does.
	if _, err := (cloudwatchapi.Client{Door: root}).PutMetricData(h.ctx, &cloudwatchapi.PutMetricDataInput{
		Namespace: new("AWS/Usage"), MetricData: []cloudwatchapi.MetricDatum{{MetricName: new("m"), Value: new(1.0)}},
	}); cloud.KindOf(err) != cloud.Invalid {
		t.Errorf("a user puts into AWS/Usage: %v", err)
	}
	if moto := openHouse(t, Config{Compat: compatMoto}); moto.app.emits != metric.Nowhere {
		t.Error("with moto's tests something is emitted")
	}
}

// notHere says why metrics of AWS's are not emitted here: those of a namespace, or one.
var notHere = map[string]string{
	"AWS/ApplicationELB": "there are no load balancers yet",
	"AWS/Events":         "there is no EventBridge yet",
	"AWS/Firehose":       "there is no Firehose yet",
	"AWS/Lambda":         "there is no Lambda yet",
	"AWS/Scheduler":      "there is no EventBridge Scheduler yet",

	"AWS/SQS ApproximateAgeOfOldestMessage":    "which message of a queue is the oldest is not kept",
	"AWS/SQS NumberOfDeduplicatedSentMessages": "what was sent twice is not told from what was sent once",
	"AWS/Athena DPUCount":                      "there are no reservations of capacity",
	"AWS/Athena DPUConsumed":                   "there are no reservations of capacity",
}

// emittedHere says by which sets of dimensions metrics of a namespace are emitted, and which
// test sees each of them by its name. It is what the code does: the tests compare whole
// metrics, with their dimensions.
var emittedHere = map[string]struct {
	test string
	sets map[string]string // by metric; "" for all others
}{
	"AWS/Athena":                   {"../service/athena/metrics_test.go", map[string]string{"": "QueryState QueryType WorkGroup", "ProcessedBytes": "QueryState QueryType WorkGroup|WorkGroup"}},
	"AWS/CloudWatch/MetricStreams": {"../service/cloudwatch/stream_test.go", map[string]string{"": "MetricStreamName|"}},
	"AWS/Logs": {"../service/logs/*_test.go|own_metrics_internal_test.go", map[string]string{
		"": "LogGroupName", "IncomingBytes": "LogGroupName|", "IncomingLogEvents": "LogGroupName|",
		"ForwardedBytes": forwarded, "ForwardedLogEvents": forwarded, "DeliveryErrors": forwarded, "DeliveryThrottling": forwarded,
		"CallCount": ofUsage, "ErrorCount": ofUsage, "ThrottleCount": ofUsage,
	}},
	"AWS/S3":    {"../service/s3/request_metrics_test.go", map[string]string{"": "BucketName FilterId", "BucketSizeBytes": ofStorage, "NumberOfObjects": ofStorage}},
	"AWS/SNS":   {"../service/sns/count_test.go", map[string]string{"": "TopicName"}},
	"AWS/SQS":   {"../service/sqs/sqs_test.go", map[string]string{"": "QueueName"}},
	"AWS/Usage": {"own_metrics_internal_test.go", map[string]string{"CallCount": ofUsage}},
}

const (
	forwarded = "DestinationType FilterName LogGroupName|LogGroupName"
	ofUsage   = "Class Resource Service Type"
	ofStorage = "BucketName StorageType"
)

// Each metric that AWS's services emit is emitted by each of its sets of dimensions and has
// its test, or it is said why not.
func TestEmittedMetrics(t *testing.T) {
	rows := material.Lines[struct {
		Namespace, Metric string
		DimensionSets     [][]string
	}](t, "cases", "emitted_metrics.jsonl")
	if len(rows) < 150 {
		t.Fatalf("there are %d cases", len(rows))
	}
	for _, row := range rows {
		if notHere[row.Namespace] != "" || notHere[row.Namespace+" "+row.Metric] != "" {
			continue
		}
		here, ok := emittedHere[row.Namespace]
		sets, named := here.sets[row.Metric]
		if !named {
			sets = here.sets[""]
		}
		var want []string
		for _, set := range row.DimensionSets {
			want = append(want, strings.Join(set, " "))
		}
		got := strings.Split(sets, "|")
		slices.Sort(want)
		slices.Sort(got)
		if !ok || !slices.Equal(want, got) {
			t.Errorf("%s %s: %q are emitted, want %q", row.Namespace, row.Metric, got, want)
		}
		if !seenIn(t, here.test, row.Metric) {
			t.Errorf("%s %s: no test in %s names it", row.Namespace, row.Metric, here.test)
		}
	}
}

// seenIn says whether one of the files of tests has a text.
func seenIn(t *testing.T, patterns, text string) bool {
	t.Helper()
	for pattern := range strings.SplitSeq(patterns, "|") {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(content, []byte(text)) {
				return true
			}
		}
	}
	return false
}
