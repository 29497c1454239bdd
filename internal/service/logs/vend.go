package logs

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/logs/vended"
	"github.com/sillok/sillok/internal/resource"
)

// vendor is who delivers the logs of services.
const vendor = "delivery.logs.amazonaws.com"

// Attributes of a vended delivery on its way.
const (
	attributeVended = "Delivery" // the ID
	attributeKey    = "Key"      // in a bucket
	attributeStream = "LogStreamName"
)

// Vend hands records of a resource's log, all of one type, to the deliveries of it. Once
// it returns nil they are written down, and tried until their destinations took them, or
// a day is over. There may be no deliveries, and then nothing is done.
func (s *Service) Vend(ctx context.Context, scope cloud.Scope, resourceARN, logType string, records []vended.Record) error {
	if len(records) == 0 {
		return nil
	}
	ctx = in(cloud.WithCall(ctx, cloud.Call{}), scope)
	type pair struct {
		delivery vendedDelivery
		source   deliverySource
	}
	var pairs []pair
	err := s.store.View(ctx, func(r resource.Reader) error {
		for d, err := range values(vendedDeliveries.List(r)) {
			if err != nil {
				return err
			}
			of, found, err := deliverySources.Find(r, d.Source)
			if err != nil {
				return err
			}
			if found && of.Resource == resourceARN && of.LogType == logType {
				pairs = append(pairs, pair{d, of})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var all []bus.Delivery
	for i := range pairs {
		one, err := s.vended(ctx, scope, &pairs[i].delivery, &pairs[i].source, records)
		if err != nil {
			return err
		}
		if one != nil {
			all = append(all, *one)
		}
	}
	if len(all) == 0 {
		return nil
	}
	if s.cfg.Targets == nil {
		return cloud.Errorf(cloud.Unsupported, "UnsupportedTarget", "nothing delivers vended logs here")
	}
	return s.store.Update(ctx, func(tx resource.Tx) error {
		for i := range all {
			if _, err := s.cfg.Targets.Deliver(tx, all[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// vended makes what is delivered of records; nil where the destination is gone.
func (s *Service) vended(ctx context.Context, scope cloud.Scope, d *vendedDelivery, of *deliverySource, records []vended.Record) (*bus.Delivery, error) {
	arn, err := cloud.ParseARN(d.Destination)
	if err != nil {
		return nil, err
	}
	to, found, err := s.deliveryDestination(ctx, arn)
	if err != nil {
		return nil, err
	}
	if !found {
		s.cfg.Log.ErrorContext(ctx, "logs of a service are not delivered: the destination is gone", "delivery", d.ID, "arn", arn.String(), "records", len(records))
		return nil, nil //nolint:nilnil // it is told
	}
	target, err := cloud.ParseARN(to.Target)
	if err != nil {
		return nil, err
	}
	from, err := cloud.ParseARN(of.Resource)
	if err != nil {
		return nil, err
	}
	layout := vended.Layout{Format: to.Format, Fields: d.Fields, Delimiter: d.Delimiter}
	if layout.Format == "" {
		layout.Format = vended.JSON
	}
	own := lastPart(from.Resource)
	one := &bus.Delivery{
		Target: target, Source: from, Principal: vendor,
		Attributes: map[string]string{attributeVended: d.ID, attributeSourceOf: sourceARN(scope, of.Name)},
	}
	switch d.Kind {
	case toBucket:
		place := vended.Place{Account: string(scope.Account), Region: string(scope.Region), Resource: own, Time: records[0].Time, Hive: d.Hive, Unique: uuid.NewString()[:8]}
		one.Attributes[attributeKey] = place.Key(d.Suffix)
		one.Target = throughLogs(one.Target, scope)
		if one.Payload, err = layout.File(records); err == nil {
			one.Payload, err = compressed(one.Payload)
		}
	case toGroup:
		one.Attributes[attributeStream], one.Group = of.Service+"_"+own, d.ID
		one.Payload, err = linesOf(&layout, records)
	default: // Firehose takes lines
		one.Payload, err = layout.File(records)
	}
	return one, err
}

// linesOf returns records as events of a log group, for the way.
func linesOf(layout *vended.Layout, records []vended.Record) ([]byte, error) {
	lines := make([]events.Line, len(records))
	for i := range records {
		message, err := layout.Line(&records[i])
		if err != nil {
			return nil, err
		}
		lines[i] = events.Line{Time: records[i].Time.UnixMilli(), Message: message}
	}
	return json.Marshal(lines)
}

// attributeSourceOf is the ARN of the delivery source.
const attributeSourceOf = "SourceArn"

// throughLogs is the target by which the service itself puts something into a bucket: a
// bucket is no target of the bus.
func throughLogs(bucket cloud.ARN, scope cloud.Scope) cloud.ARN {
	return cloud.ARN{Service: "logs", Region: scope.Region, Account: scope.Account, Resource: "bucket:" + bucket.Resource}
}

func lastPart(text string) string {
	return text[strings.LastIndexAny(text, "/:")+1:]
}

func compressed(file []byte) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(file)
	if err := errors.Join(err, z.Close()); err != nil {
		return nil, fmt.Errorf("compress a file of records: %w", err)
	}
	return b.Bytes(), nil
}

// IsVended says whether a delivery to CloudWatch Logs is one that DeliverVended takes.
func IsVended(d bus.Delivery) bool { return d.Attributes[attributeVended] != "" }

// DeliverVended puts logs of a service where their delivery says: into a bucket, or a log
// group of which a policy lets the delivery service write into it.
func (s *Service) DeliverVended(ctx context.Context, d bus.Delivery) error {
	scope := cloud.Scope{Account: d.Target.Account, Region: d.Target.Region}
	ctx = cloud.WithCall(ctx, cloud.Call{
		Account: scope.Account, Region: scope.Region, SourceARN: d.Attributes[attributeSourceOf], Time: time.Now().UTC(),
	})
	if name, ok := strings.CutPrefix(d.Target.Resource, "bucket:"); ok {
		if s.cfg.Buckets == nil {
			return cloud.Errorf(cloud.Unsupported, "UnsupportedTarget", "there is no S3 to deliver to %s", name)
		}
		bucket, _, _ := strings.Cut(name, "/")
		return putObject(ctx, s.cfg.Buckets(vendor), bucket, d.Attributes[attributeKey], d.Payload, new("application/x-gzip"))
	}
	name, ok := strings.CutPrefix(d.Target.Resource, "log-group:")
	if !ok {
		return cloud.Errorf(cloud.Invalid, "InvalidArn", "%s is no log group", d.Target)
	}
	var lines []events.Line
	if err := json.Unmarshal(d.Payload, &lines); err != nil {
		return cloud.Errorf(cloud.Invalid, "InvalidPayload", "what is delivered to %s is not as it is written", d.Target).Because(err)
	}
	return s.vendInto(ctx, strings.TrimSuffix(name, ":*"), d.Attributes[attributeStream], lines)
}

// vendInto appends lines to a stream of a group, which is made where it is missing.
func (s *Service) vendInto(ctx context.Context, name, stream string, lines []events.Line) error {
	k, err := s.group(ctx, name)
	if err != nil {
		return err
	}
	if s.cfg.May != nil {
		call := cloud.CallOf(ctx)
		call.Principal, call.InvokedBy = cloud.ServiceOf(vendor), vendor
		if err := s.cfg.May(cloud.WithCall(ctx, call), "logs:PutLogEvents", groupARN(k.at.scope(), name)+":log-stream:"+stream, nil); err != nil {
			return err
		}
	}
	number, err := s.stream(ctx, k, stream)
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		if err = s.makeStream(ctx, name, stream); err == nil || cloud.KindOf(err) == cloud.Conflict {
			number, err = s.stream(ctx, k, stream)
		}
	}
	if err != nil {
		return err
	}
	slices.SortStableFunc(lines, func(a, b events.Line) int { return int(a.Time - b.Time) })
	for len(lines) > 0 {
		n, size := 0, 0
		for n < len(lines) && (n == 0 || size+len(lines[n].Message)+eventOverhead <= mostBatch) {
			size += len(lines[n].Message) + eventOverhead
			n++
		}
		receipt, err := s.events.Append(ctx, k.group.Number, number, lines[:n])
		if err != nil {
			return errStore(err)
		}
		s.follow(ctx, k, stream, receipt, lines[:n])
		lines = lines[n:]
	}
	return nil
}
