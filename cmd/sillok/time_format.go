package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// timeFormat finds times in texts, in a form that was given as strftime's.
type timeFormat struct {
	find   *regexp.Regexp
	fields []byte // what the groups of find are, by their directives
	zone   *time.Location
}

// isoFormat is the name of the form of ISO 8601, whose fraction and zone may be left out.
const isoFormat = "iso8601"

// directives are what strftime's directives match.
var directives = map[byte]string{
	'Y': `(\d{4})`, 'y': `(\d{2})`, 'm': `(\d{1,2})`, 'd': `(\d{1,2})`, 'e': ` ?(\d{1,2})`, 'H': `(\d{1,2})`, 'I': ` ?(\d{1,2})`, 'M': `(\d{2})`, 'S': `(\d{2})`,
	'f': `(\d{1,9})`, 'L': `(\d{3})`, 'b': `([A-Za-z]{3})`, 'B': `([A-Za-z]{3,9})`, 'a': `[A-Za-z]{3}`, 'A': `[A-Za-z]{6,9}`, 'p': `([AaPp][Mm])`,
	'z': `(Z|[+-]\d{2}:?\d{2})`, 's': `(\d{9,11})`, 'Q': `(\d{12,14})`, '%': `%`,
}

// together are directives that stand for several.
var together = map[byte]string{'F': "%Y-%m-%d", 'T': "%H:%M:%S", 'R': "%H:%M", 'D': "%m/%d/%y"}

// parseTimeFormat reads a form of times. Where it has no zone, times are of zone.
func parseTimeFormat(text string, zone *time.Location) (*timeFormat, error) {
	f := &timeFormat{zone: zone}
	if strings.EqualFold(text, isoFormat) {
		f.find = regexp.MustCompile(`(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?(?: ?(Z|[+-]\d{2}:?\d{2}))?`)
		f.fields = []byte("YmdHMSfz")
		return f, nil
	}
	for from, to := range together {
		text = strings.ReplaceAll(text, "%"+string(from), to)
	}
	var pattern strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			pattern.WriteString(regexp.QuoteMeta(text[i : i+1]))
			continue
		}
		if i++; i == len(text) {
			return nil, fmt.Errorf("time-format: %q ends with %%", text)
		}
		match, ok := directives[text[i]]
		if !ok {
			return nil, fmt.Errorf("time-format: %%%c is not one of %s", text[i], knownDirectives)
		}
		pattern.WriteString(match)
		if strings.Contains(match, "(") {
			f.fields = append(f.fields, text[i])
		}
	}
	has := func(one string) bool { return strings.ContainsAny(string(f.fields), one) }
	if !has("sQ") && (!has("mbB") || !has("de") || !has("HI")) {
		return nil, fmt.Errorf("time-format: %q has no month, day or hour: give those, such as %%Y-%%m-%%dT%%H:%%M:%%S, or %%s for seconds since 1970", text)
	}
	find, err := regexp.Compile(pattern.String())
	if err != nil {
		return nil, fmt.Errorf("time-format: %q: %w", text, err)
	}
	f.find = find
	return f, nil
}

const knownDirectives = "%Y %y %m %b %B %d %e %a %A %H %I %p %M %S %f %L %z %s %Q %F %T %R %D %%"

var months = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}

// parts are what a text says of a time.
type parts struct {
	year, month, day, hour, minute, second, nano int
	hasYear, afternoon, half                     bool
	zone                                         *time.Location
}

// in returns the first time in a text. One without a year is of the year in which it was
// last.
func (f *timeFormat) in(text string, now time.Time) (time.Time, bool) {
	match := f.find.FindStringSubmatch(text)
	if match == nil {
		return time.Time{}, false
	}
	p := parts{zone: f.zone, month: 1, day: 1}
	for i, field := range f.fields {
		value := match[i+1]
		if value == "" {
			continue
		}
		switch field {
		case 's':
			n, _ := strconv.ParseInt(value, 10, 64) // of few digits
			p = parts{zone: time.UTC, hasYear: true, year: 1970, month: 1, day: 1, second: int(n), nano: p.nano}
		case 'Q':
			n, _ := strconv.ParseInt(value, 10, 64) // of few digits
			return time.UnixMilli(n), true
		default:
			if !p.set(field, value) {
				return time.Time{}, false
			}
		}
	}
	return p.time(now)
}

func (p *parts) set(field byte, value string) bool {
	number, _ := strconv.Atoi(value) // where it is none it is not used
	switch field {
	case 'Y':
		p.year, p.hasYear = number, true
	case 'y':
		p.year, p.hasYear = 2000+number, true
		if number >= 69 {
			p.year -= 100
		}
	case 'm':
		p.month = number
	case 'b', 'B':
		p.month = 0
		for i, name := range months {
			if strings.HasPrefix(strings.ToLower(value), name) {
				p.month = i + 1
			}
		}
	case 'd', 'e':
		p.day = number
	case 'H':
		p.hour = number
	case 'I':
		p.hour, p.half = number%12, number <= 12
	case 'p':
		p.afternoon = strings.EqualFold(value, "pm")
	case 'M':
		p.minute = number
	case 'S':
		p.second = number
	case 'f', 'L':
		p.nano, _ = strconv.Atoi((value + "000000000")[:9])
	case 'z':
		p.zone = zoneOf(value)
	}
	return p.month >= 1 && p.month <= 12 && p.day >= 1 && p.day <= 31 && p.hour <= 24 && p.minute <= 59 && p.second <= 60
}

func zoneOf(text string) *time.Location {
	if text == "Z" {
		return time.UTC
	}
	digits := strings.ReplaceAll(text[1:], ":", "")
	hours, _ := strconv.Atoi(digits[:2])
	minutes, _ := strconv.Atoi(digits[2:])
	seconds := (hours*60 + minutes) * 60
	if text[0] == '-' {
		seconds = -seconds
	}
	return time.FixedZone(text, seconds)
}

func (p *parts) time(now time.Time) (time.Time, bool) {
	if p.half && p.afternoon {
		p.hour += 12
	}
	year := p.year
	if !p.hasYear {
		year = now.In(p.zone).Year()
	}
	at := time.Date(year, time.Month(p.month), p.day, p.hour, p.minute, p.second, p.nano, p.zone)
	if !p.hasYear && at.After(now.Add(24*time.Hour)) {
		at = time.Date(year-1, time.Month(p.month), p.day, p.hour, p.minute, p.second, p.nano, p.zone)
	}
	return at, true
}
