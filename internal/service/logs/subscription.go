package logs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/logs/subscription"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

// subscriptionFilter is a subscription filter as it is kept. It is sent batches from the number
// Since on: events that were there before it are not.
type subscriptionFilter struct {
	logsapi.SubscriptionFilter

	Since uint64
}

var subscriptions = resource.Kind[subscriptionFilter]{ // by the names of the group and its own
	Name:    "logs/subscription",
	Missing: func(...string) error { return errMissing("The specified subscription filter does not exist.") },
}

const mostSubscriptions = 2 // of a group, besides the account's

// Targets are what log events are sent to.
type Targets interface {
	// Takes says whether something takes what is delivered to an ARN.
	Takes(arn cloud.ARN) bool
	// Try has a target take a delivery at once. Its error is the target's.
	Try(ctx context.Context, d bus.Delivery) error
	// Probe has a target say whether it would take a delivery, without taking it.
	Probe(ctx context.Context, d bus.Delivery) error
	// Deliver accepts a delivery as part of tx: from then on it is tried until it was
	// taken, or given up.
	Deliver(tx state.Tx, d bus.Delivery) (id string, err error)
}

// PutSubscriptionFilter has the events of a group that match a pattern sent to a target,
// from now on, or changes that. The target is tried first.
func (s *Service) PutSubscriptionFilter(ctx context.Context, in *logsapi.PutSubscriptionFilterInput) (*logsapi.PutSubscriptionFilterOutput, error) {
	target, err := subscribable(ctx, *in.DestinationArn)
	if err != nil {
		return nil, err
	}
	k, err := s.group(ctx, *in.LogGroupName)
	if err != nil {
		return nil, err
	}
	if k.group.Class != standard {
		return nil, errInvalid("Log groups of class %s have no subscription filters.", k.group.Class)
	}
	pattern, err := compile(in.FilterPattern)
	if err != nil {
		return nil, err
	}
	if err := checkTransformed(k, resource.Value(in.ApplyOnTransformedLogs)); err != nil {
		return nil, err
	}
	if _, err := systemCriteria(in.FieldSelectionCriteria); err != nil {
		return nil, err
	}
	if err := checkSystemFields("emitSystemFields", in.EmitSystemFields); err != nil {
		return nil, err
	}
	if target.Service == "lambda" && k.group.Name == "/aws/lambda/"+functionName(target) {
		return nil, errInvalid("The function %s writes into log group %s itself: to send it what it writes would never end.", target, k.group.Name)
	}
	f := subscriptionFilter{SubscriptionFilter: logsapi.SubscriptionFilter{
		FilterName: in.FilterName, LogGroupName: in.LogGroupName, FilterPattern: in.FilterPattern, DestinationArn: in.DestinationArn, RoleArn: in.RoleArn,
		Distribution: new(resource.Or(in.Distribution, byLogStream)), ApplyOnTransformedLogs: new(resource.Value(in.ApplyOnTransformedLogs)),
		CreationTime: millis(time.Now()), FieldSelectionCriteria: in.FieldSelectionCriteria, EmitSystemFields: in.EmitSystemFields,
	}}
	mayBe := func(r resource.Reader) error {
		n := 0
		for e, err := range subscriptions.List(r, k.group.Name) {
			if err != nil {
				return err
			}
			if *e.Value.FilterName == *in.FilterName {
				f.CreationTime, f.Since = e.Value.CreationTime, e.Value.Since // what came before this change is sent, too
			} else {
				n++
			}
		}
		if n >= mostSubscriptions {
			return errLimit()
		}
		return mayHaveRegexes(r, k.group.Name, pattern, "", *in.FilterName)
	}
	if err := s.store.View(ctx, mayBe); err != nil {
		return nil, err
	}
	if err := s.tryTarget(ctx, k.source(), target, resource.Value(in.RoleArn)); err != nil {
		return nil, err
	}
	return &logsapi.PutSubscriptionFilterOutput{}, s.change(ctx, k.group.Name, func(tx resource.Tx) error {
		if _, err := groups.Get(tx, k.group.Name); err != nil {
			return err
		}
		f.Since = s.events.Next()
		return errors.Join(mayBe(tx), subscriptions.Put(tx, f, k.group.Name, *in.FilterName))
	})
}

// How the events of a group are spread over the partitions of a target.
const (
	byLogStream = "ByLogStream"
	random      = "Random"
)

