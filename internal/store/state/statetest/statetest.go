// Package statetest is the contract of state.Store as a test, which every
// implementation must pass.
package statetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// Run tests the stores that open returns, each of which must be empty.
func Run(t *testing.T, open func(t *testing.T) state.Store) {
	t.Helper()
	for _, tt := range []struct {
		name string
		test func(*testing.T, state.Store)
	}{
		{"a document is put, read, replaced and deleted", documents},
		{"insert refuses what is there", insert},
		{"an absent document is not found", absent},
		{"keys differ in each part", keys},
		{"names are ordered by their bytes", ordering},
		{"ranges choose names", ranges},
		{"all spans accounts and regions", all},
		{"a listing may be written to while it runs", listingAndWriting},
		{"a transaction sees its own changes", ownChanges},
		{"an error rolls back", rollbackOnError},
		{"a panic rolls back", rollbackOnPanic},
		{"an ended context rolls back", rollbackOnCancel},
		{"a view is one snapshot", snapshot},
		{"writers run one at a time", serialWriters},
		{"updates at once end each in its own way", mixedOutcomes},
		{"a context that ends at any moment", cancelledAnywhere},
		{"updates are ordered as they return", orderOfReturns},
		{"functions after commits are called in order", afterCommitOrder},
		{"a function after a commit reads what was committed", afterCommitReads},
		{"no function is called after a rollback", afterCommitOfNone},
		{"listings among writers", listingAmongWriters},
		{"random updates at once do what they do to a map", model},
		{"100,000 documents are listed by pages", manyDocuments},
		{"JSON documents keep their values", jsonDocuments},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, open(t)) })
	}
}

func scope() cloud.Scope { return cloud.Scope{Account: "111122223333", Region: "ap-northeast-2"} }

func key(name string) state.Key { return state.Key{Scope: scope(), Kind: "thing", Name: name} }

func update(t *testing.T, s state.Store, fn func(state.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t *testing.T, s state.Store, fn func(state.Reader) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, s state.Store, keys ...state.Key) {
	t.Helper()
	update(t, s, func(tx state.Tx) error {
		for _, key := range keys {
			if err := tx.Put(key, []byte("value of "+key.Name)); err != nil {
				return err
			}
		}
		return nil
	})
}

func wantValue(t *testing.T, s state.Store, key state.Key, want string) {
	t.Helper()
	view(t, s, func(r state.Reader) error {
		got, err := r.Get(key)
		if err == nil && string(got) != want {
			t.Errorf("value of %q = %q, want %q", key.Name, got, want)
		}
		return err
	})
}

func wantAbsent(t *testing.T, s state.Store, key state.Key) {
	t.Helper()
	view(t, s, func(r state.Reader) error {
		if _, err := r.Get(key); err == nil || cloud.KindOf(err) != cloud.NotFound {
			t.Errorf("Get(%q) = %v, want an error of kind not found", key.Name, err)
		}
		return nil
	})
}

func names(t *testing.T, documents iter.Seq2[state.Document, error]) []string {
	t.Helper()
	var got []string
	for d, err := range documents {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, d.Key.Name)
	}
	return got
}

func wantNames(t *testing.T, s state.Store, r state.Range, want []string) {
	t.Helper()
	view(t, s, func(reader state.Reader) error {
		if diff := cmp.Diff(want, names(t, reader.List(scope(), "thing", r)), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("names in %+v (-want +got):\n%s", r, diff)
		}
		return nil
	})
}

func documents(t *testing.T, s state.Store) {
	t.Helper()
	put(t, s, key("a"))
	wantValue(t, s, key("a"), "value of a")
	for _, value := range []string{"second", "", "\x00\xff"} {
		update(t, s, func(tx state.Tx) error { return tx.Put(key("a"), []byte(value)) })
		wantValue(t, s, key("a"), value)
	}
	update(t, s, func(tx state.Tx) error { return tx.Put(key("a"), nil) })
	wantValue(t, s, key("a"), "")
	update(t, s, func(tx state.Tx) error { return tx.Delete(key("a")) })
	wantAbsent(t, s, key("a"))
}

func insert(t *testing.T, s state.Store) {
	t.Helper()
	update(t, s, func(tx state.Tx) error { return tx.Insert(key("a"), []byte("first")) })
	err := s.Update(t.Context(), func(tx state.Tx) error { return tx.Insert(key("a"), []byte("second")) })
	if err == nil || cloud.KindOf(err) != cloud.Conflict {
		t.Errorf("second Insert = %v, want an error of kind conflict", err)
	}
	wantValue(t, s, key("a"), "first")
}

func absent(t *testing.T, s state.Store) {
	t.Helper()
	wantAbsent(t, s, key("a"))
	err := s.Update(t.Context(), func(tx state.Tx) error { return tx.Delete(key("a")) })
	if err == nil || cloud.KindOf(err) != cloud.NotFound {
		t.Errorf("Delete = %v, want an error of kind not found", err)
	}
}

