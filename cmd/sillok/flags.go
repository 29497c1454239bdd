package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"
)

// colorFlags are those that say when to use colours.
type colorFlags struct {
	color string
	plain bool
}

func (o *colorFlags) flags(f *pflag.FlagSet) {
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colours: auto, always or never")
	f.BoolVar(&o.plain, "no-color", false, "use no colours, as --color never and NO_COLOR do")
}

func (o *colorFlags) when() string {
	if o.plain {
		return "never"
	}
	return o.color
}

// timeFlags are those that say of which time something is.
type timeFlags struct {
	since, until string
	utc          bool
}

func (o *timeFlags) zone() *time.Location {
	if o.utc {
		return time.UTC
	}
	return time.Local
}

// span returns from when to when; both are in milliseconds of Unix and included. Until is
// nil where it was not given.
func (o *timeFlags) span(now time.Time) (since time.Time, until *time.Time, err error) {
	since, _, err = moment("since", o.since, now, o.zone())
	since = inTime(since)
	if o.until == "" {
		return since, nil, err
	}
	end, isDay, untilErr := moment("until", o.until, now, o.zone())
	if isDay {
		end = end.AddDate(0, 0, 1).Add(-time.Millisecond)
	}
	if err = errors.Join(err, untilErr); err == nil && end.Before(since) {
		err = fmt.Errorf("since: %s is later than the end, %s", o.since, o.until)
	}
	return since, new(inTime(end)), err
}
