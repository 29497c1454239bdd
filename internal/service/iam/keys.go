package iam

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

// key is an access key as it is kept. Keys of all accounts lie in one place: whose a
// key is is known once it is found.
type key struct {
	Account  cloud.Account
	User     string `json:",omitempty"` // empty for the root user's
	Secret   []byte // sealed
	Inactive bool   `json:",omitempty"`
	Created  time.Time
	Used     keyUse `json:",omitzero"`
}

// keyUse is when and for what a key was last used.
type keyUse struct {
	At      time.Time
	Service string
	Region  cloud.Region
}

const (
	keyKind = "iam/key"
	maxKeys = 2 // of a user
)

func keyName(id string) state.Key { return state.Key{Kind: keyKind, Name: id} }

// secretContext binds a sealed secret to the key that it is of.
func secretContext(id string) []byte { return []byte("iam/key/" + id) }

func errNoKey(id string) error {
	return cloud.Errorf(cloud.NotFound, "NoSuchEntity", "The Access Key with id %s cannot be found.", id)
}

// changeKey replaces a key with what change makes of it.
func changeKey(tx state.Tx, id string, change func(*key)) error {
	k, err := state.Get[key](tx, keyName(id))
	if err != nil {
		return fmt.Errorf("access key %s: %w", id, err)
	}
	change(&k)
	return state.Put(tx, keyName(id), k)
}

// keyOwner is who has access keys: a user, or the root user of the account.
type keyOwner struct {
	name string // empty for the root user
	keys *[]string
	put  func() error
}

// owner returns the owner of keys that a call names: a user, the caller without a
// name, or the one that the key itself says where id is given.
func (s *Service) owner(ctx context.Context, tx resource.Tx, name *string, id string) (keyOwner, error) {
	if name == nil && id != "" {
		k, found, err := state.Find[key](tx, keyName(id))
		if err != nil {
			return keyOwner{}, err
		}
		if found && k.Account == accountOf(tx) && k.User != "" {
			name = &k.User
		}
	}
	if name == nil && cloud.CallOf(ctx).Principal.Type == cloud.Root {
		a, err := accountSettings(tx)
		return keyOwner{"", &a.Keys, func() error { return a.put(tx) }}, err
	}
	u, err := userOr(ctx, tx, name)
	return keyOwner{u.Name, &u.Keys, func() error { return users.put(tx, &u) }}, err
}

// CreateAccessKey makes an access key. Its secret is told this once.
func (s *Service) CreateAccessKey(ctx context.Context, in *iamapi.CreateAccessKeyInput) (*iamapi.CreateAccessKeyOutput, error) {
	id, secret := cloud.NewKeyID(cloud.LongTermKey, cloud.CallOf(ctx).Account), newSecret()
	sealed, err := s.sealer.Seal([]byte(secret), secretContext(id))
	if err != nil {
		return nil, fmt.Errorf("seal the secret of an access key: %w", err)
	}
	out := &iamapi.CreateAccessKeyOutput{}
	return out, s.update(ctx, func(tx resource.Tx) error {
		owner, err := s.owner(ctx, tx, in.UserName, "")
		if err != nil {
			return err
		}
		if len(*owner.keys) >= maxKeys {
			return errQuota("AccessKeysPerUser", maxKeys)
		}
		*owner.keys = append(*owner.keys, id)
		k := key{Account: accountOf(tx), User: owner.name, Secret: sealed, Created: *resource.Now(time.Second)}
		out.AccessKey = &iamapi.AccessKey{
			UserName: &owner.name, AccessKeyId: &id, SecretAccessKey: &secret, Status: new(k.status()), CreateDate: &k.Created,
		}
		if err := owner.put(); err != nil {
			return err
		}
		return state.Insert(tx, keyName(id), k)
	})
}

// newSecret returns the secret of a new key: 40 characters.
func newSecret() string {
	b := make([]byte, 30)
	_, _ = rand.Read(b) // it never fails
	return base64.StdEncoding.EncodeToString(b)
}

func (k *key) status() string {
	if k.Inactive {
		return "Inactive"
	}
	return "Active"
}

// ListAccessKeys returns a user's access keys without their secrets.
func (s *Service) ListAccessKeys(ctx context.Context, in *iamapi.ListAccessKeysInput) (*iamapi.ListAccessKeysOutput, error) {
	out := &iamapi.ListAccessKeysOutput{AccessKeyMetadata: []iamapi.AccessKeyMetadata{}, IsTruncated: new(false)}
	return out, s.view(ctx, func(r resource.Reader) error {
		var name string
		var ids []string
		if in.UserName == nil && cloud.CallOf(ctx).Principal.Type == cloud.Root {
			a, err := accountSettings(r)
			if err != nil {
				return err
			}
			ids = a.Keys
		} else {
			u, err := userOr(ctx, r, in.UserName)
			if err != nil {
				return err
			}
			name, ids = u.Name, u.Keys
		}
		for _, id := range ids {
			k, err := state.Get[key](r, keyName(id))
			if err != nil {
				return fmt.Errorf("access key %s: %w", id, err)
			}
			out.AccessKeyMetadata = append(out.AccessKeyMetadata, iamapi.AccessKeyMetadata{
				UserName: &name, AccessKeyId: &id, Status: new(k.status()), CreateDate: &k.Created,
			})
		}
		return nil
	})
}

