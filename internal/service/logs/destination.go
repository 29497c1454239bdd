package logs

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/resource"
)

var destinations = resource.Kind[destination]{Name: "logs/destination", Missing: errNoDestination} // by name

func errNoDestination(...string) error {
	return errMissing("The specified destination does not exist.")
}

// destination is a destination of other accounts' subscriptions as it is kept.
type destination struct {
	Name, Target, Role, Policy string
	Created                    int64
}

func (d *destination) shown(scope cloud.Scope) logsapi.Destination {
	shown := logsapi.Destination{
		DestinationName: new(d.Name), TargetArn: new(d.Target), RoleArn: new(d.Role), Arn: new(destinationARN(scope, d.Name)), CreationTime: new(d.Created),
	}
	if d.Policy != "" {
		shown.AccessPolicy = new(d.Policy)
	}
	return shown
}

func destinationARN(scope cloud.Scope, name string) string {
	return resource.ARN(scope, "logs", "destination:"+name)
}

// PutDestination keeps a destination. Its policy is another operation's.
func (s *Service) PutDestination(ctx context.Context, in *logsapi.PutDestinationInput) (*logsapi.PutDestinationOutput, error) {
	if _, err := cloud.ParseARN(*in.TargetArn); err != nil {
		return nil, errInvalid("The target ARN %s is no ARN.", *in.TargetArn)
	}
	d := destination{Name: *in.DestinationName, Target: *in.TargetArn, Role: *in.RoleArn, Created: time.Now().UnixMilli()}
	out := &logsapi.PutDestinationOutput{}
	return out, s.store.Update(ctx, func(tx resource.Tx) error {
		old, found, err := destinations.Find(tx, d.Name)
		if err != nil {
			return err
		}
		if found {
			d.Created, d.Policy = old.Created, old.Policy
		}
		out.Destination = new(d.shown(tx.Scope()))
		return errors.Join(destinations.Put(tx, d, d.Name), tags.Add(tx, destinationARN(tx.Scope(), d.Name), maps.All(in.Tags)))
	})
}

// PutDestinationPolicy says who may subscribe to a destination.
func (s *Service) PutDestinationPolicy(ctx context.Context, in *logsapi.PutDestinationPolicyInput) (*logsapi.PutDestinationPolicyOutput, error) {
	if len(*in.AccessPolicy) > mostPolicySize {
		return nil, errInvalid("An access policy has at most %d bytes.", mostPolicySize)
	}
	if !json.Valid([]byte(*in.AccessPolicy)) {
		return nil, errInvalid("The access policy is no valid JSON.")
	}
	if _, err := policy.Parse(*in.AccessPolicy, policy.Resource); err != nil {
		return nil, errInvalid("The access policy is invalid: %v", err)
	}
	return &logsapi.PutDestinationPolicyOutput{}, s.store.Update(ctx, func(tx resource.Tx) error {
		return destinations.Change(tx, func(d *destination) error {
			d.Policy = *in.AccessPolicy
			return nil
		}, *in.DestinationName)
	})
}

// DescribeDestinations lists destinations by name.
func (s *Service) DescribeDestinations(ctx context.Context, in *logsapi.DescribeDestinationsInput) (*logsapi.DescribeDestinationsOutput, error) {
	prefix := resource.Value(in.DestinationNamePrefix)
	out := &logsapi.DescribeDestinationsOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) (err error) {
		out.Destinations, out.NextToken, err = resource.Page(ctx, paging(in, in.NextToken, in.Limit, mostDescribed), startingWith(destinations.From(r), prefix), func(d destination) (logsapi.Destination, bool, error) {
			return d.shown(r.Scope()), strings.HasPrefix(d.Name, prefix), nil
		})
		return err
	})
}

// DeleteDestination removes a destination.
func (s *Service) DeleteDestination(ctx context.Context, in *logsapi.DeleteDestinationInput) (*logsapi.DeleteDestinationOutput, error) {
	return &logsapi.DeleteDestinationOutput{}, s.store.Update(ctx, func(tx resource.Tx) error {
		return errors.Join(destinations.Delete(tx, *in.DestinationName), tags.Delete(tx, destinationARN(tx.Scope(), *in.DestinationName)))
	})
}
