// Package tdigest is the t-digest with which Trino estimates quantiles: one that has
// the same values has the same centroids.
package tdigest

import (
	"math"
	"slices"
)

// Compression is how finely a digest tells values apart.
const Compression = 100

// Digest is a t-digest: centroids, each for the values around it, small at the
// ends and larger in the middle. The zero value has no values.
type Digest struct {
	centroids []centroid
	total     float64
	low, high float64
	backwards bool
}

type centroid struct{ mean, weight float64 }

// maxCentroids is how many a digest gathers before it merges them.
const maxCentroids = 6 * (2*Compression + 10)

// Total returns the weight of all values.
func (d *Digest) Total() float64 { return d.total }

// Add adds a value, which is finite, with a weight of at least 1.
func (d *Digest) Add(x, weight float64) {
	if len(d.centroids) == maxCentroids {
		d.merge(2 * Compression)
	}
	if d.total == 0 {
		d.low, d.high = x, x
	}
	d.centroids = append(d.centroids, centroid{x, weight})
	d.total += weight
	d.low, d.high = min(d.low, x), max(d.high, x)
}

// merge joins neighbours as long as the result is not too large for its place.
func (d *Digest) merge(compression float64) {
	if len(d.centroids) == 0 {
		return
	}
	slices.SortStableFunc(d.centroids, func(a, b centroid) int {
		switch {
		case a.mean < b.mean:
			return -1
		case a.mean > b.mean:
			return 1
		}
		return 0
	})
	if d.backwards {
		slices.Reverse(d.centroids)
	}
	normalizer := compression / (4*math.Log(d.total/compression) + 24)
	limit := func(q float64) float64 { return q * (1 - q) / normalizer }
	merged := d.centroids[:1:1]
	before, here := 0.0, limit(0)
	for _, c := range d.centroids[1:] {
		last := &merged[len(merged)-1]
		weight := last.weight + c.weight
		if weight <= d.total*min(here, limit(min((before+weight)/d.total, 1))) {
			last.mean += (c.mean - last.mean) * c.weight / weight
			last.weight = weight
			continue
		}
		before += last.weight
		here = limit(before / d.total)
		merged = append(merged, c)
	}
	if d.backwards {
		slices.Reverse(merged)
	}
	d.centroids, d.backwards = merged, !d.backwards
}

// Settle joins what was added, so that Quantile may be asked.
func (d *Digest) Settle() { d.merge(Compression) }

// Quantile returns the value below which a part q, from 0 to 1, of all values lies. There
// must be values, and they must be settled.
func (d *Digest) Quantile(q float64) float64 {
	c, offset := d.centroids, q*d.total
	last := c[len(c)-1]
	switch {
	case len(c) == 1:
		return c[0].mean
	case offset < 1:
		return d.low
	case offset < c[0].weight/2:
		return d.low + between(offset, 1, d.low, c[0].weight/2, c[0].mean)
	case offset <= d.total-1 && d.total-offset <= last.weight/2 && last.weight/2 > 1:
		return d.high + between(d.total-offset, 1, d.high, last.weight/2, last.mean)
	case offset >= d.total-1:
		return d.high
	}
	before := c[0].weight / 2
	for i := 0; i+1 < len(c); i++ {
		a, b := c[i], c[i+1]
		distance := (a.weight + b.weight) / 2
		if before+distance <= offset {
			before += distance
			continue
		}
		return d.inside(a, b, offset-before, distance)
	}
	if last.weight/2 > 1 {
		return d.high + between(d.total-offset, 1, d.high, last.weight/2, last.mean)
	}
	return d.high
}

// inside returns the value at an offset between two neighbours; one that stands
// for a single value is that value as far as it reaches.
func (d *Digest) inside(a, b centroid, offset, distance float64) float64 {
	switch {
	case a.weight == 1 && offset < a.weight/2:
		return a.mean
	case b.weight == 1 && offset >= a.weight/2:
		return b.mean
	case a.weight == 1:
		offset -= a.weight / 2
		distance = b.weight / 2
	case b.weight == 1:
		distance = a.weight / 2
	}
	return a.mean + between(offset, 0, a.mean, distance, b.mean)
}

// between interpolates: how far y is from y0 where x is between x0 and x1.
func between(x, x0, y0, x1, y1 float64) float64 { return (x - x0) / (x1 - x0) * (y1 - y0) }

// Merge adds the values of another digest.
func (d *Digest) Merge(other *Digest) {
	if other.total == 0 {
		return
	}
	if d.total == 0 {
		d.low, d.high = other.low, other.high
	}
	d.low, d.high = min(d.low, other.low), max(d.high, other.high)
	for _, c := range other.centroids {
		if len(d.centroids) == maxCentroids {
			d.merge(2 * Compression)
		}
		d.centroids = append(d.centroids, c)
		d.total += c.weight
	}
}
