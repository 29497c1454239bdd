package logs_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/killtest"
	"github.com/sillok/sillok/internal/service/logs"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
)

func TestMain(m *testing.M) {
	killtest.Main(m, map[string]func(string) error{"pass": passUntilKilled})
}

// busTargets are a bus and one target behind it.
type busTargets struct {
	*bus.Bus

	target bus.Target
}

// Takes implements logs.Targets.
func (busTargets) Takes(arn cloud.ARN) bool { return arn.Service == "kinesis" }

// Try implements logs.Targets.
func (b busTargets) Try(ctx context.Context, d bus.Delivery) error { return b.target.Deliver(ctx, d) }

// Probe implements logs.Targets.
func (busTargets) Probe(context.Context, bus.Delivery) error { return nil }

// file is a target that writes what it takes into a file, a line for each event.
type file struct {
	mu sync.Mutex
	to *os.File
	tb testing.TB
}

// Deliver implements bus.Target.
func (f *file) Deliver(_ context.Context, d bus.Delivery) error {
	m := decoded(f.tb, d)
	f.mu.Lock()
	defer f.mu.Unlock()
	var lines strings.Builder
	for _, e := range m.Events {
		fmt.Fprintln(&lines, m.Stream, e.Message)
	}
	_, err := f.to.WriteString(lines.String())
	return err
}

// serve runs a service, its bus and its subscriber in a folder until do returns.
func serve(ctx context.Context, tb testing.TB, dir string, do func(ctx context.Context, s *logs.Service) error) error { //nolint:thelper // tb is nil in the process that is killed
	db, err := state.Open(ctx, filepath.Join(dir, "state.db"))
	if err != nil {
		return err
	}
	out, err := os.OpenFile(filepath.Join(dir, "out"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	quiet := slog.New(slog.DiscardHandler)
	carrier := bus.New(bus.Config{Log: quiet}, db)
	target := &file{to: out, tb: tb}
	s, err := logs.Open(ctx, logs.Config{Log: quiet, Dir: filepath.Join(dir, "logs"), Targets: busTargets{carrier, target}}, db, &keys{})
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 2)
	go func() { ended <- s.Run(running) }()
	go func() { ended <- carrier.Run(running, nil, map[string]bus.Target{"kinesis": target}) }()
	call := cloud.WithCall(ctx, cloud.Call{Account: servicetest.Account, Region: servicetest.Region, Principal: cloud.RootOf(servicetest.Account)})
	err = do(call, s)
	stop()
	return errors.Join(err, <-ended, <-ended, s.Close(), db.Close(), out.Close())
}

// passUntilKilled puts events into streams, and prints each once it is acknowledged.
func passUntilKilled(dir string) error {
	return serve(context.Background(), nil, dir, func(ctx context.Context, s *logs.Service) error {
		const streams = 4
		begin := time.Now().UnixNano()
		var writers sync.WaitGroup
		for n := range streams {
			stream := fmt.Sprint("s", n)
			writers.Go(func() {
				for i := 0; ; i++ {
					message := fmt.Sprintf("%d-%06d", begin, i)
					_, err := s.PutLogEvents(ctx, &logsapi.PutLogEventsInput{LogGroupName: new("g"), LogStreamName: &stream, LogEvents: []logsapi.InputLogEvent{
						{Timestamp: new(time.Now().UnixMilli()), Message: &message},
					}})
					if err != nil {
						return
					}
					fmt.Println(stream, message) //nolint:forbidigo // the parent reads it
				}
			})
		}
		writers.Wait()
		return errors.New("no writer is left")
	})
}

// Each event that was acknowledged reaches the subscriber, in the order of its stream,
// however often the process is killed; what comes again comes in order too.
func TestSubscribersMissNothingWhenTheProcessIsKilled(t *testing.T) {
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(serve(t.Context(), t, dir, func(ctx context.Context, s *logs.Service) error {
		_, err := s.CreateLogGroup(ctx, &logsapi.CreateLogGroupInput{LogGroupName: new("g")})
		must(err)
		for n := range 4 {
			_, err := s.CreateLogStream(ctx, &logsapi.CreateLogStreamInput{LogGroupName: new("g"), LogStreamName: new(fmt.Sprint("s", n))})
			must(err)
		}
		_, err = s.PutSubscriptionFilter(ctx, &logsapi.PutSubscriptionFilterInput{
			LogGroupName: new("g"), FilterName: new("f"), FilterPattern: new(""), DestinationArn: new(kinesis), RoleArn: new("arn:aws:iam::111122223333:role/r"),
		})
		return err
	}))
	acknowledged := map[string]bool{}
	for round := range 4 {
		killtest.After(t, 400+round*777, func(line string) bool {
			acknowledged[line] = true
			return true
		}, "pass", dir)
	}
	// What is yet to arrive does so once the server runs again.
	missing := func() (n int, first string) {
		there := map[string]bool{}
		for _, line := range linesOf(t, filepath.Join(dir, "out")) {
			there[line] = true
		}
		for line := range acknowledged {
			if !there[line] {
				n, first = n+1, line
			}
		}
		return n, first
	}
	must(serve(t.Context(), t, dir, func(ctx context.Context, s *logs.Service) error {
		must(s.PassOn(ctx))
		db := time.Now().Add(20 * time.Second)
		for n, _ := missing(); n > 0 && time.Now().Before(db); n, _ = missing() {
			wait := time.NewTimer(20 * time.Millisecond)
			<-wait.C
		}
		return nil
	}))
	if n, first := missing(); n > 0 {
		t.Errorf("%d of %d events never arrived, %s among them", n, len(acknowledged), first)
	}
	last, seen := map[string]string{}, map[string]bool{}
	again := 0
	for _, line := range linesOf(t, filepath.Join(dir, "out")) {
		stream, message, _ := strings.Cut(line, " ")
		if stream == "" { // the message to try the target
			continue
		}
		if seen[line] {
			again++
			continue
		}
		if seen[line] = true; message <= last[stream] {
			t.Errorf("in %s %s came behind %s", stream, message, last[stream])
		}
		last[stream] = message
	}
	t.Logf("%d acknowledged, %d arrived, %d of them again", len(acknowledged), len(seen), again)
}

func linesOf(tb testing.TB, path string) (all []string) {
	tb.Helper()
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	for scan := bufio.NewScanner(f); scan.Scan(); {
		all = append(all, scan.Text())
	}
	return all
}

// full is a store of documents that refuses changes while it is full.
type full struct {
	state.Store

	mu   sync.Mutex
	full bool
}

func (f *full) Update(ctx context.Context, fn func(state.Tx) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.full {
		return cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "the disk is full")
	}
	return f.Store.Update(ctx, fn)
}

