package lsm

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// written is a log of Pebble with batches that were synced one by one, as a crash leaves it.
func written(tb testing.TB, batches, size int) (fsys vfs.FS, name string, data []byte) {
	tb.Helper()
	memory := vfs.NewCrashableMem()
	d, err := Open("store", Config{Log: slog.New(slog.DiscardHandler), Name: "test", FS: memory, Memtable: 4 << 20, Memtables: 2, Cache: 1 << 20})
	if err != nil {
		tb.Fatal(err)
	}
	for i := range batches {
		batch := d.NewBatch()
		if err := batch.Set(fmt.Append(nil, i), make([]byte, size), nil); err != nil {
			tb.Fatal(err)
		}
		if err := d.Apply(batch); err != nil {
			tb.Fatal(err)
		}
		if err := d.Wait(batch); err != nil {
			tb.Fatal(err)
		}
	}
	fsys = memory.CrashClone(vfs.CrashCloneCfg{})
	d.Closing()
	if err := d.Close(); err != nil {
		tb.Fatal(err)
	}
	names, err := fsys.List("store")
	if err != nil {
		tb.Fatal(err)
	}
	for _, n := range names {
		if isLog(n) && n > name {
			name = n
		}
	}
	if data, err = readFile(fsys, "store/"+name); err != nil {
		tb.Fatal(err)
	}
	return fsys, name, data
}

func numberIn(tb testing.TB, name string) (n uint32) {
	tb.Helper()
	if _, err := fmt.Sscanf(name, "%d.log", &n); err != nil {
		tb.Fatal(err)
	}
	return n
}

// A chunk that is not what was written is damage where a later one says that it was
// synced, in its block or in a later one. What a crash has torn off is none.
func TestDamageOfLogs(t *testing.T) {
	for _, size := range []int{10, 5000, 100_000} {
		_, name, data := written(t, 20, size)
		log := numberIn(t, name)
		if at, bad := damageOf(data, log); bad {
			t.Errorf("values of %d bytes: a sound log is damaged at %d", size, at)
		}
		for cut := 0; cut < len(data); cut += 1 + len(data)/50 {
			if at, bad := damageOf(data[:cut], log); bad {
				t.Errorf("values of %d bytes: a log that ends at %d is damaged at %d", size, cut, at)
			}
		}
		// The last batch may be torn: no later one says that it was on disk.
		batches := bytes.Count(data, []byte(mark))
		end := bytes.LastIndex(data[:bytes.LastIndex(data, []byte(mark))], []byte(mark)) + len(mark) + 8
		for at := 0; at < end; at += 1 + end/200 {
			data[at] ^= 4
			if _, bad := damageOf(data, log); !bad {
				t.Errorf("values of %d bytes: a flipped bit in byte %d of %d is not found", size, at, len(data))
			}
			data[at] ^= 4
		}
		if batches < 3 {
			t.Errorf("values of %d bytes: %d batches", size, batches)
		}
	}
}

// A DB with a damaged log is not opened, and the error says where the damage is.
func TestDamagedLogIsNotOpened(t *testing.T) {
	fsys, name, data := written(t, 20, 100)
	data[300] ^= 1
	f, err := fsys.Create("store/"+name, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Open("store", Config{Log: slog.New(slog.DiscardHandler), Name: "test", FS: fsys, Memtable: 4 << 20, Memtables: 2, Cache: 1 << 20})
	want := name + " is damaged at byte "
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("open: %v, want …%s…", err, want)
	}
}

func FuzzDamageOfLogs(f *testing.F) {
	_, name, data := written(f, 3, 100)
	log := numberIn(f, name)
	f.Add(data, log)
	f.Add(append(make([]byte, logBlock-10), data...), log)
	f.Fuzz(func(t *testing.T, data []byte, log uint32) {
		if at, _ := damageOf(data, log); at < 0 || at > len(data)+logBlock {
			t.Errorf("the first chunk that is not sound is at %d of %d", at, len(data))
		}
	})
}
