package lake_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake"
)

// changing is Objects of one object, whose content is another one each time that it
// is opened, as often as there are contents.
type changing struct {
	contents []string
	opened   *int
}

func (c changing) now() lake.Object {
	at := min(*c.opened, len(c.contents)-1)
	return lake.Object{Bucket: "logs", Key: "a", ETag: string(rune('a' + at)), Size: int64(len(c.contents[at]))}
}

func (c changing) List(context.Context, string, string) iter.Seq2[lake.Object, error] {
	return func(yield func(lake.Object, error) bool) {
		if len(c.contents) > *c.opened || *c.opened < 10 {
			yield(c.now(), nil)
		}
	}
}

func (c changing) Open(_ context.Context, o lake.Object) (io.ReadCloser, error) {
	*c.opened++
	if c.now() != o {
		return nil, lake.ErrReplaced
	}
	return io.NopCloser(strings.NewReader(c.contents[min(*c.opened, len(c.contents)-1)])), nil
}

// TestAnObjectThatIsReplacedAfterItWasListed reads what took its place, under its own
// name.
func TestAnObjectThatIsReplacedAfterItWasListed(t *testing.T) {
	table := lake.Table{Name: "t", Location: "s3://logs/", Columns: texts("a")}
	opened := 0
	objects := changing{contents: []string{"old\n", "new and longer\n"}, opened: &opened}
	l := open(t, objects)
	scan, err := l.Plan(t.Context(), table, nil)
	if err != nil {
		t.Fatal(err)
	}
	files, err := l.Load(t.Context(), scan, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{"new and longer"}}, rows(t, files)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(objects.now(), files.Groups[0].Files[0].Object); diff != "" {
		t.Error(diff)
	}
	_, files = load(t, l, table, nil)
	if files.Stats.Decoded != 0 {
		t.Error("its shadow has another name than that of its content")
	}
}

func TestAnObjectThatIsReplacedAgainAndAgain(t *testing.T) {
	opened := 0
	l := open(t, changing{contents: []string{"1", "2", "3", "4", "5", "6"}, opened: &opened})
	scan, err := l.Plan(t.Context(), lake.Table{Name: "t", Location: "s3://logs/", Columns: texts("a")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Load(t.Context(), scan, nil)
	if !errors.Is(err, lake.ErrReplaced) || cloud.KindOf(err) != cloud.Conflict || !strings.HasPrefix(err.Error(), "load s3://logs/a: ") {
		t.Errorf("error %v", err)
	}
}

// unreadable is Objects of which some cannot be read.
type unreadable struct {
	memory
	errs map[string]error
}

func (u unreadable) Open(ctx context.Context, o lake.Object) (io.ReadCloser, error) {
	if err := u.errs[o.Key]; err != nil {
		return nil, err
	}
	return u.memory.Open(ctx, o)
}

func TestPassedOver(t *testing.T) {
	table := lake.Table{Name: "t", Location: "s3://logs/", Columns: texts("a")}
	objects := unreadable{memory{"a": "1", "b": "2", "c": "3", "d": "4"}, map[string]error{
		"b": cloud.Errorf(cloud.Denied, "AccessDenied", "b may not be read"),
		"c": cloud.Errorf(cloud.NotFound, "NoSuchKey", "there is no c"),
	}}
	l := lake.New(lake.Config{Dir: t.TempDir(), PassOver: true}, objects)
	_, files := load(t, l, table, nil)
	if diff := cmp.Diff([][]string{{"1"}, {"4"}}, rows(t, files)); diff != "" {
		t.Error(diff)
	}
	want := []lake.Skipped{
		{Object: lake.Object{Bucket: "logs", Key: "b", ETag: "e", Size: 1}, Kind: lake.Denied, Reason: "denied: b may not be read"},
		{Object: lake.Object{Bucket: "logs", Key: "c", ETag: "e", Size: 1}, Kind: lake.Gone, Reason: "gone: there is no c"},
	}
	if diff := cmp.Diff(want, files.Skipped); diff != "" {
		t.Error(diff)
	}
	// What may be over in a moment is no reason to answer without.
	objects.errs["b"] = cloud.Errorf(cloud.Unavailable, "SlowDown", "later")
	scan, err := l.Plan(t.Context(), table, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Load(t.Context(), scan, nil); cloud.KindOf(err) != cloud.Unavailable {
		t.Errorf("error %v", err)
	}
}
