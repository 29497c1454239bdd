package cloudwatch

import (
	"context"
	"strings"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/language/metricmath"
	"github.com/sillok/sillok/internal/language/metricsinsights"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/series/summary"
)

const (
	mostAlarmMetrics     = 10 // of an alarm on expressions
	mostAlarmExpressions = 10
)

// metricOf checks what an alarm is to look at, and returns it.
func (s *Service) metricOf(ctx context.Context, in *cloudwatchapi.PutMetricAlarmInput) (*keptMetric, error) {
	if in.EvaluationCriteria != nil || in.EvaluationInterval != nil {
		return nil, cloud.Errorf(cloud.Unsupported, "UnsupportedOperation", "Sillok does not evaluate PromQL: EvaluationCriteria and EvaluationInterval cannot be given.")
	}
	if err := checkExclusive(in); err != nil {
		return nil, err
	}
	for _, one := range []struct {
		name  string
		given bool
	}{{"EvaluationPeriods", in.EvaluationPeriods != nil}, {"ComparisonOperator", in.ComparisonOperator != nil}} {
		if !one.given {
			return nil, errValidation("%s must not be null", one.name)
		}
	}
	m := &keptMetric{
		Namespace: in.Namespace, Name: in.MetricName, Statistic: in.Statistic, ExtendedStatistic: in.ExtendedStatistic, Dimensions: in.Dimensions,
		Period: in.Period, Unit: in.Unit, Queries: in.Metrics, Operator: *in.ComparisonOperator, Threshold: in.Threshold, ThresholdMetricID: in.ThresholdMetricId,
		EvaluationPeriods: *in.EvaluationPeriods, DatapointsToAlarm: in.DatapointsToAlarm, TreatMissingData: in.TreatMissingData,
		LowSamples: in.EvaluateLowSampleCountPercentile,
	}
	var err error
	if len(in.Metrics) == 0 {
		err = m.checkMetric()
	} else {
		err = s.checkQueries(ctx, m)
	}
	if err != nil {
		return nil, err
	}
	if err := checkThreshold(m); err != nil {
		return nil, err
	}
	if in.DatapointsToAlarm != nil && *in.DatapointsToAlarm < 1 {
		return nil, errValidation("DatapointsToAlarm must be greater than or equal to 1")
	}
	for _, word := range []*string{in.TreatMissingData, in.EvaluateLowSampleCountPercentile} {
		if word != nil && *word == "" {
			*word = " " // it was given, and is none of those that there are
		}
	}
	_, err = alarm.New(m.definition())
	return m, err
}

// checkExclusive refuses members that do not go together.
func checkExclusive(in *cloudwatchapi.PutMetricAlarmInput) error {
	if in.Statistic != nil && in.ExtendedStatistic != nil {
		return errValidation("PutMetricAlarm request can not be made with both Statistic and ExtendedStatistic parameters. Only one of them should be present")
	}
	if len(in.Metrics) == 0 {
		return nil
	}
	for _, one := range []struct {
		name  string
		given bool
	}{
		{"MetricName", in.MetricName != nil},
		{"Namespace", in.Namespace != nil},
		{"Dimensions", len(in.Dimensions) > 0},
		{"Period", in.Period != nil},
		{"Unit", in.Unit != nil},
		{"Statistic", in.Statistic != nil},
		{"ExtendedStatistic", in.ExtendedStatistic != nil},
	} {
		if one.given {
			return errValidation("%s should not be set if list of Metrics is set.", one.name)
		}
	}
	return nil
}

// checkMetric checks the metric of an alarm that is on one.
func (m *keptMetric) checkMetric() error {
	for _, one := range []struct {
		name  string
		given bool
	}{{"MetricName", m.Name != nil}, {"Namespace", m.Namespace != nil}, {"Period", m.Period != nil}, {"Statistic", m.Statistic != nil || m.ExtendedStatistic != nil}} {
		if !one.given {
			return errValidation("%s must not be null", one.name)
		}
	}
	if m.Statistic != nil {
		if st, ok := summary.ParseStatistic(*m.Statistic); !ok || st.Spread() {
			return errValue("The parameter Statistic must be a value in the set [SampleCount, Average, Sum, Minimum, Maximum].")
		}
	}
	if m.ExtendedStatistic != nil {
		if st, ok := summary.ParseStatistic(*m.ExtendedStatistic); !ok || !st.Spread() {
			return errValue("The value %s for parameter ExtendedStatistic is not supported.", *m.ExtendedStatistic)
		}
	}
	if m.Unit != nil {
		if _, ok := metric.PlaceOf(*m.Unit); !ok {
			return errUnit(codeValue, "Unit")
		}
	}
	if m.LowSamples != nil && !strings.HasPrefix(resource.Value(m.ExtendedStatistic), "p") {
		return errValidation("EvaluateLowSampleCountPercentile can be set for percentiles alone.")
	}
	_, err := dimensionsOf("Dimensions", codeValue, m.Dimensions)
	return err
}

