package bus_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

func TestAFactArrivesWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, newPath(t), bus.Config{})
		var got []bus.Fact
		r.run(t, nil, bus.Listener{Name: "a", Handle: func(_ context.Context, facts []bus.Fact) error {
			got = append(got, facts...)
			return nil
		}})
		synctest.Wait()
		table := cloud.ARN{Partition: "aws", Service: "glue", Region: "ap-northeast-2", Account: "111122223333", Resource: "table/logs/trail"}
		want := []bus.Fact{
			{Kind: "glue.table.created", Scope: scope(), Time: time.Date(2026, 11, 29, 1, 2, 3, 4, time.UTC), Subject: table, Data: document(t, map[string]any{"Name": "trail <1>"})},
			{Kind: "glue.database.created", Cause: 1},
		}
		err := r.db.Update(t.Context(), func(tx state.Tx) error {
			return errors.Join(r.Publish(tx, want[0]), r.Publish(tx, want[1]))
		})
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		synctest.Wait()
		want[0].Number, want[1].Number, want[1].Time = 1, 2, now
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("facts (-want +got):\n%s", diff)
		}
	})
}

func TestAFactExistsExactlyWithItsCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, newPath(t), bus.Config{})
		e := &ear{name: "a"}
		r.run(t, nil, e.listener())
		synctest.Wait()
		r.publish(t, "kept")
		err := r.db.Update(t.Context(), func(tx state.Tx) error {
			return errors.Join(r.Publish(tx, bus.Fact{Kind: "rolled back"}), errTest)
		})
		if !errors.Is(err, errTest) {
			t.Fatal(err)
		}
		r.publish(t, "kept too")
		synctest.Wait()
		// The number of what was rolled back is not missing: numbers have no gaps.
		if diff := cmp.Diff([]string{"1 kept", "2 kept too"}, e.all()); diff != "" {
			t.Errorf("heard (-want +got):\n%s", diff)
		}
	})
}

func TestPublishRefusesWhatIsNoFact(t *testing.T) {
	r := open(t, newPath(t), bus.Config{})
	for _, fact := range []bus.Fact{{}, {Kind: "broken", Data: []byte("{")}} {
		err := r.db.Update(t.Context(), func(tx state.Tx) error { return r.Publish(tx, fact) })
		if err == nil {
			t.Errorf("Publish of %+v succeeded", fact)
		}
	}
}

// The bounds of a batch are crossed, and the outbox is empty afterwards.
func TestManyFactsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, newPath(t), bus.Config{})
		all, some := &ear{name: "all"}, &ear{name: "some", wants: func(kind string) bool { return strings.HasSuffix(kind, "7") }}
		r.run(t, nil, all.listener(), some.listener())
		synctest.Wait()
		var want, wantSome []string
		large := document(t, strings.Repeat("x", 100_000))
		err := r.db.Update(t.Context(), func(tx state.Tx) error {
			for n := 1; n <= 2000; n++ {
				fact := bus.Fact{Kind: fmt.Sprint("kind", n)}
				if n%50 == 0 {
					fact.Data = large
				}
				if err := r.Publish(tx, fact); err != nil {
					return err
				}
				want = append(want, fmt.Sprintf("%d kind%d", n, n))
				if n%10 == 7 {
					wantSome = append(wantSome, fmt.Sprintf("%d kind%d", n, n))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		if diff := cmp.Diff(want, all.all()); diff != "" {
			t.Errorf("all (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(wantSome, some.all()); diff != "" {
			t.Errorf("some (-want +got):\n%s", diff)
		}
		wantHealth := bus.Health{Listeners: []bus.Lag{{Listener: "all"}, {Listener: "some"}}, OutboxBytes: 1 << 30}
		if diff := cmp.Diff(wantHealth, r.health(t)); diff != "" {
			t.Errorf("health (-want +got):\n%s", diff)
		}
	})
}

func TestWithoutListenersNothingStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, newPath(t), bus.Config{})
		r.publish(t, numbered("before", 1000)...)
		r.run(t, nil)
		synctest.Wait()
		r.publish(t, numbered("after", 3)...)
		pass(time.Second)
		if diff := cmp.Diff(bus.Health{Listeners: []bus.Lag{}, OutboxBytes: 1 << 30}, r.health(t)); diff != "" {
			t.Errorf("health (-want +got):\n%s", diff)
		}
	})
}

func wantUnavailable(t *testing.T, err error) {
	t.Helper()
	if err == nil || cloud.KindOf(err) != cloud.Unavailable {
		t.Errorf("error = %v, want one of kind unavailable", err)
	}
}

