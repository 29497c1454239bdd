package joda

import (
	"time"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// pivotYear is the middle of the years that MySQL's %y means: 70 is 1970, 69 is 2069.
const pivotYear = 2020

func mysqlPivot(time.Time) int { return pivotYear }

// CompileMySQL compiles a format of date_format and date_parse.
func CompileMySQL(pattern string) (Format, error) {
	var f Format
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
		return nil, sqlerr.Argument("Both printing and parsing not supported")
	}
	return f, nil
}

// mysqlParts returns what stands for the specifier %c.
func mysqlParts(c rune) (Format, error) {
	number := func(f calendarField, least, most int) Format { return Format{digits{field: f, min: least, max: most}} }
	switch c {
	case 'a', 'W':
		return Format{name{field: fieldWeekday, short: c == 'a'}}, nil
	case 'b', 'M':
		return Format{name{field: fieldMonth, short: c == 'b'}}, nil
	case 'c':
		return number(fieldMonth, 1, 2), nil
	case 'm':
		return number(fieldMonth, 2, 2), nil
	case 'd':
		return number(fieldDay, 2, 2), nil
	case 'e':
		return number(fieldDay, 1, 2), nil
	case 'f':
		return Format{fraction{min: 6, max: 9}}, nil
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
		return Format{name{field: fieldHalfday}}, nil
	case 'v':
		return number(fieldWeek, 2, 2), nil
	case 'x':
		return Format{digits{field: fieldWeekyear, min: 4, max: 4, signed: true}}, nil
	case 'Y':
		return Format{digits{field: fieldYear, min: 4, max: 4, signed: true}}, nil
	case 'y':
		return Format{twoDigitYear{field: fieldYear, pivot: mysqlPivot}}, nil
	case 'T', 'r':
		return mysqlClock(c == 'r'), nil
	case 'w', 'U', 'u', 'V', 'X', 'D':
		return nil, sqlerr.Argument("%%%c not supported in date format string", c)
	default:
		return Format{literal(utf8.AppendRune(nil, c))}, nil
	}
}

// mysqlClock is %T, or %r with the halves of the day.
func mysqlClock(halves bool) Format {
	hour := fieldHour
	if halves {
		hour = fieldHalfClockhour
	}
	f := Format{
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
