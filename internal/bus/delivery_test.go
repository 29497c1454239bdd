package bus_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// queues is a Target that takes what fail has no error for.
type queues struct {
	fail func(ctx context.Context, d bus.Delivery) error // nil never fails

	mu    sync.Mutex
	tries int
	taken []bus.Delivery
}

func (q *queues) Deliver(ctx context.Context, d bus.Delivery) error {
	q.mu.Lock()
	q.tries++
	q.mu.Unlock()
	if q.fail != nil {
		if err := q.fail(ctx, d); err != nil {
			return err
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.taken = append(q.taken, d)
	return nil
}

// all returns the payloads taken, by queue.
func (q *queues) all() map[string][]string {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := map[string][]string{}
	for _, d := range q.taken {
		all[d.Target.Resource] = append(all[d.Target.Resource], string(d.Payload))
	}
	return all
}

func (q *queues) targets() map[string]bus.Target { return map[string]bus.Target{"sqs": q} }

// failing fails deliveries to one queue.
func failing(name string, err error) func(context.Context, bus.Delivery) error {
	return func(_ context.Context, d bus.Delivery) error {
		if d.Target.Resource == name {
			return err
		}
		return nil
	}
}

func TestADeliveryArrivesWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, newPath(t), bus.Config{})
		q := &queues{}
		r.run(t, q.targets())
		want := bus.Delivery{
			Target: queue("q"), Payload: []byte("\x00 any bytes \xff"), Attributes: map[string]string{"a": "b"},
			Source:    cloud.ARN{Partition: "aws", Service: "events", Region: "ap-northeast-2", Account: "111122223333", Resource: "rule/r"},
			Principal: "events.amazonaws.com", Group: "g", MaxAge: time.Hour, MaxAttempts: 3,
			DeadLetter: bus.DeadLetter{Target: queue("dead"), Payload: []byte("the event"), Attributes: map[string]string{"RULE_ARN": "r"}},
		}
		want.ID = r.send(t, want)
		err := r.db.Update(t.Context(), func(tx state.Tx) error {
			_, err := r.Deliver(tx, bus.Delivery{Target: queue("rolled back")})
			return errors.Join(err, errTest)
		})
		if !errors.Is(err, errTest) {
			t.Fatal(err)
		}
		synctest.Wait()
		if diff := cmp.Diff([]bus.Delivery{want}, q.taken); diff != "" {
			t.Errorf("deliveries (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(bus.Health{Listeners: []bus.Lag{}, OutboxBytes: 1 << 30}, r.health(t)); diff != "" {
			t.Errorf("health (-want +got):\n%s", diff)
		}
		if _, err := r.Attempts(t.Context(), want.ID); err == nil || cloud.KindOf(err) != cloud.NotFound {
			t.Errorf("Attempts of a delivery that has ended = %v", err)
		}
		if _, err := r.Send(t.Context(), bus.Delivery{}); err == nil || cloud.KindOf(err) != cloud.Invalid {
			t.Errorf("Send without a target = %v", err)
		}
	})
}

