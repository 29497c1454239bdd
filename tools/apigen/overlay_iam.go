package main

import "github.com/sillok/sillok/internal/api"

// iamOperations are all but those about delegation requests, which are a console's,
// and about organizations.
func iamOperations() []string {
	return []string{
		"AddClientIDToOpenIDConnectProvider", "AddRoleToInstanceProfile", "AddUserToGroup", "AttachGroupPolicy",
		"AttachRolePolicy", "AttachUserPolicy", "ChangePassword", "CreateAccessKey", "CreateAccountAlias", "CreateGroup",
		"CreateInstanceProfile", "CreateLoginProfile", "CreateOpenIDConnectProvider", "CreatePolicy", "CreatePolicyVersion",
		"CreateRole", "CreateSAMLProvider", "CreateServiceLinkedRole", "CreateServiceSpecificCredential", "CreateUser",
		"CreateVirtualMFADevice", "DeactivateMFADevice", "DeleteAccessKey", "DeleteAccountAlias", "DeleteAccountPasswordPolicy",
		"DeleteGroup", "DeleteGroupPolicy", "DeleteInstanceProfile", "DeleteLoginProfile", "DeleteOpenIDConnectProvider",
		"DeletePolicy", "DeletePolicyVersion", "DeleteRole", "DeleteRolePermissionsBoundary", "DeleteRolePolicy",
		"DeleteSAMLProvider", "DeleteSSHPublicKey", "DeleteServerCertificate", "DeleteServiceLinkedRole",
		"DeleteServiceSpecificCredential", "DeleteSigningCertificate", "DeleteUser", "DeleteUserPermissionsBoundary",
		"DeleteUserPolicy", "DeleteVirtualMFADevice", "DetachGroupPolicy", "DetachRolePolicy", "DetachUserPolicy",
		"EnableMFADevice", "GenerateCredentialReport", "GenerateServiceLastAccessedDetails", "GetAccessKeyLastUsed",
		"GetAccountAuthorizationDetails", "GetAccountPasswordPolicy", "GetAccountSummary", "GetContextKeysForCustomPolicy",
		"GetContextKeysForPrincipalPolicy", "GetCredentialReport", "GetGroup", "GetGroupPolicy", "GetInstanceProfile",
		"GetLoginProfile", "GetMFADevice", "GetOpenIDConnectProvider", "GetPolicy", "GetPolicyVersion", "GetRole",
		"GetRolePolicy", "GetSAMLProvider", "GetSSHPublicKey", "GetServerCertificate", "GetServiceLastAccessedDetails",
		"GetServiceLastAccessedDetailsWithEntities", "GetServiceLinkedRoleDeletionStatus", "GetUser", "GetUserPolicy",
		"ListAccessKeys", "ListAccountAliases", "ListAttachedGroupPolicies", "ListAttachedRolePolicies",
		"ListAttachedUserPolicies", "ListEntitiesForPolicy", "ListGroupPolicies", "ListGroups", "ListGroupsForUser",
		"ListInstanceProfileTags", "ListInstanceProfiles", "ListInstanceProfilesForRole", "ListMFADeviceTags", "ListMFADevices",
		"ListOpenIDConnectProviderTags", "ListOpenIDConnectProviders", "ListPolicies", "ListPoliciesGrantingServiceAccess",
		"ListPolicyTags", "ListPolicyVersions", "ListRolePolicies", "ListRoleTags", "ListRoles", "ListSAMLProviderTags",
		"ListSAMLProviders", "ListSSHPublicKeys", "ListServerCertificateTags", "ListServerCertificates",
		"ListServiceSpecificCredentials", "ListSigningCertificates", "ListUserPolicies", "ListUserTags", "ListUsers",
		"ListVirtualMFADevices", "PutGroupPolicy", "PutRolePermissionsBoundary", "PutRolePolicy", "PutUserPermissionsBoundary",
		"PutUserPolicy", "RemoveClientIDFromOpenIDConnectProvider", "RemoveRoleFromInstanceProfile", "RemoveUserFromGroup",
		"ResetServiceSpecificCredential", "ResyncMFADevice", "SetDefaultPolicyVersion", "SimulateCustomPolicy",
		"SimulatePrincipalPolicy", "TagInstanceProfile", "TagMFADevice", "TagOpenIDConnectProvider", "TagPolicy", "TagRole",
		"TagSAMLProvider", "TagServerCertificate", "TagUser", "UntagInstanceProfile", "UntagMFADevice",
		"UntagOpenIDConnectProvider", "UntagPolicy", "UntagRole", "UntagSAMLProvider", "UntagServerCertificate", "UntagUser",
		"UpdateAccessKey", "UpdateAccountPasswordPolicy", "UpdateAssumeRolePolicy", "UpdateGroup", "UpdateLoginProfile",
		"UpdateOpenIDConnectProviderThumbprint", "UpdateRole", "UpdateRoleDescription", "UpdateSAMLProvider",
		"UpdateSSHPublicKey", "UpdateServerCertificate", "UpdateServiceSpecificCredential", "UpdateSigningCertificate",
		"UpdateUser", "UploadSSHPublicKey", "UploadServerCertificate", "UploadSigningCertificate",
	}
}