func (f *full) set(is bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.full = is
}

// While nothing can be written down, events are kept for subscribers, also once they are
// sealed, and reach them once by the bus when it can be again.
func TestEventsWaitWhileTheDiskIsFull(t *testing.T) {
	store := &full{Store: servicetest.Store(t)}
	dir := t.TempDir()
	d, to := subscribed(t, store, dir, nil)
	d.group("g", "s")
	d.subscribe("f", "", kinesis, "")
	store.set(true)
	now := time.Now().UnixMilli()
	var want []string
	long := strings.Repeat("x", 900_000)
	for i := range 60 { // more than memory and a segment of the log hold
		message := fmt.Sprintf("%02d", i)
		want = append(want, message)
		d.put("g", "s", now, message+long)
		if i%7 == 0 {
			if err := d.PassOn(d.ctx); err == nil {
				t.Fatal("it is full")
			}
		}
	}
	ctx, stop := context.WithCancel(d.ctx)
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }() // which seals
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if sealed, err := filepath.Glob(filepath.Join(dir, "sealed", "*.events")); err == nil && len(sealed) > 0 {
			break
		}
		wait := time.NewTimer(10 * time.Millisecond)
		<-wait.C
	}
	if problems := d.Problems(); len(problems) != 1 || !strings.Contains(problems[0], "the disk is full") {
		t.Error(problems)
	}
	store.set(false)
	d.pass()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if n := len(to.pending(t)); n != 60 {
		t.Fatalf("%d messages wait", n)
	}
	var got []string
	for _, one := range to.arrive(t, d.Service, 60) {
		for _, e := range decoded(t, one).Events {
			got = append(got, e.Message[:2])
		}
	}
	equal(t, "arrived", want, got)
}

