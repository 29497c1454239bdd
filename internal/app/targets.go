package app

import (
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
)

// targets returns who takes what is delivered to an ARN, by the service in it.
// A new target is a line here.
func (a *App) targets() map[string]bus.Target {
	return map[string]bus.Target{"cloudtrail": failedOfTrails{a}, "logs": trailLogGroups{a}}
}

// delivers reports whether somebody takes what is delivered to the ARN.
func (a *App) delivers(arn cloud.ARN) bool { return a.targets()[arn.Service] != nil }
