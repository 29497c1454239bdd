package logs

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/logs/vended"
	"github.com/sillok/sillok/internal/resource"
)

// vendedDelivery is a delivery of vended logs, from a source to a destination, as it is
// kept.
type vendedDelivery struct {
	ID, Source, Destination, Kind string
	Fields                        []string
	Delimiter                     string
	Suffix                        string // of a bucket: below what the ARN of the bucket has behind its name
	Hive                          bool
}

var vendedDeliveries = resource.Kind[vendedDelivery]{ // by ID
	Name:    "logs/delivery",
	Missing: func(...string) error { return errMissing("Requested Delivery does not exist in this account.") },
}

func deliveryARN(scope cloud.Scope, id string) string {
	return resource.ARN(scope, "logs", "delivery:"+id)
}

func (d *vendedDelivery) shown(r resource.Reader) (logsapi.Delivery, error) {
	arn := deliveryARN(r.Scope(), d.ID)
	kept, err := tags.Of(r, arn)
	shown := logsapi.Delivery{
		Id: &d.ID, Arn: &arn, DeliverySourceName: &d.Source, DeliveryDestinationArn: &d.Destination, DeliveryDestinationType: &d.Kind, RecordFields: d.Fields,
	}
	if d.Delimiter != "" {
		shown.FieldDelimiter = &d.Delimiter
	}
	if d.Kind == toBucket {
		shown.S3DeliveryConfiguration = &logsapi.S3DeliveryConfiguration{SuffixPath: &d.Suffix, EnableHiveCompatiblePath: &d.Hive}
	}
	if len(kept) > 0 {
		shown.Tags = kept
	}
	return shown, err
}

// CreateDelivery has the logs of a source delivered to a destination from now on.
func (s *Service) CreateDelivery(ctx context.Context, in *logsapi.CreateDeliveryInput) (*logsapi.CreateDeliveryOutput, error) {
	arn, err := cloud.ParseARN(*in.DeliveryDestinationArn)
	if err != nil {
		return nil, errValidation("The delivery destination ARN %s is no ARN.", *in.DeliveryDestinationArn)
	}
	scope := cloud.CallOf(ctx).Scope()
	var of deliverySource
	if err := s.store.View(ctx, func(r resource.Reader) (err error) {
		of, err = deliverySources.Get(r, *in.DeliverySourceName)
		return err
	}); err != nil {
		return nil, err
	}
	to, found, err := s.deliveryDestination(ctx, arn)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, errMissing("Requested Delivery Destination does not exist in this account.")
	}
	target, err := cloud.ParseARN(to.Target)
	if err != nil {
		return nil, err
	}
	if to.Kind == toStream && (s.cfg.Targets == nil || !s.cfg.Targets.Takes(target)) && slices.Contains(s.cfg.Emitters, of.Service) {
		return nil, errValidation("No service Firehose takes logs on this server yet, so nothing can be delivered to %s.", target)
	}
	d := vendedDelivery{ID: newDeliveryID(), Source: of.Name, Destination: arn.String(), Kind: to.Kind}
	if to.Kind == toBucket {
		d.Suffix = below(target, vendedLogOf(of.Service).suffixPath())
	}
	if err := d.configure(&of, target, in.RecordFields, in.FieldDelimiter, in.S3DeliveryConfiguration); err != nil {
		return nil, err
	}
	out := &logsapi.CreateDeliveryOutput{}
	return out, s.store.Update(ctx, func(tx resource.Tx) error {
		n := 0
		for other, err := range values(vendedDeliveries.List(tx)) {
			if err != nil {
				return err
			}
			if n++; other.Source == d.Source && other.Destination == d.Destination {
				return errConflict("Delivery already exists with id " + other.ID)
			}
		}
		if n >= mostDeliveryThings {
			return errQuota()
		}
		if err := errors.Join(vendedDeliveries.Create(tx, d, d.ID), tags.Add(tx, deliveryARN(scope, d.ID), maps.All(in.Tags))); err != nil {
			return err
		}
		shown, err := d.shown(tx)
		out.Delivery = &shown
		return err
	})
}

// newDeliveryID returns an ID as AWS gives them: 16 letters and digits.
func newDeliveryID() string { return rand.Text()[:16] }

