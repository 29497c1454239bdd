package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/gateway"
	"github.com/sillok/sillok/internal/wire/snapshots"
)

// TestRecordedRequestsAreNamed sends every request that the SDK recorded,
// signed, through a gateway without services. The refusal names the operation
// that the gateway understood.
func TestRecordedRequestsAreNamed(t *testing.T) {
	g, _ := newGateway(t)
	services := map[string]*api.Service{}
	uris := map[string]string{}
	for _, service := range gateway.Models() {
		services[service.ID] = service
		for _, op := range service.Operations {
			uris[service.ID+":"+op.Name] = op.URI
		}
	}
	named, newer := map[string]int{}, map[string][]string{}
	for _, snap := range snapshots.Load(t) {
		full := snap.Service + ":" + snap.Operation
		uri, known := uris[full]
		if !known {
			newer[snap.Service] = append(newer[snap.Service], snap.Operation) // the SDK is newer than the models
			continue
		}
		host := "127.0.0.1:4566"
		if snap.Service == "s3" && strings.HasPrefix(uri, "/{Bucket}") {
			host = "bucket.s3.us-east-1.amazonaws.com"
		}
		r := snap.Request(t, host)
		sign(t, r, snap.Body, services[snap.Service].SigningName, "us-east-1")
		w := serve(g, r)
		answer := w.Body.String()
		if snap.Method == http.MethodHead {
			if w.Code != http.StatusNotImplemented {
				t.Errorf("%s: answered %d", full, w.Code)
			}
		} else if !strings.Contains(answer, "Sillok does not support "+full+" yet.") {
			t.Errorf("%s: answered %d %s", full, w.Code, answer)
		}
		named[snap.Service]++
	}
	t.Logf("named: %v", named)
	t.Logf("newer than the models: %v", newer)
	for service := range newer {
		if len(newer[service]) > named[service]/4 {
			t.Errorf("%s: %d recorded operations are in no table", service, len(newer[service]))
		}
	}
}
