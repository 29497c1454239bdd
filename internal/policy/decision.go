package policy

import "fmt"

// Reason says which kind of policy made a decision.
type Reason int

// The reasons of a decision.
const (
	ByNobody          Reason = iota // nothing was decided
	ByIdentity                      // an identity policy, or that none allows
	ByResource                      // the resource's policy, or that it does not allow
	ByTrust                         // the role's trust policy, or that it does not allow
	ByBoundary                      // the permissions boundary
	BySession                       // a session policy
	ByServiceControl                // a service control policy
	ByResourceControl               // a resource control policy
	ByRoot                          // the root user of the account may
)

// String returns the reason as AWS's messages name the kind of policy.
func (r Reason) String() string {
	switch r {
	case ByIdentity:
		return Identity.String()
	case ByResource:
		return Resource.String()
	case ByTrust:
		return Trust.String()
	case ByBoundary:
		return Boundary.String()
	case BySession:
		return Session.String()
	case ByServiceControl:
		return ServiceControl.String()
	case ByResourceControl:
		return ResourceControl.String()
	case ByRoot:
		return "root user"
	default:
		return "nobody"
	}
}

// Decision is the answer to a Request.
type Decision struct {
	Allowed  bool
	Explicit bool   // a Deny statement made it
	Reason   Reason // which kind of policy allowed, denied or did not allow
	// Policy, Statement and Sid name the statement that made it: the policy's
	// name, the statement's number from 0, its Sid. Statement is -1 where none did.
	Policy    string
	Statement int
	Sid       string
	Spent     bool // it would have taken more steps than a decision may, so it is not allowed

	Matched        []Match  // all statements that matched; filled by Explain
	MissingContext []string // keys that statements ask for and the request has not; filled by Explain
}

// Match is one statement that matched a request.
type Match struct {
	Kind      Kind
	Policy    string
	Statement int // from 0
	Sid       string
	Deny      bool
	From, To  Position // where it begins, and where what follows it begins
}

// Message says in AWS's words that principal may not perform action on
// resource, and why. A resource that is empty or "*" is not mentioned. It is
// empty for what is allowed.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html.
func (d Decision) Message(principal, action, resource string) string {
	if d.Allowed {
		return ""
	}
	on := ""
	if resource != "" && resource != "*" {
		on = " on resource: " + resource
	}
	why := fmt.Sprintf(" because no %s allows the %s action", d.Reason, action)
	switch {
	case d.Spent:
		why = " because its policies are too complex to be evaluated"
	case d.Reason == ByTrust && d.Explicit:
		why = " with an explicit deny in the role trust policy"
	case d.Explicit && d.Reason == ByIdentity:
		why = " with an explicit deny in an identity-based policy"
	case d.Explicit:
		why = fmt.Sprintf(" with an explicit deny in a %s", d.Reason)
	case d.Reason == ByNobody:
		why = ""
	}
	return fmt.Sprintf("User: %s is not authorized to perform: %s%s%s", principal, action, on, why)
}
