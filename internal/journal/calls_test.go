package journal_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
)

// A cursor yields what Read yields, from wherever it begins, and each call is found
// again by its places.
func TestACursorYieldsCallsThatHaveEnded(t *testing.T) {
	dir := t.TempDir()
	j := open(t, journal.Config{Dir: dir})
	early := begin(t, j, "CreateTable")
	for n := range 5 {
		record(t, j, fmt.Sprint("Get", n))
	}
	if err := j.KeepNow(t.Context()); err != nil { // a further segment begins
		t.Fatal(err)
	}
	late := begin(t, j, "DeleteTable")
	early(cloud.Failed, "EntityNotFoundException")
	update := begin(t, j, "UpdateTable")
	ended := func(from uint64) (got []journal.Entry) {
		c := j.Cursor(from)
		for range 2 { // the second time there is nothing more
			for call, err := range c.Read(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				again, err := j.Find(call.Place, call.Begun)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(call.Entry, again, cmpopts.IgnoreUnexported(journal.Entry{})); diff != "" || call.Outcome != again.Outcome {
					t.Errorf("found again (-want +got):\n%s", diff)
				}
				got = append(got, call.Entry)
			}
		}
		return got
	}
	names := func(all []journal.Entry) (got []string) {
		for _, e := range all {
			got = append(got, fmt.Sprint(e.Number, " ", e.Operation, " ", e.Outcome, " ", e.Code))
		}
		return got
	}
	want := []string{"2 Get0 done ", "3 Get1 done ", "4 Get2 done ", "5 Get3 done ", "6 Get4 done ", "1 CreateTable failed EntityNotFoundException"}
	for from, want := range map[uint64][]string{0: want, 1: want, 4: want[2:], 8: want[5:], 9: nil} {
		if diff := cmp.Diff(want, names(ended(from)), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("from %d (-want +got):\n%s", from, diff)
		}
	}
	// A cursor goes on with what ends later.
	c := j.Cursor(9)
	for call, err := range c.Read(t.Context()) {
		t.Errorf("nothing has ended since, and it yields %v, %v", call.Operation, err)
	}
	update(cloud.Done, "")
	late(cloud.Done, "")
	var got []journal.Entry
	for call, err := range c.Read(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, call.Entry)
	}
	if diff := cmp.Diff([]string{"9 UpdateTable done ", "7 DeleteTable done "}, names(got)); diff != "" || c.Next() != 12 {
		t.Errorf("next is %d (-want +got):\n%s", c.Next(), diff)
	}
}

// What CloudTrail does not record is told by its number alone, and by nothing that a client
// wrote.
func TestACursorTellsLittleOfWhatIsUnrecorded(t *testing.T) {
	j := open(t, journal.Config{Dir: t.TempDir()})
	put := func(event, parameters string, outcome cloud.Outcome) cloud.Fact {
		f := fact("Put", outcome)
		f.Event, f.Parameters, f.Call.UserAgent = event, []byte(parameters), `"event":"Unrecorded"`
		return f
	}
	one := put(journal.Unrecorded, `{}`, cloud.Done)
	two := put(journal.Unrecorded, `{"event":"Management"}`, cloud.Begun)
	three := put("Management", `{"event":"Unrecorded"}`, cloud.Done)
	four := put("", `{"event":"Unrecorded"}`, cloud.Done)
	if err := j.Record(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	end, err := j.Begin(t.Context(), two)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []cloud.Fact{three, four} {
		if err := j.Record(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	if err := end.End(t.Context(), ended("Put", cloud.Done, "")); err != nil {
		t.Fatal(err)
	}
	for from, want := range map[uint64][]string{
		0: {"1  Unrecorded", "3 Put Management", "4 Put ", "2  Unrecorded"},
		3: {"3 Put Management", "4 Put ", "2  Unrecorded"}, // the second began before the cursor did
	} {
		var got []string
		for call, err := range j.Cursor(from).Read(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprint(call.Number, " ", call.Operation, " ", call.Event))
			if again, err := j.Find(call.Place, call.Begun); err != nil || again.Operation != "Put" || again.Number != call.Number {
				t.Errorf("call %d is found again as %d %s, %v", call.Number, again.Number, again.Operation, err)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("from %d (-want +got):\n%s", from, diff)
		}
	}
}

// Calls that began before the cursor did are told as others are, however far before, also
// when one of them is found after one that began behind it, and when others ended meanwhile.
func TestACursorFindsWhereCallsBegan(t *testing.T) {
	j := open(t, journal.Config{Dir: t.TempDir()})
	first := begin(t, j, "First")
	for n := range 1200 {
		if n%3 == 0 {
			begin(t, j, fmt.Sprint("Ended", n))(cloud.Done, "")
		} else {
			record(t, j, fmt.Sprint("Get", n))
		}
	}
	early, late := begin(t, j, "Early"), begin(t, j, "Late")
	unended := begin(t, j, "Unended")
	from := j.Next()
	late(cloud.Done, "")
	early(cloud.Failed, "Exception")
	first(cloud.Done, "")
	var got []string
	for call, err := range j.Cursor(from).Read(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		again, err := j.Find(call.Place, call.Begun)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(call.Entry, again, cmpopts.IgnoreUnexported(journal.Entry{})); diff != "" {
			t.Error(diff)
		}
		got = append(got, fmt.Sprint(call.Operation, " ", call.Outcome))
	}
	if diff := cmp.Diff([]string{"Late done", "Early failed", "First done"}, got); diff != "" {
		t.Error(diff)
	}
	unended(cloud.Done, "")
}
