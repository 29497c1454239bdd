package seek_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
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
	"github.com/sillok/sillok/internal/trail/archive"
	"github.com/sillok/sillok/internal/trail/delivery"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/insight"
	"github.com/sillok/sillok/internal/trail/insight/seek"
	"github.com/sillok/sillok/internal/trail/place"
)

const (
	account = cloud.Account("111122223333")
	other   = cloud.Account("444455556666")
	home    = cloud.Region("ap-northeast-2")
)

// began is when the clock of tests begins.
var began = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// folder keeps what is put as files.
type folder string

func (f folder) PutObject(_ context.Context, in *s3api.PutObjectInput) (*s3api.PutObjectOutput, error) {
	body, err := io.ReadAll(in.Body)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(string(f), *in.Bucket, filepath.FromSlash(*in.Key))
	if was, err := os.ReadFile(path); err == nil && !bytes.Equal(was, body) && len(was) == len(body) {
		return nil, fmt.Errorf("%s was put with other bytes before", path)
	}
	return &s3api.PutObjectOutput{}, errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, body, 0o600))
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

// rig is a seeker with all that it works with, in a folder.
type rig struct {
	dir      string
	journal  *journal.Journal
	store    *store
	archive  *archive.Archive
	delivery *delivery.Delivery
	*seek.Seeker
	now   time.Time
	calls int
}

// open opens what is in a folder, or makes it.
func open(ctx context.Context, dir string, keep ...records.Retention) (*rig, error) {
	log := slog.New(slog.DiscardHandler)
	cfg := journal.Config{Dir: filepath.Join(dir, "calls"), Log: log, SegmentBytes: 256 << 10}
	for _, k := range keep {
		cfg.Keep, cfg.SegmentBytes = k, 64<<10
	}
	r := &rig{dir: dir, now: began}
	var err error
	if r.journal, err = journal.Open(ctx, cfg); err != nil {
		return nil, err
	}
	if r.archive, err = archive.Open(ctx, archive.Config{Dir: filepath.Join(dir, "events"), Log: log, SegmentBytes: 64 << 10}); err != nil {
		return nil, err
	}
	db, err := state.Open(ctx, filepath.Join(dir, "state.db"))
	if err != nil {
		return nil, err
	}
	r.store = &store{DB: db}
	r.restart()
	return r, nil
}

// restart forgets what only the process knew.
func (r *rig) restart() {
	log := slog.New(slog.DiscardHandler)
	r.delivery = delivery.New(delivery.Config{Log: log, Journal: r.journal, Organization: func(_ context.Context, of cloud.Account, _ uint64) (string, error) {
		return map[cloud.Account]string{account: "o-abcdefghij", other: "o-abcdefghij"}[of], nil
	}}, r.store, folder(filepath.Join(r.dir, "buckets")))
	r.Seeker = seek.New(seek.Config{Log: log, Journal: r.journal, Archive: r.archive, Trails: r.delivery, Publish: func(tx state.Tx, f *insight.Found) error {
		return tx.Insert(state.Key{Kind: "test/fact", Name: f.Event.ID}, []byte("{}"))
	}, Clock: func() time.Time { return r.now }}, r.store)
}

func (r *rig) close() error {
	return errors.Join(r.journal.Close(), r.archive.Close(), r.store.Close())
}