// checkThreshold checks what the points are compared with: a number, or a band.
func checkThreshold(m *keptMetric) error {
	bands := false
	switch alarm.Operator(m.Operator) {
	case alarm.OutsideBand, alarm.LessThanLower, alarm.GreaterThanUpper:
		bands = true
	case alarm.GreaterOrEqual, alarm.Greater, alarm.Less, alarm.LessOrEqual:
	}
	switch {
	case m.ThresholdMetricID != nil && m.Threshold != nil:
		return errValidation("Threshold should not be set if ThresholdMetricId is set.")
	case bands && m.ThresholdMetricID == nil:
		return errValidation("ThresholdMetricId must be set for the ComparisonOperator %s.", m.Operator)
	case !bands && m.ThresholdMetricID != nil:
		return errValidation("ThresholdMetricId can be set for a ComparisonOperator about a band alone, which %s is not.", m.Operator)
	case !bands && m.Threshold == nil:
		return errValidation("Threshold must not be null")
	}
	return nil
}

// checkQueries checks the metrics and expressions of an alarm.
func (s *Service) checkQueries(ctx context.Context, m *keptMetric) error {
	account := string(cloud.CallOf(ctx).Account)
	c := queryCheck{m: m, seen: map[string]bool{}}
	for i := range m.Queries {
		q := &m.Queries[i]
		at := member("Metrics", i)
		switch {
		case !idPattern.MatchString(*q.Id):
			return errValidation("The value for parameter %s.Id is not matching the expected pattern %s.", at, idPattern)
		case c.seen[*q.Id]:
			return errValidation("The values for parameter id in Metrics are not unique.")
		case q.Expression != nil && q.MetricStat != nil:
			return errValidation("The parameters %s.Expression and %s.MetricStat are mutually exclusive and you have specified both.", at, at)
		case q.Expression == nil && q.MetricStat == nil:
			return errValidation("The parameter %s.MetricStat is required.\n", at)
		case resource.Or(q.AccountId, account) != account:
			return cloud.Errorf(cloud.Unsupported, "UnsupportedOperation", "Sillok has no linked accounts: an alarm cannot look at metrics of account %s.", *q.AccountId)
		}
		c.seen[*q.Id] = true
		var err error
		if q.MetricStat != nil {
			err = c.stat(at, q)
		} else {
			err = c.expression(q)
		}
		if err != nil {
			return err
		}
		if returned(q) && *q.Id != resource.Value(m.ThresholdMetricID) {
			c.returned++
		}
	}
	return c.whole()
}

// queryCheck checks the queries of an alarm.
type queryCheck struct {
	m                           *keptMetric
	seen                        map[string]bool
	metrics, expressions, bands int
	insights, returned          int
	period                      int32 // of the metrics
	about                       []string
}

func (c *queryCheck) stat(at string, q *cloudwatchapi.MetricDataQuery) error {
	st := q.MetricStat
	at += ".MetricStat"
	if c.metrics++; c.metrics > mostAlarmMetrics {
		return errValidation("An alarm cannot have more than %d metrics.", mostAlarmMetrics)
	}
	if st.Metric.Namespace == nil || st.Metric.MetricName == nil {
		return errValidation("The parameter %s.Metric.MetricName and its Namespace are required.", at)
	}
	if _, ok := summary.ParseStatistic(*st.Stat); !ok {
		return errValidation("The value for parameter %s.Stat is not a valid statistic.", at)
	}
	if st.Unit != nil {
		if _, ok := metric.PlaceOf(*st.Unit); !ok {
			return errUnit(codeValidation, at+".Unit")
		}
	}
	if c.period != 0 && c.period != *st.Period {
		return errValidation("Metrics of an alarm must have the same period.")
	}
	c.period = *st.Period
	_, err := dimensionsOf(at+".Metric.Dimensions", codeValidation, st.Metric.Dimensions)
	return err
}

func (c *queryCheck) expression(q *cloudwatchapi.MetricDataQuery) error {
	if c.expressions++; c.expressions > mostAlarmExpressions {
		return errValidation("An alarm cannot have more than %d expressions.", mostAlarmExpressions)
	}
	text := *q.Expression
	if metricsinsights.Is(text) {
		c.insights++
		if c.insights > 1 {
			return errValidation("Maximum number of queries (1) exceeded")
		}
		if _, err := metricsinsights.Parse(text); err != nil {
			return errValidation("Error in expression '%s': %s", *q.Id, err)
		}
		if q.Period == nil || *q.Period < leastInsights || *q.Period%60 != 0 {
			return errValidation("Period must be a multiple of 60 for the Metrics Insights query '%s'.", *q.Id)
		}
		return nil
	}
	if c.m.ThresholdMetricID != nil && *q.Id == *c.m.ThresholdMetricID {
		c.bands++
		_, err := bandIn(c.m.Queries, q)
		return err
	}
	if strings.Contains(strings.ToUpper(text), "SEARCH(") {
		return errValidation("SEARCH is not supported on Metric Alarms.")
	}
	parsed, err := metricmath.Parse(*q.Id, text)
	if err != nil {
		return errExpression(err)
	}
	c.about = append(c.about, parsed.References()...)
	return nil
}

// whole checks what can be said of the queries together.
func (c *queryCheck) whole() error {
	for _, id := range c.about {
		if !c.seen[id] {
			return errValidation("Error in expression: the metric %s is not among the metrics of the alarm", id)
		}
	}
	switch {
	case c.returned != 1:
		return errValidation("Exactly one metric query must have ReturnData set to true.")
	case c.m.ThresholdMetricID != nil && c.bands == 0:
		return errValidation("The metric %s that ThresholdMetricId names is not among the metrics of the alarm.", *c.m.ThresholdMetricID)
	case c.metrics == 0 && c.insights == 0:
		return errValidation("An alarm must be about a metric at least.")
	}
	return nil
}
