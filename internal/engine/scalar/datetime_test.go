package scalar_test

import "testing"

func TestExtract(t *testing.T) {
	runCalls(t, []call{
		{"year", "bigint", "date:-0001-12-31", "-1"},
		{"$extract_quarter", "bigint", "date:2020-05-10", "2"},
		{"week", "bigint", "date:2020-12-31", "53"},
		{"year_of_week", "bigint", "date:2021-01-01", "2020"},
		{"day_of_week", "bigint", "date:2020-05-10", "7"},
		{"day_of_year", "bigint", "date:2020-12-31", "366"},
		{"hour", "bigint", "timestamp(3) with time zone:2020-05-10 01:00 Asia/Seoul", "1"},
		{"millisecond", "bigint", "timestamp(12):2020-05-10 12:34:56.123999999999", "123"},
		{"second", "bigint", "timestamp(3):1969-12-31 23:59:58.500", "58"},
		{"timezone_hour", "bigint", "timestamp(0) with time zone:2020-05-10 12:34:56 -08:35", "-8"},
		{"timezone_minute", "bigint", "time(0) with time zone:12:34:56-08:35", "-35"},
		{"day", "bigint", "interval day to second:-90000000", "-1"},
		{"month", "bigint", "interval year to month:15", "3"},
		{"hour", "bigint", "date:2020-05-10", "NO FORM"},
		{"year", "bigint", "time(0):12:34:56", "NO FORM"},
	})
}

func TestDateTrunc(t *testing.T) {
	runCalls(t, []call{
		{"date_trunc", "date", "varchar:QUARTER | date:2001-08-22", "2001-07-01"},
		{"date_trunc", "date", "varchar:hour | date:2001-08-22", "INVALID_FUNCTION_ARGUMENT: 'hour' is not a valid DATE field"},
		{"date_trunc", "timestamp(1)", "varchar:week | timestamp(1):2020-05-10 12:34:56.1", "2020-05-04 00:00:00.0"},
		{"date_trunc", "timestamp(12)", "varchar:millisecond | timestamp(12):1969-12-31 23:59:59.123456789012", "1969-12-31 23:59:59.123000000000"},
		{"date_trunc", "timestamp(0) with time zone", "varchar:day | timestamp(0) with time zone:2020-05-10 01:34:56 Asia/Kathmandu", "2020-05-10 00:00:00 Asia/Kathmandu"},
		{"date_trunc", "timestamp(0) with time zone", "varchar:hour | timestamp(0) with time zone:2020-05-10 01:34:56 Asia/Kathmandu", "2020-05-10 01:00:00 Asia/Kathmandu"},
		{"date_trunc", "time(4)", "varchar:second | time(4):12:34:56.1111", "12:34:56.0000"},
		{"date_trunc", "time(4)", "varchar:day | time(4):12:34:56.1111", "INVALID_FUNCTION_ARGUMENT: 'day' is not a valid TIME field"},
	})
}

