package policy

import (
	"slices"
	"strings"
)

// Context is what is known of a request: condition keys and their values. The
// names of keys are compared without regard to case. The zero Context knows
// nothing and cannot be set.
type Context struct {
	values map[string][]string // by lower case key
	later  *later
}

// later is what is found out once a policy asks for it.
type later struct {
	beginnings []string // of keys, in lower case
	tell       func()   // nil when there is nothing to tell, or it was told
}

// NewContext returns a Context that knows nothing yet.
func NewContext() Context { return Context{values: map[string][]string{}, later: &later{}} }

// Later says that tell sets the keys that begin so, in lower case. It is called before
// the first of them is looked for, so that what nobody asks for is not found out. It
// takes the place of what an earlier call said.
func (c Context) Later(beginnings []string, tell func()) { *c.later = later{beginnings, tell} }

// under returns the values under a key in lower case.
func (c Context) under(key string) []string {
	if c.later != nil && c.later.tell != nil && begins(key, c.later.beginnings) {
		tell := c.later.tell
		c.later.tell = nil
		tell()
	}
	return c.values[key]
}

func begins(text string, beginnings []string) bool {
	for _, beginning := range beginnings {
		if strings.HasPrefix(text, beginning) {
			return true
		}
	}
	return false
}

// Set says that the request has values under key, in place of what it had. A
// key that is set to no value is a key that the request does not have.
func (c Context) Set(key string, values ...string) {
	key = strings.ToLower(key)
	if len(values) == 0 {
		delete(c.values, key)
		return
	}
	c.values[key] = values
}

// Add says that the request has values under key, besides those that it has. Keys
// that a client names, such as tags, are added: of two that differ in case alone
// neither hides the other.
func (c Context) Add(key string, values ...string) {
	key = strings.ToLower(key)
	if len(values) > 0 {
		c.values[key] = append(slices.Clip(c.values[key]), values...)
	}
}

// Values returns the values under key, and none for a key that the request does
// not have. The caller must not change them.
func (c Context) Values(key string) []string { return c.under(strings.ToLower(key)) }

// Has reports whether the request has the key.
func (c Context) Has(key string) bool { return len(c.Values(key)) > 0 }
