package cloudwatch_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/cloudwatch"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
)

// carrier is the bus, and what takes deliveries behind it.
type carrier struct {
	*bus.Bus

	targets map[string]bus.Target
}

// Takes implements cloudwatch.Carrier.
func (c carrier) Takes(arn cloud.ARN) bool { return c.targets[arn.Service] != nil }

// taker takes deliveries, or fails as it is told.
type taker struct {
	mu     sync.Mutex
	fail   []error
	taken  []bus.Delivery
	landed chan struct{}
}

// Deliver implements bus.Target.
func (k *taker) Deliver(_ context.Context, d bus.Delivery) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.fail) > 0 {
		err := k.fail[0]
		k.fail = k.fail[1:]
		if err != nil {
			return err
		}
	}
	k.taken = append(k.taken, d)
	if k.landed != nil {
		k.landed <- struct{}{}
	}
	return nil
}

// acting is CloudWatch beside a bus that runs.
type acting struct {
	*alarming

	to    *taker
	store state.Store
}

func openActing(t *testing.T, targets ...string) *acting {
	t.Helper()
	store := servicetest.Store(t)
	to := &taker{}
	c := carrier{bus.New(bus.Config{Log: slog.New(slog.DiscardHandler), FirstPause: time.Millisecond}, store), map[string]bus.Target{}}
	for _, service := range targets {
		c.targets[service] = to
	}
	s, err := cloudwatch.Open(t.Context(), cloudwatch.Config{Log: slog.New(slog.DiscardHandler), Dir: t.TempDir(), Carrier: c}, store)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx, nil, s.Telling(c.targets)) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &acting{&alarming{service: &service{s, t, servicetest.Call(t), time.Now()}}, to, store}
}

// settled waits until no action is on its way, and returns what the history of an alarm
// says of its actions, oldest first.
func (a *acting) settled(name string) (all []string) {
	a.t.Helper()
	for pending := true; pending; {
		if err := a.t.Context().Err(); err != nil {
			a.t.Fatal(err)
		}
		pending = false
		if err := a.store.View(a.ctx, func(r state.Reader) error {
			for _, kind := range []string{"cloudwatch/alarm-action", "bus/delivery"} {
				for _, err := range r.All(kind) {
					if err != nil {
						return err
					}
					pending = true
				}
			}
			return nil
		}); err != nil {
			a.t.Fatal(err)
		}
	}
	for item := range a.items(name, "") {
		if !strings.Contains(item.HistoryItemType, "Action") {
			continue
		}
		var data struct {
			ActionState, NotificationResource, Error string
			PublishedMessage                         *string
			StateUpdateTimestamp                     int64
		}
		a.decode(item.HistoryData, &data)
		all = append(all, fmt.Sprintf("%s: %s %s message=%v", item.HistorySummary, data.ActionState, data.Error, data.PublishedMessage != nil))
		if data.StateUpdateTimestamp == 0 {
			a.t.Errorf("%s has no stateUpdateTimestamp", item.HistoryData)
		}
	}
	return all
}

