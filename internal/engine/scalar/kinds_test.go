package scalar_test

import "testing"

// What a real Trino 476 answers where others do otherwise, kind by kind.
func TestKinds(t *testing.T) {
	const argument, cast = "INVALID_FUNCTION_ARGUMENT: ", "INVALID_CAST_ARGUMENT: "
	runExpressions(t, []expression{
		// A wall clock that a zone skips has no instant, one that it repeats the earlier.
		{`TIMESTAMP '2024-03-10 02:30:00 America/New_York'`, "INVALID_LITERAL: line 1:8: '2024-03-10 02:30:00 America/New_York' is not a valid TIMESTAMP literal"},
		{`TRY_CAST('2024-03-31 02:30:00 Europe/Berlin' AS timestamp(3) with time zone)`, "null"},
		{`to_unixtime(TIMESTAMP '2024-10-27 02:30:00 Europe/Berlin')`, "1.729989E9"},
		{`to_unixtime(TIMESTAMP '2024-04-07 01:45:00 Australia/Lord_Howe')`, "1.7124147E9"},
		// What stands behind a time has to be a zone, even where it does not count.
		{`CAST('2024-05-01 12:34:56 KST' AS timestamp)`, cast + "Value cannot be cast to timestamp: 2024-05-01 12:34:56 KST"},
		{`CAST('2024-05-01 12:34:56 Asia/Seoul' AS timestamp)`, "2024-05-01 12:34:56.000"},
		{`CAST('2024-05-01 +01:23' AS timestamp(0))`, "2024-05-01 00:00:00"},
		// One grammar for literals and casts.
		{`DATE '13-2-2'`, "0013-02-02"},
		{`DATE '5881580-07-12'`, "INVALID_LITERAL: line 1:8: '5881580-07-12' is not a valid DATE literal"},
		{`CAST('5881580-07-12' AS date)`, cast + "Value cannot be cast to date: 5881580-07-12"},
		{`TIME '01:02:03+0900'`, "INVALID_LITERAL: line 1:8: '01:02:03+0900' is not a valid TIME literal"},
		{`TIMESTAMP '2020-05-01 12:34:56.1234567890123 UTC'`, "NUMERIC_VALUE_OUT_OF_RANGE: line 1:8: TIMESTAMP WITH TIME ZONE precision must be in range [0, 12]: 13"},
		{`INTERVAL '3' DAY TO DAY`, "INVALID_LITERAL: line 1:8: Invalid interval qualifier: DAY TO DAY"},
		{`CAST(DATE '10000-01-01' AS varchar)`, "10000-01-01"},
		{`format('%s', TIMESTAMP '9999-12-31 23:59:59.999999999999')`, "+10000-01-01T00:00"},
		// A constant that is NULL comes before one that fails.
		{`CAST('x' AS integer) + CAST(NULL AS integer)`, "null"},
		{`bitwise_or(CAST('xy' AS integer), NULL)`, "null"},
		{`CAST('' AS uuid) IN (NULL, TRY_CAST('x' AS uuid))`, "null"},
		{`CAST('' AS uuid) BETWEEN TRY_CAST('a' AS uuid) AND TRY_CAST('b' AS uuid)`, "null"},
		{`concat(transform(ARRAY['x'], x -> CAST(x AS integer)), CAST(NULL AS array(integer)))`, "null"},
		{`1/0 = 1 AND false`, "false"},
		{`1/0 = 1 OR 1 = 1`, "true"},
		{`1/0 = 1 AND true`, "DIVISION_BY_ZERO: Division by zero"},
		{`greatest(1, NULL, 1/0)`, "DIVISION_BY_ZERO: Division by zero"},
		{`transform(ARRAY[2, NULL], x -> ARRAY[1] || x)`, "[[1, 2], null]"},
		// Signs.
		{`- -1`, "1"},
		{`-(-2.5e0)`, "2.5"},
		{`-(-2147483648)`, "NUMERIC_VALUE_OUT_OF_RANGE: integer negation overflow: -2147483648"},
		{`-(-(2147483648))`, "2147483648"},
		{`typeof(-(-2.5))`, "decimal(2,1)"},
		// Types.
		{`CAST(1 AS decimal(0))`, argument + "DECIMAL precision must be in range [1, 38]: 0"},
		{`CAST(1 AS decimal(1,2))`, argument + "DECIMAL scale must be in range [0, precision (1)]: 2"},
		{`DECIMAL '.1' * DECIMAL '.12345678901234567890123456789012345678'`, argument + "DECIMAL scale must be in range [0, precision (38)]: 39"},
		{`DECIMAL '17015000000000000000000000000000000000' - DECIMAL '7015000000000000000000000000000000000.1'`, "NUMERIC_VALUE_OUT_OF_RANGE: Decimal overflow"},
		{`12345678901234567.8 > 0.00000000000000000000000000000000000001`, "true"},
		{`CAST(UUID '12151fd2-7586-11e9-8f9e-2a86e4085a59' AS varchar(40))`, "TYPE_MISMATCH: line 1:8: Cannot cast uuid to varchar(40)"},
		{`concat(CAST('a' AS char(40000)), CAST('b' AS char(40000)))`, "TYPE_NOT_FOUND: line 1:8: Unknown type: char(80000)"},
		{`typeof(CAST(ROW(1) AS ROW("A" bigint)))`, "row(a bigint)"},
		{`CAST(REAL '3.4028235E38' AS varchar)`, "3.402823E38"},
		{`[1, 2][2]`, "2"},
		// JSON.
		{`json_parse('"😀"')`, `"\uD83D\uDE00"`},
		{`CAST(MAP(ARRAY['😀'], ARRAY['é']) AS json)`, `{"\uD83D\uDE00":"é"}`},
		{`json_extract('23:59', '$')`, "null"},
		{`CAST(JSON '1234.0' AS tinyint)`, cast + "Cannot cast '1234.0' to tinyint"},
		{`CAST(json_parse('{x}') AS array(integer))`, cast + "Cannot cast to array(integer).\n{x}"},
		// Regular expressions: classes know ASCII, {,2} is text, anchors may be repeated.
		{`regexp_replace('한글 abc', '\w', '*')`, "한글 ***"},
		{`regexp_split('a 한', '\W')`, "[a, , ]"},
		{`regexp_like('　', '\s')`, "false"},
		{`regexp_like('é', '[[:alpha:]]')`, "true"},
		{`regexp_like('a{,2}b', 'a{,2}')`, "true"},
		{`regexp_like('aa', 'a{,2}')`, "false"},
		{`regexp_replace('a/', '^*/', '!')`, "a!"},
		{`regexp_like('((x))', '(?!a)*')`, "true"},
		// Others.
		{`array_except(ARRAY[5, 5], ARRAY[])`, "[5, 5]"},
		{`bitwise_right_shift(BIGINT '-1', -1)`, "1"},
		{`bitwise_right_shift_arithmetic(5, -63)`, "2"},
		{`bitwise_right_shift_arithmetic(TINYINT '-5', -2147483648)`, "-5"},
		{`t_cdf(1e0, nan())`, "NaN"},
		{`wilson_interval_lower(0, 10, 3.5e0)`, "4.989766402809692E-17"},
		{`CAST(round(-0e0) AS varchar)`, "0E0"},
		{`CAST(round(-0.4e0) AS varchar)`, "-0E0"},
		// What is out of range.
		{`INTERVAL '2147483648' MINUTE`, "INVALID_LITERAL: line 1:8: Invalid INTERVAL MINUTE value: 2147483648"},
		{`INTERVAL '178956970-8' YEAR TO MONTH`, "INVALID_LITERAL: line 1:8: Invalid INTERVAL YEAR TO MONTH value: 178956970-8"},
		{`INTERVAL '178956970-7' YEAR TO MONTH`, "178956970-7"},
		{`INTERVAL '13' MONTH * 1e10 > INTERVAL '1' YEAR`, "true"},
		{`CAST(INTERVAL '13' MONTH * 1e10 AS varchar)`, "GENERIC_INTERNAL_ERROR: integer overflow"},
		{`TIMESTAMP '2024-01-01 00:00:00' + INTERVAL '1000000000' DAY`, "GENERIC_INTERNAL_ERROR: long overflow"},
		{`TIMESTAMP '2024-01-01 00:00:00 UTC' + INTERVAL '1000000000' DAY`, "GENERIC_INTERNAL_ERROR: Millis overflow: 86401704067200000"},
		{`TIMESTAMP '2024-01-01 00:00:00 UTC' + INTERVAL '300000' YEAR`, "GENERIC_INTERNAL_ERROR: Millis overflow: 9468789667200000"},
		{`CAST(DATE '294247-01-11' AS timestamp)`, "GENERIC_INTERNAL_ERROR: Expected 0s for digits beyond precision 3: epochMicros = 9223372036854775807"},
		{`CAST(DATE '5881580-07-11' AS timestamp(9))`, "+294247-01-10 04:00:54.775807000"},
		{`t_pdf(1e0, nan())`, "NaN"},
		{`CAST(true AS decimal(5, 5))`, "1.00000"},
		{`CAST(true AS decimal(38, 38)) + 1`, "NUMERIC_VALUE_OUT_OF_RANGE: Decimal overflow"},
		{`date_add('month', 4000000000, DATE '2024-01-01')`, "GENERIC_INTERNAL_ERROR: integer overflow"},
		{`date_add('year', 292276970, DATE '2024-01-01')`, "GENERIC_INTERNAL_ERROR: Value 292278994 for year must be in the range [-292275054,292278993]"},
		{`cosine_distance(ARRAY[4, 5, 6], ARRAY[4, 5, 6])`, "0.0"},
		{`repeat(lpad('', 101, 'x'), 10000)`, argument + "result of repeat function must not take more than 1000000 bytes"},
	})
}

