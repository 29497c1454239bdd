package gateway_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/s3api"
)

// ListBuckets is an operation without parameters.
func (s *shelf) ListBuckets(context.Context, *s3api.ListBucketsInput) (*s3api.ListBucketsOutput, error) {
	return &s3api.ListBucketsOutput{}, nil
}

// What is recorded of a presigned URL says when and for how long it was signed, and
// nothing by which it could be used.
func TestParametersOfPresignedURLs(t *testing.T) {
	for _, tt := range []struct{ method, target string }{
		{http.MethodGet, "/logs/a%20key"}, {http.MethodGet, "/"}, {http.MethodPut, "/logs/key"},
	} {
		journal := &ledger{}
		r := presigned(t, tt.method, tt.target, nil)
		query := r.URL.Query()
		serve(overS3(t, journal, &shelf{}), r)
		var got map[string]any
		if err := json.Unmarshal(journal.facts[0].Parameters, &got); err != nil {
			t.Fatalf("%s: %v", journal.facts[0].Parameters, err)
		}
		for _, name := range []string{"bucketName", "key", "Host"} {
			delete(got, name)
		}
		want := map[string]any{
			"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Date": query.Get("X-Amz-Date"), "X-Amz-Expires": "60", "X-Amz-SignedHeaders": query.Get("X-Amz-SignedHeaders"),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", tt.method, tt.target, diff)
		}
	}
	journal := &ledger{}
	serve(overS3(t, journal, &shelf{}), request{method: http.MethodGet, target: "/logs/key"}.http(t))
	if got := string(journal.facts[0].Parameters); got != `{"bucketName":"logs","key":"key"}` {
		t.Errorf("of a call whose headers are signed there is %s", got)
	}
}
