package scalar_test

import (
	"math"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
)

func TestMath(t *testing.T) {
	runCalls(t, []call{
		{"abs", "bigint", "bigint:-9223372036854775808", "NUMERIC_VALUE_OUT_OF_RANGE: Value -9223372036854775808 is out of range for abs(bigint)"},
		{"sign", "double", "double:-0.0", "-0.0"},
		{"ceiling", "decimal(2,0)", "decimal(3,2):-0.49", "0"},
		{"ceiling", "decimal(2,0)", "decimal(3,2):0.49", "1"},
		{"floor", "decimal(2,0)", "decimal(3,2):-0.49", "-1"},
		{"round", "double", "double:-0.3", "-0.0"},
		{"round", "double", "double:3.5", "4.0"},
		{"round", "double", "double:3000.1234567890123456789 | integer:16", "3000.1234567890124"},
		{"round", "double", "double:123.456 | integer:-324", "NaN"},
		{"round", "double", "double:1.8E292 | integer:16", "1.8E292"},
		{"round", "tinyint", "tinyint:-128 | integer:-1", "NUMERIC_VALUE_OUT_OF_RANGE: Out of range for tinyint: -130"},
		{"round", "bigint", "bigint:9223372036854775807 | integer:-1", "NUMERIC_VALUE_OUT_OF_RANGE: numerical overflow: 9223372036854775807"},
		{"round", "bigint", "bigint:9223372036854775807 | integer:-17", "9200000000000000000"},
		{"round", "decimal(3,1)", "decimal(2,1):7.1 | integer:-1", "10.0"},
		{"round", "decimal(5,3)", "decimal(4,3):3.450 | integer:1", "3.500"},
		{"truncate", "decimal(6,2)", "decimal(6,2):-1234.56 | integer:-4", "0.00"},
		{"truncate", "double", "double:-17.88", "-17.0"},
		{"log10", "double", "double:1000", "3.0"},
		{"power", "double", "double:1 | double:NaN", "NaN"},
		{"to_base", "varchar(64)", "bigint:-2147483647 | bigint:16", "-7fffffff"},
		{"from_base", "bigint", "varchar:Z | bigint:37", "INVALID_FUNCTION_ARGUMENT: Radix must be between 2 and 36"},
		{"from_base", "bigint", "varchar:xyz | bigint:10", "INVALID_FUNCTION_ARGUMENT: Not a valid base-10 number: xyz"},
		{"width_bucket", "bigint", "double:-1 | double:3.2 | double:0 | bigint:4", "5"},
		{"width_bucket", "bigint", "double:3.14 | array(double):0,2,4", "2"},
		{"random", "bigint", "bigint:-1", "INVALID_FUNCTION_ARGUMENT: bound must be positive"},
		{"bit_count", "bigint", "bigint:-8 | bigint:64", "61"},
		{"bitwise_left_shift", "tinyint", "tinyint:-7 | integer:2", "-28"},
		{"bitwise_right_shift", "integer", "integer:-7 | integer:2", "1073741822"},
		{"bitwise_right_shift_arithmetic", "smallint", "smallint:-7 | integer:64", "-1"},
		{"cosine_similarity", "double", "array(double):1,2 | array(double):3,NULL", "null"},
		{"dot_product", "double", "array(double):1 | array(double):", "INVALID_FUNCTION_ARGUMENT: The arguments must have the same length"},
		{"cosine_distance", "double", "array(double): | array(double):", "INVALID_FUNCTION_ARGUMENT: Vector magnitude cannot be zero"},
	})
}

