package kms

import (
	"context"
	"regexp"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// found is a key and whose it is.
type found struct {
	key
	scope cloud.Scope
}

func (f *found) arn() string { return f.key.arn(f.scope) }

// name is how a caller names a key, understood.
type name struct {
	scope cloud.Scope
	id    string // of the key; empty where an alias names it
	alias string // such as "alias/logs"
}

// keyID is how the IDs of keys look, also of those for several regions.
var keyID = regexp.MustCompile(`^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$`)

// parseName understands a key's ID or ARN and an alias's name or ARN.
func parseName(of cloud.Scope, text string) (name, error) {
	n, rest := name{scope: of}, text
	if strings.HasPrefix(text, "arn:") {
		arn, err := cloud.ParseARN(text)
		if err != nil || arn.Service != "kms" || arn.Partition != "aws" {
			return n, cloud.Errorf(cloud.Invalid, "InvalidArnException", "Invalid arn %s: the ARN of a key or an alias of KMS is needed", text)
		}
		if arn.Region != of.Region {
			return n, cloud.Errorf(cloud.NotFound, "NotFoundException", "Invalid arn %s", arn.Region)
		}
		n.scope.Account, rest = arn.Account, arn.Resource
		if id, ok := strings.CutPrefix(rest, "key/"); ok {
			rest = id
		} else if !strings.HasPrefix(rest, aliasPrefix) {
			return n, cloud.Errorf(cloud.Invalid, "InvalidArnException", "Invalid arn %s: the ARN of a key or an alias of KMS is needed", text)
		}
	}
	switch {
	case strings.HasPrefix(rest, aliasPrefix):
		n.alias = rest
	case keyID.MatchString(rest):
		n.id = rest
	default:
		return n, errNoName(text)
	}
	return n, nil
}

func errNoName(text string) error {
	return cloud.Errorf(cloud.NotFound, "NotFoundException", "Invalid keyId %s", text)
}

func errNoKey(scope cloud.Scope, id string) error {
	return cloud.Errorf(cloud.NotFound, "NotFoundException", "Key '%s' does not exist", resource.ARN(scope, "kms", "key/"+id))
}

func errNoAlias(scope cloud.Scope, name string) error {
	return cloud.Errorf(cloud.NotFound, "NotFoundException", "Alias %s is not found.", resource.ARN(scope, "kms", name))
}

// resolve returns the name with the ID of the key that it leads to. A key that
// AWS manages need not be made yet.
func (n name) resolve(r resource.Reader) (name, error) {
	if n.id != "" {
		return n, nil
	}
	kept, ok, err := aliases.Find(r, n.alias)
	if err != nil {
		return n, err
	}
	if !ok && managedFor(n.alias) == "" {
		return n, errNoAlias(n.scope, n.alias)
	}
	n.id = kept.Target
	if !ok {
		n.id = managedID(n.scope, managedFor(n.alias))
	}
	return n, nil
}

// get returns the key of a resolved name.
func (n name) get(r resource.Reader) (key, error) {
	k, ok, err := keys.Find(r, n.id)
	if err == nil && (!ok || k.gone()) {
		err = errNoKey(n.scope, n.id)
	}
	return k, err
}

// find returns the key that a caller names by its ID, its ARN or an alias. A key
// that AWS manages is made when it is first asked for.
func (s *Service) find(ctx context.Context, text string) (found, error) {
	n, err := parseName(cloud.CallOf(ctx).Scope(), text)
	if err != nil {
		return found{}, err
	}
	f := found{scope: n.scope}
	err = s.view(ctx, n.scope, func(r resource.Reader) error {
		if n, err = n.resolve(r); err != nil {
			return err
		}
		f.key, err = n.get(r)
		return err
	})
	if cloud.KindOf(err) == cloud.NotFound && n.id != "" && managedFor(n.alias) != "" && n.scope.Account == cloud.CallOf(ctx).Account {
		f.key, err = s.makeManaged(ctx, n)
	}
	return f, err
}

// change lets change alter a customer's key that is named by its ID or ARN, and
// keeps it.
func (s *Service) change(ctx context.Context, text string, change func(tx resource.Tx, k *key) error) error {
	n, err := parseOwn(ctx, text)
	if err != nil {
		return err
	}
	defer s.wake() // something may be due now, or no more
	return s.update(ctx, n.scope, func(tx resource.Tx) error {
		k, err := n.get(tx)
		if err != nil {
			return err
		}
		if k.Managed != "" {
			return cloud.Errorf(cloud.Denied, "AccessDeniedException", "User: %s is not authorized to perform: kms:%s on resource: %s because it is managed by AWS for %s",
				cloud.CallOf(ctx).Principal.ARN, cloud.CallOf(ctx).Operation, k.arn(n.scope), k.Managed)
		}
		if err := change(tx, &k); err != nil {
			return err
		}
		return keys.Put(tx, k, k.ID)
	})
}

// parseOwn understands the ID or ARN of a key of the caller's own account, where
// no alias will do.
func parseOwn(ctx context.Context, text string) (name, error) {
	call := cloud.CallOf(ctx)
	n, err := parseName(call.Scope(), text)
	switch {
	case err != nil:
		return n, err
	case n.alias != "":
		return n, errNoName(text)
	case n.scope.Account != call.Account:
		return n, cloud.Errorf(cloud.Denied, "AccessDeniedException",
			"User: %s is not authorized to perform: kms:%s on resource: %s because this operation is not for keys of other accounts", call.Principal.ARN, call.Operation, text)
	}
	return n, nil
}

// findKey is find where no alias will do.
func (s *Service) findKey(ctx context.Context, text string) (found, error) {
	n, err := parseName(cloud.CallOf(ctx).Scope(), text)
	if err == nil && n.alias != "" {
		err = errNoName(text)
	}
	if err != nil {
		return found{}, err
	}
	return s.find(ctx, text)
}

// findOwn is findKey for keys of the caller's own account.
func (s *Service) findOwn(ctx context.Context, text string) (found, error) {
	if _, err := parseOwn(ctx, text); err != nil {
		return found{}, err
	}
	return s.find(ctx, text)
}
