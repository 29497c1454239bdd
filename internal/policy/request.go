package policy

import "github.com/sillok/sillok/internal/cloud"

// Request is one question: may this principal do this to that?
type Request struct {
	// Principal is who asks. A service of AWS is also known by the names that the
	// context has under aws:PrincipalServiceNamesList.
	Principal cloud.Principal
	Action    string // IAM's, such as "s3:GetObject"
	// Resource is the ARN that the action is on, or "*" for an action that is on
	// none. A "*" in an ARN stands for what the call does not say: a Deny
	// matches when it may match one of these, an Allow only when it covers all.
	Resource        string
	ResourceAccount cloud.Account // the account that owns the resource; empty where none does, which counts as the principal's own
	Context         Context
	CanonicalUser   string // S3's ID of the principal's account, for policies that name it so; empty where it is not known
}

// Attached is a document and the name under which it applies.
type Attached struct {
	Name     string // the ARN of a managed policy, or the name of an inline one
	Document *Document

	// Bound are the unique IDs that the users and roles had whom the document names by
	// ARN, when it was given to a resource: another one of the same name is not meant.
	// Of an ARN that is not in it whoever has that name is.
	Bound map[string]string
}

// Policies are all policies that apply to a request.
type Policies struct {
	Identity []Attached
	Boundary *Attached // nil without one
	// Session are the session's policies; a session that was opened without
	// any has HasSession false and is not limited by them.
	Session    []Attached
	HasSession bool
	// ServiceControl and ResourceControl have one list a level: the root, each
	// unit on the way, the account. Each level must allow. Nil limits nothing.
	ServiceControl  [][]Attached
	ResourceControl [][]Attached
	Resource        []Attached
	// Required says that the resource's policy must allow each request, those
	// of its own account too, as with keys of KMS: identity policies count only
	// where it delegates to them by naming the account.
	Required bool
	// Trust says that Resource is the trust policy of a role: it is Required,
	// and called by its name in messages.
	Trust bool
}
