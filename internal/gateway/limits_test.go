package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/ec2api"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/gateway"
)

// limited returns a gateway of two keys with limits.
func limited(t *testing.T, journal gateway.Journal, limits gateway.Limits, more ...gateway.Service) *gateway.Gateway {
	t.Helper()
	cfg := config(journal)
	cfg.Limits = limits
	keys := testKeys()
	keys["AKIASECOND"] = cloud.Key{ID: "AKIASECOND", Secret: testSecret, Principal: cloud.RootOf(testAccount)}
	cfg.Keys = keys
	return open(t, cfg, more...)
}

// by signs a request with another key that has the same secret.
func (q request) by(t *testing.T, key string) *http.Request {
	t.Helper()
	r := q.http(t)
	signAs(t, r, []byte(q.body), key, q.service, "ap-northeast-2")
	return r
}

// answerTo is the status of an answer, and its code where it failed.
func answerTo(g *gateway.Gateway, r *http.Request) string {
	w := serve(g, r)
	said := fmt.Sprint(w.Code)
	for _, code := range []string{
		"ThrottlingException", "<Code>Throttling<", "RequestLimitExceeded", "SlowDown", "InvalidSignatureException", "SignatureDoesNotMatch",
		"UnrecognizedClientException", "InvalidAccessKeyId", "MissingAuthenticationToken", "AccessDenied",
	} {
		if strings.Contains(w.Body.String()+w.Header().Get("X-Amzn-Errortype"), code) {
			return said + " " + strings.Trim(strings.TrimPrefix(code, "<Code>"), "<")
		}
	}
	return said
}

