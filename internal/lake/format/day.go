package format

import (
	"bytes"
	"strconv"
	"time"
)

// dayOf returns the day, in UTC, of a time as lines of logs have it: seconds
// since 1970, 2024-05-01…, or 01/May/2024:…; nil when it is none of these.
func dayOf(text []byte) []byte {
	if len(text) >= len(time.DateOnly) && text[4] == '-' {
		day := text[:len(time.DateOnly)]
		if _, err := time.Parse(time.DateOnly, string(day)); err == nil {
			return day
		}
		return nil
	}
	if head, _, ok := bytes.Cut(text, []byte{':'}); ok {
		if at, err := time.Parse("02/Jan/2006", string(head)); err == nil {
			return []byte(at.Format(time.DateOnly))
		}
		return nil
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	const last = 253402300799 // the year 9999 ends
	if err != nil || n <= 0 || n > last {
		return nil
	}
	return time.Unix(n, 0).UTC().AppendFormat(nil, time.DateOnly)
}
