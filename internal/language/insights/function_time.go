package insights

import (
	"strconv"
	"strings"
	"time"
)

func timeFunctions() map[string]*scalar {
	of := func(f func(x *run) value) *scalar {
		return &scalar{apply: func(x *run, _ []value) value { return f(x) }}
	}
	format := &scalar{least: 2, most: 3, apply: formatDate}
	return map[string]*scalar{
		"frommillis": {least: 1, most: 1, apply: func(_ *run, a []value) value {
			return onTime(a[0], func(t int64) int64 { return t })
		}},
		"tomillis": {least: 1, most: 1, apply: func(_ *run, a []value) value {
			if n, ok := a[0].asNumber(); ok {
				return numeric(n)
			}
			return value{}
		}},
		"now":            of(func(x *run) value { return numeric(float64(x.env.Now.Unix())) }),
		"querystarttime": of(func(x *run) value { return numeric(float64(x.env.Start)) }),
		"queryendtime":   of(func(x *run) value { return numeric(float64(x.env.End)) }),
		"querytimerange": of(func(x *run) value { return numeric(float64(x.env.End - x.env.Start)) }),
		"parsedate":      {least: 2, most: 3, apply: parseDate},
		"formatdate":     format,
		"strftime":       format,
	}
}

// zone returns the time zone that the argument after the second names, or UTC.
func (x *run) zone(args []value) (*time.Location, bool) {
	if len(args) < 3 {
		return time.UTC, true
	}
	text := args[2].String()
	zone, known := x.zones[text]
	if !known {
		if len(x.zones) > 100 {
			clear(x.zones)
		}
		if text != "" && text != "Local" && !strings.Contains(text, "..") {
			zone, _ = time.LoadLocation(text) // one that is none is kept as nil
		}
		x.zones[text] = zone
	}
	return zone, zone != nil
}

func formatDate(x *run, args []value) value {
	zone, ok := x.zone(args)
	millis, isNumber := args[0].asNumber()
	form, isText := args[1].asText()
	if !ok || !isNumber || !isText || millis > 1e15 || millis < -1e15 {
		return value{}
	}
	return strftime(time.UnixMilli(int64(millis)).In(zone), form)
}

// strftime is that of C, in English. A letter that it does not have makes it null.
func strftime(t time.Time, form string) value {
	var out strings.Builder
	pad := func(n, width int) {
		out.WriteString(strings.Repeat("0", max(0, width-len(strconv.Itoa(n)))) + strconv.Itoa(n))
	}
	forms := map[byte]string{
		'Y': "2006", 'y': "06", 'm': "01", 'd': "02", 'H': "15", 'I': "03", 'M': "04", 'S': "05", 'p': "PM", 'B': "January", 'b': "Jan", 'h': "Jan",
		'A': "Monday", 'a': "Mon", 'e': "_2", 'Z': "MST", 'z': "-0700", 'F': "2006-01-02", 'T': "15:04:05", 'R': "15:04", 'D': "01/02/06", 'c': "Mon Jan _2 15:04:05 2006",
		'x': "01/02/06", 'X': "15:04:05", 'r': "03:04:05 PM",
	}
	for i := 0; i < len(form); i++ {
		if form[i] != '%' || i+1 == len(form) {
			out.WriteByte(form[i])
			continue
		}
		i++
		switch c := form[i]; c {
		case '%':
			out.WriteByte('%')
		case 'n':
			out.WriteByte('\n')
		case 't':
			out.WriteByte('\t')
		case 'j':
			pad(t.YearDay(), 3)
		case 'k', 'l':
			hour := t.Hour()
			if c == 'l' {
				hour = (hour+11)%12 + 1
			}
			if hour < 10 {
				out.WriteByte(' ')
			}
			pad(hour, 1)
		case 'u':
			pad((int(t.Weekday())+6)%7+1, 1)
		case 'w':
			pad(int(t.Weekday()), 1)
		case 's':
			out.WriteString(strconv.FormatInt(t.Unix(), 10))
		case 'L':
			pad(t.Nanosecond()/1e6, 3)
		case 'f':
			pad(t.Nanosecond()/1e3, 6)
		case 'C':
			pad(t.Year()/100, 2)
		case 'V':
			_, week := t.ISOWeek()
			pad(week, 2)
		case 'G':
			year, _ := t.ISOWeek()
			pad(year, 4)
		default:
			layout, known := forms[c]
			if !known {
				return value{}
			}
			out.WriteString(t.Format(layout))
		}
	}
	return textual(out.String())
}

// parseDate reads a text by a pattern of Java's SimpleDateFormat.
func parseDate(x *run, args []value) value {
	text, ok := args[0].asText()
	form, isText := args[1].asText()
	zone, known := x.zone(args)
	if !ok || !isText || !known {
		return value{}
	}
	layout, ok := goLayout(form)
	if !ok {
		return value{}
	}
	t, err := time.ParseInLocation(layout, text, zone)
	if err != nil {
		return value{}
	}
	return numeric(float64(t.UnixMilli()))
}

// goLayout translates a pattern of Java's to one of Go's. A letter that has no
// counterpart makes it fail, and so does a digit outside of quotes, which Go would
// read as part of a date.
func goLayout(form string) (string, bool) {
	layouts := map[string]string{
		"y": "2006", "yy": "06", "yyyy": "2006", "u": "2006", "uuuu": "2006", "M": "1", "MM": "01", "MMM": "Jan", "MMMM": "January", "d": "2", "dd": "02",
		"H": "15", "HH": "15", "h": "3", "hh": "03", "m": "4", "mm": "04", "s": "5", "ss": "05", "a": "PM", "E": "Mon", "EEE": "Mon", "EEEE": "Monday",
		"z": "MST", "zzz": "MST", "Z": "-0700", "X": "Z07", "XX": "Z0700", "XXX": "Z07:00", "D": "__2", "DDD": "002",
	}
	var out strings.Builder
	for i := 0; i < len(form); {
		c := form[i]
		switch {
		case c == '\'':
			end := strings.IndexByte(form[i+1:], '\'')
			if end < 0 || strings.ContainsAny(form[i+1:i+1+end], "0123456789JMPZp_") {
				return "", false
			}
			if end == 0 {
				out.WriteByte('\'')
			}
			out.WriteString(form[i+1 : i+1+end])
			i += end + 2
		case letter(c) && c != '_':
			n := 1
			for i+n < len(form) && form[i+n] == c {
				n++
			}
			if c == 'S' {
				before := out.String()
				if before == "" || before[len(before)-1] != '.' && before[len(before)-1] != ',' {
					return "", false
				}
				out.WriteString(strings.Repeat("0", n))
				i += n
				continue
			}
			layout, known := layouts[form[i:i+n]]
			if !known {
				return "", false
			}
			out.WriteString(layout)
			i += n
		case digit(c) || c == '_':
			return "", false
		default:
			out.WriteByte(c)
			i++
		}
	}
	return out.String(), true
}
