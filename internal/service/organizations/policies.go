package organizations

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	api "github.com/sillok/sillok/internal/api/organizationsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/resource"
)

// The types of policies that decide about calls. The others are documents, which are
// kept and merged for those who read them.
const (
	serviceControl  = "SERVICE_CONTROL_POLICY"
	resourceControl = "RESOURCE_CONTROL_POLICY"
)

// The limits of policies, by type.
//
// See https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html.
func limits(kind string) (policies, attached, characters int) {
	switch kind {
	case serviceControl:
		return 10_000, 10, 10_240
	case resourceControl:
		return 1000, 5, 5120
	case "AISERVICES_OPT_OUT_POLICY":
		return 1000, 5, 2500
	case "CHATBOT_POLICY":
		return 1000, 5, 10_000
	}
	return 1000, 10, 10_000
}

// provided are AWS's own policies, by type. They allow everything.
var provided = map[string]document{
	serviceControl: {
		ID: "p-FullAWSAccess", Name: "FullAWSAccess", Description: "Allows access to every operation", Type: serviceControl,
		Content: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
	},
	resourceControl: {
		ID: "p-RCPFullAWSAccess", Name: "RCPFullAWSAccess", Description: "Allows access to every resource", Type: resourceControl,
		Content: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`,
	},
}

// isProvided says whether a policy is one of AWS's own.
func isProvided(id string) bool {
	return id == provided[serviceControl].ID || id == provided[resourceControl].ID
}

// policy returns a policy, or AWS's error where there is none.
func (o *org) policy(id string) (document, error) {
	p, found, err := o.glance(id)
	if err == nil && !found {
		err = errNoPolicy()
	}
	return p, err
}

// glance returns a policy and whether there is one: where there is none, another after
// the same work, for who may not know.
func (o *org) glance(id string) (p document, found bool, err error) {
	for _, p := range provided {
		if p.ID == id {
			return p, true, nil
		}
	}
	return documents.FindOr(o.r, []byte(`{"ID":"p-0000000000","Name":"none","Type":"SERVICE_CONTROL_POLICY","Content":"{}"}`), id)
}

// policyARN returns the name of a policy, such as
// "arn:aws:organizations::111122223333:policy/o-a1b2c3d4e5/service_control_policy/p-11111111".
func (o *org) policyARN(p *document) string {
	kind := strings.ToLower(p.Type)
	if isProvided(p.ID) {
		return cloud.ARN{Service: "organizations", Account: "aws", Resource: "policy/" + kind + "/" + p.ID}.String()
	}
	return o.arn("policy", kind+"/"+p.ID)
}

// summary is a policy as lists have it.
func (o *org) summary(p *document) *api.PolicySummary {
	return &api.PolicySummary{
		Id: &p.ID, Arn: new(o.policyARN(p)), Name: &p.Name, Description: &p.Description, Type: &p.Type, AwsManaged: new(isProvided(p.ID)),
	}
}

// entry is a policy as an entry of a list: AWS's own come first, the others in the order
// in which they were made.
func (o *org) entry(p *document) resource.Entry[api.PolicySummary] {
	return resource.Entry[api.PolicySummary]{Name: "p" + p.Order, Value: *o.summary(p)}
}

// byName compares entries.
func byName[T any](a, b resource.Entry[T]) int { return strings.Compare(a.Name, b.Name) }

// shape is a policy as it is answered.
func (o *org) policyShape(p *document) *api.Policy {
	return &api.Policy{PolicySummary: o.summary(p), Content: &p.Content}
}

// check returns AWS's error for content that is no policy of a type.
func check(kind, content string) error {
	if _, _, most := limits(kind); utf8.RuneCountInString(content) > most {
		return errConstraint("POLICY_CONTENT_LIMIT_EXCEEDED", "You have exceeded the maximum policy size: a policy of type %s can have %d characters.", kind, most)
	}
	var err error
	switch kind {
	case serviceControl:
		_, err = policy.Parse(content, policy.ServiceControl)
	case resourceControl:
		_, err = policy.Parse(content, policy.ResourceControl)
	default:
		var object map[string]json.RawMessage
		if json.Unmarshal([]byte(content), &object) != nil || object == nil {
			return errMalformed("The provided policy document is not a JSON object.")
		}
		return nil
	}
	if malformed, ok := errors.AsType[*policy.Malformed](err); ok {
		return errMalformed(malformed.Message)
	}
	return err
}

// errMalformed is AWS's error for what is no policy. Its first sentence is AWS's.
func errMalformed(why string) error {
	return cloud.Errorf(cloud.Invalid, "MalformedPolicyDocumentException", "The provided policy document does not meet the requirements of the specified policy type. %s", why)
}

// CreatePolicy makes a policy of the organization, which is attached to nothing yet.
func (s *Service) CreatePolicy(ctx context.Context, in *api.CreatePolicyInput) (*api.CreatePolicyOutput, error) {
	out := &api.CreatePolicyOutput{}
	return out, s.update(ctx, ask{action: "CreatePolicy", kind: *in.Type}, func(o *org) error {
		if err := o.mustHaveAll(); err != nil {
			return err
		}
		p := document{ID: newID("p-", 8), Name: *in.Name, Description: *in.Description, Type: *in.Type, Content: *in.Content}
		p.Order = order(time.Now(), p.ID)
		if err := check(p.Type, p.Content); err != nil {
			return err
		}
		most, _, _ := limits(p.Type)
		n, err := count(ctx, names.From(o.r, p.Type), most)
		if err != nil {
			return err
		}
		if n >= most {
			return errConstraint("POLICY_NUMBER_LIMIT_EXCEEDED", "You have exceeded the number of policies of type %s that an organization can have: %d.", p.Type, most)
		}
		if err := o.namePolicy(&p); err != nil {
			return err
		}
		if err := o.tag(o.policyARN(&p), in.Tags); err != nil {
			return err
		}
		out.Policy = o.policyShape(&p)
		return documents.Put(o.tx, p, p.ID)
	})
}

// mustHaveAll returns AWS's error for an organization that shares bills alone.
func (o *org) mustHaveAll() error {
	if o.Features == allFeatures {
		return nil
	}
	return cloud.Errorf(cloud.Conflict, "PolicyTypeNotAvailableForOrganizationException", "You can't use the specified policy type with the feature set currently enabled for this organization.")
}

// namePolicy takes a policy's name, which is its own among those of its type.
func (o *org) namePolicy(p *document) error {
	_, found, err := names.Find(o.r, p.Type, p.Name)
	if err != nil {
		return err
	}
	if found || provided[p.Type].Name == p.Name && p.Name != "" {
		return cloud.Errorf(cloud.Conflict, "DuplicatePolicyException", "A policy with the same name already exists.")
	}
	return names.Put(o.tx, p.ID, p.Type, p.Name)
}

// own returns a policy that may be changed: none of AWS's own.
func (o *org) own(id string) (document, error) {
	if isProvided(id) {
		return document{}, errInput("IMMUTABLE_POLICY", "You can't modify or delete an AWS managed policy.")
	}
	p, found, err := documents.Find(o.r, id)
	if err == nil && !found {
		err = cloud.Errorf(cloud.NotFound, "PolicyNotFoundException", "We can't find a policy with the PolicyId that you specified.")
	}
	return p, err
}

// UpdatePolicy replaces what is given of a policy.
func (s *Service) UpdatePolicy(ctx context.Context, in *api.UpdatePolicyInput) (*api.UpdatePolicyOutput, error) {
	out := &api.UpdatePolicyOutput{}
	return out, s.update(ctx, ask{action: "UpdatePolicy", policy: *in.PolicyId}, func(o *org) error {
		p, err := o.own(*in.PolicyId)
		if err != nil {
			return err
		}
		if in.Name != nil && *in.Name != p.Name {
			was := p.Name
			p.Name = *in.Name
			if err := o.namePolicy(&p); err != nil {
				return err
			}
			if err := names.Discard(o.tx, p.Type, was); err != nil {
				return err
			}
		}
		if in.Description != nil {
			p.Description = *in.Description
		}
		if in.Content != nil {
			p.Content = *in.Content
			if err := check(p.Type, p.Content); err != nil {
				return err
			}
		}
		out.Policy = o.policyShape(&p)
		return documents.Put(o.tx, p, p.ID)
	})
}

// DeletePolicy removes a policy that is attached to nothing.
func (s *Service) DeletePolicy(ctx context.Context, in *api.DeletePolicyInput) (*api.DeletePolicyOutput, error) {
	return nil, s.update(ctx, ask{action: "DeletePolicy", policy: *in.PolicyId}, func(o *org) error {
		p, err := o.own(*in.PolicyId)
		if err != nil {
			return err
		}
		for _, err := range targets.List(o.r, p.ID) {
			if err != nil {
				return err
			}
			return cloud.Errorf(cloud.Conflict, "PolicyInUseException", "The policy is attached to one or more entities. You must detach it from all roots, OUs, and accounts before performing this operation.")
		}
		if err := names.Discard(o.tx, p.Type, p.Name); err != nil {
			return err
		}
		if err := tags.Delete(o.tx, o.policyARN(&p)); err != nil {
			return err
		}
		return documents.Delete(o.tx, p.ID)
	})
}

// DescribePolicy returns a policy.
func (s *Service) DescribePolicy(ctx context.Context, in *api.DescribePolicyInput) (*api.DescribePolicyOutput, error) {
	out := &api.DescribePolicyOutput{}
	return out, s.view(ctx, ask{action: "DescribePolicy", policy: *in.PolicyId}, func(o *org) error {
		p, err := o.policy(*in.PolicyId)
		out.Policy = o.policyShape(&p)
		return err
	})
}

// ListPolicies returns a page of the policies of a type: AWS's own first, the others in
// the order in which they were made.
func (s *Service) ListPolicies(ctx context.Context, in *api.ListPoliciesInput) (*api.ListPoliciesOutput, error) {
	out := &api.ListPoliciesOutput{}
	return out, s.view(ctx, ask{action: "ListPolicies", kind: *in.Filter}, func(o *org) error {
		var all []resource.Entry[api.PolicySummary]
		if p, ok := provided[*in.Filter]; ok {
			all = append(all, o.entry(&p))
		}
		for entry, err := range names.List(o.r, *in.Filter) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			p, err := o.policy(entry.Value)
			if err != nil {
				return err
			}
			all = append(all, o.entry(&p))
		}
		slices.SortFunc(all, byName)
		var err error
		out.Policies, out.NextToken, err = resource.Page(ctx, page(in, in.NextToken, in.MaxResults), listed(all), resource.Whole)
		return err
	})
}
