package policy

import "fmt"

// Kind says what a document is attached to, and so which elements it may have.
type Kind int

// The kinds of policies.
const (
	Identity        Kind = iota // of a user, group or role
	Resource                    // of a resource, such as a bucket or a key
	Trust                       // of a role: who may assume it
	Boundary                    // the permissions boundary of a user or role
	Session                     // passed when a session was opened
	ServiceControl              // of an organization, for the principals of its accounts
	ResourceControl             // of an organization, for the resources of its accounts
)

// String returns the kind in the words that AWS's messages use, such as
// "identity-based policy".
func (k Kind) String() string {
	names := [...]string{
		"identity-based policy", "resource-based policy", "role trust policy", "permissions boundary",
		"session policy", "service control policy", "resource control policy",
	}
	if k < 0 || int(k) >= len(names) {
		return fmt.Sprintf("policy of kind %d", int(k))
	}
	return names[k]
}
