package policy

// Reason says which kind of policy made a decision.
type Reason int

// The reasons of a decision.
const (
	ByNobody          Reason = iota // no policy could have allowed it
	ByIdentity                      // an identity policy, or that none allows
	ByResource                      // the resource's policy, or that it does not allow
	ByTrust                         // the role's trust policy, or that it does not allow
	ByBoundary                      // the permissions boundary
	BySession                       // a session policy
	ByServiceControl                // a service control policy
	ByResourceControl               // a resource control policy
	ByRoot                          // the root user of the account may
)

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
}

// Decide returns whether p allow r, and the statement that decided it. It leaves
// Matched and MissingContext empty.
func Decide(Request, Policies) Decision { return Decision{Statement: -1} }

// Explain returns what Decide returns, with all statements that matched and the
// keys that were asked for in vain. It is for people and simulators.
func Explain(r Request, p Policies) Decision { return Decide(r, p) }

// Message says in AWS's words that principal may not perform action on
// resource, and why. A resource that is empty or "*" is not mentioned.
func (d Decision) Message(principal, action, resource string) string {
	return principal + action + resource
}
