package lsm

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// written is a log of Pebble with batches that were synced one by one, as a crash leaves it.
func written(tb testing.TB, batches, size int) (fsys vfs.FS, name string, data []byte, m mark) {
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
	if m, err = readMark(fsys, "store"); err != nil || m != d.mark {
		tb.Fatalf("the mark is %q, want %q: %v", m, d.mark, err)
	}
	return fsys, name, data, m
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
		_, name, data, m := written(t, 20, size)
		log := numberIn(t, name)
		if at, bad := damageOf(data, log, m); bad {
			t.Errorf("values of %d bytes: a sound log is damaged at %d", size, at)
		}
		for cut := 0; cut < len(data); cut += 1 + len(data)/50 {
			if at, bad := damageOf(data[:cut], log, m); bad {
				t.Errorf("values of %d bytes: a log that ends at %d is damaged at %d", size, cut, at)
			}
		}
		// The last batch may be torn: no later one says that it was on disk.
		batches := bytes.Count(data, []byte(m))
		end := bytes.LastIndex(data[:bytes.LastIndex(data, []byte(m))], []byte(m)) + len(m) + 8
		for at := 0; at < end; at += 1 + end/200 {
			data[at] ^= 4
			if _, bad := damageOf(data, log, m); !bad {
				t.Errorf("values of %d bytes: a flipped bit in byte %d of %d is not found", size, at, len(data))
			}
			data[at] ^= 4
		}
		if batches < 3 {
			t.Errorf("values of %d bytes: %d batches", size, batches)
		}
	}
}

// What a client had written into a file that is used again as a log stands behind the end of
// that, and is no proof of anything: it does not know the DB's own word.
func TestMadeUpChunks(t *testing.T) {
	_, name, data, m := written(t, 5, 100)
	log := numberIn(t, name)
	of := func(m mark) []byte {
		batch := binary.LittleEndian.AppendUint64(nil, 1<<40)
		batch = append(binary.LittleEndian.AppendUint32(batch, 1), markHead...)
		batch = append(batch, m.datum(1<<50)...)
		c := append(make([]byte, atLength), byte(len(batch)), 0, formerKinds+kindFull)
		c = append(binary.LittleEndian.AppendUint32(c, log), batch...)
		binary.LittleEndian.PutUint32(c, masked(crc32.Checksum(c[atKind:], castagnoli)))
		return c
	}
	behind := slices.Concat(data, []byte("something"))
	if at, bad := damageOf(slices.Concat(behind, of(mark(markHead+"sillok\x00\x01"))), log, m); bad {
		t.Errorf("what was made up is taken for a proof of damage at %d of %d", at, len(data))
	}
	if _, bad := damageOf(slices.Concat(behind, of(m)), log, m); !bad {
		t.Error("a chunk with the DB's own word is none")
	}
	if other, err := readMark(vfs.NewMem(), ""); err != nil || other == m {
		t.Errorf("another DB has the mark %q (%v)", other, err)
	}
}

// A DB with a damaged log is not opened, and the error says where the damage is.
func TestDamagedLogIsNotOpened(t *testing.T) {
	fsys, name, data, _ := written(t, 20, 100)
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
	_, name, data, m := written(f, 3, 100)
	log := numberIn(f, name)
	f.Add(data, log)
	f.Add(append(make([]byte, logBlock-10), data...), log)
	f.Fuzz(func(t *testing.T, data []byte, log uint32) {
		if at, _ := damageOf(data, log, m); at < 0 || at > len(data)+logBlock {
			t.Errorf("the first chunk that is not sound is at %d of %d", at, len(data))
		}
	})
}
