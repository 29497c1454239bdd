package delivery_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/store/records"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/delivery"
	"github.com/sillok/sillok/internal/trail/digest"
	"github.com/sillok/sillok/internal/trail/place"
	"github.com/sillok/sillok/internal/trail/trailtest"
)

const (
	account = cloud.Account("111122223333")
	home    = cloud.Region("ap-northeast-2")
)

// object is what a bucket has.
type object struct {
	body     []byte
	metadata map[string]string
	puts     int
}

// buckets keeps what it is given, and fails as it is told to.
type buckets struct {
	mu      sync.Mutex
	objects map[string]object // by bucket and key
	fail    func(bucket string) (before, after error)
	calls   []cloud.Call
	last    *s3api.PutObjectInput
}

func (b *buckets) PutObject(ctx context.Context, in *s3api.PutObjectInput) (*s3api.PutObjectOutput, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var before, after error
	if b.fail != nil {
		before, after = b.fail(*in.Bucket)
	}
	if before != nil {
		return nil, before
	}
	body, err := io.ReadAll(in.Body)
	if err != nil {
		return nil, err
	}
	name := *in.Bucket + "/" + *in.Key
	was, again := b.objects[name]
	if again && !bytes.Equal(was.body, body) {
		return nil, fmt.Errorf("%s was put with other bytes before", name)
	}
	b.objects[name] = object{body, in.Metadata, was.puts + 1}
	b.calls, b.last = append(b.calls, cloud.CallOf(ctx)), in
	return &s3api.PutObjectOutput{}, after
}

// store is a state that fails as it is told to.
type store struct {
	*state.DB
	fail func() error
}

func (s *store) Update(ctx context.Context, fn func(state.Tx) error) error {
	if s.fail != nil {
		if err := s.fail(); err != nil {
			return err
		}
	}
	return s.DB.Update(ctx, fn)
}

// rig is a delivery over a journal and a state of its own.
type rig struct {
	t       *testing.T
	journal *journal.Journal
	store   *store
	buckets *buckets
	*delivery.Delivery
	cfg   delivery.Config
	calls int
	jumps bool // the clock jumps, so that digests are not in the order of their names
}

