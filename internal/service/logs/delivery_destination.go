package logs

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/resource"
)

// deliveryDestination is a destination of vended logs as it is kept.
type deliveryDestination struct {
	Name, Kind, Target, Format, Policy string
}

var deliveryDestinations = resource.Kind[deliveryDestination]{ // by name
	Name: "logs/deliverydestination",
	Missing: func(...string) error {
		return errMissing("Requested Delivery Destination does not exist in this account.")
	},
}

const mostDestinationPolicy = 51_200

func vendedDestinationARN(scope cloud.Scope, name string) string {
	return resource.ARN(scope, "logs", "delivery-destination:"+name)
}

func (d *deliveryDestination) shown(r resource.Reader) (logsapi.DeliveryDestination, error) {
	arn := vendedDestinationARN(r.Scope(), d.Name)
	kept, err := tags.Of(r, arn)
	shown := logsapi.DeliveryDestination{
		Name: &d.Name, Arn: &arn, DeliveryDestinationType: &d.Kind, DeliveryDestinationConfiguration: &logsapi.DeliveryDestinationConfiguration{DestinationResourceArn: &d.Target},
	}
	if d.Format != "" {
		shown.OutputFormat = &d.Format
	}
	if len(kept) > 0 {
		shown.Tags = kept
	}
	return shown, err
}

// destinationKind returns what kind of destination an ARN is, empty for none.
func destinationKind(target cloud.ARN) string {
	switch {
	case target.Service == "s3":
		return toBucket
	case target.Service == "logs" && strings.HasPrefix(target.Resource, "log-group:"):
		return toGroup
	case target.Service == "firehose":
		return toStream
	}
	return ""
}

// PutDeliveryDestination says where vended logs can be delivered to, and in which format.
func (s *Service) PutDeliveryDestination(ctx context.Context, in *logsapi.PutDeliveryDestinationInput) (*logsapi.PutDeliveryDestinationOutput, error) {
	if resource.Value(in.DeliveryDestinationType) == toTraces {
		return nil, errValidation("Traces cannot be delivered to X-Ray here: there is no X-Ray on this server.")
	}
	if in.DeliveryDestinationConfiguration == nil {
		return nil, errValidation("deliveryDestinationConfiguration is required for destinations other than X-Ray.")
	}
	target, err := cloud.ParseARN(*in.DeliveryDestinationConfiguration.DestinationResourceArn)
	kind := destinationKind(target)
	if err != nil || kind == "" {
		return nil, errValidation("%s is not the ARN of a bucket, a log group or a Firehose stream.", *in.DeliveryDestinationConfiguration.DestinationResourceArn)
	}
	if given := resource.Or(in.DeliveryDestinationType, kind); given != kind {
		return nil, errValidation("%s is not a destination of type %s.", target, given)
	}
	format := resource.Value(in.OutputFormat)
	if format != "" && !slices.Contains(formats(kind), format) {
		return nil, errValidation("Logs cannot be written as %s to destinations of type %s here: they can as %v.", format, kind, formats(kind))
	}
	d := deliveryDestination{Name: *in.Name, Kind: kind, Target: target.String(), Format: format}
	out := &logsapi.PutDeliveryDestinationOutput{}
	return out, s.store.Update(ctx, func(tx resource.Tx) error {
		n := 0
		for other, err := range values(deliveryDestinations.List(tx)) {
			switch {
			case err != nil:
				return err
			case other.Name != d.Name:
				n++
			case other.Format != "" && d.Format != "" && other.Format != d.Format:
				return errValidation("The output format of a delivery destination cannot be changed.")
			case other.Kind != d.Kind:
				return errConflict("The type of a delivery destination cannot be changed.")
			default:
				d.Policy = other.Policy
			}
		}
		if n >= mostDeliveryThings {
			return errQuota()
		}
		arn := vendedDestinationARN(tx.Scope(), d.Name)
		if err := errors.Join(deliveryDestinations.Put(tx, d, d.Name), tags.Add(tx, arn, maps.All(in.Tags))); err != nil {
			return err
		}
		shown, err := d.shown(tx)
		out.DeliveryDestination = &shown
		return err
	})
}

// GetDeliveryDestination returns a destination.
func (s *Service) GetDeliveryDestination(ctx context.Context, in *logsapi.GetDeliveryDestinationInput) (*logsapi.GetDeliveryDestinationOutput, error) {
	out := &logsapi.GetDeliveryDestinationOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) error {
		d, err := deliveryDestinations.Get(r, *in.Name)
		if err != nil {
			return err
		}
		shown, err := d.shown(r)
		out.DeliveryDestination = &shown
		return err
	})
}

