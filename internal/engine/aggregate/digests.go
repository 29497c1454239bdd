package aggregate

import (
	"math"

	"github.com/sillok/sillok/internal/engine/setdigest"
	"github.com/sillok/sillok/internal/engine/tdigest"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// quantileDigests are the functions that make digests of quantiles.
func quantileDigests() map[string]binder {
	return map[string]binder{"tdigest_agg": tdigestAgg}
}

func tdigestAgg(params []datatype.Type, _ datatype.Type) (Reduce, bool) {
	return func(rows [][]any) (any, error) {
		d := &tdigest.Digest{}
		for _, row := range rows {
			x, ok := row[0].(float64)
			weight := 1.0
			if len(params) > 1 {
				var given bool
				weight, given = row[1].(float64)
				ok = ok && given
			}
			if !ok {
				continue
			}
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, sqlerr.Argument("value must be finite; was %s", value.DoubleText(x))
			}
			if !(weight >= 1) || math.IsInf(weight, 0) {
				return nil, sqlerr.Argument("weight must be >= 1, was %s", value.DoubleText(weight))
			}
			d.Add(x, weight)
		}
		if d.Total() == 0 {
			return null()
		}
		return d.Bytes(), nil
	}, true
}

// merged puts together the sketches that parse makes of the values of a group. NULL
// does not count; without any other there is nothing.
func merged[T any](parse func([]byte) (T, error), merge func(all, next T) error, bytes func(T) []byte) Reduce {
	return func(rows [][]any) (any, error) {
		var all T
		found := false
		for _, row := range rows {
			b, ok := row[0].([]byte)
			if !ok {
				continue
			}
			next, err := parse(b)
			if err != nil {
				return nil, err
			}
			if !found {
				all, found = next, true
				continue
			}
			if err := merge(all, next); err != nil {
				return nil, err
			}
		}
		if !found {
			return null()
		}
		return bytes(all), nil
	}
}

func mergeQuantiles() Reduce {
	return merged(tdigest.Parse, func(all, next *tdigest.Digest) error { all.Merge(next); return nil }, (*tdigest.Digest).Bytes)
}

// setDigests are the functions that make digests of sets.
func setDigests() map[string]binder {
	return map[string]binder{"make_set_digest": makeSetDigest, "merge_set_digest": mergeSetDigests}
}

func makeSetDigest(params []datatype.Type, _ datatype.Type) (Reduce, bool) {
	t := params[0]
	if t.IsInteger() {
		t = datatype.Of(datatype.Bigint)
	}
	hash, ok := SetHash(t)
	return func(rows [][]any) (any, error) {
		var d *setdigest.Digest
		for _, row := range rows {
			if row[0] == nil {
				continue
			}
			h, err := hash(row[0])
			if err != nil {
				return nil, err
			}
			if d == nil {
				d = setdigest.New()
			}
			d.Add(h)
		}
		if d == nil {
			return null()
		}
		return d.Bytes(), nil
	}, ok && (t.IsInteger() || t.Kind == datatype.Varchar || t.Kind == datatype.Unknown)
}

func mergeSetDigests([]datatype.Type, datatype.Type) (Reduce, bool) {
	return merged(setdigest.Parse, (*setdigest.Digest).Merge, (*setdigest.Digest).Bytes), true
}