// A target that refuses for good, that is gone, or for which too much waits, loses what
// is told and counted, and holds up nobody else.
func TestTargetsThatTakeNothing(t *testing.T) {
	d, to := subscribed(t, servicetest.Store(t), t.TempDir(), nil)
	d.group("g", "s")
	d.subscribe("a", "", kinesis, "")
	d.subscribe("b", "", firehose, "")
	now := time.Now().UnixMilli()
	d.put("g", "s", now, "one", "two")
	d.pass()
	to.fail = func(one bus.Delivery) error {
		if one.Target.Service == "kinesis" {
			return cloud.Errorf(cloud.NotFound, "ResourceNotFoundException", "Stream s is not there.")
		}
		return nil
	}
	equal(t, "arrived", []string{"firehose g/s [b] one|two"}, tell(t, to.arrive(t, d.Service, 1)))
	to.services = []string{"firehose"} // the other service is gone
	d.put("g", "s", now, "three")
	d.pass()
	d.pass()
	counted := map[string]float64{}
	for _, one := range d.CountedOwn(cloud.CallOf(d.ctx).Scope()) {
		if one.Name == "DeliveryErrors" && one.Dimensions["FilterName"] != "" {
			counted[one.Dimensions["FilterName"]] += one.Sum
		}
	}
	equal(t, "not delivered", map[string]float64{"a": 3}, counted)
}

// Events are passed on by themselves soon after they came, also those that a server
// found when it started.
func TestEventsArePassedOnByThemselves(t *testing.T) {
	store, dir := servicetest.Store(t), t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		to := &taker{}
		with := func(do func(d *desk)) {
			s, err := logs.Open(t.Context(), logs.Config{Log: discard(), Dir: dir, Metrics: to}, store, &keys{})
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- s.Run(ctx) }()
			do(&desk{t, s, servicetest.Call(t)})
			stop()
			if err := errors.Join(<-ended, s.Close()); err != nil {
				t.Fatal(err)
			}
		}
		with(func(d *desk) {
			d.group("g", "s")
			<-time.After(time.Second)
			synctest.Wait()
			d.put("g", "s", time.Now().UnixMilli(), "a")
			<-time.After(time.Second)
			synctest.Wait()
			equal(t, "soon", 4, len(to.got))
			d.put("g", "s", time.Now().UnixMilli(), "b")
		})
		with(func(*desk) {
			<-time.After(time.Second)
			synctest.Wait()
			equal(t, "after the next start", 8, len(to.got))
		})
	})
}

// Events that were taken before a filter was put again are counted, and sent, all the same.
func TestAFilterThatIsPutAgainMissesNothing(t *testing.T) {
	d, to := subscribed(t, servicetest.Store(t), t.TempDir(), nil)
	d.group("g", "s")
	now := time.Now()
	again := func() {
		d.must("PutMetricFilter", `{"LogGroupName": "g", "FilterName": "f", "FilterPattern": "", "MetricTransformations": [{"MetricName": "m", "MetricNamespace": "n", "MetricValue": "1"}]}`)
		d.subscribe("f", "", kinesis, "")
		d.must("PutAccountPolicy", `{"PolicyName": "p", "PolicyType": "SUBSCRIPTION_FILTER_POLICY", "PolicyDocument": %q}`, fmt.Sprintf(`{"DestinationArn": %q, "RoleArn": "arn:aws:iam::111122223333:role/r", "FilterPattern": ""}`, firehose))
	}
	d.put("g", "s", now.UnixMilli(), "before all")
	again()
	d.put("g", "s", now.UnixMilli(), "between")
	again()
	d.pass()
	equal(t, "counted", []logs.Datum{datum("m", now.Truncate(time.Minute), nil, 1)}, d.Counted(cloud.CallOf(d.ctx).Scope()))
	if n := len(to.pending(t)); n != 2 {
		t.Fatalf("%d messages wait", n)
	}
	equal(t, "sent", []string{"firehose g/s ACCOUNT_LEVEL_POLICY[p] between", "kinesis g/s [f] between"}, tell(t, to.arrive(t, d.Service, 2)))
}
