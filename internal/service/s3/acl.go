package s3

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// The groups that an ACL can name.
const (
	groups           = "http://acs.amazonaws.com/groups/"
	allUsers         = groups + "global/AllUsers"
	authenticated    = groups + "global/AuthenticatedUsers"
	logDelivery      = groups + "s3/LogDelivery"
	imageBuilderID   = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c" // EC2's account that reads images, by aws-exec-read
	fullControl      = "FULL_CONTROL"
	canonicalUser    = "CanonicalUser"
	group            = "Group"
	customerByEmail  = "AmazonCustomerByEmail"
	maxGrants        = 100
	canonicalIDBytes = 64
)

// canned says what each canned ACL grants beside all to the owner. Those for the
// owner of the bucket grant nothing more, since every object is the bucket's
// owner's.
//
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl.
var canned = map[string][]s3api.Grant{
	"private":                   nil,
	"bucket-owner-read":         nil,
	"bucket-owner-full-control": nil,
	"public-read":               {toGroup(allUsers, "READ")},
	"public-read-write":         {toGroup(allUsers, "READ"), toGroup(allUsers, "WRITE")},
	"authenticated-read":        {toGroup(authenticated, "READ")},
	"log-delivery-write":        {toGroup(logDelivery, "WRITE"), toGroup(logDelivery, "READ_ACP")},
	"aws-exec-read":             {toID(imageBuilderID, "READ")},
}

// permissions are what an ACL can grant.
var permissions = []string{fullControl, "READ", "READ_ACP", "WRITE", "WRITE_ACP"}

// grants are an ACL as the headers of a request say it: lists of grantees, each
// a kind and a value, such as `id="…", uri="…"`.
type grants struct {
	FullControl, Read, ReadACP, Write, WriteACP *string
}

// given says whether there is a header at all.
func (g grants) given() bool { return g != grants{} }

// newACL returns the ACL that a request asks for, in one of three ways, as it is
// kept: nil for the default, which gives everything to the owner and nothing to
// others.
func newACL(acl *string, g grants, policy *s3api.AccessControlPolicy, owner cloud.Account) ([]byte, error) {
	var list []s3api.Grant
	var err error
	switch {
	case acl != nil && g.given():
		return nil, fail(cloud.Invalid, "InvalidRequest", "Specifying both Canned ACLs and Header Grants is not allowed")
	case policy != nil && (acl != nil || g.given()):
		return nil, fail(cloud.Invalid, "UnexpectedContent", "This request does not support content")
	case acl != nil:
		list, err = cannedGrants(*acl, owner)
	case g.given():
		list, err = g.parse()
	case policy != nil:
		list, err = policyGrants(policy, owner)
	default:
		return nil, nil
	}
	if err != nil || reflect.DeepEqual(list, ownerGrants(owner)) {
		return nil, err
	}
	return json.Marshal(s3api.AccessControlPolicy{Owner: ownerOf(owner), Grants: list})
}

// checkACLGiven refuses a request to set an ACL that holds none.
func checkACLGiven(acl *string, g grants, policy *s3api.AccessControlPolicy) error {
	if acl == nil && !g.given() && policy == nil {
		return fail(cloud.Invalid, "MissingSecurityHeader", "Your request was missing a required header", "MissingHeaderName", "x-amz-acl")
	}
	return nil
}

// readACL returns an ACL from what newACL returned for it.
func readACL(doc []byte, owner cloud.Account) s3api.AccessControlPolicy {
	policy := s3api.AccessControlPolicy{Owner: ownerOf(owner), Grants: ownerGrants(owner)}
	if doc == nil {
		return policy
	}
	var kept s3api.AccessControlPolicy
	if err := json.Unmarshal(doc, &kept); err == nil {
		policy.Grants = kept.Grants
	}
	return policy
}

// aclsOff says whether a bucket takes no ACL but the default, as new ones do.
func aclsOff(v *objects.View, b *objects.Bucket) bool {
	controls, err := setting[s3api.OwnershipControls](v, b, ownershipSetting)
	return err == nil && controls != nil && len(controls.Rules) > 0 && text(controls.Rules[0].ObjectOwnership) == ownerEnforced
}

// errACLsOff refuses an ACL where aclsOff says so.
func errACLsOff() *cloud.Error {
	return fail(cloud.Invalid, "AccessControlListNotSupported", "The bucket does not allow ACLs")
}

// ownerOf is an account as owners of buckets and objects are told: without a
// name, as S3 does since November 2025.
func ownerOf(account cloud.Account) *s3api.Owner { return &s3api.Owner{ID: new(canonicalID(account))} }

func ownerGrants(owner cloud.Account) []s3api.Grant {
	return []s3api.Grant{toID(canonicalID(owner), fullControl)}
}

func toID(id, permission string) s3api.Grant {
	return s3api.Grant{Grantee: &s3api.Grantee{ID: &id, Type: new(canonicalUser)}, Permission: &permission}
}