func TestHowActionsEnd(t *testing.T) {
	const (
		sns    = "arn:aws:sns:ap-northeast-2:111122223333:t"
		lambda = "arn:aws:lambda:ap-northeast-2:111122223333:function:f"
	)
	for _, tt := range []struct {
		name, action string
		fail         []error
		want         []string
		taken        int
	}{
		{"a topic takes it", sns, nil, []string{"Successfully executed action " + sns + ": Succeeded  message=true"}, 1},
		{"a function takes it", lambda, nil, []string{"Successfully executed action " + lambda + ": Succeeded  message=false"}, 1},
		{
			"a topic does not allow it", sns,
			[]error{cloud.Errorf(cloud.Denied, "AuthorizationError", "no")},
			[]string{"Failed to execute action " + sns + ": Failed CloudWatch Alarms is not authorized to perform: SNS:Publish on resource:" + sns + " message=false"},
			0,
		},
		{
			"a topic is not there", sns,
			[]error{cloud.Errorf(cloud.NotFound, "NotFound", "Topic does not exist")},
			[]string{"Failed to execute action " + sns + ": Failed Topic does not exist message=false"},
			0,
		},
		{
			"a target that was down takes it later", sns,
			[]error{cloud.Errorf(cloud.Unavailable, "Down", "it is down"), nil},
			[]string{"Failed to execute action " + sns + ": Failed it is down message=false", "Successfully executed action " + sns + ": Succeeded  message=true"},
			1,
		},
		{
			"nobody is there for it", "arn:aws:foo:ap-northeast-2:111122223333:bar", nil,
			[]string{"Failed to execute action arn:aws:foo:ap-northeast-2:111122223333:bar: Failed Nothing on this server takes actions of foo: arn:aws:foo:ap-northeast-2:111122223333:bar message=false"},
			0,
		},
		{
			"an alarm takes none", "arn:aws:cloudwatch:ap-northeast-2:111122223333:alarm:m", nil,
			[]string{"Failed to execute action arn:aws:cloudwatch:ap-northeast-2:111122223333:alarm:m: Failed Nothing on this server takes actions of cloudwatch: arn:aws:cloudwatch:ap-northeast-2:111122223333:alarm:m message=false"},
			0,
		},
		{
			"an instance that is not said", "arn:aws:automate:ap-northeast-2:ec2:stop", nil,
			[]string{"Failed to execute action arn:aws:automate:ap-northeast-2:ec2:stop: Failed "},
			0,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := openActing(t, "sns", "lambda", "automate")
			a.to.fail = tt.fail
			a.do("PutMetricAlarm", metricAlarm("m", fmt.Sprintf(`,"AlarmActions":[%q]`, tt.action)))
			a.set("m", "ALARM")
			got := a.settled("m")
			if len(got) != len(tt.want) {
				t.Fatalf("the history has %q", got)
			}
			for i := range got {
				if !strings.HasPrefix(got[i], tt.want[i]) {
					t.Errorf("the history has %q, want %q", got[i], tt.want[i])
				}
			}
			if len(a.to.taken) != tt.taken {
				t.Errorf("it was taken %d times, want %d", len(a.to.taken), tt.taken)
			}
		})
	}
}

// What is sent says who sends it, on whose behalf, and in which order.
func TestWhatIsSent(t *testing.T) {
	a := openAlarms(t)
	for _, action := range []string{
		"arn:aws:sns:ap-northeast-2:111122223333:t", "arn:aws:sns:ap-northeast-2:111122223333:t.fifo", "arn:aws:lambda:ap-northeast-2:111122223333:function:f",
		"arn:aws:automate:ap-northeast-2:ec2:stop", "arn:aws:ssm:ap-northeast-2:111122223333:opsitem:1",
	} {
		name := action[len(action)-4:]
		a.do("PutMetricAlarm", metricAlarm(name, fmt.Sprintf(`,"Dimensions":[{"Name":"InstanceId","Value":"i-1"}],"AlarmActions":[%q]`, action)))
		a.set(name, "ALARM")
	}
	var got []string
	for _, d := range a.carried.deliveries {
		var payload struct{ Subject, MessageStructure, Source, GroupID, DeduplicationID string }
		a.decode(string(d.Payload), &payload)
		if d.Source.String() != d.Group || d.DeadLetter.Target != d.Source {
			t.Errorf("%s is sent by %s, ordered by %s", d.Target, d.Source, d.Group)
		}
		got = append(got, fmt.Sprintf("%s %s %s %s%v", d.Target.Service, d.Principal, payload.MessageStructure, payload.Source, payload.GroupID != "" && payload.DeduplicationID != ""))
	}
	servicetest.Diff(t, []string{
		"sns cloudwatch.amazonaws.com json false", "sns cloudwatch.amazonaws.com json true", "lambda lambda.alarms.cloudwatch.amazonaws.com  aws.cloudwatchfalse",
		"automate cloudwatch.amazonaws.com  aws.cloudwatchfalse", "ssm cloudwatch.amazonaws.com  aws.cloudwatchfalse",
	}, got)
	a.do("PutMetricAlarm", metricAlarm("ok", `,"OKActions":["arn:aws:ssm:ap-northeast-2:111122223333:opsitem:1"]`))
	a.set("ok", "OK")
	servicetest.Diff(t, "Failed to execute action arn:aws:ssm:ap-northeast-2:111122223333:opsitem:1", a.summaries("ok", `,"HistoryItemType":"Action"`)[0])
}