// subscribable parses the ARN of a target, or refuses it.
func subscribable(ctx context.Context, arn string) (cloud.ARN, error) {
	target, err := cloud.ParseARN(arn)
	if err != nil {
		return target, errInvalid("The destination ARN %s is no ARN.", arn)
	}
	scope := cloud.CallOf(ctx).Scope()
	switch {
	case target.Service == "lambda" && target.Account != scope.Account:
		return target, cloud.Errorf(cloud.Denied, "AccessDeniedException", "Cross-account lambda invocation passing is not allowed. You must use DestinationPolicies to create cross account lambda triggers.")
	case kindOf(target) == "" || target.Service == "logs" && !strings.HasPrefix(target.Resource, "destination:"):
		return target, nil // it is refused once it is known that the group is there
	case target.Service != "logs" && target.Account != scope.Account:
		return target, errInvalid("%s is of another account: there, make a destination by PutDestination, and subscribe that.", target)
	case target.Region != scope.Region:
		return target, errInvalid("%s is in another region than the log group.", target)
	}
	return target, nil
}

// kindOf returns AWS's word for what can be subscribed at an ARN, empty for nothing.
func kindOf(target cloud.ARN) string {
	switch target.Service {
	case "lambda":
		return "Lambda"
	case "kinesis":
		return "Kinesis"
	case "firehose":
		return "Firehose"
	case "logs":
		return "destination"
	}
	return ""
}

// functionName returns the name of the function of an ARN, without a version.
func functionName(target cloud.ARN) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(target.Resource, "function:"), ":")
	return name
}

// source is how a group is named as the source of what is sent.
func (k *known) source() cloud.ARN {
	return cloud.ARN{Service: "logs", Region: k.at.Region, Account: k.at.Account, Resource: "log-group:" + k.group.Name + ":*"}
}

// tryTarget makes sure that a target takes events from a source: it is there, the role
// may be assumed for it, and it takes a message that says what it is for.
func (s *Service) tryTarget(ctx context.Context, source, target cloud.ARN, role string) error {
	kind := kindOf(target)
	switch {
	case kind == "" || target.Service == "logs" && !strings.HasPrefix(target.Resource, "destination:"):
		return errInvalid("PutSubscriptionFilter operation cannot work with destinationArn for vendor %s", target.Service)
	case (target.Service == "kinesis" || target.Service == "firehose") && role == "":
		return errInvalid("destinationArn for vendor %s cannot be used without roleArn", target.Service)
	case target.Service == "logs":
		return s.tryDestination(ctx, source, target)
	case s.cfg.Targets == nil || !s.cfg.Targets.Takes(target):
		return noTarget(target, fmt.Sprintf("No service %s takes log events on this server yet, so %s cannot be subscribed.", kind, target))
	}
	if target.Service != "lambda" {
		if err := s.trusted(ctx, source, role, source.Account); err != nil {
			return err
		}
	}
	return s.tryService(ctx, source, target, role)
}

// trusted makes sure that CloudWatch Logs may assume a role of an account for a source.
func (s *Service) trusted(ctx context.Context, source cloud.ARN, role string, account cloud.Account) error {
	arn, err := cloud.ParseARN(role)
	if err != nil {
		return errInvalid("The role ARN %s is no ARN.", role)
	}
	if s.cfg.Trusts == nil {
		return nil
	}
	err = s.cfg.Trusts(ctx, arn, source.String(), account)
	if refused, ok := errors.AsType[*cloud.Error](err); ok && refused.Kind == cloud.Denied {
		return errInvalid("CloudWatch Logs cannot assume the role %s: its trust policy has to allow that to the service %s. %s", role, Principal, refused.Message)
	}
	return err
}

// tryService has a target take a message, or say that it would take one where such a
// message would make it do something.
func (s *Service) tryService(ctx context.Context, source, target cloud.ARN, role string) error {
	message := subscription.Control(kindOf(target), time.Now())
	encoded, err := message.Encode()
	if err != nil {
		return err
	}
	d := bus.Delivery{Target: target, Payload: subscription.Envelope(target.Service, encoded), Source: source, Principal: principalOf(role)}
	try := s.cfg.Targets.Try
	if target.Service == "lambda" {
		try = s.cfg.Targets.Probe
	}
	err = try(ctx, d)
	if e, ok := errors.AsType[*cloud.Error](err); ok {
		return noTarget(target, e.Message)
	}
	return err
}

// principalOf is who delivers: the role that is named, or the service itself.
func principalOf(role string) string {
	if role == "" {
		return Principal
	}
	return role
}

