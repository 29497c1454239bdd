package journal_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/store/records"
)

// ofNobody is a call that nobody signed.
func ofNobody(operation string, outcome cloud.Outcome) cloud.Fact {
	f := fact(operation, outcome)
	f.Call.Principal = cloud.Principal{Type: cloud.Anonymous}
	return f
}

// told reads the journal and says of each call whether it is among those of nobody.
func told(ctx context.Context, t *testing.T, dir string, q journal.Query, each func(n int)) []string {
	t.Helper()
	var all []string
	for e, err := range journal.Read(ctx, dir, q) {
		line := fmt.Sprintf("%d %s %v", e.Number, e.Operation, e.Stranger)
		if err != nil {
			line = err.Error()
		}
		all = append(all, line)
		if each != nil {
			each(len(all))
		}
	}
	return all
}

// Calls of nobody that were not done are kept apart and read in order; what nobody
// did is among the others.
func TestCallsOfNobodyAreReadWithTheOthers(t *testing.T) {
	dir := t.TempDir()
	j := open(t, journal.Config{Dir: dir})
	write := func(f cloud.Fact) {
		t.Helper()
		if err := j.Record(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	public := ofNobody("AssumeRoleWithWebIdentity", cloud.Done)
	public.Changes = true
	refused := ofNobody("PutObject", cloud.Refused)
	refused.Changes = true
	write(ofNobody("GetObject", cloud.Refused))
	write(fact("GetTable", cloud.Done))
	write(refused)
	write(ofNobody("HeadObject", cloud.Done))
	write(public)
	end := begin(t, j, "CreateTable")
	if err := j.Note(t.Context(), ofNobody("ListObjects", cloud.Failed)); err != nil {
		t.Fatal(err)
	}
	begin(t, j, "DropTable")
	end(cloud.Done, "")
	write(ofNobody("Last", cloud.Failed))
	want := []string{
		"1 GetObject true", "1 GetTable false", "2 PutObject true", "2 HeadObject false", "3 AssumeRoleWithWebIdentity false", "3 ListObjects true",
		"4 CreateTable false", "4 Last true", "5 DropTable false",
	}
	if diff := cmp.Diff(want, told(t.Context(), t, dir, journal.Query{}, nil)); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
}

// Both are followed, from what has been read on, and nothing is told twice.
func TestFollowTellsOfNobodyToo(t *testing.T) {
	dir := t.TempDir()
	j := open(t, journal.Config{Dir: dir})
	write := func(f cloud.Fact) {
		if err := j.Record(t.Context(), f); err != nil {
			t.Error(err)
		}
	}
	write(ofNobody("A", cloud.Refused))
	write(fact("B", cloud.Done))
	write(ofNobody("C", cloud.Refused))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	got := told(ctx, t, dir, journal.Query{Follow: true}, func(n int) {
		switch n {
		case 3:
			write(ofNobody("D", cloud.Refused))
		case 4:
			write(fact("E", cloud.Done))
		case 5:
			stop()
		}
	})
	want := []string{"1 A true", "1 B false", "2 C true", "3 D true", "2 E false"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("followed (-want +got):\n%s", diff)
	}
}

// A journal of before there was a log of strangers is read and followed all the same.
func TestAJournalWithoutStrangers(t *testing.T) {
	dir := t.TempDir()
	j := open(t, journal.Config{Dir: dir})
	record(t, j, "GetTable")
	if err := os.Rename(filepath.Join(dir, "strangers"), filepath.Join(t.TempDir(), "gone")); err != nil {
		t.Fatal(err)
	}
	want := []string{"1 GetTable false"}
	if diff := cmp.Diff(want, told(t.Context(), t, dir, journal.Query{}, nil)); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	got := told(ctx, t, dir, journal.Query{Follow: true}, func(n int) {
		if n == 1 {
			record(t, j, "GetTables")
		} else {
			stop()
		}
	})
	if diff := cmp.Diff(append(want, "2 GetTables false"), got); diff != "" {
		t.Errorf("followed (-want +got):\n%s", diff)
	}
}

// A flood takes bounded room, pushes out the oldest of its own and nothing else,
// and what is gone is told.
func TestAFloodTakesBoundedRoom(t *testing.T) {
	const most = 256 << 10
	dir := t.TempDir()
	j := open(t, journal.Config{Dir: dir, StrangersBytes: most})
	record(t, j, "Evidence")
	for n := range 2000 {
		if err := j.Note(t.Context(), ofNobody(fmt.Sprint("Flood", n), cloud.Refused)); err != nil {
			t.Fatal(err)
		}
		if n%100 == 0 {
			if err := j.ForgetNow(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := j.Record(t.Context(), ofNobody("Last", cloud.Refused)); err != nil {
		t.Fatal(err)
	}
	if err := j.ForgetNow(t.Context()); err != nil {
		t.Fatal(err)
	}
	var held int64
	err := filepath.WalkDir(filepath.Join(dir, "strangers"), func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		held += info.Size()
		return err
	})
	if err != nil || held > most+64<<10 {
		t.Errorf("they take %d bytes, want at most %d (%v)", held, most, err)
	}
	got := told(t.Context(), t, dir, journal.Query{}, nil)
	if !slices.Contains(got, "1 Evidence false") || got[len(got)-1] != "2001 Last true" || len(got) < 100 {
		t.Errorf("read %d: %q … %q", len(got), got[:2], got[len(got)-1])
	}
	if !slices.ContainsFunc(got, func(line string) bool {
		return strings.HasPrefix(line, "calls of nobody: records 1 to ") && strings.HasSuffix(line, "were removed by retention")
	}) {
		t.Errorf("what is gone is not told: %q", got[:3])
	}
	for _, err := range journal.Read(t.Context(), dir, journal.Query{}) {
		if removed, ok := errors.AsType[*records.RemovedError](err); err != nil && (!ok || removed.First != 1) {
			t.Errorf("told as %v", err)
		}
	}
}
