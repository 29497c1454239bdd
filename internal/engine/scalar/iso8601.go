package scalar

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/engine/scalar/joda"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// bindToISO8601 binds to_iso8601 of a date or a timestamp.
func bindToISO8601(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 1 {
		return none()
	}
	p := params[0].Precision
	switch params[0].Kind {
	case datatype.Date:
		return converts(func(day int64) (any, error) { return value.DateText(day), nil })
	case datatype.Timestamp:
		return converts(func(ts value.Timestamp) (any, error) { return value.TimestampText(ts.Micros, ts.Picos, p, "T"), nil })
	case datatype.TimestampTZ:
		return converts(func(ts value.TimestampTZ) (any, error) { return zonedISO8601(ts, p) })
	default:
		return none()
	}
}

func zonedISO8601(ts value.TimestampTZ, precision int) (any, error) {
	z := value.ZoneOf(ts.Zone)
	offset := z.OffsetMicros(ts.Micros)
	s := value.TimestampText(ts.Micros+offset, ts.Picos, precision, "T")
	switch {
	case offset == 0:
		return s + "Z", nil
	case offset%value.MicrosPerMinute != 0:
		return nil, sqlerr.New("INVALID_ARGUMENTS", "Timezone with non-zero seconds offset cannot be rendered as ISO8601: %s", z.Name)
	default:
		return s + value.OffsetText(int(offset/value.MicrosPerMinute)), nil
	}
}

var isoNanosPattern = regexp.MustCompile(
	`^(\d{4}|\+\d{5,10}|-\d{4,10})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{0,9}))?)?(Z|z|[+-]\d\d:\d\d(?::\d\d)?)?(?:\[([^\]]+)\])?$`)

func fromISO8601Date(args []any) (any, error) {
	return intOrError(joda.ParseISODate(value.As[string](args[0])))
}

func fromISO8601Timestamp(args []any) (any, error) {
	millis, z, err := joda.ParseISOTimestamp(value.As[string](args[0]))
	if err != nil {
		return nil, err
	}
	return zonedMillis(millis, z.Name)
}

// intOrError returns n as a value unless there is an error.
func intOrError(n int64, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return n, nil
}

func fromISO8601Nanos(args []any) (any, error) {
	s := value.As[string](args[0])
	bad := sqlerr.Argument("Text '%s' could not be parsed", s)
	m := isoNanosPattern.FindStringSubmatch(s)
	if m == nil {
		return nil, bad
	}
	year, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil || year > value.MaxTimestampYear || year < -value.MaxTimestampYear {
		return nil, bad
	}
	day, ok := value.ValidDay(year, value.Digits(m[2]), value.Digits(m[3]))
	hour, minute, second := value.Digits(m[4]), value.Digits(m[5]), value.Digits(m[6])
	if !ok || hour > 23 || minute > 59 || second > 59 {
		return nil, bad
	}
	z, ok := isoNanosZone(m[8], m[9])
	if !ok {
		return nil, bad
	}
	nanos := int64(value.Digits((m[7] + strings.Repeat("0", 9))[:9]))
	local := (day*86_400 + int64(hour*3600+minute*60+second)) * value.MicrosPerSecond
	micros := z.InstantZoned(local) + nanos/1000
	return value.TimestampTZ{Micros: micros, Picos: int32(nanos % 1000 * 1000), Zone: z.Name}, nil
}

// isoNanosZone returns the zone of an offset, of a name in brackets or the session's.
func isoNanosZone(offset, name string) (value.Zone, bool) {
	switch {
	case name != "":
		return value.FindZone(name)
	case offset != "":
		return value.FindZone(strings.ToUpper(offset))
	default:
		return value.Zone{Name: value.UTC}, true
	}
}