func toGroup(uri, permission string) s3api.Grant {
	return s3api.Grant{Grantee: &s3api.Grantee{URI: &uri, Type: new(group)}, Permission: &permission}
}

func cannedGrants(acl string, owner cloud.Account) ([]s3api.Grant, error) {
	more, ok := canned[acl]
	if !ok {
		return nil, errArgument("x-amz-acl", acl, "")
	}
	return append(ownerGrants(owner), more...), nil
}

// parse returns what the headers grant.
func (g grants) parse() ([]s3api.Grant, error) {
	var list []s3api.Grant
	for _, header := range []struct {
		name, permission string
		value            *string
	}{
		{"x-amz-grant-full-control", fullControl, g.FullControl},
		{"x-amz-grant-read", "READ", g.Read},
		{"x-amz-grant-read-acp", "READ_ACP", g.ReadACP},
		{"x-amz-grant-write", "WRITE", g.Write},
		{"x-amz-grant-write-acp", "WRITE_ACP", g.WriteACP},
	} {
		if header.value == nil {
			continue
		}
		for part := range strings.SplitSeq(*header.value, ",") {
			grant, err := parseGrant(header.name, header.permission, strings.TrimSpace(part))
			if err != nil {
				return nil, err
			}
			list = append(list, grant)
		}
	}
	return list, checkGrantCount(list)
}

// parseGrant reads one grantee of a header, such as `id="…"`.
func parseGrant(header, permission, grantee string) (s3api.Grant, error) {
	kind, value, ok := strings.Cut(grantee, "=")
	kind, value = strings.TrimSpace(kind), strings.Trim(strings.TrimSpace(value), `"`)
	switch {
	case ok && kind == "id":
		return toID(value, permission), checkCanonicalID("id", value)
	case ok && kind == "uri":
		return toGroup(value, permission), checkGroup("uri", value)
	case ok && kind == "emailAddress":
		return s3api.Grant{}, errNoSuchEmail(value)
	}
	return s3api.Grant{}, errArgument(header, grantee, "Argument format not recognized")
}

// policyGrants checks an ACL that is told whole. Names of grantees are dropped.
func policyGrants(policy *s3api.AccessControlPolicy, owner cloud.Account) ([]s3api.Grant, error) {
	if policy.Owner == nil || text(policy.Owner.ID) == "" {
		return nil, errMalformedACL()
	}
	if err := checkCanonicalID("CanonicalUser/ID", *policy.Owner.ID); err != nil {
		return nil, err
	}
	if *policy.Owner.ID != canonicalID(owner) {
		return nil, errDenied() // an owner cannot be changed
	}
	list := []s3api.Grant{}
	for _, grant := range policy.Grants {
		if !slices.Contains(permissions, text(grant.Permission)) || grant.Grantee == nil {
			return nil, errMalformedACL()
		}
		clean, err := cleanGrantee(grant.Grantee)
		if err != nil {
			return nil, err
		}
		list = append(list, s3api.Grant{Grantee: clean, Permission: grant.Permission})
	}
	return list, checkGrantCount(list)
}

// cleanGrantee checks a grantee and returns what is kept of it.
func cleanGrantee(g *s3api.Grantee) (*s3api.Grantee, error) {
	switch text(g.Type) {
	case canonicalUser:
		return &s3api.Grantee{Type: g.Type, ID: g.ID}, checkCanonicalID("CanonicalUser/ID", text(g.ID))
	case group:
		return &s3api.Grantee{Type: g.Type, URI: g.URI}, checkGroup("Group/URI", text(g.URI))
	case customerByEmail:
		return nil, errNoSuchEmail(text(g.EmailAddress))
	}
	return nil, errMalformedACL()
}

// checkCanonicalID takes every ID that has the form of one: which accounts there
// are elsewhere is not known here.
func checkCanonicalID(argument, id string) error {
	if len(id) != canonicalIDBytes || strings.Trim(id, "0123456789abcdef") != "" {
		return errArgument(argument, id, "Invalid id")
	}
	return nil
}

func checkGroup(argument, uri string) error {
	if !slices.Contains([]string{allUsers, authenticated, logDelivery}, uri) {
		return errArgument(argument, uri, "Invalid group uri")
	}
	return nil
}

func checkGrantCount(list []s3api.Grant) error {
	if len(list) > maxGrants {
		return fail(cloud.Invalid, "InvalidRequest", fmt.Sprintf("The ACL has more than the %d grants that are allowed", maxGrants))
	}
	return nil
}

// errNoSuchEmail refuses a grantee that is told by address: accounts have none here.
func errNoSuchEmail(address string) *cloud.Error {
	return fail(cloud.Invalid, "UnresolvableGrantByEmailAddress",
		"The e-mail address you provided does not match any account on record.", "EmailAddress", address)
}

func errMalformedACL() *cloud.Error {
	return fail(cloud.Invalid, "MalformedACLError", "The XML you provided was not well-formed or did not validate against our published schema")
}
