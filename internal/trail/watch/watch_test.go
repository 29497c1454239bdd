package watch_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/importer"
	"github.com/sillok/sillok/internal/trail/watch"
)

const (
	here  cloud.Account = "111122223333"
	there cloud.Account = "444455556666"
)

// room has buckets, and a target that counts what it is given.
type room struct {
	testing.TB

	ctx     context.Context //nolint:containedctx // that of all calls of a test
	watches *watch.Watches
	now     time.Time

	buckets map[string]map[string]string // contents by key
	which   map[string]watch.Bucket      // which one has a name; zero for the first
	denied  error                        // of every listing
	mu      sync.Mutex
	read    map[string]bool // what is known
	by      []string        // as whom buckets were opened, and for what
}

func newRoom(t *testing.T) *room {
	t.Helper()
	db, err := state.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	r := &room{TB: t, now: time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC), buckets: map[string]map[string]string{}, which: map[string]watch.Bucket{}, read: map[string]bool{}}
	r.ctx = as(t.Context(), here)
	r.watches = watch.New(watch.Config{
		Log: slog.New(slog.DiscardHandler), State: db,
		Open: func(ctx context.Context, at cloud.Location, _ *watch.Bucket) (importer.Source, watch.Bucket, error) {
			call := cloud.CallOf(ctx)
			r.by = append(r.by, fmt.Sprintf("%s %s", call.Principal.ARN, call.SourceARN))
			if r.buckets[at.Bucket] == nil {
				return nil, watch.Bucket{}, cloud.Errorf(cloud.NotFound, "NoSuchBucket", "The specified bucket does not exist")
			}
			return part{r, at}, cmp.Or(r.which[at.Bucket], watch.Bucket{Account: there, Number: 1}), nil
		},
		Target: func(context.Context) (importer.Target, error) { return r, nil },
	})
	r.watches.SetClock(func() time.Time { return r.now })
	return r
}

func as(ctx context.Context, account cloud.Account) context.Context {
	return cloud.WithCall(ctx, cloud.Call{Account: account, Principal: cloud.RootOf(account)})
}

// part is a part of a bucket.
type part struct {
	*room

	at cloud.Location
}

// List implements importer.Source.
func (p part) List(context.Context) iter.Seq2[importer.Object, error] {
	return func(yield func(importer.Object, error) bool) {
		if p.denied != nil {
			yield(importer.Object{}, p.denied)
			return
		}
		for _, key := range slices.Sorted(maps.Keys(p.buckets[p.at.Bucket])) {
			if strings.HasPrefix(key, p.at.Key) && !yield(importer.Object{Source: "s3://" + p.at.Bucket, Key: key, ETag: p.buckets[p.at.Bucket][key]}, nil) {
				return
			}
		}
	}
}

// Open implements importer.Source.
func (p part) Open(_ context.Context, o importer.Object) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(p.buckets[p.at.Bucket][o.Key])), nil
}

// Known implements importer.Target.
func (r *room) Known(_ context.Context, objects []importer.Object) ([]*importer.Outcome, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := make([]*importer.Outcome, len(objects))
	for i, o := range objects {
		if r.read[o.Key+o.ETag] {
			known[i] = &importer.Outcome{State: importer.Imported, Known: true, Records: 1, Imported: 1}
		}
	}
	return known, nil
}