// DescribeDeliveryDestinations lists destinations by name.
func (s *Service) DescribeDeliveryDestinations(ctx context.Context, in *logsapi.DescribeDeliveryDestinationsInput) (*logsapi.DescribeDeliveryDestinationsOutput, error) {
	out := &logsapi.DescribeDeliveryDestinationsOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) (err error) {
		out.DeliveryDestinations, out.NextToken, err = resource.Page(ctx, validationPaging(in, in.NextToken, in.Limit), deliveryDestinations.From(r), func(d deliveryDestination) (logsapi.DeliveryDestination, bool, error) {
			shown, err := d.shown(r)
			return shown, true, err
		})
		return err
	})
}

// DeleteDeliveryDestination removes a destination that no delivery of the account has.
func (s *Service) DeleteDeliveryDestination(ctx context.Context, in *logsapi.DeleteDeliveryDestinationInput) (*logsapi.DeleteDeliveryDestinationOutput, error) {
	return &logsapi.DeleteDeliveryDestinationOutput{}, s.store.Update(ctx, func(tx resource.Tx) error {
		if _, err := deliveryDestinations.Get(tx, *in.Name); err != nil {
			return err
		}
		arn := vendedDestinationARN(tx.Scope(), *in.Name)
		for d, err := range values(vendedDeliveries.List(tx)) {
			if err != nil {
				return err
			}
			if d.Destination == arn {
				return errConflict("The delivery destination is used by delivery " + d.ID + ".")
			}
		}
		return errors.Join(deliveryDestinations.Delete(tx, *in.Name), tags.Delete(tx, arn))
	})
}

// PutDeliveryDestinationPolicy says which other accounts may make deliveries to a
// destination.
func (s *Service) PutDeliveryDestinationPolicy(ctx context.Context, in *logsapi.PutDeliveryDestinationPolicyInput) (*logsapi.PutDeliveryDestinationPolicyOutput, error) {
	text := *in.DeliveryDestinationPolicy
	if len(text) > mostDestinationPolicy || !json.Valid([]byte(text)) {
		return nil, errValidation("The policy is no valid JSON of at most %d bytes.", mostDestinationPolicy)
	}
	if _, err := policy.Parse(text, policy.Resource); err != nil {
		return nil, errValidation("The policy is invalid: %v", err)
	}
	err := s.changeDeliveryDestination(ctx, *in.DeliveryDestinationName, text)
	return &logsapi.PutDeliveryDestinationPolicyOutput{Policy: &logsapi.Policy{DeliveryDestinationPolicy: &text}}, err
}

func (s *Service) changeDeliveryDestination(ctx context.Context, name, policy string) error {
	return s.store.Update(ctx, func(tx resource.Tx) error {
		return deliveryDestinations.Change(tx, func(d *deliveryDestination) error {
			d.Policy = policy
			return nil
		}, name)
	})
}

// GetDeliveryDestinationPolicy returns the policy of a destination.
func (s *Service) GetDeliveryDestinationPolicy(ctx context.Context, in *logsapi.GetDeliveryDestinationPolicyInput) (*logsapi.GetDeliveryDestinationPolicyOutput, error) {
	out := &logsapi.GetDeliveryDestinationPolicyOutput{Policy: &logsapi.Policy{}}
	return out, s.store.View(ctx, func(r resource.Reader) error {
		d, err := deliveryDestinations.Get(r, *in.DeliveryDestinationName)
		if d.Policy != "" {
			out.Policy.DeliveryDestinationPolicy = &d.Policy
		}
		return err
	})
}

// DeleteDeliveryDestinationPolicy removes the policy of a destination.
func (s *Service) DeleteDeliveryDestinationPolicy(ctx context.Context, in *logsapi.DeleteDeliveryDestinationPolicyInput) (*logsapi.DeleteDeliveryDestinationPolicyOutput, error) {
	return &logsapi.DeleteDeliveryDestinationPolicyOutput{}, s.changeDeliveryDestination(ctx, *in.DeliveryDestinationName, "")
}

// deliveryDestination returns a destination by its ARN, whoever has it.
func (s *Service) deliveryDestination(ctx context.Context, arn cloud.ARN) (d deliveryDestination, found bool, err error) {
	name, ok := strings.CutPrefix(arn.Resource, "delivery-destination:")
	if !ok || arn.Service != "logs" {
		return d, false, nil
	}
	err = s.store.View(in(ctx, cloud.Scope{Account: arn.Account, Region: arn.Region}), func(r resource.Reader) (err error) {
		d, found, err = deliveryDestinations.Find(r, name)
		return err
	})
	return d, found, err
}