func TestDateAddAndDiff(t *testing.T) {
	runCalls(t, []call{
		{"date_add", "date", "varchar:month | bigint:1 | date:2020-01-31", "2020-02-29"},
		{"date_add", "timestamp(0)", "varchar:millisecond | bigint:500 | timestamp(0):2020-05-10 12:34:56", "2020-05-10 12:34:57"},
		{"date_add", "timestamp(9)", "varchar:day | bigint:-1 | timestamp(9):2020-03-01 12:34:56.123456789", "2020-02-29 12:34:56.123456789"},
		{"date_add", "timestamp(3)", "varchar:day | bigint:3000000000 | timestamp(3):2020-03-01 00:00:00", "INVALID_FUNCTION_ARGUMENT: integer overflow"},
		{"date_add", "timestamp(0) with time zone", "varchar:day | bigint:1 | timestamp(0) with time zone:2020-03-07 02:30:00 America/New_York", "2020-03-08 03:30:00 America/New_York"},
		{"date_add", "time(0)", "varchar:hour | bigint:8761 | time(0):12:34:56", "13:34:56"},
		{"date_diff", "bigint", "varchar:day | timestamp(0):2001-01-31 19:34:55 | timestamp(0):2005-09-10 13:31:00", "1682"},
		{"date_diff", "bigint", "varchar:day | timestamp(0):2020-01-02 00:00:00 | timestamp(0):2020-01-01 01:00:00", "0"},
		{"date_diff", "bigint", "varchar:month | date:2020-01-31 | date:2020-02-29", "1"},
		{"date_diff", "bigint", "varchar:month | date:2020-01-31 | date:2020-02-28", "0"},
		{"date_diff", "bigint", "varchar:month | date:2020-02-29 | date:2020-01-31", "-1"},
		{"date_diff", "bigint", "varchar:year | date:2020-02-29 | date:2021-02-28", "1"},
		{"date_diff", "bigint", "varchar:quarter | date:1960-05-03 | date:2001-08-22", "165"},
		{"date_diff", "bigint", "varchar:second | time(0) with time zone:00:00:00+14:00 | time(0) with time zone:00:00:00-14:00", "14400"},
		{"date_diff", "bigint", "varchar:day | timestamp(0) with time zone:2020-03-07 12:00 America/New_York | timestamp(0) with time zone:2020-03-08 12:00 America/New_York", "1"},
		{"last_day_of_month", "date", "timestamp(3):2020-02-03 04:05:06", "2020-02-29"},
	})
}

func TestUnixtimeAndZones(t *testing.T) {
	const tz3, tz9 = "timestamp(3) with time zone", "timestamp(9) with time zone"
	runCalls(t, []call{
		{"from_unixtime", tz3, "double:1.5", "1970-01-01 00:00:01.500 UTC"},
		{"from_unixtime", tz3, "double:123456789123456789", "INVALID_FUNCTION_ARGUMENT: Millis overflow: 9223372036854775807"},
		{"from_unixtime", tz3, "double:7200 | varchar:Europe/Kiev", "1970-01-01 05:00:00.000 Europe/Kiev"},
		{"from_unixtime", tz3, "double:0 | bigint:-7 | bigint:-9", "1969-12-31 16:51:00.000 -07:09"},
		{"from_unixtime", tz3, "double:0 | bigint:1 | bigint:10000", "INVALID_FUNCTION_ARGUMENT: Invalid offset minutes 10060"},
		{"from_unixtime_nanos", tz9, "bigint:-999999999", "1969-12-31 23:59:59.000000001 UTC"},
		{"from_unixtime_nanos", tz9, "decimal(7,3):1234.500", "1970-01-01 00:00:00.000001235 UTC"},
		{"to_unixtime", "double", tz3 + ":2020-05-10 12:34:56.1 Asia/Kathmandu", "1.5890933961E9"},
		{"at_timezone", tz3, tz3 + ":2020-05-01 12:34:56 +07:09 | varchar:America/Los_Angeles", "2020-04-30 22:25:56.000 America/Los_Angeles"},
		{"at_timezone", tz3, tz3 + ":2020-05-01 12:34:56 +07:09 | varchar:Mars", "INVALID_FUNCTION_ARGUMENT: 'Mars' is not a valid time zone"},
		{"at_timezone", "time(0) with time zone", "time(0) with time zone:01:23:45+00:00 | interval day to second:-50400000", "11:23:45-14:00"},
		{"with_timezone", tz3, "timestamp(3):2001-08-22 03:04:05.321 | varchar:-14", "2001-08-22 03:04:05.321 -14:00"},
		{"with_timezone", tz3, "timestamp(3):2001-08-22 03:04:05.321 | varchar:Etc/GMT-9", "2001-08-22 03:04:05.321 +09:00"},
		{"with_timezone", tz3, "timestamp(3):2001-08-22 03:04:05.321 | varchar:GMT0", "2001-08-22 03:04:05.321 UTC"},
		{"with_timezone", tz3, "timestamp(3):2001-08-22 03:04:05.321 | varchar:", "GENERIC_INTERNAL_ERROR: Zone id is an empty string"},
		{"with_timezone", tz3, "timestamp(3):2001-08-22 03:04:05.321 | varchar:Local", "INVALID_FUNCTION_ARGUMENT: 'Local' is not a valid time zone"},
		{"timezone", "varchar", tz3 + ":2024-01-01 12:00:00 -08:00", "-08:00"},
		{"current_timezone", "varchar", "", "UTC"},
	})
}

