package logs_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/logs/subscription"
	"github.com/sillok/sillok/internal/service/logs"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
)

// taken is the targets of a test: of Lambda, Kinesis and Firehose, as services that land
// later are. What they take is noted; what fails for is refused.
type taken struct {
	*bus.Bus

	services []string
	fail     func(d bus.Delivery) error

	mu     sync.Mutex
	tries  []bus.Delivery // by Put
	probes []bus.Delivery
	got    []bus.Delivery
}

// newTaken returns targets behind a bus over a store.
func newTaken(store state.Store) *taken {
	return &taken{Bus: bus.New(bus.Config{Log: discard(), FirstPause: time.Millisecond}, store), services: []string{"lambda", "kinesis", "firehose"}}
}

func (t *taken) Takes(arn cloud.ARN) bool { return slices.Contains(t.services, arn.Service) }

func (t *taken) note(to *[]bus.Delivery, d bus.Delivery) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.fail != nil {
		if err := t.fail(d); err != nil {
			return err
		}
	}
	*to = append(*to, d)
	return nil
}

func (t *taken) Try(_ context.Context, d bus.Delivery) error   { return t.note(&t.tries, d) }
func (t *taken) Probe(_ context.Context, d bus.Delivery) error { return t.note(&t.probes, d) }

// pending returns what waits in the bus, with payloads.
func (t *taken) pending(tb testing.TB) (all []bus.Delivery) {
	tb.Helper()
	page, err := t.Pending(tb.Context(), "", 1000)
	if err != nil {
		tb.Fatal(err)
	}
	for i := range page {
		all = append(all, page[i].Delivery)
	}
	return all
}

// arrive runs the bus until it has n deliveries more than before, and returns them.
func (t *taken) arrive(tb testing.TB, s *logs.Service, n int) []bus.Delivery {
	tb.Helper()
	ctx, stop := context.WithCancel(tb.Context())
	enough := make(chan bool, 1000)
	target := s.Counting(arriving{t, enough})
	all := map[string]bus.Target{"logs": deadLetters{s}}
	for _, service := range t.services {
		all[service] = target
	}
	ended := make(chan error, 1)
	go func() { ended <- t.Run(ctx, nil, all) }()
	for range n {
		<-enough
	}
	stop()
	if err := <-ended; err != nil {
		tb.Fatal(err)
	}
	return t.got
}

type arriving struct {
	*taken

	enough chan bool
}

// Deliver implements bus.Target.
func (a arriving) Deliver(_ context.Context, d bus.Delivery) error {
	if err := a.note(&a.got, d); err != nil {
		return err
	}
	a.enough <- true
	return nil
}

type deadLetters struct{ *logs.Service }

// Deliver implements bus.Target.
func (l deadLetters) Deliver(ctx context.Context, d bus.Delivery) error {
	if !logs.IsUndelivered(d) {
		return errors.New("it is no dead letter")
	}
	return l.Undelivered(ctx, d)
}

