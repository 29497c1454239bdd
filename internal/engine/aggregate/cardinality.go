package aggregate

import (
	"math"
	"math/bits"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// DefaultError is the standard error of approx_distinct when none is asked for.
const DefaultError = 0.023

// The standard errors that approx_distinct takes.
const (
	lowestError  = 0.0040625
	highestError = 0.26
)

// BucketBits returns p, where 2^p is the number of buckets with which approx_distinct
// keeps to a standard error.
func BucketBits(standardError float64) (int, error) {
	// NaN is not in range either.
	if !(standardError >= lowestError && standardError <= highestError) {
		text := func(f float64) string { return value.Text(datatype.Of(datatype.Double), f) }
		return 0, sqlerr.New(sqlerr.InvalidFunctionArgument, "Max standard error must be in [%s, %s]: %s",
			text(lowestError), text(highestError), text(standardError))
	}
	buckets := uint(math.Ceil(1.0816 / (standardError * standardError)))
	return bits.Len(buckets - 1), nil
}
