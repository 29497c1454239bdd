package transform

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones are the same on every machine
)

// DateTimeConverter writes a time in another format.
type DateTimeConverter struct {
	Source         string   `json:"source"`
	Target         string   `json:"target"`
	TargetFormat   string   `json:"targetFormat"`
	MatchPatterns  []string `json:"matchPatterns"`
	SourceTimezone string   `json:"sourceTimezone"`
	TargetTimezone string   `json:"targetTimezone"`
	Locale         string   `json:"locale"`
}

const (
	mostPatterns  = 5
	mostFormat    = 64
	defaultFormat = "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'"
	epoch         = "epoch" // seconds since 1970, or milliseconds where there are 13 digits
)

func (c *DateTimeConverter) compile(bool) (func(r *run) error, error) {
	from, err := parsePath("source", c.Source)
	if err != nil {
		return nil, err
	}
	to, err := parsePath("target", c.Target)
	if err != nil {
		return nil, err
	}
	if err := checkCount("matchPatterns", len(c.MatchPatterns), mostPatterns); err != nil {
		return nil, err
	}
	if err := checkLocale(c.Locale); err != nil {
		return nil, err
	}
	sourceZone, err := zone(c.SourceTimezone)
	if err != nil {
		return nil, err
	}
	targetZone, err := zone(c.TargetTimezone)
	if err != nil {
		return nil, err
	}
	patterns := make([]datePattern, len(c.MatchPatterns))
	for i, text := range c.MatchPatterns {
		if patterns[i], err = parseDatePattern(text); err != nil {
			return nil, err
		}
	}
	format := defaultFormat
	if c.TargetFormat != "" {
		if err := checkText("targetFormat", c.TargetFormat, mostFormat); err != nil {
			return nil, err
		}
		format = c.TargetFormat
	}
	target, err := parseDatePattern(format)
	if err != nil {
		return nil, err
	}
	return func(r *run) error {
		value, there := from.get(r.root)
		if !there {
			return nil
		}
		text := display(value)
		for _, p := range patterns {
			if t, ok := p.parse(text, sourceZone); ok {
				return to.put(r, target.format(t.In(targetZone)), true)
			}
		}
		return fmt.Errorf("%s is no time of any of its matchPatterns", strings.Join(from, "."))
	}, nil
}

// checkLocale takes the languages in which months and days are known here.
func checkLocale(locale string) error {
	language, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(locale, "_", "-")), "-")
	switch language {
	case "", "en", "locale.root", "root":
		return nil
	}
	return fmt.Errorf("names of months and days are known in English alone, and not in locale %s", locale)
}

// zone returns a time zone by its name, or by its distance from UTC.
func zone(name string) (*time.Location, error) {
	if name == "" {
		return time.UTC, nil
	}
	offset := name
	for _, prefix := range []string{"UTC", "GMT", "UT"} {
		if rest, ok := strings.CutPrefix(offset, prefix); ok && rest != "" {
			offset = rest
			break
		}
	}
	for _, layout := range []string{"-07:00", "-0700", "-07"} {
		if t, err := time.Parse(layout, offset); err == nil {
			return t.Location(), nil
		}
	}
	if name != "Local" && !strings.Contains(name, "..") {
		if l, err := time.LoadLocation(name); err == nil {
			return l, nil
		}
	}
	return nil, fmt.Errorf("time zone %s is not known", name)
}

// datePattern is a pattern of Java's DateTimeFormatter.
type datePattern struct {
	layout string // Go's; empty for epoch
}

// parseDatePattern translates a pattern. A letter that has no counterpart is refused.
func parseDatePattern(text string) (datePattern, error) {
	if text == epoch {
		return datePattern{}, nil
	}
	layout, err := goLayout(text)
	if err == nil && layout == "" {
		err = errors.New("a pattern is empty")
	}
	return datePattern{layout}, err
}

func (p datePattern) parse(text string, zone *time.Location) (time.Time, bool) {
	if p.layout != "" {
		t, err := time.ParseInLocation(p.layout, text, zone)
		return t, err == nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n > 1e15 || n < -1e15 {
		return time.Time{}, false
	}
	if n >= 1e11 || n <= -1e11 {
		return time.UnixMilli(n), true
	}
	return time.Unix(n, 0), true
}

func (p datePattern) format(t time.Time) any {
	if p.layout == "" {
		return number(strconv.FormatInt(t.Unix(), 10))
	}
	return t.Format(p.layout)
}

// goLayout translates a pattern of Java's to a layout of Go's.
func goLayout(pattern string) (string, error) {
	layouts := map[string]string{
		"y": "2006", "yy": "06", "yyyy": "2006", "u": "2006", "uuuu": "2006", "M": "1", "MM": "01", "MMM": "Jan", "MMMM": "January", "L": "1", "LL": "01",
		"d": "2", "dd": "02", "H": "15", "HH": "15", "h": "3", "hh": "03", "m": "4", "mm": "04", "s": "5", "ss": "05", "a": "PM", "D": "__2", "DDD": "002",
		"E": "Mon", "EE": "Mon", "EEE": "Mon", "EEEE": "Monday", "z": "MST", "zzz": "MST", "Z": "-0700", "ZZ": "-0700", "ZZZ": "-0700",
		"x": "-07", "xx": "-0700", "xxx": "-07:00", "X": "Z07", "XX": "Z0700", "XXX": "Z07:00",
	}
	var out strings.Builder
	for i := 0; i < len(pattern); {
		c := pattern[i]
		switch {
		case c == '\'':
			end := strings.IndexByte(pattern[i+1:], '\'')
			if end < 0 {
				return "", fmt.Errorf("pattern %s has a quote that does not end", pattern)
			}
			literal := pattern[i+1 : i+1+end]
			if strings.ContainsAny(literal, "0123456789JMPp_") || strings.Contains(literal, "Z0") {
				return "", fmt.Errorf("pattern %s has a text in quotes that is not taken here: %s", pattern, literal)
			}
			if literal == "" {
				literal = "'"
			}
			out.WriteString(literal)
			i += end + 2
		case c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z':
			n := 1
			for i+n < len(pattern) && pattern[i+n] == c {
				n++
			}
			letters := pattern[i : i+n]
			layout, known := layouts[letters]
			if c == 'S' {
				before := out.String()
				layout, known = strings.Repeat("0", n), n <= 9 && (strings.HasSuffix(before, ".") || strings.HasSuffix(before, ","))
			}
			if !known {
				return "", fmt.Errorf("pattern %s has %s, which is not known here", pattern, letters)
			}
			out.WriteString(layout)
			i += n
		case c >= '0' && c <= '9' || c == '_':
			return "", fmt.Errorf("pattern %s has the character %c outside of quotes", pattern, c)
		default:
			out.WriteByte(c)
			i++
		}
	}
	return out.String(), nil
}
