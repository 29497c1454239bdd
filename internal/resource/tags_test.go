package resource_test

import (
	"fmt"
	"iter"
	"maps"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/servicetest"
)

const arn = "arn:aws:test:ap-northeast-2:111122223333:tree/oak"

func tags() resource.Tags {
	return resource.Tags{Invalid: "InvalidTag", TooMany: "TooManyTags", Named: func(_ resource.Reader, name string) (string, error) {
		if name != "oak" {
			return "", cloud.Errorf(cloud.NotFound, "NoSuchTree", "no tree %s", name)
		}
		return arn, nil
	}}
}

// shape is a tag as a service's shapes have it.
type shape struct {
	Key   *string `aws:",TagKey"`
	Value *string `aws:",TagValue"`
}

// pairs yields keys and values in turn.
func pairs(texts ...string) iter.Seq2[string, string] {
	var list []shape
	for i := 0; i < len(texts); i += 2 {
		list = append(list, shape{&texts[i], &texts[i+1]})
	}
	return resource.FromList(list, func(s shape) resource.Tag { return resource.Tag(s) })
}

func many(n int) iter.Seq2[string, string] {
	m := map[string]string{}
	for i := range n {
		m[fmt.Sprint("many", i)] = ""
	}
	return maps.All(m)
}

func TestTags(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(tx resource.Tx) error
		code string
		want map[string]string // nil for what was there before
	}{
		{name: "added", do: func(tx resource.Tx) error { return tags().Add(tx, arn, pairs("b", "2", "A", "3")) }, want: map[string]string{"a": "1", "A": "3", "b": "2"}},
		{name: "replaced by key", do: func(tx resource.Tx) error { return tags().Add(tx, arn, pairs("a", "2")) }, want: map[string]string{"a": "2"}},
		{name: "replaced in all", do: func(tx resource.Tx) error { return tags().Replace(tx, arn, pairs("b", "")) }, want: map[string]string{"b": ""}},
		{name: "deleted", do: func(tx resource.Tx) error { return tags().Delete(tx, arn) }, want: map[string]string{}},
		{name: "of another resource", do: func(tx resource.Tx) error { return tags().Add(tx, arn+"s", pairs("b", "2")) }},
		{name: "50", do: func(tx resource.Tx) error { return tags().Replace(tx, arn, many(50)) }, want: maps.Collect(many(50))},
		{name: "51", do: func(tx resource.Tx) error { return tags().Add(tx, arn, many(50)) }, code: "TooManyTags"},
		{name: "a key twice", do: func(tx resource.Tx) error { return tags().Add(tx, arn, pairs("b", "1", "b", "1")) }, code: "InvalidTag"},
		{name: "a key of AWS", do: func(tx resource.Tx) error { return tags().Add(tx, arn, pairs("aws:b", "1")) }, code: "InvalidTag"},
		{name: "a key of AWS in upper case", do: func(tx resource.Tx) error { return tags().Add(tx, arn, pairs("AWS:b", "1")) }, code: "InvalidTag"},
		{name: "an empty key", do: func(tx resource.Tx) error { return tags().Add(tx, arn, pairs("", "1")) }, code: "InvalidTag"},
		{name: "a key that is too long", do: func(tx resource.Tx) error { return tags().Add(tx, arn, pairs(strings.Repeat("서", 129), "")) }, code: "InvalidTag"},
		{name: "a value that is too long", do: func(tx resource.Tx) error { return tags().Add(tx, arn, pairs("b", strings.Repeat("서", 257))) }, code: "InvalidTag"},
		{
			name: "the longest key and value", do: func(tx resource.Tx) error {
				return tags().Replace(tx, arn, pairs(strings.Repeat("서", 128), strings.Repeat("서", 256)))
			},
			want: map[string]string{strings.Repeat("서", 128): strings.Repeat("서", 256)},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, ctx := resource.NewStore(servicetest.Store(t)), servicetest.Call(t)
			updated(t, s, ctx, func(tx resource.Tx) error { return tags().Add(tx, arn, pairs("a", "1")) })
			err := s.Update(ctx, tt.do)
			if tt.code != "" {
				servicetest.WantCode(t, err, tt.code)
			} else if err != nil {
				t.Fatal(err)
			}
			if tt.want == nil {
				tt.want = map[string]string{"a": "1"}
			}
			var got map[string]string
			if err := s.View(ctx, func(r resource.Reader) (err error) { got, err = tags().Of(r, arn); return err }); err != nil {
				t.Fatal(err)
			}
			servicetest.Diff(t, tt.want, got)
		})
	}
}

func TestOperationsOnTags(t *testing.T) {
	s, ctx := resource.NewStore(servicetest.Store(t)), servicetest.Call(t)
	if err := tags().Tag(ctx, s, "oak", pairs("a", "1", "b", "2")); err != nil {
		t.Fatal(err)
	}
	if err := tags().Untag(ctx, s, "oak", []string{"a", "z"}); err != nil {
		t.Fatal(err)
	}
	got, err := tags().List(ctx, s, "oak")
	if err != nil {
		t.Fatal(err)
	}
	servicetest.Diff(t, map[string]string{"b": "2"}, got)
	_, err = tags().List(ctx, s, "elm")
	servicetest.WantCode(t, err, "NoSuchTree")
	servicetest.WantCode(t, tags().Tag(ctx, s, "elm", pairs("a", "1")), "NoSuchTree")
	servicetest.WantCode(t, tags().Untag(ctx, s, "elm", []string{"a"}), "NoSuchTree")
}

func TestTagsAsAList(t *testing.T) {
	got := resource.ToList(map[string]string{"b": "2", "a": "1", "B": ""}, func(t resource.Tag) shape { return shape(t) })
	servicetest.Diff(t, []shape{{new("B"), new("")}, {new("a"), new("1")}, {new("b"), new("2")}}, got)
	servicetest.Diff(t, []shape{}, resource.ToList(nil, func(t resource.Tag) shape { return shape(t) }))
}
