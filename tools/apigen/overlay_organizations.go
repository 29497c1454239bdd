package main

import "github.com/sillok/sillok/internal/api"

// organizationsAuthorization names what calls touch by ID alone: its organization,
// and of which kind it is, are in no input. Organizations itself completes the ARNs
// before a call is decided.
func organizationsAuthorization() authorizationOverlay {
	const of = "arn:{Partition}:organizations::{Account}:"
	o := authorizationOverlay{resources: map[string][]api.Resource{
		// Without a target it is the caller's own account.
		"DescribeEffectivePolicy":     {{ARN: of + "*/{TargetId|Account}"}},
		"InviteAccountToOrganization": {{Type: "account", ARN: of + "account/*/{Target.Id}"}},
		"PutResourcePolicy":           {{Type: "resourcepolicy", ARN: of + "resourcepolicy/*"}},
	}}
	for _, named := range []struct {
		member     string
		operations []string
	}{
		{"AccountId", []string{
			"CloseAccount", "DeregisterDelegatedAdministrator", "DescribeAccount", "ListDelegatedServicesForAccount",
			"MoveAccount", "RegisterDelegatedAdministrator", "RemoveAccountFromOrganization",
		}},
		{"ChildId", []string{"ListParents"}},
		{"DestinationParentId", []string{"MoveAccount"}},
		{"HandshakeId", []string{"AcceptHandshake", "CancelHandshake", "DeclineHandshake", "DescribeHandshake"}},
		{"OrganizationalUnitId", []string{"DeleteOrganizationalUnit", "DescribeOrganizationalUnit", "UpdateOrganizationalUnit"}},
		{"ParentId", []string{"CreateOrganizationalUnit", "ListAccountsForParent", "ListChildren", "ListOrganizationalUnitsForParent"}},
		{"PolicyId", []string{"AttachPolicy", "DeletePolicy", "DescribePolicy", "DetachPolicy", "ListTargetsForPolicy", "UpdatePolicy"}},
		{"ResourceId", []string{"ListTagsForResource", "TagResource", "UntagResource"}},
		{"RootId", []string{"DisablePolicyType", "EnablePolicyType"}},
		{"SourceParentId", []string{"MoveAccount"}},
		{"TargetId", []string{"AttachPolicy", "DetachPolicy", "ListPoliciesForTarget"}},
	} {
		for _, op := range named.operations {
			o.resources[op] = append(o.resources[op], api.Resource{ARN: of + "*/{" + named.member + "}"})
		}
	}
	return o
}
