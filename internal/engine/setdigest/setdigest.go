// Package setdigest is Trino's sketch of a set: the least of its hashes, each with how
// often it came, and a HyperLogLog of all of them. Its bytes are Trino's.
package setdigest

import (
	"container/heap"
	"encoding/binary"
	"maps"
	"math"
	"slices"

	"github.com/sillok/sillok/internal/engine/hll"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

const (
	form      = 1
	maxHashes = 8192
	buckets   = 11 // as a power of 2
)

// Digest is a set of hashes.
type Digest struct {
	sketch *hll.Sketch
	counts map[int64]int16
	order  greatest // the hashes of counts
	limit  int
}

// greatest is a heap of hashes, the greatest first.
type greatest []int64

// Len implements heap.Interface.
func (g greatest) Len() int { return len(g) }

// Less implements heap.Interface.
func (g greatest) Less(i, j int) bool { return g[i] > g[j] }

// Swap implements heap.Interface.
func (g greatest) Swap(i, j int) { g[i], g[j] = g[j], g[i] }

// Push implements heap.Interface.
func (g *greatest) Push(x any) {
	h, _ := x.(int64)
	*g = append(*g, h)
}

// Pop implements heap.Interface.
func (g *greatest) Pop() any {
	last := (*g)[len(*g)-1]
	*g = (*g)[:len(*g)-1]
	return last
}

// New returns a digest of nothing.
func New() *Digest {
	return &Digest{sketch: hll.New(buckets), counts: map[int64]int16{}, limit: maxHashes}
}

// Add adds a hash.
func (d *Digest) Add(hash uint64) {
	d.sketch.Add(hash)
	d.count(int64(hash), 1) //nolint:gosec // its bits
}

func (d *Digest) count(hash int64, n int16) {
	before, known := d.counts[hash]
	switch {
	case known:
		d.counts[hash] = int16(min(int(before)+int(n), math.MaxInt16)) //nolint:gosec // fits
		return
	case len(d.counts) < d.limit:
		heap.Push(&d.order, hash)
	case d.limit == 0 || hash >= d.order[0]:
		return
	default:
		delete(d.counts, d.order[0])
		d.order[0] = hash
		heap.Fix(&d.order, 0)
	}
	d.counts[hash] = n
}

// exact says whether all hashes are known.
func (d *Digest) exact() bool { return len(d.counts) < d.limit }

// Cardinality returns how many different hashes there were, an estimate when there
// were many.
func (d *Digest) Cardinality() int64 {
	if d.exact() {
		return int64(len(d.counts))
	}
	return d.sketch.Cardinality()
}

// Counts yields the hashes that are known, in order, and how often each came.
func (d *Digest) Counts() (hashes, counts []int64) {
	for _, h := range slices.Sorted(maps.Keys(d.counts)) {
		hashes, counts = append(hashes, h), append(counts, int64(d.counts[h]))
	}
	return hashes, counts
}

// Merge adds the hashes of another digest.
func (d *Digest) Merge(other *Digest) error {
	hashes, counts := other.Counts()
	for i, h := range hashes {
		d.count(h, int16(counts[i])) //nolint:gosec // was one
	}
	return d.sketch.Merge(other.sketch)
}

// Jaccard estimates how many of the hashes in either are in both, as a part of them.
func Jaccard(a, b *Digest) float64 {
	smaller := min(len(a.counts), len(b.counts))
	union := maps.Clone(a.counts)
	maps.Copy(union, b.counts)
	both := 0
	for i, h := range slices.Sorted(maps.Keys(union)) {
		if i == smaller {
			break
		}
		_, inA := a.counts[h]
		if _, inB := b.counts[h]; inA && inB {
			both++
		}
	}
	return float64(both) / float64(smaller)
}

// Intersection returns how many hashes are in both, an estimate when there are many.
func Intersection(a, b *Digest) (int64, error) {
	if a.exact() && b.exact() {
		n := int64(0)
		for h := range a.counts {
			if _, ok := b.counts[h]; ok {
				n++
			}
		}
		return n, nil
	}
	ofA, ofB, part := a.Cardinality(), b.Cardinality(), Jaccard(a, b)
	all, err := Parse(a.Bytes())
	if err != nil {
		return 0, err
	}
	if err := all.Merge(b); err != nil {
		return 0, err
	}
	return min(int64(math.Floor(part*float64(all.Cardinality())+0.5)), ofA, ofB), nil
}

// Bytes returns the digest as Trino stores it, low byte first: its form, the length of
// the HyperLogLog and this, how many hashes there may be and are, the hashes in order,
// and how often each came.
func (d *Digest) Bytes() []byte {
	sketch := d.sketch.Bytes()
	hashes, counts := d.Counts()
	b := binary.LittleEndian.AppendUint32([]byte{form}, uint32(len(sketch))) //nolint:gosec // a few KiB
	b = append(b, sketch...)
	b = binary.LittleEndian.AppendUint32(b, uint32(d.limit))     //nolint:gosec // a few thousand
	b = binary.LittleEndian.AppendUint32(b, uint32(len(hashes))) //nolint:gosec // at most limit
	for _, h := range hashes {
		b = binary.LittleEndian.AppendUint64(b, uint64(h)) //nolint:gosec // its bits
	}
	for _, n := range counts {
		b = binary.LittleEndian.AppendUint16(b, uint16(n)) //nolint:gosec // 16 bits
	}
	return b
}

// Parse returns the digest that bytes hold.
func Parse(b []byte) (*Digest, error) {
	const long, short, numbers = 8, 2, 8
	if len(b) < 1+4 || b[0] != form {
		return nil, errForm()
	}
	size, b := int(binary.LittleEndian.Uint32(b[1:])), b[1+4:]
	if len(b)-numbers < size {
		return nil, errForm()
	}
	sketch, err := hll.Parse(b[:size])
	if err != nil {
		return nil, err
	}
	limit, n, b := int(binary.LittleEndian.Uint32(b[size:])), int(binary.LittleEndian.Uint32(b[size+4:])), b[size+numbers:]
	if n > limit || limit > maxHashes || len(b) != n*(long+short) {
		return nil, errForm()
	}
	d := &Digest{sketch: sketch, counts: make(map[int64]int16, n), limit: limit}
	last := int64(0)
	for i := range n {
		h := int64(binary.LittleEndian.Uint64(b[i*long:]))             //nolint:gosec // its bits
		times := int16(binary.LittleEndian.Uint16(b[n*long+i*short:])) //nolint:gosec // its bits
		if i > 0 && h <= last || times < 1 {
			return nil, errForm()
		}
		last = h
		d.count(h, times)
	}
	return d, nil
}

func errForm() error { return sqlerr.New("GENERIC_INTERNAL_ERROR", "Cannot deserialize set digest") }
