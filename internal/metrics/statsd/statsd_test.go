package statsd_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/metrics/statsd"
)

func shown(data []metric.Datum) (lines []string) {
	for _, d := range data {
		line := d.Name
		for _, dimension := range d.Dimensions {
			line += " " + dimension.Name + "=" + dimension.Value
		}
		line += fmt.Sprintf(" %s %v", d.Unit, d.Values)
		if d.Counts != nil {
			line += fmt.Sprintf("×%v", d.Counts)
		}
		if d.Second {
			line += " by the second"
		}
		lines = append(lines, line)
	}
	return lines
}

func TestLines(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string
		broken     int
	}{
		{"counters", "a.b:1|c\na.b:2|c|@0.5\n", []string{"a_b metric_type=counter  [5]"}, 0},
		{"gauges", "g:5|g\ng:+3|g\ng:-1|g\nh:-4|g", []string{"g metric_type=gauge  [7]", "h metric_type=gauge  [-4]"}, 0},
		{"times and distributions", "t:320|ms\nt:320|ms|@0.1\nt:1|h\nt:1:2|d", []string{"t metric_type=timing Milliseconds [1 2 320]×[2 1 11]"}, 0},
		{"sets", "u:alice|s\nu:bob|s\nu:alice|s", []string{"u metric_type=set Count [2]"}, 0},
		{"tags", "r:1|c|#page:cart,app:web,alone,:x,page:twice\nr:1|c|#app:web,page:cart", []string{"r app=web metric_type=counter page=cart  [2]"}, 0},
		{"parts that are not known", "r:1|c|T1656581400|c:id", []string{"r metric_type=counter  [1]"}, 0},
		{"what is none", "r|c\nr:1\n:1|c\nr:x|c\nr:NaN|g\nr:1|z\nr:1|c|@2\n_e{2,2}:ab|cd\nr:1e200|c\nr:|c", nil, 10},
		{"a good one beside", "r:x:3|c", []string{"r metric_type=counter  [3]"}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data, broken := statsd.Gather(tt.text)
			if diff := cmp.Diff(tt.want, shown(data)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if broken != tt.broken {
				t.Errorf("%d lines are none, want %d", broken, tt.broken)
			}
		})
	}
	var many strings.Builder
	for i := range 301 {
		fmt.Fprintf(&many, "t:%d|ms\n", i)
	}
	if data, _ := statsd.Gather(many.String()); len(data) != 3 || len(data[2].Values) != 1 {
		t.Errorf("301 values are %d data", len(data))
	}
	if _, broken := statsd.Gather("r:1|c|#a:" + strings.Repeat("x", 1025) + "\n" + strings.Repeat("n", 256) + ":1|c"); broken != 2 {
		t.Errorf("%d lines are too long", broken)
	}
}

// What is sent to the port is put when the server stops.
func TestServer(t *testing.T) {
	for _, tt := range []struct {
		name string
		from []netip.Prefix
		want []string
		log  string
	}{
		{"from this machine", nil, []string{"a metric_type=counter  [3] by the second"}, "lines=1"},
		{"from elsewhere", []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, nil, "datagrams=4"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var put []metric.Datum
			var log bytes.Buffer
			s, err := statsd.Open(t.Context(), statsd.Config{
				Log: slog.New(slog.NewTextHandler(&log, nil)), Listen: "127.0.0.1:0", From: tt.from, Every: 30 * time.Second,
				Put: func(_ context.Context, data []metric.Datum) error { put = append(put, data...); return nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "udp", s.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{"a:1|c", "a:2|c", "nothing", "\n"} {
				if _, err := conn.Write([]byte(text)); err != nil {
					t.Fatal(err)
				}
			}
			s.Receive(t, 4) // which are in the socket already
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := s.Run(ctx); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(tt.want, shown(put)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !strings.Contains(log.String(), tt.log) {
				t.Errorf("the log has no %s: %s", tt.log, log.String())
			}
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	if _, err := statsd.Open(t.Context(), statsd.Config{Listen: "127.0.0.1:none"}); err == nil {
		t.Error("a port that is none is opened")
	}
}

func FuzzLines(f *testing.F) {
	f.Add("a.b:1:2|c|@0.5|#k:v,w")
	f.Add("t:+1|g\nu:x|s\nv:3|ms|@0.0000001")
	f.Fuzz(func(t *testing.T, text string) {
		data, _ := statsd.Gather(text)
		for _, d := range data {
			if d.Name == "" || len(d.Name) > 255 || len(d.Dimensions) > 30 || len(d.Values) > 150 {
				t.Fatalf("%v", d)
			}
			for _, v := range d.Values {
				if v != v || v-v != 0 {
					t.Fatalf("%v is a value", v)
				}
			}
		}
	})
}
