package former

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// The shapes below are those of S3's model, whose JSON is what the S3 service
// keeps. The former version kept most settings as the XML that was sent.

type corsConfiguration struct {
	CORSRules []corsRule `xml:"CORSRule"`
}

type corsRule struct {
	ID             *string
	AllowedHeaders []string `xml:"AllowedHeader"`
	AllowedMethods []string `xml:"AllowedMethod"`
	AllowedOrigins []string `xml:"AllowedOrigin"`
	ExposeHeaders  []string `xml:"ExposeHeader"`
	MaxAgeSeconds  *int32
}

type websiteConfiguration struct {
	ErrorDocument         *struct{ Key *string }
	IndexDocument         *struct{ Suffix *string }
	RedirectAllRequestsTo *struct{ HostName, Protocol *string }
	RoutingRules          []routingRule `xml:"RoutingRules>RoutingRule"`
}

type routingRule struct {
	Condition *struct {
		HTTPErrorCodeReturnedEquals *string `json:"HttpErrorCodeReturnedEquals" xml:"HttpErrorCodeReturnedEquals"`
		KeyPrefixEquals             *string
	}
	Redirect *struct {
		HostName             *string
		HTTPRedirectCode     *string `json:"HttpRedirectCode" xml:"HttpRedirectCode"`
		Protocol             *string
		ReplaceKeyPrefixWith *string
		ReplaceKeyWith       *string
	}
}

type tagging struct{ TagSet []tag }

type tag struct{ Key, Value string }

type ownershipControls struct{ Rules []ownershipRule }

type ownershipRule struct{ ObjectOwnership string }

type lockConfiguration struct {
	ObjectLockEnabled string
	Rule              *lockRule `json:",omitempty"`
}

type lockRule struct{ DefaultRetention *defaultRetention }

type defaultRetention struct {
	Mode        string
	Days, Years *int32 `json:",omitempty"`
}

type accessControlPolicy struct {
	Owner  owner
	Grants []grant
}

type owner struct{ ID string }

type grant struct {
	Grantee    grantee
	Permission string
}

type grantee struct {
	ID   string `json:",omitempty"`
	Type string
	URI  string `json:",omitempty"`
}

// readSettings adds a bucket's documents by the names that the S3 service has for
// them.
func readSettings(attributes map[string]string, documents map[string]any) error {
	if text, ok := attributes[corsAttribute]; ok {
		var c corsConfiguration
		if err := xml.Unmarshal([]byte(text), &c); err != nil {
			return fmt.Errorf("its CORS configuration: %w", err)
		}
		documents["cors"] = c
	}
	if text, ok := attributes[websiteAttribute]; ok {
		plain, err := unzipped(text)
		var c websiteConfiguration
		if err == nil {
			err = xml.Unmarshal(plain, &c)
		}
		if err != nil {
			return fmt.Errorf("its website configuration: %w", err)
		}
		documents["website"] = c
	}
	if text, ok := attributes[taggingAttribute]; ok {
		var kept map[string]string
		if err := json.Unmarshal([]byte(text), &kept); err != nil {
			return fmt.Errorf("its tags: %w", err)
		}
		var t tagging
		for _, key := range slices.Sorted(maps.Keys(kept)) {
			t.TagSet = append(t.TagSet, tag{key, kept[key]})
		}
		if len(t.TagSet) > 0 {
			documents["tagging"] = t
		}
	}
	if text := attributes[ownershipAttribute]; text != "" {
		documents["ownership"] = ownershipControls{[]ownershipRule{{text}}}
	}
	return nil
}

// readLock reads how a bucket's versions are locked.
func (bk *bucket) readLock(attributes map[string]string, documents map[string]any) error {
	text, ok := attributes[lockAttribute]
	if !ok {
		return nil
	}
	var kept struct {
		Enabled          bool
		DefaultRetention *defaultRetention
		CreatedAt        *time.Time
	}
	if err := json.Unmarshal([]byte(text), &kept); err != nil {
		return fmt.Errorf("its object lock configuration: %w", err)
	}
	if !kept.Enabled {
		return nil
	}
	// A bucket whose versions can be locked keeps versions.
	bk.ObjectLock, bk.Versioning = true, objects.Enabled
	c := lockConfiguration{ObjectLockEnabled: "Enabled"}
	if kept.DefaultRetention != nil {
		c.Rule = &lockRule{kept.DefaultRetention}
		bk.retention = kept.DefaultRetention
	}
	if kept.CreatedAt != nil {
		bk.since = *kept.CreatedAt
	}
	documents["object-lock"] = c
	return nil
}

// until returns until when the bucket's default retention keeps a version of that
// time. The former version gave it to no version. It held all of them for the
// period from when the rule was made; S3 holds each from when it was written.
// What either promised is kept.
func (bk *bucket) until(at time.Time) objects.Retention {
	if bk.since.After(at) {
		at = bk.since
	}
	days, years := 0, 0
	if bk.retention.Days != nil {
		days = int(*bk.retention.Days)
	}
	if bk.retention.Years != nil {
		years = int(*bk.retention.Years)
	}
	return objects.Retention{Mode: bk.retention.Mode, Until: at.AddDate(years, 0, days).UTC().Truncate(time.Millisecond)}
}

// groups are the groups of S3's ACLs by the former version's names.
var groups = map[string]string{"all-users": "http://acs.amazonaws.com/groups/global/AllUsers"}

// readOwner returns whose a bucket is, and adds its ACL where that grants anything
// to others.
func readOwner(text string, account cloud.Account, documents map[string]any) (cloud.Account, error) {
	var kept struct {
		Owner    string
		Grantees []struct{ Permission, Access, Type string }
	}
	if err := json.Unmarshal([]byte(text), &kept); err != nil {
		return "", fmt.Errorf("its ACL: %w", err)
	}
	if isAccount(kept.Owner) {
		account = cloud.Account(kept.Owner)
	}
	acl := accessControlPolicy{Owner: owner{canonicalID(string(account))}}
	others := false
	for _, g := range kept.Grantees {
		granted := grant{Permission: g.Permission}
		switch {
		case groups[g.Access] != "":
			granted.Grantee = grantee{Type: "Group", URI: groups[g.Access]}
		case isAccount(g.Access):
			granted.Grantee = grantee{Type: "CanonicalUser", ID: canonicalID(g.Access)}
		default:
			continue // whoever that was
		}
		others = others || g.Access != kept.Owner
		acl.Grants = append(acl.Grants, granted)
	}
	if others {
		documents["acl"] = acl
	}
	return account, nil
}

const accountLength = 12

func isAccount(text string) bool {
	_, err := strconv.ParseUint(text, 10, 64)
	return err == nil && len(text) == accountLength
}

// canonicalID is the name that the S3 service gives an account in ACLs.
func canonicalID(account string) string {
	sum := sha256.Sum256([]byte("s3/canonical-user/" + account))
	return hex.EncodeToString(sum[:])
}