func keys(t *testing.T, s state.Store) {
	t.Helper()
	all := []state.Key{key("a"), key("a"), key("a"), key("a"), key("")}
	all[1].Scope.Account = "444455556666"
	all[2].Scope.Region = ""
	all[3].Kind = "other"
	update(t, s, func(tx state.Tx) error {
		for n, key := range all {
			if err := tx.Insert(key, fmt.Append(nil, n)); err != nil {
				return err
			}
		}
		return nil
	})
	for n, key := range all {
		wantValue(t, s, key, fmt.Sprint(n))
	}
	wantNames(t, s, state.Range{}, []string{"", "a"})
}

func ordering(t *testing.T, s state.Store) {
	t.Helper()
	want := []string{"", "\x00", "\x00a", "A", "B", "a", "a\x00", "a\x00b", "a ", "a/", "aa", "b", "é", "한글", "\U0001F600", "\xff", "\xff\xff"}
	if !slices.IsSorted(want) {
		t.Fatal("the expectation is not sorted")
	}
	var shuffled []state.Key
	for _, n := range rand.New(rand.NewPCG(1, 2)).Perm(len(want)) { //nolint:gosec // the same order each time
		shuffled = append(shuffled, key(want[n]))
	}
	put(t, s, shuffled...)
	wantNames(t, s, state.Range{}, want)
	for n, after := range want {
		if after != "" {
			wantNames(t, s, state.Range{After: after, Limit: 1}, want[n+1:min(n+2, len(want))])
		}
	}
}

func ranges(t *testing.T, s state.Store) {
	t.Helper()
	for _, name := range []string{"a", "ab", "ab\xff", "ab\xff\xff", "ab1", "ac", "b", "\xff", "\xff\xffz"} {
		put(t, s, key(name))
	}
	for _, tt := range []struct {
		r    state.Range
		want []string
	}{
		{state.Range{Prefix: "ab"}, []string{"ab", "ab1", "ab\xff", "ab\xff\xff"}},
		{state.Range{Prefix: "ab\xff"}, []string{"ab\xff", "ab\xff\xff"}},
		{state.Range{Prefix: "\xff"}, []string{"\xff", "\xff\xffz"}},
		{state.Range{Prefix: "z"}, nil},
		{state.Range{After: "ac"}, []string{"b", "\xff", "\xff\xffz"}},
		{state.Range{After: "aba"}, []string{"ab\xff", "ab\xff\xff", "ac", "b", "\xff", "\xff\xffz"}},
		{state.Range{Prefix: "ab", After: "ab"}, []string{"ab1", "ab\xff", "ab\xff\xff"}},
		{state.Range{Prefix: "ab", After: "A"}, []string{"ab", "ab1", "ab\xff", "ab\xff\xff"}},
		{state.Range{Prefix: "ab", After: "ab", Limit: 2}, []string{"ab1", "ab\xff"}},
		{state.Range{Prefix: "ab", After: "b"}, nil},
		{state.Range{Limit: 1}, []string{"a"}},
		{state.Range{Limit: 99}, []string{"a", "ab", "ab1", "ab\xff", "ab\xff\xff", "ac", "b", "\xff", "\xff\xffz"}},
	} {
		wantNames(t, s, tt.r, tt.want)
	}
}

func all(t *testing.T, s state.Store) {
	t.Helper()
	var want []state.Key
	for _, account := range []cloud.Account{"", "111122223333", "444455556666"} {
		for _, region := range []cloud.Region{"", "ap-northeast-2", "us-east-1"} {
			for n := range 150 {
				want = append(want, state.Key{
					Scope: cloud.Scope{Account: account, Region: region}, Kind: "thing", Name: fmt.Sprintf("%03d", n),
				})
			}
		}
	}
	put(t, s, want...)
	put(t, s, state.Key{Kind: "thin", Name: "other"}, state.Key{Kind: "thing2", Name: "other"})
	var got []state.Key
	view(t, s, func(r state.Reader) error {
		for d, err := range r.All("thing") {
			if err != nil {
				return err
			}
			got = append(got, d.Key)
		}
		return nil
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

func listingAndWriting(t *testing.T, s state.Store) {
	t.Helper()
	for n := range 1000 {
		put(t, s, key(fmt.Sprintf("%04d", n)))
	}
	update(t, s, func(tx state.Tx) error {
		var seen int
		for d, err := range tx.List(scope(), "thing", state.Range{}) {
			if err != nil {
				return err
			}
			seen++
			if err := tx.Delete(d.Key); err != nil {
				return err
			}
		}
		if seen != 1000 {
			t.Errorf("the listing yielded %d documents, want 1000", seen)
		}
		return nil
	})
	wantNames(t, s, state.Range{}, nil)
}

func ownChanges(t *testing.T, s state.Store) {
	t.Helper()
	put(t, s, key("a"))
	update(t, s, func(tx state.Tx) error {
		if err := errors.Join(tx.Put(key("b"), []byte("b")), tx.Delete(key("a"))); err != nil {
			return err
		}
		if diff := cmp.Diff([]string{"b"}, names(t, tx.List(scope(), "thing", state.Range{}))); diff != "" {
			t.Errorf("names (-want +got):\n%s", diff)
		}
		return nil
	})
}

func rollbackOnError(t *testing.T, s state.Store) {
	t.Helper()
	put(t, s, key("kept"))
	stop := errors.New("stop")
	err := s.Update(t.Context(), func(tx state.Tx) error {
		return errors.Join(tx.Put(key("a"), nil), tx.Delete(key("kept")), stop)
	})
	if !errors.Is(err, stop) {
		t.Errorf("Update = %v, want the error of its function", err)
	}
	wantNames(t, s, state.Range{}, []string{"kept"})
}

func rollbackOnPanic(t *testing.T, s state.Store) {
	t.Helper()
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic did not reach the caller")
			}
		}()
		_ = s.Update(t.Context(), func(tx state.Tx) error {
			if err := tx.Put(key("a"), nil); err != nil {
				return err
			}
			panic("stop")
		})
	}()
	wantNames(t, s, state.Range{}, nil)
	put(t, s, key("b"))
	wantNames(t, s, state.Range{}, []string{"b"})
}

