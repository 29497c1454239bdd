package objects_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// told is a log whose reader waits for lines.
type told struct {
	lines
	said chan string
}

func (l *told) Write(data []byte) (int, error) {
	select {
	case l.said <- string(data):
	default:
	}
	return l.lines.Write(data)
}

// await waits for a line that has text in it.
func (l *told) await(t *testing.T, text string) {
	t.Helper()
	for {
		select {
		case line := <-l.said:
			if strings.Contains(line, text) {
				return
			}
		case <-t.Context().Done():
			t.Fatal("the store did not say " + text)
		}
	}
}

// openFaulty opens a store on a disk that fails as a test says.
func openFaulty(t *testing.T) (*objects.DB, *faulty, *told) {
	t.Helper()
	fsys, log := newFaulty(), &told{said: make(chan string, 1000)}
	cfg := objects.Config{Log: slog.New(slog.NewTextHandler(log, nil)), FS: fsys, Inline: smallInline}
	db := open(t, "store", objects.WithMemtable(cfg, 64<<10))
	makeBucket(t, db, "logs")
	return db, fsys, log
}

func wantUnavailable(t *testing.T, what string, err error) {
	t.Helper()
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok || e.Kind != cloud.Unavailable || e.Code != "ServiceUnavailable" {
		t.Errorf("%s = %v, want an error of kind unavailable and code ServiceUnavailable", what, err)
	}
}

func putText(tb testing.TB, db *objects.DB, key, body string) {
	tb.Helper()
	if _, err := db.Put(tb.Context(), "logs", key, "", strings.NewReader(body)); err != nil {
		tb.Fatalf("put %q: %v", key, err)
	}
}

func wantText(tb testing.TB, db *objects.DB, key, want string) {
	tb.Helper()
	r, _, err := db.Open(tb.Context(), "logs", key)
	if err != nil {
		tb.Errorf("open %q: %v", key, err)
		return
	}
	var got bytes.Buffer
	_, err = got.ReadFrom(r)
	if err := errors.Join(err, r.Close()); err != nil {
		tb.Errorf("read %q: %v", key, err)
	}
	if got.String() != want {
		tb.Errorf("%q is %.40q, want %.40q", key, got.String(), want)
	}
}

// failing returns an error for writes to files that have text in their path.
func failing(text string, err error) func(errorfs.Op) error {
	return func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && op.Kind != errorfs.OpRemove && strings.Contains(op.Path, text) {
			return err
		}
		return nil
	}
}

// Content for which there is no room fails alone and leaves nothing.
func TestContentOnFullDisk(t *testing.T) {
	for _, cause := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		t.Run(cause.Error(), func(t *testing.T) {
			db, fsys, _ := openFaulty(t)
			big := strings.Repeat("x", 3_000_000)
			putText(t, db, "before", big)
			fsys.set(failing("blobs/", cause))
			_, err := db.Stage(t.Context(), strings.NewReader(big))
			wantUnavailable(t, "Stage", err)
			putText(t, db, "small", "small")
			fsys.set(nil)
			putText(t, db, "after", big)
			wantText(t, db, "before", big)
			wantText(t, db, "small", "small")
			wantText(t, db, "after", big)
			wantSound(t, db)
			if files := blobFiles(t, fsys); files != 2 {
				t.Errorf("%d files, want 2", files)
			}
		})
	}
}

// blobFiles counts the files of blobs.
func blobFiles(tb testing.TB, fsys vfs.FS) int {
	tb.Helper()
	count := 0
	shards, err := fsys.List("store/blobs")
	if err != nil {
		tb.Fatal(err)
	}
	for _, shard := range shards {
		names, err := fsys.List("store/blobs/" + shard)
		if err != nil {
			tb.Fatal(err)
		}
		count += len(names)
	}
	return count
}

// Before the disk is full, content is refused; what frees room is not.
func TestRoomIsKeptForDeleting(t *testing.T) {
	db, fsys, _ := openFaulty(t)
	putText(t, db, "a", strings.Repeat("a", 1000))
	fsys.memory.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 20, TotalBytes: 1 << 40})
	again := open(t, "other", objects.Config{FS: fsys})
	for _, size := range []int{0, 1, 100_000} {
		_, err := again.Stage(t.Context(), strings.NewReader(strings.Repeat("x", size)))
		wantUnavailable(t, fmt.Sprintf("Stage of %d bytes", size), err)
	}
	if err := db.Delete(t.Context(), "logs", "a"); err != nil {
		t.Error(err)
	}
	fsys.memory.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 39, TotalBytes: 1 << 40})
	makeBucket(t, again, "logs")
	putText(t, again, "a", "a")
}

