package scalar_test

import (
	"testing"
	"time"

	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/value"
)

func TestArrays(t *testing.T) {
	runExpressions(t, []expression{
		{`cardinality(ARRAY[NULL])`, "1"},
		{`element_at(ARRAY[1, 2, 3], -1)`, "3"},
		{`element_at(ARRAY[1, 2, 3], 4)`, "null"},
		{`element_at(ARRAY[1], 0)`, argument + "SQL array indices start at 1"},
		{`slice(ARRAY[1, 2, 3, 4], -3, 5)`, "[2, 3, 4]"},
		{`slice(ARRAY[1, 2], 3, 1)`, "[]"},
		{`slice(ARRAY[1, 2], 2, 9223372036854775807)`, "[]"},
		{`slice(ARRAY[1, 2], -3, 5)`, "[]"},
		{`slice(ARRAY[1], 0, 1)`, argument + "SQL array indices start at 1"},
		{`slice(ARRAY[1], 1, -1)`, argument + "length must be greater than or equal to 0"},
		{`trim_array(ARRAY[1, 2, 3], 2)`, "[1]"},
		{`trim_array(ARRAY[1], 2)`, argument + "size must not exceed array cardinality 1: 2"},
		{`reverse(ARRAY[1, NULL])`, "[null, 1]"},
		{`cardinality(shuffle(ARRAY[1, 2, 3]))`, "3"},
		{`flatten(ARRAY[NULL, ARRAY[1], ARRAY[], ARRAY[NULL, 2]])`, "[1, null, 2]"},
		{`ngrams(ARRAY['a', 'b', 'c'], 2)`, "[[a, b], [b, c]]"},
		{`ngrams(ARRAY['a'], 5)`, "[[a]]"},
		{`ngrams(ARRAY['a'], 0)`, argument + "N must be positive"},
		{`combinations(ARRAY[1, 2, 3, 4], 2)`, "[[1, 2], [1, 3], [2, 3], [1, 4], [2, 4], [3, 4]]"},
		{`combinations(ARRAY[1], 0)`, "[[]]"},
		{`combinations(ARRAY[1], 6)`, argument + "combination size must not exceed 5: 6"},
		{`combinations(sequence(1, 100), 5)`, argument + "combinations exceed max size"},
		{`repeat('a', 3)`, "[a, a, a]"},
		{`repeat(NULL, 2)`, "[null, null]"},
		{`repeat(1, -1)`, argument + "count argument of repeat function must be greater than or equal to 0"},
		{`zip(ARRAY[1, 2], ARRAY['a'], ARRAY[true])`, "[{field0=1, field1=a, field2=true}, {field0=2, field1=null, field2=null}]"},
		{`array_join(ARRAY[1.5e0, NULL, 2], ',')`, "1.5E0,2.0E0"},
		{`array_join(ARRAY['a', NULL], ',', '?')`, "a,?"},
		{`ARRAY[1] || ARRAY[2, NULL]`, "[1, 2, null]"},
		{`ARRAY[1] || 2`, "[1, 2]"},
		{`0 || ARRAY[1]`, "[0, 1]"},
		{`ARRAY['a'] || CAST(NULL AS varchar(1))`, "null"},
	})
}

