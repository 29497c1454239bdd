package s3

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/store/objects"
)

// ownNamespace is that of what S3 counts of buckets.
const ownNamespace = "AWS/S3"

// noticed says whether any bucket has something. Where none has, no call pays for it.
type noticed struct {
	look sync.Once
	some atomic.Bool // there is one, or was since the start
}

// wanted looks for a bucket that has it, the first time that it is asked.
func (n *noticed) wanted(ctx context.Context, db *objects.DB, has func(*objects.View, *objects.Bucket) (bool, error)) bool {
	n.look.Do(func() {
		err := db.View(ctx, func(v *objects.View) error {
			for b, err := range v.Buckets("") {
				if err != nil {
					return err
				}
				there, err := has(v, b)
				if err != nil {
					return err
				}
				if there {
					n.some.Store(true)
					return nil
				}
			}
			return nil
		})
		if err != nil {
			n.some.Store(true) // who could not look must not leave anything out
		}
	})
	return n.some.Load()
}

// countsRequests says whether requests of any bucket are counted.
func (s *Service) countsRequests(ctx context.Context) bool {
	return s.counted.wanted(ctx, s.db, func(v *objects.View, b *objects.Bucket) (bool, error) {
		return metrics.count(v, b) > 0, nil
	})
}

// countRequest counts a call in the metrics of its bucket, by each of the filters that it
// is one of.
func (s *Service) countRequest(v *objects.View, served *cloud.Served, bucket, key, version string) error {
	b, err := v.Bucket(bucket)
	if err != nil {
		return unlessMissing(err)
	}
	for name, document := range v.Settings(b, metrics.setting("")) {
		var c s3api.MetricsConfiguration
		if err := json.Unmarshal(document, &c); err != nil {
			return err
		}
		if !countedBy(v, b, c.Filter, key, version) {
			continue
		}
		s.emitRequest(b, strings.TrimPrefix(name, metrics.setting("")), key, served)
	}
	return nil
}

// emitRequest counts a call by one filter.
func (s *Service) emitRequest(b *objects.Bucket, filter, key string, served *cloud.Served) {
	emit := func(name, unit string, value float64) {
		m := metric.Own{Namespace: ownNamespace, Name: name, Unit: unit}.With("BucketName", b.Name).With("FilterId", filter)
		s.cfg.Metrics.Emit(cloud.Scope{Account: b.Account, Region: b.Region}, m, value)
	}
	emit("AllRequests", "Count", 1)
	if kind := requestKind(served.Fact.Call.Operation, served.Method, key); kind != "" {
		emit(kind, "Count", 1)
	}
	if served.Received > 0 {
		emit("BytesUploaded", "Bytes", float64(served.Received))
	}
	if served.Sent > 0 {
		emit("BytesDownloaded", "Bytes", float64(served.Sent))
	}
	// Of these two the average is the share of requests that failed: a 0 is a sample.
	emit("4xxErrors", "Count", one(served.Status/100 == 4))
	emit("5xxErrors", "Count", one(served.Status/100 == 5))
	emit("FirstByteLatency", "Milliseconds", wholeMillis(served.Turnaround))
	emit("TotalRequestLatency", "Milliseconds", wholeMillis(served.Total))
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// wholeMillis is a time as S3 tells it, rounded up.
func wholeMillis(d time.Duration) float64 {
	return float64((max(d, 0) + time.Millisecond - 1) / time.Millisecond)
}

// requestKind is the metric of a kind of requests, besides that of all.
func requestKind(operation, method, key string) string {
	switch operation {
	case "DeleteObjects":
		return "DeleteRequests"
	case "ListObjects", "ListObjectsV2", "ListObjectVersions", "ListMultipartUploads", "ListParts":
		return "ListRequests"
	case "SelectObjectContent":
		return "SelectRequests"
	}
	switch method {
	case "HEAD":
		return "HeadRequests"
	case "POST":
		return "PostRequests"
	}
	if key == "" {
		return "" // it is about the bucket
	}
	switch method {
	case "GET":
		return "GetRequests"
	case "PUT":
		return "PutRequests"
	case "DELETE":
		return "DeleteRequests"
	}
	return ""
}

// countedBy says whether a filter is for requests of a key. One of tags is for requests of
// an object that has them once it was served. What is about no object is counted where
// there is no filter; there are no access points.
func countedBy(v *objects.View, b *objects.Bucket, f *s3api.MetricsFilter, key, version string) bool {
	if f == nil {
		return true
	}
	prefix, tags := f.Prefix, []s3api.Tag{}
	point := f.AccessPointArn
	if f.Tag != nil {
		tags = append(tags, *f.Tag)
	}
	if and := f.And; and != nil {
		prefix, tags, point = and.Prefix, append(tags, and.Tags...), and.AccessPointArn
	}
	if point != nil || key == "" || !strings.HasPrefix(key, text(prefix)) {
		return false
	}
	if len(tags) == 0 {
		return true
	}
	var o *objects.Version
	var err error
	if version == "" {
		o, err = v.Latest(b, key)
	} else {
		o, err = v.Version(b, key, version)
	}
	if err != nil {
		return false
	}
	have := map[string]string{}
	for _, t := range o.Tags {
		have[t.Key] = t.Value
	}
	for _, t := range tags {
		if value, there := have[text(t.Key)]; !there || value != text(t.Value) {
			return false
		}
	}
	return true
}