func rollbackOnCancel(t *testing.T, s state.Store) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Update(ctx, func(tx state.Tx) error {
		err := tx.Put(key("a"), nil)
		cancel()
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Update = %v, want context.Canceled", err)
	}
	wantNames(t, s, state.Range{}, nil)
}

func snapshot(t *testing.T, s state.Store) {
	t.Helper()
	put(t, s, key("a"))
	view(t, s, func(r state.Reader) error {
		before := names(t, r.List(scope(), "thing", state.Range{}))
		done := make(chan error)
		go func() {
			done <- s.Update(t.Context(), func(tx state.Tx) error {
				return errors.Join(tx.Put(key("b"), nil), tx.Put(key("a"), []byte("changed")))
			})
		}()
		if err := <-done; err != nil {
			return err
		}
		if diff := cmp.Diff(before, names(t, r.List(scope(), "thing", state.Range{}))); diff != "" {
			t.Errorf("a commit of another changed the view (-before +after):\n%s", diff)
		}
		value, err := r.Get(key("a"))
		if string(value) != "value of a" {
			t.Errorf("the view reads %q, want the value from before it began", value)
		}
		return err
	})
	wantNames(t, s, state.Range{}, []string{"a", "b"})
}

func serialWriters(t *testing.T, s state.Store) {
	t.Helper()
	const writers, rounds = 8, 25
	var group errgroup.Group
	for range writers {
		group.Go(func() error {
			for range rounds {
				err := s.Update(t.Context(), func(tx state.Tx) error {
					n, _, err := state.Find[int](tx, key("counter"))
					if err != nil {
						return err
					}
					return state.Put(tx, key("counter"), n+1)
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	wantValue(t, s, key("counter"), fmt.Sprint(writers*rounds))
}

func manyDocuments(t *testing.T, s state.Store) {
	t.Helper()
	const count, page = 100_000, 1_000
	update(t, s, func(tx state.Tx) error {
		for n := range count {
			if err := tx.Insert(key(fmt.Sprintf("n%06d", n)), nil); err != nil {
				return err
			}
		}
		return nil
	})
	var seen int
	for after := ""; ; {
		var got []string
		view(t, s, func(r state.Reader) error {
			got = names(t, r.List(scope(), "thing", state.Range{Prefix: "n", After: after, Limit: page}))
			return nil
		})
		if len(got) == 0 {
			break
		}
		for _, name := range got {
			if want := fmt.Sprintf("n%06d", seen); name != want {
				t.Fatalf("document %d is %q, want %q", seen, name, want)
			}
			seen++
		}
		after = got[len(got)-1]
	}
	if seen != count {
		t.Errorf("listed %d documents, want %d", seen, count)
	}
}

func jsonDocuments(t *testing.T, s state.Store) {
	t.Helper()
	type thing struct {
		Name string
		Size int `json:"size,omitempty"`
	}
	want := []thing{{"one", 1}, {"둘", 0}}
	update(t, s, func(tx state.Tx) error {
		for _, v := range want {
			if err := state.Insert(tx, key(v.Name), v); err != nil {
				return err
			}
		}
		err := state.Insert(tx, key("one"), thing{})
		if err == nil || cloud.KindOf(err) != cloud.Conflict {
			t.Errorf("second Insert = %v, want an error of kind conflict", err)
		}
		return tx.Put(state.Key{Kind: "broken"}, []byte("{"))
	})
	view(t, s, func(r state.Reader) error {
		var got []thing
		for e, err := range state.List[thing](r, scope(), "thing", state.Range{}) {
			if err != nil {
				return err
			}
			got = append(got, e.Value)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("things (-want +got):\n%s", diff)
		}
		if _, found, err := state.Find[thing](r, key("three")); found || err != nil {
			t.Errorf("Find of an absent document = %v, %v", found, err)
		}
		if _, err := state.Get[thing](r, state.Key{Kind: "broken"}); err == nil || cloud.KindOf(err) != cloud.Internal {
			t.Errorf("Get of a broken document = %v, want an internal error", err)
		}
		for _, err := range state.All[thing](r, "broken") {
			if err == nil {
				t.Error("All yielded a broken document")
			}
		}
		return nil
	})
}
