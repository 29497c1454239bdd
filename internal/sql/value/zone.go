package value

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zones by name do not depend on what is installed
)

// UTC is the zone of the session, as in Athena.
const UTC = "UTC"

// MaxOffsetMinutes is the greatest offset that Trino's zones have.
const MaxOffsetMinutes = 14 * 60

// Zone is a time zone under the name that Trino spells it with.
type Zone struct {
	Name     string
	Location *time.Location // nil for a fixed offset
	Minutes  int
}

// IsUTCName reports whether Trino shows the zone as UTC.
func IsUTCName(name string) bool {
	switch name {
	case "GMT", "GMT0", "GMT+0", "GMT-0", "Etc/GMT", "Etc/GMT0", "Etc/GMT+0", "Etc/GMT-0", "UT", "UT+0", "UT-0", "Etc/UT",
		"Etc/UT+0", "Etc/UT-0", "UTC", "UTC+0", "UTC-0", "Etc/UTC", "Etc/UTC+0", "Etc/UTC-0", "+0000", "+00:00", "-0000",
		"-00:00", "Z", "Zulu", "UCT", "Greenwich", "Universal", "Etc/Universal", "Etc/UCT":
		return true
	default:
		return false
	}
}

// FindZone returns the zone of a name or an offset in any of the spellings that
// Trino takes, and whether there is one.
func FindZone(name string) (Zone, bool) {
	if IsUTCName(name) {
		return Zone{Name: UTC}, true
	}
	if minutes, ok := prefixedOffset(name); ok {
		return OffsetZone(minutes)
	}
	if name != "" && (name[0] == '+' || name[0] == '-') {
		minutes, ok := parseOffset(name)
		if !ok {
			return Zone{}, false
		}
		return OffsetZone(minutes)
	}
	return NamedZone(name)
}

// NamedZone returns the zone of a name of the time zone database, such as
// "Asia/Seoul", and whether Trino knows it.
func NamedZone(name string) (Zone, bool) {
	if name == "" || name == "Local" || name == "Factory" || name == "localtime" || name == "posixrules" ||
		strings.HasPrefix(name, "posix/") || strings.HasPrefix(name, "right/") || strings.ContainsAny(name, ".\\") {
		return Zone{}, false
	}
	switch name {
	case "EST", "MST", "HST", "ROC": // absent from Trino's index of zones
		return Zone{}, false
	}
	if location, ok := locations.Load(name); ok {
		return Zone{Name: name, Location: As[*time.Location](location)}, true
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return Zone{}, false
	}
	locations.Store(name, location)
	return Zone{Name: name, Location: location}, true
}

// locations holds the zones that were asked for: reading one takes as long as
// thousands of conversions, and it never changes.
var locations sync.Map

// OffsetZone returns the zone of a fixed offset, within fourteen hours of UTC.
func OffsetZone(minutes int) (Zone, bool) {
	if minutes == 0 {
		return Zone{Name: UTC}, true
	}
	if minutes < -MaxOffsetMinutes || minutes > MaxOffsetMinutes {
		return Zone{}, false
	}
	return Zone{Name: OffsetText(minutes), Minutes: minutes}, true
}

// OffsetText returns "+09:00".
func OffsetText(minutes int) string {
	sign := "+"
	if minutes < 0 {
		sign, minutes = "-", -minutes
	}
	return fmt.Sprintf("%s%02d:%02d", sign, minutes/60, minutes%60)
}

// prefixedOffset reads legacy spellings such as UTC+9, GMT-07:30 and Etc/GMT-9,
// the last of which counts the other way round.
func prefixedOffset(name string) (minutes int, ok bool) {
	for _, prefix := range []string{"Etc/GMT", "Etc/UTC", "Etc/UT", "GMT", "UTC", "UT"} {
		rest, found := strings.CutPrefix(name, prefix)
		if !found {
			continue
		}
		minutes, ok = parseOffset(rest)
		if prefix == "Etc/GMT" {
			minutes = -minutes
		}
		return minutes, ok
	}
	return 0, false
}

// parseOffset reads +h, +hh, +hh:mm, +hhmm and forms with seconds of zero.
func parseOffset(s string) (minutes int, ok bool) {
	if len(s) < 2 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	sign, digits := 1, s[1:]
	if s[0] == '-' {
		sign = -1
	}
	switch {
	case len(digits) <= 2:
		return offsetParts(sign, [3]string{digits})
	case len(digits) == 4 && !strings.Contains(digits, ":"):
		return offsetParts(sign, [3]string{digits[:2], digits[2:]})
	case len(digits) == 5 && digits[2] == ':':
		return offsetParts(sign, [3]string{digits[:2], digits[3:]})
	case len(digits) == 6 && !strings.Contains(digits, ":"):
		return offsetParts(sign, [3]string{digits[:2], digits[2:4], digits[4:]})
	case len(digits) == 8 && digits[2] == ':' && digits[5] == ':':
		return offsetParts(sign, [3]string{digits[:2], digits[3:5], digits[6:]})
	default:
		return 0, false
	}
}

