package scalar

import (
	"math"

	"github.com/sillok/sillok/internal/engine/hll"
	"github.com/sillok/sillok/internal/engine/setdigest"
	"github.com/sillok/sillok/internal/engine/tdigest"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// A sketch is the bytes in which Trino stores it; a P4HyperLogLog is one that
// has buckets.

func sketchFamily() map[string]binder {
	return map[string]binder{
		"cardinality": func(params []datatype.Type, _ datatype.Type) (Function, bool) {
			switch {
			case len(params) == 1 && params[0].Name == datatype.SetDigest:
				return converts(func(b []byte) (any, error) {
					d, err := setdigest.Parse(b)
					if err != nil {
						return nil, err
					}
					return d.Cardinality(), nil
				})
			case len(params) != 1 || params[0].Name != datatype.HyperLogLog:
				return none()
			}
			return converts(func(b []byte) (any, error) {
				s, err := hll.Parse(b)
				if err != nil {
					return nil, err
				}
				return s.Cardinality(), nil
			})
		},
		"value_at_quantile":        quantileOf,
		"values_at_quantiles":      quantilesOf,
		"hash_counts":              ofSet(hashCounts),
		"jaccard_index":            ofSets(func(a, b *setdigest.Digest) (any, error) { return setdigest.Jaccard(a, b), nil }),
		"intersection_cardinality": ofSets(func(a, b *setdigest.Digest) (any, error) { return setdigest.Intersection(a, b) }),
		"empty_approx_set": func([]datatype.Type, datatype.Type) (Function, bool) {
			return pure(func([]any) (any, error) { return hll.New(hll.SetBits).Bytes(), nil })
		},
	}
}

// castSet casts between sketches and the varbinary that they are.
func castSet(from, to datatype.Type) (Function, bool) {
	if from.Name == datatype.HyperLogLog && to.Name == datatype.P4HyperLogLog {
		return converts(func(b []byte) (any, error) {
			s, err := hll.Parse(b)
			if err != nil {
				return nil, err
			}
			return s.Dense().Bytes(), nil
		})
	}
	for _, t := range []datatype.Type{from, to} {
		if !t.IsSketch() && t.Kind != datatype.Varbinary || len(t.Elems) > 0 {
			return none()
		}
	}
	return pure(func(args []any) (any, error) { return args[0], nil })
}

// quantileOf is value_at_quantile of a t-digest.
func quantileOf(params []datatype.Type, _ datatype.Type) (Function, bool) {
	return quantiles(params, func(d *tdigest.Digest, q any) (any, error) { return quantile(d, q) })
}

// quantilesOf is values_at_quantiles of a t-digest.
func quantilesOf(params []datatype.Type, _ datatype.Type) (Function, bool) {
	return quantiles(params, func(d *tdigest.Digest, list any) (any, error) {
		values := make([]any, len(value.As[[]any](list)))
		for i, q := range value.As[[]any](list) {
			v, err := quantile(d, q)
			if err != nil {
				return nil, err
			}
			values[i] = v
		}
		return values, nil
	})
}

func quantiles(params []datatype.Type, f func(d *tdigest.Digest, q any) (any, error)) (Function, bool) {
	if params[0].Name != datatype.TDigest {
		return none()
	}
	return pure(func(args []any) (any, error) {
		d, err := tdigest.Parse(value.As[[]byte](args[0]))
		if err != nil {
			return nil, err
		}
		return f(d, args[1])
	})
}

func quantile(d *tdigest.Digest, q any) (any, error) {
	part, ok := q.(float64)
	if !ok || !(part >= 0 && part <= 1) {
		return nil, sqlerr.Argument("quantile should be in [0, 1] range")
	}
	if d.Total() == 0 {
		return math.NaN(), nil
	}
	return d.Quantile(part), nil
}

// ofSet binds a function of a digest of a set.
func ofSet(f func(*setdigest.Digest) (any, error)) binder {
	return func([]datatype.Type, datatype.Type) (Function, bool) {
		return converts(func(b []byte) (any, error) {
			d, err := setdigest.Parse(b)
			if err != nil {
				return nil, err
			}
			return f(d)
		})
	}
}

// ofSets binds a function of two digests of sets.
func ofSets(f func(a, b *setdigest.Digest) (any, error)) binder {
	return func([]datatype.Type, datatype.Type) (Function, bool) {
		return pure(func(args []any) (any, error) {
			a, err := setdigest.Parse(value.As[[]byte](args[0]))
			if err != nil {
				return nil, err
			}
			b, err := setdigest.Parse(value.As[[]byte](args[1]))
			if err != nil {
				return nil, err
			}
			return f(a, b)
		})
	}
}

func hashCounts(d *setdigest.Digest) (any, error) {
	m := &value.Map{Keys: []any{}, Values: []any{}}
	hashes, counts := d.Counts()
	for i, h := range hashes {
		m.Keys, m.Values = append(m.Keys, h), append(m.Values, counts[i])
	}
	return m, nil
}
