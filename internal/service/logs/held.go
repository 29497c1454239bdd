package logs

import (
	"context"
	"strings"

	"github.com/sillok/sillok/internal/access"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/resource"
)

// Held implements access.Resources: what is known of a group, or of a stream of it. Its
// tags are for conditions, and are looked for where a policy asks for them alone; resource
// policies speak of services, as AWS has it, and of other accounts.
func (s *Service) Held(ctx context.Context, a *cloud.Access, r cloud.Resource) (held access.Held, err error) {
	arn, err := cloud.ParseARN(r.ARN)
	if err != nil {
		return held, nil //nolint:nilerr // it names nothing
	}
	if strings.HasPrefix(arn.Resource, "destination:") {
		return s.heldDestination(ctx, arn)
	}
	if strings.HasPrefix(arn.Resource, "delivery-destination:") {
		d, found, err := s.deliveryDestination(ctx, arn)
		if err != nil || !found {
			return held, err
		}
		return heldBy(arn, d.Policy), nil
	}
	name, ok := strings.CutPrefix(arn.Resource, "log-group:")
	name, _, _ = strings.Cut(name, ":")
	if !ok {
		return held, nil
	}
	stranger := a.Call.Principal.Type == cloud.AWSService || a.Call.Principal.Account != arn.Account
	if strings.Contains(name, "*") {
		if stranger {
			held.Policies, err = s.ofAllGroups(in(ctx, cloud.Scope{Account: arn.Account, Region: arn.Region}))
		}
		return held, err
	}
	find := func(ctx context.Context) (*known, error) {
		k, err := s.group(in(ctx, cloud.Scope{Account: arn.Account, Region: arn.Region}), name)
		if err != nil && cloud.KindOf(err) == cloud.NotFound {
			return &known{}, nil
		}
		return k, err
	}
	held.Conditions = access.Conditions{Beginnings: []string{"aws:resourcetag/"}, Tell: func(ctx context.Context) (map[string][]string, error) {
		k, err := find(ctx)
		if err != nil {
			return nil, err
		}
		return k.conditions, nil
	}}
	// Services, and another account that queries: the resource policies of an account are
	// what links it to one that watches over it.
	if stranger {
		k, err := find(ctx)
		if err != nil {
			return held, err
		}
		held.Policies = k.policies
	}
	return held, nil
}

// heldDestination is what is known of a destination: its access policy says who of other
// accounts may subscribe to it. One that is not there has none.
func (s *Service) heldDestination(ctx context.Context, arn cloud.ARN) (held access.Held, err error) {
	d, found, err := s.destination(ctx, arn)
	if err != nil || !found {
		return held, err
	}
	return heldBy(arn, d.Policy), nil
}

// heldBy is what is known of a resource that has this policy, empty for none.
func heldBy(arn cloud.ARN, text string) (held access.Held) {
	document, err := policy.Parse(text, policy.Resource)
	if text == "" || err != nil {
		return held // one of before they were checked, which allows nothing
	}
	held.Policies = []policy.Attached{{Name: "the policy of " + arn.String(), Document: document}}
	return held
}

// rules reads what policies ask of a group: its tags, and the resource policies that
// speak of it.
func (k *known) rules(r resource.Reader) error {
	arn := groupARN(r.Scope(), k.group.Name)
	kept, err := tags.Of(r, arn)
	if err != nil {
		return err
	}
	k.conditions = make(map[string][]string, len(kept))
	for tag, value := range kept {
		k.conditions["aws:ResourceTag/"+tag] = []string{value}
	}
	k.policies, err = policiesOn(r, arn)
	return err
}

// ofAllGroups returns the resource policies of an account that are of no group in particular.
func (s *Service) ofAllGroups(ctx context.Context) (all []policy.Attached, err error) {
	return all, s.store.View(ctx, func(r resource.Reader) (err error) {
		all, err = policiesOn(r, "")
		return err
	})
}

// policiesOn returns the resource policies of an account that speak of a group.
func policiesOn(r resource.Reader, arn string) (all []policy.Attached, err error) {
	for p, err := range values(resourcePolicies.List(r)) {
		if err != nil {
			return nil, err
		}
		if p.ARN != "" && p.ARN != arn {
			continue
		}
		document, err := policy.Parse(p.Document, policy.Resource)
		if err != nil {
			return nil, err // it was checked when it was put
		}
		all = append(all, policy.Attached{Name: p.key(), Document: document})
	}
	return all, nil
}
