package dashboard

import (
	"regexp"
	"strconv"
	"time"
)

// before is a length of ISO 8601, such as -PT3H or P1DT12H.
var before = regexp.MustCompile(`^-?P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?$`)

// timeOf reads a time, or how long before now it is.
func timeOf(text string, now time.Time) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, at.Year() >= 1970
		}
	}
	parts := before.FindStringSubmatch(text)
	if parts == nil || text[len(text)-1] == 'P' || text[len(text)-1] == 'T' {
		return time.Time{}, false
	}
	n := make([]int, len(parts))
	for i := range parts[1:] {
		n[i], _ = strconv.Atoi(parts[i+1]) // digits, or nothing
	}
	at := now.AddDate(-n[0], -n[1], -7*n[2]-n[3])
	return at.Add(-time.Duration(n[4])*time.Hour - time.Duration(n[5])*time.Minute - time.Duration(n[6])*time.Second), true
}
