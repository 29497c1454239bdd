package athena

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// made is what a request with a client request token made.
type made struct {
	ID      string
	Request string // digest of the request
}

// madeBefore returns the id of what an equal request with the same token made,
// or "". A request with the token of another one is refused.
func madeBefore(r state.Reader, scope cloud.Scope, token *string, request any) (string, error) {
	if token == nil {
		return "", nil
	}
	before, found, err := state.Find[made](r, key(scope, kindToken, *token))
	if err != nil || !found {
		return "", err
	}
	digest, err := digestOf(request)
	if err != nil {
		return "", err
	}
	if before.Request != digest {
		return "", errRequest("Idempotent parameters do not match")
	}
	return before.ID, nil
}

// remember keeps what a request with a token made.
func remember(tx state.Tx, scope cloud.Scope, token *string, request any, id string) error {
	if token == nil {
		return nil
	}
	digest, err := digestOf(request)
	if err != nil {
		return err
	}
	return state.Put(tx, key(scope, kindToken, *token), made{ID: id, Request: digest})
}

// digestOf tells requests apart, those of different operations too.
func digestOf(request any) (string, error) {
	data, err := json.Marshal(request)
	if err != nil {
		return "", fmt.Errorf("digest of a request: %w", err)
	}
	sum := sha256.Sum256(fmt.Appendf(data, "%T", request))
	return hex.EncodeToString(sum[:]), nil
}
