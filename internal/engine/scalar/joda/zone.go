package joda

import (
	"errors"
	"strings"

	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// messageOf returns the words of an error without its name.
func messageOf(err error) string {
	if e, ok := errors.AsType[*sqlerr.Error](err); ok {
		return e.Message
	}
	return err.Error()
}

// offsetOfMillis returns the zone of an offset that a text gave.
func offsetOfMillis(millis int64) (value.Zone, bool) {
	if millis%value.MillisPerMinute != 0 {
		return value.Zone{}, false
	}
	return value.OffsetZone(int(millis / value.MillisPerMinute))
}

// offsetPart is an offset such as +0900, or +09:00 with a colon.
type offsetPart struct{ colon bool }

func (o offsetPart) write(b *strings.Builder, at instantText) error {
	offset := at.offset
	if offset < 0 {
		b.WriteByte('-')
		offset = -offset
	} else {
		b.WriteByte('+')
	}
	minutes := int(offset / value.MillisPerMinute)
	s := value.OffsetText(minutes)[1:]
	if !o.colon {
		s = strings.Replace(s, ":", "", 1)
	}
	b.WriteString(s)
	return nil
}

// Read takes Z, or a sign, two digits of hours and then minutes and seconds with
// or without colons.
func (o offsetPart) read(into *reading, text string, at int) int {
	if at < len(text) && (text[at] == 'Z' || text[at] == 'z') {
		into.hasOffset, into.offset = true, 0
		return at + 1
	}
	if len(text)-at <= 1 || text[at] != '+' && text[at] != '-' {
		return ^at
	}
	sign := int64(1)
	if text[at] == '-' {
		sign = -1
	}
	at++
	offset, colon := int64(0), false
	for i, unit := range [3]int64{value.MillisPerHour, value.MillisPerMinute, value.MillisPerSecond} {
		if i == 1 && at < len(text) && text[at] == ':' {
			colon = true
		}
		start := at
		if i > 0 && colon {
			if at >= len(text) || text[at] != ':' {
				break
			}
			at++
		}
		if i > 0 && !colon && (at >= len(text) || !isDigit(text[at])) {
			break
		}
		if len(text)-at < 2 || !isDigit(text[at]) || !isDigit(text[at+1]) {
			return ^start
		}
		n := int64(text[at]-'0')*10 + int64(text[at+1]-'0')
		if i == 0 && n > 23 || n > 59 {
			return ^start
		}
		offset += n * unit
		at += 2
	}
	into.hasOffset, into.offset = true, sign*offset
	return at
}

// zoneName is a zone by its name, such as Asia/Seoul.
type zoneName struct{}

func (zoneName) write(b *strings.Builder, at instantText) error {
	b.WriteString(at.zone.Name)
	return nil
}

// Read takes the longest name that there is.
func (zoneName) read(into *reading, text string, at int) int {
	end := at
	for end < len(text) && (isDigit(text[end]) || strings.IndexByte("/_+-", text[end]) >= 0 ||
		text[end]|0x20 >= 'a' && text[end]|0x20 <= 'z') {
		end++
	}
	for ; end > at; end-- {
		if z, ok := zoneOfName(text[at:end]); ok {
			into.hasOffset, into.zone = false, z
			return end
		}
	}
	return ^at
}

func zoneOfName(s string) (value.Zone, bool) {
	if value.IsUTCName(s) && s != "Z" && !strings.HasPrefix(s, "+") && !strings.HasPrefix(s, "-") {
		return value.Zone{Name: value.UTC}, true
	}
	return value.NamedZone(s)
}

// zoneAbbreviation is a zone by its customary short name; a long one cannot be read.
type zoneAbbreviation struct{ long bool }

// Write knows the abbreviations only of UTC and of offsets: others differ
// between Java's tables and ours.
func (a zoneAbbreviation) write(b *strings.Builder, at instantText) error {
	switch {
	case at.zone.Location == nil && at.zone.Name != value.UTC:
		b.WriteString(at.zone.Name)
	case at.zone.Name == value.UTC && !a.long:
		b.WriteString(value.UTC)
	case at.zone.Name == value.UTC:
		b.WriteString("Coordinated Universal Time")
	default:
		return sqlerr.Refused("the customary name of a time zone in a date format")
	}
	return nil
}

func (a zoneAbbreviation) read(into *reading, text string, at int) int {
	if a.long {
		return ^at
	}
	for _, known := range [][2]string{
		{"UTC", value.UTC},
		{"GMT", value.UTC},
		{"UT", value.UTC},
		{"EST", "America/New_York"},
		{"EDT", "America/New_York"},
		{"CST", "America/Chicago"},
		{"CDT", "America/Chicago"},
		{"MST", "America/Denver"},
		{"MDT", "America/Denver"},
		{"PST", "America/Los_Angeles"},
		{"PDT", "America/Los_Angeles"},
	} {
		if strings.HasPrefix(text[at:], known[0]) {
			into.hasOffset, into.zone = false, value.ZoneOf(known[1])
			return at + len(known[0])
		}
	}
	return ^at
}
