package iam

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

// sessionLimits is what a role says of its sessions.
type sessionLimits struct{ longest time.Duration }

// Policies returns the policies of a principal: of a user those of its groups too, of
// a session those of the role or user that it is of. Root users and services have
// none. One that does not exist any more, or is another of the same name, has none
// either, so that nothing is allowed to it.
func (s *Service) Policies(ctx context.Context, p cloud.Principal) (attached []policy.Attached, boundary *policy.Attached, err error) {
	i, err := s.identityOf(ctx, p)
	if err != nil || i == nil {
		return nil, nil, err
	}
	return i.policies, i.boundary, nil
}

// Tags returns the tags of the user or role that a principal is, or is a session of,
// and whether it exists.
func (s *Service) Tags(ctx context.Context, p cloud.Principal) (tags map[string]string, exists bool, err error) {
	if root := p.Type == cloud.Root || p.Issuer != nil && p.Issuer.Type == cloud.Root; root {
		return nil, true, nil
	}
	i, err := s.identityOf(ctx, p)
	if err != nil || i == nil {
		return nil, false, err
	}
	return i.tags, true, nil
}

// TrustPolicy returns who may assume a role. Everybody who knows an account can ask for
// that, so a role that does not exist trusts nobody, and is found out by the same work:
// its document is read and compiled, or another one is, and nothing is remembered.
func (s *Service) TrustPolicy(ctx context.Context, of cloud.ARN) (policy.Attached, error) {
	trust := policy.Attached{Name: of.String()}
	name, ok := entityName(trust.Name)
	if !ok || name.noun != roles.noun {
		name = identityName{account: of.Account, noun: roles.noun, name: "*"} // which no role is called
	}
	var found glimpse
	err := s.state.View(ctx, func(st state.Reader) (err error) {
		var there bool
		found, there, err = glance(in(st, name.account), "role", name.name)
		if same := arn(name.account, "role", found.Path, found.Name) == trust.Name; !there || !same {
			found.Trust = trustsNobody
		}
		return err
	})
	if err != nil {
		return trust, err
	}
	trust.Bound = found.Bound
	trust.Document, err = policy.Parse(found.Trust, policy.Trust)
	return trust, err
}

// UniqueIDs returns the unique IDs of users and roles, of any account, by their ARNs. Of
// those that do not exist there is none.
func (s *Service) UniqueIDs(ctx context.Context, arns []string) (ids map[string]string, err error) {
	err = s.state.View(ctx, func(st state.Reader) error {
		ids, err = uniqueIDs(ctx, st, arns)
		return err
	})
	return ids, err
}

// Unknown returns those of the ARNs of users and roles that name nobody, as far as that is
// known: of accounts that are not of this server it is not.
func (s *Service) Unknown(ctx context.Context, arns []string) ([]string, error) {
	asked, err := s.hosted(ctx, arns)
	if err != nil || len(asked) == 0 {
		return nil, err
	}
	ids, err := s.UniqueIDs(ctx, asked)
	return unknown(asked, ids), err
}

// hosted returns those of the ARNs that are of accounts of this server.
func (s *Service) hosted(ctx context.Context, arns []string) (own []string, err error) {
	if s.places == nil {
		return nil, nil
	}
	known := map[cloud.Account]bool{}
	for _, of := range arns {
		parsed, err := cloud.ParseARN(of)
		if err != nil || len(parsed.Account) != accountDigits {
			continue // such as an origin access identity, which is of no account
		}
		here, asked := known[parsed.Account]
		if !asked {
			if here, err = s.places.Hosts(ctx, parsed.Account); err != nil {
				return nil, fmt.Errorf("whether account %s is here: %w", parsed.Account, err)
			}
			known[parsed.Account] = here
		}
		if here {
			own = append(own, of)
		}
	}
	return own, nil
}

const accountDigits = 12

func unknown(arns []string, ids map[string]string) []string {
	return slices.DeleteFunc(slices.Clone(arns), func(of string) bool { return ids[of] != "" })
}

func uniqueIDs(ctx context.Context, st state.Reader, arns []string) (map[string]string, error) {
	ids := map[string]string{}
	for _, of := range arns {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		parsed, err := cloud.ParseARN(of)
		if err != nil {
			continue // it is nobody's
		}
		noun, _, _ := strings.Cut(parsed.Resource, "/")
		if noun != "user" && noun != "role" {
			continue
		}
		found, there, err := glance(in(st, parsed.Account), noun, folded(shortName(of)))
		if err != nil {
			return nil, err
		}
		if there && arn(parsed.Account, noun, found.Path, found.Name) == of {
			ids[of] = found.ID
		}
	}
	return ids, nil
}

