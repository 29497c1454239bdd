package iam

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/resource"
)

// attachable is how many managed policies one identity may have.
const attachable = 10

// holder is a kind of identity that has policies: users, groups or roles.
type holder[T any] struct {
	kind   resource.Kind[T]
	noun   string // "User"
	of     func(*T) *entity
	inline int // characters of all its inline policies
}

func (h holder[T]) get(r resource.Reader, name *string) (T, error) {
	value, found, err := h.kind.Find(r, folded(*name))
	if err == nil && !found {
		err = h.kind.Missing(*name)
	}
	return value, err
}

func (h holder[T]) create(tx resource.Tx, value *T) error {
	name := h.of(value).Name
	_, found, err := h.kind.Find(tx, folded(name))
	switch {
	case err != nil:
		return err
	case found:
		return h.kind.Taken(name)
	}
	return h.put(tx, value)
}

func (h holder[T]) put(tx resource.Tx, value *T) error {
	return h.kind.Put(tx, *value, folded(h.of(value).Name))
}

// change replaces an identity with what change makes of it. What belongs to a service
// stays as it is.
func (h holder[T]) change(ctx context.Context, s *Service, name *string, change func(tx resource.Tx, value *T, e *entity) error) error {
	return s.update(ctx, func(tx resource.Tx) error {
		value, err := h.get(tx, name)
		if err != nil {
			return err
		}
		if r, ok := any(&value).(*role); ok && r.Linked != "" {
			return errProtected(r.Name)
		}
		if err := change(tx, &value, h.of(&value)); err != nil {
			return err
		}
		return h.put(tx, &value)
	})
}

// errProtected is how IAM refuses changes to what belongs to a service.
func errProtected(name string) error {
	return cloud.Errorf(cloud.Invalid, "UnmodifiableEntity",
		"Cannot perform the operation on the protected role '%s' - this role is only modifiable by AWS", name)
}

func (h holder[T]) arn(r resource.Reader, e *entity) string {
	return arn(accountOf(r), strings.ToLower(h.noun), e.Path, e.Name)
}

// attach gives an identity a managed policy. One that it has already is no error.
func (h holder[T]) attach(ctx context.Context, s *Service, name, policyARN *string) error {
	return h.change(ctx, s, name, func(tx resource.Tx, _ *T, e *entity) error {
		if _, err := managedPolicy(tx, *policyARN); err != nil {
			return unattachable(err, *policyARN)
		}
		if !insert(&e.Attached, *policyARN) {
			return nil
		}
		if len(e.Attached) > attachable {
			return errQuota("PoliciesPer"+h.noun, attachable)
		}
		return uses.Put(tx, e.use(), *policyARN, usedAsPolicy, h.noun, folded(e.Name))
	})
}

// unattachable is how a policy that does not exist is refused where it was to be
// attached.
func unattachable(err error, policyARN string) error {
	if cloud.KindOf(err) != cloud.NotFound {
		return err
	}
	return cloud.Errorf(cloud.NotFound, "NoSuchEntity", "Policy %s does not exist or is not attachable.", policyARN)
}

// detach takes a managed policy from an identity.
func (h holder[T]) detach(ctx context.Context, s *Service, name, policyARN *string) error {
	return h.change(ctx, s, name, func(tx resource.Tx, _ *T, e *entity) error {
		if !remove(&e.Attached, *policyARN) {
			return errNoPolicy(*policyARN)
		}
		return uses.Discard(tx, *policyARN, usedAsPolicy, h.noun, folded(e.Name))
	})
}

// attached returns a page of the managed policies of an identity.
func (h holder[T]) attached(ctx context.Context, s *Service, p resource.Paging, name, prefix *string) (page []iamapi.AttachedPolicy, marker *string, err error) {
	err = s.view(ctx, func(r resource.Reader) error {
		value, err := h.get(r, name)
		if err != nil {
			return err
		}
		page, marker, err = resource.Page(ctx, p, sorted(h.of(&value).Attached), func(policyARN string) (iamapi.AttachedPolicy, bool, error) {
			path, name := policyName(policyARN)
			return iamapi.AttachedPolicy{PolicyName: &name, PolicyArn: &policyARN}, below(path, prefix), nil
		})
		return err
	})
	return page, marker, err
}

// putInline gives an identity an inline policy, in place of the one of that name.
func (h holder[T]) putInline(ctx context.Context, s *Service, name, policyName, document *string) error {
	return h.change(ctx, s, name, func(_ resource.Tx, _ *T, e *entity) error {
		if err := parsed(*document, policy.Identity); err != nil {
			return err
		}
		if e.Inline == nil {
			e.Inline = map[string]string{}
		}
		e.Inline[*policyName] = *document
		size := 0
		for _, text := range e.Inline {
			size += policy.Size(text)
		}
		if size > h.inline {
			return cloud.Errorf(cloud.Conflict, "LimitExceeded", "Maximum policy size of %d bytes exceeded for %s %s",
				h.inline, strings.ToLower(h.noun), e.Name)
		}
		return nil
	})
}