// UpdateAccessKey makes a key active or inactive, with effect for the next call.
func (s *Service) UpdateAccessKey(ctx context.Context, in *iamapi.UpdateAccessKeyInput) (*iamapi.UpdateAccessKeyOutput, error) {
	if *in.Status == "Expired" {
		return nil, errInput("A key can be made Active or Inactive.")
	}
	return nil, s.update(ctx, func(tx resource.Tx) error {
		owner, err := s.owner(ctx, tx, in.UserName, *in.AccessKeyId)
		if err != nil {
			return err
		}
		if !slices.Contains(*owner.keys, *in.AccessKeyId) {
			return errNoKey(*in.AccessKeyId)
		}
		return changeKey(tx, *in.AccessKeyId, func(k *key) { k.Inactive = *in.Status == "Inactive" })
	})
}

// DeleteAccessKey removes a key, with effect for the next call.
func (s *Service) DeleteAccessKey(ctx context.Context, in *iamapi.DeleteAccessKeyInput) (*iamapi.DeleteAccessKeyOutput, error) {
	return nil, s.update(ctx, func(tx resource.Tx) error {
		owner, err := s.owner(ctx, tx, in.UserName, *in.AccessKeyId)
		if err != nil {
			return err
		}
		if !remove(owner.keys, *in.AccessKeyId) {
			return errNoKey(*in.AccessKeyId)
		}
		if err := owner.put(); err != nil {
			return err
		}
		return tx.Delete(keyName(*in.AccessKeyId))
	})
}

// GetAccessKeyLastUsed returns when and for what a key of the account was last used.
func (s *Service) GetAccessKeyLastUsed(ctx context.Context, in *iamapi.GetAccessKeyLastUsedInput) (*iamapi.GetAccessKeyLastUsedOutput, error) {
	out := &iamapi.GetAccessKeyLastUsedOutput{}
	return out, s.view(ctx, func(r resource.Reader) error {
		k, found, err := state.Find[key](r, keyName(*in.AccessKeyId))
		if err == nil && (!found || k.Account != accountOf(r)) {
			err = cloud.Errorf(cloud.Denied, "AccessDenied", "User: %s is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key %s",
				cloud.CallOf(ctx).Principal.ARN, *in.AccessKeyId)
		}
		if err != nil {
			return err
		}
		out.UserName, out.AccessKeyLastUsed = &k.User, &iamapi.AccessKeyLastUsed{ServiceName: new("N/A"), Region: new("N/A")}
		if use := s.used.key(*in.AccessKeyId, k.Used); !use.At.IsZero() {
			out.AccessKeyLastUsed = &iamapi.AccessKeyLastUsed{LastUsedDate: &use.At, ServiceName: &use.Service, Region: new(string(use.Region))}
		}
		return nil
	})
}

// Lookup returns an access key of a user, or one that a root user made for itself. One
// that is inactive is not known, nor is one with a session token.
func (s *Service) Lookup(ctx context.Context, id, token string) (cloud.Key, error) {
	if token != "" {
		return cloud.Key{}, errUnknown(id)
	}
	if found, ok := s.cache.key(id); ok {
		return found, nil
	}
	seen := s.cache.changes()
	var found cloud.Key
	err := s.state.View(ctx, func(r state.Reader) error {
		k, known, err := state.Find[key](r, keyName(id))
		if err != nil {
			return err
		}
		if !known || k.Inactive {
			return errUnknown(id)
		}
		secret, err := s.sealer.Open(k.Secret, secretContext(id))
		if err != nil {
			return fmt.Errorf("open the secret of access key %s: %w", id, err)
		}
		found = cloud.Key{ID: id, Secret: string(secret), Principal: cloud.RootOf(k.Account)}
		if k.User == "" {
			return nil
		}
		rd := in(r, k.Account)
		u, err := users.get(rd, &k.User)
		if err != nil {
			return fmt.Errorf("the user of access key %s: %w", id, inner{err})
		}
		found.Principal = u.principal(rd)
		found.Principal.Tags, err = tags.Of(rd, found.Principal.ARN)
		return err
	})
	if err == nil {
		s.cache.keepKey(seen, found)
	}
	return found, err
}

// principal is who a user is to the rest of the server, without tags.
func (u *user) principal(r resource.Reader) cloud.Principal {
	return cloud.Principal{
		Type: cloud.IAMUser, Account: accountOf(r), ARN: users.arn(r, &u.entity), ID: u.ID, Name: u.Name,
	}
}

func errUnknown(id string) error {
	return cloud.Errorf(cloud.NotFound, "InvalidClientTokenId", "access key %s is not known", id)
}
