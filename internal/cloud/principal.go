package cloud

import "time"

// Account is the 12 digits of an AWS account, such as "111122223333".
type Account string

// Region is the name of an AWS region, such as "ap-northeast-2".
type Region string

// PrincipalType says what kind of identity makes a call, in the words of
// CloudTrail's userIdentity.
type PrincipalType string

// The types of principals.
const (
	Anonymous     PrincipalType = "Anonymous" // nobody: no signature, or none that is right
	Root          PrincipalType = "Root"
	IAMUser       PrincipalType = "IAMUser"
	AssumedRole   PrincipalType = "AssumedRole"
	FederatedUser PrincipalType = "FederatedUser"
	WebIdentity   PrincipalType = "WebIdentityUser" // whom an OIDC provider vouches for, before it has a role
	Role          PrincipalType = "Role"            // what an assumed role is a session of; it makes no calls
	AWSService    PrincipalType = "AWSService"      // one of our own services, such as athena.amazonaws.com
)

// Principal is who makes a call.
type Principal struct {
	Type    PrincipalType     `json:"type"`
	Account Account           `json:"account,omitempty"`
	ARN     string            `json:"arn,omitempty"`     // such as "arn:aws:iam::111122223333:root"
	ID      string            `json:"id,omitempty"`      // the account for root, "AIDA…" for a user, "AROA…:session" for a role
	Name    string            `json:"name,omitempty"`    // of a user, or a service's such as "athena.amazonaws.com"
	Issuer  *Principal        `json:"issuer,omitempty"`  // the role or user that a session is of
	Tags    map[string]string `json:"tags,omitempty"`    // its own and its session's
	MFA     bool              `json:"mfa,omitempty"`     // the session was opened with a second factor
	Expires time.Time         `json:"expires,omitzero"`  // when its session ends; zero for never
	Session *Session          `json:"session,omitempty"` // of temporary credentials; nil for others

	// InvokedBy is the service of ours that opened the session of a role for
	// itself, such as "events.amazonaws.com"; empty for all others.
	InvokedBy string `json:"invoked_by,omitempty"`
}

// Session is what temporary credentials carry beside who they are of.
type Session struct {
	Policies       []string  `json:"-"`                         // the texts of its policies, which limit what it may do; nil for none
	SourceIdentity string    `json:"source_identity,omitempty"` // who is behind it: set once, and kept along a chain of roles
	Transitive     []string  `json:"transitive,omitempty"`      // the keys of the tags that go on to the next role of a chain
	Issued         time.Time `json:"issued,omitzero"`           // when it was opened
	Provider       string    `json:"provider,omitempty"`        // of a web identity: who vouches for it, as aws:FederatedProvider says that
	Console        bool      `json:"console,omitempty"`         // its credentials are those of a browser that is signed in to a console
}

// RootOf returns the root user of an account.
func RootOf(account Account) Principal {
	return Principal{
		Type: Root, Account: account, ID: string(account),
		ARN: ARN{Service: "iam", Account: account, Resource: "root"}.String(),
	}
}

// ServiceOf returns the principal that a service of ours acts as where nobody
// asked it to act, named as AWS does: "athena.amazonaws.com".
func ServiceOf(name string) Principal { return Principal{Type: AWSService, Name: name} }

// Key is an access key and whose it is.
type Key struct {
	ID           string
	Secret       string
	SessionToken string // of temporary credentials; empty for others
	Principal    Principal
}
