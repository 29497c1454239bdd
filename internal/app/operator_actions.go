package app

import (
	"fmt"

	"github.com/sillok/sillok/internal/alarm/operator"
	"github.com/sillok/sillok/internal/bus"
)

// openOperator prepares what the operator has declared for actions of alarms.
func (a *App) openOperator() (err error) {
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