func TestArraySets(t *testing.T) {
	runExpressions(t, []expression{
		{`array_distinct(ARRAY[2, NULL, 2, nan(), NULL, nan()])`, "[2.0, null, NaN]"},
		{`array_union(ARRAY[1, NULL], ARRAY[NULL, 2, 1])`, "[1, null, 2]"},
		{`array_intersect(ARRAY[1, 2, 3], ARRAY[3, 3, NULL, 1])`, "[3, 1]"},
		{`array_intersect(ARRAY[1, NULL, 3], ARRAY[3, NULL])`, "[null, 3]"},
		{`array_except(ARRAY[1, 5, 3, 5, NULL], ARRAY[3])`, "[1, 5, null]"},
		{`arrays_overlap(ARRAY[1, NULL], ARRAY[NULL, 1])`, "true"},
		{`arrays_overlap(ARRAY[1], ARRAY[NULL, 2])`, "null"},
		{`arrays_overlap(ARRAY[NULL], ARRAY[])`, "false"},
		{`contains_sequence(ARRAY[1, NULL, 2], ARRAY[NULL, 2])`, "true"},
		{`contains_sequence(ARRAY[1], ARRAY[])`, "true"},
		{`array_histogram(ARRAY['a', 'b', NULL, 'a'])`, "{a=2, b=1}"},
		{`array_max(ARRAY[1e0, nan(), 3e0])`, "3.0"},
		{`array_min(ARRAY[nan(), 2e0])`, "2.0"},
		{`array_max(ARRAY[1, NULL])`, "null"},
		{`array_max(CAST(ARRAY[] AS array(integer)))`, "null"},
		{`array_min(ARRAY[ARRAY[1, NULL], ARRAY[1, 2]])`, "NOT_SUPPORTED: ARRAY comparison not supported for arrays with null elements"},
		{`array_sort(ARRAY[3, NULL, 1, 2])`, "[1, 2, 3, null]"},
		{`array_sort(ARRAY[nan(), 1e0, -infinity()])`, "[-Infinity, 1.0, NaN]"},
		{`array_sort(ARRAY[ROW(1, NULL), ROW(1, 2)])`, "NOT_SUPPORTED: ROW comparison not supported for fields with null elements"},
		{`contains(ARRAY[1, NULL], 1)`, "true"},
		{`contains(ARRAY[1, NULL], 2)`, "null"},
		{`contains(ARRAY[ARRAY[1, NULL]], ARRAY[1, 2])`, "NOT_SUPPORTED: contains does not support arrays with elements that are null or contain null"},
		{`array_position(ARRAY[NULL, 5, 5], 5)`, "2"},
		{`array_position(ARRAY[1], 5)`, "0"},
		{`array_remove(ARRAY[1, NULL, 2, 1], 1)`, "[null, 2]"},
	})
}

func TestSequence(t *testing.T) {
	const order = argument + "sequence stop value should be greater than or equal to start value if step is greater than zero " +
		"otherwise stop should be less than or equal to start"
	const entries = argument + "result of sequence function must not have more than 10000 entries"
	runExpressions(t, []expression{
		{`sequence(3, 1)`, "[3, 2, 1]"},
		{`sequence(-5, 5, 7)`, "[-5, 2]"},
		{`sequence(9223372036854775807, -9223372036854775808, -9223372036854775808)`, "[9223372036854775807, -1]"},
		{`sequence(1, 3, -1)`, order},
		{`sequence(1, 3, 0)`, argument + "step must not be zero"},
		{`sequence(-5000, 5000)`, entries},
		{`cardinality(sequence(1, 10000))`, "10000"},
		{`sequence(DATE '2016-04-14', DATE '2016-04-12')`, "[2016-04-14, 2016-04-13, 2016-04-12]"},
		{`sequence(DATE '2016-04-12', DATE '2016-04-16', INTERVAL '2' DAY)`, "[2016-04-12, 2016-04-14, 2016-04-16]"},
		{
			`sequence(DATE '2016-04-12', DATE '2016-04-16', INTERVAL '1' HOUR)`,
			argument + "sequence step must be a day interval if start and end values are dates",
		},
		{`sequence(DATE '2016-01-31', DATE '2016-04-30', INTERVAL '1' MONTH)`, "[2016-01-31, 2016-02-29, 2016-03-31, 2016-04-30]"},
		{`sequence(DATE '2016-04-12', DATE '2016-06-12', INTERVAL '-1' MONTH)`, order},
		{
			`sequence(TIMESTAMP '2016-04-16 01:10:10', TIMESTAMP '2016-04-16 01:03:00', INTERVAL '-3' MINUTE)`,
			"[2016-04-16 01:10:10, 2016-04-16 01:07:10, 2016-04-16 01:04:10]",
		},
		{
			`sequence(TIMESTAMP '2020-01-01 12:34:56.1234567', TIMESTAMP '2020-03-01 12:34:55', INTERVAL '1' MONTH)`,
			"[2020-01-01 12:34:56.1234567, 2020-02-01 12:34:56.1234567]",
		},
	})
}

