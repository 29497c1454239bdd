package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	gocmp "github.com/google/go-cmp/cmp"
)

// watchServer answers for CloudWatch, with what a test gives it, so that times and values are always the same.
// The scripts in testdata/script ask a real server.
type watchServer struct {
	t       *testing.T
	mu      sync.Mutex                                // one request at a time
	metrics map[string]func(minute time.Time) float64 // by name; no number where a minute has none
	alarms  []map[string]any                          // as DescribeAlarms gives them
	history []map[string]any                          // newest first
	boards  map[string]string
	logs    [][]map[string]string // rows of any query

	// fails are ARNs of actions that fail, and why.
	fails map[string]string
	now   time.Time
	wide  string   // columns of the terminal; empty for 90
	asked []string // operations
}

var day29 = time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)

// at is a time of the day that tests are about.
func at(hour, minute int) time.Time { return day29.Add(time.Duration(hour*60+minute) * time.Minute) }

// start starts the server and has commands of this process ask it.
func (w *watchServer) start() {
	w.t.Helper()
	server := httptest.NewServer(w)
	w.t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_PROFILE": "", "AWS_MAX_ATTEMPTS": "1",
	} {
		w.t.Setenv(name, value)
	}
}

// ServeHTTP implements http.Handler: RPC v2 CBOR for CloudWatch, JSON for its logs.
func (w *watchServer) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	body, err := io.ReadAll(in.Body)
	if err != nil {
		w.t.Error(err)
	}
	if target := in.Header.Get("X-Amz-Target"); target != "" {
		_ = json.NewEncoder(out).Encode(w.logsAnswer(target))
		return
	}
	operation := path.Base(in.URL.Path)
	w.asked = append(w.asked, operation)
	decode, err := cbor.DecOptions{DefaultMapType: reflect.TypeFor[map[string]any](), TimeTagToAny: cbor.TimeTagToTime}.DecMode()
	if err != nil {
		w.t.Error(err)
	}
	asked := map[string]any{}
	if len(body) > 0 {
		if err := decode.Unmarshal(body, &asked); err != nil {
			w.t.Errorf("%s: %v", operation, err)
		}
	}
	encode, err := cbor.EncOptions{Time: cbor.TimeUnixDynamic, TimeTag: cbor.EncTagRequired}.EncMode()
	if err != nil {
		w.t.Error(err)
	}
	out.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	out.Header().Set("Content-Type", "application/cbor")
	answer := w.answer(operation, asked)
	if answer == nil {
		out.WriteHeader(http.StatusNotFound)
		answer = map[string]any{"__type": "com.amazonaws.cloudwatch.v2010_08_01#ResourceNotFound", "message": "it is not there"}
	}
	text, err := encode.Marshal(answer)
	if err != nil {
		w.t.Error(err)
	}
	_, _ = out.Write(text)
}

func (w *watchServer) logsAnswer(target string) map[string]any {
	switch _, operation, _ := strings.Cut(target, "."); operation {
	case "StartQuery":
		return map[string]any{"queryId": "q1"}
	default:
		rows := []any{}
		for _, row := range w.logs {
			rows = append(rows, row)
		}
		return map[string]any{"status": "Complete", "results": rows, "statistics": map[string]any{}}
	}
}

func (w *watchServer) answer(operation string, asked map[string]any) any {
	switch operation {
	case "DescribeAlarms":
		return w.describe(asked)
	case "DescribeAlarmHistory":
		items := []any{}
		for _, item := range w.history {
			if kind, ok := asked["HistoryItemType"]; ok && item["HistoryItemType"] != kind {
				continue
			}
			items = append(items, item)
		}
		return map[string]any{"AlarmHistoryItems": items}
	case "SetAlarmState":
		return w.set(asked)
	case "GetMetricData":
		return w.data(asked)
	case "ListMetrics":
		return map[string]any{"Metrics": []any{}}
	case "ListDashboards":
		entries := []any{}
		for name, body := range w.boards {
			entries = append(entries, map[string]any{
				"DashboardName": name, "DashboardArn": "arn:aws:cloudwatch::111122223333:dashboard/" + name, "LastModified": at(8, 0), "Size": int64(len(body)),
			})
		}
		return map[string]any{"DashboardEntries": entries}
	case "GetDashboard":
		name, _ := asked["DashboardName"].(string)
		body, ok := w.boards[name]
		if !ok {
			return nil
		}
		return map[string]any{"DashboardName": name, "DashboardBody": body, "DashboardArn": "arn:aws:cloudwatch::111122223333:dashboard/" + name}
	}
	w.t.Errorf("%s is not answered here", operation)
	return nil
}

