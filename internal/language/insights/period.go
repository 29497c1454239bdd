package insights

import (
	"strconv"
	"strings"
	"time"
)

// unit is a unit of time.
type unit struct {
	millis int64 // 0 for those whose length changes
	most   int64 // AWS takes a larger number as this one; 0 is no bound
	months int64
}

// units are the units of time by their names.
func units() map[string]unit {
	const second = 1000
	millisecond := unit{millis: 1, most: 1000}
	seconds, minutes, hours := unit{millis: second, most: 60}, unit{millis: 60 * second, most: 60}, unit{millis: 3600 * second, most: 24}
	days, weeks := unit{millis: 86400 * second}, unit{millis: 7 * 86400 * second}
	months, quarters, years := unit{months: 1}, unit{months: 3}, unit{months: 12}
	return map[string]unit{
		"ms": millisecond, "msec": millisecond, "msecs": millisecond, "millisecond": millisecond, "milliseconds": millisecond,
		"s": seconds, "sec": seconds, "secs": seconds, "second": seconds, "seconds": seconds,
		"m": minutes, "min": minutes, "mins": minutes, "minute": minutes, "minutes": minutes,
		"h": hours, "hr": hours, "hrs": hours, "hour": hours, "hours": hours,
		"d": days, "day": days, "days": days,
		"w": weeks, "week": weeks, "weeks": weeks,
		"mo": months, "mon": months, "mons": months, "month": months, "months": months,
		"q": quarters, "qtr": quarters, "qtrs": quarters, "quarter": quarters, "quarters": quarters,
		"y": years, "yr": years, "yrs": years, "year": years, "years": years,
	}
}

// period is a number of a unit, such as 5m.
type period struct {
	span
	n    int64
	unit unit
}

const periodHint = "a period is a whole number and a unit, such as 5m, 1h or 1d"

// period reads a period whose number is next.
func (p *parser) period() (*period, *Error) {
	start := p.token
	n, err := strconv.ParseInt(start.text, 10, 32)
	if start.kind != number || err != nil || n < 1 {
		return nil, p.unexpected(periodHint)
	}
	p.advance()
	u, known := units()[strings.ToLower(p.token.text)]
	if p.token.kind != name || p.token.start != p.behind || !known {
		return nil, p.unexpected(periodHint)
	}
	p.advance()
	if u.most > 0 {
		n = min(n, u.most)
	}
	return &period{span: span{start.start, p.behind}, n: n, unit: u}, nil
}

// weekly tells whether the period is one whose edges AWS does not tell: weeks,
// quarters, and several months or years.
func (d *period) weekly() bool {
	return d.unit.millis == 7*86400*1000 || d.unit.months == 3 || d.unit.months > 0 && d.n > 1
}

// millis returns the length of a period that always has the same.
func (d *period) millis() int64 { return d.n * d.unit.millis }

// floor returns the beginning of the period in which t, in milliseconds, lies.
func (d *period) floor(t int64) int64 {
	if size := d.millis(); size > 0 {
		return t - ((t%size)+size)%size
	}
	at := time.UnixMilli(t).UTC()
	month := at.Month()
	if d.unit.months == 12 {
		month = time.January
	}
	return time.Date(at.Year(), month, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
}

// next returns the beginning of the period behind the one that begins at start.
func (d *period) next(start int64) int64 {
	if size := d.millis(); size > 0 {
		return start + size
	}
	return time.UnixMilli(start).UTC().AddDate(0, int(d.unit.months), 0).UnixMilli()
}

// ceil returns t if a period begins there, and otherwise where the next one does.
func (d *period) ceil(t int64) int64 {
	if start := d.floor(t); start != t {
		return d.next(start)
	}
	return t
}
