package scalar

import (
	"math/big"
	"regexp"
	"strconv"
	"strings"

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

// The parts of ISO 8601 that Joda-Time's parsers take.
const (
	isoDate = `([+-]?\d{1,9})(?:-(?:W(\d{1,2})(?:-(\d))?|(\d{1,2})(?:-(\d{1,2}))?|(\d{3})))?`
	isoTime = `(\d{1,2})(?:[.,](\d{1,9})|:(\d{1,2})(?:[.,](\d{1,9})|:(\d{1,2})(?:[.,](\d{1,9}))?)?)?`
	isoZone = `([Zz]|[+-]\d\d(?::\d\d(?::\d\d)?|\d\d(?:\d\d)?)?)`
)

var (
	isoDatePattern      = regexp.MustCompile(`^` + isoDate + `$`)
	isoTimestampPattern = regexp.MustCompile(`^(?:` + isoDate + `(?:[Tt](?:` + isoTime + `)?` + isoZone + `?)?|[Tt]` + isoTime + isoZone + `?)$`)
	isoNanosPattern     = regexp.MustCompile(
		`^(\d{4}|\+\d{5,10}|-\d{4,10})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{0,9}))?)?(Z|z|[+-]\d\d:\d\d(?::\d\d)?)?(?:\[([^\]]+)\])?$`)
)

func fromISO8601Date(args []any) (any, error) {
	s := value.As[string](args[0])
	m := isoDatePattern.FindStringSubmatch(s)
	if m == nil {
		return nil, errArgument("Invalid format: \"%s\"", s)
	}
	r := &reading{zone: value.Zone{Name: value.UTC}}
	if err := r.saveISODate(s, m[1:7]); err != nil {
		return nil, err
	}
	millis, _, err := r.instant(s)
	if err != nil {
		return nil, err
	}
	return value.FloorDiv(millis, value.MillisPerDay), nil
}

func fromISO8601Timestamp(args []any) (any, error) {
	s := value.As[string](args[0])
	m := isoTimestampPattern.FindStringSubmatch(s)
	if m == nil {
		return nil, errArgument("Invalid format: \"%s\"", s)
	}
	const dateGroups, timeGroups = 6, 6
	clockAt := 1 + dateGroups
	zoneText := m[clockAt+timeGroups]
	if m[1] == "" {
		clockAt += timeGroups + 1
		zoneText = m[clockAt+timeGroups]
	}
	r := &reading{zone: value.Zone{Name: value.UTC}}
	if err := r.saveISODate(s, m[1:7]); err != nil {
		return nil, err
	}
	extra, err := r.saveISOTime(m[clockAt : clockAt+timeGroups])
	if err != nil {
		return nil, err
	}
	if zoneText != "" && (offsetPart{}).read(r, zoneText, 0) != len(zoneText) {
		return nil, errArgument("Invalid format: \"%s\"", s)
	}
	millis, z, err := r.instant(s)
	if err != nil {
		return nil, err
	}
	return zonedMillis(millis+extra, z.Name)
}

// saveISODate saves year, week and its day, month and day, and day of the year.
func (r *reading) saveISODate(text string, m []string) error {
	for i, f := range [6]calendarField{fieldYear, fieldWeek, fieldWeekday, fieldMonth, fieldDay, fieldDayOfYear} {
		if m[i] == "" {
			continue
		}
		n, err := strconv.ParseInt(m[i], 10, 64)
		if err != nil {
			return errArgument("Invalid format: \"%s\"", text)
		}
		if f == fieldYear && m[1] != "" {
			f = fieldWeekyear
		}
		r.save(f, n)
	}
	return nil
}

// saveISOTime saves hour, minute and second, and returns what a fraction of the
// last of them adds.
func (r *reading) saveISOTime(m []string) (extra int64, err error) {
	for i, f := range [3]calendarField{fieldHour, fieldMinute, fieldSecond} {
		val, part := [3]string{m[0], m[2], m[4]}[i], [3]string{m[1], m[3], m[5]}[i]
		if val != "" {
			r.save(f, int64(value.Digits(val)))
		}
		if part != "" {
			n, ok := new(big.Int).SetString(part, 10)
			if !ok {
				return 0, errArgument("Invalid format: \"%s\"", part)
			}
			n.Mul(n, big.NewInt(f.info().unit))
			extra = n.Quo(n, value.PowerOfTen(len(part))).Int64()
		}
	}
	return extra, nil
}

func fromISO8601Nanos(args []any) (any, error) {
	s := value.As[string](args[0])
	bad := errArgument("Text '%s' could not be parsed", s)
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
