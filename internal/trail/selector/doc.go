// Package selector decides which events a trail, or a store of event data,
// records: event selectors and advanced event selectors, as CloudTrail takes them.
//
// It is pure. Selectors are checked once, and what is wrong with them is said with
// AWS's exception; a [Set] of them is compiled and then decides event by event.
// The older form is rewritten into the advanced one, so that there is one way to
// decide.
package selector

import (
	"github.com/sillok/sillok/internal/cloud"
)

// The limits of one trail's selectors.
const (
	MaxBasic         = 5   // event selectors
	MaxDataResources = 250 // values of data resources, but for those that mean all
	MaxValues        = 500 // values in all conditions of advanced event selectors
)

// invalid is how selectors are refused.
func invalid(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, "InvalidEventSelectorsException", format, args...)
}