func (w *watchServer) describe(asked map[string]any) any {
	metric, composite := []any{}, []any{}
	names, byName := asked["AlarmNames"].([]any)
	for _, a := range w.alarms {
		prefix, _ := asked["AlarmNamePrefix"].(string)
		state, byState := asked["StateValue"]
		name, _ := a["AlarmName"].(string)
		if parent, ok := asked["ChildrenOfAlarmName"].(string); ok && (parent != "shop" || a["AlarmRule"] != nil) ||
			byName && !slices.Contains(names, any(name)) || !strings.HasPrefix(name, prefix) || byState && state != a["StateValue"] {
			continue
		}
		if a["AlarmRule"] != nil {
			composite = append(composite, a)
		} else {
			metric = append(metric, a)
		}
	}
	return map[string]any{"MetricAlarms": metric, "CompositeAlarms": composite}
}

func (w *watchServer) set(asked map[string]any) any {
	for _, a := range w.alarms {
		if a["AlarmName"] != asked["AlarmName"] {
			continue
		}
		arns, _ := a["AlarmActions"].([]string)
		for _, arn := range arns {
			data := map[string]any{"actionState": "Succeeded", "notificationResource": arn, "error": nil}
			if why, fails := w.fails[arn]; fails {
				data["actionState"], data["error"] = "Failed", why
			}
			if w.fails[arn] == "never" {
				continue
			}
			text, _ := json.Marshal(data)
			w.history = slices.Insert(w.history, 0, map[string]any{
				"AlarmName": a["AlarmName"], "HistoryItemType": "Action", "HistorySummary": "action " + arn, "HistoryData": string(text), "Timestamp": w.now,
			})
		}
		a["StateValue"] = asked["StateValue"]
	}
	return map[string]any{}
}

// data answers GetMetricData from minutes: the mean of those of a period, or for SampleCount how many there are. Of expressions
// it knows "NAME * 2" and a search, which finds all metrics.
func (w *watchServer) data(asked map[string]any) any {
	from, _ := asked["StartTime"].(time.Time)
	to, _ := asked["EndTime"].(time.Time)
	results := []any{}
	queries, _ := asked["MetricDataQueries"].([]any)
	for _, one := range queries {
		q, _ := one.(map[string]any)
		if returned, ok := q["ReturnData"].(bool); ok && !returned {
			continue
		}
		add := func(label, name, stat string, period time.Duration) {
			var times []time.Time
			values := []float64{}
			for at := from.Truncate(time.Minute); !at.Add(period).After(to); at = at.Add(period) {
				if value, ok := w.value(name, stat, at, period); ok {
					times, values = append(times, at), append(values, value)
				}
			}
			results = append(results, map[string]any{"Id": q["Id"], "Label": label, "Timestamps": times, "Values": values, "StatusCode": "Complete"})
		}
		if stat, ok := q["MetricStat"].(map[string]any); ok {
			metric, _ := stat["Metric"].(map[string]any)
			name, _ := metric["MetricName"].(string)
			statistic, _ := stat["Stat"].(string)
			seconds, _ := stat["Period"].(uint64)
			label := name
			if given, ok := q["Label"].(string); ok {
				label = given
			}
			add(label, name, statistic, time.Duration(seconds)*time.Second)
			continue
		}
		expression, _ := q["Expression"].(string)
		label := expression
		if given, ok := q["Label"].(string); ok {
			label = given
		}
		if !strings.Contains(expression, "SEARCH") {
			add(label, "Latency", "Average", time.Minute)
			continue
		}
		names := []string{}
		for name := range w.metrics {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			add(name, name, "Average", time.Minute)
		}
	}
	return map[string]any{"MetricDataResults": results, "Messages": []any{}}
}

func (w *watchServer) value(name, stat string, at time.Time, period time.Duration) (float64, bool) {
	of := w.metrics[name]
	if of == nil {
		return 0, false
	}
	sum, n := 0.0, 0.0
	for minute := at; minute.Before(at.Add(period)); minute = minute.Add(time.Minute) {
		if v := of(minute); !math.IsNaN(v) {
			sum, n = sum+v, n+1
		}
	}
	if n == 0 {
		return 0, false
	}
	if stat == "SampleCount" {
		return n, true
	}
	return math.Round(sum/n*100) / 100, true
}

// ran runs sillok with arguments at a time, in UTC, and returns all that it said.
func (w *watchServer) ran(input string, args ...string) string {
	w.t.Helper()
	var stdout, stderr bytes.Buffer
	lookup := map[string]string{"COLUMNS": cmp.Or(w.wide, "90"), "TERM": "xterm"}
	code := run(context.Background(), env{
		args: args, stdin: strings.NewReader(input), stdout: &stdout, stderr: &stderr, clock: func() time.Time { return w.now },
		lookup: func(name string) (string, bool) { v, ok := lookup[name]; return v, ok },
	})
	text := stdout.String()
	if stderr.Len() > 0 {
		text += "-- stderr --\n" + stderr.String()
	}
	if code != 0 {
		text += "-- exit code " + string(rune('0'+code)) + " --\n"
	}
	return text
}

// shown compares what a command said with what a reader found good.
func shown(t *testing.T, name, said string) {
	t.Helper()
	path := filepath.Join("testdata", "shown", name+".txt")
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, []byte(said), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), said); diff != "" {
		t.Error(diff)
	}
}