// A full outbox refuses changes, keeps what it has, and takes changes again
// once the listener goes on.
func TestAFullOutboxRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, newPath(t), bus.Config{OutboxBytes: 20 << 10})
		var goesOn atomic.Bool
		e := &ear{name: "stuck", fail: func(bus.Fact) error {
			if !goesOn.Load() {
				return errTest
			}
			return nil
		}}
		r.run(t, nil, e.listener())
		synctest.Wait()
		var accepted []string
		publish := func(fact bus.Fact) error {
			return r.db.Update(t.Context(), func(tx state.Tx) error {
				return errors.Join(tx.Put(state.Key{Kind: "cause", Name: fact.Kind}, nil), r.Publish(tx, fact))
			})
		}
		var err error
		for n := 1; err == nil; n++ {
			kind := fmt.Sprint("kind", n)
			if err = publish(bus.Fact{Kind: kind}); err == nil {
				accepted = append(accepted, fmt.Sprintf("%d %s", n, kind))
			}
		}
		wantUnavailable(t, err)
		r.log.has(t, "WARN", "outbox is half full")
		var causes []string
		if err := r.db.View(t.Context(), func(reader state.Reader) error {
			for d, err := range reader.All("cause") {
				if err != nil {
					return err
				}
				causes = append(causes, d.Key.Name)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if len(causes) != len(accepted) {
			t.Errorf("%d changes were made with %d facts", len(causes), len(accepted))
		}
		h := r.health(t)
		if h.Facts != uint64(len(accepted)) || h.FactBytes > h.OutboxBytes || h.FactBytes < h.OutboxBytes*9/10 {
			t.Errorf("health of a full outbox: %+v", h)
		}

		goesOn.Store(true)
		pass(time.Minute)
		if diff := cmp.Diff(accepted, e.all()); diff != "" {
			t.Errorf("heard (-want +got):\n%s", diff)
		}
		if err := publish(bus.Fact{Kind: "last"}); err != nil {
			t.Errorf("Publish after the listener went on = %v", err)
		}
	})
}

// What a listener makes of a fact has room of its own, or it could never pass
// that fact and make room; but not without end.
func TestAFullOutboxTakesWhatFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, newPath(t), bus.Config{OutboxBytes: 20 << 10})
		cause := func(ctx context.Context, facts []bus.Fact) error {
			return r.db.Update(ctx, func(tx state.Tx) error {
				for _, fact := range facts {
					if err := r.Publish(tx, bus.Fact{Kind: "effect of " + fact.Kind, Cause: fact.Number}); err != nil {
						return err
					}
				}
				return nil
			})
		}
		published := 0
		for ; ; published++ {
			if err := r.db.Update(t.Context(), func(tx state.Tx) error { return r.Publish(tx, bus.Fact{Kind: "cause"}) }); err != nil {
				wantUnavailable(t, err)
				break
			}
		}
		e := &ear{name: "effects", start: true, wants: func(kind string) bool { return kind != "cause" }}
		causes := bus.Listener{Name: "causes", FromStart: true, Wants: func(kind string) bool { return kind == "cause" }, Handle: cause}
		r.run(t, nil, e.listener(), causes)
		pass(time.Second)
		if got := len(e.all()); got != published {
			t.Errorf("%d effects of %d facts", got, published)
		}
		if h := r.health(t); h.Facts != 0 {
			t.Errorf("%d facts are left", h.Facts)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		r := open(t, newPath(t), bus.Config{OutboxBytes: 20 << 10})
		var err error
		for n := 0; err == nil && n < 100; n++ {
			err = r.db.Update(t.Context(), func(tx state.Tx) error { return r.Publish(tx, bus.Fact{Kind: "effect", Cause: 1}) })
		}
		wantUnavailable(t, err)
		if h := r.health(t); h.FactBytes > 2*h.OutboxBytes || h.FactBytes < h.OutboxBytes*18/10 {
			t.Errorf("health: %+v", h)
		}
	})
}

func TestHealthOfAListenerThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, newPath(t), bus.Config{})
		e := &ear{name: "fails", fail: func(bus.Fact) error { return errTest }}
		fine := &ear{name: "fine"}
		r.run(t, nil, e.listener(), fine.listener())
		synctest.Wait()
		start := time.Now()
		r.publish(t, numbered("kind", 3)...)
		pass(time.Hour)
		got := r.health(t).Listeners
		if failures := got[0].Failures; failures < 60 || failures > 300 {
			t.Errorf("%d failures in an hour of pauses of up to a minute", failures)
		}
		if at := got[0].LastErrorAt; at.Before(start.Add(time.Hour-time.Minute)) || at.After(time.Now()) {
			t.Errorf("the last error is of %s", at)
		}
		want := []bus.Lag{{Listener: "fails", Behind: 3, Oldest: time.Hour, LastError: "not today"}, {Listener: "fine"}}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(bus.Lag{}, "Failures", "LastErrorAt")); diff != "" {
			t.Errorf("lag (-want +got):\n%s", diff)
		}
		r.log.has(t, "ERROR", "a listener failed", "listener=fails", `error="not today"`)
	})
}