// tryDestination makes sure that the caller may subscribe a destination, and that its
// target takes events.
func (s *Service) tryDestination(ctx context.Context, source, arn cloud.ARN) error {
	if s.cfg.May != nil {
		if err := s.cfg.May(ctx, "logs:PutSubscriptionFilter", arn.String(), nil); err != nil {
			return err
		}
	}
	d, found, err := s.destination(ctx, arn)
	if err != nil {
		return err
	}
	if !found {
		return noTarget(arn, fmt.Sprintf("There is no destination %s.", arn))
	}
	target, err := cloud.ParseARN(d.Target)
	if err != nil {
		return noTarget(arn, fmt.Sprintf("Its target %s is no ARN.", d.Target))
	}
	if s.cfg.Targets == nil || !s.cfg.Targets.Takes(target) {
		return noTarget(arn, fmt.Sprintf("No service %s takes log events on this server yet, so %s cannot be subscribed.", target.Service, arn))
	}
	_, err = s.throughDestination(ctx, arn, func(target cloud.ARN, role string) error {
		if target.Service != "lambda" {
			if err := s.trusted(ctx, source, role, arn.Account); err != nil {
				return err
			}
		}
		return s.tryService(ctx, source, target, role)
	})
	return err
}

// destination returns a destination by its ARN, whoever has it.
func (s *Service) destination(ctx context.Context, arn cloud.ARN) (d destination, found bool, err error) {
	name, ok := strings.CutPrefix(arn.Resource, "destination:")
	if !ok {
		return d, false, nil
	}
	err = s.store.View(in(ctx, cloud.Scope{Account: arn.Account, Region: arn.Region}), func(r resource.Reader) (err error) {
		d, found, err = destinations.Find(r, name)
		return err
	})
	return d, found, err
}

// throughDestination calls do with the target and the role of a destination. It is false
// where there is none.
func (s *Service) throughDestination(ctx context.Context, arn cloud.ARN, do func(target cloud.ARN, role string) error) (found bool, err error) {
	d, found, err := s.destination(ctx, arn)
	if err != nil || !found {
		return false, err
	}
	target, err := cloud.ParseARN(d.Target)
	if err != nil {
		return false, nil //nolint:nilerr // it was checked when it was put
	}
	return true, do(target, d.Role)
}

// noTarget says in AWS's words that nothing takes events at an ARN, and why.
func noTarget(target cloud.ARN, why string) error {
	switch target.Service {
	case "lambda":
		return errInvalid("Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function. %s", why)
	case "kinesis":
		return errInvalid("Could not deliver test message to specified Kinesis stream. Check if the given kinesis stream is in ACTIVE state. %s", why)
	case "firehose":
		return errInvalid("Could not deliver test message to specified Firehose stream. Check if the given Firehose stream is in ACTIVE state. %s", why)
	}
	return errInvalid("Could not deliver test message to specified destination. Check if the destination is valid. %s", why)
}

// DescribeSubscriptionFilters lists the subscription filters of a group by name.
func (s *Service) DescribeSubscriptionFilters(ctx context.Context, in *logsapi.DescribeSubscriptionFiltersInput) (*logsapi.DescribeSubscriptionFiltersOutput, error) {
	if _, err := s.group(ctx, *in.LogGroupName); err != nil {
		return nil, err
	}
	prefix := resource.Value(in.FilterNamePrefix)
	out := &logsapi.DescribeSubscriptionFiltersOutput{SubscriptionFilters: []logsapi.SubscriptionFilter{}}
	return out, s.store.View(ctx, func(r resource.Reader) (err error) {
		out.SubscriptionFilters, out.NextToken, err = resource.Page(ctx, paging(in, in.NextToken, in.Limit, mostDescribed), subscriptions.From(r, *in.LogGroupName), func(f subscriptionFilter) (logsapi.SubscriptionFilter, bool, error) {
			return f.SubscriptionFilter, strings.HasPrefix(*f.FilterName, prefix), nil
		})
		return err
	})
}

// DeleteSubscriptionFilter removes a subscription filter: what is on its way arrives.
func (s *Service) DeleteSubscriptionFilter(ctx context.Context, in *logsapi.DeleteSubscriptionFilterInput) (*logsapi.DeleteSubscriptionFilterOutput, error) {
	return &logsapi.DeleteSubscriptionFilterOutput{}, s.change(ctx, *in.LogGroupName, func(tx resource.Tx) error {
		if _, err := groups.Get(tx, *in.LogGroupName); err != nil {
			return err
		}
		return subscriptions.Delete(tx, *in.LogGroupName, *in.FilterName)
	})
}
