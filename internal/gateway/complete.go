package gateway

import (
	"context"
	"fmt"
	"reflect"

	"github.com/sillok/sillok/internal/cloud"
)

// completer is what a service's handler may be besides, where an input does not
// say all that a call touches: which key of KMS an alias or a ciphertext means.
type completer interface {
	// Complete returns the access that a call needs with resources that the
	// operation's row could not name, before it is decided. It changes nothing. An
	// error is what the call is answered with.
	Complete(ctx context.Context, access cloud.Access) (cloud.Access, error)
}

// findCompleter finds out whether a handler completes what its calls need.
func findCompleter(handler any) (completer, error) {
	c, ok := handler.(completer)
	if !ok && reflect.ValueOf(handler).MethodByName("Complete").IsValid() {
		return nil, fmt.Errorf("gateway: %T.Complete is not as %s has it", handler, reflect.TypeFor[completer]())
	}
	return c, nil
}
