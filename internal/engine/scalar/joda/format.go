// Package joda writes and reads instants as text by a pattern, as Joda-Time does:
// Trino leaves date_format, format_datetime and ISO 8601 to it.
package joda

import (
	"fmt"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// Format is what a pattern of date_format or of format_datetime says, part by
// part. Trino leaves both to Joda-Time, whose rules these are.
type Format []part

// part writes or reads one piece of text. read returns where the text goes on,
// or the complement of where it fails.
type part interface {
	write(b *strings.Builder, at instantText) error
	read(into *reading, text string, at int) int
}

// instantText is what is written: a wall clock in milliseconds and its zone.
type instantText struct {
	millis int64
	zone   value.Zone
	offset int64 // milliseconds ahead of UTC
}

// Write returns the text of an instant in microseconds in a zone.
func (f Format) Write(micros int64, z value.Zone) (string, error) {
	at := instantText{zone: z, offset: z.OffsetMicros(micros) / value.MicrosPerMilli}
	at.millis = value.FloorDiv(micros, value.MicrosPerMilli) + at.offset
	var b strings.Builder
	for _, p := range f {
		if err := p.write(&b, at); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

// Read returns the instant in milliseconds that text stands for, and its zone. now
// is when its query began: years of two digits are near it.
func (f Format) Read(text string, now time.Time) (millis int64, z value.Zone, err error) {
	into := &reading{zone: value.Zone{Name: value.UTC}, now: now}
	at := 0
	for _, p := range f {
		if at = p.read(into, text, at); at < 0 {
			return 0, z, errDateText(text, ^at)
		}
	}
	if at < len(text) {
		return 0, z, errDateText(text, at)
	}
	return into.instant(text)
}

// errDateText says where a text stops to be of the format.
func errDateText(text string, at int) error {
	const shown = 32
	sample := text
	if len(text) > at+shown+3 {
		sample = strings.ToValidUTF8(text[:at+shown], "") + "..."
	}
	switch {
	case at <= 0:
		return sqlerr.Argument("Invalid format: \"%s\"", sample)
	case at >= len(text):
		return sqlerr.Argument("Invalid format: \"%s\" is too short", sample)
	default:
		return sqlerr.Argument("Invalid format: \"%s\" is malformed at \"%s\"", sample, sample[at:])
	}
}

// literal is text that stands for itself, in any case when it is read.
type literal string

func (l literal) write(b *strings.Builder, _ instantText) error {
	b.WriteString(string(l))
	return nil
}

func (l literal) read(_ *reading, text string, at int) int {
	if len(text)-at < len(l) || !strings.EqualFold(text[at:at+len(l)], string(l)) {
		return ^at
	}
	return at + len(l)
}

// digits is a number with at least min digits, and at most max when it is read.
type digits struct {
	field    calendarField
	min, max int
	signed   bool
}

func (d digits) write(b *strings.Builder, at instantText) error {
	n := d.field.get(at.millis)
	if n < 0 {
		b.WriteByte('-')
		n = -n
	}
	fmt.Fprintf(b, "%0*d", d.min, n)
	return nil
}

func (d digits) read(into *reading, text string, at int) int {
	n, end := readDigits(text, at, d.max, d.signed)
	if end >= 0 {
		into.save(d.field, n)
	}
	return end
}

// readDigits reads up to limit digits, after a sign if there may be one.
func readDigits(text string, at, limit int, signed bool) (n int64, end int) {
	start, negative := at, false
	if signed && at+1 < len(text) && limit > 1 && (text[at] == '-' || text[at] == '+') && isDigit(text[at+1]) {
		negative = text[at] == '-'
		at++
	}
	first := at
	for at < len(text) && at-first < limit && isDigit(text[at]) {
		n = n*10 + int64(text[at]-'0')
		at++
	}
	if at == first {
		return 0, ^start
	}
	if negative {
		n = -n
	}
	return n, at
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// twoDigitYear is a year without its century; pivot is in the middle of the
// hundred years meant. A lenient one also reads a whole year.
type twoDigitYear struct {
	field   calendarField
	pivot   func(now time.Time) int
	lenient bool
}

func (y twoDigitYear) write(b *strings.Builder, at instantText) error {
	n := y.field.get(at.millis)
	fmt.Fprintf(b, "%02d", max(n, -n)%100)
	return nil
}

func (y twoDigitYear) read(into *reading, text string, at int) int {
	if y.lenient {
		rest := strings.TrimLeft(text[at:], "+-")
		sign := len(text) - at - len(rest)
		count := 0
		for count < len(rest) && isDigit(rest[count]) {
			count++
		}
		if sign > 1 || count == 0 {
			return ^at
		}
		if sign == 1 || count != 2 {
			n, end := readDigits(text, at, len(text), true)
			if end >= 0 {
				into.save(y.field, n)
			}
			return end
		}
	}
	if len(text)-at < 2 || !isDigit(text[at]) || !isDigit(text[at+1]) {
		return ^at
	}
	n := int(text[at]-'0')*10 + int(text[at+1]-'0')
	low := y.pivot(into.now) - 50
	last := int(value.FloorMod(int64(low), 100))
	n += low - last
	if n < low {
		n += 100
	}
	into.save(y.field, int64(n))
	return at + 2
}

// thisYear is the pivot of Joda-Time's own yy.
func thisYear(now time.Time) int { return now.UTC().Year() - 30 }

// fraction is the digits after the second. Only milliseconds count.
type fraction struct{ min, max int }

func (f fraction) write(b *strings.Builder, at instantText) error {
	s := fmt.Sprintf("%03d", value.FloorMod(at.millis, value.MillisPerSecond))
	if len(s) > f.max {
		s = s[:f.max]
	}
	for len(s) > f.min && s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	b.WriteString(s + strings.Repeat("0", max(0, f.min-len(s))))
	return nil
}

func (f fraction) read(into *reading, text string, at int) int {
	start, millis, unit := at, int64(0), int64(100)
	for at < len(text) && at-start < f.max && isDigit(text[at]) {
		millis += int64(text[at]-'0') * unit
		unit /= 10
		at++
	}
	if at == start {
		return ^start
	}
	into.save(fieldMillis, millis)
	return at
}

// name is a field in words, in English.
type name struct {
	field calendarField
	short bool
}

func (n name) write(b *strings.Builder, at instantText) error {
	full, short := n.field.names(), n.field.shortNames()
	i := int(n.field.get(at.millis)) - n.field.first()
	if n.short {
		b.WriteString(short[i])
	} else {
		b.WriteString(full[i])
	}
	return nil
}

// Read takes the longest of the names in one of three spellings: as written, in
// lower or in upper case.
func (n name) read(into *reading, text string, at int) int {
	best, val := -1, 0
	for _, names := range [][]string{n.field.names(), n.field.shortNames()} {
		for i, s := range names {
			for _, spelling := range []string{s, strings.ToLower(s), strings.ToUpper(s)} {
				if len(spelling) > best && strings.HasPrefix(text[at:], spelling) {
					best, val = len(spelling), i+n.field.first()
				}
			}
		}
	}
	if best < 0 {
		return ^at
	}
	into.save(n.field, int64(val))
	return at + best
}
