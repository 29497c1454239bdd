package cloudtrail

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"

	"github.com/sillok/sillok/internal/access"
	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/api/cloudtraildataapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/resource"
)

// Channels, dashboards and stores of event data alone can have policies of their own.
// Those of channels let others put events through them; of the rest there is none.

var policed = regexp.MustCompile(`^(channel|dashboard|eventdatastore)/.+$`)

// The bounds of a channel's policy.
//
// See https://docs.aws.amazon.com/awscloudtrail/latest/userguide/security_iam_resource-based-policy-examples.html
const (
	putAction        = "cloudtrail-data:PutAuditEvents"
	mostStatements   = 20
	mostPrincipals   = 50 // of a statement
	policyOfChannels = "channel"
)

// policedChannel returns the channel that a caller names whose policy is meant, by its
// ARN alone.
func policedChannel(ctx context.Context, r resource.Reader, given string) (channel, error) {
	arn, err := cloud.ParseARN(given)
	switch {
	case err != nil || arn.Partition != partition || arn.Service != "cloudtrail":
		return channel{}, cloud.Errorf(cloud.Invalid, "ResourceARNNotValidException", "%s is not the ARN of a resource of CloudTrail.", given)
	case !policed.MatchString(arn.Resource):
		return channel{}, cloud.Errorf(cloud.Invalid, "ResourceTypeNotSupportedException", "%s can have no policy: only channels, dashboards and event data stores can.", given)
	}
	none := cloud.Errorf(cloud.NotFound, "ResourceNotFoundException", "The resource %s does not exist.", given)
	if strings.HasPrefix(arn.Resource, storeNoun) {
		if _, err := storeIn(ctx, r, given); err == nil {
			return channel{}, errUnsupported("Event data stores have no policies of their own here: grant access by policies of identities.")
		}
	}
	if !strings.HasPrefix(arn.Resource, channelNoun) {
		return channel{}, none
	}
	c, err := channelIn(ctx, r, given)
	if code, ok := errors.AsType[*cloud.Error](err); ok && (code.Kind == cloud.NotFound || code.Code == "ChannelARNInvalidException") {
		err = none
	}
	return c, err
}

// PutResourcePolicy gives a channel a policy, in place of the one that it has.
func (s *Service) PutResourcePolicy(ctx context.Context, in *cloudtrailapi.PutResourcePolicyInput) (*cloudtrailapi.PutResourcePolicyOutput, error) {
	err := s.changePolicy(ctx, *in.ResourceArn, func(c *channel) error {
		c.Policy = *in.ResourcePolicy
		return checkChannelPolicy(c.Policy, c.arn())
	})
	if err != nil {
		return nil, err
	}
	return &cloudtrailapi.PutResourcePolicyOutput{ResourceArn: in.ResourceArn, ResourcePolicy: in.ResourcePolicy}, nil
}

// changePolicy changes the policy of a channel.
func (s *Service) changePolicy(ctx context.Context, given string, change func(*channel) error) error {
	return s.update(ctx, func(tx resource.Tx) error {
		c, err := policedChannel(ctx, tx, given)
		if err != nil {
			return err
		}
		if err := change(&c); err != nil {
			return err
		}
		return channels.Put(tx, c, string(c.Region), c.ID)
	})
}

// checkChannelPolicy returns CloudTrail's error for what is no policy of a channel.
func checkChannelPolicy(text, arn string) error {
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
		return refused("its statements have elements that the policy of a %s has not.", policyOfChannels)
	}
	if n := len(document.Statement); n == 0 || n > mostStatements {
		return refused("it has %d statements, and 1 to %d are possible.", n, mostStatements)
	}
	for i, of := range document.Statement {
		switch {
		case len(of.Action) != 1 || of.Action[0] != putAction:
			return refused("statement %d has another action than %s, which is the one that there is.", i+1, putAction)
		case len(of.Resource) != 1 || of.Resource[0] != arn:
			return refused("statement %d has another resource than the channel, %s.", i+1, arn)
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

// GetResourcePolicy returns the policy of a channel.
func (s *Service) GetResourcePolicy(ctx context.Context, in *cloudtrailapi.GetResourcePolicyInput) (*cloudtrailapi.GetResourcePolicyOutput, error) {
	var c channel
	err := s.view(ctx, func(r resource.Reader) (err error) {
		c, err = policedChannel(ctx, r, *in.ResourceArn)
		return err
	})
	if err != nil {
		return nil, err
	}
	if c.Policy == "" {
		return nil, errNoPolicy(*in.ResourceArn)
	}
	return &cloudtrailapi.GetResourcePolicyOutput{ResourceArn: in.ResourceArn, ResourcePolicy: &c.Policy}, nil
}

// DeleteResourcePolicy takes the policy from a channel.
func (s *Service) DeleteResourcePolicy(ctx context.Context, in *cloudtrailapi.DeleteResourcePolicyInput) (*cloudtrailapi.DeleteResourcePolicyOutput, error) {
	return &cloudtrailapi.DeleteResourcePolicyOutput{}, s.changePolicy(ctx, *in.ResourceArn, func(c *channel) error {
		if c.Policy == "" {
			return errNoPolicy(*in.ResourceArn)
		}
		c.Policy = ""
		return nil
	})
}

// policyOfChannel is what is looked at of a channel before it is decided who may know of it.
type policyOfChannel struct{ Policy string }

// channelsAtAGlance are the channels as far as that.
var channelsAtAGlance = resource.Kind[policyOfChannel]{Name: channels.Name}

// noPolicy stands for the policy of a channel that has none, or is not there: it says
// nothing of any channel, and to look for one takes the same work then.
const noPolicy = `{"Version":"2012-10-17","Statement":[{"Sid":"nobody","Effect":"Deny","Principal":"*","Action":"cloudtrail-data:PutAuditEvents","Resource":"arn:aws:cloudtrail:us-east-1:000000000000:channel/none"}]}`

// Held implements access.Resources: the policies of channels, and the external ID that a
// call shows them.
func (s *Service) Held(ctx context.Context, a *cloud.Access, r cloud.Resource) (access.Held, error) {
	arn, err := cloud.ParseARN(r.ARN)
	id, ok := strings.CutPrefix(arn.Resource, channelNoun)
	if err != nil || !ok || strings.Contains(id, "*") {
		return access.Held{}, nil //nolint:nilerr // it names no channel
	}
	owner := cloud.Call{Account: arn.Account, Region: arn.Region}
	var c policyOfChannel
	err = s.view(cloud.WithCall(ctx, owner), func(of resource.Reader) error {
		c, _, err = channelsAtAGlance.FindOr(of, []byte("{}"), string(arn.Region), id)
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
