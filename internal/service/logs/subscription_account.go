package logs

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/language/criteria"
	"github.com/sillok/sillok/internal/logs/subscription"
	"github.com/sillok/sillok/internal/resource"
)

// subscriptionPolicy is the type of an account's policy that sends the events of all its
// groups to a target: those of all but the groups that it names.
const subscriptionPolicy = "SUBSCRIPTION_FILTER_POLICY"

// subscriptionDocument is the document of such a policy.
type subscriptionDocument struct {
	DestinationArn, RoleArn, FilterPattern, Distribution *string
}

const selectGroup = "LogGroupName"

// putAccountSubscription keeps the one policy of the account and region that sends the
// events of its groups to a target. The target is tried first.
func (s *Service) putAccountSubscription(ctx context.Context, in *logsapi.PutAccountPolicyInput) (*logsapi.PutAccountPolicyOutput, error) {
	document, err := parseSubscription(*in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	if text := resource.Value(in.SelectionCriteria); text != "" {
		if _, err := groupCriteria(text); err != nil {
			return nil, err
		}
	}
	target, err := subscribable(ctx, *document.DestinationArn)
	if err != nil {
		return nil, err
	}
	if err := s.mayPutForAccount(ctx, document); err != nil {
		return nil, err
	}
	scope := cloud.CallOf(ctx).Scope()
	all := &known{group: group{Name: "*"}, at: groupName{Account: scope.Account, Region: scope.Region, Name: "*"}}
	if err := s.tryTarget(ctx, all.source(), target, resource.Value(document.RoleArn)); err != nil {
		return nil, err
	}
	p := accountPolicy{
		Name: *in.PolicyName, Type: *in.PolicyType, Document: *in.PolicyDocument, Criteria: resource.Value(in.SelectionCriteria),
		Scope: resource.Or(in.Scope, "ALL"), Updated: time.Now().UnixMilli(),
	}
	defer s.directory.forgetAll()
	err = s.store.Update(ctx, func(tx resource.Tx) error {
		p.Since = s.events.Next()
		for other, err := range values(accountPolicies.List(tx, subscriptionPolicy)) {
			if err != nil {
				return err
			}
			if other.Name != p.Name {
				return errLimit()
			}
			p.Since = other.Since // what came before this change is sent, too
		}
		return accountPolicies.Put(tx, p, p.Type, p.Name)
	})
	return &logsapi.PutAccountPolicyOutput{AccountPolicy: new(p.shown(scope.Account))}, err
}

// mayPutForAccount asks whether the caller could put such a filter on each group, and
// hand over the role.
func (s *Service) mayPutForAccount(ctx context.Context, document subscriptionDocument) error {
	if s.cfg.May == nil {
		return nil
	}
	if err := s.cfg.May(ctx, "logs:PutSubscriptionFilter", groupARN(cloud.CallOf(ctx).Scope(), "*"), nil); err != nil || document.RoleArn == nil {
		return err
	}
	return s.cfg.May(ctx, "iam:PassRole", *document.RoleArn, map[string][]string{"iam:PassedToService": {Principal}})
}

// parseSubscription reads the document of a policy.
func parseSubscription(text string) (d subscriptionDocument, err error) {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil || decoder.More() {
		return d, errInvalid("The policy document is no valid JSON of DestinationArn, RoleArn, FilterPattern and Distribution.")
	}
	if d.DestinationArn == nil || d.FilterPattern == nil {
		return d, errInvalid("The policy document has to have DestinationArn and FilterPattern.")
	}
	if how := resource.Or(d.Distribution, byLogStream); how != byLogStream && how != random {
		return d, errInvalid("Distribution is %s, and can be %s or %s.", how, byLogStream, random)
	}
	_, err = compile(d.FilterPattern)
	return d, err
}

// groupCriteria compiles criteria of which groups a subscription is about: all but those
// that are named.
func groupCriteria(text string) (*criteria.Criteria, error) {
	c, err := criteria.Compile(text, selectGroup)
	if err != nil {
		return nil, errInvalid("Invalid selectionCriteria: %v", err)
	}
	if _, _, not, only := c.Only(); !only || !not {
		return nil, errInvalid("Invalid selectionCriteria: a subscription filter policy can select log groups by %s NOT IN [...] alone.", selectGroup)
	}
	return c, nil
}

// ofAccount adds the subscriptions of the account that are about the group.
func (k *known) ofAccount(r resource.Reader, of func(transformed bool) *matchers) error {
	if k.group.Class != standard {
		return nil
	}
	for p, err := range values(accountPolicies.List(r, subscriptionPolicy)) {
		if err != nil {
			return err
		}
		if p.Criteria != "" {
			c, err := groupCriteria(p.Criteria)
			if err != nil {
				return err // it was checked when it was put
			}
			if !c.Holds(func(string) string { return k.group.Name }) {
				continue
			}
		}
		document, err := parseSubscription(p.Document)
		if err != nil {
			return err
		}
		m := of(false)
		if err := m.subscriber(k, &subscriptionFilter{Since: p.Since, SubscriptionFilter: logsapi.SubscriptionFilter{
			FilterName: &p.Name, FilterPattern: document.FilterPattern, DestinationArn: document.DestinationArn, RoleArn: document.RoleArn, Distribution: document.Distribution,
		}}); err != nil {
			return err
		}
		m.subscribers[len(m.subscribers)-1].level = subscription.AccountLevel
	}
	return nil
}
