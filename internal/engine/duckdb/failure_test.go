package duckdb_test

import (
	"testing"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/sql/replaytest"
)

// TestWhichPartsFail asks statements of which a part would fail: whether Trino comes
// upon it, and upon which of several first. The answers are Trino's own.
func TestWhichPartsFail(t *testing.T) {
	e := open(t, duckdb.Config{Threads: 1})
	const (
		with     = "WITH t(a, b) AS (VALUES (1, 'x'), (2, 'y'), (2, NULL), (NULL, 'z')), u(a, b) AS (VALUES (1, 'x'), (2, 'q'), (5, NULL)) "
		arrays   = "NOT_SUPPORTED: ARRAY comparison not supported for arrays with null elements"
		tiny     = "0.00000000000000000000000000000000000001"
		division = "DIVISION_BY_ZERO: Division by zero"
		notInt   = "INVALID_CAST_ARGUMENT: Cannot cast 'x' to INT"
		tooFine  = "INVALID_CAST_ARGUMENT: Cannot cast DECIMAL(2, 1) '1.5' to DECIMAL(38, 38)"
		late     = "TIME '07:08:09.123456' + INTERVAL '1000000' DAY"
	)
	for _, tt := range []struct{ name, sql, want string }{
		{"what is made of NULL is a value too", "SELECT a FROM (VALUES 2, NULL) t(a) WHERE coalesce(a, 1) IN (SELECT b FROM (VALUES 1) u(b))", "[NULL]"},
		{"and what NULL is", "SELECT a FROM (VALUES 2, NULL) t(a) WHERE (a IS NULL) IN (SELECT b FROM (VALUES true) u(b))", "[NULL]"},
		{"also where there is a row", "SELECT a FROM (VALUES 1) t(a) WHERE EXISTS (SELECT 1 FROM (VALUES 2, NULL) u(b) WHERE coalesce(u.b, 1) = t.a)", "[1]"},
		{"and on the side of a join", "SELECT x FROM (VALUES 1, 2) t(x) JOIN (SELECT coalesce(a, 1) y FROM (VALUES 2, NULL, 7) u(a) WHERE a IS NULL OR a < 5) v ON x = y WHERE 10 / x > 0 ORDER BY 1", "[1] [2]"},
		{"an aggregate that nobody reads", "SELECT u.a FROM (SELECT count(*) FROM t WHERE 1/(a-1) = 0) r CROSS JOIN u ORDER BY 1", "[1] [2] [5]"},
		{"a call of groups that nobody reads", "SELECT count(*) FROM (SELECT max(1/(a-1)) FROM t GROUP BY a)", "[3]"},
		{"a window that nobody reads", "SELECT count(*) FROM (SELECT max(1/(a-1)) OVER () FROM t)", "[4]"},
		{"a cell that nobody reads", "SELECT count(*) FROM (VALUES 1/0, 2)", "[2]"},
		{"an order that is in vain", "SELECT count(*) FROM (SELECT a FROM t ORDER BY 1/(a-1))", "[4]"},
		{"an order within a limit", "SELECT count(*) FROM (SELECT a FROM t ORDER BY 1/(a-1) LIMIT 2)", division},
		{"an order by which the aggregate does not go", "SELECT max(a ORDER BY 1/(a-1)), histogram(a ORDER BY 1/(a-1)) FROM (VALUES 1) t(a)", `[1 {"1":1}]`},
		{"an order by which it goes", "SELECT array_agg(a ORDER BY 1/(a-1)) FROM t", division},
		{"DISTINCT reads all", "SELECT count(*) FROM (SELECT DISTINCT 1/(a-1) FROM t)", division},
		{"an offset behind the one row", "SELECT max(1/(a-1)) FROM t HAVING max(a) > 0 OFFSET 1", ""},
		{"an offset behind the one row that is distinct", "SELECT DISTINCT 1/(n-4), n FROM (SELECT count(*) n FROM t) OFFSET 1", ""},
		{"an order that stays before the offset", "SELECT max(1/(a-1)) FROM t HAVING max(a) > 0 ORDER BY 1 OFFSET 1", division},
		{"NULL for what is not to be NULL", "SELECT reduce(CAST(NULL AS array(integer)), 1/0, (s, x) -> s, s -> s), format(CAST(NULL AS varchar), 1/0)", "[NULL NULL]"},
		{"the sides of a join are cast", "SELECT count(*) FROM (VALUES 1.5) t(x) JOIN (VALUES " + tiny + ") u(y) ON x < y", tooFine},
		{"the sides of a comparison are not", "SELECT x > " + tiny + " FROM (VALUES 1.5) t(x)", "[true]"},
		{"but where both are columns", "SELECT x > y FROM UNNEST(ARRAY[1.5]) t(x) CROSS JOIN UNNEST(ARRAY[" + tiny + "]) u(y)", tooFine},
		{"of > the right side comes first", "SELECT x > y FROM UNNEST(ARRAY[1.5]) t(x) CROSS JOIN UNNEST(ARRAY[CAST(NULL AS decimal(38, 38))]) u(y)", "[NULL]"},
		{"a constant that does not fit the column", "SELECT x < 1.5 FROM UNNEST(ARRAY[" + tiny + "]) t(x)", tooFine},
		{"BETWEEN casts", "SELECT x BETWEEN " + tiny + " AND 2 FROM UNNEST(ARRAY[1.5]) t(x)", tooFine},
		{"a side of a join to which nothing is joined", "SELECT count(*) FROM (SELECT avg(CAST(NULL AS decimal(38, 38))) x FROM t GROUP BY a) l LEFT JOIN (VALUES 1.5) r(y) ON x = y", tooFine},
		{"NULLIF casts", "SELECT nullif(1.5, " + tiny + ")", tooFine},
		{"CASE casts", "SELECT CASE " + tiny + " WHEN 1.5 THEN 1 END", tooFine},
		{"a time that is too precise is computed with", "SELECT CAST(" + late + " AS varchar), extract(minute FROM " + late + ")", `["15:27:27.867916" 27]`},
		{"and not written", "SELECT x + y FROM (VALUES (TIME '07:08:09.123456', 1), (NULL, 2)) t(x, a), UNNEST(ARRAY[INTERVAL '1000000' DAY]) u(y) WHERE a = 1", "SERIALIZATION_ERROR: Could not serialize data to JSON"},
		{"nor planned", "SELECT a, CASE WHEN a > 7 THEN " + late + " END FROM t WHERE a = 1", "GENERIC_INTERNAL_ERROR: picos contains data beyond specified precision (6): 55647867916230656"},
		{"both sides of INTERSECT", "SELECT 1/(a-1) FROM t INTERSECT SELECT a FROM u WHERE a > 7", division},
		{"groups are all made", "SELECT * FROM (SELECT b, count(*) FROM t WHERE CAST(b AS integer) = 1 GROUP BY ROLLUP (b)) r WHERE b = '-'", notInt},
		{"IN from the last", "SELECT count(*) FROM UNNEST(ARRAY[1, 2]) v(a) WHERE a IN (CAST('x' AS integer), 1/0)", division},
		{"IN looks at constants first", "SELECT count(*) FROM UNNEST(ARRAY[2, 2]) v(a) WHERE a IN (1/0, 2)", "[2]"},
		{"OR of what is equal is IN", "SELECT count(*) FROM UNNEST(ARRAY[2, 2]) v(a) WHERE a = 1/0 OR a = 2", "[2]"},
		{"NOT of OR is AND", "SELECT count(*) FROM UNNEST(ARRAY[2, 2]) v(a) WHERE NOT (a = 1/0 OR a = 2)", division},
		{"what is equal before the others", "SELECT count(*) FROM UNNEST(ARRAY[1, 2]) v(a) WHERE a > 1/0 AND a + 1 = 5", "[0]"},
		{"and before what would not fail", "SELECT count(*) FROM UNNEST(ARRAY[1], ARRAY[0]) v(a, b) WHERE a > 5 AND 1/b = 1", division},
		{"constants on both sides of a join", "SELECT count(*) FROM (SELECT 'q' x FROM UNNEST(ARRAY[0]) v(a) WHERE 1/a = 1) l JOIN (SELECT 'b' y FROM u) r ON x < y", "[0]"},
		{"a constant that is never on the other side", "SELECT count(*) FROM (SELECT 'q' x FROM UNNEST(ARRAY[0]) v(a) WHERE 1/a = 1) l JOIN (VALUES 'a', 'b') r(y) ON x = y", "[0]"},
		{"nor in an outer join", "SELECT count(*) FROM (SELECT 'q' x FROM UNNEST(ARRAY[0]) v(a) WHERE 1/a = 1) l RIGHT JOIN (SELECT 'b' y FROM u) r ON x = y", "[3]"},
		{"what is NULL of a side that goes", "SELECT a FROM (SELECT 1/a x FROM t) l RIGHT JOIN (SELECT a FROM u) r ON false WHERE 1/(a-1) = 1 AND x > 1", ""},
		{"which knows nothing of an order", "SELECT count(*) FROM (SELECT 'q' x FROM UNNEST(ARRAY[0]) v(a) WHERE 1/a = 1) l RIGHT JOIN (SELECT 'b' y FROM u) r ON x < y", division},
		{"conditions in their order", "SELECT count(*) FROM UNNEST(ARRAY[1, 2]) v(a) WHERE a > 1/0 AND a > 3", division},
		{"a condition is looked at on its side", "SELECT count(*) FROM t CROSS JOIN (SELECT a FROM u WHERE a > 7) v WHERE CAST(t.b AS integer) = 1", "[0]"},
		{"a constant condition on both sides", "SELECT count(*) FROM t JOIN u ON 1/0 = 1", division},
		{"what may fail waits for the join", "SELECT count(*) FROM t JOIN u ON t.a = u.a WHERE 1/(t.a-7) = 1 AND 1/(u.a-5) = 1", "[0]"},
		{"without one it does not", "SELECT count(*) FROM t CROSS JOIN u WHERE 1/(u.a-5) = 1", division},
		{"below a left join", "SELECT count(*) FROM t LEFT JOIN u ON t.a = u.a WHERE 1/(t.a-1) = 1", division},
		{"a left join that is an inner one", "SELECT count(*) FROM t LEFT JOIN u ON t.a = u.a WHERE u.b = 'q' AND 1/(t.a-1) = 1", "[2]"},
		{"EXISTS before what may fail", "SELECT count(*) FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a AND u.a > 1) AND 1/(a-1) = 1", "[2]"},
		{"EXISTS before a comparison with ANY", "SELECT count(*) FROM UNNEST(ARRAY[CAST(NULL AS integer)], ARRAY[ARRAY[1, NULL]]) v(a, e) WHERE a > ANY (SELECT a FROM u) AND EXISTS (SELECT 1 FROM UNNEST(ARRAY[ARRAY[1, NULL]]) w(f) WHERE e < f)", arrays},
		{"IN before EXISTS", "SELECT count(*) FROM UNNEST(ARRAY[7], ARRAY[ARRAY[1, NULL]]) v(a, e) WHERE EXISTS (SELECT 1 FROM UNNEST(ARRAY[ARRAY[1, NULL]]) w(f) WHERE e < f) AND a IN (SELECT a FROM u)", "[0]"},
		{"a join before a comparison with a value", "SELECT count(*) FROM (VALUES ARRAY[1, NULL]) v(e) LEFT JOIN (VALUES ARRAY[1, NULL]) w(f) ON e < f WHERE 7 = (SELECT max(a) FROM u)", arrays},
		{"EXISTS tells which rows matter below", "SELECT count(*) FROM (VALUES (1, ARRAY[1]), (NULL, ARRAY[1, NULL])) v(a, e) LEFT JOIN (VALUES ARRAY[1, NULL]) w(f) ON e < f WHERE EXISTS (SELECT 1 FROM u WHERE u.a = v.a)", "[1]"},
		{"so does IN", "SELECT count(*) FROM (VALUES (1, ARRAY[1]), (7, ARRAY[1, NULL])) v(a, e) LEFT JOIN (VALUES ARRAY[1, NULL]) w(f) ON e < f WHERE a IN (SELECT a FROM u)", "[1]"},
		{"a CASE that is never true", "SELECT x FROM UNNEST(ARRAY[1]) v(x) WHERE x BETWEEN 1/(x-1) AND NULL", ""},
		{"a CASE with one branch that is true", "SELECT x FROM UNNEST(ARRAY[1]) v(x) WHERE CASE WHEN x > 1 THEN true END AND 1/(x-1) > 1", ""},
		{"a CASE that may be true", "SELECT x FROM UNNEST(ARRAY[1]) v(x) WHERE CASE WHEN 1/(x-1) = 1 THEN true WHEN x = 2 THEN NULL END", division},
		{"a condition of its own within a lateral join", "SELECT v.x FROM (VALUES 1e0) v(x) LEFT JOIN LATERAL (SELECT 1 FROM u WHERE x = u.a AND 1/0 = 1) l(y) ON true", division},
		{"INTERSECT ALL with what has no row", "SELECT 1 FROM (VALUES 1, 2) v(x) CROSS JOIN LATERAL (SELECT 1 FROM u WHERE false) l INTERSECT ALL SELECT 1/(a-1) FROM t", division},
		{"a join with one row is none", "SELECT CAST(b AS integer) FROM UNNEST(ARRAY['x']) v(b) UNION ALL SELECT 1/(x-1) FROM (VALUES 1, 2) w(x) CROSS JOIN (VALUES 5) z(y)", division},
		{"an outer join with one row", "SELECT CAST(b AS integer) FROM UNNEST(ARRAY['x']) v(b) UNION ALL SELECT 1/(x-1) FROM (VALUES 5) z(y) RIGHT JOIN (VALUES 1, 2) w(x) ON true", division},
		{"IN looks at constants with parts first", "SELECT count(*) FROM UNNEST(ARRAY[1]) v(x) WHERE MAP(ARRAY[x], ARRAY[1]) IN (map_from_entries(ARRAY[ROW(1, 1), NULL]), MAP(ARRAY[1], ARRAY[1]))", "[1]"},
		{"json_parse in a cast", "SELECT CAST(json_parse(x) AS array(integer)) FROM UNNEST(ARRAY['x']) v(x)", "INVALID_CAST_ARGUMENT: Cannot cast to array(integer).\nx"},
		{"json_parse in TRY_CAST", "SELECT TRY_CAST(json_parse(x) AS array(integer)) FROM UNNEST(ARRAY['x']) v(x)", "INVALID_FUNCTION_ARGUMENT: Cannot convert value to JSON: 'x'"},
		{"a state that is an object, after a subquery", "SELECT reduce_agg(a, ARRAY[1], (s, x) -> s, (s, x) -> s ORDER BY a) FROM t WHERE a > ALL (SELECT t.a FROM u)", "NOT_SUPPORTED: line 1:210: Given correlated subquery is not supported"},
		{"INTERSECT with what asks for no row", "SELECT 1/(a-1) FROM t INTERSECT SELECT 1 FROM (VALUES 1, 2) v(x) WHERE EXISTS (SELECT 1 FROM u WHERE a > 7)", division},
		{"a side to which nothing is joined", "SELECT v.x FROM (VALUES 1) v(x) LEFT JOIN (SELECT CAST('x' AS integer) y FROM (VALUES 2) w(z) GROUP BY z) r ON false", "[1]"},
		{"the other side", "SELECT v.x FROM (SELECT CAST('x' AS integer) y FROM (VALUES 2) w(z) GROUP BY z) r RIGHT JOIN (VALUES 1) v(x) ON 1 = 2", "[1]"},
		{"EXCEPT from a join whose condition is never true", "SELECT t.b FROM t JOIN u ON t.a = u.a AND (false OR NULL) EXCEPT SELECT CAST(1/(a-1) AS varchar) FROM t", ""},
		{"JSON_TABLE reads all JSON first", `SELECT x FROM (VALUES (1, '{}'), (2, '{')) v(i, j), JSON_TABLE(j, 'strict $.a' COLUMNS (x integer PATH 'lax $') ERROR ON ERROR) WHERE i > 2`, "JSON_INPUT_CONVERSION_ERROR: conversion to JSON failed: "},
		{"and looks for paths in all rows", `SELECT x FROM (VALUES (1, '{}'), (2, '{"a":1}')) v(i, j), JSON_TABLE(j, 'strict $.a' COLUMNS (x integer PATH 'lax $') ERROR ON ERROR) WHERE i > 1`, "PATH_EVALUATION_ERROR: path evaluation failed: structural error: missing member 'a' in JSON object"},
		{"INTERSECT with what EXISTS leaves nothing of", "SELECT 1/(a-1) FROM t INTERSECT ALL SELECT 1 FROM u WHERE EXISTS (SELECT 1 FROM u WHERE false)", division},
		{"constants of a join below a subquery", "SELECT count(*) FROM t LEFT JOIN (SELECT a, 1.5 v FROM u) l ON t.a = l.a JOIN (VALUES " + tiny + ") r(y) ON v <> y WHERE 7 NOT IN (SELECT a FROM u WHERE a IS NOT NULL)", "[3]"},
		{"one text for concat in a branch of a row", "SELECT if(CAST('x' AS boolean), concat('a'), 'b')", "INVALID_CAST_ARGUMENT: Cannot cast 'x' to BOOLEAN"},
		{"rows of VALUES before all else", "SELECT CAST(b AS integer) FROM t WHERE a > 0 UNION ALL SELECT 1/0", division},
		{"not where nothing is left of them", "SELECT 1 FROM t WHERE a > 7 AND EXISTS (SELECT 1 FROM (VALUES 1/0) v(x) WHERE x = a)", ""},
		{"concat of one text, of no row", "SELECT concat(b) FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.a > 4)", "INVALID_FUNCTION_ARGUMENT: There must be two or more concatenation arguments"},
		{"a state that is an object", "SELECT reduce_agg(a, ARRAY[1], (s, x) -> s, (s, x) -> s) FROM t", "NOT_SUPPORTED: State type not supported for reduce_agg: array(integer)"},
		{"a group that a condition drops", "SELECT a, max(a, -1) FROM t GROUP BY a HAVING max(b) = '-'", "INVALID_FUNCTION_ARGUMENT: second argument of max_n must be positive"},
		{"the one group", "SELECT min_by(a, b, 10001) FROM t HAVING count(*) = 0", "INVALID_FUNCTION_ARGUMENT: third argument of min_by must be less than or equal to 10000; found 10001"},
		{"a sum of a group that is dropped", "SELECT sum(x) FROM UNNEST(ARRAY[9223372036854775807, 1]) v(x) HAVING max(x) IS NULL", "NUMERIC_VALUE_OUT_OF_RANGE: bigint addition overflow"},
		{"not a group whose key is another", "SELECT a, sum(a + 9223372036854775806) FROM t GROUP BY a HAVING a = 1 AND count(*) = 1", "[1 9223372036854775807]"},
		{"a window over rows that are dropped", "SELECT m FROM (SELECT a, max(a, -1) OVER () AS m FROM t) WHERE a = 7", "INVALID_FUNCTION_ARGUMENT: second argument of max_n must be positive"},
		{"a number that is too large for its type", "SELECT CAST(bitwise_right_shift(SMALLINT '-1', -64) AS varchar)", `["65535"]`},
		{"and written", "SELECT bitwise_right_shift(SMALLINT '-1', -64)", "GENERIC_INTERNAL_ERROR: Value 65535 exceeds MAX_SHORT for type smallint"},
		{"of a row", "SELECT bitwise_right_shift(x, -64) FROM UNNEST(ARRAY[-1]) v(x)", "GENERIC_INTERNAL_ERROR: Value 4294967295 exceeds MAX_INT for type integer"},
		{"a quotient", "SELECT x / TINYINT '-1' FROM UNNEST(ARRAY[TINYINT '-128']) v(x)", "GENERIC_INTERNAL_ERROR: Value 128 exceeds MAX_BYTE"},
		{"a date", "SELECT date_add('year', -5900000, x) FROM UNNEST(ARRAY[DATE '2024-01-01']) v(x)", "GENERIC_INTERNAL_ERROR: Value -2154911027 is less than MIN_INT for type date"},
		{"TRUE where 1 does not fit", "SELECT CAST(x AS decimal(4, 4)), CAST(true AS decimal(38, 38)) FROM UNNEST(ARRAY[true]) v(x)", `["1.0000" "1.00000000000000000000000000000000000000"]`},
		{"a sum beside a constant", "SELECT count(*) FROM UNNEST(ARRAY[9223372036854775807]) v(x) WHERE x + 5 = 6", "NUMERIC_VALUE_OUT_OF_RANGE: bigint addition overflow: 9223372036854775807 + 5"},
		{"a product between constants", "SELECT count(*) FROM UNNEST(ARRAY[9223372036854775807]) v(x) WHERE 2 * x BETWEEN 6 AND 7", "NUMERIC_VALUE_OUT_OF_RANGE: bigint multiplication overflow: 2 * 9223372036854775807"},
		{"an integer beyond its type is cut to be computed with", "SELECT bitwise_right_shift(x, x) + 0, bitwise_right_shift(x, x) - 0, bitwise_right_shift(x, x) * 1 FROM UNNEST(ARRAY[-2147483648]) v(x)", "[-2147483648 -2147483648 -2147483648]"},
		{"also where its sign changes", "SELECT -bitwise_right_shift(x, x) FROM UNNEST(ARRAY[-2147483648]) v(x)", "NUMERIC_VALUE_OUT_OF_RANGE: integer negation overflow: 2147483648"},
		{"TRY_CAST waits for the join", "SELECT count(*) FROM (VALUES " + tiny + ", 1.5) l(x) JOIN (VALUES (1.5, 'x'), (2.5, 'y')) r(y, z) ON x < y WHERE TRY_CAST(z AS integer) IS NOT NULL", tooFine},
		{"EXISTS of rows that are there", "SELECT 1/(a-1) FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE true)", ""},
		{"an order of what holds NULL", "SELECT count(*) FROM UNNEST(ARRAY[ARRAY[1, 2]]) v(e) WHERE e <> ARRAY[1, NULL]", arrays},
		{"above a join", "SELECT count(*) FROM t LEFT JOIN (VALUES (1, ARRAY[1, 2])) v(x, e) ON a < x WHERE e IS DISTINCT FROM ARRAY[1, NULL]", arrays},
		{"of rows", "SELECT count(*) FROM t LEFT JOIN (VALUES (1, ROW(1, 2))) v(x, e) ON a < x WHERE e IS DISTINCT FROM ROW(1, NULL) OR a = 7", "NOT_SUPPORTED: ROW comparison not supported for fields with null elements"},
		{"of a list that NULL keeps from an order", "SELECT count(*) FROM UNNEST(ARRAY[ARRAY[1, 2]]) v(e) WHERE e IN (ARRAY[1, NULL], ARRAY[1, 2])", arrays},
		{"of a list that has one", "SELECT count(*) FROM UNNEST(ARRAY[ARRAY[1, 2]]) v(e) WHERE e IN (ARRAY[1, NULL], ARRAY[2])", "[0]"},
		{"not where the rows are known", "SELECT count(*) FROM t CROSS JOIN (VALUES ARRAY[1, 2], ARRAY[3]) v(e) WHERE e IS DISTINCT FROM ARRAY[1, NULL]", "[8]"},
		{"rows that no FILTER lets pass", "SELECT count(1/(a-1)) FILTER (WHERE a > 1), sum(1/(a-1)) FILTER (WHERE a > 1) FROM t", division},
		{"but where a call has none", "SELECT count(1/(a-1)) FILTER (WHERE a > 1), count(*) FROM t", division},
		{"nor for groups", "SELECT count(1/(a-1)) FILTER (WHERE a > 1) FROM t GROUP BY b", division},
		{"a FILTER that is never true", "SELECT count(*) FILTER (WHERE 1 = 2) FROM t WHERE CAST(b AS boolean)", "[0]"},
		{"a time of day truncated to months", "SELECT count(*) FROM UNNEST(ARRAY[TIME '01:02:03']) v(x) WHERE x > TIME '05:00:00' AND date_trunc('month', x) = TIME '01:00:00'", "INVALID_FUNCTION_ARGUMENT: 'month' is not a valid TIME field"},
		{"not to decades", "SELECT count(*) FROM UNNEST(ARRAY[TIME '01:02:03']) v(x) WHERE x > TIME '05:00:00' AND date_trunc('decade', x) = TIME '01:00:00'", "INVALID_FUNCTION_ARGUMENT: 'decade' is not a valid TIME field"},
		{"what UNNEST takes apart is a row of VALUES", "SELECT 1/(x-1) FROM (VALUES 1) v(x) UNION ALL SELECT y FROM UNNEST(MAP(ARRAY[NULL, 'x'], ARRAY[1, 2])) w(k, y)", division},
		{"beside rows", "SELECT CAST(b AS integer) FROM UNNEST(ARRAY['x']) v(b) UNION ALL SELECT y FROM t CROSS JOIN UNNEST(ARRAY[1/0]) w(y)", division},
		{"an argument is too", "SELECT CAST(b AS integer) FROM UNNEST(ARRAY['x']) v(b) UNION ALL SELECT sum(1/(x-1)) FROM (VALUES 1, 2) w(x)", division},
		{"in which IN looks at all", "SELECT count(*), max(x) FILTER (WHERE 1 NOT IN (1, 1/0)) FROM (VALUES 1, 2) w(x)", division},
		{"a join on FALSE before its sides", "SELECT 1 FROM (SELECT a FROM t WHERE ARRAY[100] > ARRAY[NULL]) r JOIN u ON r.a = u.a AND NOT (true)", ""},
		{"not where a side has no row", "SELECT 1 FROM (SELECT a FROM t WHERE ARRAY[100] > ARRAY[NULL]) r JOIN (SELECT a FROM u WHERE false) s ON r.a = s.a", arrays},
		{"a side that is ruled out beside what fails", "SELECT u.b FROM u JOIN (VALUES 'x', NULL) w(b) ON w.b = '' WHERE 1/0 = 1", ""},
		{"by NULL", "SELECT count(*) FROM t JOIN (SELECT a FROM u WHERE NULL AND 1/(a-1) = 1) r ON t.a < r.a", "[0]"},
		{"not without a join", "SELECT count(*) FROM (VALUES 'x', NULL) w(b) WHERE b = '' AND 1/0 = 1", division},
		{"beside a value", "SELECT (SELECT max(a) FROM t), x FROM (VALUES 1, 2) v(x) WHERE NULL AND CAST('q' AS date) > DATE '2000-01-01'", ""},
		{"an array that is constant on the other side", "SELECT 1/(x-1) FROM (VALUES (1, ARRAY[1]), (2, ARRAY[2])) v(x, e) JOIN (SELECT ARRAY[7] f FROM t) r ON e = f", ""},
		{"= ANY is IN", "SELECT 1/(a-1) FROM t WHERE b = ANY (SELECT '%' FROM u)", ""},
		{"behind NULL", "SELECT count(*) FROM UNNEST(ARRAY[1]) v(x) WHERE NULL AND 1/0 IN (2, 3)", division},
		{"behind NULL in a join", "SELECT count(*) FROM UNNEST(ARRAY[1]) v(x) JOIN t ON x = a OR b < CAST(NULL AS varchar) WHERE 1/(x-1) > 0 OR b = 'q'", division},
		{"not where each term is of columns alone", "SELECT count(*) FROM UNNEST(ARRAY[CAST(NULL AS integer)], ARRAY[ARRAY[1, NULL]]) v(x, e) WHERE x > 1 AND e < e", "[0]"},
		{"a quotient is compared as far as its type goes", "SELECT TINYINT '-128' / x > 0, CAST(TINYINT '-128' / x AS bigint), CAST(-2147483648 / -1 AS varchar) FROM UNNEST(ARRAY[TINYINT '-1']) v(x)", "[false 128 \"2147483648\"]"},
		{"an element that is no text", "SELECT array_join(ARRAY[JSON '{}'], b) FROM t", "GENERIC_INTERNAL_ERROR: Error casting array element to VARCHAR"},
		{"what is compared is not written in another way within a row", "SELECT count(*) FROM (VALUES 0.0, 1.5) v(x) WHERE 0.05 + x IS NOT DISTINCT FROM mod(x, x)", division},
		{"concat of one text, of rows that a value drops", "SELECT concat(b) FROM t WHERE b = '%'", "INVALID_FUNCTION_ARGUMENT: There must be two or more concatenation arguments"},
		{"of rows that were never there", "SELECT concat(b) FROM t WHERE 1 = 2", ""},
		{"below a subquery", "SELECT * FROM (SELECT concat(b) FROM t WHERE 1 = 2 AND EXISTS (SELECT 1 FROM u) ORDER BY 1) ORDER BY 1", ""},
		{"below a subquery that decides nothing", "SELECT * FROM (SELECT concat(t.b) FROM t JOIN u ON t.a = u.a AND 1 = 2 WHERE EXISTS (SELECT 1 FROM u)) ORDER BY 1", ""},
		{"NULL that is computed beneath is in no set", "SELECT count(*) FROM (SELECT CAST(NULL AS integer) n, sum(x) OVER () FROM (SELECT x FROM UNNEST(ARRAY[0]) v(x) WHERE 1/x = 1)) WHERE n IN (SELECT a FROM u)", "[0]"},
		{"IN that looks at the rows around it tells nothing of them", "SELECT count(*) FROM (SELECT 1/(a-1) q, b FROM t) r WHERE b IN (SELECT '%' FROM u WHERE u.b < r.b) AND q > 0", "[0]"},
		{"one row is computed first", "SELECT 1/(x-1), CAST('q' AS double) FROM UNNEST(ARRAY[0, 1]) v(x)", "INVALID_CAST_ARGUMENT: Cannot cast 'q' to DOUBLE"},
		{"its columns in their order", "SELECT 1/x, CAST('q' AS double) FROM UNNEST(ARRAY[0, 1]) v(x)", division},
		{"a lateral join that looks at nothing around it", "SELECT count(*) FROM t LEFT JOIN LATERAL (SELECT a FROM u) l(c) ON true WHERE NULL AND 1/(t.a-1) = 1", "[0]"},
		{"a value across a join with a text that is longer", "SELECT CAST('q' AS integer) FROM (SELECT DISTINCT from_utf8(to_utf8('%')) p FROM (VALUES 1, 2) v(x) WHERE 1/(x-1) = 1) r JOIN t ON p = b", ""},
		{"below a join with a subquery", "SELECT (SELECT max(a) FROM u WHERE u.a = t.a OR u.a > 1) FROM t CROSS JOIN (SELECT DISTINCT a, ARRAY[1, -1] e FROM u) r WHERE r.e = ARRAY[-1, NULL]", arrays},
		{"not above all joins", "SELECT 1 FROM t CROSS JOIN (SELECT DISTINCT a, ARRAY[1, -1] e FROM u) r WHERE r.e = ARRAY[-1, NULL]", ""},
		{"on the side of a join", "SELECT 1 FROM t JOIN (SELECT a FROM (SELECT DISTINCT a, ARRAY[1, -1] e FROM u) WHERE e = ARRAY[-1, NULL]) r ON t.a = r.a", arrays},
		{"in the rows that IN looks for", "SELECT 1 FROM t WHERE a IN (SELECT a FROM (SELECT DISTINCT a, ARRAY[1, -1] e FROM u) WHERE e = ARRAY[-1, NULL])", arrays},
		{"on the side of an outer join", "SELECT 1 FROM t LEFT JOIN (SELECT a FROM (SELECT a, ARRAY[a] e FROM u ORDER BY a LIMIT 2) WHERE e = ARRAY[NULL]) r ON t.a = r.a", arrays},
		{"of groups on a side", "SELECT 1 FROM t, (SELECT a, max(ARRAY[a]) m FROM u GROUP BY a HAVING max(ARRAY[a]) <> ARRAY[7, NULL]) r", arrays},
		{"not beside a subquery that is decided", "SELECT EXISTS (SELECT 1 FROM u) FROM (SELECT DISTINCT a, ARRAY[1, -1] e FROM u) r WHERE r.e = ARRAY[-1, NULL]", ""},
		{"of rows on a side that are known", "SELECT 1 FROM t JOIN (SELECT * FROM (VALUES (1, ARRAY[1]), (2, ARRAY[3])) v(a, e) WHERE e = ARRAY[NULL]) r ON t.a = r.a", arrays},
		{"a dividend of as many digits as there can be", "SELECT DECIMAL '0.01' / x, DECIMAL '0.001' / x FROM UNNEST(ARRAY[CAST(DECIMAL '0.5' AS decimal(20, 20))]) v(x)", "NUMERIC_VALUE_OUT_OF_RANGE: Decimal overflow"},
		{"nothing is known of rows with a cell that fails", "SELECT count(*) FROM (VALUES (1, 1/0), (1, 2)) v(x, y) JOIN (VALUES 2, 3) w(z) ON y = z WHERE x + 1 > 7", division},
		{"a constant across a join, in a term that may fail", "SELECT count(*) FROM (VALUES (1, 2), (1, 3)) v(x, y) JOIN (VALUES 2, 3) w(z) ON y = z WHERE x + 1 > 7 AND 1/(y-2) = 1", "[0]"},
		{"but of the other side", "SELECT count(*) FROM (VALUES 7, 8) w(z) JOIN (VALUES (1, 1/0), (1, 2)) v(x, y) ON x = z WHERE y > 5 OR z > 2", "[0]"},
		{"vectors with NULL", "SELECT euclidean_distance(ARRAY[1e0, NULL], ARRAY[1e0, 2e0]), dot_product(ARRAY[1e0, NULL], ARRAY[3e0, 2e0]), cosine_similarity(ARRAY[1e0, NULL], ARRAY[3e0, 2e0])", "[2.0 3.0 NULL]"},
		{"small reals as text", "SELECT CAST(REAL '1E-45' AS varchar), CAST(REAL '3.4028235E38' AS varchar)", `["1.4E-45" "3.402823E38"]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ask(t, e, with+tt.sql, replaytest.Catalog{}, engine.Protocol)
			answer := lines(got.rows)
			if got.err != nil {
				answer = got.err.Error()
			}
			if answer != tt.want {
				t.Errorf("%s\n\t%s, want %s", tt.sql, answer, tt.want)
			}
		})
	}
}