// Role is what there is to know of a role that somebody wants to assume.
type Role struct {
	Principal cloud.Principal  // the role itself, as the issuer of its sessions, with its tags
	Trust     *policy.Document // who may assume it
	Longest   time.Duration    // that a session of it may last
}

// AssumableRole returns the role of an ARN, of any account. The error is of kind
// NotFound when there is none.
func (s *Service) AssumableRole(ctx context.Context, roleARN string) (Role, error) {
	name, ok := entityName(roleARN)
	if !ok || name.noun != roles.noun {
		return Role{}, errNoRole(roleARN)
	}
	i, err := s.load(ctx, name)
	if err != nil {
		return Role{}, err
	}
	if i == nil || i.arn != roleARN {
		return Role{}, errNoRole(roleARN)
	}
	short := shortName(roleARN)
	return Role{
		Principal: cloud.Principal{Type: cloud.Role, Account: name.account, ARN: i.arn, ID: i.id, Name: short, Tags: i.tags},
		Trust:     i.trust, Longest: i.session.longest,
	}, nil
}

func errNoRole(roleARN string) error {
	return cloud.Errorf(cloud.NotFound, "NoSuchEntity", "The role %s cannot be found.", roleARN)
}

// identityOf returns what decides about a principal; nil for one that has no policies
// or does not exist.
func (s *Service) identityOf(ctx context.Context, p cloud.Principal) (*identity, error) {
	of := p
	if p.Issuer != nil {
		of = *p.Issuer
	}
	var name identityName
	switch {
	case of.Type == cloud.IAMUser:
		name = identityName{of.Account, users.noun, folded(of.Name)}
	case p.Type == cloud.AssumedRole:
		var ok bool
		if name, ok = entityName(of.ARN); !ok {
			return nil, nil //nolint:nilnil // it is a session of nothing
		}
	default:
		return nil, nil //nolint:nilnil // it has no policies
	}
	i, err := s.load(ctx, name)
	if err != nil || i == nil || i.id != of.ID {
		return nil, err
	}
	return i, nil
}

// entityName takes the ARN of a user or role apart.
func entityName(of string) (identityName, bool) {
	parsed, err := cloud.ParseARN(of)
	if err != nil || parsed.Service != "iam" {
		return identityName{}, false
	}
	kind, _, ok := strings.Cut(parsed.Resource, "/")
	name := shortName(of)
	for _, noun := range []string{users.noun, roles.noun, groups.noun} {
		if ok && kind == strings.ToLower(noun) {
			return identityName{parsed.Account, noun, folded(name)}, true
		}
	}
	return identityName{}, false
}

// shortName returns the name at the end of an ARN of IAM's, such as "ann" of
// "arn:aws:iam::111122223333:user/dev/ann".
func shortName(of string) string {
	at := strings.LastIndexByte(of, '/')
	if at < 0 {
		return ""
	}
	return of[at+1:]
}

// load returns what decides about a user or role, from memory where it is there; nil
// where there is no such.
func (s *Service) load(ctx context.Context, name identityName) (*identity, error) {
	if i, ok := s.cache.identity(name); ok {
		return i, nil
	}
	seen := s.cache.changes()
	var i *identity
	err := s.state.View(ctx, func(r state.Reader) (err error) {
		i, err = s.read(in(r, name.account), name)
		return err
	})
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		s.cache.keepIdentity(seen, name, nil)
		return nil, nil //nolint:nilnil // there is none
	}
	if err != nil {
		return nil, fmt.Errorf("the policies of %s %s of %s: %w", name.noun, name.name, name.account, err)
	}
	s.cache.keepIdentity(seen, name, i)
	return i, nil
}