// Who asks too often is told so by the code that his protocol has for it, and may
// go on a moment later; another key goes on all the time.
func TestRates(t *testing.T) {
	sts := form("sts", "Action=GetCallerIdentity&Version=2011-06-15")
	s3 := request{service: "s3", method: http.MethodGet, target: "/logs/key"}
	ec2 := form("ec2", "Action=DescribeInstances&Version=2016-11-15")
	lambda := request{service: "lambda", method: http.MethodGet, target: "/2015-03-31/functions/f?Qualifier=q"}
	for code, q := range map[string]request{
		"400 ThrottlingException": get(), "400 Throttling": sts, "503 SlowDown": s3, "503 RequestLimitExceeded": ec2, "400 ThrottlingException ": lambda,
	} {
		t.Run(q.service, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := limited(t, &ledger{}, gateway.Limits{Rate: 5}, append(fakes(),
					gateway.Service{Model: s3api.Service, Handler: &fakeS3{}}, gateway.Service{Model: ec2api.Service, Handler: struct{}{}})...)
				good := answerTo(g, q.by(t, "AKIASECOND"))
				var got []string
				for range 6 {
					got = append(got, answerTo(g, q.signed(t)))
				}
				got = append(got, answerTo(g, q.by(t, "AKIASECOND")))
				<-time.After(200 * time.Millisecond)
				got = append(got, answerTo(g, q.signed(t)), answerTo(g, q.signed(t)))
				code := strings.TrimSpace(code)
				if diff := cmp.Diff([]string{good, good, good, good, good, code, good, good, code}, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

// An account has a rate of its own, whatever keys it calls by.
func TestRatesOfAnAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := limited(t, &ledger{}, gateway.Limits{Rate: 5, RatePerAccount: 3}, fakes()...)
		var got []string
		for _, key := range []string{testKey, "AKIASECOND", testKey, "AKIASECOND", testKey} {
			got = append(got, answerTo(g, get().by(t, key)))
		}
		good := got[0]
		if diff := cmp.Diff([]string{good, good, good, "400 ThrottlingException", "400 ThrottlingException"}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// Nobody's calls are counted by where they come from.
func TestRatesOfNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := limited(t, &ledger{}, gateway.Limits{Rate: 2}, gateway.Service{Model: s3api.Service, Handler: &fakeS3{}})
		from := func(address string) string {
			r := request{service: "s3", method: http.MethodGet, target: "/logs/key"}.http(t)
			r.RemoteAddr = address
			return answerTo(g, r)
		}
		var got []string
		for _, address := range []string{
			"192.0.2.1:1", "192.0.2.1:2", "192.0.2.1:3", "192.0.2.2:1", "[2001:db8::1]:1", "[2001:db8::2]:1", "[2001:db8::3]:1", "[2001:db8:0:1::1]:1",
		} {
			got = append(got, address+" "+from(address))
		}
		want := []string{
			"192.0.2.1:1 403 AccessDenied", "192.0.2.1:2 403 AccessDenied", "192.0.2.1:3 503 SlowDown", "192.0.2.2:1 403 AccessDenied",
			"[2001:db8::1]:1 403 AccessDenied", "[2001:db8::2]:1 403 AccessDenied", "[2001:db8::3]:1 503 SlowDown", "[2001:db8:0:1::1]:1 403 AccessDenied",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// slow is an Athena whose calls end when they are told to.
type slow struct{ end chan struct{} }

func (s slow) GetQueryExecution(context.Context, *athenaapi.GetQueryExecutionInput) (*athenaapi.GetQueryExecutionOutput, error) {
	<-s.end
	return &athenaapi.GetQueryExecutionOutput{}, nil
}

// So many calls may be in flight, of a key and in all. What has ended, or was
// refused, is not.
func TestCallsInFlight(t *testing.T) {
	const full = "400 ThrottlingException"
	for _, tt := range []struct {
		name         string
		limits       gateway.Limits
		first, other int
		own, others  string // what is told to one more
	}{
		{"of a key", gateway.Limits{CallsPerKey: 3}, 3, 1, full, "200"},
		{"in all", gateway.Limits{Calls: 4, CallsPerKey: 3, CallsPerAccount: 4}, 2, 2, full, full},
		{"of an account", gateway.Limits{Calls: 100, CallsPerKey: 3, CallsPerAccount: 4}, 2, 2, full, full},
		{"of an account by default", gateway.Limits{Calls: 8, CallsPerKey: 4}, 4, 2, full, full},
		{"by default, of a key", gateway.Limits{}, 512, 0, full, "200"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				service := slow{make(chan struct{})}
				g := limited(t, &ledger{}, tt.limits, gateway.Service{Model: athenaapi.Service, Handler: service})
				var all sync.WaitGroup
				var mu sync.Mutex
				answers := map[string]int{}
				ask := func(n int, key string) {
					for range n {
						r := get().by(t, key)
						all.Go(func() {
							said := answerTo(g, r)
							mu.Lock()
							defer mu.Unlock()
							answers[said]++
						})
					}
				}
				ask(tt.first, testKey)
				ask(tt.other, "AKIASECOND")
				synctest.Wait()
				for range 2 { // what is refused takes nothing
					if got := answerTo(g, get().by(t, testKey)); got != tt.own {
						t.Errorf("one more of the key is told %s, want %s", got, tt.own)
					}
				}
				if tt.others == full {
					if got := answerTo(g, get().by(t, "AKIASECOND")); got != full {
						t.Errorf("one more of another key is told %s, want %s", got, full)
					}
				} else {
					ask(1, "AKIASECOND")
				}
				synctest.Wait()
				close(service.end)
				all.Wait()
				want := tt.first + tt.other
				if tt.others != full {
					want++
				}
				if diff := cmp.Diff(map[string]int{"200": want}, answers); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if got := answerTo(g, get().by(t, testKey)); got != "200" {
					t.Errorf("afterwards it is told %s", got)
				}
			})
		})
	}
}

// Strangers in flight do not take the room of those who sign.
func TestStrangersInFlightTakeNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := limited(t, &ledger{}, gateway.Limits{Calls: 32, CallsPerKey: 8}, fakes()...)
		end := make(chan struct{})
		var strangers sync.WaitGroup
		answers, fromElsewhere := make(chan string, 10), make(chan string, 1)
		for range 10 {
			strangers.Go(func() {
				r := form("sts", "").http(t)
				r.Body, r.ContentLength = newStalled(10, end), 100
				answers <- answerTo(g, r)
			})
		}
		synctest.Wait()
		if got := answerTo(g, get().signed(t)); got != "200" {
			t.Errorf("who signs is told %s", got)
		}
		elsewhere := form("sts", "").http(t)
		elsewhere.RemoteAddr, elsewhere.Body, elsewhere.ContentLength = "198.51.100.9:1", newStalled(10, end), 100
		strangers.Go(func() { fromElsewhere <- answerTo(g, elsewhere) })
		synctest.Wait()
		if len(fromElsewhere) != 0 {
			t.Errorf("a stranger from elsewhere is told %s", <-fromElsewhere)
		}
		if len(answers) != 8 {
			t.Errorf("%d strangers were refused, want all but two", len(answers))
		}
		close(end)
		strangers.Wait()
	})
}

