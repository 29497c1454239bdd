package scalar

import (
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/value"
)

// moment is a wall clock taken apart as far as fields need it.
type moment struct {
	day           int64 // since 1970
	picos         int64 // of the day
	offsetMinutes int64
}

// A field of a temporal value, and which kinds of value have it.
type field struct {
	of             func(m moment) int64
	date, time, tz bool // parts of a value that the field needs
}

// fields returns the fields of temporal values by name.
func fields() map[string]field {
	byDate := func(of func(day int64) int64) field {
		return field{of: func(m moment) int64 { return of(m.day) }, date: true}
	}
	byTime := func(unit, modulus int64) field {
		return field{of: func(m moment) int64 { return m.picos / unit % modulus }, time: true}
	}
	year := byDate(func(day int64) int64 { y, _, _ := value.Civil(day); return y })
	month := byDate(func(day int64) int64 { _, m, _ := value.Civil(day); return int64(m) })
	quarter := byDate(func(day int64) int64 { _, m, _ := value.Civil(day); return int64(m-1)/3 + 1 })
	dayOfMonth := byDate(func(day int64) int64 { _, _, d := value.Civil(day); return int64(d) })
	week := byDate(func(day int64) int64 { _, w := value.ISOWeek(day); return int64(w) })
	yearOfWeek := byDate(func(day int64) int64 { y, _ := value.ISOWeek(day); return y })
	weekday := byDate(func(day int64) int64 { return int64(value.DayOfWeek(day)) })
	yearday := byDate(func(day int64) int64 { return int64(value.DayOfYear(day)) })
	return map[string]field{
		"year": year, "quarter": quarter, "month": month, "week": week, "year_of_week": yearOfWeek,
		"day": dayOfMonth, "day_of_week": weekday,
		"day_of_year": yearday, "hour": byTime(value.PicosPerHour, 24), "minute": byTime(value.PicosPerMinute, 60),
		"second": byTime(value.PicosPerSecond, 60), "millisecond": byTime(value.PicosPerMilli, value.MillisPerSecond),
		"timezone_hour":   {of: func(m moment) int64 { return m.offsetMinutes / 60 }, tz: true},
		"timezone_minute": {of: func(m moment) int64 { return m.offsetMinutes % 60 }, tz: true},
	}
}

// extractFamily returns year() … timezone_minute() and the forms of EXTRACT.
func extractFamily() map[string]binder {
	family := map[string]binder{}
	for name, f := range fields() {
		bind := either(f.bind, intervalField(name))
		family[name] = bind
		family[plan.OpExtract+name] = bind
	}
	return family
}

func (f field) bind(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 1 {
		return none()
	}
	read, has := momentOf(params[0].Kind)
	if read == nil || f.date && !has.date || f.time && !has.time || f.tz && !has.tz {
		return none()
	}
	return pure(func(args []any) (any, error) { return f.of(read(args[0])), nil })
}

// momentOf returns how values of a kind are taken apart and what they have.
func momentOf(k datatype.Kind) (read func(v any) moment, has field) {
	switch k {
	case datatype.Date:
		return func(v any) moment { return moment{day: value.As[int64](v)} }, field{date: true}
	case datatype.Time:
		return func(v any) moment { return moment{picos: value.As[value.Time](v).Picos} }, field{time: true}
	case datatype.TimeTZ:
		return func(v any) moment {
			t := value.As[value.TimeTZ](v)
			return moment{picos: t.Picos, offsetMinutes: int64(t.OffsetMinutes)}
		}, field{time: true, tz: true}
	case datatype.Timestamp:
		return func(v any) moment {
			ts := value.As[value.Timestamp](v)
			return wallClock(ts.Micros, ts.Picos)
		}, field{date: true, time: true}
	case datatype.TimestampTZ:
		return func(v any) moment {
			ts := value.As[value.TimestampTZ](v)
			z := value.ZoneOf(ts.Zone)
			m := wallClock(z.Local(ts.Micros), ts.Picos)
			m.offsetMinutes = z.OffsetMicros(ts.Micros) / value.MicrosPerMinute
			return m
		}, field{date: true, time: true, tz: true}
	default:
		return nil, field{}
	}
}

func wallClock(micros int64, picos int32) moment {
	return moment{
		day:   value.FloorDiv(micros, value.MicrosPerDay),
		picos: value.FloorMod(micros, value.MicrosPerDay)*value.PicosPerMicro + int64(picos),
	}
}

// intervalField binds a field of an interval, which has the interval's sign.
func intervalField(name string) binder {
	kind, of := datatype.IntervalDayToSecond, func(int64) int64 { return 0 }
	switch name {
	case "millisecond":
		of = func(n int64) int64 { return n % value.MillisPerSecond }
	case "second":
		of = func(n int64) int64 { return n % value.MillisPerMinute / value.MillisPerSecond }
	case "minute":
		of = func(n int64) int64 { return n % value.MillisPerHour / value.MillisPerMinute }
	case "hour":
		of = func(n int64) int64 { return n % value.MillisPerDay / value.MillisPerHour }
	case "day":
		of = func(n int64) int64 { return n / value.MillisPerDay }
	case "month":
		kind, of = datatype.IntervalYearToMonth, func(n int64) int64 { return n % 12 }
	case "year":
		kind, of = datatype.IntervalYearToMonth, func(n int64) int64 { return n / 12 }
	default:
		return func([]datatype.Type, datatype.Type) (Function, bool) { return none() }
	}
	return on(func(args []any) (any, error) { return of(value.As[int64](args[0])), nil }, kind)
}
