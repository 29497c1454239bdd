package insights

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// sort_ of a value.
type form uint8

const (
	null     form = iota
	words         // text, which may be that of a number
	quantity      // a number that was computed
	moment        // milliseconds since 1970
	listing       // an array, as its JSON
	mapping       // an object, as its JSON
)

// value is a value of a row. The zero value is null.
type value struct {
	form   form
	number float64
	text   string
}

func textual(s string) value     { return value{form: words, text: s} }
func numeric(f float64) value    { return value{form: quantity, number: f} }
func instant(millis int64) value { return value{form: moment, number: float64(millis)} }
func (v value) isNull() bool     { return v.form == null }
func (v value) structured() bool { return v.form == listing || v.form == mapping }
func (v value) millis() int64    { return int64(v.number) }

// truth returns 1 or 0, as which booleans show.
func truth(b bool) value {
	if b {
		return numeric(1)
	}
	return numeric(0)
}

// finite returns a number, or null for what is none.
func finite(f float64) value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return value{}
	}
	return numeric(f)
}

// asNumber returns the value as a number, if it is one or its text is that of one.
func (v value) asNumber() (float64, bool) {
	switch v.form {
	case quantity, moment:
		return v.number, true
	case words:
		return parseNumber(v.text)
	case null, listing, mapping:
	}
	return 0, false
}

// parseNumber reads a decimal number; other forms that Go knows are text.
func parseNumber(s string) (float64, bool) {
	if s == "" || len(s) > 400 {
		return 0, false
	}
	if c := s[len(s)-1]; !digit(c) && c != '.' {
		return 0, false
	}
	for i := range len(s) {
		if c := s[i]; !digit(c) && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// asText returns the value as functions of text take it; what is structured has none.
func (v value) asText() (string, bool) {
	if v.form == null || v.structured() {
		return "", false
	}
	return v.String(), true
}

// String returns the value as a result shows it.
func (v value) String() string {
	switch v.form {
	case words, listing, mapping:
		return v.text
	case quantity:
		return showNumber(v.number)
	case moment:
		return time.UnixMilli(v.millis()).UTC().Format("2006-01-02 15:04:05.000")
	case null:
	}
	return ""
}

// showNumber writes whole numbers in full and others with up to four decimals.
func showNumber(f float64) string {
	if f == math.Trunc(f) {
		if f == 0 {
			return "0"
		}
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	s := strings.TrimRight(strconv.FormatFloat(f, 'f', 4, 64), "0")
	if s = strings.TrimSuffix(s, "."); s == "-0" {
		return "0"
	}
	return s
}

// holds tells whether a condition with this value is true.
func (v value) holds() bool {
	f, ok := v.asNumber()
	return ok && f != 0
}
