package cloudwatch

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/language/alarmrule"
	"github.com/sillok/sillok/internal/resource"
)

const (
	mostAlarms  = 100 // of a page
	usualAlarms = 50  // of a page whose size is not asked for
)

// shown is an alarm on a page: one of both.
type shown struct {
	metric    *cloudwatchapi.MetricAlarm
	composite *cloudwatchapi.CompositeAlarm
}

// DescribeAlarms returns alarms in the order of their names, in pages: all that a filter is
// for, or those that a composite one hangs on, or that hang on one.
func (s *Service) DescribeAlarms(ctx context.Context, in *cloudwatchapi.DescribeAlarmsInput) (*cloudwatchapi.DescribeAlarmsOutput, error) {
	if err := checkDescribe(in); err != nil {
		return nil, err
	}
	size := in.MaxRecords
	if size == nil {
		size = new(int32(usualAlarms))
	}
	paging := resource.TokenCode(codeToken).Page(in, in.NextToken, size, mostAlarms)
	paging.TokenText = "Invalid NextToken : " + resource.Value(in.NextToken)
	if in.MaxRecords != nil {
		paging.Size = in.MaxRecords
	}
	out := &cloudwatchapi.DescribeAlarmsOutput{MetricAlarms: []cloudwatchapi.MetricAlarm{}, CompositeAlarms: []cloudwatchapi.CompositeAlarm{}}
	err := s.store.View(ctx, func(r resource.Reader) error {
		page, next, err := resource.Page(ctx, paging, described(r, in), func(k keptAlarm) (shown, bool, error) {
			return show(r, in, &k), wanted(in, &k), nil
		})
		out.NextToken = next
		for _, one := range page {
			if one.metric != nil {
				out.MetricAlarms = append(out.MetricAlarms, *one.metric)
			} else {
				out.CompositeAlarms = append(out.CompositeAlarms, *one.composite)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func checkDescribe(in *cloudwatchapi.DescribeAlarmsInput) error {
	both := func(a, b string) error {
		return errCombination("The parameters %s and %s are mutually exclusive and you have specified both.", a, b)
	}
	if len(in.AlarmNames) > 0 && in.AlarmNamePrefix != nil {
		return both("AlarmNames", "AlarmNamePrefix")
	}
	for _, one := range []struct {
		name  string
		given bool
	}{{"ChildrenOfAlarmName", in.ChildrenOfAlarmName != nil}, {"ParentsOfAlarmName", in.ParentsOfAlarmName != nil}} {
		if !one.given {
			continue
		}
		switch {
		case in.ChildrenOfAlarmName != nil && in.ParentsOfAlarmName != nil:
			return both("ChildrenOfAlarmName", "ParentsOfAlarmName")
		case len(in.AlarmNames) > 0 || in.AlarmNamePrefix != nil || len(in.AlarmTypes) > 0 || in.StateValue != nil || in.ActionPrefix != nil:
			return errCombination("The parameter %s can be specified with MaxRecords and NextToken alone.", one.name)
		}
	}
	return nil
}

// described are the alarms among which those are that a call is for.
func described(r resource.Reader, in *cloudwatchapi.DescribeAlarmsInput) resource.Listing[keptAlarm] {
	switch {
	case in.ChildrenOfAlarmName != nil:
		return named(r, func() ([]string, error) { return childrenOf(r, *in.ChildrenOfAlarmName) })
	case in.ParentsOfAlarmName != nil:
		return named(r, func() ([]string, error) { return using(r, *in.ParentsOfAlarmName, asChild) })
	case len(in.AlarmNames) > 0:
		return named(r, func() ([]string, error) { return slices.Clone(in.AlarmNames), nil })
	case in.AlarmNamePrefix != nil:
		prefix := *in.AlarmNamePrefix
		return func(after string) iter.Seq2[resource.Entry[keptAlarm], error] {
			return func(yield func(resource.Entry[keptAlarm], error) bool) {
				if before := justBefore(prefix); after < before {
					after = before
				}
				for entry, err := range alarms.From(r)(after) {
					if err == nil && !strings.HasPrefix(entry.Name, prefix) && entry.Name > prefix {
						return
					}
					if err == nil && !strings.HasPrefix(entry.Name, prefix) {
						continue
					}
					if !yield(entry, err) {
						return
					}
				}
			}
		}
	}
	return alarms.From(r)
}

// justBefore is a name behind which all come that begin with a prefix.
func justBefore(prefix string) string {
	last := len(prefix) - 1
	if prefix[last] == 0 {
		return prefix[:last]
	}
	return prefix[:last] + string([]byte{prefix[last] - 1}) + "\xff"
}

// named are the alarms of names, in order, as far as they are there.
func named(r resource.Reader, names func() ([]string, error)) resource.Listing[keptAlarm] {
	return func(after string) iter.Seq2[resource.Entry[keptAlarm], error] {
		return func(yield func(resource.Entry[keptAlarm], error) bool) {
			all, err := names()
			if err != nil {
				yield(resource.Entry[keptAlarm]{}, err)
				return
			}
			slices.Sort(all)
			for _, name := range slices.Compact(all) {
				if name <= after {
					continue
				}
				k, found, err := alarms.Find(r, name)
				if err == nil && !found {
					continue
				}
				if !yield(resource.Entry[keptAlarm]{Name: name, Value: k}, err) {
					return
				}
			}
		}
	}
}

// childrenOf are the alarms that a composite one hangs on.
func childrenOf(r resource.Reader, name string) (names []string, err error) {
	k, found, err := alarms.Find(r, name)
	if err != nil || !found || k.Composite == nil {
		return nil, err
	}
	rule, err := alarmrule.Parse(k.Composite.Rule)
	if err != nil {
		return nil, err
	}
	for _, child := range rule.Children() {
		names = append(names, alarmrule.Name(child))
	}
	return names, nil
}

// wanted says whether a call is for an alarm.
func wanted(in *cloudwatchapi.DescribeAlarmsInput, k *keptAlarm) bool {
	if in.ChildrenOfAlarmName != nil || in.ParentsOfAlarmName != nil {
		return true
	}
	types := in.AlarmTypes
	if len(types) == 0 {
		types = []string{metricAlarm}
	}
	if !slices.Contains(types, k.kind()) || in.StateValue != nil && *in.StateValue != string(k.State) {
		return false
	}
	return in.ActionPrefix == nil || slices.ContainsFunc(k.allActions(), func(action string) bool { return strings.HasPrefix(action, *in.ActionPrefix) })
}

// show is an alarm as a call tells it: relatives are told by little.
func show(r resource.Reader, in *cloudwatchapi.DescribeAlarmsInput, k *keptAlarm) (out shown) {
	scope := r.Scope()
	arn := alarmARN(scope, k.Name)
	switch {
	case in.ParentsOfAlarmName != nil:
		out.composite = &cloudwatchapi.CompositeAlarm{AlarmName: &k.Name, AlarmArn: &arn}
	case in.ChildrenOfAlarmName != nil && k.Composite != nil:
		out.composite = &cloudwatchapi.CompositeAlarm{AlarmName: &k.Name, AlarmArn: &arn, StateValue: new(string(k.State)), StateUpdatedTimestamp: &k.StateUpdated}
	case in.ChildrenOfAlarmName != nil:
		out.metric = &cloudwatchapi.MetricAlarm{AlarmName: &k.Name, AlarmArn: &arn, StateValue: new(string(k.State)), StateUpdatedTimestamp: &k.StateUpdated}
	case k.Composite != nil:
		out.composite = new(k.compositeShape(scope))
	default:
		out.metric = new(k.metricShape(scope))
	}
	return out
}

// DescribeAlarmsForMetric returns the alarms on a metric, which is named by all of its
// dimensions. Those on expressions are not among them.
func (s *Service) DescribeAlarmsForMetric(ctx context.Context, in *cloudwatchapi.DescribeAlarmsForMetricInput) (*cloudwatchapi.DescribeAlarmsForMetricOutput, error) {
	if in.Statistic != nil && in.ExtendedStatistic != nil {
		return nil, errCombination("The parameters Statistic and ExtendedStatistic are mutually exclusive and you have specified both.")
	}
	dimensions, err := dimensionsOf("Dimensions", codeValue, in.Dimensions)
	if err != nil {
		return nil, err
	}
	out := &cloudwatchapi.DescribeAlarmsForMetricOutput{MetricAlarms: []cloudwatchapi.MetricAlarm{}}
	err = s.store.View(ctx, func(r resource.Reader) error {
		for entry, err := range alarmMetrics.List(r, *in.Namespace, *in.MetricName) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			k, found, err := alarms.Find(r, entry.Name)
			if err != nil {
				return err
			}
			if found && k.Metric != nil && isFor(in, dimensions, k.Metric) {
				out.MetricAlarms = append(out.MetricAlarms, k.metricShape(r.Scope()))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// isFor says whether an alarm on a metric is one that a call is for.
func isFor(in *cloudwatchapi.DescribeAlarmsForMetricInput, dimensions []metric.Dimension, m *keptMetric) bool {
	own, err := dimensionsOf("Dimensions", codeValue, m.Dimensions)
	switch {
	case err != nil || !slices.Equal(own, dimensions):
		return false
	case in.Statistic != nil && *in.Statistic != resource.Value(m.Statistic), in.ExtendedStatistic != nil && *in.ExtendedStatistic != resource.Value(m.ExtendedStatistic):
		return false
	case in.Period != nil && *in.Period != resource.Value(m.Period), in.Unit != nil && *in.Unit != resource.Value(m.Unit):
		return false
	}
	return true
}
