package insights_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/language/insights"
)

// BenchmarkRun runs queries over 20,000 events of about 1 KB.
func BenchmarkRun(b *testing.B) {
	var events []*insights.Event
	size := int64(0)
	for i := range 20000 {
		message := fmt.Sprintf(`{"time":"2026-01-01T00:%02d:%02d.000Z","level":"INFO","service":"svc-%d","requestId":"%08x-0000-4000-8000-%012x","http":{"method":"GET","path":"/api/v1/users/%d","status":%d,"latency":%d.25},"user":{"type":"IAMUser","name":"u%d"},"tags":["a","b","c"],"message":"handled a request for user %d within its budget","padding":%q}`,
			i/60%60, i%60, i%17, i, i*7919, i, 200+i%5*100, i%900, i%50, i, strings.Repeat("lorem ipsum dolor sit amet ", 22))
		events = append(events, &insights.Event{Timestamp: 1767225600000 - int64(i)*50, Message: []byte(message), Log: "1:g", Stream: "s", Pointer: "p"})
		size += int64(len(message))
	}
	for name, text := range map[string]string{
		"filter text":     `filter @message like "nothing of the kind"`,
		"filter regex":    `filter @message like /user 199\d\d within/`,
		"filter field":    `filter http.status >= 500 | fields @timestamp, service | limit 100000`,
		"percentile":      `stats pct(http.latency, 95) by service`,
		"count by bin":    `stats count(*) by bin(1m)`,
		"parse and group": `parse message "handled a request for user * within" as user | stats count(*) as n by user | sort n desc | limit 10`,
		"sort and limit":  `fields http.latency | sort http.latency desc | limit 20`,
		"pattern":         `pattern message`,
		"everything kept": `fields @timestamp, @message | limit 100000`,
	} {
		b.Run(name, func(b *testing.B) {
			query, err := insights.Parse(text)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := query.Run(b.Context(), over(events, 0, 1767225600000)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
