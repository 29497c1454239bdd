package iam

import (
	"context"
	"time"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// settings is what an account has one of.
type settings struct {
	Alias     string                 `json:",omitempty"`
	Passwords *iamapi.PasswordPolicy `json:",omitempty"` // nil for IAM's own rules
	Keys      []string               `json:",omitempty"` // IDs of the access keys that the root user made, the oldest first
	Report    *report                `json:",omitempty"`
}

var accounts = resource.Kind[settings]{Name: "iam/account"}

// rootMade is when root users have been made: AWS tells a time, and here is none.
var rootMade = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

func accountSettings(r resource.Reader) (settings, error) {
	a, _, err := accounts.Find(r, "settings")
	return a, err
}

func (a *settings) put(tx resource.Tx) error { return accounts.Put(tx, *a, "settings") }

// changeAccount replaces the settings of the caller's account with what change makes
// of them.
func (s *Service) changeAccount(ctx context.Context, change func(*settings) error) error {
	return s.update(ctx, func(tx resource.Tx) error {
		a, err := accountSettings(tx)
		if err != nil {
			return err
		}
		if err := change(&a); err != nil {
			return err
		}
		return a.put(tx)
	})
}

// aliases are the aliases of all accounts, which differ from each other.
var aliases = resource.Kind[cloud.Account]{Name: "iam/alias"}

// CreateAccountAlias gives the account an alias in place of the one that it has.
func (s *Service) CreateAccountAlias(ctx context.Context, in *iamapi.CreateAccountAliasInput) (*iamapi.CreateAccountAliasOutput, error) {
	return nil, s.update(ctx, func(tx resource.Tx) error {
		a, err := accountSettings(tx)
		if err != nil {
			return err
		}
		all := resource.In(tx, cloud.Scope{})
		owner, found, err := aliases.Find(all, *in.AccountAlias)
		switch {
		case err != nil:
			return err
		case found && owner != accountOf(tx):
			return cloud.Errorf(cloud.Conflict, "EntityAlreadyExists", "The account alias %s already exists.", *in.AccountAlias)
		}
		if a.Alias != "" {
			if err := aliases.Discard(all, a.Alias); err != nil {
				return err
			}
		}
		a.Alias = *in.AccountAlias
		if err := aliases.Put(all, accountOf(tx), a.Alias); err != nil {
			return err
		}
		return a.put(tx)
	})
}

// DeleteAccountAlias takes the account's alias away.
func (s *Service) DeleteAccountAlias(ctx context.Context, in *iamapi.DeleteAccountAliasInput) (*iamapi.DeleteAccountAliasOutput, error) {
	return nil, s.update(ctx, func(tx resource.Tx) error {
		a, err := accountSettings(tx)
		if err != nil {
			return err
		}
		if a.Alias != *in.AccountAlias {
			return cloud.Errorf(cloud.NotFound, "NoSuchEntity", "The account alias %s cannot be found.", *in.AccountAlias)
		}
		a.Alias = ""
		if err := aliases.Discard(resource.In(tx, cloud.Scope{}), *in.AccountAlias); err != nil {
			return err
		}
		return a.put(tx)
	})
}

// ListAccountAliases returns the account's alias, if it has one.
func (s *Service) ListAccountAliases(ctx context.Context, _ *iamapi.ListAccountAliasesInput) (*iamapi.ListAccountAliasesOutput, error) {
	out := &iamapi.ListAccountAliasesOutput{AccountAliases: []string{}, IsTruncated: new(false)}
	return out, s.view(ctx, func(r resource.Reader) error {
		a, err := accountSettings(r)
		if a.Alias != "" {
			out.AccountAliases = append(out.AccountAliases, a.Alias)
		}
		return err
	})
}

// UpdateAccountPasswordPolicy sets the rules of passwords. What is left out becomes
// what it is by default.
func (s *Service) UpdateAccountPasswordPolicy(ctx context.Context, in *iamapi.UpdateAccountPasswordPolicyInput) (*iamapi.UpdateAccountPasswordPolicyOutput, error) {
	return nil, s.changeAccount(ctx, func(a *settings) error {
		given := func(b *bool) *bool { return new(resource.Value(b)) }
		a.Passwords = &iamapi.PasswordPolicy{
			MinimumPasswordLength: new(resource.Or(in.MinimumPasswordLength, 6)), RequireSymbols: given(in.RequireSymbols),
			RequireNumbers: given(in.RequireNumbers), RequireUppercaseCharacters: given(in.RequireUppercaseCharacters),
			RequireLowercaseCharacters: given(in.RequireLowercaseCharacters), AllowUsersToChangePassword: given(in.AllowUsersToChangePassword),
			ExpirePasswords: new(resource.Value(in.MaxPasswordAge) > 0), MaxPasswordAge: new(resource.Value(in.MaxPasswordAge)),
			PasswordReusePrevention: in.PasswordReusePrevention, HardExpiry: given(in.HardExpiry),
		}
		return nil
	})
}

// GetAccountPasswordPolicy returns the rules of passwords that were set.
func (s *Service) GetAccountPasswordPolicy(ctx context.Context, _ *iamapi.GetAccountPasswordPolicyInput) (*iamapi.GetAccountPasswordPolicyOutput, error) {
	out := &iamapi.GetAccountPasswordPolicyOutput{}
	return out, s.view(ctx, func(r resource.Reader) error {
		a, err := accountSettings(r)
		if err == nil && a.Passwords == nil {
			err = errNoPasswordPolicy(accountOf(r))
		}
		out.PasswordPolicy = a.Passwords
		return err
	})
}

// DeleteAccountPasswordPolicy goes back to IAM's own rules of passwords.
func (s *Service) DeleteAccountPasswordPolicy(ctx context.Context, _ *iamapi.DeleteAccountPasswordPolicyInput) (*iamapi.DeleteAccountPasswordPolicyOutput, error) {
	return nil, s.changeAccount(ctx, func(a *settings) error {
		if a.Passwords == nil {
			return cloud.Errorf(cloud.NotFound, "NoSuchEntity", "The account policy with name PasswordPolicy cannot be found.")
		}
		a.Passwords = nil
		return nil
	})
}

func errNoPasswordPolicy(account cloud.Account) error {
	return cloud.Errorf(cloud.NotFound, "NoSuchEntity", "The Password Policy with domain name %s cannot be found.", account)
}

// GetAccountSummary returns how much of everything the account has, and may have.
func (s *Service) GetAccountSummary(ctx context.Context, _ *iamapi.GetAccountSummaryInput) (*iamapi.GetAccountSummaryOutput, error) {
	summary := map[string]int32{
		"GroupPolicySizeQuota": 5120, "InstanceProfilesQuota": 1000, "GroupsPerUserQuota": maxGroups, "AttachedPoliciesPerUserQuota": attachable,
		"PoliciesQuota": 1500, "AccessKeysPerUserQuota": maxKeys, "AssumeRolePolicySizeQuota": maxTrust, "PolicyVersionsInUseQuota": 10000,
		"GlobalEndpointTokenVersion": 1, "VersionsPerPolicyQuota": maxVersions, "AttachedPoliciesPerGroupQuota": attachable,
		"PolicySizeQuota": maxManaged, "UsersQuota": 5000, "ServerCertificatesQuota": 20, "UserPolicySizeQuota": 2048, "RolesQuota": 1000,
		"SigningCertificatesPerUserQuota": 2, "RolePolicySizeQuota": 10240, "AttachedPoliciesPerRoleQuota": attachable, "GroupsQuota": 300,
		"MFADevicesInUse": 0, "PolicyVersionsInUse": 0, "AccountMFAEnabled": 0, "AccountSigningCertificatesPresent": 0, "AccountAccessKeysPresent": 0,
	}
	return &iamapi.GetAccountSummaryOutput{SummaryMap: summary}, s.view(ctx, func(r resource.Reader) error {
		for name, kind := range map[string]string{
			"Users": users.kind.Name, "Groups": groups.kind.Name, "Roles": roles.kind.Name, "Policies": managedPolicies.Name,
			"InstanceProfiles": profiles.Name, "ServerCertificates": serverCertificates.Name, "MFADevices": devices.Name,
		} {
			n, err := countAll(ctx, r, kind)
			if err != nil {
				return err
			}
			summary[name] = n
		}
		for _, kind := range []string{oidcProviders.Name, samlProviders.Name} {
			n, err := countAll(ctx, r, kind)
			if err != nil {
				return err
			}
			summary["Providers"] += n
		}
		for entry, err := range managedPolicies.List(r) {
			if err != nil {
				return err
			}
			summary["PolicyVersionsInUse"] += int32(len(entry.Value.Versions)) //nolint:gosec // at most five
		}
		for entry, err := range devices.List(r) {
			if err != nil {
				return err
			}
			if entry.Value.User != "" {
				summary["MFADevicesInUse"]++
			}
		}
		a, err := accountSettings(r)
		if len(a.Keys) > 0 {
			summary["AccountAccessKeysPresent"] = 1
		}
		return err
	})
}