// Import implements importer.Target: a file of "cut" is truncated, any other has an event.
func (r *room) Import(_ context.Context, o importer.Object, open func() (io.ReadCloser, error)) (importer.Outcome, error) {
	body, err := open()
	if err != nil {
		return importer.Outcome{}, err
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return importer.Outcome{}, err
	}
	if string(text) == "cut" {
		return importer.Outcome{State: importer.Truncated, Reason: "it is cut"}, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read[o.Key+o.ETag] = true
	return importer.Outcome{State: importer.Imported, Records: 1, Imported: 1}, nil
}

func (r *room) create(from string, every time.Duration) watch.Watch {
	r.Helper()
	made, err := r.watches.Create(r.ctx, from, every)
	if err != nil {
		r.Fatal(err)
	}
	return made
}

func (r *room) look(id string) watch.Watch {
	r.Helper()
	now, err := r.watches.Look(r.ctx, id)
	if err != nil {
		r.Fatal(err)
	}
	return now
}

// Each look accounts for all of the bucket, what is late too, and names what is wrong
// until it is right.
func TestALookAccountsForAll(t *testing.T) {
	r := newRoom(t)
	r.buckets["logs"] = map[string]string{"a/1.json.gz": "x", "a/3.json.gz": "cut", "a/notes.txt": "x", "b/1.json.gz": "x"}
	made := r.create("s3://logs/a/", time.Minute)
	want := watch.Watch{ID: made.ID, Account: here, Principal: cloud.RootOf(here), From: "s3://logs/a/", Bucket: watch.Bucket{Account: there, Number: 1}, Every: watch.Interval(time.Minute), Created: r.now}
	if diff := gocmp.Diff(want, made); diff != "" {
		t.Errorf("made (-want +got):\n%s", diff)
	}
	want.Imported = 1
	want.Look = &watch.Look{
		Began: r.now, Ended: r.now, Report: importer.Report{Listed: 3, Files: map[importer.State]int64{importer.Imported: 1, importer.Truncated: 1, importer.Foreign: 1}, Records: 1, Imported: 1},
		Problems: []importer.Problem{
			{Kind: "foreign", Object: "s3://logs/a/notes.txt", Detail: "its name does not end in .json.gz or .json"},
			{Kind: "truncated", Object: "s3://logs/a/3.json.gz", Detail: "it is cut"},
		},
	}
	sorted := cmpopts.SortSlices(func(a, b importer.Problem) bool { return a.Kind < b.Kind })
	if diff := gocmp.Diff(want, r.look(made.ID), sorted); diff != "" {
		t.Errorf("the first look (-want +got):\n%s", diff)
	}
	r.buckets["logs"]["a/0.json.gz"], r.buckets["logs"]["a/3.json.gz"] = "late", "mended"
	r.now = r.now.Add(time.Minute)
	want.Imported = 3
	want.Look = &watch.Look{
		Began: r.now, Ended: r.now, Report: importer.Report{Listed: 4, Files: map[importer.State]int64{importer.Imported: 3, importer.Foreign: 1}, Known: 1, Records: 2, Imported: 2},
		Problems: want.Look.Problems[:1],
	}
	if diff := gocmp.Diff(want, r.look(made.ID), sorted); diff != "" {
		t.Errorf("the second look (-want +got):\n%s", diff)
	}
	arn := "arn:aws:iam::111122223333:root"
	about := arn + " arn:aws:cloudtrail:us-east-1:111122223333:import/" + made.ID
	if diff := gocmp.Diff([]string{arn + " ", about, about}, r.by); diff != "" {
		t.Errorf("the bucket is opened as (-want +got):\n%s", diff)
	}
}

// A bucket that is away for a while is told, and the watch goes on.
func TestABucketThatIsAway(t *testing.T) {
	r := newRoom(t)
	r.buckets["logs"] = map[string]string{"1.json.gz": "x"}
	made := r.create("s3://logs", time.Minute)
	r.denied = cloud.Errorf(cloud.Denied, "AccessDenied", "Access Denied")
	if got := r.look(made.ID).Look; got.Error != "AccessDenied: Access Denied" || got.Report.Listed != 0 {
		t.Errorf("denied: %+v", got)
	}
	r.denied = errors.New("a disk has failed at /secret/place")
	if got := r.look(made.ID).Look; got.Error != "the server's log says why" {
		t.Errorf("failed: %+v", got)
	}
	r.denied = nil
	if got := r.look(made.ID); got.Look.Error != "" || got.Imported != 1 {
		t.Errorf("back: %+v", got)
	}
}

// What comes is imported at once into the watches that it is for, once they have been
// looked at.
func TestWhatComesIsImportedAtOnce(t *testing.T) {
	r := newRoom(t)
	r.buckets["logs"], r.buckets["other"] = map[string]string{"a/1.json.gz": "x", "b/1.json.gz": "y"}, map[string]string{}
	made, other := r.create("s3://logs/a/", time.Hour), r.create("s3://other", time.Hour)
	came := func(keys ...string) {
		var all []importer.Object
		for _, key := range keys {
			all = append(all, importer.Object{Source: "s3://logs", Key: key, ETag: r.buckets["logs"][key]})
		}
		if err := r.watches.Came(t.Context(), all); err != nil {
			t.Fatal(err)
		}
	}
	came("a/1.json.gz")
	if len(r.read) > 0 {
		t.Errorf("%v is read before the first look", r.read)
	}
	r.look(made.ID)
	r.look(other.ID)
	r.buckets["logs"]["a/2.json.gz"] = "z"
	came("a/2.json.gz", "b/1.json.gz")
	if diff := gocmp.Diff(map[string]bool{"a/1.json.gzx": true, "a/2.json.gzz": true}, r.read); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	all, err := r.watches.List(r.ctx)
	if err != nil || len(all) != 2 || all[0].Imported+all[1].Imported != 2 {
		t.Errorf("%+v, %v", all, err)
	}
}

// A watch is due at its interval, also where the clock was set back.
func TestWhenAWatchIsDue(t *testing.T) {
	r := newRoom(t)
	r.buckets["logs"] = map[string]string{}
	made := r.create("s3://logs", time.Hour)
	for _, step := range []struct {
		what string
		move time.Duration
		look bool
		due  bool
	}{
		{"at the beginning", 0, true, true},
		{"after a look", 0, false, false},
		{"too early", 59 * time.Minute, false, false},
		{"after the interval", time.Minute, true, true},
		{"with a clock that was set back", -24 * time.Hour, true, true},
		{"after that look", time.Minute, false, false},
	} {
		r.now = r.now.Add(step.move)
		due, err := r.watches.Due(t.Context())
		if err != nil || slices.Contains(due, made.ID) != step.due {
			t.Errorf("%s: due are %v, %v", step.what, due, err)
		}
		if step.look {
			r.look(made.ID)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	r := newRoom(t)
	r.buckets["logs"] = map[string]string{}
	for _, tt := range []struct {
		name, from string
		every      time.Duration
		code       string
	}{
		{"a folder", "/var/logs", time.Minute, "InvalidInput"},
		{"no bucket", "s3://", time.Minute, "InvalidInput"},
		{"too often", "s3://logs", time.Millisecond, "InvalidInput"},
		{"too seldom", "s3://logs", 8 * 24 * time.Hour, "InvalidInput"},
		{"a bucket that is not there", "s3://nowhere", time.Minute, "NoSuchBucket"},
	} {
		_, err := r.watches.Create(r.ctx, tt.from, tt.every)
		if e, ok := errors.AsType[*cloud.Error](err); !ok || e.Code != tt.code {
			t.Errorf("%s is answered with %v", tt.name, err)
		}
	}
	r.denied = cloud.Errorf(cloud.Denied, "AccessDenied", "Access Denied")
	if _, err := r.watches.Create(r.ctx, "s3://logs", time.Minute); cloud.KindOf(err) != cloud.Denied {
		t.Errorf("a bucket of others is answered with %v", err)
	}
}

// A watch goes on when a session has ended, and with it what its policies left out: a
// session that has some makes no watch, and takes over none.
func TestASessionWithPoliciesWatchesNothing(t *testing.T) {
	r := newRoom(t)
	r.buckets["logs"] = map[string]string{}
	made := r.create("s3://logs", time.Hour)
	session := cloud.Principal{Type: cloud.AssumedRole, Account: here, ARN: "arn:aws:sts::111122223333:assumed-role/reader/ann", Session: &cloud.Session{Policies: []string{"{}"}}}
	_, err := r.watches.Create(cloud.WithCall(t.Context(), cloud.Call{Account: here, Principal: session}), "s3://logs", time.Minute)
	if e, ok := errors.AsType[*cloud.Error](err); !ok || e.Kind != cloud.Denied || !strings.Contains(e.Message, session.ARN) || !strings.Contains(e.Message, "Use the role itself") {
		t.Errorf("a session with policies is answered with %v", err)
	}
	if all, err := r.watches.List(r.ctx); err != nil || len(all) != 1 || all[0].Every != made.Every || all[0].Principal.Type != cloud.Root {
		t.Errorf("watches are %+v, %v", all, err)
	}
	session.Session.Policies = nil
	if _, err := r.watches.Create(cloud.WithCall(t.Context(), cloud.Call{Account: here, Principal: session}), "s3://logs", time.Minute); err != nil {
		t.Errorf("the role itself is answered with %v", err)
	}
}

// A watch is of the bucket that had the name when it was made, and not of one that
// somebody makes later.
func TestABucketThatIsAnotherIsNotRead(t *testing.T) {
	for name, tt := range map[string]struct{ meant, now watch.Bucket }{
		"of another account":     {watch.Bucket{Account: here, Number: 1}, watch.Bucket{Account: there, Number: 2}},
		"made again":             {watch.Bucket{Account: here, Number: 1}, watch.Bucket{Account: here, Number: 2}},
		"here and not elsewhere": {watch.Bucket{Elsewhere: true}, watch.Bucket{Account: there, Number: 2}},
		"elsewhere and not here": {watch.Bucket{Account: here, Number: 1}, watch.Bucket{Elsewhere: true}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t)
			r.buckets["logs"], r.which["logs"] = map[string]string{}, tt.meant
			made := r.create("s3://logs", time.Hour)
			if now := r.look(made.ID); now.Look.Error != "" {
				t.Errorf("the first look ends with %s", now.Look.Error)
			}
			r.buckets["logs"]["a.json"], r.which["logs"] = "x", tt.now
			if err := r.watches.Came(t.Context(), []importer.Object{{Source: "s3://logs", Key: "a.json", ETag: "x"}}); err != nil {
				t.Fatal(err)
			}
			now := r.look(made.ID)
			if !strings.HasPrefix(now.Look.Error, "AnotherBucket: s3://logs/ is another bucket now") || len(r.read) > 0 {
				t.Errorf("the look at another ends with %q, and %v is read", now.Look.Error, r.read)
			}
			r.create("s3://logs", time.Hour)
			if now := r.look(made.ID); now.Look.Error != "" || now.Bucket != tt.now || len(r.read) != 1 {
				t.Errorf("watched again it is %+v", now)
			}
		})
	}
}

// A place is watched once by an account; accounts neither see nor stop each other's.
func TestWatchesOfAccounts(t *testing.T) {
	r := newRoom(t)
	r.buckets["logs"] = map[string]string{}
	made, again := r.create("s3://logs/a", time.Minute), r.create("s3://logs/a", time.Hour)
	if made.ID != again.ID || again.Every != watch.Interval(time.Hour) {
		t.Errorf("watched again it is %+v", again)
	}
	others := as(t.Context(), there)
	if all, err := r.watches.List(others); err != nil || len(all) != 0 {
		t.Errorf("another account sees %v, %v", all, err)
	}
	for _, do := range []func() error{
		func() error { _, err := r.watches.Stop(others, made.ID); return err },
		func() error { _, err := r.watches.Look(others, made.ID); return err },
	} {
		if err := do(); cloud.KindOf(err) != cloud.NotFound {
			t.Errorf("another account meets %v", err)
		}
	}
	if was, err := r.watches.Stop(r.ctx, made.ID); err != nil || was.From != "s3://logs/a" {
		t.Errorf("it is stopped as %+v, %v", was, err)
	}
	if _, err := r.watches.Stop(r.ctx, made.ID); cloud.KindOf(err) != cloud.NotFound {
		t.Errorf("stopped again it meets %v", err)
	}
	for n := range 100 {
		r.create(fmt.Sprint("s3://logs/", n), time.Minute)
	}
	if _, err := r.watches.Create(r.ctx, "s3://logs/more", time.Minute); err == nil {
		t.Error("one more than an account may have is taken")
	}
}

// Run looks by itself, and ends with its context.
func TestRunLooks(t *testing.T) {
	r := newRoom(t)
	r.buckets["logs"] = map[string]string{"1.json.gz": "x"}
	made := r.create("s3://logs", time.Hour)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- r.watches.Run(ctx) }()
	for looked := false; !looked; {
		all, err := r.watches.List(r.ctx)
		if err != nil {
			t.Fatal(err)
		}
		looked = all[0].Look != nil
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if all, err := r.watches.List(r.ctx); err != nil || all[0].Imported != 1 || all[0].ID != made.ID {
		t.Errorf("%+v, %v", all, err)
	}
}
