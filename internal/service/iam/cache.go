package iam

import (
	"sync"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
)

// mostKept bounds each part of a cache. One that is full begins anew.
const mostKept = 10_000

// cache is what is known in memory: access keys, and the policies of identities,
// compiled. What an account changed is forgotten before its change is answered.
//
// Whoever reads from the store notes changes before, and keeps what was found only if
// nothing has changed since: what was read before a change never stays after it.
type cache struct {
	mu         sync.RWMutex
	changed    uint64
	keys       map[string]cloud.Key
	identities map[identityName]*identity
	absent     map[identityName]bool       // what was asked for and is not there, apart from what is
	documents  map[string]*policy.Document // by text; they never become old
}

// identityName names a user or a role.
type identityName struct {
	account cloud.Account
	noun    string
	name    string // folded
}

// identity is what decides about a user or a role.
type identity struct {
	id       string // of the one that there is now
	arn      string
	policies []policy.Attached
	boundary *policy.Attached
	tags     map[string]string
	trust    *policy.Document // of a role
	session  sessionLimits
}

func newCache() *cache {
	c := &cache{}
	c.clear()
	return c
}

func (c *cache) clear() {
	c.changed++
	c.keys, c.identities, c.documents = map[string]cloud.Key{}, map[identityName]*identity{}, map[string]*policy.Document{}
	c.absent = map[identityName]bool{}
}

// changes returns how many changes there were.
func (c *cache) changes() uint64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.changed
}

// forget lets go what is known of an account.
func (c *cache) forget(account cloud.Account) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changed++
	for id, k := range c.keys {
		if k.Principal.Account == account {
			delete(c.keys, id)
		}
	}
	for name := range c.identities {
		if name.account == account {
			delete(c.identities, name)
		}
	}
	for name := range c.absent {
		if name.account == account {
			delete(c.absent, name)
		}
	}
}

func (c *cache) key(id string) (cloud.Key, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	k, ok := c.keys[id]
	return k, ok
}

func (c *cache) keepKey(seen uint64, k cloud.Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changed != seen {
		return
	}
	if len(c.keys) >= mostKept {
		clear(c.keys)
	}
	c.keys[k.ID] = k
}

// identity returns what is known of a user or role: nil, and that it is known, of one
// that is not there.
func (c *cache) identity(name identityName) (*identity, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	i, ok := c.identities[name]
	return i, ok || c.absent[name]
}

// keepIdentity keeps what was found of a user or role; nil for one that is not there. That
// is kept too, so that strangers are refused after the same work.
func (c *cache) keepIdentity(seen uint64, name identityName, i *identity) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changed != seen {
		return
	}
	if i == nil {
		if len(c.absent) >= mostKept {
			clear(c.absent)
		}
		c.absent[name] = true
		return
	}
	if len(c.identities) >= mostKept {
		clear(c.identities)
	}
	c.identities[name] = i
}

// document returns a compiled document. Documents of other kinds than identity
// policies are compiled each time.
func (c *cache) document(text string) (*policy.Document, error) {
	c.mu.RLock()
	d, ok := c.documents[text]
	c.mu.RUnlock()
	if ok {
		return d, nil
	}
	d, err := policy.Parse(text, policy.Identity)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.documents) >= mostKept {
		clear(c.documents)
	}
	c.documents[text] = d
	return d, nil
}

// Forget lets go all that is known in memory. It is for a store that others have
// changed, such as one that tests empty.
func (s *Service) Forget() {
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	s.cache.clear()
}
