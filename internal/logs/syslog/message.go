package syslog

import (
	"time"

	parser "github.com/leodido/go-syslog/v4"
	"github.com/leodido/go-syslog/v4/rfc3164"
	"github.com/leodido/go-syslog/v4/rfc5424"
)

// Header is what the beginning of a message says of it. What it does not say is empty.
type Header struct {
	Time     time.Time
	Host     string
	App      string
	Facility string // such as "auth"
	Severity string // such as "err"
}

// reader reads headers. It is for one goroutine.
type reader struct{ new, old parser.Machine }

func newReader() *reader {
	return &reader{
		new: rfc5424.NewMachine(rfc5424.WithBestEffort()),
		old: rfc3164.NewMachine(rfc3164.WithBestEffort(), rfc3164.WithRFC3339(), rfc3164.WithSecondFractions(), rfc3164.WithLenientDay(), rfc3164.WithEmbeddedNewlines()),
	}
}

// ReadHeader returns what the header of a message says. now and zone complete a time of RFC
// 3164, which has no year and no zone: it is of the year in which it is closest to now.
func ReadHeader(message []byte, now time.Time, zone *time.Location) Header {
	return newReader().header(message, now, zone)
}

func (r *reader) header(message []byte, now time.Time, zone *time.Location) Header {
	machine := r.old
	if versioned(message) {
		machine = r.new
	}
	// An error tells how far the header could be read, and all up to there is given.
	read, _ := machine.Parse(message)
	switch m := read.(type) {
	case *rfc5424.SyslogMessage:
		return headerOf(&m.Base, m)
	case *rfc3164.SyslogMessage:
		h := headerOf(&m.Base, m)
		if !h.Time.IsZero() && h.Time.Year() == 0 {
			h.Time = nearest(h.Time, now, zone)
		}
		return h
	}
	return Header{}
}

// headerOf returns the header of a message that was read.
func headerOf(b *parser.Base, m parser.Message) Header {
	var h Header
	if b.Timestamp != nil {
		h.Time = *b.Timestamp
	}
	for to, from := range map[*string]*string{&h.Host: b.Hostname, &h.App: b.Appname, &h.Facility: m.FacilityLevel(), &h.Severity: m.SeverityShortLevel()} {
		if from != nil {
			*to = *from
		}
	}
	return h
}

// versioned says whether a message is of RFC 5424: behind its priority stands a version.
func versioned(message []byte) bool {
	end := 0
	for end < len(message) && end < len("<191>") && message[end] != '>' {
		end++
	}
	rest := message[min(end+1, len(message)):]
	digits := 0
	for digits < len(rest) && digits < 3 && rest[digits] >= '0' && rest[digits] <= '9' {
		digits++
	}
	return len(message) > 0 && message[0] == '<' && digits > 0 && digits < len(rest) && rest[digits] == ' '
}

// nearest returns the time with that month, day and time of day in a zone which is closest
// to now. A 29 February is in a leap year.
func nearest(t, now time.Time, zone *time.Location) time.Time {
	var best time.Time
	year := now.In(zone).Year()
	for y := year - 4; y <= year+1; y++ {
		at := time.Date(y, t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone)
		if at.Day() == t.Day() && (best.IsZero() || at.Sub(now).Abs() < best.Sub(now).Abs()) {
			best = at
		}
	}
	return best
}
