package logs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// deliverySource is a source of vended logs as it is kept.
type deliverySource struct {
	Name, Resource, Service, LogType string
	Configuration                    map[string]string
}

var deliverySources = resource.Kind[deliverySource]{ // by name
	Name:    "logs/deliverysource",
	Missing: func(...string) error { return errMissing("Requested Delivery Source does not exist in this account.") },
}

const mostDeliveryThings = 1000 // sources, destinations, or deliveries of an account

func sourceARN(scope cloud.Scope, name string) string {
	return resource.ARN(scope, "logs", "delivery-source:"+name)
}

// shown is the source as clients see it. That no service of this server emits what it is
// of, its status says.
func (s *Service) shownSource(r resource.Reader, d *deliverySource) (logsapi.DeliverySource, error) {
	arn := sourceARN(r.Scope(), d.Name)
	kept, err := tags.Of(r, arn)
	shown := logsapi.DeliverySource{
		Name: &d.Name, Arn: &arn, ResourceArns: []string{d.Resource}, Service: &d.Service, LogType: &d.LogType, DeliverySourceConfiguration: d.Configuration,
		Status: new("ACTIVE"),
	}
	if len(kept) > 0 {
		shown.Tags = kept
	}
	if !slices.Contains(s.cfg.Emitters, d.Service) {
		shown.Status, shown.StatusReason = new("INACTIVE"), new(fmt.Sprintf("No service %s emits logs on this server.", d.Service))
	}
	return shown, err
}

// PutDeliverySource says that a resource's logs of a type can be delivered.
func (s *Service) PutDeliverySource(ctx context.Context, in *logsapi.PutDeliverySourceInput) (*logsapi.PutDeliverySourceOutput, error) {
	arn, err := cloud.ParseARN(*in.ResourceArn)
	if err != nil {
		return nil, errValidation("The resource ARN %s is no ARN.", *in.ResourceArn)
	}
	of := vendedLogOf(arn.Service)
	if of == nil {
		return nil, errMissing("Cannot access provided service.")
	}
	scope := cloud.CallOf(ctx).Scope()
	if arn.Account != scope.Account {
		return nil, cloud.Errorf(cloud.NotFound, "ResourceNotFoundException", "The resource %s is not of this account.", arn)
	}
	if !slices.Contains(of.types, *in.LogType) {
		return nil, errValidation("This service is not allowed for this LogSource: %s has logs of the types %v.", of.service, of.types)
	}
	d := deliverySource{Name: *in.Name, Resource: *in.ResourceArn, Service: arn.Service, LogType: *in.LogType, Configuration: in.DeliverySourceConfiguration}
	out := &logsapi.PutDeliverySourceOutput{}
	return out, s.store.Update(ctx, func(tx resource.Tx) error {
		n := 0
		for other, err := range values(deliverySources.List(tx)) {
			switch {
			case err != nil:
				return err
			case other.Name == d.Name && (other.Resource != d.Resource || other.LogType != d.LogType):
				return errConflict("Update with different ResourceId is not allowed")
			case other.Name != d.Name:
				n++
			}
		}
		if n >= mostDeliveryThings {
			return errQuota()
		}
		arn := sourceARN(tx.Scope(), d.Name)
		if err := errors.Join(deliverySources.Put(tx, d, d.Name), tags.Add(tx, arn, maps.All(in.Tags))); err != nil {
			return err
		}
		shown, err := s.shownSource(tx, &d)
		out.DeliverySource = &shown
		return err
	})
}

func errConflict(text string) error {
	return cloud.Errorf(cloud.Conflict, "ConflictException", "%s", text)
}

func errQuota() error {
	return cloud.Errorf(cloud.Invalid, "ServiceQuotaExceededException", "There are at most %d in an account.", mostDeliveryThings)
}

// GetDeliverySource returns a source.
func (s *Service) GetDeliverySource(ctx context.Context, in *logsapi.GetDeliverySourceInput) (*logsapi.GetDeliverySourceOutput, error) {
	out := &logsapi.GetDeliverySourceOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) error {
		d, err := deliverySources.Get(r, *in.Name)
		if err != nil {
			return err
		}
		shown, err := s.shownSource(r, &d)
		out.DeliverySource = &shown
		return err
	})
}

// DescribeDeliverySources lists sources by name.
func (s *Service) DescribeDeliverySources(ctx context.Context, in *logsapi.DescribeDeliverySourcesInput) (*logsapi.DescribeDeliverySourcesOutput, error) {
	out := &logsapi.DescribeDeliverySourcesOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) (err error) {
		out.DeliverySources, out.NextToken, err = resource.Page(ctx, validationPaging(in, in.NextToken, in.Limit), deliverySources.From(r), func(d deliverySource) (logsapi.DeliverySource, bool, error) {
			shown, err := s.shownSource(r, &d)
			return shown, true, err
		})
		return err
	})
}

// DeleteDeliverySource removes a source that no delivery has.
func (s *Service) DeleteDeliverySource(ctx context.Context, in *logsapi.DeleteDeliverySourceInput) (*logsapi.DeleteDeliverySourceOutput, error) {
	return &logsapi.DeleteDeliverySourceOutput{}, s.store.Update(ctx, func(tx resource.Tx) error {
		if _, found, err := deliverySources.Find(tx, *in.Name); err != nil || !found {
			return errors.Join(err, errMissing("Requested Delivery Source does not exist in this account..")) // as AWS has it
		}
		for d, err := range values(vendedDeliveries.List(tx)) {
			if err != nil {
				return err
			}
			if d.Source == *in.Name {
				return errConflict("The delivery source is used by delivery " + d.ID + ".")
			}
		}
		return errors.Join(deliverySources.Delete(tx, *in.Name), tags.Delete(tx, sourceARN(tx.Scope(), *in.Name)))
	})
}
