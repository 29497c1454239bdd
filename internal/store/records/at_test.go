package records_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/store/records"
)

// Every record is read again where it was found, by the log and by a view, from
// closed segments and from the one that is written to.
func TestARecordIsReadWhereItLies(t *testing.T) {
	dir := t.TempDir()
	l := open(t, records.Config{Dir: dir, SegmentBytes: small})
	intent := begin(t, l, "b", 10)
	for n := range 40 {
		appendText(t, l, strings.Repeat(fmt.Sprint(n, " "), 2000))
	}
	end(t, intent, "b's end")
	closed, err := l.Closed()
	if err != nil || len(closed) < 2 || closed[0].First != 1 || closed[1].First != closed[0].Last+1 {
		t.Fatalf("closed segments %v, %v", closed, err)
	}
	all := lines(l.Read(t.Context(), 1))
	n := 0
	for want, err := range l.Read(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []records.Reader{l.Reader, records.View(dir)} {
			got, err := r.At(want.Place)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("record %d (-want +got):\n%s", want.Seq, diff)
			}
		}
		n++
		wantLines(t, fmt.Sprint("after record ", n), l.After(t.Context(), want), all[n:]...)
		wantLines(t, fmt.Sprint("in a view after record ", n), records.View(dir).After(t.Context(), want), all[n:]...)
	}
	if n != 42 {
		t.Errorf("%d records", n)
	}
}

func TestAPlaceWithoutItsRecord(t *testing.T) {
	dir := t.TempDir()
	l := open(t, records.Config{Dir: dir, SegmentBytes: small})
	fill(t, l, dir, 3)
	var first records.Record
	for r, err := range l.Read(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		first = r
		break
	}
	for name, p := range map[string]records.Place{
		"a start": {Segment: 1}, "between two": {Segment: 1, Offset: first.Place.Offset + 8}, "past the end": {Segment: 1, Offset: small},
	} {
		if _, err := l.At(p); !isDamage(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := l.At(records.Place{Segment: 1 << 40}); err == nil || isDamage(err) {
		t.Errorf("another log's segment: %v", err)
	}
	flip(t, segments(t, dir)[0], int(first.Place.Offset)+100, 0)
	if _, err := l.At(first.Place); !isDamage(err) {
		t.Errorf("a flipped bit: %v", err)
	}
	if err := l.Retain(t.Context(), records.Retention{MaxBytes: 1}); err != nil {
		t.Fatal(err)
	}
	_, err := l.At(first.Place)
	if gone, ok := errors.AsType[*records.RemovedError](err); !ok || gone.First != 1 {
		t.Errorf("removed: %v", err)
	}
}

func isDamage(err error) bool {
	_, ok := errors.AsType[*records.DamageError](err)
	return ok
}
