package aggregate_test

import (
	"math"
	"testing"

	"github.com/sillok/sillok/internal/engine/aggregate"
)

func TestBucketBits(t *testing.T) {
	for _, tt := range []struct {
		standardError float64
		p             int
		err           string
	}{
		{standardError: 0.26, p: 4},
		{standardError: 0.2599, p: 5},
		{standardError: aggregate.DefaultError, p: 11},
		{standardError: 0.01625, p: 12},
		{standardError: 0.0040625, p: 16},
		{standardError: 0.0040624, err: "INVALID_FUNCTION_ARGUMENT: Max standard error must be in [0.0040625, 0.26]: 0.0040624"},
		{standardError: 1, err: "INVALID_FUNCTION_ARGUMENT: Max standard error must be in [0.0040625, 0.26]: 1.0"},
		{standardError: math.NaN(), err: "INVALID_FUNCTION_ARGUMENT: Max standard error must be in [0.0040625, 0.26]: NaN"},
	} {
		p, err := aggregate.BucketBits(tt.standardError)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if p != tt.p || text != tt.err {
			t.Errorf("%v: %d, %q, want %d, %q", tt.standardError, p, text, tt.p, tt.err)
		}
	}
}
