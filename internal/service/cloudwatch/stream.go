package cloudwatch

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/metrics/stream"
	"github.com/sillok/sillok/internal/resource"
)

// AWS's limits of metric streams.
const (
	mostFilters         = 1000
	mostFilterNames     = 1000 // of a filter
	mostStatisticsLists = 100
	mostPairs           = 100 // of metrics in one of them
	mostAdditional      = 20  // statistics in one of them
	mostStreamsListed   = 500 // of a page
)

// metricStream is a metric stream as it is kept.
type metricStream struct {
	Name          string
	FirehoseARN   string
	RoleARN       string
	Format        stream.Format
	Include       []cloudwatchapi.MetricStreamFilter `json:",omitempty"`
	Exclude       []cloudwatchapi.MetricStreamFilter `json:",omitempty"`
	More          []cloudwatchapi.MetricStreamStatisticsConfiguration
	LinkedMetrics bool // said and told back: no accounts are linked
	Created       time.Time
	Updated       time.Time
	Running       bool
	// Since is when it was started last: data that came before are not sent.
	Since time.Time
}

var streams = resource.Kind[metricStream]{
	Name: "cloudwatch/metric-stream",
	Missing: func(names ...string) error {
		return cloud.Errorf(cloud.NotFound, "ResourceNotFoundException", "Metric stream %s does not exist", names[0])
	},
}

// The states of a stream.
const (
	streamRuns  = "running"
	streamStops = "stopped"
)

// streamResource is how the resource in a stream's ARN begins.
const streamResource = "metric-stream/"

func streamARN(scope cloud.Scope, name string) string {
	return resource.ARN(scope, "cloudwatch", streamResource+name)
}

var streamName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)

// PutMetricStream makes a metric stream, which runs, or replaces all that is said of one,
// which goes on as it was. Tags are given to a new one alone.
func (s *Service) PutMetricStream(ctx context.Context, in *cloudwatchapi.PutMetricStreamInput) (*cloudwatchapi.PutMetricStreamOutput, error) {
	if err := s.checkStream(in); err != nil {
		return nil, err
	}
	scope, now := cloud.CallOf(ctx).Scope(), time.Now().UTC().Truncate(time.Millisecond)
	arn := streamARN(scope, *in.Name)
	err := s.changeStreams(ctx, func(tx resource.Tx) error {
		m, there, err := streams.Find(tx, *in.Name)
		if err != nil {
			return err
		}
		if !there {
			m = metricStream{Name: *in.Name, Created: now, Running: true, Since: time.Now().UTC()}
			if err := addTags(tx, arn, in.Tags); err != nil {
				return err
			}
		}
		m.FirehoseARN, m.RoleARN, m.Format, m.Updated = *in.FirehoseArn, *in.RoleArn, stream.Format(*in.OutputFormat), now
		m.Include, m.Exclude, m.More = in.IncludeFilters, in.ExcludeFilters, in.StatisticsConfigurations
		m.LinkedMetrics = resource.Value(in.IncludeLinkedAccountsMetrics)
		return streams.Put(tx, m, m.Name)
	})
	return &cloudwatchapi.PutMetricStreamOutput{Arn: &arn}, err
}

// checkStream refuses what AWS refuses of a stream, and a delivery stream that nobody
// delivers to.
func (s *Service) checkStream(in *cloudwatchapi.PutMetricStreamInput) error {
	if !streamName.MatchString(*in.Name) {
		return errValue("The value %s for parameter Name is invalid.", *in.Name)
	}
	if len(in.IncludeFilters) > 0 && len(in.ExcludeFilters) > 0 {
		return errCombination("The parameters IncludeFilters and ExcludeFilters are mutually exclusive and you have specified both.")
	}
	for name, filters := range map[string][]cloudwatchapi.MetricStreamFilter{"IncludeFilters": in.IncludeFilters, "ExcludeFilters": in.ExcludeFilters} {
		if err := checkFilters(name, filters); err != nil {
			return err
		}
	}
	if err := checkAdditional(stream.Format(*in.OutputFormat), in.StatisticsConfigurations); err != nil {
		return err
	}
	role, err := cloud.ParseARN(*in.RoleArn)
	if err != nil || role.Service != "iam" || !strings.HasPrefix(role.Resource, "role/") {
		return errValue("The value %s for parameter RoleArn is invalid.", *in.RoleArn)
	}
	target, err := cloud.ParseARN(*in.FirehoseArn)
	if err != nil || target.Service != "firehose" || !strings.HasPrefix(target.Resource, "deliverystream/") {
		return errValue("The value %s for parameter FirehoseArn is invalid.", *in.FirehoseArn)
	}
	if s.cfg.Streams == nil || !s.cfg.Streams.Takes(target) {
		return errValue("The value %s for parameter FirehoseArn is invalid: nothing takes what is sent to this delivery stream. "+
			"sillok serve --delivery-streams names a bucket or an HTTP endpoint for it.", *in.FirehoseArn)
	}
	return nil
}

func checkFilters(list string, filters []cloudwatchapi.MetricStreamFilter) error {
	names := 0
	if len(filters) > mostFilters {
		return errTooMany(codeValue, list, mostFilters)
	}
	for i, f := range filters {
		if resource.Value(f.Namespace) == "" {
			return errMissing("The parameter %s.Namespace is required.", member(list, i))
		}
		if names += len(f.MetricNames); names > mostFilterNames {
			return errTooMany(codeValue, member(list, i)+".MetricNames", mostFilterNames)
		}
	}
	return nil
}