// decoded returns the message of a delivery.
func decoded(tb testing.TB, d bus.Delivery) (m subscription.Message) {
	tb.Helper()
	payload := d.Payload
	if d.Target.Service == "lambda" {
		var event struct {
			AWSLogs struct{ Data string } `json:"awslogs"`
		}
		err := json.Unmarshal(payload, &event)
		if err == nil {
			payload, err = base64.StdEncoding.DecodeString(event.AWSLogs.Data)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	z, err := gzip.NewReader(bytes.NewReader(payload))
	if err != nil {
		tb.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// told is a delivery in short: its target, group, stream, filter and messages.
func told(tb testing.TB, d bus.Delivery) string {
	tb.Helper()
	m := decoded(tb, d)
	var all []string
	for _, e := range m.Events {
		if m.Type == "DATA_MESSAGE" && len(e.ID) != 56 {
			tb.Errorf("the ID of an event is %q", e.ID)
		}
		all = append(all, e.Message)
	}
	return fmt.Sprintf("%s %s/%s %s%v %s", d.Target.Service, m.Group, m.Stream, m.Level, m.Filters, strings.Join(all, "|"))
}

func tell(tb testing.TB, all []bus.Delivery) (texts []string) {
	tb.Helper()
	for _, d := range all {
		texts = append(texts, told(tb, d))
	}
	slices.Sort(texts)
	return texts
}

// subscribed is a service whose events can be sent somewhere.
func subscribed(tb testing.TB, store state.Store, dir string, more func(*logs.Config)) (*desk, *taken) {
	tb.Helper()
	to := newTaken(store)
	cfg := logs.Config{Log: discard(), Dir: dir, Targets: to}
	if more != nil {
		more(&cfg)
	}
	s, err := logs.Open(tb.Context(), cfg, store, &keys{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return &desk{tb, s, servicetest.Call(tb)}, to
}

const (
	function = "arn:aws:lambda:ap-northeast-2:111122223333:function:f"
	kinesis  = "arn:aws:kinesis:ap-northeast-2:111122223333:stream/s"
	firehose = "arn:aws:firehose:ap-northeast-2:111122223333:deliverystream/d"
	passed   = `"RoleArn": "arn:aws:iam::111122223333:role/r"`
)

// subscribe puts a subscription filter on the group g.
func (d *desk) subscribe(name, pattern, target, more string) {
	d.Helper()
	d.must("PutSubscriptionFilter", `{"LogGroupName": "g", "FilterName": %q, "FilterPattern": %q, "DestinationArn": %q, %s}`, name, pattern, target, passed+more)
}

func TestEventsAreSentToSubscribers(t *testing.T) {
	d, to := subscribed(t, servicetest.Store(t), t.TempDir(), nil)
	d.group("g", "s", "t")
	d.group("other", "s")
	now := time.Now().UnixMilli()
	d.put("g", "s", now, "an ERROR of before")
	d.subscribe("errors", "ERROR", kinesis, "")
	d.subscribe("all", "[when, what]", function, `, "EmitSystemFields": ["@aws.region"]`)
	equal(t, "Kinesis is tried", "kinesis / [] CWL CONTROL MESSAGE: Checking health of destination Kinesis.", told(t, to.tries[0]))
	equal(t, "who tries it", "arn:aws:iam::111122223333:role/r arn:aws:logs:ap-northeast-2:111122223333:log-group:g:*", to.tries[0].Principal+" "+to.tries[0].Source.String())
	equal(t, "Lambda is asked, and not called", []int{1, 1}, []int{len(to.tries), len(to.probes)})
	d.put("g", "s", now, "one ERROR", "two fine", "three ERROR x")
	d.put("g", "t", now, "four ERROR")
	d.put("g", "s", now, "five ERROR")
	d.put("other", "s", now, "six ERROR")
	d.pass()
	d.pass()
	got := to.arrive(t, d.Service, 4)
	equal(t, "sent", []string{
		"kinesis g/s [errors] one ERROR|three ERROR x|five ERROR", "kinesis g/t [errors] four ERROR",
		"lambda g/s [all] one ERROR|two fine|three ERROR x|five ERROR", "lambda g/t [all] four ERROR",
	}, tell(t, got))
	for _, one := range got {
		m := decoded(t, one)
		if m.Owner != "111122223333" || m.Type != "DATA_MESSAGE" || m.Events[0].Timestamp != now {
			t.Errorf("%+v", m)
		}
		if one.Target.Service == "kinesis" {
			equal(t, "a key of partitions", m.Stream, one.Attributes[logs.AttributePartition])
			equal(t, "fields", map[string]string(nil), m.Events[0].Extracted)
		} else if m.Stream == "t" {
			equal(t, "fields", map[string]string{"when": "four", "what": "ERROR", "@aws.region": "ap-northeast-2"}, m.Events[0].Extracted)
		}
		equal(t, "who sends it", "arn:aws:iam::111122223333:role/r", one.Principal)
	}
	d.pass()
	counted := map[string]float64{}
	for _, one := range d.CountedOwn(cloud.CallOf(d.ctx).Scope()) {
		if one.Dimensions["FilterName"] != "" {
			counted[one.Name+" "+one.Dimensions["DestinationType"]+" "+one.Dimensions["LogGroupName"]] += one.Sum
		}
	}
	if counted["ForwardedBytes Kinesis g"] < 100 || counted["ForwardedBytes Lambda g"] < 100 {
		t.Error(counted)
	}
	delete(counted, "ForwardedBytes Kinesis g")
	delete(counted, "ForwardedBytes Lambda g")
	equal(t, "counted", map[string]float64{"ForwardedLogEvents Kinesis g": 4, "ForwardedLogEvents Lambda g": 5}, counted)
	out := d.must("DescribeSubscriptionFilters", `{"LogGroupName": "g", "FilterNamePrefix": "e"}`)
	equal(t, "what is shown", []any{"errors", "ERROR", kinesis, "ByLogStream", false, nil}, []any{
		member(t, out, "SubscriptionFilters", 0, "FilterName"), member(t, out, "SubscriptionFilters", 0, "FilterPattern"),
		member(t, out, "SubscriptionFilters", 0, "DestinationArn"), member(t, out, "SubscriptionFilters", 0, "Distribution"),
		member(t, out, "SubscriptionFilters", 0, "ApplyOnTransformedLogs"), member(t, out, "SubscriptionFilters", 0, "Since"),
	})
	d.must("DeleteSubscriptionFilter", `{"LogGroupName": "g", "FilterName": "all"}`)
	d.must("DeleteLogGroup", `{"LogGroupName": "other"}`)
	d.put("g", "t", now, "seven")
	d.pass()
	equal(t, "what waits", 0, len(to.pending(t)))
}

// What cannot be subscribed is refused, with AWS's words where they are known.
func TestSubscriptionsThatAreRefused(t *testing.T) {
	d, to := subscribed(t, servicetest.Store(t), t.TempDir(), func(cfg *logs.Config) {
		cfg.Trusts = func(_ context.Context, role cloud.ARN, source string, account cloud.Account) error {
			if role.Resource == "role/no" {
				return cloud.Errorf(cloud.Denied, "AccessDenied", "for %s of %s", source, account)
			}
			return nil
		}
		cfg.May = func(_ context.Context, action, arn string, _ map[string][]string) error {
			if strings.HasSuffix(arn, ":destination:closed") {
				return cloud.Errorf(cloud.Denied, "AccessDeniedException", "not %s", action)
			}
			return nil
		}
	})
	d.group("g", "s")
	d.group("/aws/lambda/f", "s")
	d.must("CreateLogGroup", `{"LogGroupName": "rare", "LogGroupClass": "INFREQUENT_ACCESS"}`)
	const destination = "arn:aws:logs:ap-northeast-2:444455556666:destination:"
	theirs := &desk{t, d.Service, servicetest.As(t, "444455556666", servicetest.Region)}
	theirs.must("PutDestination", `{"DestinationName": "untrusted", "TargetArn": "arn:aws:kinesis:ap-northeast-2:444455556666:stream/s", "RoleArn": "arn:aws:iam::444455556666:role/no"}`)
	const bad = "InvalidParameterException"
	for _, tt := range []struct {
		name, code, text string
		group, pattern   string
		target, more     string
	}{
		{"no ARN", bad, "The destination ARN x is no ARN.", "g", "", "x", ""},
		{"a pattern that is none", bad, "", "g", "{", kinesis, passed},
		{"a class without", bad, "INFREQUENT_ACCESS", "rare", "", kinesis, passed},
		{"another account's stream", bad, "PutDestination", "g", "", "arn:aws:kinesis:ap-northeast-2:444455556666:stream/s", passed},
		{"a stream elsewhere", bad, "another region", "g", "", "arn:aws:kinesis:us-east-1:111122223333:stream/s", passed},
		{"no role", bad, "destinationArn for vendor firehose cannot be used without roleArn", "g", "", firehose, `"Distribution": "Random"`},
		{"a role that trusts nobody", bad, "cannot assume the role arn:aws:iam::111122223333:role/no: its trust policy has to allow that to the service logs.amazonaws.com. for arn:aws:logs:ap-northeast-2:111122223333:log-group:g:* of 111122223333", "g", "", kinesis, `"RoleArn": "arn:aws:iam::111122223333:role/no"`},
		{"a role that is no ARN", bad, "", "g", "", kinesis, `"RoleArn": "r"`},
		{"a queue", bad, "vendor sqs", "g", "", "arn:aws:sqs:ap-northeast-2:111122223333:q", passed},
		{"a log group", bad, "vendor logs", "g", "", "arn:aws:logs:ap-northeast-2:111122223333:log-group:x", passed},
		{"a function that writes into the group", bad, "would never end", "/aws/lambda/f", "", function + ":3", `"Distribution": "ByLogStream"`},
		{"no transformer", bad, "transformer", "g", "", kinesis, passed + `, "ApplyOnTransformedLogs": true`},
		{"criteria that are none", bad, "fieldSelectionCriteria", "g", "", kinesis, passed + `, "FieldSelectionCriteria": "x"`},
		{"a field that is none", bad, "emitSystemFields has x", "g", "", kinesis, passed + `, "EmitSystemFields": ["x"]`},
		{"a destination that is not there", bad, "Could not deliver test message to specified destination. Check if the destination is valid. There is no destination", "g", "", destination + "none", `"Distribution": "Random"`},
		{"a destination whose role trusts nobody", bad, "cannot assume the role arn:aws:iam::444455556666:role/no", "g", "", destination + "untrusted", `"Distribution": "Random"`},
		{"a destination that one may not use", "AccessDeniedException", "not logs:PutSubscriptionFilter", "g", "", destination + "closed", `"Distribution": "Random"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			more := tt.more
			if more != "" {
				more = ", " + more
			}
			(&desk{t, d.Service, d.ctx}).refused(tt.code, tt.text, "PutSubscriptionFilter", `{"LogGroupName": %q, "FilterName": "f", "FilterPattern": %q, "DestinationArn": %q%s}`, tt.group, tt.pattern, tt.target, more)
		})
	}
	put := func(name, pattern, target string) string {
		return fmt.Sprintf(`{"LogGroupName": "g", "FilterName": %q, "FilterPattern": %q, "DestinationArn": %q, %s}`, name, pattern, target, passed)
	}
	to.fail = func(bus.Delivery) error {
		return cloud.Errorf(cloud.NotFound, "ResourceNotFoundException", "Stream s is not there.")
	}
	d.refused(bad, "Could not deliver test message to specified Kinesis stream. Check if the given kinesis stream is in ACTIVE state. Stream s is not there.", "PutSubscriptionFilter", "%s", put("f", "", kinesis))
	d.refused(bad, "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function. Stream s", "PutSubscriptionFilter", "%s", put("f", "", function))
	to.fail = nil
	d.must("PutSubscriptionFilter", "%s", put("a", "%x%", kinesis))
	d.must("PutSubscriptionFilter", "%s", put("b", "", kinesis))
	d.refused("LimitExceededException", "Resource limit exceeded.", "PutSubscriptionFilter", "%s", put("c", "", kinesis))
	d.must("PutSubscriptionFilter", "%s", put("b", "x", function))
	for i := range 4 {
		d.must("PutMetricFilter", `{"LogGroupName": "g", "FilterName": "%d", "FilterPattern": "%%y%%", "MetricTransformations": [%s}]}`, i, transformation)
	}
	d.refused("LimitExceededException", "", "PutSubscriptionFilter", "%s", put("b", "%z%", function))
	d.must("PutSubscriptionFilter", "%s", put("a", "%z%", function))
	d.refused("LimitExceededException", "", "PutMetricFilter", `{"LogGroupName": "g", "FilterName": "n", "FilterPattern": "%%y%%", "MetricTransformations": [%s}]}`, transformation)
}

// A destination of another account is sent what its owner's role may put.
func TestEventsAreSentToDestinationsOfOtherAccounts(t *testing.T) {
	d, to := subscribed(t, servicetest.Store(t), t.TempDir(), nil)
	d.group("g", "s")
	theirs := &desk{t, d.Service, servicetest.As(t, "444455556666", servicetest.Region)}
	const stream = "arn:aws:kinesis:ap-northeast-2:444455556666:stream/"
	theirs.must("PutDestination", `{"DestinationName": "d", "TargetArn": "%sone", "RoleArn": "arn:aws:iam::444455556666:role/own"}`, stream)
	d.must("PutSubscriptionFilter", `{"LogGroupName": "g", "FilterName": "f", "FilterPattern": "", "DestinationArn": "arn:aws:logs:ap-northeast-2:444455556666:destination:d"}`)
	equal(t, "tried", stream+"one arn:aws:iam::444455556666:role/own", to.tries[0].Target.String()+" "+to.tries[0].Principal)
	theirs.must("PutDestination", `{"DestinationName": "d", "TargetArn": "%stwo", "RoleArn": "arn:aws:iam::444455556666:role/new"}`, stream)
	d.put("g", "s", time.Now().UnixMilli(), "a")
	d.pass()
	got := to.arrive(t, d.Service, 1)
	equal(t, "sent", stream+"two arn:aws:iam::444455556666:role/new 111122223333", got[0].Target.String()+" "+got[0].Principal+" "+decoded(t, got[0]).Owner)
	theirs.must("DeleteDestination", `{"DestinationName": "d"}`)
	d.put("g", "s", time.Now().UnixMilli(), "b", "c")
	d.pass()
	d.pass()
	equal(t, "what waits", 0, len(to.pending(t)))
	for _, one := range d.CountedOwn(cloud.CallOf(d.ctx).Scope()) {
		if one.Name == "DeliveryErrors" && one.Dimensions["FilterName"] == "f" {
			equal(t, "what is lost", 2.0, one.Sum)
			return
		}
	}
	t.Error("nothing says what is lost")
}

// The account's own policy sends the events of all groups but those that it names,
// besides the groups' own.
func TestEventsAreSentToTheAccountsSubscriber(t *testing.T) {
	d, to := subscribed(t, servicetest.Store(t), t.TempDir(), nil)
	for _, group := range []string{"g", "left out", "later"} {
		if group != "left out" {
			d.group(group, "s")
		}
	}
	d.group("not", "s")
	document := `{"DestinationArn":"` + firehose + `","RoleArn":"arn:aws:iam::111122223333:role/r","FilterPattern":"-quiet","Distribution":"Random"}`
	put := func(name, document, criteria string) string {
		return fmt.Sprintf(`{"PolicyName": %q, "PolicyType": "SUBSCRIPTION_FILTER_POLICY", "PolicyDocument": %q, "SelectionCriteria": %q}`, name, document, criteria)
	}
	const all = `LogGroupName NOT IN ["not"]`
	for name, tt := range map[string][3]string{
		"no JSON":                  {"{", all, "no valid JSON"},
		"more than there is":       {`{"DestinationArn":"` + firehose + `","FilterPattern":"","Role":"x"}`, all, "no valid JSON"},
		"no target":                {`{"FilterPattern":""}`, all, "DestinationArn"},
		"no pattern":               {`{"DestinationArn":"` + firehose + `"}`, all, "FilterPattern"},
		"a pattern that is none":   {`{"DestinationArn":"` + firehose + `","FilterPattern":"{"}`, all, ""},
		"no role":                  {`{"DestinationArn":"` + firehose + `","FilterPattern":""}`, all, "without roleArn"},
		"another way to spread":    {`{"DestinationArn":"` + firehose + `","FilterPattern":"","Distribution":"x"}`, all, "Distribution"},
		"groups that are chosen":   {document, `LogGroupName IN ["a"]`, "NOT IN"},
		"criteria that are none":   {document, `LogGroupName`, "selectionCriteria"},
		"criteria of another kind": {document, `LogGroupNamePrefix IN ["a"]`, "selectionCriteria"},
	} {
		t.Run(name, func(t *testing.T) {
			(&desk{t, d.Service, d.ctx}).refused("InvalidParameterException", tt[2], "PutAccountPolicy", "%s", put("p", tt[0], tt[1]))
		})
	}
	d.put("g", "s", time.Now().UnixMilli(), "of before")
	d.must("PutAccountPolicy", "%s", put("p", document, all))
	d.refused("LimitExceededException", "Resource limit exceeded.", "PutAccountPolicy", "%s", put("q", document, all))
	d.subscribe("own", "", function, "")
	d.group("made later", "s")
	for _, group := range []string{"g", "not", "made later"} {
		d.put(group, "s", time.Now().UnixMilli(), "a", "quiet")
	}
	d.pass()
	equal(t, "sent", []string{
		"firehose g/s ACCOUNT_LEVEL_POLICY[p] a", "firehose made later/s ACCOUNT_LEVEL_POLICY[p] a", "lambda g/s [own] a|quiet",
	}, tell(t, to.arrive(t, d.Service, 3)))
	d.must("DeleteAccountPolicy", `{"PolicyName": "p", "PolicyType": "SUBSCRIPTION_FILTER_POLICY"}`)
	d.put("later", "s", time.Now().UnixMilli(), "b")
	d.pass()
	equal(t, "what waits", 0, len(to.pending(t)))
}
