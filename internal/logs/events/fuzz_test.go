package events_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/logs/events"
)

// What is no batch is refused, and what is comes back as it was.
func FuzzDecodeBatch(f *testing.F) {
	f.Add(events.EncodeBatch(1, 11, 5, []events.Line{{Time: 1, Message: "a"}, {Time: 4, Message: ""}, {Time: 2, Message: "bc"}}))
	f.Add([]byte{1, 1, 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		group, all, err := events.DecodeBatch(data)
		if err != nil {
			return
		}
		var lines []events.Line
		for _, e := range all {
			lines = append(lines, events.Line{Time: e.Time, Message: string(e.Message)})
		}
		_, again, err := events.DecodeBatch(events.EncodeBatch(group, all[0].Stream, all[0].Ingested, lines))
		if err != nil || !cmp.Equal(all, again) {
			t.Errorf("%v: %s", err, cmp.Diff(all, again))
		}
	})
}

// What is no block is refused, whatever its checksums say.
func FuzzDecodeBlock(f *testing.F) {
	f.Add([]byte{2, 1, 11, 2, 2, 2, 0, 1, 2, 0, 0, 1, 1, 'a', 'b'}, uint32(2), int64(1), uint64(1), uint32(0), int64(2), uint64(1), uint32(1))
	f.Fuzz(func(t *testing.T, raw []byte, n uint32, t1 int64, s1 uint64, n1 uint32, t2 int64, s2 uint64, n2 uint32) {
		all, err := events.DecodeBlock(raw, n, events.Key{Time: t1, Seq: s1, N: n1}, events.Key{Time: t2, Seq: s2, N: n2})
		if err == nil && (len(all) != int(n) || !slices.IsSortedFunc(all, func(a, b events.Event) int { return a.Compare(b.Key) })) {
			t.Errorf("%d events of %d", len(all), n)
		}
	})
}

// A file with anything in it, and all checksums right, is read or refused.
func FuzzReadFile(f *testing.F) {
	name, _ := filled(f, filepath.Join(f.TempDir(), "logs"))
	f.Add(uint32(100), byte(1), uint32(0), true)
	f.Add(uint32(0), byte(255), uint32(50), false)
	dir := f.TempDir()
	whole := make(chan []byte, 1)
	matches, err := filepath.Glob(filepath.Join(filepath.Dir(filepath.Dir(dir)), "*", "*", "logs", "sealed", name))
	if err != nil || len(matches) == 0 {
		f.Fatal(matches, err)
	}
	b, err := os.ReadFile(matches[0])
	if err != nil {
		f.Fatal(err)
	}
	whole <- b
	f.Fuzz(func(t *testing.T, at uint32, flip byte, cut uint32, resum bool) {
		b := <-whole
		broken := slices.Clone(b)
		whole <- b
		// Most of a file is blocks: what says where they lie is at both ends.
		if n := uint32(len(broken)); at%2 == 0 {
			broken[at%n] ^= flip
		} else {
			broken[n-1-at/2%min(n, 8192)] ^= flip
		}
		if resum {
			broken = events.Resummed(broken)
		}
		broken = broken[:len(broken)-int(cut%uint32(len(broken)))]
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, name), broken, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := events.ReadFile(folder, name)
		if _, damaged := errors.AsType[*events.DamageError](err); err != nil && !damaged && !strings.Contains(err.Error(), "EOF") {
			t.Error(err)
		}
	})
}

// A block or batch that says that it is encrypted is opened, or refused.
func FuzzEncrypted(f *testing.F) {
	c := newCiphers(f)
	sealed, err := c.key.Seal([]byte("x"), nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("SILLOKE1"))
	f.Add(append([]byte("SILLOKE1\x05\x00seven"), sealed...))
	f.Add([]byte("SILLOKE1\xff\xff"))
	f.Add(append([]byte{2}, sealed...))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_ = events.OpenEncrypted(data, c)
	})
}
