package objects_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// follow hands the changes that come to a follower over, a line each, until the
// test has seen them.
func follow(t *testing.T, db *objects.DB, name string, until int) []objects.Change {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var got []objects.Change
	err := db.Follow(ctx, name, func(_ context.Context, changes []objects.Change) error {
		if got = append(got, changes...); len(got) >= until {
			stop()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func line(c objects.Change) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s/%s %s", c.Event, c.Bucket, c.Key, c.Version))
}

func TestFeed(t *testing.T) {
	db := open(t, t.TempDir(), objects.Config{Followers: []string{"shadows"}, Log: slog.New(slog.DiscardHandler)})
	ctx := cloud.WithCall(t.Context(), cloud.Call{RequestID: "R1", SourceIP: "10.0.0.1", Principal: cloud.Principal{ID: "AIDA1"}})
	var versions []string
	err := db.Update(ctx, func(tx *objects.Tx) error {
		return tx.CreateBucket(&objects.Bucket{Name: "logs", Account: account, Region: "eu-west-1"})
	})
	if err != nil {
		t.Fatal(err)
	}
	putText(t, db, "plain", "text")
	err = db.Update(ctx, func(tx *objects.Tx) error {
		b, err := tx.Bucket("logs")
		if err != nil {
			return err
		}
		v, err := tx.Latest(b, "plain")
		if err != nil {
			return err
		}
		if err := tx.Rename(b, v, "renamed"); err != nil {
			return err
		}
		if err := tx.SetSetting(b, "policy", []byte("{}")); err != nil {
			return err
		}
		if err := tx.SetVersioning(b, objects.Enabled); err != nil {
			return err
		}
		marker, err := tx.Delete(b, "renamed", "", "ObjectRemoved:DeleteMarkerCreated")
		if err != nil {
			return err
		}
		versions = append(versions, marker.ID)
		_, err = tx.DeleteVersion(b, "renamed", objects.NullVersion, false, "LifecycleExpiration:Delete")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got := follow(t, db, "shadows", 8)
	var lines []string
	for _, c := range got {
		lines = append(lines, line(c))
	}
	want := []string{
		"Bucket:Created logs/", "ObjectCreated:Put logs/plain null", "ObjectRenamed:From logs/plain null", "ObjectRenamed:To logs/renamed null",
		"Bucket:Setting logs/policy", "Bucket:Setting logs/versioning", "ObjectRemoved:DeleteMarkerCreated logs/renamed " + versions[0],
		"LifecycleExpiration:Delete logs/renamed null",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	last := objects.Change{
		Event: "LifecycleExpiration:Delete", Bucket: "logs", Key: "renamed", Version: "null", Size: 4, ETag: "1cb251ec0d568de6a929b520c4aed8d1",
		Account: account, Region: "eu-west-1", Principal: "AIDA1", RequestID: "R1", SourceIP: "10.0.0.1",
	}
	if diff := cmp.Diff(last, got[7], cmpopts.IgnoreFields(objects.Change{}, "Time", "Number")); diff != "" {
		t.Errorf("the last change (-want +got):\n%s", diff)
	}
	if !slices.IsSortedFunc(got, func(a, b objects.Change) int { return int(a.Number) - int(b.Number) }) {
		t.Error("the numbers do not grow")
	}
}

// What a follower did not take comes again, also after a start. Another follower
// stands elsewhere.
func TestFollowersStandWhereTheyStood(t *testing.T) {
	fsys := vfs.NewMem()
	cfg := objects.Config{FS: fsys, Followers: []string{"one", "two"}, Log: slog.New(slog.DiscardHandler)}
	db := open(t, "store", cfg)
	makeBucket(t, db, "logs")
	putText(t, db, "a", "a")
	if got := follow(t, db, "one", 2); len(got) != 2 {
		t.Errorf("%d changes, want 2", len(got))
	}
	putText(t, db, "b", "b")
	ctx, stop := context.WithCancel(t.Context())
	tries := 0
	err := db.Follow(ctx, "one", func(context.Context, []objects.Change) error {
		tries++
		stop()
		return errors.New("not now")
	})
	if err != nil || tries != 1 {
		t.Errorf("%d tries, %v", tries, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	cfg.Followers = append(cfg.Followers, "three")
	db = open(t, "store", cfg)
	putText(t, db, "c", "c")
	for name, want := range map[string]string{"one": "b c", "two": " a b c", "three": "c"} {
		var keys []string
		for _, c := range follow(t, db, name, len(strings.Split(want, " "))) {
			keys = append(keys, c.Key)
		}
		if got := strings.Join(keys, " "); got != want {
			t.Errorf("%s gets %q, want %q", name, got, want)
		}
	}
	if err := db.Follow(t.Context(), "four", nil); err == nil {
		t.Error("somebody follows who was not announced")
	}
}

// After a handler that fails or panics the same changes come after a pause.
func TestFollowTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t, "store", objects.Config{FS: vfs.NewMem(), Followers: []string{"one"}, Log: slog.New(slog.DiscardHandler)})
		makeBucket(t, db, "logs")
		ctx, stop := context.WithCancel(t.Context())
		began := time.Now()
		var at []string
		err := db.Follow(ctx, "one", func(_ context.Context, changes []objects.Change) error {
			at = append(at, fmt.Sprint(time.Since(began), " ", len(changes)))
			switch len(at) {
			case 1:
				return errors.New("not now")
			case 2:
				panic("nor now")
			}
			stop()
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"0s 1", "1s 1", "2s 1"}, at); diff != "" {
			t.Errorf("tries (-want +got):\n%s", diff)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
}

// Run forgets what every follower has seen, and nothing else.
func TestChangesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t, "store", objects.Config{FS: vfs.NewMem(), Followers: []string{"one", "two"}, Log: slog.New(slog.DiscardHandler)})
		makeBucket(t, db, "logs")
		putText(t, db, "a", "a")
		follow(t, db, "one", 2)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- db.Run(ctx) }()
		<-time.After(2 * time.Minute)
		if got := follow(t, db, "two", 2); len(got) != 2 {
			t.Errorf("%d changes, want 2", len(got))
		}
		<-time.After(2 * time.Minute)
		putText(t, db, "b", "b")
		if got := objects.CountChanges(t.Context(), db); got != 1 {
			t.Errorf("%d changes are kept, want 1", got)
		}
		stop()
		if err := errors.Join(<-done, db.Close()); err != nil {
			t.Error(err)
		}
	})
}
