package sns_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/snsapi"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric/metrictest"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/outgoing"
	"github.com/sillok/sillok/internal/service/sns"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
)

const (
	account = servicetest.Account
	region  = servicetest.Region
	here    = "arn:aws:sns:ap-northeast-2:111122223333:"
	queue   = "arn:aws:sqs:ap-northeast-2:111122223333:"
)

// house is a service with all that it sends to, in memory.
type house struct {
	*sns.Service

	tb  testing.TB
	ctx context.Context //nolint:containedctx // that of all calls of a test
	db  *state.DB
	bus *bus.Bus

	mu       sync.Mutex
	requests []request
	mails    []outgoing.Mail
	queued   []bus.Delivery
	lines    []string
	answer   func(outgoing.Request) (outgoing.Answer, error)
	refuse   func(bus.Delivery) error
	mailErr  error
	may      func(ctx context.Context, action, arn string) error
	emitted  metrictest.Emitted
}

// request is one that was sent, and when.
type request struct {
	outgoing.Request

	at time.Time
}

// Do implements sns.Sender.
func (h *house) Do(_ context.Context, r outgoing.Request) (outgoing.Answer, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.requests = append(h.requests, request{r, time.Now()})
	if h.answer == nil {
		return outgoing.Answer{Status: 200, Body: []byte("ok")}, nil
	}
	return h.answer(r)
}

// Send implements sns.Mailer.
func (h *house) Send(_ context.Context, m outgoing.Mail) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mails = append(h.mails, m)
	return h.mailErr
}

// Takes implements sns.Targets.
func (h *house) Takes(arn cloud.ARN) bool { return arn.Service == "sqs" || arn.Service == "lambda" }

// Try implements sns.Targets.
func (h *house) Try(_ context.Context, d bus.Delivery) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refuse != nil {
		if err := h.refuse(d); err != nil {
			return err
		}
	}
	h.queued = append(h.queued, d)
	return nil
}

// Deliver implements sns.Targets.
func (h *house) Deliver(tx state.Tx, d bus.Delivery) (string, error) { return h.bus.Deliver(tx, d) }

// Write implements sns.Status.
func (h *house) Write(_ context.Context, _ cloud.ARN, _, group, line string, _ time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, group+" "+line)
	return nil
}

// open returns a house whose bus runs.
func open(tb testing.TB) *house {
	tb.Helper()
	h := &house{tb: tb}
	db, err := state.Open(tb.Context(), filepath.Join(tb.TempDir(), "state.db"))
	if err != nil {
		tb.Fatal(err)
	}
	sealer, err := seal.New(make([]byte, 32))
	if err != nil {
		tb.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	h.db, h.bus = db, bus.New(bus.Config{Log: log}, db)
	h.Service = sns.New(sns.Config{
		Log: log, URL: func() string { return "https://events.example.org" }, HTTP: h, Mail: h, SMS: "https://sms.example.org/send", Push: "https://push.example.org/send",
		Targets: h, Status: h, Metrics: &h.emitted, May: func(ctx context.Context, action, arn string, _ map[string][]string) error {
			if h.may == nil {
				return nil
			}
			return h.may(ctx, action, arn)
		},
	}, db, sealer)
	h.ctx = servicetest.As(tb, account, region)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.bus.Run(ctx, nil, map[string]bus.Target{"sns": h.Service}) }()
	synctest.Wait() // or a test that ends at once ends it before it began
	tb.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			tb.Error(err)
		}
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return h
}

// do calls an operation with an input as JSON, and returns the answer, or the error.
func (h *house) do(operation, in string) string { return h.doAs(h.ctx, operation, in) }

func (h *house) doAs(ctx context.Context, operation, in string) string {
	h.tb.Helper()
	out, err := servicetest.Do(ctx, h.tb, h.Service, operation, in)
	if e, ok := err.(*cloud.Error); ok { //nolint:errorlint // it is not wrapped
		return e.Code + ": " + e.Message
	}
	if err != nil {
		return err.Error()
	}
	return string(out)
}

// want calls an operation and compares its answer.
func (h *house) want(operation, in, want string) {
	h.tb.Helper()
	if got := h.do(operation, in); got != want {
		h.tb.Errorf("%s %s\n got %s\nwant %s", operation, in, got, want)
	}
}

// topic makes a topic.
func (h *house) topic(name string, attributes ...string) string {
	h.tb.Helper()
	all := map[string]string{}
	for i := 0; i+1 < len(attributes); i += 2 {
		all[attributes[i]] = attributes[i+1]
	}
	out, err := h.CreateTopic(h.ctx, &snsapi.CreateTopicInput{Name: &name, Attributes: all})
	if err != nil {
		h.tb.Fatal(err)
	}
	return *out.TopicArn
}

// subscribe subscribes an endpoint, and confirms it where it is asked.
func (h *house) subscribe(topic, protocol, endpoint string, attributes ...string) string {
	h.tb.Helper()
	all := map[string]string{}
	for i := 0; i+1 < len(attributes); i += 2 {
		all[attributes[i]] = attributes[i+1]
	}
	out, err := h.Subscribe(h.ctx, &snsapi.SubscribeInput{TopicArn: &topic, Protocol: &protocol, Endpoint: &endpoint, Attributes: all, ReturnSubscriptionArn: new(true)})
	if err != nil {
		h.tb.Fatal(err)
	}
	h.rest()
	if protocol == "http" || protocol == "https" {
		h.confirm(topic, member(h.tb, h.taken()[0].Body, "Token"))
	}
	return *out.SubscriptionArn
}

func (h *house) confirm(topic, token string) {
	h.tb.Helper()
	if _, err := h.ConfirmSubscription(h.ctx, &snsapi.ConfirmSubscriptionInput{TopicArn: &topic, Token: &token}); err != nil {
		h.tb.Fatal(err)
	}
}

// publish publishes a message.
func (h *house) publish(topic, message string) string {
	h.tb.Helper()
	out, err := h.Publish(h.ctx, &snsapi.PublishInput{TopicArn: &topic, Message: &message})
	if err != nil {
		h.tb.Fatal(err)
	}
	return *out.MessageId
}

// rest waits until nothing is done any more.
func (h *house) rest() {
	<-time.After(time.Millisecond)
	synctest.Wait()
}

// taken returns the requests that were sent since it was called last.
func (h *house) taken() []request {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := h.requests
	h.requests = nil
	return all
}

// got returns what came into queues and functions since it was called last.
func (h *house) got() []bus.Delivery {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := h.queued
	h.queued = nil
	return all
}

// bodies are payloads as texts.
func bodies(all []bus.Delivery) string {
	texts := make([]string, len(all))
	for i, d := range all {
		texts[i] = d.Target.Resource + "=" + string(d.Payload)
	}
	return strings.Join(texts, " ")
}

// member returns a member of a message.
func member(tb testing.TB, body []byte, name string) string {
	tb.Helper()
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		tb.Fatalf("%s: %v", body, err)
	}
	return fmt.Sprint(m[name])
}

func sorted(all []string) []string {
	slices.Sort(all)
	return all
}