func TestFormats(t *testing.T) {
	const tz3 = "timestamp(3) with time zone"
	const ts = "timestamp(3):2001-01-09 13:04:05.321 | varchar:"
	runCalls(t, []call{
		{"date_format", "varchar", ts + "%a %b %c %d %e %f %H %h %I %i %j %k %l", "Tue Jan 1 09 9 321000 13 01 01 04 009 13 1"},
		{"date_format", "varchar", ts + "%M %m %p %r %S %s %T %v %W %x %Y %y %% %g", "January 01 PM 01:04:05 PM 05 05 13:04:05 02 Tuesday 2001 2001 01 % g"},
		{"date_format", "varchar", ts + "%Y년", "2001년"},
		{"date_format", "varchar", ts + "%D", "INVALID_FUNCTION_ARGUMENT: %D not supported in date format string"},
		{"date_format", "varchar", ts, "INVALID_FUNCTION_ARGUMENT: Both printing and parsing not supported"},
		{"date_parse", "timestamp(3)", "varchar:28-JAN-16 11.45.46.421000 PM | varchar:%d-%b-%y %l.%i.%s.%f %p", "2016-01-28 23:45:46.421"},
		{"date_parse", "timestamp(3)", "varchar:2013 14 | varchar:%Y %y", "2014-01-01 00:00:00.000"},
		{"date_parse", "timestamp(3)", "varchar:1.2006 | varchar:%s.%f", "1970-01-01 00:00:01.200"},
		{"date_parse", "timestamp(3)", "varchar:5/6 | varchar:%c/%e", "2000-05-06 00:00:00.000"},
		{"date_parse", "timestamp(3)", "varchar:2013-13-01 | varchar:%Y-%m-%d", "INVALID_FUNCTION_ARGUMENT: Cannot parse \"2013-13-01\": Value 13 for monthOfYear must be in the range [1,12]"},
		{"date_parse", "timestamp(3)", "varchar:2013-05-17 x | varchar:%Y-%m-%d", "INVALID_FUNCTION_ARGUMENT: Invalid format: \"2013-05-17 x\" is malformed at \" x\""},
		{"date_parse", "timestamp(3)", "varchar:2013-05 | varchar:%Y-%m-%d", "INVALID_FUNCTION_ARGUMENT: Invalid format: \"2013-05\" is too short"},
		{"date_parse", "timestamp(3)", "varchar:2020-53 | varchar:%x-%v", "2020-12-28 00:00:00.000"},
		{"format_datetime", "varchar", "timestamp(3):2001-01-09 13:04:05.321 | varchar:EEEE, d MMM yyyy 'at' h 'o''clock' a", "Tuesday, 9 Jan 2001 at 1 o'clock PM"},
		{"format_datetime", "varchar", "timestamp(6):2001-01-09 13:04:05.3215 | varchar:yy-DDD xxxx-'W'ww-e HH:mm:ss.SSSSSS k K", "01-009 2001-W02-2 13:04:05.322000 13 1"},
		{"format_datetime", "varchar", "timestamp(3):2001-01-09 13:04:05.321 | varchar:Z", "INVALID_FUNCTION_ARGUMENT: format_datetime for TIMESTAMP type, cannot use 'Z' nor 'z' in format, as this type does not contain TZ information"},
		{"format_datetime", "varchar", tz3 + ":2020-05-10 12:34:56.1 Asia/Kathmandu | varchar:HH:mm:ss.SSS Z ZZ ZZZ", "12:34:56.100 +0545 +05:45 Asia/Kathmandu"},
		{"format_datetime", "varchar", "timestamp(3):2001-01-09 13:04:05.321 | varchar:q", "INVALID_FUNCTION_ARGUMENT: Illegal pattern component: q"},
		{"parse_datetime", tz3, "varchar:1960/01/22 03:04 +0500 | varchar:yyyy/MM/dd HH:mm Z", "1960-01-22 03:04:00.000 +05:00"},
		{"parse_datetime", tz3, "varchar:1960/01/22 03:04 Asia/Oral | varchar:yyyy/MM/dd HH:mm ZZZZZ", "1960-01-22 03:04:00.000 Asia/Oral"},
		{"parse_datetime", tz3, "varchar:22/Aug/2020:11:06:02 +09:00 | varchar:dd/MMM/yyyy:HH:mm:ss Z", "2020-08-22 11:06:02.000 +09:00"},
		{"parse_datetime", tz3, "varchar:2020-08-18T03:04:05Z | varchar:yyyy-MM-dd'T'HH:mm:ss'Z'", "2020-08-18 03:04:05.000 UTC"},
		{"parse_datetime", tz3, "varchar:20200818 | varchar:yyyyMMdd", "2020-08-18 00:00:00.000 UTC"},
		{"parse_datetime", tz3, "varchar:2020-03-08 02:30 America/New_York | varchar:yyyy-MM-dd HH:mm ZZZ", "INVALID_FUNCTION_ARGUMENT: Cannot parse \"2020-03-08 02:30 America/New_York\": Illegal instant due to time zone offset transition (America/New_York)"},
	})
}

