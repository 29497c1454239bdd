package aggregate

import (
	"math"
	"slices"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// percentiles are the functions that Trino computes with a t-digest.
func percentiles() map[string]binder {
	return map[string]binder{"approx_percentile": approxPercentile}
}

func approxPercentile(params []datatype.Type, t datatype.Type) (Reduce, bool) {
	many := t.Kind == datatype.Array
	elem := t
	if many {
		elem = t.Elems[0]
	}
	weighted := len(params) == 3
	return func(rows [][]any) (any, error) {
		d := &digest{}
		var wanted any
		for _, row := range rows {
			x, ok := number(row[0])
			if !ok {
				continue
			}
			wanted = row[len(params)-1]
			weight := 1.0
			if weighted {
				if weight, ok = number(row[1]); !ok {
					continue
				}
				if weight < 1 {
					return nil, sqlerr.New(sqlerr.InvalidFunctionArgument, "percentile weight must be > 0")
				}
			}
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, sqlerr.Argument("value must be finite; was %s", value.DoubleText(x))
			}
			if n, whole := row[0].(int64); whole && saturated(x) != n {
				return nil, sqlerr.Argument("no exact double representation for long: %d", n)
			}
			d.add(x, weight)
		}
		if d.total == 0 || wanted == nil {
			return null()
		}
		list, ok := wanted.([]any)
		if !ok {
			list = []any{wanted}
		}
		values, err := d.quantiles(list, elem)
		if err != nil || many {
			return values, err
		}
		return values[0], nil
	}, len(params) == 2 || weighted
}

func (d *digest) quantiles(list []any, t datatype.Type) ([]any, error) {
	d.merge(compression)
	values := make([]any, len(list))
	for i, p := range list {
		q, ok := p.(float64)
		if !ok || q < 0 || q > 1 {
			return nil, sqlerr.New(sqlerr.InvalidFunctionArgument, "Percentile must be between 0 and 1")
		}
		switch v := d.at(q); {
		case t.IsInteger():
			values[i] = saturated(math.Floor(v + 0.5))
		case t.Kind == datatype.Real:
			values[i] = float32(v)
		default:
			values[i] = v
		}
	}
	return values, nil
}

// saturated is Java's cast to long: what is beyond the range becomes its end.
func saturated(f float64) int64 {
	switch {
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	}
	return int64(f)
}

// compression is how finely a digest tells values apart.
const compression = 100

// digest is a t-digest: centroids, each for the values around it, small at the
// ends and larger in the middle.
type digest struct {
	centroids []centroid
	total     float64
	low, high float64
	backwards bool
}

type centroid struct{ mean, weight float64 }

// maxCentroids is how many a digest gathers before it merges them.
const maxCentroids = 6 * (2*compression + 10)

func (d *digest) add(x, weight float64) {
	if len(d.centroids) == maxCentroids {
		d.merge(2 * compression)
	}
	if d.total == 0 {
		d.low, d.high = x, x
	}
	d.centroids = append(d.centroids, centroid{x, weight})
	d.total += weight
	d.low, d.high = min(d.low, x), max(d.high, x)
}

// merge joins neighbours as long as the result is not too large for its place.
func (d *digest) merge(compression float64) {
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

// at returns the value below which a part q of all values lies.
func (d *digest) at(q float64) float64 {
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
func (d *digest) inside(a, b centroid, offset, distance float64) float64 {
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