func TestMaps(t *testing.T) {
	runExpressions(t, []expression{
		{`map()`, "{}"},
		{`MAP(ARRAY['a', 'b'], ARRAY[1, NULL])`, "{a=1, b=null}"},
		{`MAP(ARRAY[1], ARRAY[2, 3])`, argument + "Key and value arrays must be the same length"},
		{`MAP(ARRAY[1, 1], ARRAY[2, 3])`, argument + "Duplicate map keys (1) are not allowed"},
		{`MAP(ARRAY[nan(), nan()], ARRAY[2, 3])`, argument + "Duplicate map keys (NaN) are not allowed"},
		{`MAP(ARRAY[NULL], ARRAY[2])`, argument + "map key cannot be null"},
		{`MAP(ARRAY[ARRAY[NULL]], ARRAY[2])`, argument + "map key cannot be indeterminate: [null]"},
		{`cardinality(MAP(ARRAY[1], ARRAY[2]))`, "1"},
		{`element_at(MAP(ARRAY['a'], ARRAY[1]), 'b')`, "null"},
		{`element_at(MAP(ARRAY[], ARRAY[]), ARRAY[NULL])`, "null"},
		{`element_at(MAP(ARRAY[ARRAY[1, 2]], ARRAY[1]), ARRAY[NULL])`, "null"},
		{`slice(ARRAY[1, 2], -1, BIGINT '9223372036854775805')`, "[2]"},
		{`slice(ARRAY[1, 2], -1, BIGINT '9223372036854775807')`, "[]"},
		{`element_at(ARRAY[1], BIGINT '-9223372036854775807')`, "null"},
		{`element_at(ARRAY[1], BIGINT '-9223372036854775808')`, "GENERIC_INTERNAL_ERROR: integer overflow"},
		{`map_keys(MAP(ARRAY['a', 'b'], ARRAY[1, 2]))`, "[a, b]"},
		{`map_values(MAP(ARRAY['a', 'b'], ARRAY[1, NULL]))`, "[1, null]"},
		{`map_entries(MAP(ARRAY['a'], ARRAY[1]))`, "[{field0=a, field1=1}]"},
		{`map_concat(MAP(ARRAY[1, 2], ARRAY['a', 'b']), MAP(ARRAY[2, 3], ARRAY['x', 'y']))`, "{2=x, 3=y, 1=a}"},
		{`map_from_entries(ARRAY[(1, 'x'), (2, NULL)])`, "{1=x, 2=null}"},
		{`map_from_entries(ARRAY[(1, 1), (1, 2)])`, argument + "Duplicate map keys (1) are not allowed"},
		{`map_from_entries(ARRAY[(ARRAY[1, NULL], 1)])`, "{[1, null]=1}"},
		{`map_from_entries(ARRAY[(NULL, 1)])`, argument + "map key cannot be null"},
		{`multimap_from_entries(ARRAY[(ROW(NULL), 1)])`, "{{field0=null}=[1]}"},
		{`element_at(MAP(ARRAY[nan()], ARRAY[1]), nan())`, "null"},
		{`MAP(ARRAY[nan()], ARRAY[1])[nan()]`, argument + "Key not present in map: NaN"},
		{`MAP(ARRAY[0e0], ARRAY[1])[-0e0]`, "1"},
		{`MAP(ARRAY[nan()], ARRAY[1]) = MAP(ARRAY[nan()], ARRAY[1])`, "false"},
		{`element_at(map_from_entries(ARRAY[(ARRAY[NULL, 1], 1)]), ARRAY[NULL, 1])`, "NOT_SUPPORTED: map key cannot be null or contain nulls"},
		{`map_from_entries(ARRAY[NULL])`, argument + "map entry cannot be null"},
		{`multimap_from_entries(ARRAY[(1, 'x'), (2, 'y'), (1, NULL)])`, "{1=[x, null], 2=[y]}"},
	})
}