func opened(t *testing.T) *rig {
	t.Helper()
	r, err := open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func selectors(types ...string) (all []cloudtrailapi.InsightSelector) {
	for _, kind := range types {
		kind, data := strings.CutPrefix(kind, "Data")
		s := cloudtrailapi.InsightSelector{InsightType: &kind}
		if data {
			s.EventCategories = []string{"Data"}
		}
		all = append(all, s)
	}
	return all
}

const (
	rate     = "ApiCallRateInsight"
	errorsOf = "ApiErrorRateInsight"
)

func trail(name string, insights ...string) delivery.Trail {
	return delivery.Trail{
		ARN: "arn:aws:cloudtrail:ap-northeast-2:111122223333:trail/" + name, Name: name, Account: account, Home: home, Bucket: name,
		MultiRegion: true, Global: true, Logging: true, Insights: selectors(insights...),
		Basic: []cloudtrailapi.EventSelector{{ReadWriteType: new("All"), IncludeManagementEvents: new(false), DataResources: []cloudtrailapi.DataResource{{Type: new("AWS::S3::Object"), Values: []string{"arn:aws:s3:::of-" + name + "/"}}}}},
	}
}

// set changes a trail.
func (r *rig) set(ctx context.Context, t delivery.Trail) error {
	ctx = cloud.WithCall(ctx, cloud.Call{Account: t.Account, Region: t.Home, RequestID: "set"})
	return r.store.DB.Update(ctx, func(tx state.Tx) error { return r.delivery.Set(ctx, tx, t) })
}

// call is a call that is made now.
func (r *rig) call(operation string) cloud.Fact {
	r.calls++
	return cloud.Fact{
		Call: cloud.Call{
			Service: "glue", Operation: operation, Account: account, Region: home, Principal: cloud.RootOf(account), Time: r.now, SourceIP: "192.0.2.1", UserAgent: "tests",
			RequestID: fmt.Sprint("request-", r.now.Unix(), "-", r.calls),
		},
		Event: "Management", Outcome: cloud.Done, Changes: true, Parameters: json.RawMessage(`{"name":"a"}`),
	}
}

// burst records many calls.
func (r *rig) burst(ctx context.Context, n int, f cloud.Fact) error {
	for i := range n {
		f.Call.RequestID = fmt.Sprint(f.Call.RequestID, "-", i)
		write := r.journal.Note
		if i == n-1 {
			write = r.journal.Record
		}
		if err := write(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// pass lets time go by, in steps after which the seeker looks.
func (r *rig) pass(t *testing.T, long time.Duration) {
	t.Helper()
	for ; long > 0; long -= 50 * time.Minute {
		r.now = r.now.Add(min(long, 50*time.Minute))
		r.tick(t)
	}
}

func (r *rig) tick(t *testing.T) {
	t.Helper()
	if err := r.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// shown is an insight in short.
func shown(e *event.Event) string {
	var d struct {
		Details struct{ State, InsightType, ErrorCode string } `json:"insightDetails"`
	}
	if err := json.Unmarshal(e.JSON, &d); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s %s %s %s %s %s", e.Account, e.Region, e.Time.Format("02 15:04"), d.Details.State, e.Name, d.Details.ErrorCode)
}

// archived returns what the archive has.
func (r *rig) archived(ctx context.Context) (ids, all []string, err error) {
	for entry, err := range r.archive.Cursor(0).Read(ctx) {
		if err != nil {
			return nil, nil, err
		}
		if entry.Origin != archive.Insight || entry.Event.Category != event.Insight || entry.Account != entry.Event.Account || entry.Region != entry.Event.Region {
			return nil, nil, fmt.Errorf("the archive has %+v", entry)
		}
		ids, all = append(ids, entry.Event.ID), append(all, shown(&entry.Event))
	}
	return ids, all, nil
}

// delivered returns what the files of insights in a bucket have.
func (r *rig) delivered(bucket string) (ids, all []string, err error) {
	dir := filepath.Join(r.dir, "buckets", bucket)
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		key, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		p, err := place.Parse(filepath.ToSlash(key))
		if err != nil || p.Kind != place.Insight {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return err
		}
		var file struct{ Records []json.RawMessage }
		if err := json.NewDecoder(z).Decode(&file); err != nil {
			return err
		}
		for _, text := range file.Records {
			e, err := event.Parse(text)
			if err != nil {
				return err
			}
			if e.Account != p.Account || e.Region != p.Region {
				return fmt.Errorf("%s has an event of %s in %s", key, e.Account, e.Region)
			}
			ids, all = append(ids, e.ID), append(all, shown(&e))
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	slices.Sort(all)
	return ids, all, err
}

func (r *rig) want(t *testing.T, bucket string, want ...string) {
	t.Helper()
	must(t, r.delivery.Deliver(t.Context()))
	_, got, err := r.delivered(bucket)
	must(t, err)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", bucket, diff)
	}
}

// Each trail gets what it looks for, where it looks for it; the archive has everything
// once.
func TestInsightsReachWhoLooksForThem(t *testing.T) {
	r := opened(t)
	both, calls, off, near, org, data := trail("both", rate, errorsOf), trail("calls", rate), trail("off", rate, errorsOf), trail("near", rate), trail("org", errorsOf), trail("data", "Data"+rate)
	near.MultiRegion, near.Global = false, false
	org.Organization = "o-abcdefghij"
	for _, tr := range []delivery.Trail{both, calls, off, near, org, data, trail("none")} {
		must(t, r.set(t.Context(), tr))
	}
	r.tick(t)
	off.Logging = false
	must(t, r.set(t.Context(), off))
	r.pass(t, 40*time.Hour)

	create := r.call("CreateTable")
	must(t, r.burst(t.Context(), 60, create))
	far := r.call("CreateTable")
	far.Call.Region = "eu-west-1"
	must(t, r.burst(t.Context(), 60, far))
	user := r.call("CreateUser")
	user.Call.Service = "iam"
	must(t, r.burst(t.Context(), 60, user))
	denied := r.call("GetTable")
	denied.Changes, denied.Outcome, denied.Code = false, cloud.Refused, "AccessDeniedException"
	must(t, r.burst(t.Context(), 60, denied))
	denied.Call.Account, denied.Call.Principal = other, cloud.RootOf(other)
	must(t, r.burst(t.Context(), 60, denied))
	denied.Call.Account, denied.Call.Principal = "777788889999", cloud.RootOf("777788889999")
	must(t, r.burst(t.Context(), 60, denied)) // of an account that nobody looks at
	get := r.call("GetObject")
	get.Call.Service, get.Event, get.Changes = "s3", "Data", false
	get.Resources = []cloud.Resource{{Action: "s3:GetObject", Type: "object", ARN: "arn:aws:s3:::of-data/key"}}
	must(t, r.burst(t.Context(), 60, get))
	get.Call.Operation = "HeadObject"
	get.Resources = []cloud.Resource{{Action: "s3:GetObject", Type: "object", ARN: "arn:aws:s3:::of-nobody/key"}}
	must(t, r.burst(t.Context(), 60, get))
	r.pass(t, time.Hour)

	inHome := []string{"111122223333 ap-northeast-2 03 16:00 Start CreateTable ", "111122223333 ap-northeast-2 03 16:01 End CreateTable "}
	elsewhere := []string{"111122223333 eu-west-1 03 16:00 Start CreateTable ", "111122223333 eu-west-1 03 16:01 End CreateTable "}
	global := []string{"111122223333 us-east-1 03 16:00 Start CreateUser ", "111122223333 us-east-1 03 16:01 End CreateUser "}
	own := []string{"111122223333 ap-northeast-2 03 16:00 Start GetTable AccessDeniedException", "111122223333 ap-northeast-2 03 16:01 End GetTable AccessDeniedException"}
	others := []string{"444455556666 ap-northeast-2 03 16:00 Start GetTable AccessDeniedException", "444455556666 ap-northeast-2 03 16:01 End GetTable AccessDeniedException"}
	objects := []string{"111122223333 ap-northeast-2 03 16:00 Start GetObject ", "111122223333 ap-northeast-2 03 16:01 End GetObject "}
	r.want(t, "both", slices.Concat(inHome, elsewhere, global, own)...)
	r.want(t, "calls", slices.Concat(inHome, elsewhere, global)...)
	r.want(t, "near", inHome...)
	r.want(t, "org", slices.Concat(own, others)...)
	r.want(t, "data", objects...)
	r.want(t, "off")
	r.want(t, "none")
	_, all, err := r.archived(t.Context())
	must(t, err)
	slices.Sort(all)
	want := slices.Sorted(slices.Values(slices.Concat(inHome, elsewhere, global, own, others, objects)))
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("the archive (-want +got):\n%s", diff)
	}
}

// Of what nobody looks for any more nothing is kept, and who looks for it again learns
// again.
func TestNobodyLooksAnyMore(t *testing.T) {
	r := opened(t)
	must(t, r.set(t.Context(), trail("a", rate)))
	r.tick(t)
	r.pass(t, 40*time.Hour)
	must(t, r.burst(t.Context(), 1, r.call("CreateTable")))
	r.pass(t, time.Hour)
	if got := r.Needed(); got == math.MaxUint64 || got == 0 {
		t.Errorf("while a trail looks for insights, record %d is needed", got)
	}
	must(t, r.set(t.Context(), trail("a")))
	r.tick(t)
	left := 0
	must(t, r.store.View(t.Context(), func(s state.Reader) error {
		for _, kind := range []string{"cloudtrail/insight-scope", "cloudtrail/insight-day"} {
			for _, err := range s.All(kind) {
				if err != nil {
					return err
				}
				left++
			}
		}
		return nil
	}))
	if got := r.Needed(); left > 0 || got != math.MaxUint64 {
		t.Errorf("%d documents are left, and record %d is needed", left, got)
	}
	must(t, r.set(t.Context(), trail("a", rate)))
	r.tick(t)
	must(t, r.burst(t.Context(), 60, r.call("CreateTable")))
	r.pass(t, time.Hour)
	r.want(t, "a")
}

// Whatever fails, and whenever the process is gone, each insight is found once.
func TestFaults(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := opened(t)
			dice := rand.New(rand.NewPCG(seed, 1))
			errTest := errors.New("not today")
			s := script{rig: r}
			for !s.done() {
				r.store.fail = nil
				must(t, s.step(t.Context()))
				r.store.fail = func() error {
					if dice.IntN(3) == 0 {
						return errTest
					}
					return nil
				}
				for range 3 {
					if dice.IntN(6) == 0 {
						r.restart()
					}
					if err := r.Tick(t.Context()); err != nil && !errors.Is(err, errTest) {
						t.Fatal(err)
					}
				}
			}
			r.store.fail = nil
			must(t, s.finish(t.Context()))
		})
	}
}

// A seeker that cannot write tries again, later and later, says so, and goes on.
func TestTroubleIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := opened(t)
		must(t, r.set(t.Context(), trail("a", rate)))
		var tries atomic.Int32
		var fine atomic.Bool
		r.store.fail = func() error {
			tries.Add(1)
			if fine.Load() {
				return nil
			}
			return errors.New("not today")
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- r.Run(ctx) }()
		<-time.After(10 * time.Minute)
		synctest.Wait()
		problems := r.Problems()
		if len(problems) != 1 || !strings.HasPrefix(problems[0], "CloudTrail does not look for insights since ") || tries.Load() < 10 || tries.Load() > 20 {
			t.Errorf("after %d tries the problems are %q", tries.Load(), problems)
		}
		fine.Store(true)
		<-time.After(2 * time.Minute)
		synctest.Wait()
		if problems := r.Problems(); len(problems) > 0 || r.Needed() == 0 {
			t.Errorf("the problems are still %q, and record %d is needed", problems, r.Needed())
		}
		stop()
		must(t, <-ended)
	})
}

// What the journal no longer has is passed over, and what comes after it is counted.
func TestTheJournalLostWhatWasToBeCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := open(t.Context(), t.TempDir(), records.Retention{MaxAge: time.Hour})
		must(t, err)
		must(t, r.set(t.Context(), trail("a", rate)))
		r.tick(t)
		r.pass(t, 40*time.Hour)
		must(t, r.burst(t.Context(), 300, r.call("CreateTable"))) // which nobody reads in time
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- r.journal.Run(ctx) }()
		<-time.After(3 * time.Hour)
		stop()
		must(t, <-ended)
		lost := false
		for _, err := range r.journal.Cursor(1).Read(t.Context()) {
			lost = lost || err != nil
		}
		if !lost {
			t.Fatal("the journal has lost nothing")
		}
		r.now = r.now.Add(time.Hour)
		must(t, r.burst(t.Context(), 60, r.call("CreateDatabase")))
		r.pass(t, time.Hour)
		r.want(t, "a", "111122223333 ap-northeast-2 03 17:00 Start CreateDatabase ", "111122223333 ap-northeast-2 03 17:01 End CreateDatabase ")
		must(t, r.close())
	})
}