func TestRetries(t *testing.T) {
	throttled := cloud.Errorf(cloud.Throttled, "ThrottlingException", "slow down")
	for _, tt := range []struct {
		name     string
		delivery bus.Delivery
		err      error
		tries    [2]int // at least, at most
		within   time.Duration
		want     map[string]string // attributes of the dead letter
	}{
		{
			name: "EventBridge's retries fill a day", err: throttled,
			tries: [2]int{150, 186}, within: 24 * time.Hour,
		},
		{
			name: "attempts come to an end", err: throttled, delivery: bus.Delivery{MaxAttempts: 3},
			tries: [2]int{3, 3}, within: 3 * time.Second,
			want: map[string]string{
				"ERROR_CODE": "ThrottlingException", "ERROR_MESSAGE": "slow down", "RETRY_ATTEMPTS": "2",
				"EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
			},
		},
		{
			name: "age comes to an end", err: cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "away"),
			delivery: bus.Delivery{MaxAge: time.Minute, MaxAttempts: 1000},
			tries:    [2]int{4, 60}, within: time.Minute,
		},
		{
			name: "one try", err: throttled, delivery: bus.Delivery{MaxAttempts: 1}, tries: [2]int{1, 1},
			want: map[string]string{
				"ERROR_CODE": "ThrottlingException", "ERROR_MESSAGE": "slow down", "RETRY_ATTEMPTS": "0",
				"EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
			},
		},
		{
			name: "a fault of ours keeps its words to itself", err: errors.New("secret"), delivery: bus.Delivery{MaxAttempts: 2},
			tries: [2]int{2, 2}, within: time.Second,
			want: map[string]string{
				"ERROR_CODE": "InternalFailure", "ERROR_MESSAGE": "the target failed inside; the server's log has more",
				"RETRY_ATTEMPTS": "1", "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := open(t, newPath(t), bus.Config{})
				start := time.Now()
				var ended time.Time
				q := &queues{fail: func(_ context.Context, d bus.Delivery) error {
					if d.Target.Resource == "dead" {
						ended = time.Now()
						return nil
					}
					return tt.err
				}}
				r.run(t, q.targets())
				tt.delivery.Target, tt.delivery.DeadLetter.Target = queue("q"), queue("dead")
				r.send(t, tt.delivery)
				pass(48 * time.Hour)
				if tries := q.tries - 1; tries < tt.tries[0] || tries > tt.tries[1] {
					t.Errorf("%d tries, want %v", tries, tt.tries)
				}
				if ended.IsZero() || ended.Sub(start) > tt.within {
					t.Errorf("it ended after %s, want within %s", ended.Sub(start), tt.within)
				}
				if tt.want != nil {
					tt.want["TARGET_ARN"] = queue("q").String()
					if diff := cmp.Diff(tt.want, q.taken[0].Attributes); diff != "" {
						t.Errorf("attributes (-want +got):\n%s", diff)
					}
				}
				r.log.has(t, "WARN", "given up for its dead letter", "arn="+queue("q").String())
				if h := r.health(t); h.DeadLettered != 1 || h.GivenUp != 0 || h.Pending != 0 {
					t.Errorf("health %+v", h)
				}
			})
		})
	}
}

func TestWhichErrorsAreFinal(t *testing.T) {
	for _, tt := range []struct {
		err   error
		final bool
	}{
		{cloud.Errorf(cloud.Invalid, "Code", "it"), true},
		{cloud.Errorf(cloud.Unauthenticated, "Code", "it"), true},
		{cloud.Errorf(cloud.Denied, "Code", "it"), true},
		{cloud.Errorf(cloud.NotFound, "Code", "it"), true},
		{cloud.Errorf(cloud.Unsupported, "Code", "it"), true},
		{cloud.Errorf(cloud.Conflict, "Code", "it"), false},
		{cloud.Errorf(cloud.Throttled, "Code", "it"), false},
		{cloud.Errorf(cloud.Unavailable, "Code", "it"), false},
		{fmt.Errorf("deliver: %w", cloud.Errorf(cloud.Denied, "Code", "it")), true},
		{errTest, false},
	} {
		t.Run(cloud.KindOf(tt.err).String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := open(t, newPath(t), bus.Config{})
				q := &queues{fail: failing("q", tt.err)}
				r.run(t, q.targets())
				r.send(t, bus.Delivery{Target: queue("q"), Payload: []byte("p"), DeadLetter: bus.DeadLetter{Target: queue("dead")}})
				synctest.Wait()
				if final := len(q.all()["dead"]) == 1; final != tt.final {
					t.Errorf("final is %v", final)
				}
				if tt.final {
					want := map[string]string{"ERROR_CODE": "Code", "ERROR_MESSAGE": "it", "RETRY_ATTEMPTS": "0", "TARGET_ARN": queue("q").String()}
					if diff := cmp.Diff(want, q.taken[0].Attributes); diff != "" {
						t.Errorf("attributes (-want +got):\n%s", diff)
					}
				}
			})
		})
	}
}