// iamAuthorization says how IAM's resources are named. An input names a user, group,
// role or instance profile without its path, and may leave the caller's own user
// out, which stands as "*": whoever decides asks IAM for the whole ARN.
func iamAuthorization() authorizationOverlay {
	o := authorizationOverlay{
		without: []string{"sms-mfa", "access-report"},
		members: map[string]string{
			"UserNameWithPath": "UserName", "GroupNameWithPath": "GroupName", "RoleNameWithPath": "RoleName",
			"InstanceProfileNameWithPath": "InstanceProfileName", "CertificateNameWithPath": "ServerCertificateName",
		},
		unnamed: map[string][]string{
			"UserNameWithPath":        {"ChangePassword", "GetAccessKeyLastUsed"},
			"RoleNameWithPath":        {"GetServiceLinkedRoleDeletionStatus"}, // a task names it
			"OidcProviderName":        {"CreateOpenIDConnectProvider"},        // its name is the host and path of a URL
			"CertificateNameWithPath": {"ListServerCertificates"},
		},
		resources: map[string][]api.Resource{
			"CreateServiceLinkedRole": {{Type: "role", ARN: "arn:{Partition}:iam::{Account}:role/aws-service-role/{AWSServiceName}/*"}},
		},
		more: map[string][]api.Resource{"AddRoleToInstanceProfile": {
			{Type: "role", ARN: "arn:{Partition}:iam::{Account}:role/{RoleName}", Action: "iam:PassRole"},
		}},
	}
	for _, made := range []struct{ noun, name, tag string }{
		{"user", "UserName", "User"},
		{"group", "GroupName", ""},
		{"role", "RoleName", "Role"},
		{"policy", "PolicyName", "Policy"},
		{"instance-profile", "InstanceProfileName", "InstanceProfile"},
		{"mfa", "VirtualMFADeviceName", "MFADevice"},
		{"server-certificate", "ServerCertificateName", "ServerCertificate"},
	} {
		arn := "arn:{Partition}:iam::{Account}:" + made.noun + "{Path|'/'}{" + made.name + "}"
		operation := "Create"
		switch made.noun {
		case "mfa":
			operation = "CreateVirtual"
		case "server-certificate":
			operation = "Upload"
		}
		kind := map[string]string{
			"user": "User", "group": "Group", "role": "Role", "policy": "Policy", "instance-profile": "InstanceProfile",
			"mfa": "MFADevice", "server-certificate": "ServerCertificate",
		}[made.noun]
		rows := []api.Resource{{Type: made.noun, ARN: arn}}
		if made.tag != "" {
			rows = append(rows, api.Resource{Type: made.noun, ARN: arn, Action: "iam:Tag" + made.tag, When: "Tags"})
		}
		o.resources[operation+kind] = rows
	}
	for noun, named := range map[string]struct {
		member     string
		operations []string
	}{
		"mfa": {"SerialNumber", []string{"DeleteVirtualMFADevice", "ListMFADeviceTags", "TagMFADevice", "UntagMFADevice"}},
		"oidc-provider": {"OpenIDConnectProviderArn", []string{
			"AddClientIDToOpenIDConnectProvider", "DeleteOpenIDConnectProvider", "GetOpenIDConnectProvider", "ListOpenIDConnectProviderTags",
			"RemoveClientIDFromOpenIDConnectProvider", "TagOpenIDConnectProvider", "UntagOpenIDConnectProvider", "UpdateOpenIDConnectProviderThumbprint",
		}},
	} {
		for _, operation := range named.operations {
			o.resources[operation] = []api.Resource{{Type: noun, ARN: "{" + named.member + "}"}}
		}
	}
	for operation, member := range map[string]string{
		"GenerateServiceLastAccessedDetails": "Arn", "ListPoliciesGrantingServiceAccess": "Arn",
		"GetContextKeysForPrincipalPolicy": "PolicySourceArn", "SimulatePrincipalPolicy": "PolicySourceArn",
	} {
		o.resources[operation] = []api.Resource{{ARN: "{" + member + "}"}}
	}
	return o
}

// stsAuthorization says what sessions are opened of. Tags and the identity behind a
// session need actions of their own, on what the session is of.
func stsAuthorization() authorizationOverlay {
	const role = "{RoleArn}"
	const federated = "arn:{Partition}:sts::{Account}:federated-user/{Name}"
	return authorizationOverlay{
		resources: map[string][]api.Resource{"GetFederationToken": {
			{Type: "federated-user", ARN: federated},
			{Type: "federated-user", ARN: federated, Action: "sts:TagSession", When: "Tags"},
		}},
		more: map[string][]api.Resource{"AssumeRole": {
			{Type: "role", ARN: role, Action: "sts:TagSession", When: "Tags"},
			{Type: "role", ARN: role, Action: "sts:SetSourceIdentity", When: "SourceIdentity"},
		}},
	}
}
