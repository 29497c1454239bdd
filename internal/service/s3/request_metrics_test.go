package s3_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud/metric/metrictest"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/objects"
)

// counting returns a service that tells what it counts.
func counting(t *testing.T, c *clock) (*s3.Service, *metrictest.Emitted) {
	t.Helper()
	emitted := &metrictest.Emitted{}
	return s3.New(s3.Config{Log: slog.New(slog.DiscardHandler), Now: c.time, Metrics: emitted}, serveAt(t, c).DB(), nil, nil), emitted
}

func countBy(t *testing.T, s *s3.Service, bucket, id string, f *s3api.MetricsFilter) {
	t.Helper()
	servicetest.Must(s.PutBucketMetricsConfiguration(servicetest.As(t, owner, home), &s3api.PutBucketMetricsConfigurationInput{
		Bucket: &bucket, Id: &id, MetricsConfiguration: &s3api.MetricsConfiguration{Id: &id, Filter: f},
	}))(t)
}

func TestRequestsAreCountedByFilters(t *testing.T) {
	s, emitted := counting(t, &clock{at("2026-01-03 00:05:00")})
	b := made(t, s, "photos")
	made(t, s, "other")
	put(t, s, b, "in/a", "abc", objects.Version{Tags: []objects.Tag{{Key: "k", Value: "v"}}})
	tell(t, s, servedGet("photos", "in/a"))
	if got := emitted.Lines(); got != nil {
		t.Errorf("without a filter %v is counted", got)
	}
	countBy(t, s, "photos", "all", nil)
	countBy(t, s, "photos", "in", &s3api.MetricsFilter{Prefix: new("in/")})
	countBy(t, s, "photos", "tagged", &s3api.MetricsFilter{Tag: &s3api.Tag{Key: new("k"), Value: new("v")}})
	countBy(t, s, "photos", "both", &s3api.MetricsFilter{And: &s3api.MetricsAndOperator{Prefix: new("out/"), Tags: []s3api.Tag{{Key: new("k"), Value: new("v")}}}})
	countBy(t, s, "photos", "point", &s3api.MetricsFilter{AccessPointArn: new("arn:aws:s3:ap-northeast-2:111122223333:accesspoint/p")})

	tell(t, s, servedGet("other", "in/a"))
	tell(t, s, servedGet("absent", "in/a"))
	tell(t, s, servedGet("photos", "in/a"))
	refused := servedGet("photos", "out/b")
	refused.Status, refused.Sent, refused.Total = 404, 243, 1500*time.Microsecond
	tell(t, s, refused)
	uploaded := servedGet("photos", "in/c")
	uploaded.Fact.Call.Operation, uploaded.Method, uploaded.Received, uploaded.Sent, uploaded.Status = "PutObject", "PUT", 7, 0, 500
	uploaded.Input = &s3api.PutObjectInput{Bucket: new("photos"), Key: new("in/c")}
	tell(t, s, uploaded)
	listed := servedGet("photos", "")
	listed.Fact.Call.Operation = "ListObjectsV2"
	listed.Input = &s3api.ListObjectsV2Input{Bucket: new("photos")}
	tell(t, s, listed)

	of := func(name, filter, unit, samples string) string {
		return "111122223333/ap-northeast-2 AWS/S3 " + name + " [BucketName=photos FilterId=" + filter + "] " + unit + " " + samples
	}
	want := []string{
		of("4xxErrors", "all", "Count", "[0 1 0 0]"), of("4xxErrors", "in", "Count", "[0 0]"), of("4xxErrors", "tagged", "Count", "[0]"),
		of("5xxErrors", "all", "Count", "[0 0 1 0]"), of("5xxErrors", "in", "Count", "[0 1]"), of("5xxErrors", "tagged", "Count", "[0]"),
		of("AllRequests", "all", "Count", "[1 1 1 1]"), of("AllRequests", "in", "Count", "[1 1]"), of("AllRequests", "tagged", "Count", "[1]"),
		of("BytesDownloaded", "all", "Bytes", "[3 243 3]"), of("BytesDownloaded", "in", "Bytes", "[3]"), of("BytesDownloaded", "tagged", "Bytes", "[3]"),
		of("BytesUploaded", "all", "Bytes", "[7]"), of("BytesUploaded", "in", "Bytes", "[7]"),
		of("FirstByteLatency", "all", "Milliseconds", "[7 7 7 7]"), of("FirstByteLatency", "in", "Milliseconds", "[7 7]"), of("FirstByteLatency", "tagged", "Milliseconds", "[7]"),
		of("GetRequests", "all", "Count", "[1 1]"), of("GetRequests", "in", "Count", "[1]"), of("GetRequests", "tagged", "Count", "[1]"),
		of("ListRequests", "all", "Count", "[1]"),
		of("PutRequests", "all", "Count", "[1]"), of("PutRequests", "in", "Count", "[1]"),
		of("TotalRequestLatency", "all", "Milliseconds", "[12 2 12 12]"), of("TotalRequestLatency", "in", "Milliseconds", "[12 12]"), of("TotalRequestLatency", "tagged", "Milliseconds", "[12]"),
	}
	if diff := cmp.Diff(want, emitted.Lines()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Each kind of requests has a metric of its own.
func TestKindsOfRequests(t *testing.T) {
	s, emitted := counting(t, &clock{at("2026-01-03 00:05:00")})
	made(t, s, "photos")
	countBy(t, s, "photos", "all", nil)
	for _, tt := range []struct{ operation, method, key, want string }{
		{"GetObject", "GET", "k", "GetRequests"},
		{"GetObjectTagging", "GET", "k", "GetRequests"},
		{"GetBucketPolicy", "GET", "", ""},
		{"HeadObject", "HEAD", "k", "HeadRequests"},
		{"HeadBucket", "HEAD", "", "HeadRequests"},
		{"CopyObject", "PUT", "k", "PutRequests"},
		{"DeleteObject", "DELETE", "k", "DeleteRequests"},
		{"DeleteObjects", "POST", "", "DeleteRequests"},
		{"CompleteMultipartUpload", "POST", "k", "PostRequests"},
		{"SelectObjectContent", "POST", "k", "SelectRequests"},
		{"ListObjects", "GET", "", "ListRequests"},
		{"ListObjectVersions", "GET", "", "ListRequests"},
		{"ListParts", "GET", "k", "ListRequests"},
	} {
		call := servedGet("photos", tt.key)
		call.Fact.Call.Operation, call.Method = tt.operation, tt.method
		tell(t, s, call)
		lines := emitted.Lines()
		got := ""
		for _, kind := range []string{"Get", "Put", "Delete", "Head", "Post", "List", "Select"} {
			for _, line := range lines {
				if line == "111122223333/ap-northeast-2 AWS/S3 "+kind+"Requests [BucketName=photos FilterId=all] Count [1]" {
					got += kind + "Requests"
				}
			}
		}
		if got != tt.want {
			t.Errorf("%s is counted as %q, want %q", tt.operation, got, tt.want)
		}
	}
}

func TestBucketsAreMeasuredOnceADay(t *testing.T) {
	c := &clock{at("2026-01-03 00:05:00")}
	s, emitted := counting(t, c)
	measure := func(want ...string) {
		t.Helper()
		if err := s.Measured(t.Context(), emitted.Emit); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, emitted.Lines()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	measure() // there are no buckets
	b := made(t, s, "photos")
	made(t, s, "empty")
	put(t, s, b, "a", "abc", objects.Version{})
	put(t, s, b, "b", "12345", objects.Version{StorageClass: "GLACIER"})
	measure(
		"111122223333/ap-northeast-2 AWS/S3 BucketSizeBytes [BucketName=photos StorageType=GlacierStorage] Bytes [5]",
		"111122223333/ap-northeast-2 AWS/S3 BucketSizeBytes [BucketName=photos StorageType=StandardStorage] Bytes [3]",
		"111122223333/ap-northeast-2 AWS/S3 NumberOfObjects [BucketName=photos StorageType=AllStorageTypes] Count [2]",
	)
	c.move(time.Hour)
	measure()
	put(t, s, b, "a", "abcdef", objects.Version{})
	c.move(24 * time.Hour)
	measure(
		"111122223333/ap-northeast-2 AWS/S3 BucketSizeBytes [BucketName=photos StorageType=GlacierStorage] Bytes [5]",
		"111122223333/ap-northeast-2 AWS/S3 BucketSizeBytes [BucketName=photos StorageType=StandardStorage] Bytes [6]",
		"111122223333/ap-northeast-2 AWS/S3 NumberOfObjects [BucketName=photos StorageType=AllStorageTypes] Count [2]",
	)
}
