package records_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/records"
)

// disk is a disk on which each operation can be made to fail.
type disk struct {
	mu                    sync.Mutex
	write, sync, allocate error
	syncs                 int
	hold                  chan struct{} // syncs wait until it is closed
}

func (d *disk) set(fn func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fn()
}

func (d *disk) config(cfg records.Config) records.Config {
	return records.WithFiles(cfg, func(path string, flag int) (records.File, error) {
		f, err := records.OpenDisk(path, flag)
		return diskFile{f, d}, err
	})
}

type diskFile struct {
	records.File
	disk *disk
}

func (f diskFile) WriteAt(b []byte, offset int64) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if f.disk.write != nil {
		return 0, f.disk.write
	}
	return f.File.WriteAt(b, offset)
}

func (f diskFile) Sync() error {
	f.disk.mu.Lock()
	hold := f.disk.hold
	f.disk.mu.Unlock()
	if hold != nil {
		<-hold
	}
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	f.disk.syncs++
	if f.disk.sync != nil {
		return f.disk.sync
	}
	return f.File.Sync()
}

func (f diskFile) Allocate(size int64) error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if f.disk.allocate != nil {
		return f.disk.allocate
	}
	return f.File.Allocate(size)
}

// A failed sync is not tried again, whatever the disk says later.
func TestFailedDiskStopsTheLog(t *testing.T) {
	broken := errors.New("broken")
	for _, tt := range []struct {
		name string
		fail func(*disk)
	}{
		{"sync", func(d *disk) { d.sync = broken }},
		{"write", func(d *disk) { d.write = broken }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &disk{}
			cfg := records.Config{Dir: t.TempDir(), SegmentBytes: small}
			l, told := openTelling(t, d.config(cfg))
			appendText(t, l, "a")
			intent := begin(t, l, "b", 10)
			if err := l.Err(); err != nil {
				t.Errorf("Err = %v", err)
			}
			d.set(func() { tt.fail(d) })
			_, first := l.Append(t.Context(), []byte("lost"))
			d.set(func() { d.sync, d.write = nil, nil })
			wantKind(t, "Append", first, cloud.Unavailable)
			if !errors.Is(first, broken) || !strings.Contains(told.String(), "no longer written") {
				t.Errorf("Append = %v; told: %s", first, told)
			}
			before := d.syncs
			_, appended := l.Append(t.Context(), nil)
			_, enqueued := l.Enqueue(t.Context(), nil)
			_, begun := l.Begin(t.Context(), nil, 0)
			for name, err := range map[string]error{
				"Append": appended, "Enqueue": enqueued, "Begin": begun, "End": intent.End(t.Context(), nil), "Rotate": l.Rotate(t.Context()), "Err": l.Err(),
			} {
				if !errors.Is(err, first) {
					t.Errorf("%s afterwards = %v, want %v", name, err, first)
				}
			}
			wantLines(t, "reads go on", l.Read(t.Context(), 1), "1 plain a", "2 begun b")
			wantLines(t, "Follow", l.Follow(t.Context(), 1), "1 plain a", "2 begun b", first.Error())
			closeLog(t, l)
			if d.syncs != before {
				t.Errorf("%d syncs after one that failed", d.syncs-before)
			}

			l = open(t, d.config(cfg))
			if appended := appendText(t, l, "c"); appended < 3 {
				t.Errorf("record %d was written twice", appended)
			}
			wantLines(t, "unfinished", l.Unfinished(t.Context()), "2 begun b")
		})
	}
}

func TestWritersShareASync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		l := open(t, d.config(records.Config{Dir: t.TempDir()}))
		appendText(t, l, "first")
		held := make(chan struct{})
		before := d.syncs
		d.set(func() { d.hold = held })
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() { appendText(t, l, "text") })
			synctest.Wait()
		}
		wantLines(t, "before the sync", l.Read(t.Context(), 1), "1 plain first")
		close(held)
		group.Wait()
		if got := d.syncs - before; got != 2 { // one for the first writer, one for those who came meanwhile
			t.Errorf("%d syncs for 100 writers, want 2", got)
		}
	})
}

