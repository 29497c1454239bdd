package cloudwatch

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/resource"
)

// The attributes of entities by which telemetry says what its data are: see package samples
// of wire, which writes them.
const (
	telemetryNamespace = "Namespace"
	telemetrySource    = "Source"
	telemetryTotal     = "Total"
)

// PutTelemetry is PutMetricData of what comes in protocols of others: data of several
// namespaces, all of which the caller may put into or nothing is kept, and totals, of which
// is kept what was added since the total before. What is known of values as a whole stands
// beside values that stand for others near them.
func (s *Service) PutTelemetry(ctx context.Context, in *cloudwatchapi.PutMetricDataInput) (*cloudwatchapi.PutMetricDataOutput, error) {
	scope := cloud.CallOf(ctx).Scope()
	order, err := s.namespaces(ctx, in)
	if err != nil {
		return nil, err
	}
	counted := s.totals.count()
	data, err := telemetry(ctx, scope, in, counted)
	if err != nil {
		return nil, err
	}
	for _, namespace := range order {
		for some := range slices.Chunk(data[namespace], mostData) {
			if err := s.series.Put(ctx, scope, namespace, some); err != nil {
				return nil, errStore(err) // the sender repeats it, and totals are as they were
			}
		}
	}
	counted.keep()
	return &cloudwatchapi.PutMetricDataOutput{}, nil
}

// namespaces returns the namespaces of data, each of which the caller may put into.
func (s *Service) namespaces(ctx context.Context, in *cloudwatchapi.PutMetricDataInput) (order []string, err error) {
	for i := range in.EntityMetricData {
		namespace := in.EntityMetricData[i].Entity.Attributes[telemetryNamespace]
		if slices.Contains(order, namespace) {
			continue
		}
		if len(order) >= mostNamespaces {
			return nil, errTooMany(codeValue, "EntityMetricData", mostNamespaces)
		}
		if err := s.mayPut(ctx, in, namespace); err != nil {
			return nil, err
		}
		order = append(order, namespace)
	}
	return order, nil
}

// mostNamespaces is how many namespaces a request has, each of which is decided.
const mostNamespaces = 1000

// telemetry returns data by their namespaces.
func telemetry(ctx context.Context, scope cloud.Scope, in *cloudwatchapi.PutMetricDataInput, counted *counting) (map[string][]metric.Datum, error) {
	data := map[string][]metric.Datum{}
	points := 0
	for i := range in.EntityMetricData {
		e := &in.EntityMetricData[i]
		of := e.Entity.Attributes
		total, isTotal := of[telemetryTotal]
		since, _ := strconv.ParseUint(total, 10, 64)
		for n := range e.MetricData {
			if points++; points%1024 == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			d := measured(&e.MetricData[n])
			if isTotal && !counted.added(totalKey(scope, of[telemetryNamespace], of[telemetrySource], &d), since, &d) {
				continue
			}
			data[of[telemetryNamespace]] = append(data[of[telemetryNamespace]], d)
		}
	}
	return data, nil
}

// mayPut asks whether the caller may put into a namespace. The one that the input names was
// decided with the call.
func (s *Service) mayPut(ctx context.Context, in *cloudwatchapi.PutMetricDataInput, namespace string) error {
	if s.cfg.May == nil || namespace == *in.Namespace || cloud.CallOf(ctx).Principal.Type == "" {
		return nil
	}
	return s.cfg.May(ctx, "cloudwatch:PutMetricData", "*", map[string][]string{"cloudwatch:namespace": {namespace}})
}

// measured returns a datum of telemetry.
func measured(in *cloudwatchapi.MetricDatum) metric.Datum {
	d := metric.Datum{Name: *in.MetricName, Time: time.Now(), Unit: resource.Value(in.Unit), Values: in.Values, Counts: in.Counts}
	if in.Timestamp != nil {
		d.Time = *in.Timestamp
	}
	for _, dimension := range in.Dimensions {
		d.Dimensions = append(d.Dimensions, metric.Dimension{Name: *dimension.Name, Value: *dimension.Value})
	}
	d.Dimensions = metric.Sorted(d.Dimensions)
	if set := in.StatisticValues; set != nil {
		whole := &metric.Set{Count: *set.SampleCount, Sum: *set.Sum, Min: *set.Minimum, Max: *set.Maximum}
		if len(d.Values) > 0 {
			d.Whole = whole
		} else {
			d.Set = whole
		}
	}
	return d
}