// Operators on values of an unknown type, and functions that there are not.
func TestNamesThatAreNotFound(t *testing.T) {
	runExpressions(t, []expression{
		{`lenth('x')`, "FUNCTION_NOT_FOUND: line 1:8: Function 'lenth' not registered. did you mean 'length'?"},
		{`ifnull(1, 2)`, "FUNCTION_NOT_FOUND: line 1:8: Function 'ifnull' not registered. write coalesce(x, y)"},
	})
}

// The matcher that backtracks finds what the linear one does, and what that cannot.
func TestRegexpThatBacktracks(t *testing.T) {
	runExpressions(t, []expression{
		{`regexp_extract('key=value', '(?<=k..=)\w+')`, "value"},
		{`regexp_extract('abcabc', '(abc)\1', 1)`, "abc"},
		{`regexp_extract_all('aXbXc', '(?i)x(?=c)')`, "[X]"},
		{`regexp_like('foobar', '^(?!.*bar)')`, "false"},
		{`regexp_replace('aaa', 'a*?$', '-')`, "--"},
		{`regexp_like('aaab', '(?>a+)ab')`, "false"},
		{`regexp_like('ab' || chr(10), '^(a|b)*$')`, "true"},
		{`regexp_extract('abab' || chr(10), '(ab){2}$', 1)`, "ab"},
		{`regexp_extract('aabb' || chr(10), '((a)|b)+$', 2)`, "a"},
		{`regexp_extract('xay' || chr(10), '(a*?)y$', 1)`, "a"},
		{`regexp_extract_all('a1b22' || chr(10), '\d{1,2}(?=\D|$)')`, "[1, 22]"},
		{`regexp_like('ab', '(?<=a|bc)b')`, "true"},
		{`regexp_like('ab', '(?<=a+)b')`, "INVALID_FUNCTION_ARGUMENT: invalid pattern in look-behind"},
		{`regexp_count('ÄäÖ', '(?i)(ä)\1?')`, "1"},
	})
}
