package scalar_test

import (
	"math"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/value"
)

func TestComparisonOperators(t *testing.T) {
	runCalls(t, []call{
		{"$equal", "boolean", "double:NaN | double:NaN", "false"},
		{"$not_equal", "boolean", "double:NaN | double:NaN", "true"},
		{"$is_distinct", "boolean", "double:NaN | double:NaN", "false"},
		{"$is_distinct", "boolean", "bigint:NULL | bigint:NULL", "false"},
		{"$is_distinct", "boolean", "bigint:NULL | bigint:1", "true"},
		{"$equal", "boolean", "bigint:NULL | bigint:1", "null"},
		{"$less", "boolean", "double:1 | double:NaN", "false"},
		{"$greater_equal", "boolean", "double:1 | double:NaN", "false"},
		{"$equal", "boolean", "char(5):ab | char(5):ab  ", "true"},
		{"$less", "boolean", "varchar:Z | varchar:a", "true"},
		{"$equal", "boolean", "time(0) with time zone:00:00:00+14:00 | time(0) with time zone:00:00:00-10:00", "true"},
		{"$equal", "boolean", "timestamp(0) with time zone:2020-05-01 11:33:56 +04:44 | timestamp(0) with time zone:2020-05-01 12:34:56 Asia/Kathmandu", "true"},
		{"$equal", "boolean", "array(integer):1,NULL | array(integer):1,2", "null"},
		{"$equal", "boolean", "array(integer):1,NULL | array(integer):2,2", "false"},
		{"$equal", "boolean", "array(integer):1 | array(integer):1,2", "false"},
		{"$less", "boolean", "array(integer):1,NULL | array(integer):1,2", "NOT_SUPPORTED: ARRAY comparison not supported for arrays with null elements"},
		{"$less", "boolean", "array(integer):1,NULL | array(integer):2,2", "true"},
		{"$less", "boolean", "array(integer):1 | array(integer):1,2", "true"},
		{"$less", "boolean", "integer:1 | bigint:2", "NO FORM"},
		{"greatest", "double", "double:NaN | double:5 | double:4", "5.0"},
		{"least", "double", "double:NaN | double:5 | double:4", "4.0"},
		{"greatest", "double", "double:NaN", "NaN"},
		{"greatest", "integer", "integer:1 | integer:NULL", "null"},
		{"greatest", "array(integer)", "array(integer):1,NULL | array(integer):1,2 | array(integer):NULL", "NOT_SUPPORTED: ARRAY comparison not supported for arrays with null elements"},
		{"greatest", "array(integer)", "array(integer):1,NULL | array(integer):1,2", "NOT_SUPPORTED: ARRAY comparison not supported for arrays with null elements"},
		{"$subscript", "integer", "array(integer):7,8 | bigint:2", "8"},
		{"$subscript", "integer", "array(integer):7,8 | bigint:0", "INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1"},
		{"$subscript", "integer", "array(integer):7,8 | bigint:-1", "INVALID_FUNCTION_ARGUMENT: Array subscript is negative: -1"},
		{"$subscript", "integer", "array(integer):7,8 | bigint:5", "INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length: 5 > 2"},
	})
}

func TestMapSubscript(t *testing.T) {
	typ := typeOf(t, "map(varchar, integer)")
	f, ok := scalar.Lookup("$subscript", []datatype.Type{typ, datatype.Text()}, typeOf(t, "integer"))
	if !ok {
		t.Fatal("no subscript of maps")
	}
	m := &value.Map{Keys: []any{"a", "b"}, Values: []any{int64(1), nil}}
	if v, err := f.Call(work.New(t.Context(), time.Time{}), []any{m, "a"}); v != int64(1) || err != nil {
		t.Errorf("m['a'] = %v, %v", v, err)
	}
	if _, err := f.Call(work.New(t.Context(), time.Time{}), []any{m, "k"}); err == nil || err.Error() != "INVALID_FUNCTION_ARGUMENT: Key not present in map: k" {
		t.Errorf("m['k']: %v", err)
	}
}

func TestKeysAgreeWithEquality(t *testing.T) {
	for _, tt := range []struct {
		typ  string
		a, b any
		same bool
	}{
		{"double", 0.0, math.Copysign(0, -1), true},
		{"double", math.NaN(), -math.NaN(), true},
		{"varchar", "a", "a ", false},
		{"char(3)", "a", "a ", true},
		{"row(varchar, varchar)", []any{"a", "bc"}, []any{"ab", "c"}, false},
		{"array(bigint)", []any{nil}, []any{nil}, true},
		{"array(bigint)", []any{nil}, []any{}, false},
		{
			"map(varchar, bigint)", &value.Map{Keys: []any{"a", "b"}, Values: []any{int64(1), int64(2)}},
			&value.Map{Keys: []any{"b", "a"}, Values: []any{int64(2), int64(1)}}, true,
		},
	} {
		typ := typeOf(t, tt.typ)
		if got := scalar.Key(typ, tt.a) == scalar.Key(typ, tt.b); got != tt.same {
			t.Errorf("%s %v and %v: same %v", tt.typ, tt.a, tt.b, got)
		}
	}
}

func TestMapEquality(t *testing.T) {
	typ := typeOf(t, "map(varchar, bigint)")
	m := func(keys []any, values ...any) *value.Map { return &value.Map{Keys: keys, Values: values} }
	ab := []any{"a", "b"}
	for _, tt := range []struct {
		a, b         *value.Map
		equal, known bool
	}{
		{m(ab, int64(1), nil), m([]any{"b", "a"}, int64(2), int64(1)), false, false},
		{m(ab, int64(1), nil), m(ab, int64(2), nil), false, true},
		{m(ab, int64(1), int64(2)), m(ab, int64(1), int64(2)), true, true},
		{m([]any{"a"}, nil), m([]any{"c"}, nil), false, true},
	} {
		if equal, known := scalar.Equal(typ, tt.a, tt.b); equal != tt.equal || known != tt.known {
			t.Errorf("%v = %v: %v, known %v", tt.a, tt.b, equal, known)
		}
	}
}
