package hll_test

import (
	"bytes"
	"hash/crc32"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/engine/hll"
)

// gathering is what an engine gathers of hashes.
type gathering struct {
	p                        int
	prefixes, entries, marks map[int64]bool
}

func gather(p int) *gathering {
	return &gathering{p: p, prefixes: map[int64]bool{}, entries: map[int64]bool{}, marks: map[int64]bool{}}
}

func (g *gathering) add(hash uint64) {
	trace := hll.Trace(hash, g.p)
	g.prefixes[trace>>hll.PrefixShift] = true
	g.entries[trace>>hll.EntryShift] = true
	g.marks[trace>>hll.BucketShift(g.p)<<hll.RunBits|trace&hll.RunMask] = true
}

func (g *gathering) cardinality() int64 {
	return hll.Cardinality(int64(len(g.prefixes)), slices.Collect(maps.Keys(g.marks)), g.p)
}

func (g *gathering) sketch() *hll.Sketch {
	entries := slices.Sorted(maps.Keys(g.entries))
	return hll.Gathered(entries[:min(len(entries), hll.EntriesKept(g.p))], slices.Collect(maps.Keys(g.marks)), g.p)
}

// mixed is a hash of n: the finalizer of SplitMix64.
func mixed(n uint64) uint64 {
	z := n * 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// numbers calls each with the numbers of every line of a file.
func numbers(t *testing.T, path string, each func(n []int64)) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var n []int64
		for field := range strings.FieldsSeq(line) {
			i, err := strconv.ParseInt(field, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			n = append(n, i)
		}
		each(n)
	}
}

// cardinality.tsv holds p, n and what io.airlift:stats:336 estimates after the
// hashes of 1 to n: on both sides of each change of method.
func TestCardinality(t *testing.T) {
	gathered, added := map[int]*gathering{}, map[int]int64{}
	numbers(t, "testdata/cardinality.tsv", func(n []int64) {
		p := int(n[0])
		if gathered[p] == nil {
			gathered[p] = gather(p)
		}
		g := gathered[p]
		for ; added[p] < n[1]; added[p]++ {
			g.add(mixed(uint64(added[p]) + 1))
		}
		if got := g.cardinality(); got != n[2] {
			t.Errorf("p=%d after %d hashes: %d, want %d", p, n[1], got, n[2])
		}
		if n[1] > 20_000 {
			return
		}
		if got := g.sketch().Cardinality(); got != n[2] {
			t.Errorf("p=%d after %d hashes: a sketch of %d, want %d", p, n[1], got, n[2])
		}
	})
}

// bytes.tsv holds p, n, and of the bytes that io.airlift:stats:336 makes after the
// hashes of 1 to n the number and the CRC-32, and the estimate. For p of 4 two
// hashes with long runs of zeros are added to 20 and more.
func TestBytes(t *testing.T) {
	numbers(t, "testdata/bytes.tsv", func(n []int64) {
		g := gather(int(n[0]))
		for i := range n[1] {
			g.add(mixed(uint64(i) + 1))
		}
		if n[0] == 4 && n[1] >= 20 {
			g.add(1)
			g.add(1<<60 | 1<<8)
		}
		b := g.sketch().Bytes()
		if len(b) != int(n[2]) || int64(crc32.ChecksumIEEE(b)) != n[3] {
			t.Errorf("%v: %d bytes, %x", n, len(b), b[:min(len(b), 40)])
		}
		read, err := hll.Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		if read.Cardinality() != n[4] || !bytes.Equal(read.Bytes(), b) {
			t.Errorf("%v: %d after reading", n, read.Cardinality())
		}
	})
}

func TestMerge(t *testing.T) {
	for _, tt := range []struct{ a, b, all uint64 }{
		{a: 0, b: 10, all: 10},
		{a: 250, b: 10, all: 260},
		{a: 250, b: 11, all: 261},
		{a: 100, b: 3000, all: 3100},
		{a: 3000, b: 4000, all: 7000},
	} {
		a, b, all := gather(11), gather(11), gather(11)
		for i := range tt.all {
			all.add(mixed(i))
			if i < tt.a {
				a.add(mixed(i))
			} else {
				b.add(mixed(i))
			}
		}
		s, want := a.sketch(), all.sketch()
		if err := s.Merge(b.sketch()); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(s.Dense().Bytes(), want.Dense().Bytes()) {
			t.Errorf("%d and %d: other buckets", tt.a, tt.b)
		}
		if entries := s.Bytes()[0] == 2; entries != (tt.all <= 260) {
			t.Errorf("%d and %d: entries are %v", tt.a, tt.b, entries)
		}
	}
}

func TestMarksAreFew(t *testing.T) {
	g := gather(11)
	for n := range uint64(100_000) {
		g.add(mixed(n))
	}
	if len(g.marks) > 12*2048 {
		t.Errorf("%d marks", len(g.marks))
	}
}

func FuzzParse(f *testing.F) {
	for _, n := range []uint64{0, 3, 40, 5000} {
		g := gather(6)
		for i := range n {
			g.add(mixed(i))
		}
		f.Add(g.sketch().Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := hll.Parse(b)
		if err != nil {
			return
		}
		again, err := hll.Parse(s.Bytes())
		if err != nil || again.Cardinality() != s.Cardinality() {
			t.Errorf("%x: %v", b, err)
		}
	})
}
