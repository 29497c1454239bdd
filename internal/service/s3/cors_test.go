package s3_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/s3api"
)

func TestCORS(t *testing.T) {
	s := serveAt(t, &clock{at("2026-01-01 12:30:00")})
	b := made(t, s, "pages")
	set(t, s, b, "cors", s3api.CORSConfiguration{CORSRules: []s3api.CORSRule{
		{
			AllowedOrigins: []string{"https://one.example", "http://*.two.example"}, AllowedMethods: []string{"GET", "PUT"},
			AllowedHeaders: []string{"Content-Type", "x-amz-*"}, ExposeHeaders: []string{"ETag", "x-amz-request-id"}, MaxAgeSeconds: new(int32(3000)),
		},
		{AllowedOrigins: []string{"*"}, AllowedMethods: []string{"GET"}},
	}})
	made(t, s, "bare")
	const vary = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
	first := func(origin string, more ...string) http.Header {
		h := http.Header{
			"Access-Control-Allow-Origin": {origin}, "Access-Control-Allow-Credentials": {"true"}, "Access-Control-Allow-Methods": {"GET, PUT"},
			"Access-Control-Expose-Headers": {"ETag, x-amz-request-id"}, "Access-Control-Max-Age": {"3000"}, "Vary": {vary},
		}
		for _, value := range more {
			h.Set("Access-Control-Allow-Headers", value)
		}
		return h
	}
	anyone := http.Header{"Access-Control-Allow-Origin": {"*"}, "Access-Control-Allow-Methods": {"GET"}, "Vary": {vary}}
	for _, tt := range []struct {
		name, bucket, origin, method string
		headers                      []string
		want                         http.Header
	}{
		{"exact origin", "pages", "https://one.example", "PUT", nil, first("https://one.example")},
		{"wildcard inside", "pages", "http://a.b.two.example", "GET", nil, first("http://a.b.two.example")},
		{"headers in any case", "pages", "https://one.example", "PUT", []string{"X-Amz-Date", "content-type"}, first("https://one.example", "x-amz-date, content-type")},
		{"a header that the first rule has not", "pages", "https://one.example", "GET", []string{"x-other"}, http.Header{}},
		{"the first matching rule", "pages", "https://three.example", "GET", nil, anyone},
		{"a method of no rule", "pages", "https://one.example", "DELETE", nil, http.Header{}},
		{"methods are told apart by case", "pages", "https://one.example", "put", nil, http.Header{}},
		{"a bucket without rules", "bare", "https://one.example", "GET", nil, nil},
		{"no bucket", "none", "https://one.example", "GET", nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := s.CORS(t.Context(), tt.bucket, tt.origin, tt.method, tt.headers)
			if ok != (len(tt.want) > 0) {
				t.Errorf("allowed is %v", ok)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
