package kms

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/resource"
)

// policyName is the only name that the policy of a key has.
const policyName = "default"

// maxPolicy is how long the policy of a key may be, in bytes.
const maxPolicy = 32 << 10

// defaultPolicy lets the account's own policies decide who may use a key.
func defaultPolicy(account cloud.Account) string {
	type object = map[string]any
	text, err := json.MarshalIndent(object{
		"Version": "2012-10-17", "Id": "key-default-1", "Statement": []object{{
			"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": object{"AWS": cloud.RootOf(account).ARN}, "Action": "kms:*", "Resource": "*",
		}},
	}, "", "  ")
	if err != nil {
		panic(err) // of strings alone
	}
	return string(text)
}

// initialPolicy returns the policy that a new key is given.
func (s *Service) initialPolicy(call cloud.Call, arn string, in *kmsapi.CreateKeyInput) (string, error) {
	if in.Policy == nil {
		return defaultPolicy(call.Account), nil
	}
	return *in.Policy, checkPolicy(call, arn, *in.Policy, resource.Value(in.BypassPolicyLockoutSafetyCheck))
}

// checkPolicy returns KMS's error for what is no policy, or one that its caller
// could not replace again, unless that is meant.
func checkPolicy(call cloud.Call, arn, text string, meant bool) error {
	if len(text) > maxPolicy {
		return cloud.Errorf(cloud.Invalid, "LimitExceededException", "The policy has %d bytes; the policy of a key can have %d.", len(text), maxPolicy)
	}
	document, err := policy.Parse(text, policy.Resource)
	if malformed, ok := errors.AsType[*policy.Malformed](err); ok {
		return cloud.Errorf(cloud.Invalid, "MalformedPolicyDocumentException", "%s", malformed.Message)
	}
	if err != nil || meant {
		return err
	}
	// Whether the account's own policies allow it can change; the key's policy is
	// what would have to.
	anything, err := policy.Parse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, policy.Identity)
	if err != nil {
		return err
	}
	request := policy.Request{
		Principal: call.Principal, Action: "kms:PutKeyPolicy", Resource: arn, ResourceAccount: call.Account, Context: policy.NewContext(),
	}
	request.Context.Set("kms:CallerAccount", string(call.Account))
	request.Context.Set("aws:PrincipalArn", call.Principal.ARN)
	if policy.Decide(request, policy.Policies{
		Required: true, Identity: []policy.Attached{{Name: "any", Document: anything}}, Resource: []policy.Attached{{Name: policyName, Document: document}},
	}).Allowed {
		return nil
	}
	return cloud.Errorf(cloud.Invalid, "MalformedPolicyDocumentException", "The new key policy will not allow you to update the key policy in the future.")
}

// bound returns whom a policy means: whoever takes the name of one who is gone does not
// get what that one had. Of what is no policy it returns nothing; that is told elsewhere.
// Whom it names must be there.
func (s *Service) bound(ctx context.Context, text string) (map[string]string, error) {
	document, err := policy.Parse(text, policy.Resource)
	if err != nil || s.identities == nil {
		return nil, nil //nolint:nilerr,nilnil // see above
	}
	named := policy.Identities(document)
	nobody, err := s.identities.Unknown(ctx, named)
	if err != nil {
		return nil, err
	}
	if len(nobody) > 0 {
		return nil, cloud.Errorf(cloud.Invalid, "MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals.")
	}
	return s.identities.UniqueIDs(ctx, named)
}

// PutKeyPolicy replaces the policy of a key.
func (s *Service) PutKeyPolicy(ctx context.Context, in *kmsapi.PutKeyPolicyInput) (*kmsapi.PutKeyPolicyOutput, error) {
	if err := checkPolicyName(in.PolicyName); err != nil {
		return nil, err
	}
	bound, err := s.bound(ctx, *in.Policy)
	if err != nil {
		return nil, err
	}
	return nil, s.change(ctx, *in.KeyId, func(tx resource.Tx, k *key) error {
		if err := k.mustNot(tx.Scope(), pendingDeletion); err != nil {
			return err
		}
		k.Policy, k.Bound = *in.Policy, bound
		return checkPolicy(cloud.CallOf(ctx), k.arn(tx.Scope()), *in.Policy, resource.Value(in.BypassPolicyLockoutSafetyCheck))
	})
}

// GetKeyPolicy returns the policy of a key.
func (s *Service) GetKeyPolicy(ctx context.Context, in *kmsapi.GetKeyPolicyInput) (*kmsapi.GetKeyPolicyOutput, error) {
	f, err := s.findOwn(ctx, *in.KeyId)
	if err != nil {
		return nil, err
	}
	if err := checkPolicyName(in.PolicyName); err != nil {
		return nil, err
	}
	return &kmsapi.GetKeyPolicyOutput{Policy: &f.Policy, PolicyName: new(policyName)}, nil
}

// ListKeyPolicies lists the names of a key's policies: there is one.
func (s *Service) ListKeyPolicies(ctx context.Context, in *kmsapi.ListKeyPoliciesInput) (*kmsapi.ListKeyPoliciesOutput, error) {
	_, err := s.findOwn(ctx, *in.KeyId)
	return &kmsapi.ListKeyPoliciesOutput{PolicyNames: []string{policyName}, Truncated: new(false)}, err
}

func checkPolicyName(name *string) error {
	if n := resource.Or(name, policyName); n != policyName {
		return cloud.Errorf(cloud.NotFound, "NotFoundException", "No such policy exists: the name of a key's policy is %s, not %s", policyName, n)
	}
	return nil
}
