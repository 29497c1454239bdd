package kms

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

const (
	aliasPrefix    = "alias/"
	reservedPrefix = aliasPrefix + "aws/"
)

// mostAliases is how many aliases a key may have.
const mostAliases = 50

// alias is an alias as it is kept.
type alias struct {
	Name    string // such as "alias/logs"
	Target  string // ID of a key
	Created time.Time
	Updated time.Time
}

func (a *alias) arn(scope cloud.Scope) string { return resource.ARN(scope, "kms", a.Name) }

var aliasName = regexp.MustCompile(`^alias/[a-zA-Z0-9/_-]+$`)

// checkAlias returns KMS's error for a name that no alias of a customer's can have.
func checkAlias(name string) error {
	switch {
	case strings.HasPrefix(name, reservedPrefix):
		return cloud.Errorf(cloud.Denied, "NotAuthorizedException", "") // AWS says no more
	case !strings.HasPrefix(name, aliasPrefix):
		return invalid("Invalid identifier")
	case !aliasName.MatchString(name):
		return invalid("%s contains invalid characters for an alias", name)
	}
	return nil
}

func errAliasTaken(names ...string) error {
	return cloud.Errorf(cloud.Conflict, "AlreadyExistsException", "An alias with the name %s already exists", names[0])
}

// target returns the key of the transaction's account that an alias is to be of.
func target(tx resource.Tx, text string) (key, error) {
	n, err := parseName(tx.Scope(), text)
	switch {
	case err != nil:
		return key{}, err
	case n.alias != "":
		return key{}, invalid("Aliases must refer to keys. Not aliases")
	case n.scope != tx.Scope():
		return key{}, errNoKey(n.scope, n.id)
	}
	k, err := n.get(tx)
	if err == nil {
		err = k.mustNot(tx.Scope(), pendingDeletion)
	}
	return k, err
}

// CreateAlias gives a key another name.
func (s *Service) CreateAlias(ctx context.Context, in *kmsapi.CreateAliasInput) (*kmsapi.CreateAliasOutput, error) {
	if err := checkAlias(*in.AliasName); err != nil {
		return nil, err
	}
	return nil, s.store.Update(ctx, func(tx resource.Tx) error {
		k, err := target(tx, *in.TargetKeyId)
		if err != nil {
			return err
		}
		_, taken, err := aliases.Find(tx, *in.AliasName)
		if err == nil && taken {
			err = errAliasTaken(resource.ARN(tx.Scope(), "kms", *in.AliasName))
		}
		if err != nil {
			return err
		}
		at := now()
		return putAlias(tx, alias{*in.AliasName, k.ID, at, at})
	})
}

// putAlias keeps an alias that its key has not yet.
func putAlias(tx resource.Tx, a alias) error {
	count := 0
	for _, err := range aliased.List(tx, a.Target) {
		if err != nil {
			return err
		}
		count++
	}
	if count >= mostAliases {
		return cloud.Errorf(cloud.Conflict, "LimitExceededException", "The key %s has %d aliases, which is the most.", a.Target, count)
	}
	if err := aliases.Put(tx, a, a.Name); err != nil {
		return err
	}
	return aliased.Put(tx, struct{}{}, a.Target, a.Name)
}

// UpdateAlias gives an alias to another key of the same kind.
func (s *Service) UpdateAlias(ctx context.Context, in *kmsapi.UpdateAliasInput) (*kmsapi.UpdateAliasOutput, error) {
	if err := checkAlias(*in.AliasName); err != nil {
		return nil, err
	}
	return nil, s.store.Update(ctx, func(tx resource.Tx) error {
		kept, err := existing(tx, *in.AliasName)
		if err != nil {
			return err
		}
		k, err := target(tx, *in.TargetKeyId)
		if err != nil {
			return err
		}
		before, ok, err := keys.Find(tx, kept.Target)
		if err != nil {
			return err
		}
		if ok && (before.Usage != k.Usage || before.spec().Symmetric() != k.spec().Symmetric()) {
			return invalid("Alias %s cannot be changed from key %s with usage %s to key %s with usage %s", kept.arn(tx.Scope()), before.ID, before.Usage, k.ID, k.Usage)
		}
		if err := aliased.Discard(tx, kept.Target, kept.Name); err != nil {
			return err
		}
		return putAlias(tx, alias{kept.Name, k.ID, kept.Created, now()})
	})
}

// existing returns an alias, or KMS's error where there is none.
func existing(r resource.Reader, name string) (alias, error) {
	kept, ok, err := aliases.Find(r, name)
	if err == nil && !ok {
		err = errNoAlias(r.Scope(), name)
	}
	return kept, err
}

// DeleteAlias removes an alias; its key stays.
func (s *Service) DeleteAlias(ctx context.Context, in *kmsapi.DeleteAliasInput) (*kmsapi.DeleteAliasOutput, error) {
	if err := checkAlias(*in.AliasName); err != nil {
		return nil, err
	}
	return nil, s.store.Update(ctx, func(tx resource.Tx) error {
		kept, err := existing(tx, *in.AliasName)
		if err != nil {
			return err
		}
		if err := aliased.Discard(tx, kept.Target, kept.Name); err != nil {
			return err
		}
		return aliases.Discard(tx, kept.Name)
	})
}

// ListAliases lists the aliases of the account in the region, or of one key.
func (s *Service) ListAliases(ctx context.Context, in *kmsapi.ListAliasesInput) (*kmsapi.ListAliasesOutput, error) {
	of := ""
	if in.KeyId != nil {
		f, err := s.findKey(ctx, *in.KeyId)
		if err != nil {
			return nil, err
		}
		of = f.ID
	}
	out := &kmsapi.ListAliasesOutput{}
	err := s.store.View(ctx, func(r resource.Reader) (err error) {
		page := markers.Page(in, in.Marker, in.Limit, most(in.Limit, 50, 100))
		out.Aliases, out.NextMarker, err = resource.Page(ctx, page, aliases.From(r), func(a alias) (kmsapi.AliasListEntry, bool, error) {
			return kmsapi.AliasListEntry{
				AliasName: &a.Name, AliasArn: new(a.arn(r.Scope())), TargetKeyId: &a.Target, CreationDate: &a.Created, LastUpdatedDate: &a.Updated,
			}, of == "" || a.Target == of, nil
		})
		return err
	})
	out.Truncated = new(out.NextMarker != nil)
	return out, err
}