func TestUnits(t *testing.T) {
	runCalls(t, []call{
		{"parse_duration", "interval day to second", "varchar:1234.567 d", "1234 13:36:28.800"},
		{"parse_duration", "interval day to second", "varchar:abc", "INVALID_FUNCTION_ARGUMENT: duration is not a valid data duration string: abc"},
		{"human_readable_seconds", "varchar", "double:56363463", "93 weeks, 1 day, 8 hours, 31 minutes, 3 seconds"},
		{"human_readable_seconds", "varchar", "double:0", "0 seconds"},
		{"human_readable_seconds", "varchar", "double:-0.5", "1 second"},
		{"human_readable_seconds", "varchar", "double:-61.4", "1 minute, 1 second"},
		{"human_readable_seconds", "varchar", "double:59.7", "1 minute"},
		{"parse_data_size", "decimal(38,0)", "varchar:2.2kB", "2252"},
		{"parse_data_size", "decimal(38,0)", "varchar:8YB", "9671406556917033397649408"},
		{"parse_data_size", "decimal(38,0)", "varchar:12345K", "INVALID_FUNCTION_ARGUMENT: Invalid data size: '12345K'"},
		{"format_number", "varchar", "bigint:12345678901", "12.3B"},
		{"format_number", "varchar", "bigint:999999", "1000K"},
		{"format_number", "varchar", "double:1234.5", "1.23K"},
	})
}

func TestDistributions(t *testing.T) {
	double := datatype.Of(datatype.Double)
	for _, tt := range []struct {
		name string
		args []float64
		want float64
	}{
		{"normal_cdf", []float64{0, 1, 1.96}, 0.9750021048517796},
		{"normal_cdf", []float64{0, 1, math.Inf(-1)}, 0},
		{"inverse_normal_cdf", []float64{0.5, 0.25, 0.65}, 0.596330116601892},
		{"beta_cdf", []float64{3, 3.6, 0.3}, 0.21764809997679938},
		{"beta_cdf", []float64{3, 3.6, 0.9}, 0.9972502881611551},
		{"inverse_beta_cdf", []float64{3, 3.6, 0.3}, 0.3469675485440618},
		{"inverse_beta_cdf", []float64{3, 3.6, 0.95}, 0.7600272463100223},
		{"t_cdf", []float64{-1.98, 2}, 0.09312625192178954},
		{"t_cdf", []float64{10, 1}, 0.9682744825694464},
		{"t_pdf", []float64{8, 3}, 0.0007369065209469264},
		// Of many degrees of freedom: what roundings leave.
		{"t_cdf", []float64{1.5, 1e8}, 0.933192797309967},
		{"t_cdf", []float64{1e-3, 1e18}, 1},
		{"t_pdf", []float64{1e-7, 123456789.125}, 0.3989423341961964},
		{"t_pdf", []float64{0.1, 9007199254740993}, 1.2664165549094176e-14},
		{"t_pdf", []float64{1, 1e17}, 1},
		{"t_cdf", []float64{0, math.NaN()}, 0.5},
		{"beta_cdf", []float64{1e5, 3, 0.99999}, 0.919695843805277},
		{"beta_cdf", []float64{2, 3, 1}, 1},
	} {
		args := make([]any, len(tt.args))
		types := make([]datatype.Type, len(tt.args))
		for i, arg := range tt.args {
			args[i], types[i] = arg, double
		}
		f, ok := scalar.Lookup(tt.name, types, double)
		if !ok {
			t.Fatalf("no %s", tt.name)
		}
		v, err := f.Call(work.New(t.Context(), time.Time{}), args)
		got, _ := v.(float64)
		if err != nil || math.Abs(got-tt.want) > 1e-9*math.Abs(tt.want) {
			t.Errorf("%s(%v) = %v, %v; want %v", tt.name, tt.args, v, err, tt.want)
		}
	}
}

func TestRandomStaysWithinItsBounds(t *testing.T) {
	bigint := datatype.Of(datatype.Bigint)
	f, ok := scalar.Lookup("random", []datatype.Type{bigint, bigint}, bigint)
	if !ok || !f.Volatile {
		t.Fatalf("random(start, stop): %v, volatile %v", ok, f.Volatile)
	}
	for range 100 {
		v, err := f.Call(work.New(t.Context(), time.Time{}), []any{int64(math.MinInt64), int64(math.MinInt64 + 2)})
		if n, ok := v.(int64); err != nil || !ok || n > math.MinInt64+1 {
			t.Fatalf("got %v, %v", v, err)
		}
	}
}