// A change that there is no room for waits for it, and others are refused at
// once. Nothing is lost, and nobody has to start anything again.
func TestLogOnFullDisk(t *testing.T) {
	db, fsys, log := openFaulty(t)
	putText(t, db, "a", "a")
	fsys.set(failing(".log", syscall.ENOSPC))
	waiting := make(chan error)
	go func() {
		_, err := db.Put(context.WithoutCancel(t.Context()), "logs", "b", "", strings.NewReader("b"))
		waiting <- err
	}()
	log.await(t, "changes are refused")
	wantUnavailable(t, "Delete", db.Delete(t.Context(), "logs", "a"))
	wantText(t, db, "a", "a")
	fsys.set(nil)
	if err := <-waiting; err != nil {
		t.Errorf("the change that waited for room: %v", err)
	}
	log.await(t, "can be written again")
	putText(t, db, "c", "c")
	for _, key := range []string{"a", "b", "c"} {
		wantText(t, db, key, key)
	}
	wantSound(t, db)
}

// A store may be closed while it waits for room. What was not answered failed.
func TestCloseOnFullDisk(t *testing.T) {
	db, fsys, log := openFaulty(t)
	putText(t, db, "a", "a")
	fsys.set(failing(".log", syscall.ENOSPC))
	waiting := make(chan error)
	go func() {
		_, err := db.Put(context.WithoutCancel(t.Context()), "logs", "b", "", strings.NewReader(strings.Repeat("b", 100_000)))
		waiting <- err
	}()
	log.await(t, "changes are refused")
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	wantUnavailable(t, "Put", <-waiting)
	fsys.set(nil)
	db = open(t, "store", objects.Config{FS: fsys.memory.CrashClone(vfs.CrashCloneCfg{})})
	wantText(t, db, "a", "a")
	wantSound(t, db)
}

// When what was committed cannot be sorted into tables, changes must not pile up.
func TestTablesOnFullDisk(t *testing.T) {
	db, fsys, log := openFaulty(t)
	fsys.set(failing(".sst", syscall.ENOSPC))
	var err error
	n := 0
	for ; err == nil; n++ {
		_, err = db.Put(t.Context(), "logs", fmt.Sprint(n), "", strings.NewReader("text"))
	}
	wantUnavailable(t, "Put", err)
	wantText(t, db, "0", "text")
	fsys.set(nil)
	log.await(t, "can be written again")
	putText(t, db, "after", "after")
	for i := range n - 1 {
		wantText(t, db, fmt.Sprint(i), "text")
	}
}

// A sync that fails is an error to those who wait for it, and nothing is changed
// after it. Reading goes on, without what was not synced.
func TestFailedSync(t *testing.T) {
	for _, file := range []string{".log", "store/blobs"} {
		t.Run(file, func(t *testing.T) {
			db, fsys, _ := openFaulty(t)
			putText(t, db, "a", "a")
			fsys.set(func(op errorfs.Op) error {
				if (op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData) && strings.Contains(op.Path, file) {
					return syscall.EIO
				}
				return nil
			})
			if _, err := db.Put(t.Context(), "logs", "b", "", strings.NewReader(strings.Repeat("b", 1000))); err == nil {
				t.Error("a change whose sync failed was acknowledged")
			}
			if file != ".log" {
				return // it concerns the one alone
			}
			fsys.set(nil)
			_, err := db.Put(t.Context(), "logs", "c", "", strings.NewReader("c"))
			wantUnavailable(t, "Put", err)
			wantText(t, db, "a", "a")
			if _, err := db.Stat(t.Context(), "logs", "b"); cloud.KindOf(err) != cloud.NotFound {
				t.Errorf("what was not synced is read: %v", err)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
			again := open(t, "store", objects.Config{FS: fsys.memory.CrashClone(vfs.CrashCloneCfg{})})
			wantText(t, again, "a", "a")
			putText(t, again, "c", "c")
			wantSound(t, again)
		})
	}
}
