package scalar

import (
	"unicode/utf8"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/value"
)

// dateFormatFamily returns the functions between times and text.
func dateFormatFamily() map[string]binder {
	return map[string]binder{
		"date_format":                  bindFormat(parseMySQL, false),
		"date_parse":                   bindDateParse,
		"format_datetime":              bindFormat(parseJoda, true),
		"parse_datetime":               bindParseDatetime,
		"to_iso8601":                   bindToISO8601,
		"from_iso8601_timestamp":       on(fromISO8601Timestamp, datatype.Varchar),
		"from_iso8601_timestamp_nanos": on(fromISO8601Nanos, datatype.Varchar),
		"from_iso8601_date":            on(fromISO8601Date, datatype.Varchar),
	}
}

// pivotYear is the middle of the years that MySQL's %y means: 70 is 1970, 69 is 2069.
const pivotYear = 2020

func mysqlPivot() int { return pivotYear }

// parseMySQL compiles a format of date_format and date_parse.
func parseMySQL(pattern string) (format, error) {
	var f format
	escaped := false
	for _, c := range pattern {
		switch {
		case escaped:
			parts, err := mysqlParts(c)
			if err != nil {
				return nil, err
			}
			f = append(f, parts...)
			escaped = false
		case c == '%':
			escaped = true
		default:
			f = append(f, literal(utf8.AppendRune(nil, c)))
		}
	}
	if len(f) == 0 {
		return nil, errArgument("Both printing and parsing not supported")
	}
	return f, nil
}

// mysqlParts returns what stands for the specifier %c.
func mysqlParts(c rune) (format, error) {
	number := func(f calendarField, least, most int) format { return format{digits{field: f, min: least, max: most}} }
	switch c {
	case 'a', 'W':
		return format{name{field: fieldWeekday, short: c == 'a'}}, nil
	case 'b', 'M':
		return format{name{field: fieldMonth, short: c == 'b'}}, nil
	case 'c':
		return number(fieldMonth, 1, 2), nil
	case 'm':
		return number(fieldMonth, 2, 2), nil
	case 'd':
		return number(fieldDay, 2, 2), nil
	case 'e':
		return number(fieldDay, 1, 2), nil
	case 'f':
		return format{fraction{min: 6, max: 9}}, nil
	case 'H':
		return number(fieldHour, 2, 2), nil
	case 'k':
		return number(fieldHour, 1, 2), nil
	case 'h', 'I':
		return number(fieldHalfClockhour, 2, 2), nil
	case 'l':
		return number(fieldHalfClockhour, 1, 2), nil
	case 'i':
		return number(fieldMinute, 2, 2), nil
	case 'S', 's':
		return number(fieldSecond, 2, 2), nil
	case 'j':
		return number(fieldDayOfYear, 3, 3), nil
	case 'p':
		return format{name{field: fieldHalfday}}, nil
	case 'v':
		return number(fieldWeek, 2, 2), nil
	case 'x':
		return format{digits{field: fieldWeekyear, min: 4, max: 4, signed: true}}, nil
	case 'Y':
		return format{digits{field: fieldYear, min: 4, max: 4, signed: true}}, nil
	case 'y':
		return format{twoDigitYear{field: fieldYear, pivot: mysqlPivot}}, nil
	case 'T', 'r':
		return mysqlClock(c == 'r'), nil
	case 'w', 'U', 'u', 'V', 'X', 'D':
		return nil, errArgument("%%%c not supported in date format string", c)
	default:
		return format{literal(utf8.AppendRune(nil, c))}, nil
	}
}

// mysqlClock is %T, or %r with the halves of the day.
func mysqlClock(halves bool) format {
	hour := fieldHour
	if halves {
		hour = fieldHalfClockhour
	}
	f := format{
		digits{field: hour, min: 2, max: 2},
		literal(":"),
		digits{field: fieldMinute, min: 2, max: 2},
		literal(":"),
		digits{field: fieldSecond, min: 2, max: 2},
	}
	if halves {
		f = append(f, literal(" "), name{field: fieldHalfday})
	}
	return f
}

// bindFormat binds date_format and format_datetime of a timestamp. Formats go
// down to the millisecond, to which the value is rounded.
func bindFormat(parse func(pattern string) (format, error), checksZone bool) binder {
	return func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if len(params) != 2 || params[1].Kind != datatype.Varchar {
			return none()
		}
		formats := newMemo(parse)
		switch params[0].Kind {
		case datatype.Timestamp:
			return pure(func(args []any) (any, error) {
				ts, pattern := value.As[value.Timestamp](args[0]), value.As[string](args[1])
				if checksZone && namesZone(pattern) {
					return nil, errArgument("format_datetime for TIMESTAMP type, cannot use 'Z' nor 'z' in format, as this type does not contain TZ information")
				}
				return formatted(formats, pattern, ts.Micros, ts.Picos, value.Zone{Name: value.UTC})
			})
		case datatype.TimestampTZ:
			return pure(func(args []any) (any, error) {
				ts := value.As[value.TimestampTZ](args[0])
				return formatted(formats, value.As[string](args[1]), ts.Micros, ts.Picos, value.ZoneOf(ts.Zone))
			})
		default:
			return none()
		}
	}
}

func formatted(formats *memo[format], pattern string, micros int64, picos int32, z value.Zone) (any, error) {
	f, err := formats.get(pattern)
	if err != nil {
		return nil, err
	}
	micros, _ = roundInstant(micros, picos, 3)
	return textOrError(f.write(micros, z))
}

func textOrError(s string, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

// namesZone reports whether a pattern has a z or Z outside apostrophes.
func namesZone(pattern string) bool {
	for _, t := range jodaTokens(pattern) {
		if t.letter == 'z' || t.letter == 'Z' {
			return true
		}
	}
	return false
}

// bindDateParse binds date_parse(text, format): a timestamp(3).
func bindDateParse(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if !areKinds(params, datatype.Varchar, datatype.Varchar) {
		return none()
	}
	formats := newMemo(parseMySQL)
	return pure(func(args []any) (any, error) {
		f, err := formats.get(value.As[string](args[1]))
		if err != nil {
			return nil, err
		}
		millis, _, err := f.read(value.As[string](args[0]))
		if err != nil {
			return nil, err
		}
		micros, ok := multiplyExact(millis, value.MicrosPerMilli)
		if !ok {
			return nil, errArgument("long overflow")
		}
		return value.Timestamp{Micros: micros}, nil
	})
}

// bindParseDatetime binds parse_datetime(text, pattern): a timestamp(3) with time zone.
func bindParseDatetime(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if !areKinds(params, datatype.Varchar, datatype.Varchar) {
		return none()
	}
	formats := newMemo(parseJoda)
	return pure(func(args []any) (any, error) {
		f, err := formats.get(value.As[string](args[1]))
		if err != nil {
			return nil, err
		}
		millis, z, err := f.read(value.As[string](args[0]))
		if err != nil {
			return nil, err
		}
		return zonedMillis(millis, z.Name)
	})
}