// read compiles what decides about a user, role or group.
func (s *Service) read(r resource.Reader, name identityName) (*identity, error) {
	i := &identity{}
	switch name.noun {
	case users.noun:
		u, err := users.get(r, &name.name)
		if err != nil {
			return nil, err
		}
		for _, group := range u.Groups {
			g, err := groups.get(r, &group)
			if err != nil {
				return nil, fmt.Errorf("its group %s: %w", group, inner{err})
			}
			if err := s.collect(r, i, &g.entity); err != nil {
				return nil, err
			}
		}
		i.arn = users.arn(r, &u.entity)
		return i, s.finish(r, i, &u.entity)
	case groups.noun:
		g, err := groups.get(r, &name.name)
		if err != nil {
			return nil, err
		}
		i.arn = groups.arn(r, &g.entity)
		return i, s.finish(r, i, &g.entity)
	}
	found, err := roles.get(r, &name.name)
	if err != nil {
		return nil, err
	}
	i.arn, i.session.longest = roles.arn(r, &found.entity), found.MaxSession
	if i.trust, err = policy.Parse(found.Trust, policy.Trust); err != nil {
		return nil, fmt.Errorf("its trust policy: %w", err)
	}
	return i, s.finish(r, i, &found.entity)
}

// finish adds to i what an entity itself has.
func (s *Service) finish(r resource.Reader, i *identity, e *entity) (err error) {
	i.id = e.ID
	if err := s.collect(r, i, e); err != nil {
		return err
	}
	if i.tags, err = tags.Of(r, i.arn); err != nil || e.Boundary == "" {
		return err
	}
	bound, err := s.managed(r, e.Boundary)
	i.boundary = &bound
	return err
}

// collect adds an entity's policies to i: managed ones, then inline ones by name.
func (s *Service) collect(r resource.Reader, i *identity, e *entity) error {
	for _, policyARN := range e.Attached {
		attached, err := s.managed(r, policyARN)
		if err != nil {
			return err
		}
		i.policies = append(i.policies, attached)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Inline)) {
		document, err := s.cache.document(e.Inline[name])
		if err != nil {
			return fmt.Errorf("its policy %s: %w", name, err)
		}
		i.policies = append(i.policies, policy.Attached{Name: name, Document: document})
	}
	return nil
}

// managed returns the version of a managed policy that is in force.
func (s *Service) managed(r resource.Reader, policyARN string) (policy.Attached, error) {
	p, err := managedPolicy(r, policyARN)
	if err != nil {
		return policy.Attached{}, fmt.Errorf("its policy %s: %w", policyARN, inner{err})
	}
	document, err := s.cache.document(p.document())
	if err != nil {
		return policy.Attached{}, fmt.Errorf("its policy %s: %w", policyARN, err)
	}
	return policy.Attached{Name: policyARN, Document: document}, nil
}

// PolicyText returns the document that is in force of a managed policy that an account
// can use. The error is of kind NotFound when there is none.
func (s *Service) PolicyText(ctx context.Context, account cloud.Account, policyARN string) (text string, err error) {
	err = s.state.View(ctx, func(r state.Reader) error {
		p, err := managedPolicy(in(r, account), policyARN)
		text = p.document()
		return err
	})
	return text, err
}

// ResourceARN completes the ARN of a resource of IAM's that a call touches: an input
// names a user, group, role, instance profile or certificate without its path, and may
// leave the caller's own user out, which stands as "*". What does not exist stays as it
// is.
func (s *Service) ResourceARN(ctx context.Context, of string) (string, error) {
	parsed, err := cloud.ParseARN(of)
	if err != nil || parsed.Service != "iam" {
		return of, nil //nolint:nilerr // it names nothing of IAM's
	}
	noun, name, _ := strings.Cut(parsed.Resource, "/")
	caller := cloud.CallOf(ctx).Principal
	if noun == "user" && name == "*" && caller.Type == cloud.IAMUser {
		return caller.ARN, nil
	}
	if name == "" || strings.ContainsAny(name, "/*") {
		return of, nil
	}
	if _, ok := glimpses[noun]; !ok {
		return of, nil
	}
	whole := of
	err = s.state.View(ctx, func(st state.Reader) error {
		r := in(st, parsed.Account)
		found, there, err := glance(r, noun, folded(name))
		if made := arn(parsed.Account, noun, found.Path, found.Name); there {
			whole = made
		}
		return err
	})
	return whole, err
}

// ResourceTags returns the tags of a resource of IAM's, for conditions on them.
func (s *Service) ResourceTags(ctx context.Context, of string) (kept map[string]string, err error) {
	parsed, err := cloud.ParseARN(of)
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // what is none has no tags
	}
	err = s.state.View(ctx, func(r state.Reader) (err error) {
		kept, err = tags.Of(in(r, parsed.Account), of)
		return err
	})
	return kept, err
}
