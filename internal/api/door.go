package api

import (
	"context"
	"fmt"
)

// Door does operations for a service that needs another one: each package
// below has a Client over it.
type Door interface {
	// Do does an operation on in, a pointer to its input, and returns a
	// pointer to its output. An error is the operation's own.
	Do(ctx context.Context, service *Service, operation string, in any) (out any, err error)
}

// DoorFunc is a function as a Door.
type DoorFunc func(ctx context.Context, service *Service, operation string, in any) (out any, err error)

// Do implements Door.
func (f DoorFunc) Do(ctx context.Context, service *Service, operation string, in any) (any, error) {
	return f(ctx, service, operation, in)
}

// Do does an operation through a door and returns its output, which is an Out.
func Do[Out any](ctx context.Context, door Door, service *Service, operation string, in any) (Out, error) {
	var none Out
	answer, err := door.Do(ctx, service, operation, in)
	if err != nil {
		return none, err
	}
	out, ok := answer.(Out)
	if !ok {
		return none, fmt.Errorf("%s:%s answered a %T, want a %T", service.ID, operation, answer, none)
	}
	return out, nil
}
