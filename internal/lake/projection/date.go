package projection

import (
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// dates is a range of points in time, both ends included, UTC.
type dates struct {
	low, high time.Time
	step      int64
	unit      string
	format    *pattern
	hiveType  string
}

// units are what an interval counts in.
func units() []string {
	return []string{"YEARS", "MONTHS", "WEEKS", "DAYS", "HOURS", "MINUTES", "SECONDS", "MILLIS"}
}

// add moves t by n units. A month's end stays a month's end, as in Java.
func add(t time.Time, n int64, unit string) time.Time {
	switch unit {
	case "YEARS":
		return addMonths(t, 12*n)
	case "MONTHS":
		return addMonths(t, n)
	case "WEEKS":
		return t.AddDate(0, 0, int(7*n))
	case "DAYS":
		return t.AddDate(0, 0, int(n))
	case "HOURS":
		return time.Unix(t.Unix()+3600*n, int64(t.Nanosecond())).UTC()
	case "MINUTES":
		return time.Unix(t.Unix()+60*n, int64(t.Nanosecond())).UTC()
	case "SECONDS":
		return time.Unix(t.Unix()+n, int64(t.Nanosecond())).UTC()
	}
	return time.UnixMilli(t.UnixMilli() + n).UTC()
}

func addMonths(t time.Time, n int64) time.Time {
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}

func (c column) date(now time.Time) (Domain, error) {
	if !isString(c.key.Type) && c.key.Type != "date" && c.key.Type != "timestamp" {
		return nil, invalid(c.table, "Date projection for partition column '%s' is not supported for type %s", c.key.Name, c.key.Type)
	}
	text, err := c.required("format")
	if err != nil {
		return nil, err
	}
	d := dates{step: 1, hiveType: c.key.Type}
	if d.format, err = parsePattern(text); err != nil {
		return nil, invalid(c.table, "The format %q of partition column '%s' cannot be read: %v", text, c.key.Name, err)
	}
	span, err := c.required("range")
	if err != nil {
		return nil, err
	}
	bounds := strings.Split(span, ",")
	if len(bounds) != 2 {
		return nil, invalid(c.table, "The range %q of partition column '%s' is not two dates with a comma between", span, c.key.Name)
	}
	for i, bound := range []*time.Time{&d.low, &d.high} {
		if *bound, err = c.bound(bounds[i], d.format, now.UTC()); err != nil {
			return nil, err
		}
	}
	if d.low.After(d.high) {
		return nil, invalid(c.table, "The range %q of partition column '%s' ends before it begins", span, c.key.Name)
	}
	return d, c.interval(&d)
}

var relative = regexp.MustCompile(`^(?i)\s*NOW\s*(([+\-])\s*([0-9]+)\s*(YEARS?|MONTHS?|WEEKS?|DAYS?|HOURS?|MINUTES?|SECONDS?)\s*)?$`)

func (c column) bound(text string, format *pattern, now time.Time) (time.Time, error) {
	if m := relative.FindStringSubmatch(text); m != nil {
		if m[1] == "" {
			return format.truncate(now), nil
		}
		n, err := strconv.ParseInt(m[3], 10, 32)
		if err != nil {
			return time.Time{}, invalid(c.table, "The range of partition column '%s' is too far from NOW: %q", c.key.Name, text)
		}
		if m[2] == "-" {
			n = -n
		}
		return format.truncate(add(now, n, plural(m[4]))), nil
	}
	t, ok := format.parse(strings.TrimSpace(text))
	if !ok {
		return time.Time{}, invalid(c.table, "The bound %q of partition column '%s' is neither a date of its format nor relative to NOW", text, c.key.Name)
	}
	return t, nil
}

func plural(unit string) string {
	unit = strings.ToUpper(unit)
	if !strings.HasSuffix(unit, "S") {
		unit += "S"
	}
	return unit
}

// interval reads the step. Without one it is a day or a month, when the format
// goes to the day or the month.
func (c column) interval(d *dates) error {
	step, hasStep := c.property("interval")
	unit, hasUnit := c.property("interval.unit")
	if hasStep {
		n, err := strconv.ParseInt(strings.TrimSpace(step), 10, 32)
		if err != nil || n <= 0 {
			return invalid(c.table, "The interval %q of partition column '%s' is not a positive integer", step, c.key.Name)
		}
		d.step = n
	}
	if !hasUnit {
		switch d.format.finest {
		case "DAYS", "MONTHS":
			d.unit = d.format.finest
			return nil
		}
		return invalid(c.table, "Projection of partition column '%s' is missing the property projection.%s.interval.unit, which a format like this needs", c.key.Name, c.key.Name)
	}
	d.unit = plural(strings.TrimSpace(unit))
	if slices.Contains(units(), d.unit) {
		return nil
	}
	return invalid(c.table, "The interval unit %q of partition column '%s' is not known", unit, c.key.Name)
}

func (d dates) value(t time.Time) Value {
	v := Value{Text: d.format.write(t)}
	switch d.hiveType {
	case "date":
		v.Key = t.Format(time.DateOnly)
	case "timestamp":
		v.Key = t.Format("2006-01-02 15:04:05.000")
	default:
		v.Key = v.Text
	}
	return v
}

// All gives the values from the low end on. The format may be coarser than the
// step: the same text is given once.
func (d dates) All() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		for n := int64(0); ; n = d.after(n) {
			t := d.at(n)
			if t.After(d.high) || !yield(d.value(t)) {
				return
			}
		}
	}
}

func (d dates) at(n int64) time.Time { return add(d.low, n*d.step, d.unit) }

// after returns the first step after n that has another text.
func (d dates) after(n int64) int64 {
	text := d.format.write(d.at(n))
	same, other := n, n+1
	for jump := int64(1); d.format.write(d.at(other)) == text && !d.at(other).After(d.high); jump *= 2 {
		same, other = other, other+jump
	}
	for other-same > 1 {
		if mid := same + (other-same)/2; d.format.write(d.at(mid)) == text {
			same = mid
		} else {
			other = mid
		}
	}
	return other
}

// Find reads key as the column's type spells it.
func (d dates) Find(key string) (Value, bool) {
	var t time.Time
	switch d.hiveType {
	case "date":
		parsed, err := time.Parse(time.DateOnly, key)
		if err != nil {
			return Value{}, false
		}
		t = parsed
	case "timestamp":
		parsed, err := time.Parse("2006-01-02 15:04:05.999999999", key)
		if err != nil {
			return Value{}, false
		}
		t = parsed
	default:
		parsed, ok := d.format.parse(key)
		if !ok || d.format.write(parsed) != key {
			return Value{}, false
		}
		t = parsed
	}
	if t.Before(d.low) || t.After(d.high) {
		return Value{}, false
	}
	return d.value(t), d.onStep(t)
}

// onStep says whether a value with t's text is among those that All gives.
func (d dates) onStep(t time.Time) bool {
	want := d.format.write(t)
	low, high := int64(0), int64(1)
	for !d.at(high).After(t) {
		low, high = high, high*2
	}
	for low < high {
		mid := low + (high-low+1)/2
		if d.at(mid).After(t) {
			high = mid - 1
		} else {
			low = mid
		}
	}
	for _, n := range []int64{low, low + 1} {
		at := d.at(n)
		if !at.After(d.high) && d.format.write(at) == want {
			return true
		}
	}
	return false
}
