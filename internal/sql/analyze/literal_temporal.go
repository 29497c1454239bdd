package analyze

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones are known on any machine

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/value"
)

var (
	dateText      = regexp.MustCompile(`^\s*([-+]?\d{4,})-(\d{1,2})-(\d{1,2})\s*$`)
	timeText      = regexp.MustCompile(`^(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?\s*(?:([+-])(\d\d):?(\d\d))?$`)
	timestampText = regexp.MustCompile(`^([-+]?\d{4,})-(\d{1,2})-(\d{1,2})( (?:(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?)?\s*(.+)?)?$`)
	offsetText    = regexp.MustCompile(`^(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d{2}))?$`)
)

const (
	picosPerSecond  = 1_000_000_000_000
	microsPerSecond = 1_000_000
	picosPerMicro   = 1_000_000
	secondsPerDay   = 86400
	maxYear         = 290_000 // what fits into microseconds
)

func dateLiteral(s string) (plan.Expr, bool) {
	m := dateText.FindStringSubmatch(s)
	if m == nil {
		return nil, false
	}
	days, ok := daysOf(m[1], m[2], m[3])
	return &plan.Const{Value: days, T: datatype.Of(datatype.Date)}, ok
}

// daysOf returns the days from 1970-01-01 to a date that exists.
func daysOf(year, month, day string) (int64, bool) {
	y, err := strconv.Atoi(year)
	mo, d := number(month), number(day)
	if err != nil || mo < 1 || mo > 12 || d < 1 || d > daysIn(y, mo) {
		return 0, false
	}
	// Count from March, so that the leap day ends a year.
	yy := int64(y)
	if mo <= 2 {
		yy--
	}
	era := yy / 400
	if yy < 0 {
		era = (yy - 399) / 400
	}
	ofEra := yy - era*400
	ofYear := int64((153*((mo+9)%12)+2)/5 + d - 1)
	return era*146097 + ofEra*365 + ofEra/4 - ofEra/100 + ofYear - 719468, true
}

func daysIn(year, month int) int {
	switch {
	case month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0):
		return 29
	case month == 2:
		return 28
	case month == 4 || month == 6 || month == 9 || month == 11:
		return 30
	default:
		return 31
	}
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// clock is the picoseconds of a time of day, and the digits of its fraction.
func clock(hour, minute, second, fraction string) (picos int64, digits int, ok bool) {
	h, m, s := number(hour), number(minute), number(second)
	if h > 23 || m > 59 || s > 59 || len(fraction) > 12 {
		return 0, 0, false
	}
	padded := fraction + strings.Repeat("0", 12-len(fraction))
	return int64(h*3600+m*60+s)*picosPerSecond + int64(number(padded)), len(fraction), true
}

func timeLiteral(s string) (plan.Expr, bool) {
	m := timeText.FindStringSubmatch(s)
	if m == nil {
		return nil, false
	}
	picos, digits, ok := clock(m[1], m[2], m[3], m[4])
	if !ok {
		return nil, false
	}
	if m[5] == "" {
		return &plan.Const{Value: value.Time{Picos: picos}, T: datatype.Temporal(datatype.Time, digits)}, true
	}
	offset := number(m[6])*60 + number(m[7])
	if number(m[7]) > 59 || offset > 14*60 {
		return nil, false
	}
	if m[5] == "-" {
		offset = -offset
	}
	value := value.TimeTZ{Picos: picos, OffsetMinutes: offset}
	return &plan.Const{Value: value, T: datatype.Temporal(datatype.TimeTZ, digits)}, true
}

func timestampLiteral(s string) (plan.Expr, bool) {
	m := timestampText.FindStringSubmatch(s)
	if m == nil {
		return nil, false
	}
	days, ok := daysOf(m[1], m[2], m[3])
	if year := number(m[1]); !ok || year > maxYear || year < -maxYear {
		return nil, false
	}
	picos, digits, ok := clock(m[5], m[6], m[7], m[8])
	if !ok {
		return nil, false
	}
	micros := days*secondsPerDay*microsPerSecond + picos/picosPerMicro
	rest := int32(picos % picosPerMicro)
	if m[9] == "" {
		value := value.Timestamp{Micros: micros, Picos: rest}
		return &plan.Const{Value: value, T: datatype.Temporal(datatype.Timestamp, digits)}, true
	}
	name, offset, ok := zone(strings.TrimSpace(m[9]), micros/microsPerSecond)
	if !ok {
		return nil, false
	}
	value := value.TimestampTZ{Micros: micros - int64(offset)*microsPerSecond, Picos: rest, Zone: name}
	return &plan.Const{Value: value, T: datatype.Temporal(datatype.TimestampTZ, digits)}, true
}

// zone returns the name of a zone as Trino shows it and its offset, in seconds,
// at a local time.
func zone(s string, localSeconds int64) (name string, offset int, ok bool) {
	upper := strings.ToUpper(s)
	switch upper {
	case "UTC", "Z", "GMT", "UT", "ZULU", "ETC/UTC", "UNIVERSAL", "UCT", "GREENWICH", "GMT0":
		return "UTC", 0, true
	}
	if m := offsetText.FindStringSubmatch(upper); m != nil {
		minutes := number(m[2])*60 + number(m[3])
		if number(m[3]) > 59 || minutes > 14*60 {
			return "", 0, false
		}
		if minutes == 0 {
			return "UTC", 0, true
		}
		hours := strconv.Itoa(100 + minutes/60)[1:] + ":" + strconv.Itoa(100 + minutes%60)[1:]
		if m[1] == "-" {
			minutes = -minutes
		}
		return m[1] + hours, minutes * 60, true
	}
	location, err := time.LoadLocation(s)
	if err != nil || s == "" || upper == "LOCAL" {
		return "", 0, false
	}
	wall := time.Unix(localSeconds, 0).UTC()
	local := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, location)
	return s, int(localSeconds - local.Unix()), true
}
