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
}

// NewContext returns a Context that knows nothing yet.
func NewContext() Context { return Context{values: map[string][]string{}} }

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
func (c Context) Values(key string) []string { return c.values[strings.ToLower(key)] }

// Has reports whether the request has the key.
func (c Context) Has(key string) bool { return len(c.Values(key)) > 0 }
