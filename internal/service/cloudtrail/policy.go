package cloudtrail

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/access"
	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/api/cloudtraildataapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/resource"
)

// Channels, dashboards and event data stores alone can have policies of their own. Those
// of channels let others put events through them, those of stores let others ask them; of
// dashboards there is none.

var policed = regexp.MustCompile(`^(channel|dashboard|eventdatastore)/.+$`)

// The bounds of a policy.
//
// See https://docs.aws.amazon.com/awscloudtrail/latest/userguide/security_iam_resource-based-policy-examples.html
const (
	putAction      = "cloudtrail-data:PutAuditEvents"
	lakeActions    = "cloudtrail:"
	mostStatements = 20
	mostPrincipals = 50 // of a statement
)

// holder is a channel or a store as what has a policy.
type holder struct {
	arn    string
	policy string
	put    func(tx resource.Tx, policy string) error
	// does says whether a policy of it can be about an action.
	does func(action string) bool
}

// holderIn returns the channel or store that a caller names whose policy is meant, by its
// ARN alone.
func holderIn(ctx context.Context, r resource.Reader, given string) (holder, error) {
	arn, err := cloud.ParseARN(given)
	switch {
	case err != nil || arn.Partition != partition || arn.Service != "cloudtrail":
		return holder{}, cloud.Errorf(cloud.Invalid, "ResourceARNNotValidException", "%s is not the ARN of a resource of CloudTrail.", given)
	case !policed.MatchString(arn.Resource):
		return holder{}, cloud.Errorf(cloud.Invalid, "ResourceTypeNotSupportedException", "%s can have no policy: only channels, dashboards and event data stores can.", given)
	}
	none := cloud.Errorf(cloud.NotFound, "ResourceNotFoundException", "The resource %s does not exist.", given)
	var found holder
	switch {
	case strings.HasPrefix(arn.Resource, storeNoun):
		var of eventStore
		of, err = activeIn(ctx, r, given)
		found = holder{arn: of.arn(), policy: of.Policy, does: func(action string) bool { return strings.HasPrefix(action, lakeActions) }}
		found.put = func(tx resource.Tx, policy string) error {
			of.Policy = policy
			return eventStores.Put(tx, of, string(of.Region), of.ID)
		}
	case strings.HasPrefix(arn.Resource, channelNoun):
		var of channel
		of, err = channelIn(ctx, r, given)
		found = holder{arn: of.arn(), policy: of.Policy, does: func(action string) bool { return action == putAction }}
		found.put = func(tx resource.Tx, policy string) error {
			of.Policy = policy
			return channels.Put(tx, of, string(of.Region), of.ID)
		}
	default:
		return holder{}, none
	}
	if e, ok := errors.AsType[*cloud.Error](err); ok && (e.Kind == cloud.NotFound || strings.HasSuffix(e.Code, "ARNInvalidException")) {
		err = none
	}
	return found, err
}

// PutResourcePolicy gives a channel or a store a policy, in place of the one that it has.
func (s *Service) PutResourcePolicy(ctx context.Context, in *cloudtrailapi.PutResourcePolicyInput) (*cloudtrailapi.PutResourcePolicyOutput, error) {
	err := s.update(ctx, func(tx resource.Tx) error {
		of, err := holderIn(ctx, tx, *in.ResourceArn)
		if err != nil {
			return err
		}
		if err := of.check(*in.ResourcePolicy); err != nil {
			return err
		}
		return of.put(tx, *in.ResourcePolicy)
	})
	if err != nil {
		return nil, err
	}
	return &cloudtrailapi.PutResourcePolicyOutput{ResourceArn: in.ResourceArn, ResourcePolicy: in.ResourcePolicy}, nil
}

// check returns CloudTrail's error for what is no policy of a channel or store.
func (h *holder) check(text string) error {
	refused := func(format string, args ...any) error {
		return cloud.Errorf(cloud.Invalid, "ResourcePolicyNotValidException", "The resource policy is not valid: "+format, args...)
	}
	_, err := policy.Parse(text, policy.Resource)
	if malformed, ok := errors.AsType[*policy.Malformed](err); ok {
		return refused("%s", malformed.Message)
	}
	if err != nil {
		return err
	}
	var document struct{ Statement oneOrMore[statement] }
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		return refused("its statements have elements that such a policy has not.")
	}
	if n := len(document.Statement); n == 0 || n > mostStatements {
		return refused("it has %d statements, and 1 to %d are possible.", n, mostStatements)
	}
	for i, of := range document.Statement {
		switch {
		case len(of.Action) == 0 || slices.ContainsFunc(of.Action, func(action string) bool { return !h.does(action) }):
			return refused("statement %d has an action that there is not of %s.", i+1, h.arn)
		case len(of.Resource) != 1 || of.Resource[0] != h.arn:
			return refused("statement %d has another resource than %s.", i+1, h.arn)
		case of.principals() == 0 || of.principals() > mostPrincipals:
			return refused("statement %d has %d principals, and 1 to %d are possible.", i+1, of.principals(), mostPrincipals)
		}
	}
	return nil
}

