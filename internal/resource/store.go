package resource

import (
	"context"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// Reader reads documents of one account and region.
type Reader interface {
	state.Reader
	// Scope is the account and region.
	Scope() cloud.Scope
}

// Tx reads and changes documents of one account and region.
type Tx interface {
	state.Tx
	// Scope is the account and region.
	Scope() cloud.Scope
}

// Store gives each call the documents of its own account and region.
type Store struct{ state state.Store }

// NewStore returns a Store over the documents of s.
func NewStore(s state.Store) Store { return Store{s} }

// View calls fn with a snapshot of what the account and region of the call in
// ctx have; its errors are those of fn and of state.Store.
func (s Store) View(ctx context.Context, fn func(Reader) error) error {
	scope := cloud.CallOf(ctx).Scope()
	return s.state.View(ctx, func(r state.Reader) error { return fn(reader{r, scope}) })
}

// Update calls fn, which may change what the account and region of the call in
// ctx have, as state.Store.Update promises.
func (s Store) Update(ctx context.Context, fn func(Tx) error) error {
	scope := cloud.CallOf(ctx).Scope()
	return s.state.Update(ctx, func(t state.Tx) error { return fn(tx{t, scope}) })
}

// In returns the transaction t as one of another account and region. It is for
// work that no call asked for.
func In(t Tx, scope cloud.Scope) Tx { return tx{t, scope} }

type reader struct {
	state.Reader
	scope cloud.Scope
}

// Scope implements Reader.
func (r reader) Scope() cloud.Scope { return r.scope }

type tx struct {
	state.Tx
	scope cloud.Scope
}

// Scope implements Tx.
func (t tx) Scope() cloud.Scope { return t.scope }
