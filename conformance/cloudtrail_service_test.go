package conformance_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"

	traildigest "github.com/sillok/sillok/internal/trail/digest"
	"github.com/sillok/sillok/internal/trail/trailtest"
)

// deliverers is how many objects are delivered at once.
const deliverers = 8

// trailService answers what aws cloudtrail validate-logs asks of CloudTrail and
// Organizations, for one trail at a time.
type trailService struct {
	mu    sync.Mutex
	trail *trailtest.Trail
	keys  []traildigest.PublicKey
}

// environment is what makes clients ask it, and the server for all else. Once the server
// answers for trails that deliver by themselves, this is empty.
func (s *trailService) environment(t *testing.T) []string {
	t.Helper()
	service := httptest.NewServer(s)
	t.Cleanup(service.Close)
	return []string{"AWS_ENDPOINT_URL_CLOUDTRAIL=" + service.URL, "AWS_ENDPOINT_URL_ORGANIZATIONS=" + service.URL}
}

// is sets the trail, and the other keys that it signed with.
func (s *trailService) is(trail *trailtest.Trail, keys ...traildigest.PublicKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trail, s.keys = trail, append(keys, traildigest.Public(trail.Key, trailtest.Begin, trail.Now))
}

func trailARN(trail *trailtest.Trail) string {
	return fmt.Sprintf("arn:aws:cloudtrail:%s:%s:trail/%s", trail.Of.Home, trail.Of.Account, trail.Of.Trail)
}

// ServeHTTP implements http.Handler.
func (s *trailService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var answer any
	target := r.Header.Get("X-Amz-Target")
	switch target[strings.LastIndexByte(target, '.')+1:] {
	case "DescribeTrails":
		answer = map[string]any{"trailList": []any{map[string]any{
			"Name": s.trail.Of.Trail, "S3BucketName": s.trail.Bucket, "S3KeyPrefix": s.trail.Of.Prefix, "HomeRegion": s.trail.Of.Home,
			"TrailARN": trailARN(s.trail), "IsOrganizationTrail": s.trail.Of.Organization != "",
		}}}
	case "ListPublicKeys":
		var list []any
		for _, k := range s.keys {
			list = append(list, map[string]any{"Value": k.Value, "Fingerprint": k.Fingerprint, "ValidityStartTime": k.Start.Unix(), "ValidityEndTime": k.End.Unix()})
		}
		answer = map[string]any{"PublicKeyList": list}
	case "DescribeOrganization":
		answer = map[string]any{"Organization": map[string]any{"Id": s.trail.Of.Organization}}
	default:
		w.WriteHeader(http.StatusBadRequest)
		answer = map[string]any{"__type": "UnknownOperationException", "message": target}
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(answer) // a client that is gone fails by itself
}

// deliver puts what a trail delivered into a new bucket.
func (a *asker) deliver(bucket string, trail *trailtest.Trail) {
	a.t.Helper()
	a.bucket(bucket)
	work, ctx := errgroup.WithContext(a.t.Context())
	work.SetLimit(deliverers)
	for key, o := range trail.Objects {
		work.Go(func() error {
			_, err := a.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(o.Body), Metadata: o.Metadata})
			return err
		})
	}
	if err := work.Wait(); err != nil {
		a.t.Fatal(err)
	}
}
