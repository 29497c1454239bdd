package app

import (
	"context"
	"maps"
	"slices"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/service/logs"
)

// logMetrics gives what is made of log events to CloudWatch.
type logMetrics struct{ to metric.Putter }

// Put implements logs.Metrics.
func (m logMetrics) Put(ctx context.Context, account cloud.Account, region cloud.Region, namespace string, data []logs.Datum) error {
	out := make([]metric.Datum, len(data))
	for i := range data {
		d := &data[i]
		out[i] = metric.Datum{Name: d.Name, Time: d.Time, Unit: d.Unit, Values: d.Values, Counts: d.Counts, Second: d.Resolution == 1}
		for _, name := range slices.Sorted(maps.Keys(d.Dimensions)) {
			out[i].Dimensions = append(out[i].Dimensions, metric.Dimension{Name: name, Value: d.Dimensions[name]})
		}
		if len(d.Values) == 0 && d.Count > 0 {
			out[i].Set = &metric.Set{Count: float64(d.Count), Sum: d.Sum, Min: d.Min, Max: d.Max}
		}
	}
	return m.to.Put(ctx, cloud.Scope{Account: account, Region: region}, namespace, out)
}
