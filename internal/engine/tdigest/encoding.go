package tdigest

import (
	"encoding/binary"
	"math"

	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// The bytes of a digest, low byte first: its form; the least and the greatest value,
// the compression and the total weight; how many centroids there are; their means and
// then their weights.
const (
	form   = 0
	header = 1 + 4*8 + 4
	each   = 2 * 8
)

// Bytes returns the digest as Trino stores it.
func (d *Digest) Bytes() []byte {
	d.Settle()
	b := []byte{form}
	float := func(f float64) { b = binary.LittleEndian.AppendUint64(b, math.Float64bits(f)) }
	low, high := d.low, d.high
	if d.total == 0 {
		low, high = math.Inf(1), math.Inf(-1)
	}
	for _, f := range []float64{low, high, Compression, d.total} {
		float(f)
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(d.centroids))) //nolint:gosec // at most maxCentroids
	for _, c := range d.centroids {
		float(c.mean)
	}
	for _, c := range d.centroids {
		float(c.weight)
	}
	return b
}

// Parse returns the digest that bytes hold.
func Parse(b []byte) (*Digest, error) {
	if len(b) < header || b[0] != form {
		return nil, errForm()
	}
	float := func(at int) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b[at:])) }
	n := int(binary.LittleEndian.Uint32(b[header-4:]))
	if n > maxCentroids || len(b) != header+n*each {
		return nil, errForm()
	}
	d := &Digest{low: float(1), high: float(1 + 8), total: float(1 + 3*8)}
	sum := 0.0
	for i := range n {
		c := centroid{mean: float(header + i*8), weight: float(header + (n+i)*8)}
		if math.IsNaN(c.mean) || math.IsInf(c.mean, 0) || !(c.weight >= 1) || i > 0 && c.mean < d.centroids[i-1].mean {
			return nil, errForm()
		}
		sum += c.weight
		d.centroids = append(d.centroids, c)
	}
	if n == 0 && d.total != 0 || math.IsInf(sum, 0) || math.Abs(sum-d.total) > 1e-6*sum || n > 0 && !(d.low <= d.high) {
		return nil, errForm()
	}
	return d, nil
}

func errForm() error { return sqlerr.New("GENERIC_INTERNAL_ERROR", "Cannot deserialize t-digest") }
