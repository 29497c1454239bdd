package s3

import (
	"context"
	"fmt"
	"strings"

	"github.com/sillok/sillok/internal/access"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/objects"
)

// Held implements access.Resources: whose a bucket or an object is, the bucket's
// policy and the ACLs that count, as policies.
func (s *Service) Held(ctx context.Context, a *cloud.Access, r cloud.Resource) (access.Held, error) {
	name, key, isObject := strings.Cut(strings.TrimPrefix(r.ARN, bucketARN("")), "/")
	if r.Action == "s3:CreateBucket" {
		return access.Held{}, nil // a bucket of that name that is there is another's, or is not made
	}
	h := &holding{service: s, access: a, action: r.Action, bucket: name, key: key, isObject: isObject}
	err := s.db.View(ctx, func(v *objects.View) error {
		b, err := v.Bucket(name)
		if err != nil {
			return ifThere(err)
		}
		return h.look(v, b)
	})
	return h.held, err
}

// ifThere returns an error, but for what is not there.
func ifThere(err error) error {
	if cloud.KindOf(err) == cloud.NotFound {
		return nil
	}
	return err
}

// holding is one look at what there is of a resource.
type holding struct {
	service  *Service
	access   *cloud.Access
	action   string
	bucket   string
	key      string
	isObject bool

	block s3api.PublicAccessBlockConfiguration
	held  access.Held
}

func (h *holding) look(v *objects.View, b *objects.Bucket) error {
	h.held.Owner, h.held.Region = b.Account, b.Region
	if caller := h.access.Call.Principal.Account; caller != "" {
		h.held.CanonicalUser = canonicalID(caller)
	}
	if block, err := setting[s3api.PublicAccessBlockConfiguration](v, b, publicAccessSetting); err != nil {
		return err
	} else if block != nil {
		h.block = *block
	}
	acls := !aclsOff(v, b)
	h.held.Varies = acls && h.isObject && strings.Contains(h.key, "*")
	ofOne := h.isObject && ofVersion[h.action] // also of a key with a "*", which may be the key's own
	if ofOne {
		h.held.Conditions = access.Conditions{Beginnings: []string{existingTag}, Tell: h.tags}
	}
	// Where ACLs do not count and no policy asks for tags, what there is of an object
	// changes nothing, and is not looked for: that would tell strangers by the time. Where
	// it is looked for, what is not there takes the same work.
	var version *objects.Version
	there, foreign := false, false
	if acls && ofOne {
		var err error
		if version, there, err = h.version(v, b); err != nil {
			return err
		}
		if version.Owner != "" && cloud.Account(version.Owner) != b.Account && there {
			h.held.Owner, foreign = cloud.Account(version.Owner), true
		}
	}
	if err := h.policy(v, b, foreign); err != nil || !acls {
		return err
	}
	doc, err := v.Setting(b, aclSetting)
	if err != nil {
		return err
	}
	if err := h.acl("the bucket's ACL", readACL(doc, b.Account), bucketGrants); err != nil || version == nil {
		return err
	}
	if err := h.acl("the object's ACL", readACL(version.ACL, h.held.Owner), objectACLGrants); err != nil {
		return err
	}
	if n := len(h.held.Policies); !there && n > 0 && h.held.Policies[n-1].Name == "the object's ACL" {
		h.held.Policies = h.held.Policies[:n-1]
	}
	return nil
}

// existingTag is what the condition keys of an object's tags begin with.
const existingTag = "s3:existingobjecttag/"

// tags are the conditions that follow from the tags of the version that an action is on.
func (h *holding) tags(ctx context.Context) (map[string][]string, error) {
	conditions := map[string][]string{}
	err := h.service.db.View(ctx, func(v *objects.View) error {
		b, err := v.Bucket(h.bucket)
		if err != nil {
			return ifThere(err)
		}
		version, there, err := h.version(v, b)
		if err != nil || !there {
			return err
		}
		for _, tag := range version.Tags {
			conditions["s3:ExistingObjectTag/"+tag.Key] = []string{tag.Value}
		}
		return nil
	})
	return conditions, err
}

// ofVersion are the actions that are on one version of an object as it is.
var ofVersion = map[string]bool{
	"s3:GetObject": true, "s3:GetObjectVersion": true, "s3:GetObjectAcl": true, "s3:GetObjectVersionAcl": true,
	"s3:GetObjectTagging": true, "s3:GetObjectVersionTagging": true, "s3:PutObjectAcl": true, "s3:PutObjectVersionAcl": true,
	"s3:PutObjectTagging": true, "s3:PutObjectVersionTagging": true, "s3:DeleteObjectTagging": true, "s3:DeleteObjectVersionTagging": true,
	"s3:GetObjectAttributes": true, "s3:GetObjectVersionAttributes": true, "s3:RestoreObject": true,
}

// version returns the version that an action is on, and whether there is one: another
// stands in the place of one that is not there.
func (h *holding) version(v *objects.View, b *objects.Bucket) (*objects.Version, bool, error) {
	id := ""
	if ids := h.access.Conditions["s3:versionid"]; len(ids) == 1 && strings.Contains(h.action, "Version") {
		id = ids[0]
	}
	return v.Glance(b, h.key, id)
}

// policy adds the bucket's policy as far as it counts. The root user of the
// bucket's account may always mend it. What another account owns it can only
// deny.
func (h *holding) policy(v *objects.View, b *objects.Bucket, foreign bool) error {
	doc, err := v.Setting(b, policySetting)
	if err != nil || doc == nil {
		return err
	}
	caller := &h.access.Call.Principal
	if caller.Type == cloud.Root && caller.Account == b.Account && strings.HasSuffix(h.action, "BucketPolicy") {
		return nil
	}
	compiled, err := h.service.policies.compile(string(doc))
	if err != nil {
		return fmt.Errorf("policy of bucket %q: %w", b.Name, err)
	}
	restricted := resource.Value(h.block.RestrictPublicBuckets) && compiled.public &&
		caller.Type != cloud.AWSService && caller.Account != b.Account
	document := compiled.whole
	if foreign || restricted {
		document = compiled.denies
	}
	if document == nil {
		return nil
	}
	bound, err := setting[map[string]string](v, b, boundSetting)
	if err != nil {
		return err
	}
	h.held.Policies = append(h.held.Policies, policy.Attached{Name: bucketARN(b.Name), Document: document, Bound: resource.Value(bound)})
	return nil
}

// acl adds what an ACL gives.
func (h *holding) acl(name string, acl s3api.AccessControlPolicy, actions map[string][]string) error {
	if resource.Value(h.block.IgnorePublicAcls) && isPublicACL(acl) {
		acl.Grants = withoutPublic(acl.Grants)
	}
	text := aclPolicy(acl, actions)
	if text == "" {
		return nil
	}
	document, err := h.service.policies.parse(text)
	if err != nil {
		return fmt.Errorf("%s as a policy: %w", name, err)
	}
	h.held.Policies = append(h.held.Policies, policy.Attached{Name: name, Document: document})
	return nil
}
