package objects_test

import (
	"errors"
	"testing"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// What is remembered of buckets and settings is what the state has that is read:
// an older one has the old settings, a change sees its own, and nothing outlives
// its bucket.
func TestSetupsAreThoseOfTheState(t *testing.T) {
	db := open(t, t.TempDir(), objects.Config{})
	setting := func(v *objects.View) string {
		b, err := v.Bucket("setups")
		if err != nil {
			if cloud.KindOf(err) != cloud.NotFound {
				t.Error(err)
			}
			return "no bucket"
		}
		document, err := v.Setting(b, "policy")
		if err != nil {
			t.Error(err)
		}
		return string(document)
	}
	want := func(v *objects.View, want, when string) {
		t.Helper()
		for range 2 { // it is remembered at the latest after the first
			if got := setting(v); got != want {
				t.Errorf("%s: %q, want %q", when, got, want)
			}
		}
	}
	update := func(fn func(*objects.Tx, *objects.Bucket) error) {
		t.Helper()
		err := db.Update(t.Context(), func(tx *objects.Tx) error {
			b, err := tx.Bucket("setups")
			if err != nil {
				b = &objects.Bucket{Name: "setups"}
				if err := tx.CreateBucket(b); err != nil {
					return err
				}
			}
			return fn(tx, b)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	view := func(fn func(*objects.View)) {
		t.Helper()
		if err := db.View(t.Context(), func(v *objects.View) error { fn(v); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	put := func(document string) func(*objects.Tx, *objects.Bucket) error {
		return func(tx *objects.Tx, b *objects.Bucket) error {
			err := tx.SetSetting(b, "policy", []byte(document))
			want(&tx.View, document, "in the change")
			return err
		}
	}
	view(func(v *objects.View) { want(v, "no bucket", "before") })
	update(put("one"))
	view(func(older *objects.View) {
		want(older, "one", "at first")
		update(put("two"))
		want(older, "one", "in an older state")
		view(func(v *objects.View) { want(v, "two", "in a newer one") })
		want(older, "one", "in an older state, once more")
	})
	undone := errors.New("undone")
	err := db.Update(t.Context(), func(tx *objects.Tx) error {
		b, err := tx.Bucket("setups")
		return errors.Join(err, put("three")(tx, b), undone)
	})
	if !errors.Is(err, undone) {
		t.Error(err)
	}
	view(func(v *objects.View) { want(v, "two", "after a change that failed") })
	update(func(tx *objects.Tx, b *objects.Bucket) error { return tx.DeleteBucket(b) })
	view(func(v *objects.View) { want(v, "no bucket", "after it was deleted") })
	update(func(*objects.Tx, *objects.Bucket) error { return nil })
	view(func(v *objects.View) { want(v, "", "of another bucket of the name") })
}
