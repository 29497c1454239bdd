package iam

import (
	"context"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// noted is how often what was used is written down.
const noted = time.Minute

// used is which keys and roles were used since that was last written down: a call
// costs no write.
type used struct {
	mu    sync.Mutex
	keys  map[string]keyUse
	roles map[identityName]keyUse
}

func newUsed() *used { return &used{keys: map[string]keyUse{}, roles: map[identityName]keyUse{}} }

// Used notes that a call was made with an access key or by a role. It is for calls
// whose signature is verified, and writes nothing.
func (s *Service) Used(call *cloud.Call) {
	use := keyUse{call.Time.Truncate(time.Second), call.Service, call.Region}
	if call.InvokedBy != "" {
		return
	}
	p := &call.Principal
	switch {
	case p.Type == cloud.AssumedRole && p.Issuer != nil:
		if name, ok := entityName(p.Issuer.ARN); ok {
			s.used.mu.Lock()
			s.used.roles[name] = use
			s.used.mu.Unlock()
		}
	case call.AccessKeyID != "" && p.Session == nil:
		s.used.mu.Lock()
		s.used.keys[call.AccessKeyID] = use
		s.used.mu.Unlock()
	}
}

// key returns when a key was last used, as far as that is known.
func (u *used) key(id string, kept keyUse) keyUse {
	u.mu.Lock()
	defer u.mu.Unlock()
	if use, ok := u.keys[id]; ok {
		return use
	}
	return kept
}

// role tells a role when it was last used.
func (u *used) role(account cloud.Account, r *role) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if use, ok := u.roles[identityName{account, roles.noun, folded(r.Name)}]; ok {
		r.LastUsed, r.LastRegion = use.At, use.Region
	}
}

// Run writes down now and then which keys and roles were used, until ctx is done, and
// then once more.
func (s *Service) Run(ctx context.Context) error {
	ticker := time.NewTicker(noted)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if err := s.note(ctx); err != nil {
				return err
			}
		case <-ctx.Done():
			return s.note(context.WithoutCancel(ctx))
		}
	}
}

// note writes down what was used since the last time.
func (s *Service) note(ctx context.Context) error {
	s.used.mu.Lock()
	keys, touched := s.used.keys, s.used.roles
	s.used.keys, s.used.roles = map[string]keyUse{}, map[identityName]keyUse{}
	s.used.mu.Unlock()
	if len(keys)+len(touched) == 0 {
		return nil
	}
	return s.state.Update(ctx, func(tx state.Tx) error {
		for id, use := range keys {
			k, found, err := state.Find[key](tx, keyName(id))
			if err != nil {
				return err
			}
			if !found {
				continue // it is gone, or the root user's own
			}
			k.Used = use
			if err := state.Put(tx, keyName(id), k); err != nil {
				return err
			}
		}
		for name, use := range touched {
			rtx := inTx(tx, name.account)
			r, found, err := roles.kind.Find(rtx, name.name)
			if err != nil {
				return err
			}
			if !found {
				continue
			}
			r.LastUsed, r.LastRegion = use.At, use.Region
			if err := roles.kind.Put(rtx, r, name.name); err != nil {
				return err
			}
		}
		return nil
	})
}