// An action of Auto Scaling is sent each minute while the alarm is in its state.
func TestActionsOfAutoScalingAreRepeated(t *testing.T) {
	a := openAlarms(t)
	const policy = "arn:aws:autoscaling:ap-northeast-2:111122223333:scalingPolicy:p"
	a.do("PutMetricAlarm", metricAlarm("m", fmt.Sprintf(`,"AlarmActions":[%q,"arn:aws:sns:ap-northeast-2:111122223333:t"],"TreatMissingData":"breaching"`, policy)))
	begin := time.Now().Truncate(time.Minute).Add(time.Hour)
	sent := func(after time.Duration) int {
		a.EvaluateAll(a.ctx, begin.Add(after))
		return len(a.carried.taken())
	}
	var got []int
	for _, after := range []time.Duration{0, 30 * time.Second, time.Minute, 2 * time.Minute, 2*time.Minute + 10*time.Second, 3 * time.Minute} {
		got = append(got, sent(after))
	}
	servicetest.Diff(t, []int{2, 0, 1, 1, 0, 1}, got)
	a.do("DisableAlarmActions", `{"AlarmNames":["m"]}`)
	servicetest.Diff(t, 0, sent(4*time.Minute))
	servicetest.Diff(t, []string{"Alarm updated from INSUFFICIENT_DATA to ALARM"}, a.summaries("m", `,"HistoryItemType":"StateUpdate"`))
}

// told is an item of a history.
type told struct{ HistorySummary, HistoryData, HistoryItemType string }

// items yields what the history of an alarm has, oldest first.
func (a *acting) items(name, more string) func(yield func(told) bool) {
	return func(yield func(told) bool) {
		token := ""
		for {
			var out struct {
				NextToken         string
				AlarmHistoryItems []told
			}
			a.decode(a.do("DescribeAlarmHistory", fmt.Sprintf(`{"AlarmName":%q,"AlarmTypes":["MetricAlarm","CompositeAlarm"],"ScanBy":"TimestampAscending"%s%s}`, name, more, token)), &out)
			for _, item := range out.AlarmHistoryItems {
				if !yield(item) {
					return
				}
			}
			if out.NextToken == "" {
				return
			}
			token = fmt.Sprintf(`,"NextToken":%q`, out.NextToken)
		}
	}
}

// everything yields the reasons of all changes of state that the history of an alarm has.
func (a *acting) everything(name string) func(yield func(reason string) bool) {
	return func(yield func(string) bool) {
		for item := range a.items(name, `,"HistoryItemType":"StateUpdate"`) {
			var data struct{ NewState struct{ StateReason string } }
			a.decode(item.HistoryData, &data)
			if !yield(data.NewState.StateReason) {
				return
			}
		}
	}
}

// What a restart finds goes on where it was: nothing is fired again, and what waited waits
// until its time.
func TestARestartFiresNothingAgain(t *testing.T) {
	store, dir := servicetest.Store(t), t.TempDir()
	open := func() *alarming {
		c := &carried{}
		s, err := cloudwatch.Open(t.Context(), cloudwatch.Config{Log: slog.New(slog.DiscardHandler), Dir: dir, Carrier: c}, store)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.LoadAlarms(t.Context()); err != nil {
			t.Fatal(err)
		}
		return &alarming{&service{s, t, servicetest.Call(t), time.Now()}, c}
	}
	a := open()
	a.do("PutMetricAlarm", metricAlarm("m", `,"TreatMissingData":"breaching"`+topic))
	a.do("PutMetricAlarm", metricAlarm("s", ""))
	a.do("PutCompositeAlarm", `{"AlarmName":"x","AlarmRule":"ALARM(m)","ActionsSuppressor":"s","ActionsSuppressorWaitPeriod":300,"ActionsSuppressorExtensionPeriod":1`+topic+"}")
	a.EvaluateAll(a.ctx, time.Now())
	servicetest.Diff(t, "m ALARM, s INSUFFICIENT_DATA, x ALARM", a.states())
	servicetest.Diff(t, []string{"arn:aws:sns:ap-northeast-2:111122223333:t"}, a.carried.taken())
	for _, after := range []time.Duration{0, time.Minute, 2 * time.Minute} {
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		a = open()
		servicetest.Diff(t, 2, a.Scheduled())
		a.EvaluateAll(a.ctx, time.Now().Add(after))
		servicetest.Diff(t, []string{}, a.carried.taken())
	}
	a.EvaluateAll(a.ctx, time.Now().Add(6*time.Minute))
	servicetest.Diff(t, []string{"arn:aws:sns:ap-northeast-2:111122223333:t"}, a.carried.taken())
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}
