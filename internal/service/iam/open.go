package iam

import (
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

// administrator is the policy of the role by which an organization reaches an account.
const administrator = "AdministratorAccess"

// AddAccessRole gives an account, as part of a transaction, the role by which users and
// roles of another account administer it: OrganizationAccountAccessRole unless it is to
// have another name. It returns IAM's error where there is a role of that name.
func (s *Service) AddAccessRole(t state.Tx, account cloud.Account, name string, trusted cloud.Account) error {
	tx := inTx(t, account)
	trust := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":%q},"Action":"sts:AssumeRole"}]}`, cloud.RootOf(trusted).ARN)
	if err := parsed(trust, policy.Trust); err != nil {
		return err
	}
	policyARN, err := providedByName(administrator)
	if err != nil {
		return err
	}
	r := role{entity: newEntity("AROA", name, nil), Trust: trust, MaxSession: session}
	r.Attached = []string{policyARN}
	if err := uses.Put(tx, r.use(), policyARN, usedAsPolicy, roles.noun, folded(name)); err != nil {
		return err
	}
	t.AfterCommit(func() { s.cache.forget(account) })
	return roles.create(tx, &r)
}

// AddRootKey makes an access key of an account's root user, as part of a transaction.
// Its secret is told this once. With replace the key is the only one that the root user
// has from then on; without, there can be two.
func (s *Service) AddRootKey(t state.Tx, account cloud.Account, replace bool) (cloud.Key, error) {
	key, err := s.newRootKey(t, account, replace)
	if err != nil {
		return cloud.Key{}, fmt.Errorf("a key of the root user of %s: %w", account, err)
	}
	return key, nil
}

func (s *Service) newRootKey(t state.Tx, account cloud.Account, replace bool) (cloud.Key, error) {
	tx := inTx(t, account)
	id, secret := cloud.NewKeyID(cloud.LongTermKey, account), newSecret()
	sealed, err := s.sealer.Seal([]byte(secret), secretContext(id))
	if err != nil {
		return cloud.Key{}, err
	}
	a, err := accountSettings(tx)
	if err != nil {
		return cloud.Key{}, err
	}
	if replace {
		for _, old := range a.Keys {
			if err := t.Delete(keyName(old)); err != nil {
				return cloud.Key{}, err
			}
		}
		a.Keys = nil
	}
	if len(a.Keys) >= maxKeys {
		return cloud.Key{}, errQuota("AccessKeysPerUser", maxKeys)
	}
	a.Keys = append(a.Keys, id)
	if err := a.put(tx); err != nil {
		return cloud.Key{}, err
	}
	t.AfterCommit(func() { s.cache.forget(account) })
	return cloud.Key{ID: id, Secret: secret, Principal: cloud.RootOf(account)},
		state.Insert(t, keyName(id), key{Account: account, Secret: sealed, Created: *resource.Now(time.Second)})
}