// What waits for the disk is at most a batch of 4 MiB.
func TestMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 1 << 20
		d := &disk{}
		l := open(t, d.config(records.Config{Dir: t.TempDir()}))
		appendText(t, l, "first")
		held := make(chan struct{})
		d.set(func() { d.hold = held })
		var group sync.WaitGroup
		var mu sync.Mutex
		var enqueued int
		for range 20 {
			group.Go(func() {
				if _, err := l.Enqueue(t.Context(), make([]byte, size)); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				enqueued++
			})
			synctest.Wait()
		}
		if enqueued != 1+3 { // 1 is being written; 4 do not fit with their heads
			t.Errorf("%d MiB are waiting", enqueued)
		}
		close(held)
		group.Wait()
		if seq := appendText(t, l, "last"); seq != 22 {
			t.Errorf("the last number = %d, want 22", seq)
		}
	})
}

// On a full disk, intents can be ended; what is new is refused until there is
// space again.
func TestFullDisk(t *testing.T) {
	for _, cause := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		t.Run(cause.Error(), func(t *testing.T) {
			d := &disk{}
			l, told := openTelling(t, d.config(records.Config{Dir: t.TempDir(), SegmentBytes: small}))
			var intents []*records.Intent
			for range 20 {
				intents = append(intents, begin(t, l, "intent", 1000))
			}
			d.set(func() { d.allocate = cause })
			var refused error
			for refused == nil {
				_, refused = l.Append(t.Context(), make([]byte, 500))
			}
			wantKind(t, "Append", refused, cloud.Unavailable)
			_, err := l.Begin(t.Context(), make([]byte, 500), 0)
			wantKind(t, "Begin", err, cloud.Unavailable)
			_, err = l.Enqueue(t.Context(), make([]byte, 500))
			wantKind(t, "Enqueue", err, cloud.Unavailable)
			for _, err := range []error{refused, err, l.Err()} {
				if err == nil || !strings.Contains(err.Error(), "the disk is full") || !errors.Is(err, cause) {
					t.Errorf("refused with %v", err)
				}
			}
			if n := strings.Count(told.String(), "records are refused"); n != 1 {
				t.Errorf("the operator is told %d times", n)
			}
			for _, intent := range intents[1:] {
				end(t, intent, strings.Repeat("x", 1000))
			}
			if n := len(segments(t, l.Dir())); n != 1 {
				t.Errorf("%d segments", n)
			}
			d.set(func() { d.allocate = nil })
			seq := appendText(t, l, strings.Repeat("x", 10_000))
			if err := l.Err(); err != nil {
				t.Errorf("Err = %v once there is space", err)
			}
			end(t, intents[0], strings.Repeat("x", 1000))
			next := uint64(1)
			for r, err := range l.Read(t.Context(), 1) {
				if err != nil || r.Seq != next {
					t.Fatalf("record %d, %v; want %d", r.Seq, err, next)
				}
				next++
			}
			if next != seq+2 {
				t.Errorf("%d records, want %d", next-1, seq+1)
			}
		})
	}
}

// Unfinished intents have their space in the next run as well.
func TestFullDiskAfterOpen(t *testing.T) {
	d := &disk{}
	cfg := d.config(records.Config{Dir: t.TempDir(), SegmentBytes: small})
	l := open(t, cfg)
	for range 20 {
		begin(t, l, "intent", 1000)
	}
	closeLog(t, l)
	d.set(func() { d.allocate = syscall.ENOSPC })
	l = open(t, cfg)
	var err error
	for err == nil {
		_, err = l.Append(t.Context(), nil)
	}
	wantKind(t, "Append", err, cloud.Unavailable)
	for range 3 { // marks of logs that are closed take no space of theirs
		closeLog(t, l)
		l = open(t, cfg)
	}
	for seq := range uint64(20) {
		if err := l.Abandon(t.Context(), seq+1, make([]byte, 1000)); err != nil {
			t.Error(err)
		}
	}
}

func TestFailedAllocationIsNotAFullDisk(t *testing.T) {
	d := &disk{allocate: syscall.EIO}
	l := open(t, records.Config{Dir: t.TempDir()})
	closeLog(t, l)
	l = open(t, d.config(records.Config{Dir: l.Dir()}))
	_, err := l.Append(t.Context(), nil)
	wantKind(t, "Append", err, cloud.Unavailable)
	if strings.Contains(err.Error(), "full") {
		t.Errorf("Append = %v", err)
	}
	d.set(func() { d.allocate = nil })
	appendText(t, l, "a")
}

type zerosFile struct{ records.File }