// Panics and time-outs are failures like others; a service that takes no
// deliveries is final, and without a dead letter it is logged and counted.
func TestWhatElseGoesWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, newPath(t), bus.Config{})
		q := &queues{fail: func(ctx context.Context, d bus.Delivery) error {
			switch d.Target.Resource {
			case "panics":
				panic("at the disco")
			case "hangs":
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}}
		r.run(t, q.targets())
		dead := bus.DeadLetter{Target: queue("dead"), Payload: []byte("event")}
		r.send(t, bus.Delivery{Target: queue("panics"), MaxAttempts: 2, DeadLetter: dead})
		pass(time.Minute)
		r.send(t, bus.Delivery{Target: queue("hangs"), MaxAttempts: 2, DeadLetter: dead})
		pass(time.Hour)
		var codes []string
		for _, d := range q.taken {
			codes = append(codes, string(d.Payload)+": "+d.Attributes[bus.AttributeErrorCode])
		}
		if diff := cmp.Diff([]string{"event: InternalFailure", "event: TargetTimeout"}, codes); diff != "" {
			t.Errorf("dead letters (-want +got):\n%s", diff)
		}
		r.log.has(t, "ERROR", "at the disco", "delivery_test.go")

		r.send(t, bus.Delivery{Target: cloud.ARN{Service: "unheard-of", Resource: "r"}})
		synctest.Wait()
		r.log.has(t, "ERROR", "given up and its payload is lost", "arn=arn:aws:unheard-of:::r", "code=UnsupportedTarget")
		if h := r.health(t); h.DeadLettered != 2 || h.GivenUp != 1 || h.Pending != 0 {
			t.Errorf("health %+v", h)
		}
	})
}

// A dead letter is a delivery like others, but has no dead letter.
func TestADeadLetterThatIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, newPath(t), bus.Config{})
		q := &queues{fail: func(context.Context, bus.Delivery) error { return cloud.Errorf(cloud.NotFound, "NoSuchQueue", "none") }}
		r.run(t, q.targets())
		r.send(t, bus.Delivery{Target: queue("q"), DeadLetter: bus.DeadLetter{Target: queue("dead")}})
		synctest.Wait()
		if h := r.health(t); h.DeadLettered != 1 || h.GivenUp != 1 || q.tries != 2 {
			t.Errorf("%d tries, health %+v", q.tries, h)
		}
	})
}

func TestAttemptsCanBeListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, newPath(t), bus.Config{})
		q := &queues{fail: failing("q", cloud.Errorf(cloud.Throttled, "ThrottlingException", "slow down"))}
		r.run(t, q.targets())
		d := bus.Delivery{Target: queue("q"), Payload: []byte("12345"), MaxAge: 24 * time.Hour, MaxAttempts: 186}
		accepted := time.Now()
		var want []bus.Pending
		for range 3 {
			p := bus.Pending{Delivery: d, Accepted: accepted, Size: 5}
			p.ID, p.Payload = r.send(t, d), nil
			want = append(want, p)
		}
		pass(time.Hour)
		var got []bus.Pending
		for after := ""; ; {
			page, err := r.Pending(t.Context(), after, 2)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
			after = page[len(page)-1].ID
		}
		for i, p := range got {
			one, err := r.Attempts(t.Context(), p.ID)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(p, one, cmp.AllowUnexported(bus.Pending{})); diff != "" {
				t.Errorf("listed and asked for (-listed +asked):\n%s", diff)
			}
			if p.Attempts < 10 || !p.Next.After(time.Now()) || p.Next.After(time.Now().Add(15*time.Minute)) || len(p.Failures) != 5 {
				t.Errorf("after an hour of failures: %+v", p)
			}
			for n, f := range p.Failures {
				if n > 0 && !f.Time.After(p.Failures[n-1].Time) || f.Code != "ThrottlingException" || f.Message != "slow down" {
					t.Errorf("failure %d is %+v", n, f)
				}
			}
			got[i].Attempts, got[i].Next, got[i].Failures = 0, time.Time{}, nil
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(bus.Pending{})); diff != "" {
			t.Errorf("pending (-want +got):\n%s", diff)
		}
	})
}

