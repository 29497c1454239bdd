package scalar_test

import "testing"

func TestArithmetic(t *testing.T) {
	runCalls(t, []call{
		{"$add", "bigint", "bigint:9223372036854775807 | bigint:1", "NUMERIC_VALUE_OUT_OF_RANGE: bigint addition overflow: 9223372036854775807 + 1"},
		{"$subtract", "tinyint", "tinyint:-128 | tinyint:1", "NUMERIC_VALUE_OUT_OF_RANGE: tinyint subtraction overflow: -128 - 1"},
		{"$multiply", "integer", "integer:65536 | integer:65536", "NUMERIC_VALUE_OUT_OF_RANGE: integer multiplication overflow: 65536 * 65536"},
		{"$multiply", "bigint", "bigint:-9223372036854775808 | bigint:-1", "NUMERIC_VALUE_OUT_OF_RANGE: bigint multiplication overflow: -9223372036854775808 * -1"},
		{"$multiply", "bigint", "bigint:-9223372036854775808 | bigint:1", "-9223372036854775808"},
		{"$divide", "integer", "integer:7 | integer:-2", "-3"},
		{"$divide", "integer", "integer:7 | integer:0", "DIVISION_BY_ZERO: Division by zero"},
		{"$divide", "bigint", "bigint:-9223372036854775808 | bigint:-1", "NUMERIC_VALUE_OUT_OF_RANGE: bigint division overflow: -9223372036854775808 / -1"},
		{"$divide", "tinyint", "tinyint:-128 | tinyint:-1", "128"}, // which fails where it is written,
		{"$modulus", "integer", "integer:-7 | integer:3", "-1"},
		{"mod", "decimal(38,1)", "decimal(38,0):55555555555555555555555555555555555555 | decimal(2,1):1.5", "1.0"},
		{"mod", "decimal(37,37)", "decimal(3,1):17.0 | decimal(37,37):0.0000000000000000000000000000000000001", "0.0000000000000000000000000000000000000"},
		{"mod", "decimal(37,37)", "decimal(3,1):35.0 | decimal(37,37):0.0000000000000000000000000000000000001", "NUMERIC_VALUE_OUT_OF_RANGE: Decimal overflow"},
		{"mod", "bigint", "bigint:-7 | bigint:0", "GENERIC_INTERNAL_ERROR: / by zero"},
		{"$modulus", "bigint", "bigint:-7 | bigint:0", "DIVISION_BY_ZERO: Division by zero"},
		{"$negate", "smallint", "smallint:-32768", "NUMERIC_VALUE_OUT_OF_RANGE: smallint negation overflow: -32768"},
		{"$divide", "double", "double:1 | double:0", "Infinity"},
		{"$modulus", "double", "double:-5.5 | double:2", "-1.5"},
		{"$add", "decimal(4,2)", "decimal(2,1):1.5 | decimal(3,2):2.25", "3.75"},
		{"$subtract", "decimal(4,2)", "decimal(2,1):1.5 | decimal(3,2):2.25", "-0.75"},
		{"$multiply", "decimal(5,3)", "decimal(2,1):1.5 | decimal(3,2):2.25", "3.375"},
		{"$divide", "decimal(4,1)", "decimal(2,1):1.0 | decimal(2,1):3.0", "0.3"},
		{"$divide", "decimal(4,1)", "decimal(2,1):-1.0 | decimal(2,1):0.3", "-3.3"},
		{"$divide", "decimal(4,1)", "decimal(2,1):1.0 | decimal(2,1):0.0", "DIVISION_BY_ZERO: Division by zero"},
		{"$modulus", "decimal(2,1)", "decimal(3,1):-13.0 | decimal(2,1):5.0", "-3.0"},
		{"$add", "decimal(38,0)", "decimal(38,0):99999999999999999999999999999999999999 | decimal(1,0):1", "NUMERIC_VALUE_OUT_OF_RANGE: Decimal overflow"},
		{"$negate", "decimal(2,1)", "decimal(2,1):1.5", "-1.5"},
		{"$add", "bigint", "bigint:1 | integer:1", "NO FORM"},
	})
}

func TestTemporalArithmetic(t *testing.T) {
	const day, month = "interval day to second", "interval year to month"
	runCalls(t, []call{
		{"$add", "date", "date:2020-01-31 | " + month + ":1", "2020-02-29"},
		{"$subtract", "date", "date:2020-03-31 | " + month + ":1", "2020-02-29"},
		{"$add", "date", day + ":86400000 | date:2020-02-28", "2020-02-29"},
		{"$add", "date", "date:2020-02-28 | " + day + ":3600000", "INVALID_FUNCTION_ARGUMENT: Cannot add hour, minutes or seconds to a date"},
		{"$subtract", day, "date:2020-03-01 | date:2020-02-28", "2 00:00:00.000"},
		{"$add", "timestamp(3)", "timestamp(0):2020-05-01 12:34:56 | " + day + ":1123", "2020-05-01 12:34:57.123"},
		{"$add", "timestamp(12)", month + ":1 | timestamp(12):2020-01-31 12:34:56.123456789012", "2020-02-29 12:34:56.123456789012"},
		{"$subtract", day, "timestamp(3):2020-05-01 12:34:55 | timestamp(3):2020-05-01 12:34:56", "-0 00:00:01.000"},
		{"$add", "timestamp(3) with time zone", "timestamp(3) with time zone:2020-03-08 01:30 America/New_York | " + day + ":3600000", "2020-03-08 03:30:00.000 America/New_York"},
		{"$add", "timestamp(0) with time zone", "timestamp(0) with time zone:2020-10-01 01:02:03 Asia/Kathmandu | " + month + ":1", "2020-11-01 01:02:03 Asia/Kathmandu"},
		{"$add", "timestamp(0) with time zone", "timestamp(0) with time zone:2020-02-08 02:30:00 America/New_York | " + month + ":1", "2020-03-08 03:30:00 America/New_York"},
		{"$subtract", "time(3)", "time(0):12:34:56 | " + day + ":46800000", "23:34:56.000"},
		{"$add", "time(3)", "time(0):00:00:00 | " + day + ":10000000000000", "13:58:32.049"},
		{"$add", "time(3) with time zone", "time(0) with time zone:00:00:00+00:00 | " + day + ":10000000000000", "13:58:32.049+00:00"},
		{"$subtract", day, "time(1) with time zone:19:00:00.0+03:00 | time(1) with time zone:09:00:00.0-14:00", "-0 07:00:00.000"},
		{"$multiply", day, day + ":1500 | double:2.5", "0 00:00:03.750"},
		{"$multiply", month, "bigint:3 | " + month + ":5", "1-3"},
		{"$divide", day, day + ":1000 | double:0", "INVALID_FUNCTION_ARGUMENT: Cannot divide by double 0.0"},
		{"$negate", day, day + ":1000", "-0 00:00:01.000"},
		{"$add", day, day + ":1000 | " + day + ":1", "0 00:00:01.001"},
		{"$add", day, day + ":1000 | " + month + ":1", "NO FORM"},
	})
}
