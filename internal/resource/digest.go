package resource

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/sillok/sillok/internal/cloud"
)

// digest tells what is asked for apart: the account and region, the operation
// and its members. in points to the operation's input; members that equal one
// of except, which are pointers, do not count.
func digest(scope cloud.Scope, in any, except ...any) ([]byte, error) {
	given := reflect.ValueOf(in).Elem()
	counted := reflect.New(given.Type()).Elem()
	counted.Set(given)
	for _, member := range counted.Fields() {
		if slices.Contains(except, member.Interface()) {
			member.SetZero()
		}
	}
	data, err := json.Marshal(counted.Interface())
	if err != nil {
		return nil, fmt.Errorf("digest of a request: %w", err)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%T\x00%s", scope.Account, scope.Region, in, data))
	return sum[:], nil
}