// A restart forgets neither the attempts nor the pause; what nobody tried while
// the server was off is tried once, whatever its age.
func TestDeliveriesGoOnAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := newPath(t)
		away := cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "away")
		q := &queues{fail: failing("q", away)}
		r := open(t, path, bus.Config{})
		stop := r.run(t, q.targets())
		id := r.send(t, bus.Delivery{Target: queue("q"), Payload: []byte("early")})
		pass(6 * time.Hour)
		stop()
		before, err := r.Attempts(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		r.send(t, bus.Delivery{Target: queue("other"), Payload: []byte("late")})
		pass(48 * time.Hour)
		if q.tries != before.Attempts {
			t.Errorf("%d tries after the stop", q.tries-before.Attempts)
		}

		r = open(t, path, bus.Config{})
		r.run(t, q.targets())
		synctest.Wait()
		if diff := cmp.Diff(map[string][]string{"other": {"late"}}, q.all()); diff != "" {
			t.Errorf("delivered (-want +got):\n%s", diff)
		}
		if h := r.health(t); h.GivenUp != 1 || h.Pending != 0 || q.tries != before.Attempts+1 {
			t.Errorf("%d tries before, %d after, health %+v", before.Attempts, q.tries, h)
		}
	})
}

// Each of a group waits for the one before it, also over a restart; other
// groups, and those of none, do not.
func TestGroupsKeepTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := newPath(t)
		var back atomic.Bool
		q := &queues{fail: func(_ context.Context, d bus.Delivery) error {
			switch {
			case string(d.Payload) == "a2" && !back.Load():
				return cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "away")
			case string(d.Payload) == "a4":
				return cloud.Errorf(cloud.Invalid, "InvalidMessageContents", "no")
			}
			return nil
		}}
		r := open(t, path, bus.Config{})
		stop := r.run(t, q.targets())
		synctest.Wait()
		err := r.db.Update(t.Context(), func(tx state.Tx) error {
			for _, payload := range []string{"a1", "b1", "a2", "a3", "b2", "a4", "a5", "b3", "-1", "-2"} {
				group := payload[:1]
				if group == "-" {
					group = ""
				}
				if _, err := r.Deliver(tx, bus.Delivery{Target: queue("q"), Group: group, Payload: []byte(payload)}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		r.send(t, bus.Delivery{Target: queue("other"), Group: "a", Payload: []byte("other a")})
		synctest.Wait()
		wantGroups(t, q, []string{"a1"}, []string{"b1", "b2", "b3"}, 2)
		stop()

		r = open(t, path, bus.Config{})
		r.run(t, q.targets())
		pass(time.Minute)
		wantGroups(t, q, []string{"a1"}, []string{"b1", "b2", "b3"}, 2)
		back.Store(true)
		pass(time.Hour)
		wantGroups(t, q, []string{"a1", "a2", "a3", "a5"}, []string{"b1", "b2", "b3"}, 2)
		if h := r.health(t); h.Pending != 0 || h.PendingBytes != 0 || h.GivenUp != 1 {
			t.Errorf("health %+v", h)
		}
		r.send(t, bus.Delivery{Target: queue("q"), Group: "a", Payload: []byte("a6")})
		synctest.Wait()
		wantGroups(t, q, []string{"a1", "a2", "a3", "a5", "a6"}, []string{"b1", "b2", "b3"}, 2)
	})
}

func wantGroups(t *testing.T, q *queues, a, b []string, alone int) {
	t.Helper()
	got := map[byte][]string{}
	for _, payload := range q.all()["q"] {
		got[payload[0]] = append(got[payload[0]], payload)
	}
	if len(got['-']) != alone {
		t.Errorf("without a group: %v", got['-'])
	}
	delete(got, '-')
	if diff := cmp.Diff(map[byte][]string{'a': a, 'b': b}, got); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	if others := q.all()["other"]; len(others) != 1 {
		t.Errorf("the same group of another target: %v", others)
	}
}

// Two targets hang: each has its share of what is under way, then one at a
// time, and a third one goes on.
func TestTargetsAreIsolated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, newPath(t), bus.Config{InFlight: 10, InFlightPerTarget: 4})
		under := map[string]int{}
		most := map[string]int{}
		var mu sync.Mutex
		q := &queues{}
		q.fail = func(ctx context.Context, d bus.Delivery) error {
			if d.Target.Resource == "fine" {
				return nil
			}
			mu.Lock()
			under[d.Target.Resource]++
			most[d.Target.Resource] = max(most[d.Target.Resource], under[d.Target.Resource])
			mu.Unlock()
			<-ctx.Done()
			mu.Lock()
			under[d.Target.Resource]--
			mu.Unlock()
			return ctx.Err()
		}
		r.run(t, q.targets())
		err := r.db.Update(t.Context(), func(tx state.Tx) error {
			for n := range 300 {
				target := []string{"hangs", "hangs too", "fine"}[n/100]
				if _, err := r.Deliver(tx, bus.Delivery{Target: queue(target), MaxAttempts: 2}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if h := r.health(t); h.InFlight != 8 || h.Pending != 200 || h.PendingBytes != 200<<10 {
			t.Errorf("health %+v", h)
		}
		if got := len(q.all()["fine"]); got != 100 {
			t.Errorf("%d of 100 are delivered beside targets that hang", got)
		}
		pass(time.Minute)
		if h := r.health(t); h.InFlight != 2 {
			t.Errorf("%d are under way after all have failed", h.InFlight)
		}
		pass(24 * time.Hour)
		if diff := cmp.Diff(map[string]int{"hangs": 4, "hangs too": 4}, most); diff != "" {
			t.Errorf("most at once (-want +got):\n%s", diff)
		}
		if h := r.health(t); h.Pending != 0 || h.GivenUp != 200 {
			t.Errorf("health %+v", h)
		}
	})
}

// More targets hang than there is room for attempts: those that do not hang are
// held up by the first attempts alone.
func TestManyTargetsHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, newPath(t), bus.Config{InFlight: 32, InFlightPerTarget: 4})
		q := &queues{fail: func(ctx context.Context, d bus.Delivery) error {
			if d.Target.Resource == "fine" {
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		}}
		r.run(t, q.targets())
		for n := range 1000 {
			r.send(t, bus.Delivery{Target: queue(fmt.Sprint("hangs", n%20))})
		}
		pass(5 * time.Minute)
		for range 1000 {
			r.send(t, bus.Delivery{Target: queue("fine")})
		}
		synctest.Wait()
		if got := len(q.all()["fine"]); got != 1000 {
			t.Errorf("%d of 1000 are delivered beside 20 targets that hang", got)
		}
	})
}

