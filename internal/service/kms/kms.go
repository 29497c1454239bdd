// Package kms is AWS Key Management Service: keys that never leave it, and what
// is done with them.
//
// A change is durable once its operation returns. The material of keys is kept
// sealed by the server's master key and is in memory only while it is used. What
// keys do is package material's business; who may use them is decided before an
// operation, by key policies and grants that this service knows.
package kms

import (
	"context"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

// What the service keeps.
var (
	keys    = resource.Kind[key]{Name: "kms/key"}
	aliases = resource.Kind[alias]{Name: "kms/alias", Taken: errAliasTaken}
	aliased = resource.Kind[struct{}]{Name: "kms/aliased"} // by key and alias
	grants  = resource.Kind[grant]{Name: "kms/grant"}      // by key and ID
	tags    = resource.Tags{Invalid: "TagException", TooMany: "TagException"}
)

// markers is of all listings.
const markers resource.TokenCode = "InvalidMarkerException"

// Identities knows who there is.
type Identities interface {
	// UniqueIDs returns the unique IDs of users and roles, of any account, by their
	// ARNs: none for those that do not exist.
	UniqueIDs(ctx context.Context, arns []string) (map[string]string, error)
	// Unknown returns those of the ARNs of users and roles that name nobody.
	Unknown(ctx context.Context, arns []string) ([]string, error)
}

// Service answers the operations of KMS.
type Service struct {
	identities Identities

	store resource.Store
	seal  *seal.Sealer

	policies compiled
	managed  managedIDs

	mutex sync.Mutex
	woken chan struct{} // closed when something is due that was not before
}

// New returns a Service that keeps its keys in store, and their material sealed
// by sealer. Whom policies and grants name identities tells; without it whoever has
// such a name is meant.
func New(store state.Store, sealer *seal.Sealer, identities Identities) *Service {
	return &Service{identities: identities, store: resource.NewStore(store), seal: sealer, woken: make(chan struct{})}
}

// view calls fn with what an account and region have.
func (s *Service) view(ctx context.Context, scope cloud.Scope, fn func(resource.Reader) error) error {
	return s.store.View(within(ctx, scope), fn)
}

// update calls fn, which may change what an account and region have.
func (s *Service) update(ctx context.Context, scope cloud.Scope, fn func(resource.Tx) error) error {
	return s.store.Update(within(ctx, scope), fn)
}

// within returns the context for what another account's key belongs to.
func within(ctx context.Context, scope cloud.Scope) context.Context {
	call := cloud.CallOf(ctx)
	if call.Scope() == scope {
		return ctx
	}
	call.Account, call.Region = scope.Account, scope.Region
	return cloud.WithCall(ctx, call)
}

// now is the time in the precision that KMS tells.
func now() time.Time { return *resource.Now(time.Millisecond) }

// most returns how many a page has: usual where the caller does not say, and at
// most limit.
func most(asked *int32, usual, limit int) int {
	if asked == nil {
		return usual
	}
	return limit
}
