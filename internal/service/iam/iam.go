// Package iam is AWS Identity and Access Management: users, groups, roles and
// their access keys, and the policies that say what they may do.
//
// A change holds with the very next call: what is compiled of policies, and which
// keys are known, is kept in memory until a change of the account makes it old.
// Secrets are sealed before they are stored, and shown once. IAM is one for all
// regions. What a policy means is package policy's business, and whether a call may
// be made package access's.
package iam

import (
	"context"

	"github.com/sillok/sillok/internal/access"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

// Sealer keeps secrets unreadable at rest. What was sealed can be opened only in
// the same context.
type Sealer interface {
	Seal(plaintext, context []byte) ([]byte, error)
	Open(sealed, context []byte) ([]byte, error)
}

// Service answers IAM's operations. It finds the keys of users and the policies of
// identities for whoever decides about calls.
type Service struct {
	store  resource.Store
	state  state.Store
	sealer Sealer
	places Accounts // nil: no account is in an organization, or known to be here
	cache  *cache
	used   *used
}

// Accounts knows the accounts of this server.
type Accounts interface {
	access.Organization
	// Hosts says whether an account is one of this server.
	Hosts(ctx context.Context, account cloud.Account) (bool, error)
}

// New returns a Service that keeps identities in store, and their secrets sealed
// by sealer. What organizations say is asked of places for simulations alone; nil is for no
// account in one.
func New(store state.Store, sealer Sealer, places Accounts) *Service {
	return &Service{store: resource.NewStore(store), state: store, sealer: sealer, places: places, cache: newCache(), used: newUsed()}
}

// global returns a context whose call is in no region, as all of IAM is.
func global(ctx context.Context) context.Context {
	call := cloud.CallOf(ctx)
	call.Region = ""
	return cloud.WithCall(ctx, call)
}

// view calls fn with what the caller's account has.
func (s *Service) view(ctx context.Context, fn func(resource.Reader) error) error {
	return s.store.View(global(ctx), fn)
}

// update calls fn, which may change what the caller's account has. What is in memory
// of the account is old once that is on disk, before update returns.
func (s *Service) update(ctx context.Context, fn func(resource.Tx) error) error {
	account := cloud.CallOf(ctx).Account
	return s.store.Update(global(ctx), func(tx resource.Tx) error {
		tx.AfterCommit(func() { s.cache.forget(account) })
		return fn(tx)
	})
}

// scopeOf is where IAM's documents of an account are.
func scopeOf(account cloud.Account) cloud.Scope { return cloud.Scope{Account: account} }

// in returns what another account than the call's has.
func in(r state.Reader, account cloud.Account) resource.Reader { return reader{r, scopeOf(account)} }

type reader struct {
	state.Reader

	scope cloud.Scope
}

// Scope implements resource.Reader.
func (r reader) Scope() cloud.Scope { return r.scope }

// inTx is in for a transaction that changes something.
func inTx(t state.Tx, account cloud.Account) resource.Tx { return tx{t, scopeOf(account)} }

type tx struct {
	state.Tx

	scope cloud.Scope
}

// Scope implements resource.Tx.
func (t tx) Scope() cloud.Scope { return t.scope }

// inner is an error of what something consists of, whose kind says nothing of the whole:
// that a group is missing does not mean that its user is.
type inner struct{ error }
