package function

import "strings"

// temporalFunctions are functions of dates, times and intervals, without those
// that take one part out of them.
const temporalFunctions = `
at_timezone(timestamp(p) with time zone, varchar(x)) timestamp(p) with time zone
at_timezone(timestamp(p) with time zone, interval day to second) timestamp(p) with time zone
current_timezone() varchar
date(varchar(x)) date
date(timestamp(p)) date
date(timestamp(p) with time zone) date
date_add(varchar(x), bigint, date) date
date_add(varchar(x), bigint, time(p)) time(p)
date_add(varchar(x), bigint, time(p) with time zone) time(p) with time zone
date_add(varchar(x), bigint, timestamp(p)) timestamp(p)
date_add(varchar(x), bigint, timestamp(p) with time zone) timestamp(p) with time zone
date_diff(varchar(x), date, date) bigint
date_diff(varchar(x), time(p), time(p)) bigint
date_diff(varchar(x), time(p) with time zone, time(p) with time zone) bigint
date_diff(varchar(x), timestamp(p), timestamp(p)) bigint
date_diff(varchar(x), timestamp(p) with time zone, timestamp(p) with time zone) bigint
date_format(timestamp(p), varchar(x)) varchar
date_format(timestamp(p) with time zone, varchar(x)) varchar
date_parse(varchar(x), varchar(y)) timestamp(3)
date_trunc(varchar(x), date) date
date_trunc(varchar(x), time(p)) time(p)
date_trunc(varchar(x), time(p) with time zone) time(p) with time zone
date_trunc(varchar(x), timestamp(p)) timestamp(p)
date_trunc(varchar(x), timestamp(p) with time zone) timestamp(p) with time zone
format_datetime(timestamp(p), varchar(x)) varchar
format_datetime(timestamp(p) with time zone, varchar(x)) varchar
from_iso8601_date(varchar(x)) date
from_iso8601_timestamp(varchar(x)) timestamp(3) with time zone
from_iso8601_timestamp_nanos(varchar(x)) timestamp(9) with time zone
from_unixtime(double) timestamp(3) with time zone
from_unixtime(double, bigint, bigint) timestamp(3) with time zone
from_unixtime(double, varchar(x)) timestamp(3) with time zone
from_unixtime_nanos(bigint) timestamp(9) with time zone
from_unixtime_nanos(decimal(p, s)) timestamp(9) with time zone
last_day_of_month(date) date
last_day_of_month(timestamp(p)) date
last_day_of_month(timestamp(p) with time zone) date
now() timestamp(3) with time zone
parse_datetime(varchar(x), varchar(y)) timestamp(3) with time zone
parse_duration(varchar(x)) interval day to second
timezone(timestamp(p) with time zone) varchar
timezone(time(p) with time zone) varchar
timezone_hour(timestamp(p) with time zone) bigint
timezone_hour(time(p) with time zone) bigint
timezone_minute(timestamp(p) with time zone) bigint
timezone_minute(time(p) with time zone) bigint
to_date(varchar(x), varchar(y)) date
to_iso8601(date) varchar(16)
to_iso8601(timestamp(p)) varchar(n); n = 22 + p + min(p, 1)
to_iso8601(timestamp(p) with time zone) varchar(n); n = 28 + p + min(p, 1)
to_milliseconds(interval day to second) bigint
to_timestamp(varchar(x), varchar(y)) timestamp(3)
to_unixtime(timestamp(p)) double
to_unixtime(timestamp(p) with time zone) double
with_timezone(timestamp(p), varchar(x)) timestamp(p) with time zone
`

// temporalParts are the functions that take one part out of a date, a time or
// an interval: each for all the types that have the part.
func temporalParts() string {
	const (
		dates  = "date|timestamp(p)|timestamp(p) with time zone"
		clocks = "timestamp(p)|timestamp(p) with time zone|time(p)|time(p) with time zone|interval day to second"
	)
	var b strings.Builder
	for _, part := range []struct{ name, types string }{
		{"year", dates + "|interval year to month"},
		{"quarter", dates},
		{"month", dates + "|interval year to month"},
		{"week", dates},
		{"day", dates + "|interval day to second"},
		{"day_of_week", dates},
		{"day_of_year", dates},
		{"year_of_week", dates},
		{"hour", clocks},
		{"minute", clocks},
		{"second", clocks},
		{"millisecond", clocks},
	} {
		for t := range strings.SplitSeq(part.types, "|") {
			b.WriteString(part.name + "(" + t + ") bigint\n")
		}
	}
	return b.String()
}
