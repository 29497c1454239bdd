package s3_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/servicetest"
)

// sayACL is an ACL in one line: each grantee and what it may do.
func sayACL(policy s3api.AccessControlPolicy) string {
	var parts []string
	for _, g := range policy.Grants {
		grantee := resource.Value(g.Grantee.ID) + strings.TrimPrefix(resource.Value(g.Grantee.URI), "http://acs.amazonaws.com/groups/")
		if grantee == s3.CanonicalID(servicetest.Account) {
			grantee = "owner"
		}
		parts = append(parts, grantee+" "+resource.Value(g.Permission))
	}
	return strings.Join(parts, ", ")
}

// sayError is an error with its members in one line.
func sayError(err error) string {
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok {
		return ""
	}
	said := e.Code + ": " + e.Message
	for _, name := range []string{"ArgumentName", "ArgumentValue", "BucketName", "EmailAddress", "MissingHeaderName", "Key", "TagKey"} {
		if value, ok := e.Fields[name].(string); ok {
			said += " " + name + "=" + value
		}
	}
	return said
}

func TestNewACL(t *testing.T) {
	owner, other := s3.CanonicalID(servicetest.Account), s3.CanonicalID("444455556666")
	policy := func(id string, grants ...s3api.Grant) *s3api.AccessControlPolicy {
		return &s3api.AccessControlPolicy{Owner: &s3api.Owner{ID: &id}, Grants: grants}
	}
	for name, tt := range map[string]struct {
		acl    *string
		grants s3.Grants
		policy *s3api.AccessControlPolicy
		want   string
		err    string
	}{
		"none":              {want: "owner FULL_CONTROL"},
		"private":           {acl: new("private"), want: "owner FULL_CONTROL"},
		"canned":            {acl: new("public-read-write"), want: "owner FULL_CONTROL, global/AllUsers READ, global/AllUsers WRITE"},
		"of logs":           {acl: new("log-delivery-write"), want: "owner FULL_CONTROL, s3/LogDelivery WRITE, s3/LogDelivery READ_ACP"},
		"unknown":           {acl: new("public"), err: "InvalidArgument:  ArgumentName=x-amz-acl ArgumentValue=public"},
		"headers":           {grants: s3.Grants{Read: new(`uri="` + s3.AllUsers + `", id=` + other)}, want: "global/AllUsers READ, " + other + " READ"},
		"headers for owner": {grants: s3.Grants{FullControl: new(`id="` + owner + `"`)}, want: "owner FULL_CONTROL"},
		"both":              {acl: new("private"), grants: s3.Grants{Read: new("id=x")}, err: "InvalidRequest: Specifying both Canned ACLs and Header Grants is not allowed"},
		"with a body":       {acl: new("private"), policy: policy(owner), err: "UnexpectedContent: This request does not support content"},
		"bad header ID":     {grants: s3.Grants{Read: new(`id="wrong"`)}, err: "InvalidArgument: Invalid id ArgumentName=id ArgumentValue=wrong"},
		"bad header URI":    {grants: s3.Grants{Read: new(`uri=http://x`)}, err: "InvalidArgument: Invalid group uri ArgumentName=uri ArgumentValue=http://x"},
		"bad header form": {
			grants: s3.Grants{ReadACP: new(`id`)},
			err:    "InvalidArgument: Argument format not recognized ArgumentName=x-amz-grant-read-acp ArgumentValue=id",
		},
		"email": {
			grants: s3.Grants{Write: new(`emailAddress="a@example.org"`)},
			err:    "UnresolvableGrantByEmailAddress: The e-mail address you provided does not match any account on record. EmailAddress=a@example.org",
		},
		"policy":              {policy: policy(owner, s3.ToID(owner, s3.FullControl), s3.ToGroup(s3.LogDelivery, "READ_ACP")), want: "owner FULL_CONTROL, s3/LogDelivery READ_ACP"},
		"policy of nothing":   {policy: policy(owner), want: ""},
		"policy, bad owner":   {policy: policy("me"), err: "InvalidArgument: Invalid id ArgumentName=CanonicalUser/ID ArgumentValue=me"},
		"policy, other owner": {policy: policy(other), err: "AccessDenied: Access Denied"},
		"policy, no owner":    {policy: &s3api.AccessControlPolicy{}, err: malformedACL},
		"policy, permission":  {policy: policy(owner, s3.ToID(owner, "ALL")), err: malformedACL},
		"policy, kind": {
			policy: policy(owner, s3api.Grant{Grantee: &s3api.Grantee{Type: new("User")}, Permission: new("READ")}),
			err:    malformedACL,
		},
		"policy, group": {policy: policy(owner, s3.ToGroup("x", "READ")), err: "InvalidArgument: Invalid group uri ArgumentName=Group/URI ArgumentValue=x"},
		"policy, 101":   {policy: policy(owner, make101Grants(owner)...), err: "InvalidRequest: The ACL has more than the 100 grants that are allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			doc, err := s3.NewACL(tt.acl, tt.grants, tt.policy, servicetest.Account)
			if diff := cmp.Diff(tt.err, sayError(err)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if err != nil {
				return
			}
			read := s3.ReadACL(doc, servicetest.Account)
			servicetest.Diff(t, tt.want, sayACL(read))
			servicetest.Diff(t, s3.OwnerOf(servicetest.Account), read.Owner)
			if isDefault := tt.want == "owner FULL_CONTROL"; isDefault != (doc == nil) {
				t.Errorf("kept as %q", doc)
			}
		})
	}
}

const malformedACL = "MalformedACLError: The XML you provided was not well-formed or did not validate against our published schema"

func make101Grants(id string) (list []s3api.Grant) {
	for range 101 {
		list = append(list, s3.ToID(id, "READ"))
	}
	return list
}
