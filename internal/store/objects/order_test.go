package objects_test

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/store/objects"
)

// record notes what is done to the disk while do runs.
func (f *faulty) record(do func()) []string {
	f.mu.Lock()
	f.log, f.logs = nil, true
	f.mu.Unlock()
	do()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.logs = false
	names := map[errorfs.OpKind]string{
		errorfs.OpCreate: "create", errorfs.OpFileWrite: "write", errorfs.OpFileSync: "sync", errorfs.OpFileSyncData: "sync",
		errorfs.OpRemove: "remove", errorfs.OpMkdirAll: "make",
	}
	var lines []string
	for _, op := range f.log {
		name, ok := names[op.Kind]
		if !ok {
			continue
		}
		what := strings.TrimPrefix(op.Path, "store/")
		if path.Ext(what) == ".log" {
			what = "log"
		}
		if line := name + " " + what; len(lines) == 0 || lines[len(lines)-1] != line {
			lines = append(lines, line)
		}
	}
	return lines
}

// Content and its name are on disk before the change that refers to it, and that
// is before a file is removed.
func TestOrderOfSyncs(t *testing.T) {
	db, fsys, _ := openFaulty(t)
	big := strings.Repeat("x", 100_000)
	putText(t, db, "first", big) // has folders made
	got := fsys.record(func() { putText(t, db, "a", big) })
	want := []string{"create blobs/0/2", "write blobs/0/2", "sync blobs/0/2", "sync blobs/0", "write log", "sync log"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("put (-want +got):\n%s", diff)
	}
	got = fsys.record(func() {
		if err := db.Delete(t.Context(), "logs", "a"); err != nil {
			t.Fatal(err)
		}
		runUntilSwept(t, db)
	})
	want = []string{"write log", "sync log", "remove blobs/0/2", "sync blobs/0", "write log", "sync log"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("delete (-want +got):\n%s", diff)
	}
	got = fsys.record(func() {
		s, err := db.Stage(t.Context(), strings.NewReader(big))
		if err != nil {
			t.Fatal(err)
		}
		s.Discard()
		s.Discard()
	})
	want = []string{"create blobs/0/3", "write blobs/0/3", "sync blobs/0/3", "sync blobs/0", "remove blobs/0/3", "sync blobs/0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("discarded content (-want +got):\n%s", diff)
	}
}

// Those who come while the log is being synced share the next sync.
func TestWritersShareASync(t *testing.T) {
	db, fsys, _ := openFaulty(t)
	const writers = 100
	hold, holding := make(chan struct{}), make(chan struct{})
	syncs := 0
	fsys.set(func(op errorfs.Op) error {
		if op.Kind != errorfs.OpFileSyncData || !strings.HasSuffix(op.Path, ".log") {
			return nil
		}
		if syncs++; syncs == 1 {
			close(holding)
			<-hold
		}
		return nil
	})
	var group, ran sync.WaitGroup
	group.Go(func() {
		update(t, db, func(tx *objects.Tx) error { return tx.CreateBucket(&objects.Bucket{Name: "first"}) })
	})
	<-holding
	ran.Add(writers)
	for n := range writers {
		group.Go(func() {
			update(t, db, func(tx *objects.Tx) error {
				defer ran.Done()
				return tx.CreateBucket(&objects.Bucket{Name: fmt.Sprintf("b%03d", n)})
			})
		})
	}
	ran.Wait()
	close(hold)
	group.Wait()
	if syncs > 3 { // the first, those who came meanwhile, and maybe the last of them
		t.Errorf("%d syncs for %d writers", syncs, writers)
	}
	var names []string
	err := db.View(t.Context(), func(v *objects.View) error {
		for b, err := range v.Buckets("b") {
			if err != nil {
				return err
			}
			names = append(names, b.Name)
		}
		return nil
	})
	if err != nil || len(names) != writers+2 || !slices.IsSorted(names) {
		t.Errorf("%d buckets, %v", len(names), err)
	}
}
