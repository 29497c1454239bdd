package filterpattern_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/language/filterpattern"
)

// lines are messages of about 1 KB, such as a service writes them, that few of a
// hundred filters match.
func messages(n int) (all [][]byte, size int64) {
	for i := range n {
		message := fmt.Sprintf(`{"timestamp":"2026-01-01T00:%02d:%02d.000Z","level":"INFO","service":"svc-%d","requestId":"%08x-0000-4000-8000-%012x","http":{"method":"GET","path":"/api/v1/users/%d","status":%d,"latency":%d.25},"userIdentity":{"type":"IAMUser","userName":"u%d"},"tags":["a","b","c"],"message":"handled a request for user %d within its budget","padding":%q}`,
			i/60%60, i%60, i%17, i, i*7919, i, 200+i%5*100, i%900, i%50, i, strings.Repeat("lorem ipsum dolor sit amet ", 22))
		all = append(all, []byte(message))
		size += int64(len(message))
	}
	return all, size
}

// filters are a hundred patterns of one kind.
func filters(tb testing.TB, kind string) []*filterpattern.Pattern {
	tb.Helper()
	var patterns []*filterpattern.Pattern
	for i := range 100 {
		k := kind
		if k == "mixed" {
			k = []string{"terms", "json", "fields"}[i%3]
		}
		text := map[string]string{
			"terms":  fmt.Sprintf(`ERROR%d "svc-%d failed" -ignored`, i, i),
			"json":   fmt.Sprintf(`{ $.http.status = 5* && $.service = "svc-%d" && $.userIdentity.type != "Root" }`, i),
			"fields": fmt.Sprintf(`[time, level = E%d, ..., status = 5*, size > %d]`, i, i),
		}[k]
		patterns = append(patterns, compile(tb, text))
	}
	return patterns
}

var kindsOfFilters = []string{"terms", "json", "fields", "mixed"}

// BenchmarkSet matches a hundred filters in one pass.
func BenchmarkSet(b *testing.B) {
	all, size := messages(1000)
	for _, kind := range kindsOfFilters {
		b.Run(kind, func(b *testing.B) {
			set := filterpattern.NewSet(filters(b, kind))
			hits := make([]int, 0, 100)
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				for _, message := range all {
					hits = set.Match(message, hits[:0])
				}
			}
		})
	}
}

// BenchmarkSingly matches a hundred filters, each in its own pass.
func BenchmarkSingly(b *testing.B) {
	all, size := messages(1000)
	for _, kind := range kindsOfFilters {
		b.Run(kind, func(b *testing.B) {
			patterns := filters(b, kind)
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				for _, message := range all {
					for _, pattern := range patterns {
						pattern.Match(message)
					}
				}
			}
		})
	}
}

// BenchmarkPattern matches one filter, as a search does.
func BenchmarkPattern(b *testing.B) {
	all, size := messages(1000)
	for name, text := range map[string]string{
		"term": "ERROR", "terms": "request -ERROR budget", "regex": `%user 99\d within%`, "regex without text": `%[x-z][0-9][x-z]%`,
		"json": `{ $.http.status >= 500 && $.level = "INFO" }`, "fields": "[..., last = x]",
	} {
		b.Run(name, func(b *testing.B) {
			pattern := compile(b, text)
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				for _, message := range all {
					pattern.Match(message)
				}
			}
		})
	}
}

// BenchmarkCompile compiles patterns of every kind.
func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		filters(b, "mixed")
	}
}