func TestISO8601(t *testing.T) {
	const tz3, tz9 = "timestamp(3) with time zone", "timestamp(9) with time zone"
	runCalls(t, []call{
		{"to_iso8601", "varchar(16)", "date:2001-08-22", "2001-08-22"},
		{"to_iso8601", "varchar(34)", "timestamp(11):2020-05-01 12:34:56.12345678901", "2020-05-01T12:34:56.12345678901"},
		{"to_iso8601", "varchar(30)", "timestamp(1) with time zone:2020-05-01 12:34:56.1 Asia/Kathmandu", "2020-05-01T12:34:56.1+05:45"},
		{"to_iso8601", "varchar(30)", "timestamp(0) with time zone:2020-05-01 12:34:56 UTC", "2020-05-01T12:34:56Z"},
		{"from_iso8601_timestamp", tz3, "varchar:2001-08-22T03:04:05.321-11:00", "2001-08-22 03:04:05.321 -11:00"},
		{"from_iso8601_timestamp", tz3, "varchar:2001-08-22T03:04:05Z", "2001-08-22 03:04:05.000 UTC"},
		{"from_iso8601_timestamp", tz3, "varchar:2020-W10-3", "2020-03-04 00:00:00.000 UTC"},
		{"from_iso8601_timestamp", tz3, "varchar:2020-123T10.5", "2020-05-02 10:30:00.000 UTC"},
		{"from_iso8601_timestamp", tz3, "varchar:T10:45", "1970-01-01 10:45:00.000 UTC"},
		{"from_iso8601_timestamp", tz3, "varchar:2001-08-22 03:04:05", "INVALID_FUNCTION_ARGUMENT: Invalid format: \"2001-08-22 03:04:05\""},
		{"from_iso8601_timestamp", tz3, "varchar:115023-03-21T10:45:30.00Z", "INVALID_FUNCTION_ARGUMENT: Millis overflow: 3567614928330000"},
		{"from_iso8601_timestamp_nanos", tz9, "varchar:2001-08-22T12:34:56.123456789+01:00", "2001-08-22 12:34:56.123456789 +01:00"},
		{"from_iso8601_date", "date", "varchar:2001-08", "2001-08-01"},
		{"from_iso8601_date", "date", "varchar:2001-W34-3", "2001-08-22"},
		{"from_iso8601_date", "date", "varchar:2001-02-30", "INVALID_FUNCTION_ARGUMENT: Cannot parse \"2001-02-30\": Value 30 for dayOfMonth must be in the range [1,28]"},
	})
}
