//go:build linux

package conformance_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

// loadClients are those of TestTrailsKeepUp: enough that syncs are shared.
const loadClients = 32

// Many calls a second are all delivered, once, and all in event history, once. The calls
// are signed once and sent as bytes, since clients share the processors with the server.
func TestTrailsKeepUp(t *testing.T) {
	calls := 10_000
	if !testing.Short() {
		calls = 200_000
	}
	s := trails(t)
	s.startTrail()
	answered, took := s.load(calls)
	last := s.lastCall(t.Context())
	began := time.Now()
	eventually(t, "all is delivered", func() bool {
		all, _ := s.records()
		return slices.ContainsFunc(all, func(r delivered) bool { return r.RequestID == last })
	})
	t.Logf("%d calls in %s, %.0f a second, all delivered and read %s later", len(answered), took, float64(len(answered))/took.Seconds(), time.Since(began))
	inBucket, inHistory := s.once(), s.inHistory("GetCallerIdentity")
	for id := range answered {
		if _, ok := inBucket[id]; !ok {
			t.Fatalf("the answered call %s is not in the bucket", id)
		}
		if inHistory[id] != 1 {
			t.Fatalf("the answered call %s is %d times in event history", id, inHistory[id])
		}
	}
	if len(inHistory) != len(answered) {
		t.Errorf("%d calls are in event history, of %d that were answered", len(inHistory), len(answered))
	}
}

// load makes calls of GetCallerIdentity, as many at a time as there are clients, and
// returns the IDs of those that were answered.
func (s *server) load(calls int) (answered map[string]bool, took time.Duration) {
	s.t.Helper()
	p := &peer{t: s.t, name: "Sillok", endpoint: s.endpoint, root: s.root, service: "sts"}
	call := p.call(http.MethodPost, "/", []byte("Action=GetCallerIdentity&Version=2011-06-15"), "Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	ids := make([][]string, loadClients)
	var clients sync.WaitGroup
	began := time.Now()
	for c := range loadClients {
		l, err := p.dial(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		clients.Go(func() {
			defer l.conn.Close() //nolint:errcheck // only read
			for range calls / loadClients {
				id, err := l.identify(call)
				if err != nil {
					s.t.Error(err)
					return
				}
				ids[c] = append(ids[c], id)
			}
		})
	}
	clients.Wait()
	took = time.Since(began)
	answered = make(map[string]bool, calls)
	for _, id := range slices.Concat(ids...) {
		answered[id] = true
	}
	return answered, took
}

// identify sends a call, which must succeed, and returns the ID that it got.
func (l *line) identify(c wireCall) (id string, err error) {
	if _, err := l.conn.Write(c); err != nil {
		return "", err
	}
	r, err := http.ReadResponse(l.in, nil)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r.Body)
	_ = r.Body.Close() // only read
	if err == nil && r.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %.300s", r.Status, text)
	}
	return r.Header.Get("X-Amzn-Requestid"), err
}

// inHistory returns how often each call of a name is in event history, by the ID of its
// request.
func (s *server) inHistory(name string) map[string]int {
	s.t.Helper()
	found := map[string]int{}
	pages := cloudtrail.NewLookupEventsPaginator(cloudtrail.NewFromConfig(s.config()), &cloudtrail.LookupEventsInput{
		MaxResults: aws.Int32(1000), LookupAttributes: []types.LookupAttribute{{AttributeKey: types.LookupAttributeKeyEventName, AttributeValue: &name}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		for i := range page.Events {
			var record delivered
			if err := json.Unmarshal([]byte(*page.Events[i].CloudTrailEvent), &record); err != nil {
				s.t.Fatal(err)
			}
			found[record.RequestID]++
		}
	}
	return found
}