func open(t *testing.T, cfg journal.Config) *rig {
	t.Helper()
	cfg.Dir, cfg.Log, cfg.SegmentBytes = t.TempDir(), slog.New(slog.DiscardHandler), 64<<10
	j, err := journal.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	db, err := state.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(j.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	r := &rig{t: t, journal: j, store: &store{DB: db}, buckets: &buckets{objects: map[string]object{}}}
	r.cfg = delivery.Config{Log: slog.New(slog.DiscardHandler), Journal: j, Key: func(context.Context, time.Time) (*rsa.PrivateKey, digest.PublicKey, error) {
		key := trailtest.Key()
		return key, digest.Public(key, time.Time{}, time.Now().AddDate(1, 0, 0)), nil
	}}
	r.restart()
	return r
}

// restart forgets what only the process knew.
func (r *rig) restart() { r.Delivery = delivery.New(r.cfg, r.store, r.buckets) }

func trail(name string) delivery.Trail {
	return delivery.Trail{
		ARN: "arn:aws:cloudtrail:ap-northeast-2:111122223333:trail/" + name, Name: name, Account: account, Home: home, Bucket: name + "-logs",
		MultiRegion: true, Global: true, Logging: true,
	}
}

// set changes a trail by a call, which ends behind that as it does in the server.
func (r *rig) set(t delivery.Trail, operation string) {
	r.t.Helper()
	f := fact(operation)
	f.Call.Service, f.Call.RequestID = "cloudtrail", r.id()
	ctx := cloud.WithCall(r.t.Context(), f.Call)
	if err := r.store.DB.Update(ctx, func(tx state.Tx) error { return r.Set(ctx, tx, t) }); err != nil {
		r.t.Fatal(err)
	}
	r.record(f)
}

func (r *rig) id() string {
	r.calls++
	return fmt.Sprint("request-", r.calls)
}

func fact(operation string) cloud.Fact {
	return cloud.Fact{
		Call:  cloud.Call{Service: "glue", Operation: operation, Account: account, Region: home, Principal: cloud.RootOf(account), Time: time.Now().UTC(), SourceIP: "192.0.2.1", UserAgent: "tests"},
		Event: "Management", Outcome: cloud.Done, Parameters: json.RawMessage(`{"name":"a"}`),
	}
}

func (r *rig) record(f cloud.Fact) {
	r.t.Helper()
	if f.Call.RequestID == "" {
		f.Call.RequestID = r.id()
	}
	if err := r.journal.Record(r.t.Context(), f); err != nil {
		r.t.Fatal(err)
	}
}

// call records a call of Glue.
func (r *rig) call(operation string) { r.t.Helper(); r.record(fact(operation)) }

func (r *rig) deliver() {
	r.t.Helper()
	if err := r.Deliver(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

// events returns what the log files in a bucket have: region and name of each event, in
// order of their text.
func (r *rig) events(bucket string) []string {
	r.t.Helper()
	var all []string
	for name, o := range r.buckets.objects {
		key, in := strings.CutPrefix(name, bucket+"/")
		p, err := place.Parse(key)
		if !in || err == nil && p.Kind == place.Digest {
			continue
		}
		if err != nil {
			r.t.Fatal(err)
		}
		var f struct {
			Records []struct{ EventName, AwsRegion, RecipientAccountID string }
		}
		z, err := gzip.NewReader(bytes.NewReader(o.body))
		if err != nil {
			r.t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil {
			r.t.Fatal(err)
		}
		if err := json.Unmarshal(text, &f); err != nil {
			r.t.Fatalf("%s: %v", text, err)
		}
		for _, e := range f.Records {
			if e.AwsRegion != string(p.Region) || e.RecipientAccountID != string(p.Account) {
				r.t.Errorf("%s has a record of %s in %s", key, e.RecipientAccountID, e.AwsRegion)
			}
			all = append(all, e.AwsRegion+" "+e.EventName)
		}
	}
	slices.Sort(all)
	return all
}

func (r *rig) want(bucket string, events ...string) {
	r.t.Helper()
	if diff := cmp.Diff(events, r.events(bucket)); diff != "" {
		r.t.Errorf("%s (-want +got):\n%s", bucket, diff)
	}
}

// Each trail gets what it selects, in its regions, from its start to its stop.
func TestTrailsGetWhatTheySelect(t *testing.T) {
	r := open(t, journal.Config{})
	one, writes, data, off := trail("one-region"), trail("writes"), trail("data"), trail("off")
	one.MultiRegion, one.Global = false, false
	writes.Basic = []cloudtrailapi.EventSelector{{ReadWriteType: new("WriteOnly"), IncludeManagementEvents: new(true)}}
	data.Advanced = []cloudtrailapi.AdvancedEventSelector{{FieldSelectors: []cloudtrailapi.AdvancedFieldSelector{
		{Field: new("eventCategory"), Equals: []string{"Data"}}, {Field: new("resources.type"), Equals: []string{"AWS::S3::Object"}},
	}}}
	off.Logging = false
	r.call("BeforeAll")
	for _, tr := range []delivery.Trail{one, writes, data, off} {
		r.set(tr, "StartLogging")
	}
	r.call("GetTable")
	far := fact("GetFar")
	far.Call.Region = "eu-west-1"
	r.record(far)
	write := fact("CreateTable")
	write.Changes = true
	r.record(write)
	iam := fact("CreateUser")
	iam.Call.Service, iam.Changes = "iam", true
	r.record(iam)
	foreign := fact("GetForeign")
	foreign.Call.Account, foreign.Call.Principal = "444455556666", cloud.RootOf("444455556666")
	r.record(foreign)
	s3 := fact("PutObject")
	s3.Call.Service, s3.Event, s3.Changes = "s3", "Data", true
	s3.Resources = []cloud.Resource{{Action: "s3:PutObject", Type: "object", ARN: "arn:aws:s3:::bucket/key"}}
	r.record(s3)
	own := s3
	own.Call.Principal, own.Call.SourceARN = cloud.ServiceOf("cloudtrail.amazonaws.com"), data.ARN
	r.record(own)
	read := s3 // of what a trail has delivered, to import it again
	read.Call.Operation, read.Call.InvokedBy, read.Call.SourceARN = "GetObject", "cloudtrail.amazonaws.com", "arn:aws:cloudtrail:us-east-1:111122223333:import/1a2b3c4d"
	r.record(read)
	one.Logging = false
	r.set(one, "StopLogging")
	r.call("GetAfterwards")
	r.deliver()
	r.want("one-region-logs", "ap-northeast-2 CreateTable", "ap-northeast-2 GetTable", "ap-northeast-2 StartLogging", "ap-northeast-2 StartLogging",
		"ap-northeast-2 StartLogging", "ap-northeast-2 StartLogging", "ap-northeast-2 StopLogging")
	r.want("writes-logs", "ap-northeast-2 CreateTable", "us-east-1 CreateUser")
	r.want("data-logs", "ap-northeast-2 PutObject")
	r.want("off-logs")
	r.deliver()
	if got := len(r.buckets.calls); got != 4 {
		t.Errorf("%d files were put, want 4", got)
	}
	call := r.buckets.calls[0]
	if call.SourceARN == "" || call.Account != account || call.Principal.Type != "" || *r.buckets.last.ACL != "bucket-owner-full-control" || *r.buckets.last.ContentEncoding != "gzip" {
		t.Errorf("it was put by %+v with %+v", call, r.buckets.last)
	}
}

// Whatever fails, and whenever the process is gone, each event is in one file, once,
// and a file that is put again is the same.
func TestDeliveriesSurviveFaults(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := open(t, journal.Config{})
			dice := rand.New(rand.NewPCG(seed, 1))
			errTest := errors.New("not today")
			r.set(trail("a"), "StartLogging")
			r.set(trail("b"), "StartLogging")
			fails := func() error {
				if dice.IntN(4) == 0 {
					return errTest
				}
				return nil
			}
			r.store.fail, r.buckets.fail = fails, func(string) (before, after error) { return fails(), fails() }
			var want []string
			for n := range 100 {
				for range dice.IntN(4) {
					operation := fmt.Sprintf("Get%03d", len(want))
					r.call(operation)
					want = append(want, string(home)+" "+operation)
				}
				if err := r.Deliver(t.Context()); err != nil && !errors.Is(err, errTest) {
					t.Fatal(n, err)
				}
				r.restart() // as after kill -9: what only the process knew, such as its pauses, is gone
			}
			r.store.fail, r.buckets.fail = nil, nil
			r.deliver()
			starts := []string{string(home) + " StartLogging"}
			r.want("a-logs", slices.Concat(want, starts, starts)...)
			r.want("b-logs", slices.Concat(want, starts)...)
		})
	}
}

// A trail whose bucket is away for a day holds nobody up, says why, and delivers then.
func TestABucketIsAwayForADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, journal.Config{})
		away, fine := trail("away"), trail("fine")
		away.Validated = true
		r.set(away, "StartLogging")
		r.set(fine, "StartLogging")
		r.buckets.fail = func(bucket string) (before, after error) {
			if bucket == "away-logs" {
				before = cloud.Errorf(cloud.Denied, "AccessDenied", "Access Denied")
			}
			return before, nil
		}
		for hour := range 24 {
			r.call(fmt.Sprintf("GetHour%02d", hour))
			<-time.After(time.Hour)
			r.deliver()
			if err := r.Digests(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := len(r.events("fine-logs")); got != 25 {
			t.Errorf("the other trail has %d events", got)
		}
		status, err := r.Status(t.Context(), away.ARN)
		if err != nil || status.Error != "AccessDenied" || status.DigestError != "AccessDenied" || !status.Delivered.IsZero() || status.FailingSince.IsZero() {
			t.Errorf("status %+v, %v", status, err)
		}
		if problems := r.Problems(100 * 24 * time.Hour); len(problems) != 1 || !strings.Contains(problems[0], "1 trails of CloudTrail cannot deliver since ") {
			t.Errorf("problems are %q", problems)
		}
		if r.Needed() >= r.journal.Next() {
			t.Error("the journal is told that nobody needs it")
		}
		r.buckets.fail = nil
		r.restart()
		r.deliver()
		<-time.After(time.Hour)
		for range 3 {
			if err := r.Digests(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := len(r.events("away-logs")); got != 26 {
			t.Errorf("%d events were delivered, want 26", got)
		}
		if problems := r.Problems(0); len(problems) != 0 {
			t.Errorf("problems are still %q", problems)
		}
		digests, backfills, logs := r.chain("away-logs")
		if digests != 25 || backfills != 1 || logs != 2 {
			t.Errorf("%d digests and %d backfill digests know %d log files", digests, backfills, logs)
		}
	})
}

// chain checks the digests of a bucket, one behind the other, and counts them.
func (r *rig) chain(bucket string) (digests, backfills, logs int) {
	r.t.Helper()
	var keys []string
	for name := range r.buckets.objects {
		if key, in := strings.CutPrefix(name, bucket+"/"); in && strings.Contains(key, "CloudTrail-Digest") {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	chains := map[bool]*digest.Chain{}
	for _, key := range keys {
		p, err := place.Parse(key)
		if err != nil {
			r.t.Fatal(err)
		}
		o := r.buckets.objects[bucket+"/"+key]
		read, err := digest.Parse(bytes.NewReader(o.body))
		if err != nil {
			r.t.Fatalf("%s: %v", key, err)
		}
		signed, err := digest.SignedBy(o.metadata, p.Backfill)
		if err != nil {
			r.t.Fatalf("%s: %v", key, err)
		}
		if err := read.Verify(digest.Public(trailtest.Key(), time.Time{}, time.Time{}), signed.Signature); err != nil {
			r.t.Errorf("%s: %v", key, err)
		}
		if chains[p.Backfill] == nil {
			chains[p.Backfill] = &digest.Chain{There: func(bucket, key string) (found, known bool) {
				_, found = r.buckets.objects[bucket+"/"+key]
				return found, true
			}}
		}
		for _, b := range chains[p.Backfill].Add(digest.Seen{Bucket: bucket, Key: key, At: p.Time, Signature: signed.Signature, Read: read}) {
			r.t.Logf("%s: %+v", key, b)
			if b.Kind != digest.Gap && b.Kind != digest.Jump && (b.Kind != digest.Beside || !r.jumps) {
				r.t.Errorf("%s: %+v", key, b)
			}
		}
		for _, log := range read.File.Logs {
			if _, ok := r.buckets.objects[log.Bucket+"/"+log.Key]; !ok {
				r.t.Errorf("%s knows %s, which is not there", key, log.Key)
			}
		}
		logs += len(read.File.Logs)
		if p.Backfill {
			backfills++
		} else {
			digests++
		}
	}
	return digests, backfills, logs
}

// A trail that was stopped ends its chain, and begins another one when it is started.
func TestAStopEndsTheChain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, journal.Config{})
		tr := trail("a")
		tr.Validated = true
		hours := func(n int) {
			for range n {
				<-time.After(time.Hour)
				r.deliver()
				if err := r.Digests(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		r.set(tr, "StartLogging")
		hours(3)
		tr.Logging = false
		r.set(tr, "StopLogging")
		hours(5)
		if digests, _, logs := r.chain("a-logs"); digests != 4 || logs != 2 {
			t.Errorf("after the stop there are %d digests of %d log files", digests, logs)
		}
		tr.Logging = true
		r.set(tr, "StartLogging")
		hours(2)
		if digests, _, logs := r.chain("a-logs"); digests != 6 || logs != 3 {
			t.Errorf("after the start there are %d digests of %d log files", digests, logs)
		}
		ctx := t.Context()
		if err := r.store.DB.Update(ctx, func(tx state.Tx) error { return r.Remove(ctx, tx, tr.ARN) }); err != nil {
			t.Fatal(err)
		}
		hours(3)
		if status, err := r.Status(ctx, tr.ARN); err != nil || status != (delivery.Status{}) {
			t.Errorf("a trail that is deleted has still %+v, %v", status, err)
		}
		if digests, _, _ := r.chain("a-logs"); digests != 7 {
			t.Errorf("after the deletion there are %d digests", digests)
		}
	})
}

// What the journal no longer has is told, and the rest is delivered.
func TestWhatTheJournalLostIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, journal.Config{Keep: records.Retention{MaxAge: time.Hour, NeededAge: 48 * time.Hour}, Needed: func() uint64 { return 1 }})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- r.journal.Run(ctx) }()
		r.set(trail("a"), "StartLogging")
		for range 300 {
			r.call("GetEarly")
		}
		<-time.After(24 * time.Hour)
		if found := firstOf(t, r.journal); found != 1 {
			t.Errorf("the journal was asked to keep all, and begins with %d", found)
		}
		<-time.After(26 * time.Hour)
		first := firstOf(t, r.journal)
		if first == 1 {
			t.Fatal("the journal keeps for ever what a trail needs")
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		r.call("GetLate")
		r.deliver()
		status, err := r.Status(t.Context(), trail("a").ARN)
		if err != nil || status.Lost != first-1 {
			t.Errorf("%d records are said to be lost, and %d are: %v", status.Lost, first-1, err)
		}
		if got := r.events("a-logs"); uint64(len(got)) != 302-status.Lost || !slices.Contains(got, string(home)+" GetLate") {
			t.Errorf("%d events were delivered", len(got))
		}
		r.deliver()
		if problems := r.Problems(0); len(problems) != 1 || !strings.Contains(problems[0], "has lost") {
			t.Errorf("problems are %q", problems)
		}
	})
}

// firstOf returns the number of the first call that the journal has.
func firstOf(t *testing.T, j *journal.Journal) uint64 {
	t.Helper()
	for call, err := range j.Cursor(1).Read(t.Context()) {
		if _, removed := errors.AsType[*records.RemovedError](err); removed {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		return call.Last
	}
	return 0
}

// A trail that is given another bucket delivers there what the old one did not take.
func TestAnotherBucketGetsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, journal.Config{})
		tr := trail("a")
		r.set(tr, "StartLogging")
		r.buckets.fail = func(bucket string) (before, after error) {
			if bucket == "a-logs" {
				before = cloud.Errorf(cloud.NotFound, "NoSuchBucket", "The specified bucket does not exist")
			}
			return before, nil
		}
		r.deliver()
		tr.Bucket = "other-logs"
		r.set(tr, "UpdateTrail")
		<-time.After(time.Minute)
		r.deliver()
		r.want("other-logs", "ap-northeast-2 StartLogging", "ap-northeast-2 UpdateTrail")
	})
}