func offsetParts(sign int, text [3]string) (minutes int, ok bool) {
	var parts [3]int
	for i, s := range text {
		if s == "" && i > 0 {
			continue
		}
		n, err := strconv.ParseUint(s, 10, 8)
		if err != nil {
			return 0, false
		}
		parts[i] = int(n)
	}
	if parts[0] > 18 || parts[1] > 59 || parts[2] != 0 {
		return 0, false
	}
	return sign * (parts[0]*60 + parts[1]), true
}

// ZoneOf returns the zone of a value, which may come from a literal.
func ZoneOf(name string) Zone {
	if z, ok := FindZone(name); ok {
		return z
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		panic("value: a value is in the unknown zone " + name)
	}
	return Zone{Name: name, Location: location}
}

// offset returns the seconds by which local time is ahead of UTC at a second
// since 1970.
func (z Zone) offset(second int64) int64 {
	if z.Location == nil {
		return int64(z.Minutes) * 60
	}
	_, seconds := time.Unix(second, 0).In(z.Location).Zone()
	return int64(seconds)
}

// OffsetMicros is offset in microseconds at an instant in microseconds.
func (z Zone) OffsetMicros(micros int64) int64 {
	return z.offset(FloorDiv(micros, MicrosPerSecond)) * MicrosPerSecond
}

// Local returns the wall clock at an instant; both in microseconds.
func (z Zone) Local(micros int64) int64 { return micros + z.OffsetMicros(micros) }

// next returns the first second after which another offset holds, or the
// greatest of all.
func (z Zone) next(second int64) int64 {
	const never = 1<<63 - 1
	if z.Location == nil {
		return never
	}
	_, end := time.Unix(second, 0).In(z.Location).ZoneBounds()
	if end.IsZero() {
		return never
	}
	return end.Unix()
}

// The three ways below to go from a wall clock to an instant differ only where
// the clock skips or repeats an hour. Trino mixes Joda-Time and java.time.

// Instant returns the instant at which the wall clock shows local, as Joda-Time
// converts local time leniently.
func (z Zone) Instant(local int64) int64 {
	if z.Location == nil {
		return local - int64(z.Minutes)*MicrosPerMinute
	}
	second := FloorDiv(local, MicrosPerSecond)
	guess := z.offset(second)
	offset := z.offset(second - guess)
	if guess != offset && guess < 0 && z.next(second-guess) != z.next(second-offset) {
		offset = guess
	}
	return local - offset*MicrosPerSecond
}

// InstantNear is instant, but keeps the offset of the instant original where
// that is valid, as calendar arithmetic does.
func (z Zone) InstantNear(local, original int64) int64 {
	offset := z.OffsetMicros(original)
	if at := local - offset; z.OffsetMicros(at) == offset {
		return at
	}
	return z.Instant(local)
}

// InstantParsed is how Joda-Time's parser does it: the earlier of two instants,
// and none for a wall clock that is skipped.
func (z Zone) InstantParsed(local int64) (instant int64, ok bool) {
	if z.Location == nil {
		return local - int64(z.Minutes)*MicrosPerMinute, true
	}
	second := FloorDiv(local, MicrosPerSecond)
	guess := z.offset(second)
	offset := z.offset(second - guess)
	switch {
	case guess < offset && z.next(second-guess) != z.next(second-offset):
		offset = guess
	case guess == offset && guess >= 0:
		offset = z.repeatedOffset(second, offset)
	}
	instant = local - offset*MicrosPerSecond
	return instant, z.OffsetMicros(instant) == offset*MicrosPerSecond
}

// repeatedOffset returns the offset that held before the clock was put back, if
// it was put back over the local second.
func (z Zone) repeatedOffset(second, offset int64) int64 {
	start, _ := time.Unix(second-offset, 0).In(z.Location).ZoneBounds()
	if start.IsZero() {
		return offset
	}
	before := z.offset(start.Unix() - 1)
	if before > offset && second-offset-start.Unix() < before-offset {
		return before
	}
	return offset
}

// InstantZoned is java.time's: the earlier of two instants, and a wall clock
// that is skipped moves on by what is skipped.
func (z Zone) InstantZoned(local int64) int64 {
	const day = 86_400
	second := FloorDiv(local, MicrosPerSecond)
	before, after := z.offset(second-day), z.offset(second+day)
	if z.offset(second-before) != before && z.offset(second-after) == after {
		return local - after*MicrosPerSecond
	}
	return local - before*MicrosPerSecond
}