func (f zerosFile) Allocate(size int64) error { return records.FillZeros(f.File, size) }

// A file system that cannot reserve space.
func TestSegmentsOfZeros(t *testing.T) {
	cfg := records.WithFiles(records.Config{Dir: t.TempDir(), SegmentBytes: small + 1}, func(path string, flag int) (records.File, error) {
		f, err := records.OpenDisk(path, flag)
		return zerosFile{f}, err
	})
	l := open(t, cfg)
	appendText(t, l, "a")
	closeLog(t, l)
	info, err := os.Stat(segments(t, cfg.Dir)[0])
	if err != nil || info.Size() != small+4096 {
		t.Errorf("a segment of %d bytes, %v", info.Size(), err)
	}
	l = open(t, cfg)
	appendText(t, l, "b")
	wantLines(t, "log", l.Read(t.Context(), 1), "1 plain a", "2 plain b")
}

// fillUntilFull is what a child does whose files may not grow beyond the first
// segment: for it the disk is full.
func fillUntilFull(dir string) error {
	ctx, limit := context.Background(), syscall.Rlimit{}
	l, err := records.Open(ctx, records.Config{Dir: dir, SegmentBytes: small})
	if err != nil {
		return err
	}
	if _, err := l.Append(ctx, []byte("first")); err != nil {
		return err
	}
	if err := errors.Join(l.Close(), syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit)); err != nil {
		return err
	}
	if l, err = records.Open(ctx, records.Config{Dir: dir, SegmentBytes: 2 * small}); err != nil {
		return err
	}
	free := limit.Cur
	limit.Cur = small
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	intent, err := l.Begin(ctx, []byte("intent"), 5000)
	n := 0
	for ; err == nil; n++ {
		_, err = l.Append(ctx, make([]byte, 5000))
	}
	fmt.Fprintln(os.Stdout, "an append fails:", n > 5, cloud.KindOf(err), strings.Contains(err.Error(), "the disk is full"))
	fmt.Fprintln(os.Stdout, "a longer end than was reserved fails:", cloud.KindOf(intent.End(ctx, make([]byte, 15000))))
	fmt.Fprintln(os.Stdout, "the end of an intent fails:", intent.End(ctx, make([]byte, 5000)))
	limit.Cur = free
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	_, err = l.Append(ctx, make([]byte, 5000))
	fmt.Fprintln(os.Stdout, "with space again, it fails:", err, l.Err())
	left, err := filepath.Glob(filepath.Join(dir, "next*"))
	fmt.Fprintln(os.Stdout, "left behind:", len(left), err)
	return l.Close()
}

// Records that nobody waits for share the sync of the next one that somebody
// does, or have one together a little later.
func TestEnqueuedRecordsShareASync(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		l, err := records.Open(t.Context(), d.config(records.Config{Dir: dir, SegmentBytes: 64 << 10}))
		if err != nil {
			t.Fatal(err)
		}
		syncs := func() int {
			synctest.Wait()
			d.mu.Lock()
			defer d.mu.Unlock()
			return d.syncs
		}
		intent, err := l.Begin(t.Context(), []byte("begin"), 10)
		if err != nil {
			t.Fatal(err)
		}
		before := syncs()
		for range 3 {
			if _, err := l.Enqueue(t.Context(), []byte("note")); err != nil {
				t.Fatal(err)
			}
		}
		if err := intent.EndLater(t.Context(), []byte("end")); err != nil {
			t.Fatal(err)
		}
		if got := syncs() - before; got != 0 {
			t.Errorf("%d syncs for records that nobody waits for", got)
		}
		if _, err := l.Append(t.Context(), []byte("waited for")); err != nil {
			t.Fatal(err)
		}
		if got := syncs() - before; got != 1 {
			t.Errorf("%d syncs with the one that was waited for, want 1", got)
		}
		if _, err := l.Enqueue(t.Context(), []byte("the last")); err != nil {
			t.Fatal(err)
		}
		<-time.After(50 * time.Millisecond)
		if got := syncs() - before; got != 2 {
			t.Errorf("%d syncs 50 ms after the last, want 2", got)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	})
	l, err := records.Open(t.Context(), records.Config{Dir: dir, SegmentBytes: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range l.Unfinished(t.Context()) {
		t.Errorf("unfinished: %v (%v)", r, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}