func checkAdditional(format stream.Format, lists []cloudwatchapi.MetricStreamStatisticsConfiguration) error {
	const list = "StatisticsConfigurations"
	if len(lists) > mostStatisticsLists {
		return errTooMany(codeValue, list, mostStatisticsLists)
	}
	for i, c := range lists {
		at := member(list, i)
		switch {
		case len(c.IncludeMetrics) == 0:
			return errMissing("The parameter %s.IncludeMetrics is required.", at)
		case len(c.AdditionalStatistics) == 0:
			return errMissing("The parameter %s.AdditionalStatistics is required.", at)
		case len(c.IncludeMetrics) > mostPairs:
			return errTooMany(codeValue, at+".IncludeMetrics", mostPairs)
		case len(c.AdditionalStatistics) > mostAdditional:
			return errTooMany(codeValue, at+".AdditionalStatistics", mostAdditional)
		}
		for n, name := range c.AdditionalStatistics {
			if !stream.Carries(format, name) {
				return errValue("The value %s for parameter %s is invalid.", name, member(at+".AdditionalStatistics", n))
			}
		}
	}
	return nil
}

// GetMetricStream tells a stream.
func (s *Service) GetMetricStream(ctx context.Context, in *cloudwatchapi.GetMetricStreamInput) (out *cloudwatchapi.GetMetricStreamOutput, err error) {
	err = s.store.View(ctx, func(r resource.Reader) error {
		m, err := streams.Get(r, *in.Name)
		if err != nil {
			return err
		}
		out = &cloudwatchapi.GetMetricStreamOutput{
			Arn: new(streamARN(r.Scope(), m.Name)), Name: &m.Name, IncludeFilters: m.Include, ExcludeFilters: m.Exclude, FirehoseArn: &m.FirehoseARN,
			RoleArn: &m.RoleARN, State: new(m.state()), CreationDate: &m.Created, LastUpdateDate: &m.Updated, OutputFormat: new(string(m.Format)),
			StatisticsConfigurations: m.More, IncludeLinkedAccountsMetrics: &m.LinkedMetrics,
		}
		return nil
	})
	return out, err
}

func (m *metricStream) state() string {
	if m.Running {
		return streamRuns
	}
	return streamStops
}

// ListMetricStreams lists streams by their names.
func (s *Service) ListMetricStreams(ctx context.Context, in *cloudwatchapi.ListMetricStreamsInput) (*cloudwatchapi.ListMetricStreamsOutput, error) {
	out := &cloudwatchapi.ListMetricStreamsOutput{}
	paging := resource.TokenCode(codeToken).Page(in, in.NextToken, in.MaxResults, mostStreamsListed)
	err := s.store.View(ctx, func(r resource.Reader) (err error) {
		out.Entries, out.NextToken, err = resource.Page(ctx, paging, streams.From(r), func(m metricStream) (cloudwatchapi.MetricStreamEntry, bool, error) {
			return cloudwatchapi.MetricStreamEntry{
				Arn: new(streamARN(r.Scope(), m.Name)), CreationDate: &m.Created, LastUpdateDate: &m.Updated, Name: &m.Name, FirehoseArn: &m.FirehoseARN,
				State: new(m.state()), OutputFormat: new(string(m.Format)),
			}, true, nil
		})
		return err
	})
	return out, err
}

// DeleteMetricStream removes a stream. One that is not there is removed.
func (s *Service) DeleteMetricStream(ctx context.Context, in *cloudwatchapi.DeleteMetricStreamInput) (*cloudwatchapi.DeleteMetricStreamOutput, error) {
	return &cloudwatchapi.DeleteMetricStreamOutput{}, s.changeStreams(ctx, func(tx resource.Tx) error {
		if err := tags.Delete(tx, streamARN(tx.Scope(), *in.Name)); err != nil {
			return err
		}
		return streams.Discard(tx, *in.Name)
	})
}

// StartMetricStreams starts streams that are stopped. Those that are not there are passed
// over.
func (s *Service) StartMetricStreams(ctx context.Context, in *cloudwatchapi.StartMetricStreamsInput) (*cloudwatchapi.StartMetricStreamsOutput, error) {
	return &cloudwatchapi.StartMetricStreamsOutput{}, s.turnStreams(ctx, in.Names, true)
}

// StopMetricStreams stops streams. What their metrics get until they are started is never
// sent.
func (s *Service) StopMetricStreams(ctx context.Context, in *cloudwatchapi.StopMetricStreamsInput) (*cloudwatchapi.StopMetricStreamsOutput, error) {
	return &cloudwatchapi.StopMetricStreamsOutput{}, s.turnStreams(ctx, in.Names, false)
}

func (s *Service) turnStreams(ctx context.Context, names []string, running bool) error {
	now := time.Now().UTC().Truncate(time.Millisecond)
	return s.changeStreams(ctx, func(tx resource.Tx) error {
		for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
			m, there, err := streams.Find(tx, name)
			if err != nil {
				return err
			}
			if !there || m.Running == running {
				continue
			}
			m.Running, m.Updated = running, now
			if running {
				m.Since = time.Now().UTC()
			}
			if err := streams.Put(tx, m, name); err != nil {
				return err
			}
		}
		return nil
	})
}

// changeStreams changes streams, and has the changes hold for what is sent from then on.
func (s *Service) changeStreams(ctx context.Context, change func(resource.Tx) error) error {
	err := s.store.Update(ctx, change)
	if err != nil {
		return err
	}
	return s.sender.load(context.WithoutCancel(ctx))
}
