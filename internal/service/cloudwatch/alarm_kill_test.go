package cloudwatch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/publish"
	"github.com/sillok/sillok/internal/kit/killtest"
	"github.com/sillok/sillok/internal/service/cloudwatch"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
)

func TestMain(m *testing.M) {
	killtest.Main(m, map[string]func(string) error{"alarm": alarmUntilKilled})
}

const killAlarms = 6

// arrivals is a topic that writes what it takes into a file: the ID of the delivery, the
// alarm, and the reason.
type arrivals struct {
	mu sync.Mutex
	to *os.File
}

// Deliver implements bus.Target.
func (f *arrivals) Deliver(_ context.Context, d bus.Delivery) error {
	var m publish.Message
	var forms struct{ Default string }
	var told struct{ AlarmName, NewStateReason string }
	if err := errors.Join(decode(string(d.Payload), &m), decode(m.Message, &forms), decode(forms.Default, &told)); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	_, err := fmt.Fprintln(f.to, d.ID, told.AlarmName, told.NewStateReason)
	return err
}

func decode(text string, to any) error { return json.Unmarshal([]byte(text), to) }

// killed is what a process has that is killed.
type killed struct {
	s     *cloudwatch.Service
	store *state.DB
}

// serveAlarms runs the service and its bus in a folder until do returns.
func serveAlarms(ctx context.Context, dir string, do func(ctx context.Context, k killed) error) error {
	db, err := state.Open(ctx, filepath.Join(dir, "state.db"))
	if err != nil {
		return err
	}
	out, err := os.OpenFile(filepath.Join(dir, "out"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	quiet := slog.New(slog.DiscardHandler)
	c := carrier{bus.New(bus.Config{Log: quiet}, db), map[string]bus.Target{"sns": &arrivals{to: out}}}
	s, err := cloudwatch.Open(ctx, cloudwatch.Config{Log: quiet, Dir: filepath.Join(dir, "metrics"), Carrier: c}, db)
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- c.Run(running, nil, s.Telling(c.targets)) }()
	call := cloud.WithCall(ctx, cloud.Call{Account: servicetest.Account, Region: servicetest.Region, Principal: cloud.RootOf(servicetest.Account)})
	err = do(call, killed{s, db})
	stop()
	return errors.Join(err, <-ended, s.Close(), db.Close(), out.Close())
}

// alarmUntilKilled changes the states of alarms until it is killed, and says each change
// once it is acknowledged. A reason is never given twice.
func alarmUntilKilled(dir string) error {
	return serveAlarms(context.Background(), dir, func(ctx context.Context, k killed) error {
		var writers sync.WaitGroup
		for n := range killAlarms {
			writers.Go(func() {
				rng := rand.New(rand.NewPCG(rand.Uint64(), uint64(n)))
				// In the state in which the last process left it nothing would change.
				first := fmt.Sprintf(`{"AlarmName":"a%d","StateValue":"INSUFFICIENT_DATA","StateReason":"begin"}`, n)
				if _, err := servicetest.Do(ctx, quietTB{}, k.s, "SetAlarmState", first); err != nil {
					return
				}
				for {
					reason := fmt.Sprintf("%016x", rng.Uint64())
					for _, to := range []string{"OK", "ALARM"} {
						in := fmt.Sprintf(`{"AlarmName":"a%d","StateValue":%q,"StateReason":"%s%s"}`, n, to, reason, to)
						if _, err := servicetest.Do(ctx, quietTB{}, k.s, "SetAlarmState", in); err != nil {
							return
						}
						fmt.Fprintln(os.Stdout, fmt.Sprintf("a%d", n), reason+to, ".")
					}
				}
			})
		}
		writers.Wait()
		return errors.New("no writer is left")
	})
}

// quietTB is a testing.TB in a process that is no test.
type quietTB struct{ testing.TB }

func (quietTB) Helper() {}

// Whatever was acknowledged has its action, once as far as a delivery's ID tells, and its
// history has one change and one action of it, however often the process is killed.
func TestNoActionIsLostOrSentTwice(t *testing.T) {
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(serveAlarms(t.Context(), dir, func(ctx context.Context, k killed) error {
		for n := range killAlarms {
			const both = `,"AlarmActions":["arn:aws:sns:ap-northeast-2:111122223333:t"],"OKActions":["arn:aws:sns:ap-northeast-2:111122223333:t"]`
			if _, err := servicetest.Do(ctx, t, k.s, "PutMetricAlarm", metricAlarm(fmt.Sprintf("a%d", n), both)); err != nil {
				return err
			}
		}
		return nil
	}))
	rounds := 100
	if testing.Short() {
		rounds = 5
	}
	rng := rand.New(rand.NewPCG(1, 2))
	acknowledged := map[string]bool{}
	for range rounds {
		killtest.After(t, 1+rng.IntN(60), func(line string) bool {
			change, whole := strings.CutSuffix(line, " .")
			if whole {
				acknowledged[change] = true
			}
			return whole
		}, "alarm", dir)
	}
	changes, actions := map[string]int{}, map[string]int{}
	must(serveAlarms(t.Context(), dir, func(ctx context.Context, k killed) error {
		a := &acting{&alarming{service: &service{Service: k.s, t: t, ctx: ctx}}, nil, k.store}
		for n := range killAlarms {
			name := fmt.Sprintf("a%d", n)
			actions[name] = len(a.settled(name))
			for change := range a.everything(name) {
				changes[name+" "+change]++
			}
		}
		return nil
	}))
	ids, sent := map[string]string{}, map[string]int{}
	text, err := os.ReadFile(filepath.Join(dir, "out"))
	must(err)
	again := 0
	for line := range strings.Lines(string(text)) {
		id, change, _ := strings.Cut(strings.TrimSpace(line), " ")
		if ids[change] == id {
			again++
		} else if ids[change] != "" {
			t.Errorf("%s was sent as %s and as %s", change, ids[change], id)
		}
		name, _, _ := strings.Cut(change, " ")
		if ids[change] == "" {
			sent[name]++
		}
		ids[change] = id
	}
	for change := range acknowledged {
		if ids[change] == "" {
			t.Errorf("%s was acknowledged, and never sent", change)
		}
		if changes[change] != 1 {
			t.Errorf("%s is in the history %d times", change, changes[change])
		}
	}
	for name, n := range sent {
		if actions[name] != n {
			t.Errorf("%s sent %d actions, and its history has %d", name, n, actions[name])
		}
	}
	t.Logf("%d changes acknowledged, %d sent, %d of them again by the same ID", len(acknowledged), len(ids), again)
}