// statement is a statement of a policy that is well formed.
type statement struct {
	Action, Resource oneOrMore[string]
	Principal        json.RawMessage
}

// principals counts who a statement is about.
func (s *statement) principals() int {
	var kinds map[string]oneOrMore[string]
	if json.Unmarshal(s.Principal, &kinds) != nil {
		return min(len(s.Principal), 1) // "*"
	}
	n := 0
	for _, of := range kinds {
		n += len(of)
	}
	return n
}

// oneOrMore is a value, or a list of some.
type oneOrMore[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (o *oneOrMore[T]) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		return json.Unmarshal(data, (*[]T)(o))
	}
	*o = make([]T, 1)
	return json.Unmarshal(data, &(*o)[0])
}

func errNoPolicy(arn string) error {
	return cloud.Errorf(cloud.NotFound, "ResourcePolicyNotFoundException", "The resource %s has no policy.", arn)
}

// GetResourcePolicy returns the policy of a channel or store.
func (s *Service) GetResourcePolicy(ctx context.Context, in *cloudtrailapi.GetResourcePolicyInput) (*cloudtrailapi.GetResourcePolicyOutput, error) {
	var of holder
	err := s.view(ctx, func(r resource.Reader) (err error) {
		of, err = holderIn(ctx, r, *in.ResourceArn)
		return err
	})
	if err != nil {
		return nil, err
	}
	if of.policy == "" {
		return nil, errNoPolicy(*in.ResourceArn)
	}
	return &cloudtrailapi.GetResourcePolicyOutput{ResourceArn: in.ResourceArn, ResourcePolicy: &of.policy}, nil
}

// DeleteResourcePolicy takes the policy from a channel or store.
func (s *Service) DeleteResourcePolicy(ctx context.Context, in *cloudtrailapi.DeleteResourcePolicyInput) (*cloudtrailapi.DeleteResourcePolicyOutput, error) {
	return &cloudtrailapi.DeleteResourcePolicyOutput{}, s.update(ctx, func(tx resource.Tx) error {
		of, err := holderIn(ctx, tx, *in.ResourceArn)
		if err == nil && of.policy == "" {
			err = errNoPolicy(*in.ResourceArn)
		}
		if err != nil {
			return err
		}
		return of.put(tx, "")
	})
}

// ownPolicy is what is looked at of a channel or store before it is decided who may know
// of it.
type ownPolicy struct{ Policy string }

// atAGlance are channels and stores as far as that, by how their ARNs begin.
var atAGlance = map[string]resource.Kind[ownPolicy]{channelNoun: {Name: channels.Name}, storeNoun: {Name: eventStores.Name}}

// noPolicy stands for the policy of what has none, or is not there: it says nothing of
// anything that is, and to look for one takes the same work then.
const noPolicy = `{"Version":"2012-10-17","Statement":[{"Sid":"nobody","Effect":"Deny","Principal":"*","Action":"cloudtrail-data:PutAuditEvents","Resource":"arn:aws:cloudtrail:us-east-1:000000000000:channel/none"}]}`

// Held implements access.Resources: the policies of channels and stores, and the external
// ID that a call shows a channel.
func (s *Service) Held(ctx context.Context, a *cloud.Access, r cloud.Resource) (access.Held, error) {
	arn, err := cloud.ParseARN(r.ARN)
	noun, id, _ := strings.Cut(arn.Resource, "/")
	kind, ok := atAGlance[noun+"/"]
	if err != nil || !ok || strings.Contains(id, "*") {
		return access.Held{}, nil //nolint:nilerr // it names neither
	}
	owner := cloud.Call{Account: arn.Account, Region: arn.Region}
	var c ownPolicy
	err = s.view(cloud.WithCall(ctx, owner), func(of resource.Reader) error {
		c, _, err = kind.FindOr(of, []byte("{}"), string(arn.Region), id)
		return err
	})
	if err != nil {
		return access.Held{}, err
	}
	document, err := policy.Parse(cmp.Or(c.Policy, noPolicy), policy.Resource)
	held := access.Held{Conditions: access.Conditions{
		Beginnings: []string{"aws:resourcetag/", "cloudtrail:externalid"},
		Tell: func(ctx context.Context) (map[string][]string, error) {
			conditions := map[string][]string{}
			if in, ok := a.Input.(*cloudtraildataapi.PutAuditEventsInput); ok && in.ExternalId != nil {
				conditions["cloudtrail:ExternalId"] = []string{*in.ExternalId}
			}
			return conditions, s.view(cloud.WithCall(ctx, owner), func(of resource.Reader) error {
				kept, err := tags.Of(of, r.ARN)
				for key, value := range kept {
					conditions["aws:ResourceTag/"+key] = []string{value}
				}
				return err
			})
		},
	}}
	held.Policies = []policy.Attached{{Name: r.ARN, Document: document}}
	return held, err
}