// From an address that sends many wrong signatures, answers to wrong ones are
// withheld; right ones pass, and so does all from elsewhere.
func TestWrongSignaturesAreWithheld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := &ledger{}
		g := limited(t, journal, gateway.Limits{}, append(fakes(), gateway.Service{Model: s3api.Service, Handler: &fakeS3{}})...)
		at := func(r *http.Request, address string) string {
			r.RemoteAddr = address + ":4711"
			return answerTo(g, r)
		}
		spoiled := func(q request) *http.Request {
			r := q.signed(t)
			r.Header.Set("Authorization", r.Header.Get("Authorization")[:len(r.Header.Get("Authorization"))-4]+"0000")
			return r
		}
		unknown := func(q request) *http.Request {
			r := q.signed(t)
			otherKey(r)
			return r
		}
		s3 := request{service: "s3", method: http.MethodGet, target: "/logs/key"}
		for n := range 32 {
			if got := at(spoiled(get()), "192.0.2.1"); got != "400 InvalidSignatureException" {
				t.Errorf("wrong signature %d: %s", n, got)
			}
			if got := at(unknown(s3), "192.0.2.1"); got != "403 InvalidAccessKeyId" {
				t.Errorf("unknown key %d: %s", n, got)
			}
		}
		for name, tt := range map[string]struct {
			r       *http.Request
			address string
			want    string
		}{
			"a wrong signature":                   {spoiled(get()), "192.0.2.1", "400 ThrottlingException"},
			"an unknown key":                      {unknown(get()), "192.0.2.1", "400 ThrottlingException"},
			"a wrong signature to S3":             {spoiled(s3), "192.0.2.1", "503 SlowDown"},
			"a right signature":                   {get().signed(t), "192.0.2.1", "200"},
			"no signature":                        {get().http(t), "192.0.2.1", "400 MissingAuthenticationToken"},
			"a wrong signature from elsewhere":    {spoiled(get()), "192.0.2.2", "400 InvalidSignatureException"},
			"a right signature from elsewhere":    {get().signed(t), "192.0.2.2", "200"},
			"a wrong signature of a network next": {spoiled(get()), "2001:db8::1", "400 InvalidSignatureException"},
		} {
			if got := at(tt.r, tt.address); got != tt.want {
				t.Errorf("%s is told %s, want %s", name, got, tt.want)
			}
		}
		<-time.After(time.Second)
		if got := at(spoiled(get()), "192.0.2.1"); got != "400 InvalidSignatureException" {
			t.Errorf("a second later a wrong signature is told %s", got)
		}
		if got := at(spoiled(get()), "192.0.2.1"); got != "400 ThrottlingException" {
			t.Errorf("and the next %s", got)
		}
		// They are on record as what they are.
		last := journal.facts[len(journal.facts)-1]
		if last.Outcome != cloud.Refused || last.Call.Principal.Type != cloud.Anonymous || last.Code != "ThrottlingException" {
			t.Errorf("recorded as %+v", last)
		}
	})
}

// A clock that is wrong, a URL that has ended and a malformed header are no guesses.
func TestOnlyGuessesAreWithheld(t *testing.T) {
	g := limited(t, &ledger{}, gateway.Limits{}, fakes()...)
	for n := range 80 {
		r := get().signed(t)
		r.Header.Set("X-Amz-Date", time.Now().Add(-time.Hour).UTC().Format("20060102T150405Z"))
		if got := answerTo(g, r); got != "400 InvalidSignatureException" {
			t.Fatalf("call %d is told %s", n, got)
		}
	}
}

// Sources without end take bounded memory.
func TestMetersForget(t *testing.T) {
	now := time.Now()
	m := gateway.NewMeter(time.Second, 2)
	for n := range 1 << 17 {
		if !m.Take(fmt.Sprint(n), now) {
			t.Fatalf("name %d may not", n)
		}
	}
	if known := m.Known(); known > 1<<16 {
		t.Errorf("%d names are known", known)
	}
	m.Take("busy", now)
	m.Take("busy", now)
	if later := now.Add(10 * time.Second); !m.Take("new", later) || m.Known() > 2 {
		t.Errorf("what is over is not forgotten: %d are known", m.Known())
	}
}
