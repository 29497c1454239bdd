package policy

import (
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
)

// principals are whom a Principal or NotPrincipal names.
type principals struct {
	everybody bool
	accounts  []string // numbers
	names     []string // ARNs and unique IDs of users, roles and sessions
	services  []string
	providers []string // of federated identities
	canonical []string // S3's IDs of accounts
}

// grant says how directly a statement names who asks. Limits that do not name a
// resource's policy apply to what it grants less directly.
type grant int

const (
	ungranted grant = iota
	delegated       // its account: identity policies of that account must allow too
	toEntity        // the role or user that its session is of: boundary and session policies limit that
	direct          // itself, or everybody: nothing but a Deny limits that
)

// caller is who asks, as policies name it.
type caller struct {
	anonymous bool
	root      bool
	account   string // empty for a service, and for one who has no identity yet
	arn       string
	id        string // the unique ID; empty for the session of a role, which has none of its own
	issuer    string // ARN of the role or user that the session is of
	issuerID  string
	services  []string
	provider  string
	canonical string
}

func newCaller(r *Request) caller {
	p := &r.Principal
	c := caller{
		anonymous: p.Type == cloud.Anonymous, root: p.Type == cloud.Root,
		arn: p.ARN, id: p.ID, canonical: r.CanonicalUser,
	}
	switch p.Type {
	case cloud.Root, cloud.IAMUser, cloud.AssumedRole, cloud.FederatedUser:
		c.account = string(p.Account)
	case cloud.AWSService:
		c.services = append(slices.Clip(r.Context.Values("aws:PrincipalServiceNamesList")), p.Name)
	default: // a web identity and nobody have no policies of an account
	}
	// The session of a user that GetSessionToken opened is that user, and a
	// root user is named as its account.
	if p.Issuer != nil && p.Issuer.ARN != p.ARN && p.Issuer.Type != cloud.Root {
		c.issuer, c.issuerID = p.Issuer.ARN, p.Issuer.ID
	}
	if p.Type == cloud.AssumedRole {
		c.issuerID, _, _ = strings.Cut(p.ID, ":")
		c.id = ""
	}
	if p.Session != nil {
		c.provider = p.Session.Provider
	}
	return c
}

// hasIdentity reports whether policies of an account can speak of the caller.
func (c *caller) hasIdentity() bool { return !c.anonymous && c.account != "" }

// named reports whether p names a user or role by its ARN, and means the one of that
// unique ID.
func (p *principals) named(arn, id string, bound map[string]string) bool {
	if arn == "" || !slices.Contains(p.names, arn) {
		return false
	}
	meant, ok := bound[arn]
	return !ok || meant == id
}

// grantTo returns how directly p names c.
func (p *principals) grantTo(c *caller, bound map[string]string) grant {
	switch {
	case p.everybody,
		p.named(c.arn, c.id, bound),
		c.id != "" && slices.Contains(p.names, c.id),
		slices.ContainsFunc(c.services, func(name string) bool { return slices.Contains(p.services, name) }),
		c.provider != "" && slices.Contains(p.providers, c.provider):
		return direct
	case c.anonymous:
		return ungranted
	case p.named(c.issuer, c.issuerID, bound),
		c.issuerID != "" && slices.Contains(p.names, c.issuerID):
		return toEntity
	case c.account != "" && slices.Contains(p.accounts, c.account),
		c.canonical != "" && slices.Contains(p.canonical, c.canonical):
		return delegated
	}
	return ungranted
}

// spares reports whether a NotPrincipal with Deny leaves c alone: it must name
// the account and, of a session, the role or user too, since none of them may
// do more than the one it is of.
func (p *principals) spares(c *caller, bound map[string]string) bool {
	if p.everybody {
		return true
	}
	if c.services != nil {
		return slices.ContainsFunc(c.services, func(name string) bool { return slices.Contains(p.services, name) })
	}
	if !c.hasIdentity() {
		return c.provider != "" && slices.Contains(p.providers, c.provider)
	}
	if !slices.Contains(p.accounts, c.account) && (c.canonical == "" || !slices.Contains(p.canonical, c.canonical)) {
		return false
	}
	if c.issuer != "" && !p.named(c.issuer, c.issuerID, bound) && (c.issuerID == "" || !slices.Contains(p.names, c.issuerID)) {
		return false
	}
	return c.root || p.named(c.arn, c.id, bound) || c.id != "" && slices.Contains(p.names, c.id)
}

// grants returns how directly the statement names who asks; any of it is enough
// for a Deny.
func (s *statement) grants(e *evaluation) grant {
	switch {
	case s.principals == nil: // of an identity's own policy
		return direct
	case !s.notPrincipal:
		return s.principals.grantTo(&e.caller, e.bound)
	case s.deny:
		// AWS denies all that have a boundary, whatever NotPrincipal names.
		if e.bounded || !s.principals.spares(&e.caller, e.bound) {
			return direct
		}
	case s.principals.grantTo(&e.caller, e.bound) == ungranted:
		return direct
	}
	return ungranted
}
