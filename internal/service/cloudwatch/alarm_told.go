package cloudwatch

import (
	"time"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/alarm/notification"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// metricShape is a metric alarm as DescribeAlarms tells it.
func (k *keptAlarm) metricShape(scope cloud.Scope) cloudwatchapi.MetricAlarm {
	m := k.Metric
	out := cloudwatchapi.MetricAlarm{
		AlarmName: &k.Name, AlarmArn: new(alarmARN(scope, k.Name)), AlarmDescription: k.Description, AlarmConfigurationUpdatedTimestamp: &k.Updated,
		ActionsEnabled: &k.ActionsEnabled, OKActions: told(k.OKActions), AlarmActions: told(k.AlarmActions), InsufficientDataActions: told(k.InsufficientActions),
		StateValue: new(string(k.State)), StateReason: nonEmpty(k.Reason), StateReasonData: nonEmpty(k.ReasonData),
		StateUpdatedTimestamp: &k.StateUpdated, StateTransitionedTimestamp: &k.Transitioned,
		MetricName: m.Name, Namespace: m.Namespace, Statistic: m.Statistic, ExtendedStatistic: m.ExtendedStatistic, Period: m.Period, Unit: m.Unit,
		Dimensions: []cloudwatchapi.Dimension{}, Metrics: m.Queries,
		EvaluationPeriods: &m.EvaluationPeriods, DatapointsToAlarm: m.DatapointsToAlarm, Threshold: m.Threshold, ThresholdMetricId: m.ThresholdMetricID,
		ComparisonOperator: &m.Operator, TreatMissingData: m.TreatMissingData, EvaluateLowSampleCountPercentile: m.LowSamples,
		EvaluationState: nonEmpty(m.EvaluationState),
	}
	out.Dimensions = append(out.Dimensions, m.Dimensions...)
	return out
}

// compositeShape is a composite alarm as DescribeAlarms tells it.
func (k *keptAlarm) compositeShape(scope cloud.Scope) cloudwatchapi.CompositeAlarm {
	c := k.Composite
	return cloudwatchapi.CompositeAlarm{
		AlarmName: &k.Name, AlarmArn: new(alarmARN(scope, k.Name)), AlarmDescription: k.Description, AlarmConfigurationUpdatedTimestamp: &k.Updated,
		ActionsEnabled: &k.ActionsEnabled, OKActions: told(k.OKActions), AlarmActions: told(k.AlarmActions), InsufficientDataActions: told(k.InsufficientActions),
		StateValue: new(string(k.State)), StateReason: nonEmpty(k.Reason), StateReasonData: nonEmpty(k.ReasonData),
		StateUpdatedTimestamp: &k.StateUpdated, StateTransitionedTimestamp: &k.Transitioned,
		AlarmRule: &c.Rule, ActionsSuppressor: c.Suppressor, ActionsSuppressorWaitPeriod: c.Wait, ActionsSuppressorExtensionPeriod: c.Extension,
		ActionsSuppressedBy: nonEmpty(c.Suppression.By), ActionsSuppressedReason: nonEmpty(c.Suppression.Reason),
	}
}

// told is a list that is told also where it is empty.
func told(list []string) []string { return append([]string{}, list...) }

func nonEmpty(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// definition is what the evaluation of a metric alarm follows from.
func (m *keptMetric) definition() alarm.Definition {
	return alarm.Definition{
		Operator: alarm.Operator(m.Operator), Threshold: resource.Value(m.Threshold),
		Statistic: resource.Or(m.Statistic, resource.Value(m.ExtendedStatistic)), Unit: resource.Value(m.Unit), Period: m.period(),
		EvaluationPeriods: int(m.EvaluationPeriods), DatapointsToAlarm: int(resource.Value(m.DatapointsToAlarm)),
		TreatMissingData: resource.Value(m.TreatMissingData), EvaluateLowSampleCountPercentile: resource.Value(m.LowSamples),
	}
}

// period is that of the alarm, which on an expression is that of its metrics.
func (m *keptMetric) period() time.Duration {
	seconds := resource.Value(m.Period)
	for i := range m.Queries {
		q := &m.Queries[i]
		if q.MetricStat != nil {
			seconds = max(seconds, resource.Value(q.MetricStat.Period))
		}
		seconds = max(seconds, resource.Value(q.Period))
	}
	return time.Duration(seconds) * time.Second
}

// told is the alarm as notifications speak of it.
func (k *keptAlarm) told(scope cloud.Scope) *notification.Alarm {
	a := &notification.Alarm{
		Name: k.Name, Description: k.Description, ARN: alarmARN(scope, k.Name), Account: string(scope.Account), Region: string(scope.Region), Updated: k.Updated,
		ActionsEnabled: k.ActionsEnabled, OKActions: k.OKActions, AlarmActions: k.AlarmActions, InsufficientDataActions: k.InsufficientActions,
	}
	if c := k.Composite; c != nil {
		a.Composite = &notification.Composite{
			Rule: c.Rule, Suppressor: resource.Value(c.Suppressor),
			Wait: time.Duration(resource.Value(c.Wait)) * time.Second, Extension: time.Duration(resource.Value(c.Extension)) * time.Second,
		}
		return a
	}
	m := k.Metric
	a.Metric = &notification.Metric{
		Definition: m.definition(), Namespace: resource.Value(m.Namespace), Name: resource.Value(m.Name), Dimensions: toldDimensions(m.Dimensions),
		ThresholdMetricID: resource.Value(m.ThresholdMetricID),
	}
	for i := range m.Queries {
		a.Metric.Queries = append(a.Metric.Queries, toldQuery(&m.Queries[i], scope, m.period()))
	}
	return a
}

func toldDimensions(in []cloudwatchapi.Dimension) (out []notification.Dimension) {
	for _, d := range in {
		out = append(out, notification.Dimension{Name: *d.Name, Value: *d.Value})
	}
	return out
}

func toldQuery(q *cloudwatchapi.MetricDataQuery, scope cloud.Scope, period time.Duration) notification.Query {
	out := notification.Query{ID: *q.Id, Label: resource.Value(q.Label), ReturnData: q.ReturnData == nil || *q.ReturnData}
	if q.MetricStat == nil {
		out.Expression, out.Period = resource.Value(q.Expression), period
		return out
	}
	st := q.MetricStat
	out.Namespace, out.Name, out.Dimensions = resource.Value(st.Metric.Namespace), resource.Value(st.Metric.MetricName), toldDimensions(st.Metric.Dimensions)
	out.Stat, out.Unit, out.Period = *st.Stat, resource.Value(st.Unit), time.Duration(*st.Period)*time.Second
	out.Account = resource.Or(q.AccountId, string(scope.Account))
	return out
}

// told is a state as notifications speak of it.
func (m *moment) told() notification.Moment {
	return notification.Moment{State: m.State, Reason: m.Reason, ReasonData: m.ReasonData, At: m.At}
}