// What cannot be written down has not happened: it comes again until it can.
func TestAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := newPath(t)
		r := open(t, path, bus.Config{})
		q := &queues{fail: func(context.Context, bus.Delivery) error {
			r.disk.full.Store(true)
			return nil
		}}
		e := &ear{name: "a"}
		stop := r.run(t, q.targets(), e.listener())
		synctest.Wait()
		id := r.send(t, bus.Delivery{Target: queue("q")})
		synctest.Wait()
		r.publish(t, "a", "b")
		pass(10 * time.Second)
		if _, err := r.Send(t.Context(), bus.Delivery{Target: queue("q")}); err == nil {
			t.Error("Send succeeded on a full disk")
		}
		if _, err := r.Attempts(t.Context(), id); err != nil || q.tries < 2 {
			t.Errorf("after %d tries: %v", q.tries, err)
		}
		wantHeard(t, e, "1 a", "2 b")
		r.log.has(t, "ERROR", "was not written down", "delivery="+id, "the disk is full")
		r.log.has(t, "ERROR", "places of listeners were not saved", "the disk is full")

		q.fail = nil
		r.disk.full.Store(false)
		pass(time.Minute)
		stop()
		want := bus.Health{Listeners: []bus.Lag{{Listener: "a"}}, OutboxBytes: 1 << 30}
		if diff := cmp.Diff(want, r.health(t)); diff != "" {
			t.Errorf("health (-want +got):\n%s", diff)
		}
	})
}

