package function

// operatorFunctions are the arithmetic operators by their names in a plan. The
// comparisons need no table: they take two values of one type.
const operatorFunctions = `
$add(tinyint, tinyint) tinyint
$add(smallint, smallint) smallint
$add(integer, integer) integer
$add(bigint, bigint) bigint
$add(real, real) real
$add(double, double) double
$add(decimal(p, s), decimal(q, t)) decimal(r, u); u = max(s, t); r = min(38, max(p - s, q - t) + max(s, t) + 1)
$add(interval day to second, interval day to second) interval day to second
$add(interval year to month, interval year to month) interval year to month
$add(date, interval day to second) date
$add(interval day to second, date) date
$add(date, interval year to month) date
$add(interval year to month, date) date
$add(time(p), interval day to second) time(u); u = max(3, p)
$add(interval day to second, time(p)) time(u); u = max(3, p)
$add(time(p) with time zone, interval day to second) time(u) with time zone; u = max(3, p)
$add(interval day to second, time(p) with time zone) time(u) with time zone; u = max(3, p)
$add(timestamp(p), interval day to second) timestamp(u); u = max(3, p)
$add(interval day to second, timestamp(p)) timestamp(u); u = max(3, p)
$add(timestamp(p), interval year to month) timestamp(p)
$add(interval year to month, timestamp(p)) timestamp(p)
$add(timestamp(p) with time zone, interval day to second) timestamp(u) with time zone; u = max(3, p)
$add(interval day to second, timestamp(p) with time zone) timestamp(u) with time zone; u = max(3, p)
$add(timestamp(p) with time zone, interval year to month) timestamp(p) with time zone
$add(interval year to month, timestamp(p) with time zone) timestamp(p) with time zone

$subtract(tinyint, tinyint) tinyint
$subtract(smallint, smallint) smallint
$subtract(integer, integer) integer
$subtract(bigint, bigint) bigint
$subtract(real, real) real
$subtract(double, double) double
$subtract(decimal(p, s), decimal(q, t)) decimal(r, u); u = max(s, t); r = min(38, max(p - s, q - t) + max(s, t) + 1)
$subtract(interval day to second, interval day to second) interval day to second
$subtract(interval year to month, interval year to month) interval year to month
$subtract(time(p), time(p)) interval day to second
$subtract(time(p) with time zone, time(p) with time zone) interval day to second
$subtract(timestamp(p), timestamp(p)) interval day to second
$subtract(timestamp(p) with time zone, timestamp(p) with time zone) interval day to second
$subtract(date, interval day to second) date
$subtract(date, interval year to month) date
$subtract(time(p), interval day to second) time(u); u = max(3, p)
$subtract(time(p) with time zone, interval day to second) time(u) with time zone; u = max(3, p)
$subtract(timestamp(p), interval day to second) timestamp(u); u = max(3, p)
$subtract(timestamp(p), interval year to month) timestamp(p)
$subtract(timestamp(p) with time zone, interval day to second) timestamp(u) with time zone; u = max(3, p)
$subtract(timestamp(p) with time zone, interval year to month) timestamp(p) with time zone

$multiply(tinyint, tinyint) tinyint
$multiply(smallint, smallint) smallint
$multiply(integer, integer) integer
$multiply(bigint, bigint) bigint
$multiply(real, real) real
$multiply(double, double) double
$multiply(decimal(p, s), decimal(q, t)) decimal(r, u); u = s + t; r = min(38, p + q)
$multiply(interval day to second, bigint) interval day to second
$multiply(bigint, interval day to second) interval day to second
$multiply(interval day to second, double) interval day to second
$multiply(double, interval day to second) interval day to second
$multiply(interval year to month, bigint) interval year to month
$multiply(bigint, interval year to month) interval year to month
$multiply(interval year to month, double) interval year to month
$multiply(double, interval year to month) interval year to month

$divide(tinyint, tinyint) tinyint
$divide(smallint, smallint) smallint
$divide(integer, integer) integer
$divide(bigint, bigint) bigint
$divide(real, real) real
$divide(double, double) double
$divide(decimal(p, s), decimal(q, t)) decimal(r, u); u = max(s, t); r = min(38, p + t + max(t - s, 0))
$divide(interval day to second, double) interval day to second
$divide(interval year to month, double) interval year to month

$modulus(tinyint, tinyint) tinyint
$modulus(smallint, smallint) smallint
$modulus(integer, integer) integer
$modulus(bigint, bigint) bigint
$modulus(real, real) real
$modulus(double, double) double
$modulus(decimal(p, s), decimal(q, t)) decimal(r, u); u = max(s, t); r = min(q - t, p - s) + max(s, t)

$negate(tinyint) tinyint
$negate(smallint) smallint
$negate(integer) integer
$negate(bigint) bigint
$negate(real) real
$negate(double) double
$negate(decimal(p, s)) decimal(p, s)
$negate(interval day to second) interval day to second
$negate(interval year to month) interval year to month

$subscript(array(E), bigint) E
$subscript(map(K, V), K) V

$at_timezone(timestamp(p) with time zone, varchar(x)) timestamp(p) with time zone
$at_timezone(timestamp(p) with time zone, interval day to second) timestamp(p) with time zone
$at_timezone(time(p) with time zone, varchar(x)) time(p) with time zone
$at_timezone(time(p) with time zone, interval day to second) time(p) with time zone
`