func TestLambdas(t *testing.T) {
	runExpressions(t, []expression{
		{`transform(ARRAY[1, NULL], x -> x + 1)`, "[2, null]"},
		{`transform(ARRAY[1], x -> x / 0)`, "DIVISION_BY_ZERO: Division by zero"},
		{`filter(ARRAY[5, -6, NULL, 7], x -> x > 0)`, "[5, 7]"},
		{`any_match(ARRAY[1, NULL], x -> x > 1)`, "null"},
		{`any_match(ARRAY[NULL, 2], x -> x > 1)`, "true"},
		{`all_match(ARRAY[NULL, 1], x -> x > 1)`, "false"},
		{`all_match(ARRAY[NULL, 2], x -> x > 1)`, "null"},
		{`none_match(ARRAY[1], x -> x > 1)`, "true"},
		{`none_match(ARRAY[2, NULL], x -> x > 1)`, "false"},
		{`all_match(CAST(ARRAY[] AS array(integer)), x -> x > 1)`, "true"},
		{`array_sort(ARRAY[3, 2, 5], (x, y) -> IF(x < y, 1, IF(x = y, 0, -1)))`, "[5, 3, 2]"},
		{`array_sort(ARRAY[3, 2], (x, y) -> 2)`, argument + "Lambda comparator must return either -1, 0, or 1"},
		{`reduce(ARRAY[5, 20, NULL], 0, (s, x) -> s + coalesce(x, 0), s -> s * 2)`, "50"},
		{`reduce(ARRAY[1], TINYINT '1', (s, x) -> s + x, s -> s)`, "2"},
		{`reduce(ARRAY[1], NULL, (s, x) -> 1, s -> s)`, "1"},
		{`reduce(ARRAY[1], 1.5, (s, x) -> 2.25, s -> s)`, "2.25"},
		{`reduce(ARRAY[1], CAST(2 AS decimal(35,0)), (s, x) -> s - 1, s -> s)`, "1"},
		{`reduce(ARRAY[1], DECIMAL '2', (s, x) -> s - 1, s -> s)`, "GENERIC_INTERNAL_ERROR: SignatureBinder.iterativeSolve does not converge after 4 iterations."},
		{
			`reduce(ARRAY[1], 1, (s, x) -> NULL, s -> s)`,
			"FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (array(integer), integer, <function>, <function>) for function reduce. Expected: reduce(array(T), S, function(S, T, S), function(S, R)) T, S, R",
		},
		{
			`filter(ARRAY[1], x -> NULL)`,
			"FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (array(integer), <function>) for function filter. Expected: filter(array(T), function(T, boolean)) T",
		},
		{`reduce(ARRAY[], 7, (s, x) -> s, s -> s)`, "7"},
		{`reduce(CAST(NULL AS array(integer)), 7, (s, x) -> s, s -> s)`, "null"},
		{`zip_with(ARRAY[1, 2], ARRAY['a'], (x, y) -> coalesce(y, '?') || CAST(x AS varchar))`, "[a1, ?2]"},
		{`transform_values(MAP(ARRAY['a'], ARRAY[1]), (k, v) -> k || CAST(v AS varchar))`, "{a=a1}"},
		{`transform_keys(MAP(ARRAY[1, 2], ARRAY['a', 'b']), (k, v) -> k + 1)`, "{2=a, 3=b}"},
		{`transform_keys(MAP(ARRAY[1, 2], ARRAY['a', 'b']), (k, v) -> 1)`, argument + "Duplicate map keys (1) are not allowed"},
		{`transform_keys(MAP(ARRAY[1], ARRAY['a']), (k, v) -> CAST(NULL AS bigint))`, argument + "map key cannot be null"},
		{`map_filter(MAP(ARRAY[1, 2], ARRAY['a', NULL]), (k, v) -> v IS NOT NULL)`, "{1=a}"},
		{
			`map_zip_with(MAP(ARRAY['k1', 'k2'], ARRAY[1, 2]), MAP(ARRAY['k2', 'k3'], ARRAY[4, 9]), (k, v1, v2) -> (v1, v2))`,
			"{k1={field0=1, field1=null}, k2={field0=2, field1=4}, k3={field0=null, field1=9}}",
		},
	})
}

// A function must leave its arguments as they were.
func TestArgumentsStay(t *testing.T) {
	integers := datatype.ArrayOf(datatype.Of(datatype.Bigint))
	for name, params := range map[string]int{
		"array_sort": 1, "reverse": 1, "array_distinct": 1, "shuffle": 1, "array_except": 2, "array_intersect": 2, "array_union": 2, "concat": 2,
	} {
		types := []datatype.Type{integers, integers}[:params]
		f, ok := scalar.Lookup(name, types, integers)
		if !ok {
			t.Errorf("%s: no form", name)
			continue
		}
		args := []any{[]any{int64(3), nil, int64(1), int64(3)}, []any{int64(1), int64(1)}}[:params]
		if _, err := f.Call(work.New(t.Context(), time.Time{}), args); err != nil {
			t.Error(name, err)
		}
		if got := value.Text(integers, args[0]); got != "[3, null, 1, 3]" {
			t.Errorf("%s made %s of its argument", name, got)
		}
	}
}
