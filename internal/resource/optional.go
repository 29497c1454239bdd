package resource

import "cmp"

// Value returns what an optional member holds, or T's zero value without it.
func Value[T any](member *T) T {
	if member == nil {
		var none T
		return none
	}
	return *member
}

// Or returns what an optional member holds, or otherwise when that is absent or
// T's zero value, which clients send for what they leave out.
func Or[T comparable](member *T, otherwise T) T { return cmp.Or(Value(member), otherwise) }

// Set replaces *to with from, unless from is absent.
func Set[T any](to **T, from *T) {
	if from != nil {
		*to = from
	}
}
