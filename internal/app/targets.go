package app

import "github.com/sillok/sillok/internal/bus"

// targets returns who takes what is delivered to an ARN, by the service in it.
// A new target is a line here.
func (a *App) targets() map[string]bus.Target { return map[string]bus.Target{} }
