package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/snappy"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sillok/sillok/internal/app"
)

// sumOf reads the sum of a metric over the last hour.
func sumOf(t *testing.T, server *app.App, namespace, name string) float64 {
	t.Helper()
	now := time.Now().UTC()
	body := fmt.Sprintf(`{"StartTime":%d,"EndTime":%d,"MetricDataQueries":[{"Id":"q","MetricStat":{"Period":3600,"Stat":"Sum","Metric":{"Namespace":%q,"MetricName":%q}}}]}`,
		now.Add(-time.Hour).Unix(), now.Add(time.Minute).Unix(), namespace, name)
	status, text := monitoring(t, server, "/", map[string]string{"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "GraniteServiceVersion20100801.GetMetricData"}, []byte(body))
	var out struct{ MetricDataResults []struct{ Values []float64 } }
	if err := json.Unmarshal(text, &out); status != 200 || err != nil || len(out.MetricDataResults) != 1 {
		t.Fatalf("%d %s (%v)", status, text, err)
	}
	sum := 0.0
	for _, v := range out.MetricDataResults[0].Values {
		sum += v
	}
	return sum
}

func TestOpenTelemetryMetrics(t *testing.T) {
	server := serve(t, t.TempDir())
	body := func(value int, ago time.Duration) []byte {
		return fmt.Appendf(nil, `{"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},"scopeMetrics":[{"metrics":[
			{"name":"orders","sum":{"isMonotonic":true,"aggregationTemporality":2,"dataPoints":[{"startTimeUnixNano":"1","timeUnixNano":"%d","asInt":"%d"}]}},
			{"name":"bad","gauge":{"dataPoints":[{"timeUnixNano":"1","asDouble":1}]}}]}]}]}`, time.Now().Add(-ago).UnixNano(), value)
	}
	for i, value := range []int{100, 103, 110} {
		status, text := monitoring(t, server, "/v1/metrics", map[string]string{"Content-Type": "application/json"}, body(value, time.Duration(5-i)*time.Minute))
		if want := `{"partialSuccess":{"rejectedDataPoints":1,"errorMessage":"metric bad: the time is more than two weeks ago"}}`; status != 200 || string(text) != want {
			t.Errorf("%d %s", status, text)
		}
	}
	if got := sumOf(t, server, "cart", "orders"); got != 10 {
		t.Errorf("orders add up to %v, want 10", got)
	}
	if status, text := monitoring(t, server, "/v1/metrics", map[string]string{"Content-Type": "application/json"}, []byte("{}")); status != 200 || string(text) != "{}" {
		t.Errorf("nothing is answered by %d %s", status, text)
	}
}

// written is a request of remote write with one sample.
func written(name string, value float64, at time.Time) []byte {
	message := func(b []byte, number protowire.Number, in []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), in)
	}
	label := message(message(nil, 1, []byte("__name__")), 2, []byte(name))
	sample := protowire.AppendFixed64(protowire.AppendTag(nil, 1, protowire.Fixed64Type), math.Float64bits(value))
	sample = protowire.AppendVarint(protowire.AppendTag(sample, 2, protowire.VarintType), uint64(at.UnixMilli()))
	return message(nil, 1, message(message(nil, 1, label), 2, sample))
}

func TestRemoteWrite(t *testing.T) {
	server := serve(t, t.TempDir())
	header := map[string]string{"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", "X-Prometheus-Remote-Write-Version": "0.1.0"}
	now := time.Now()
	for i, one := range []struct {
		service, path string
		value         float64
	}{{"aps", "/api/v1/remote_write", 100}, {"monitoring", "/api/v1/write", 103}, {"aps", "/api/v1/write", 110}} {
		status, told, text := signedFor(t, one.service, server, one.path, header, snappy.Encode(nil, written("orders_total", one.value, now.Add(time.Duration(i-5)*time.Minute))))
		if status != http.StatusNoContent || told.Get("X-Prometheus-Remote-Write-Samples-Written") != "1" {
			t.Errorf("%d %v %s", status, told, text)
		}
	}
	if got := sumOf(t, server, "Prometheus", "orders_total"); got != 10 {
		t.Errorf("orders add up to %v, want 10", got)
	}
	bomb := append(protowire.AppendVarint(nil, 1<<31), 0)
	for name, tt := range map[string]struct {
		service string
		body    []byte
		status  int
		text    string
	}{
		"another service":  {"logs", snappy.Encode(nil, written("m", 1, now)), 400, ""},
		"no snappy":        {"aps", []byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), 400, "SerializationException: The body is not snappy\n"},
		"a bomb":           {"aps", bomb, 413, "RequestEntityTooLargeException: Request must be smaller than 20971520 bytes\n"},
		"damaged":          {"aps", append(protowire.AppendVarint(nil, 100), 0), 400, "SerializationException: The body's snappy is damaged\n"},
		"a sample too old": {"aps", snappy.Encode(nil, written("m", 1, now.Add(-15*24*time.Hour))), 400, "1 samples are not taken, all others are: metric m: the time is more than two weeks ago\n"},
	} {
		status, _, text := signedFor(t, tt.service, server, "/api/v1/write", header, tt.body)
		if status != tt.status || tt.text != "" && string(text) != tt.text {
			t.Errorf("%s: %d %q", name, status, text)
		}
	}
	// Nobody's, which Prometheus does not repeat.
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.Endpoint()+"/api/v1/write", strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.Body.Close() != nil || answer.StatusCode < 400 || answer.StatusCode >= 500 || !strings.HasPrefix(string(text), "MissingAuthenticationToken") {
		t.Errorf("%d %s (%v)", answer.StatusCode, text, err)
	}
}
