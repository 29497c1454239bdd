package duckdb_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/sql/replaytest"
)

// TestStatements asks what DuckDB alone would answer in another way than Trino.
func TestStatements(t *testing.T) {
	e := open(t, duckdb.Config{})
	const pairs = "(VALUES (1, NULL), (1, 'y'), (1, 'x'), (NULL, 'y')) t(a, b)"
	const inner = "(VALUES (1, 'x')) u(a, b) WHERE u.a = t.a AND u.b <> t.b"
	const falls = "(VALUES (1, 90), (2, 80), (3, 70), (4, 75)) t(id, v) MATCH_RECOGNIZE (ORDER BY id MEASURES FIRST(id) AS f, A.v AS a, LAST(B.v) AS b, count(*) AS n, CLASSIFIER() AS l"
	const fall = "PATTERN (A B+) DEFINE B AS v < PREV(v))"
	for _, tt := range []struct{ name, sql, want string }{
		{"the length of a text that is longer than its type", "SELECT length(CAST(x AS varchar(1))) FROM (VALUES TIME '00:00:00') t(x)", "[8]"},
		{"a query that reads itself", "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 11) SELECT count(*), max(n) FROM t", "[11 11]"},
		{"a query that reads itself and drops what repeats", "WITH RECURSIVE t(n) AS (SELECT 1 UNION SELECT n FROM t WHERE n < 0) SELECT * FROM t", "[1]"},
		{"reduce_agg", "SELECT k, reduce_agg(x, 0, (s, x) -> s + x, (a, b) -> a + b) FROM (VALUES (1, 2), (1, NULL), (1, 3), (2, NULL)) t(k, x) GROUP BY k ORDER BY k", "[1 5] [2 NULL]"},
		{"reduce_agg over a window", "SELECT reduce_agg(x, 1, (s, x) -> s * x, (a, b) -> a * b) OVER (ORDER BY x) FROM (VALUES 2, 3) t(x) ORDER BY 1", "[2] [6]"},
		{"checksum", "SELECT to_hex(checksum(x)) IS NULL, checksum(x) = checksum(y), checksum(DISTINCT z) = checksum(x) FROM (VALUES (1, 2, 1), (2, 1, 2), (NULL, NULL, NULL)) t(x, y, z)", "[false true true]"},
		{"checksum of no row", "SELECT checksum(x) FROM (VALUES 1) t(x) WHERE x > 1", "[NULL]"},
		{"approx_most_frequent", "SELECT approx_most_frequent(2, x, 4) FROM (VALUES 'a', 'b', 'a', 'c', 'b', 'a') t(x)", `[{"a":3,"b":2}]`},
		{"a digest of quantiles", "SELECT value_at_quantile(tdigest_agg(x), 0.5e0), values_at_quantiles(merge(CAST(CAST(d AS varbinary) AS tdigest)), ARRAY[0e0, 1e0]) FROM (SELECT x, tdigest_agg(x) OVER () AS d FROM (VALUES 1e0, 2e0, 3e0) t(x)) u", "[2.0 [1.0,3.0]]"},
		{"digests of sets", "SELECT cardinality(a), intersection_cardinality(a, b), jaccard_index(a, b), cardinality(hash_counts(b)) FROM (SELECT make_set_digest(x) a, make_set_digest(y) b FROM (VALUES (1, 2), (2, 3), (2, NULL)) t(x, y)) u", "[2 1 0.5 2]"},
		{
			"JSON_TABLE beside its input",
			`SELECT k, n, v FROM (VALUES (1, '[10, 20]'), (2, '[]'), (3, NULL)) t(k, j) LEFT JOIN JSON_TABLE(j, 'lax $[*]' COLUMNS (n FOR ORDINALITY, v integer PATH 'lax $ * 2')) ON TRUE ORDER BY 1, 2`,
			"[1 1 20] [1 2 40] [2 NULL NULL] [3 NULL NULL]",
		},
		{
			"JSON_TABLE with nested paths",
			`SELECT * FROM JSON_TABLE('{"a": [1, 2], "b": [3]}', 'lax $' COLUMNS (NESTED PATH 'lax $.a[*]' COLUMNS (x integer PATH 'lax $'), NESTED PATH 'lax $.b[*]' COLUMNS (y integer PATH 'lax $')) PLAN DEFAULT (INNER, CROSS)) ORDER BY 1`,
			"[1 3] [2 3]",
		},
		{"JSON_TABLE of what is no JSON", "SELECT count(*) FROM JSON_TABLE('[', 'lax $' COLUMNS (a integer))", "[0]"},
		{"rows that match", "SELECT * FROM " + falls + " ONE ROW PER MATCH " + fall, `[1 90 70 3 "B"]`},
		{"each row of a match", "SELECT id, l, n FROM " + falls + " ALL ROWS PER MATCH " + fall + " ORDER BY 1", `[1 "A" 1] [2 "B" 2] [3 "B" 3]`},
		{"rows without a match", "SELECT id, l FROM " + falls + " ALL ROWS PER MATCH WITH UNMATCHED ROWS " + fall + " ORDER BY 1", `[1 "A"] [2 "B"] [3 "B"] [4 NULL]`},
		{"columns of the order are there again", "SELECT * FROM (VALUES (1, 2, 3)) t(a, b, c) MATCH_RECOGNIZE (PARTITION BY b ORDER BY c, b MEASURES count(*) AS n ALL ROWS PER MATCH PATTERN (A) DEFINE A AS true)", "[2 3 2 1 1]"},
		{"the first row and labels beyond the current one", "SELECT x, f, p, l, n FROM (VALUES 1, 2, 3) t(x) MATCH_RECOGNIZE (ORDER BY x MEASURES FIRST(B.x) AS f, PREV(FIRST(B.x), 2) AS p, LAST(B.x) AS l, NEXT(CLASSIFIER()) AS n ALL ROWS PER MATCH PATTERN (A{2} B) DEFINE A AS true)", `[1 3 1 NULL "A"] [2 3 1 NULL "B"] [3 3 1 3 NULL]`},
		{"a match of no row", "SELECT c FROM (VALUES 1, 2) t(x) MATCH_RECOGNIZE (ORDER BY x MEASURES count(*) AS c ALL ROWS PER MATCH PATTERN (A*?) DEFINE A AS true)", "[0] [0]"},
		{"a pattern of nested repeats", "SELECT count(*) FROM (SELECT 1 AS x FROM UNNEST(sequence(1, 200)) u(y)) t MATCH_RECOGNIZE (MEASURES 1 AS c PATTERN ((A+)+ B) DEFINE A AS x = 1, B AS x = 2)", "[0]"},
		{"PERMUTE", "SELECT l FROM (VALUES 2, 1) t(x) MATCH_RECOGNIZE (ORDER BY x DESC MEASURES array_agg(CLASSIFIER()) AS l PATTERN (PERMUTE(A, B)) DEFINE A AS x = 1, B AS x = 2)", `[["B","A"]]`},
		{"OFFSET of one row", "SELECT 1 / count(y) FROM (VALUES CAST(NULL AS integer)) t(y) OFFSET 1", ""},
		{"EXISTS as a value", "SELECT EXISTS (SELECT 1 FROM " + inner + ") FROM " + pairs, "[false] [true] [false] [false]"},
		{"NOT EXISTS as a value", "SELECT NOT EXISTS (SELECT 1 FROM " + inner + ") FROM " + pairs, "[true] [false] [true] [true]"},
		{"EXISTS in CASE", "SELECT CASE WHEN EXISTS (SELECT 1 FROM " + inner + ") THEN 1 ELSE 0 END FROM " + pairs, "[0] [1] [0] [0]"},
		{"EXISTS beside OR", "SELECT a, b FROM " + pairs + " WHERE a = 7 OR EXISTS (SELECT 1 FROM " + inner + ")", `[1 "y"]`},
		{"EXISTS as a filter", "SELECT a, b FROM " + pairs + " WHERE EXISTS (SELECT 1 FROM " + inner + ")", `[1 "y"]`},
		{"NOT EXISTS as a filter", "SELECT count(*) FROM " + pairs + " WHERE NOT EXISTS (SELECT 1 FROM " + inner + ")", "[3]"},
		{"EXISTS by order", "SELECT EXISTS (SELECT 1 FROM (VALUES 2) u(x) WHERE u.x > t.x) FROM (VALUES 1, 2, NULL) t(x)", "[true] [false] [false]"},
		{"EXISTS by distinctness", "SELECT EXISTS (SELECT 1 FROM (VALUES 2) u(x) WHERE u.x IS DISTINCT FROM t.x) FROM (VALUES 1, 2, NULL) t(x)", "[true] [false] [true]"},
		{
			"a constant beside an aggregate that is joined on the left",
			"SELECT t.k, l.* FROM (VALUES 1, 2) t(k) LEFT JOIN LATERAL (SELECT max(u.k), 'x', count(*) FROM (VALUES 2) u(k) WHERE u.k = t.k) l ON true ORDER BY 1",
			`[1 NULL "x" 0] [2 2 "x" 1]`,
		},
		{
			"counted over such constants",
			"SELECT count(l.b) FROM (VALUES 1, 2) t(k) LEFT JOIN LATERAL (SELECT sum(u.k), 1 FROM (VALUES 2) u(k) WHERE u.k = t.k) l(a, b) ON true", "[2]",
		},
		{
			"groups that are joined on the left",
			"SELECT t.k, l.n FROM (VALUES 1, 2) t(k) LEFT JOIN LATERAL (SELECT count(*) n FROM (VALUES 2, 2) u(k) WHERE u.k = t.k GROUP BY u.k) l ON true ORDER BY 1",
			"[1 NULL] [2 2]",
		},
		{"a right join of rows of each row", "SELECT a, b FROM (VALUES 1, NULL) t(a) RIGHT JOIN LATERAL (VALUES 9, NULL) u(b) ON a * 8 < b ORDER BY 1, 2", "[1 9] [NULL 9] [NULL NULL] [NULL NULL]"},
		{"a full join with none", "SELECT a, b FROM (VALUES 1, NULL) t(a) FULL JOIN LATERAL (SELECT 1 WHERE false) u(b) ON true ORDER BY 1", "[1 NULL] [NULL NULL]"},
		{"a right join of UNNEST", "SELECT x, y FROM (VALUES ARRAY[1, 2]) t(x) RIGHT JOIN UNNEST(x) u(y) ON true ORDER BY 2", "[[1,2] 1] [[1,2] 2]"},
		{"CUBE of a column that repeats", "SELECT b, b, count(*), grouping(b) FROM (VALUES 'x', 'y') t(b) GROUP BY CUBE (b, b) ORDER BY 1", `["x" "x" 1 0] ["y" "y" 1 0] [NULL NULL 2 1]`},
		{"ROLLUP of a column that repeats", "SELECT b, count(*) FROM (VALUES 'x') t(b) GROUP BY ROLLUP (b, b) ORDER BY 1", `["x" 1] ["x" 1] [NULL 1]`},
		{"GROUP BY AUTO", "SELECT a, b + 1, sum(c) FROM (VALUES (1, 2, 3), (1, 2, 4)) t(a, b, c) GROUP BY AUTO", "[1 3 7]"},
		{"NaN is the greatest", "SELECT x FROM (VALUES 1e0, nan(), 3e0, NULL) t(x) ORDER BY x", `[1.0] [3.0] ["NaN"] [NULL]`},
		{"NaN is the greatest, descending", "SELECT x FROM (VALUES 1e0, nan(), 3e0, NULL) t(x) ORDER BY x DESC", `["NaN"] [3.0] [1.0] [NULL]`},
		{"NaN is the least where NULL comes first", "SELECT x FROM (VALUES 1e0, nan(), 3e0, NULL) t(x) ORDER BY x NULLS FIRST", `[NULL] ["NaN"] [1.0] [3.0]`},
		{"NaN is the least where NULL comes first, descending", "SELECT x FROM (VALUES 1e0, nan(), 3e0, NULL) t(x) ORDER BY x DESC NULLS FIRST", `[NULL] [3.0] [1.0] ["NaN"]`},
		{"NaN within arrays", "SELECT x FROM (VALUES ARRAY[1e0], ARRAY[nan()], ARRAY[-3e0]) t(x) ORDER BY x DESC", `[["NaN"]] [[1.0]] [[-3.0]]`},
		{"NaN within arrays where NULL comes first", "SELECT x FROM (VALUES ARRAY[1e0], ARRAY[nan()], NULL) t(x) ORDER BY x NULLS FIRST", `[NULL] [["NaN"]] [[1.0]]`},
		{"a rank over NaN", "SELECT x, rank() OVER (ORDER BY x DESC NULLS FIRST) FROM (VALUES 1e0, nan()) t(x) ORDER BY 2", `[1.0 1] ["NaN" 2]`},
		{"arrays that differ before NULL", "SELECT x FROM (VALUES ARRAY[2, NULL], ARRAY[1, NULL], ARRAY[], NULL, ARRAY[1]) t(x) ORDER BY x", "[[]] [[1]] [[1,null]] [[2,null]] [NULL]"},
		{"an array of NULL alone", "SELECT array_agg(x) FROM (VALUES NULL, NULL) t(x) ORDER BY 1", "[[null,null]]"},
		{"arrays that an earlier key tells apart", "SELECT y FROM (VALUES (2, ARRAY[NULL]), (1, ARRAY[NULL])) t(x, y) ORDER BY x, y", "[[null]] [[null]]"},
		{"arrays beyond a limit", "SELECT x FROM (VALUES ARRAY[2, NULL], ARRAY[2, NULL], ARRAY[1], ARRAY[0]) t(x) ORDER BY x LIMIT 1", "[[0]]"},
		{"rows", "SELECT b FROM (VALUES (1, ROW(2, NULL)), (2, ROW(1, 3))) t(a, b) ORDER BY b", "[[1,3]] [[2,null]]"},
		{"arrays of decimals, dates and text", "SELECT x FROM (VALUES ARRAY[-1.5], ARRAY[1.5], ARRAY[-20.0]) t(x) ORDER BY x", `[["-20.0"]] [["-1.5"]] [["1.5"]]`},
		{"arrays of dates", "SELECT x FROM (VALUES ARRAY[DATE '2020-01-01'], ARRAY[DATE '1960-01-01']) t(x) ORDER BY x", `[["1960-01-01"]] [["2020-01-01"]]`},
		{"arrays of text", "SELECT x FROM (VALUES ARRAY['b'], ARRAY['ab', 'c'], ARRAY['a', 'z'], ARRAY['']) t(x) ORDER BY x DESC", `[["b"]] [["ab","c"]] [["a","z"]] [[""]]`},
		{"IN finds NaN", "SELECT x IN (SELECT y FROM (VALUES nan(), -0e0) u(y)) FROM (VALUES nan(), 0e0, 1e0) t(x)", "[true] [true] [false]"},
		{"IN as a filter does not", "SELECT x FROM (VALUES nan(), 0e0, 1e0) t(x) WHERE x IN (SELECT y FROM (VALUES nan(), -0e0) u(y))", "[0.0]"},
		{"nor does IN that looks outside", "SELECT x IN (SELECT y FROM (VALUES (nan(), 1), (2e0, 1)) u(y, z) WHERE z = k) FROM (VALUES (nan(), 1), (2e0, 1)) t(x, k)", "[false] [true]"},
		{"IN finds arrays with NULL", "SELECT x IN (SELECT y FROM (VALUES ARRAY[1, NULL], ARRAY[1, 2]) u(y)) FROM (VALUES ARRAY[1, NULL], ARRAY[1], NULL) t(x)", "[true] [false] [NULL]"},
		{"NOT IN of arrays", "SELECT x NOT IN (SELECT y FROM (VALUES ARRAY[1, 2]) u(y)) FROM (VALUES ARRAY[1, NULL], ARRAY[1, 2]) t(x)", "[true] [false]"},
		{"IN as a filter finds no array with NULL", "SELECT x FROM (VALUES ARRAY[1, NULL], ARRAY[1, 2]) t(x) WHERE x IN (SELECT y FROM (VALUES ARRAY[1, NULL], ARRAY[1, 2]) u(y))", "[[1,2]]"},
		{"= ANY as a filter", "SELECT x FROM (VALUES ARRAY[1, NULL], ARRAY[1, 2]) t(x) WHERE x = ANY (SELECT y FROM (VALUES ARRAY[1, NULL], ARRAY[1, 2]) u(y))", "[[1,2]]"},
		{"<> ALL", "SELECT x <> ALL (SELECT y FROM (VALUES ARRAY[1, NULL]) u(y)) FROM (VALUES ARRAY[1, NULL], ARRAY[1, 2]) t(x)", "[false] [true]"},
		{"= ALL", "SELECT x = ALL (SELECT y FROM (VALUES ARRAY[1, NULL]) u(y)) FROM (VALUES ARRAY[1, NULL], ARRAY[2, 2]) t(x)", "[NULL] [false]"},
		{"<> ANY", "SELECT x <> ANY (SELECT y FROM (VALUES ARRAY[1, NULL], ARRAY[2]) u(y)) FROM (VALUES ARRAY[1, NULL], ARRAY[1, 2]) t(x)", "[true] [true]"},
		{"= ALL of NaN", "SELECT x = ALL (SELECT y FROM (VALUES nan(), nan()) u(y)), x <> ANY (SELECT y FROM (VALUES nan(), 1e0) u(y)) FROM (VALUES nan(), 1e0) t(x)", "[false true] [false false]"},
		{"NaN is no bound", "SELECT x < ALL (SELECT y FROM (VALUES nan(), 2e0) u(y)), x > ANY (SELECT y FROM (VALUES nan(), 3e0, NULL) u(y)) FROM (VALUES 1e0, 4e0) t(x)", "[true NULL] [false true]"},
		{"INTERSECT of moments in zones", "SELECT x FROM (VALUES TIMESTAMP '2020-01-01 00:00:00 UTC', TIMESTAMP '2020-01-01 09:00:00 Asia/Seoul') t(x) INTERSECT SELECT TIMESTAMP '2020-01-01 01:00:00 +01:00'", `["2020-01-01 00:00:00 UTC"]`},
		{"EXCEPT ALL of moments in zones", "SELECT x FROM (VALUES TIMESTAMP '2020-01-01 00:00:00 UTC', TIMESTAMP '2020-01-01 00:00:00 UTC') t(x) EXCEPT ALL SELECT TIMESTAMP '2020-01-01 01:00:00 +01:00'", `["2020-01-01 00:00:00 UTC"]`},
		{"INTERSECT ALL of arrays", "SELECT x FROM (VALUES ARRAY[1], ARRAY[1], ARRAY[2, NULL]) t(x) INTERSECT ALL (VALUES ARRAY[1], ARRAY[1], ARRAY[1])", "[[1]] [[1]]"},
		{"EXCEPT of arrays with NULL", "SELECT x FROM (VALUES ARRAY[1, NULL], ARRAY[2]) t(x) EXCEPT SELECT ARRAY[1, NULL]", "[[2]]"},
		{"the least of arrays, one of which is less than two that NULL would tell apart", "SELECT min(x) FROM (VALUES ARRAY[0], ARRAY[1, NULL], ARRAY[1, 2]) t(x)", "[[0]]"},
		{"rows numbered by an array", "SELECT row_number() OVER (PARTITION BY x) FROM (VALUES ARRAY[1, NULL], ARRAY[1, NULL]) t(x)", "[1] [2]"},
		{"a sum of floats beyond the largest", "SELECT sum(x), sum(-x) FROM (VALUES REAL '3.4028235E38', REAL '3.4028235E38') t(x)", `["Infinity" "-Infinity"]`},
		{"an order of rows that the aggregate passes over", "SELECT listagg(x, '') WITHIN GROUP (ORDER BY y) FROM (VALUES ('a', ARRAY[1, NULL]), (NULL, ARRAY[1, NULL])) t(x, y)", `["a"]`},
		{"as many as of the first row that takes part", "SELECT max(x, y), max_by(x, x, y) FROM (VALUES (9, NULL), (2, 1), (3, 5)) t(x, y)", "[[3] [3]]"},
		{"a union of empty maps", "SELECT map_union(x) FROM (VALUES MAP()) t(x)", "[NULL]"},
		{"as many as nothing, of nothing", "SELECT max(x, -1) FROM (VALUES CAST(NULL AS integer)) t(x)", "[NULL]"},
		{"a window over arrays", "SELECT rank() OVER (PARTITION BY k ORDER BY x) FROM (VALUES (1, ARRAY[1]), (1, ARRAY[1]), (2, ARRAY[NULL])) t(k, x) ORDER BY 1", "[1] [1] [1]"},
		{"an aggregate in the order of arrays", "SELECT array_agg(y ORDER BY x DESC) FROM (VALUES (1, ARRAY[1]), (2, ARRAY[3, NULL]), (3, ARRAY[2])) t(y, x)", "[[2,3,1]]"},
		{"a quantified comparison of rows", "SELECT ROW(2, 'a') > ALL (VALUES (1, 'b'), (2, ''))", "[true]"},
		{"numbers of a sequence", "SELECT count(*), sum(n), max(n) FROM TABLE(sequence(start => 0, stop => 25000, step => 2)) t(n)", "[12501 156262500 25000]"},
		{"columns that are left out", "SELECT * FROM TABLE(exclude_columns(input => TABLE(SELECT 1, 2, 3) t(a, b, C), columns => DESCRIPTOR(c, A)))", "[2]"},
		{"an array in bare brackets", "SELECT [1, 2][2], cardinality([])", "[2 0]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ask(t, e, tt.sql, replaytest.Catalog{}, engine.Protocol)
			if got.err != nil {
				t.Fatal(got.err)
			}
			if diff := cmp.Diff(tt.want, lines(got.rows)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestStatementsThatFail asks what Trino fails at and DuckDB does not.
func TestStatementsThatFail(t *testing.T) {
	e := open(t, duckdb.Config{})
	const array = "NOT_SUPPORTED: ARRAY comparison not supported for arrays with null elements"
	for _, tt := range []struct{ name, sql, want string }{
		{
			"a subquery in the condition of an outer join", "SELECT * FROM (VALUES 1) t(x) RIGHT JOIN (VALUES 1) u(x) ON t.x + u.x > ALL (VALUES 1)",
			"SILLOK_NOT_SUPPORTED: a subquery in the condition of an outer join is not supported by this version of Sillok",
		},
		{"a query that reads itself once too often", "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 12) SELECT count(*) FROM t", "NOT_SUPPORTED: Recursion depth limit exceeded (10). Use 'max_recursion_depth' session property to modify the limit."},
		{"JSON_TABLE of what is no JSON, as an error", "SELECT count(*) FROM JSON_TABLE('[', 'lax $' COLUMNS (a integer) ERROR ON ERROR)", "JSON_INPUT_CONVERSION_ERROR: conversion to JSON failed: "},
		{"a skip to a row that is the first", "SELECT c FROM (VALUES 1, 2) t(x) MATCH_RECOGNIZE (MEASURES count(*) AS c AFTER MATCH SKIP TO FIRST A PATTERN (A) DEFINE A AS true)", "GENERIC_USER_ERROR: AFTER MATCH SKIP failed: cannot skip to first row of match"},
		{"arrays that NULL would tell apart", "SELECT x FROM (VALUES ARRAY[1, NULL], ARRAY[1, 2], ARRAY[7]) t(x) ORDER BY x", array},
		{"arrays within a limit", "SELECT x FROM (VALUES ARRAY[2, NULL], ARRAY[2, NULL], ARRAY[1]) t(x) ORDER BY x LIMIT 2", array},
		{"rows that NULL would tell apart", "SELECT b FROM (VALUES (1, ROW(1, NULL)), (2, ROW(1, 3))) t(a, b) ORDER BY b", "NOT_SUPPORTED: ROW comparison not supported for fields with null elements"},
		{"a window", "SELECT rank() OVER (ORDER BY x) FROM (VALUES ARRAY[NULL], ARRAY[1]) t(x)", array},
		{"partitions", "SELECT count(*) OVER (PARTITION BY x) FROM (VALUES ARRAY[1, NULL], ARRAY[1, NULL]) t(x)", array},
		{"partitions of JSON", "SELECT count(*) OVER (PARTITION BY x) FROM (VALUES JSON '1') t(x)", "GENERIC_INTERNAL_ERROR: json is not orderable"},
		{"equal rows with ALL", "SELECT * FROM (VALUES (1, ARRAY[NULL]), (1, ARRAY[NULL])) t(x, y) EXCEPT ALL SELECT 2, ARRAY[1]", array},
		{"equal maps with ALL", "SELECT MAP() INTERSECT ALL SELECT MAP()", "GENERIC_INTERNAL_ERROR: map(unknown, unknown) is not orderable"},
		{"> ANY array with NULL", "SELECT x > ANY (SELECT y FROM (VALUES ARRAY[1, NULL]) u(y)) FROM (VALUES ARRAY[1, 2]) t(x)", array},
		{"= ALL maps", "SELECT MAP() = ALL (SELECT MAP())", "GENERIC_INTERNAL_ERROR: Subquery result type must be orderable"},
		{"one argument of concat", "SELECT concat(x) FROM (VALUES 'a') t(x)", "INVALID_FUNCTION_ARGUMENT: There must be two or more concatenation arguments"},
		{"an aggregate", "SELECT array_agg(x ORDER BY x) FROM (VALUES ARRAY[NULL], ARRAY[1]) t(x)", array},
		{"several rows for one value", "SELECT (SELECT count(*) FROM (VALUES 1, 2) u(y) WHERE u.y < t.x GROUP BY u.y) FROM (VALUES 3) t(x)", "SUBQUERY_MULTIPLE_ROWS: Scalar sub-query has returned multiple rows"},
		{"a text that is longer than its type", "SELECT CAST(x AS varchar(1)) FROM (VALUES TIME '00:00:00') t(x)", "GENERIC_INTERNAL_ERROR: Character count exceeds length limit 1: base64:MDA6MDA6MDA="},
		{"such texts in an array", "SELECT CAST(x AS array(varchar(1))) FROM (VALUES JSON '[\"abc\"]') t(x)", "GENERIC_INTERNAL_ERROR: Character count exceeds length limit 1: base64:YWJj"},
		{"no offset", "SELECT lead(x, NULL) OVER (ORDER BY x) FROM (VALUES 1) t(x)", "INVALID_FUNCTION_ARGUMENT: Offset must not be null"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ask(t, e, tt.sql, replaytest.Catalog{}, engine.Protocol)
			if got.err == nil || got.err.Error() != tt.want {
				t.Errorf("%v, want %s", got.err, tt.want)
			}
		})
	}
}
