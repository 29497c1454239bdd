package s3

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/s3api"
)

// The actions that a permission of an ACL stands for: of a bucket, and of an
// object.
//
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions.
var (
	bucketGrants = map[string][]string{
		"READ":      {"s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"},
		"WRITE":     {"s3:PutObject"},
		"READ_ACP":  {"s3:GetBucketAcl"},
		"WRITE_ACP": {"s3:PutBucketAcl"},
	}
	objectACLGrants = map[string][]string{
		"READ":      {"s3:GetObject", "s3:GetObjectVersion"},
		"READ_ACP":  {"s3:GetObjectAcl", "s3:GetObjectVersionAcl"},
		"WRITE_ACP": {"s3:PutObjectAcl", "s3:PutObjectVersionAcl"},
	}
)

// deliverers are the services that the group LogDelivery stands for.
var deliverers = []string{"logging.s3.amazonaws.com", "delivery.logs.amazonaws.com"}

// aclStatement is a grant as a statement.
type aclStatement struct {
	Effect    string
	Principal any
	Action    []string
	Resource  string
	Condition any `json:",omitempty"`
}

// aclPolicy returns what an ACL gives as a policy's text, and "" where that is
// nothing.
func aclPolicy(acl s3api.AccessControlPolicy, actions map[string][]string) string {
	var statements []aclStatement
	for _, grant := range acl.Grants {
		principal, condition := aclPrincipal(grant.Grantee)
		if principal == nil {
			continue
		}
		given := actions[text(grant.Permission)]
		if text(grant.Permission) == fullControl {
			for _, permission := range permissions {
				given = slices.Concat(given, actions[permission])
			}
		}
		if len(given) > 0 {
			statements = append(statements, aclStatement{"Allow", principal, given, "arn:aws:s3:::*", condition})
		}
	}
	if statements == nil {
		return ""
	}
	doc, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		return ""
	}
	return string(doc)
}

// aclPrincipal returns a grantee as a policy's principal, with the condition under
// which it is meant; nil for none.
func aclPrincipal(g *s3api.Grantee) (principal, condition any) {
	switch {
	case text(g.URI) == allUsers:
		return "*", nil
	case text(g.URI) == authenticated:
		return "*", map[string]any{"StringNotEquals": map[string]string{"aws:PrincipalType": "Anonymous"}}
	case text(g.URI) == logDelivery:
		return map[string]any{"Service": deliverers}, nil
	case text(g.ID) != "":
		return map[string]any{"CanonicalUser": text(g.ID)}, nil
	}
	return nil, nil
}

// withoutPublic returns the grants that are not to everybody.
func withoutPublic(grants []s3api.Grant) []s3api.Grant {
	return slices.DeleteFunc(slices.Clone(grants), func(g s3api.Grant) bool { return strings.HasPrefix(text(g.Grantee.URI), groups+"global/") })
}
