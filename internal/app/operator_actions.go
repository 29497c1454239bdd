package app

import (
	"fmt"

	"github.com/sillok/sillok/internal/alarm/operator"
	"github.com/sillok/sillok/internal/bus"
)

// openBus makes the bus, and the target of it that takes actions of alarms as the operator has declared them.
func (a *App) openBus() (err error) {
	a.bus = bus.New(bus.Config{Log: a.log}, a.state)
	a.operator, err = operator.New(operator.Config{Log: a.log, Account: string(a.root.Account), Declarations: a.cfg.Actions})
	if err != nil {
		return fmt.Errorf("the declared actions: %w", err)
	}
	return nil
}

// operated are the targets that take actions as the operator has declared them.
func (a *App) operated() map[string]bus.Target {
	all := map[string]bus.Target{}
	for _, service := range operator.Services() {
		all[service] = a.operator
	}
	return all
}
