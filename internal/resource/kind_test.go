package resource_test

import (
	"context"
	"testing"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/servicetest"
)

// leaf is a document of the tests: it lies in trees.
type leaf struct{ Color string }

func leaves() resource.Kind[leaf] {
	return resource.Kind[leaf]{
		Name: "test/leaf",
		Missing: func(names ...string) error {
			return cloud.Errorf(cloud.NotFound, "NoSuchLeaf", "no leaf %q", names)
		},
		Taken: func(names ...string) error {
			return cloud.Errorf(cloud.Conflict, "LeafExists", "leaf %q exists", names)
		},
	}
}

// updated runs fn in a transaction of a new call.
func updated(t *testing.T, s resource.Store, ctx context.Context, fn func(resource.Tx) error) { //nolint:revive // the test comes first
	t.Helper()
	if err := s.Update(ctx, fn); err != nil {
		t.Fatal(err)
	}
}

// listed returns the names and colors of a listing.
func listed(t *testing.T, s resource.Store, ctx context.Context, names ...string) []string { //nolint:revive // the test comes first
	t.Helper()
	var found []string
	err := s.View(ctx, func(r resource.Reader) error {
		for entry, err := range leaves().List(r, names...) {
			if err != nil {
				return err
			}
			found = append(found, entry.Name+" "+entry.Value.Color)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestDocuments(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(tx resource.Tx) error
		code string   // of the error; "" for none
		left []string // in tree "oak"
	}{
		{name: "create", do: func(tx resource.Tx) error { return leaves().Create(tx, leaf{"red"}, "oak", "b") }, left: []string{"a green", "b red"}},
		{name: "create twice", do: func(tx resource.Tx) error { return leaves().Create(tx, leaf{"red"}, "oak", "a") }, code: "LeafExists"},
		{name: "put over", do: func(tx resource.Tx) error { return leaves().Put(tx, leaf{"red"}, "oak", "a") }, left: []string{"a red"}},
		{name: "change", do: func(tx resource.Tx) error {
			return leaves().Change(tx, func(l *leaf) error { l.Color += "er"; return nil }, "oak", "a")
		}, left: []string{"a greener"}},
		{name: "change into what is refused", do: func(tx resource.Tx) error {
			return leaves().Change(tx, func(*leaf) error { return cloud.Errorf(cloud.Invalid, "NoColor", "no color") }, "oak", "a")
		}, code: "NoColor"},
		{name: "change what is not there", do: func(tx resource.Tx) error {
			return leaves().Change(tx, func(*leaf) error { return nil }, "oak", "b")
		}, code: "NoSuchLeaf"},
		{name: "get", do: func(tx resource.Tx) error { _, err := leaves().Get(tx, "oak", "a"); return err }, left: []string{"a green"}},
		{name: "get what is not there", do: func(tx resource.Tx) error { _, err := leaves().Get(tx, "oak", "b"); return err }, code: "NoSuchLeaf"},
		{name: "delete", do: func(tx resource.Tx) error { return leaves().Delete(tx, "oak", "a") }},
		{name: "delete what is not there", do: func(tx resource.Tx) error { return leaves().Delete(tx, "oak", "b") }, code: "NoSuchLeaf"},
		{name: "discard what is not there", do: func(tx resource.Tx) error { return leaves().Discard(tx, "oak", "b") }, left: []string{"a green"}},
		{name: "delete below", do: func(tx resource.Tx) error { return leaves().DeleteBelow(tx, "oak") }},
		{name: "delete below another", do: func(tx resource.Tx) error { return leaves().DeleteBelow(tx, "oa") }, left: []string{"a green"}},
		{name: "create a name with a NUL", do: func(tx resource.Tx) error { return leaves().Create(tx, leaf{"red"}, "oak", "a\x00b") }, code: "ValidationException"},
		{name: "put under a name with a NUL", do: func(tx resource.Tx) error { return leaves().Put(tx, leaf{"red"}, "oak\x00a") }, code: "ValidationException"},
		{name: "get by a name with a NUL", do: func(tx resource.Tx) error { _, err := leaves().Get(tx, "oak\x00a"); return err }, code: "NoSuchLeaf"},
		{name: "delete by a name with a NUL", do: func(tx resource.Tx) error { return leaves().Delete(tx, "oak\x00a") }, code: "NoSuchLeaf"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, ctx := resource.NewStore(servicetest.Store(t)), servicetest.Call(t)
			updated(t, s, ctx, func(tx resource.Tx) error {
				return leaves().Create(tx, leaf{"green"}, "oak", "a")
			})
			err := s.Update(ctx, tt.do)
			if tt.code != "" {
				servicetest.WantCode(t, err, tt.code)
				tt.left = []string{"a green"}
			} else if err != nil {
				t.Fatal(err)
			}
			servicetest.Diff(t, tt.left, listed(t, s, ctx, "oak"))
		})
	}
}

// A document that is not there can be read as another one.
func TestADocumentInThePlaceOfAnother(t *testing.T) {
	s, ctx := resource.NewStore(servicetest.Store(t)), servicetest.Call(t)
	updated(t, s, ctx, func(tx resource.Tx) error { return leaves().Create(tx, leaf{"green"}, "oak", "a") })
	for _, tt := range []struct {
		otherwise, name string
		want            leaf
		found, fails    bool
	}{
		{`{"Color":"none"}`, "a", leaf{"green"}, true, false},
		{`{"Color":"none"}`, "b", leaf{"none"}, false, false},
		{`{"Color":"none"}`, "b\x00c", leaf{}, false, false}, // nothing is called so
		{`{`, "b", leaf{}, false, true},
		{`{`, "a", leaf{"green"}, true, false},
	} {
		err := s.View(ctx, func(r resource.Reader) error {
			got, found, err := leaves().FindOr(r, []byte(tt.otherwise), "oak", tt.name)
			if got != tt.want || found != tt.found {
				t.Errorf("%s or %s is %v, %t", tt.name, tt.otherwise, got, found)
			}
			return err
		})
		if (err != nil) != tt.fails {
			t.Errorf("%s or %s: %v", tt.name, tt.otherwise, err)
		}
	}
}

func TestEachAccountAndRegionHasItsOwn(t *testing.T) {
	s := resource.NewStore(servicetest.Store(t))
	here, elsewhere := servicetest.Call(t), servicetest.As(t, servicetest.Account, "us-east-1")
	updated(t, s, here, func(tx resource.Tx) error {
		other := resource.In(tx, cloud.Scope{Account: "444455556666", Region: "eu-west-1"})
		if err := leaves().Create(other, leaf{"red"}, "oak", "a"); err != nil {
			return err
		}
		return leaves().Create(tx, leaf{"green"}, "oak", "a")
	})
	servicetest.Diff(t, []string{"a green"}, listed(t, s, here, "oak"))
	servicetest.Diff(t, []string(nil), listed(t, s, elsewhere, "oak"))
	servicetest.Diff(t, []string{"a red"}, listed(t, s, servicetest.As(t, "444455556666", "eu-west-1"), "oak"))
}

func TestAListOfAllHasWholeNames(t *testing.T) {
	s, ctx := resource.NewStore(servicetest.Store(t)), servicetest.Call(t)
	updated(t, s, ctx, func(tx resource.Tx) error {
		if err := leaves().Put(tx, leaf{"green"}, "oak", "a"); err != nil {
			return err
		}
		return leaves().Put(tx, leaf{"red"}, "elm")
	})
	servicetest.Diff(t, []string{"elm red", "oak\x00a green"}, listed(t, s, ctx))
}
