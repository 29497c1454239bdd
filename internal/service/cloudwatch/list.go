package cloudwatch

import (
	"context"
	"iter"
	"time"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/series"
)

const (
	mostMetrics = 500 // of a page
	listedFor   = 14 * day
	recently    = 3 * time.Hour
)

// ListMetrics returns the metrics that had data in the last two weeks, or lately. An
// account is linked to no others here, so that it has the metrics of its own.
func (s *Service) ListMetrics(ctx context.Context, in *cloudwatchapi.ListMetricsInput) (*cloudwatchapi.ListMetricsOutput, error) {
	scope := cloud.CallOf(ctx).Scope()
	f := series.Filter{Namespace: resource.Value(in.Namespace), Name: resource.Value(in.MetricName), Since: time.Now().Add(-listedFor)}
	switch resource.Value(in.RecentlyActive) {
	case "":
	case "PT3H":
		f.Since = time.Now().Add(-recently)
	default:
		return nil, errValue("Request parameter recentlyActive value is invalid")
	}
	for _, d := range in.Dimensions {
		f.Dimensions = append(f.Dimensions, series.Wanted{Name: *d.Name, Value: d.Value})
	}
	out := &cloudwatchapi.ListMetricsOutput{Metrics: []cloudwatchapi.Metric{}}
	if owner := resource.Value(in.OwningAccount); owner != "" && owner != string(scope.Account) {
		return out, nil
	}
	paging := resource.TokenCode(codeValue).Page(in, in.NextToken, nil, mostMetrics)
	paging.TokenText = "Request parameter NextToken is invalid"
	page, next, err := resource.Page(ctx, paging, s.listing(ctx, scope, f), resource.Whole)
	if err != nil {
		return nil, errStore(err)
	}
	out.NextToken = next
	for _, id := range page {
		out.Metrics = append(out.Metrics, metricOf(id))
		if resource.Value(in.IncludeLinkedAccounts) {
			out.OwningAccounts = append(out.OwningAccounts, string(scope.Account))
		}
	}
	return out, nil
}

// listing is the metrics that a filter is for.
func (s *Service) listing(ctx context.Context, scope cloud.Scope, f series.Filter) resource.Listing[metric.ID] {
	return func(after string) iter.Seq2[resource.Entry[metric.ID], error] {
		return func(yield func(resource.Entry[metric.ID], error) bool) {
			err := s.series.List(ctx, scope, f, []byte(after), func(id metric.ID, after []byte) bool {
				return yield(resource.Entry[metric.ID]{Name: string(after), Value: id}, nil)
			})
			if err != nil {
				yield(resource.Entry[metric.ID]{}, err)
			}
		}
	}
}

func metricOf(id metric.ID) cloudwatchapi.Metric {
	m := cloudwatchapi.Metric{Namespace: &id.Namespace, MetricName: &id.Name, Dimensions: []cloudwatchapi.Dimension{}}
	for _, d := range id.Dimensions {
		m.Dimensions = append(m.Dimensions, cloudwatchapi.Dimension{Name: &d.Name, Value: &d.Value})
	}
	return m
}
