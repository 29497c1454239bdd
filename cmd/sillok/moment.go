package main

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// timeLayouts are the forms in which a person writes a time; the last is a day.
var timeLayouts = []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", time.DateOnly}

var days = regexp.MustCompile(`^(\d{1,5})d$`)

// moment reads a time of a flag: how long ago it was, or when. It says whether it is a
// whole day, of which it is the beginning.
func moment(flag, text string, now time.Time, zone *time.Location) (at time.Time, isDay bool, err error) {
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), false, nil
	}
	if match := days.FindStringSubmatch(text); match != nil {
		n, _ := strconv.Atoi(match[1]) // of five digits
		return now.In(zone).AddDate(0, 0, -n), false, nil
	}
	for _, layout := range timeLayouts {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at, layout == time.DateOnly, nil
		}
	}
	return now, false, fmt.Errorf("%s: %q is neither how long ago, such as 10m, nor a time, such as 2026-11-29T08:00:00Z", flag, text)
}

// isAgo says whether moment reads a text as how long ago something was.
func isAgo(text string) bool {
	ago, err := time.ParseDuration(text)
	return err == nil && ago >= 0 || days.MatchString(text)
}