// getInline returns an inline policy as IAM answers it, and the name of whose it is.
func (h holder[T]) getInline(ctx context.Context, s *Service, name, policyName *string) (owner, document *string, err error) {
	err = s.view(ctx, func(r resource.Reader) error {
		value, err := h.get(r, name)
		if err != nil {
			return err
		}
		text, found := h.of(&value).Inline[*policyName]
		if !found {
			return h.noInline(*policyName)
		}
		owner, document = &h.of(&value).Name, encoded(text)
		return nil
	})
	return owner, document, err
}

func (h holder[T]) noInline(name string) error {
	return cloud.Errorf(cloud.NotFound, "NoSuchEntity", "The %s policy with name %s cannot be found.", strings.ToLower(h.noun), name)
}

func (h holder[T]) deleteInline(ctx context.Context, s *Service, name, policyName *string) error {
	return h.change(ctx, s, name, func(_ resource.Tx, _ *T, e *entity) error {
		if _, found := e.Inline[*policyName]; !found {
			return h.noInline(*policyName)
		}
		delete(e.Inline, *policyName)
		return nil
	})
}

// inlineNames returns a page of the names of an identity's inline policies.
func (h holder[T]) inlineNames(ctx context.Context, s *Service, p resource.Paging, name *string) (page []string, marker *string, err error) {
	err = s.view(ctx, func(r resource.Reader) error {
		value, err := h.get(r, name)
		if err != nil {
			return err
		}
		page, marker, err = resource.Page(ctx, p, sorted(slices.Sorted(maps.Keys(h.of(&value).Inline))), resource.Whole)
		return err
	})
	return page, marker, err
}

// bound sets the permissions boundary of an identity, or takes it away with "".
func (h holder[T]) bound(tx resource.Tx, e *entity, policyARN string) error {
	if e.Boundary == policyARN {
		return nil
	}
	if e.Boundary != "" {
		if err := uses.Discard(tx, e.Boundary, usedAsBoundary, h.noun, folded(e.Name)); err != nil {
			return err
		}
	}
	e.Boundary = policyARN
	if policyARN == "" {
		return nil
	}
	if _, name := policyName(policyARN); name == "" {
		return errValidation("Value (%s) for parameter PermissionsBoundary is invalid.", policyARN)
	}
	if _, err := managedPolicy(tx, policyARN); err != nil {
		return unattachable(err, policyARN)
	}
	return uses.Put(tx, e.use(), policyARN, usedAsBoundary, h.noun, folded(e.Name))
}

func (h holder[T]) unbound(ctx context.Context, s *Service, name *string) error {
	return h.change(ctx, s, name, func(tx resource.Tx, _ *T, e *entity) error {
		if e.Boundary == "" {
			return cloud.Errorf(cloud.NotFound, "NoSuchEntity", "%s %s does not have a permissions boundary.", h.noun, e.Name)
		}
		return h.bound(tx, e, "")
	})
}

// removable says why an identity cannot be deleted as long as it has policies.
func (e *entity) removable() error {
	switch {
	case len(e.Attached) > 0:
		return errConflict("detach all policies")
	case len(e.Inline) > 0:
		return errConflict("delete policies")
	}
	return nil
}

// details returns the policies of an identity, inline and managed, for
// GetAccountAuthorizationDetails.
func (e *entity) details() (inline []iamapi.PolicyDetail, managed []iamapi.AttachedPolicy) {
	inline, managed = []iamapi.PolicyDetail{}, []iamapi.AttachedPolicy{}
	for _, name := range slices.Sorted(maps.Keys(e.Inline)) {
		inline = append(inline, iamapi.PolicyDetail{PolicyName: &name, PolicyDocument: encoded(e.Inline[name])})
	}
	for _, policyARN := range e.Attached {
		_, name := policyName(policyARN)
		managed = append(managed, iamapi.AttachedPolicy{PolicyName: &name, PolicyArn: &policyARN})
	}
	return inline, managed
}

// parsed says what is wrong with a document, in IAM's words.
func parsed(document string, kind policy.Kind) error {
	_, err := policy.Parse(document, kind)
	if malformed, ok := errors.AsType[*policy.Malformed](err); ok {
		return cloud.Errorf(cloud.Invalid, "MalformedPolicyDocument", "%s", malformed.Message)
	}
	if err != nil {
		return fmt.Errorf("parse a policy: %w", err)
	}
	return nil
}

// encoded returns a document as IAM answers it: escaped as in a URL.
func encoded(document string) *string {
	return new(strings.ReplaceAll(url.QueryEscape(document), "+", "%20"))
}