// The time of a next attempt that a wrong clock wrote is not waited for.
func TestAClockThatWasSetBack(t *testing.T) {
	path := newPath(t)
	open(t, path, bus.Config{}).send(t, bus.Delivery{Target: queue("q"), Payload: []byte("p")})
	synctest.Test(t, func(t *testing.T) { // where it is the year 2000
		r := open(t, path, bus.Config{})
		q := &queues{}
		r.run(t, q.targets())
		pass(15 * time.Minute)
		if diff := cmp.Diff(map[string][]string{"q": {"p"}}, q.all()); diff != "" {
			t.Errorf("delivered (-want +got):\n%s", diff)
		}
	})
}

// Many targets share what may be under way.
func TestSoManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, newPath(t), bus.Config{InFlight: 10, InFlightPerTarget: 4})
		var mu sync.Mutex
		now, most := 0, 0
		q := &queues{fail: func(context.Context, bus.Delivery) error {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			<-time.After(time.Second)
			mu.Lock()
			defer mu.Unlock()
			now--
			return nil
		}}
		r.run(t, q.targets())
		start := time.Now()
		for n := range 100 {
			r.send(t, bus.Delivery{Target: queue(fmt.Sprint(n % 20))})
		}
		pass(time.Minute)
		if took := q.taken; most != 10 || len(took) != 100 {
			t.Errorf("%d at once, %d delivered since %s", most, len(took), start)
		}
	})
}

// What goes beyond a target's room is given up, and other targets have theirs.
func TestATargetsRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, newPath(t), bus.Config{TargetBytes: 10 << 10})
		q := &queues{fail: failing("down", cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "away"))}
		r.run(t, q.targets())
		synctest.Wait()
		dead := bus.DeadLetter{Target: queue("dead")}
		for n := range 12 {
			r.send(t, bus.Delivery{Target: queue("down"), Payload: fmt.Append(nil, n), DeadLetter: dead})
		}
		r.send(t, bus.Delivery{Target: queue("down"), Payload: []byte("without")})
		r.send(t, bus.Delivery{Target: queue("fine"), Payload: []byte("fine")})
		synctest.Wait()
		got := q.all()
		slices.Sort(got["dead"]) // what names no group has no order
		if diff := cmp.Diff(map[string][]string{"dead": {"10", "11", "9"}, "fine": {"fine"}}, got); diff != "" {
			t.Errorf("delivered (-want +got):\n%s", diff)
		}
		want := map[string]string{
			"ERROR_CODE": "TargetBacklogFull", "ERROR_MESSAGE": "too much waits for this target already",
			"RETRY_ATTEMPTS": "0", "TARGET_ARN": queue("down").String(),
		}
		if diff := cmp.Diff(want, q.taken[0].Attributes); diff != "" {
			t.Errorf("attributes (-want +got):\n%s", diff)
		}
		if h := r.health(t); h.Pending != 9 || h.DeadLettered != 3 || h.GivenUp != 1 {
			t.Errorf("health %+v", h)
		}
	})
}
