package scalar

import (
	"github.com/sillok/sillok/internal/engine/scalar/joda"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// dateFormatFamily returns the functions between times and text.
func dateFormatFamily() map[string]binder {
	return map[string]binder{
		"date_format":                  bindFormat(joda.CompileMySQL, false),
		"date_parse":                   bindDateParse,
		"format_datetime":              bindFormat(joda.Compile, true),
		"parse_datetime":               bindParseDatetime,
		"to_iso8601":                   bindToISO8601,
		"from_iso8601_timestamp":       on(fromISO8601Timestamp, datatype.Varchar),
		"from_iso8601_timestamp_nanos": on(fromISO8601Nanos, datatype.Varchar),
		"from_iso8601_date":            on(fromISO8601Date, datatype.Varchar),
	}
}

// bindFormat binds date_format and format_datetime of a timestamp. Formats go
// down to the millisecond, to which the value is rounded.
func bindFormat(parse func(pattern string) (joda.Format, error), checksZone bool) binder {
	return func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if len(params) != 2 || params[1].Kind != datatype.Varchar {
			return none()
		}
		formats := newMemo(parse)
		switch params[0].Kind {
		case datatype.Timestamp:
			return pure(func(args []any) (any, error) {
				ts, pattern := value.As[value.Timestamp](args[0]), value.As[string](args[1])
				if checksZone && joda.NamesZone(pattern) {
					return nil, sqlerr.Argument("format_datetime for TIMESTAMP type, cannot use 'Z' nor 'z' in format, as this type does not contain TZ information")
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

func formatted(formats *memo[joda.Format], pattern string, micros int64, picos int32, z value.Zone) (any, error) {
	f, err := formats.get(pattern)
	if err != nil {
		return nil, err
	}
	micros, _ = roundInstant(micros, picos, 3)
	return textOrError(f.Write(micros, z))
}

func textOrError(s string, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

// bindDateParse binds date_parse(text, format): a timestamp(3).
func bindDateParse(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if !areKinds(params, datatype.Varchar, datatype.Varchar) {
		return none()
	}
	formats := newMemo(joda.CompileMySQL)
	return working(func(w *work.Work, args []any) (any, error) {
		f, err := formats.get(value.As[string](args[1]))
		if err != nil {
			return nil, err
		}
		millis, _, err := f.Read(value.As[string](args[0]), w.Now())
		if err != nil {
			return nil, err
		}
		micros, ok := multiplyExact(millis, value.MicrosPerMilli)
		if !ok {
			return nil, sqlerr.Argument("long overflow")
		}
		return value.Timestamp{Micros: micros}, nil
	})
}

// bindParseDatetime binds parse_datetime(text, pattern): a timestamp(3) with time zone.
func bindParseDatetime(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if !areKinds(params, datatype.Varchar, datatype.Varchar) {
		return none()
	}
	formats := newMemo(joda.Compile)
	return working(func(w *work.Work, args []any) (any, error) {
		f, err := formats.get(value.As[string](args[1]))
		if err != nil {
			return nil, err
		}
		millis, z, err := f.Read(value.As[string](args[0]), w.Now())
		if err != nil {
			return nil, err
		}
		return zonedMillis(millis, z.Name)
	})
}