// configure sets what a delivery can be told, as far as it is given.
func (d *vendedDelivery) configure(of *deliverySource, target cloud.ARN, fields []string, delimiter *string, s3 *logsapi.S3DeliveryConfiguration) error {
	known := vendedLogOf(of.Service).fields
	if d.Fields == nil {
		d.Fields = known
	}
	if fields != nil {
		for i, f := range fields {
			if known != nil && !slices.Contains(known, f) {
				return errValidation("%s is no field of logs of type %s: there are %v.", f, of.LogType, known)
			}
			if slices.Contains(fields[:i], f) {
				return errValidation("recordFields has %s twice.", f)
			}
		}
		d.Fields = fields
	}
	if delimiter != nil {
		d.Delimiter = *delimiter
	}
	if s3 == nil {
		return nil
	}
	if d.Kind != toBucket {
		return errValidation("s3DeliveryConfiguration is of deliveries to buckets alone.")
	}
	if s3.SuffixPath != nil {
		if why := vended.CheckSuffix(*s3.SuffixPath); why != "" {
			return errValidation("Invalid suffixPath: %s.", why)
		}
		d.Suffix = below(target, *s3.SuffixPath)
	}
	if s3.EnableHiveCompatiblePath != nil {
		d.Hive = *s3.EnableHiveCompatiblePath
	}
	return nil
}

// below returns a suffix path below the prefix that the ARN of a bucket has behind its
// name.
func below(bucket cloud.ARN, suffix string) string {
	_, prefix, _ := strings.Cut(bucket.Resource, "/")
	suffix = strings.TrimLeft(suffix, "/")
	if prefix = strings.Trim(prefix, "/"); prefix == "" || strings.HasPrefix(suffix, prefix+"/") {
		return suffix
	}
	return prefix + "/" + suffix
}

// UpdateDeliveryConfiguration changes what a delivery was told.
func (s *Service) UpdateDeliveryConfiguration(ctx context.Context, in *logsapi.UpdateDeliveryConfigurationInput) (*logsapi.UpdateDeliveryConfigurationOutput, error) {
	var d vendedDelivery
	var of deliverySource
	if err := s.store.View(ctx, func(r resource.Reader) (err error) {
		if d, err = vendedDeliveries.Get(r, *in.Id); err != nil {
			return err
		}
		of, err = deliverySources.Get(r, d.Source)
		return err
	}); err != nil {
		return nil, err
	}
	arn, err := cloud.ParseARN(d.Destination)
	if err != nil {
		return nil, err
	}
	to, _, err := s.deliveryDestination(ctx, arn)
	if err != nil {
		return nil, err
	}
	target, _ := cloud.ParseARN(to.Target) // the zero ARN where it is gone
	return &logsapi.UpdateDeliveryConfigurationOutput{}, s.store.Update(ctx, func(tx resource.Tx) error {
		return vendedDeliveries.Change(tx, func(d *vendedDelivery) error {
			return d.configure(&of, target, in.RecordFields, in.FieldDelimiter, in.S3DeliveryConfiguration)
		}, *in.Id)
	})
}

// GetDelivery returns a delivery.
func (s *Service) GetDelivery(ctx context.Context, in *logsapi.GetDeliveryInput) (*logsapi.GetDeliveryOutput, error) {
	out := &logsapi.GetDeliveryOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) error {
		d, err := vendedDeliveries.Get(r, *in.Id)
		if err != nil {
			return err
		}
		shown, err := d.shown(r)
		out.Delivery = &shown
		return err
	})
}

// DescribeDeliveries lists deliveries.
func (s *Service) DescribeDeliveries(ctx context.Context, in *logsapi.DescribeDeliveriesInput) (*logsapi.DescribeDeliveriesOutput, error) {
	out := &logsapi.DescribeDeliveriesOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) (err error) {
		out.Deliveries, out.NextToken, err = resource.Page(ctx, validationPaging(in, in.NextToken, in.Limit), vendedDeliveries.From(r), func(d vendedDelivery) (logsapi.Delivery, bool, error) {
			shown, err := d.shown(r)
			return shown, true, err
		})
		return err
	})
}

// DeleteDelivery ends a delivery.
func (s *Service) DeleteDelivery(ctx context.Context, in *logsapi.DeleteDeliveryInput) (*logsapi.DeleteDeliveryOutput, error) {
	return &logsapi.DeleteDeliveryOutput{}, s.store.Update(ctx, func(tx resource.Tx) error {
		return errors.Join(vendedDeliveries.Delete(tx, *in.Id), tags.Delete(tx, deliveryARN(tx.Scope(), *in.Id)))
	})
}
