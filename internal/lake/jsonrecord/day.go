package jsonrecord

import (
	"strconv"
	"strings"
	"time"
)

// dayOf returns the day, in UTC, of a time as logs spell it: text that begins
// with a day, or a number of seconds or milliseconds since 1970.
func dayOf(text string) (string, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		if n <= 0 {
			return "", false
		}
		const seconds = 100_000_000_000 // larger numbers are milliseconds: as seconds they were beyond the year 5000
		at := time.UnixMilli(n)
		if n < seconds {
			at = time.Unix(n, 0)
		}
		if at.Year() > 9999 {
			return "", false
		}
		return at.UTC().Format(time.DateOnly), true
	}
	if len(text) < len(time.DateOnly) {
		return "", false
	}
	if at, err := time.Parse(time.RFC3339, strings.Replace(text, " ", "T", 1)); err == nil {
		return at.UTC().Format(time.DateOnly), true
	}
	day := text[:len(time.DateOnly)]
	_, err := time.Parse(time.DateOnly, day)
	return day, err == nil
}
