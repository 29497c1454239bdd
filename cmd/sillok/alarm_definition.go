package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/terminal"
)

// alarmDefinition is what a metric alarm is by PutMetricAlarm, as far as its state follows from it.
type alarmDefinition struct {
	AlarmName          string
	Namespace          string
	MetricName         string
	Dimensions         []types.Dimension
	Statistic          string
	ExtendedStatistic  string
	Unit               string
	Period             int32
	Metrics            []types.MetricDataQuery
	EvaluationPeriods  int32
	DatapointsToAlarm  int32
	Threshold          *float64
	ThresholdMetricID  string `json:"ThresholdMetricId"`
	ComparisonOperator string
	TreatMissingData   string
	LowSamples         string `json:"EvaluateLowSampleCountPercentile"`
}

// otherMembers are those of PutMetricAlarm and DescribeAlarms besides those of --set.
var otherMembers = []string{
	"AlarmName", "Dimensions", "Metrics",
	"AlarmDescription", "ActionsEnabled", "OKActions", "AlarmActions", "InsufficientDataActions", "Tags", "ActionConfiguration", "WarmUpConfiguration",
	"AlarmArn", "AlarmConfigurationUpdatedTimestamp", "StateValue", "StateReason", "StateReasonData", "StateUpdatedTimestamp", "StateTransitionedTimestamp",
	"EvaluationState", "EvaluationInterval", "EvaluationWindow", "EvaluationCriteria",
}

// definitionOf is the definition of an alarm that is there.
func definitionOf(a *types.MetricAlarm) *alarmDefinition {
	return &alarmDefinition{
		AlarmName: aws.ToString(a.AlarmName), Namespace: aws.ToString(a.Namespace), MetricName: aws.ToString(a.MetricName), Dimensions: a.Dimensions,
		Statistic: string(a.Statistic), ExtendedStatistic: aws.ToString(a.ExtendedStatistic), Unit: string(a.Unit), Period: aws.ToInt32(a.Period),
		Metrics: a.Metrics, EvaluationPeriods: aws.ToInt32(a.EvaluationPeriods), DatapointsToAlarm: aws.ToInt32(a.DatapointsToAlarm),
		Threshold: a.Threshold, ThresholdMetricID: aws.ToString(a.ThresholdMetricId), ComparisonOperator: string(a.ComparisonOperator),
		TreatMissingData: aws.ToString(a.TreatMissingData), LowSamples: aws.ToString(a.EvaluateLowSampleCountPercentile),
	}
}

// readDefinition reads a definition as PutMetricAlarm takes it, or as DescribeAlarms gives it: then name
// says which, where there are several.
func readDefinition(text []byte, name string) (*alarmDefinition, error) {
	var whole map[string]any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&whole); err != nil {
		return nil, fmt.Errorf("it is no JSON object: %w", err)
	}
	if _, ok := whole["MetricAlarms"]; ok {
		one, err := meantAlarm(whole, name)
		if err != nil {
			return nil, err
		}
		whole = one
	}
	if _, ok := whole["AlarmRule"]; ok {
		return nil, errors.New("it is of a composite alarm, which has no metric of its own: replay the alarms that its rule names")
	}
	if window, ok := whole["EvaluationWindow"].(map[string]any); ok && window["WallClockWindow"] != nil && window["SlidingWindow"] == nil {
		return nil, errors.New("EvaluationWindow: only alarms with a sliding window are replayed")
	}
	if criteria, ok := whole["EvaluationCriteria"].(map[string]any); ok {
		if query, ok := criteria["PromQLCriteria"].(map[string]any); ok && query["Query"] != "" {
			return nil, errors.New("EvaluationCriteria: alarms in PromQL are not replayed")
		}
	}
	blank, _ := pruned(whole).(map[string]any) // empty members are those of a skeleton that nobody filled in
	var unknown []string
	for _, member := range slices.Sorted(maps.Keys(blank)) {
		if !slices.Contains(otherMembers, member) && !slices.Contains(settable(), member) {
			unknown = append(unknown, member)
		}
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("%s: no such member of PutMetricAlarm", strings.Join(unknown, ", "))
	}
	if queries, ok := blank["Metrics"].([]any); ok {
		if blank["Metrics"] = filledIn(queries); len(filledIn(queries)) == 0 {
			delete(blank, "Metrics")
		}
	}
	again, err := json.Marshal(blank)
	if err != nil {
		return nil, err
	}
	d := &alarmDefinition{}
	if err := json.Unmarshal(again, d); err != nil {
		if mistake, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return nil, fmt.Errorf("%s: %s is no %s", mistake.Field, mistake.Value, mistake.Type)
		}
		return nil, err
	}
	return d, nil
}

// filledIn are the queries of a skeleton that somebody filled in: of others, units and the like are left.
func filledIn(queries []any) (all []any) {
	for _, q := range queries {
		of, ok := q.(map[string]any)
		if ok && of["Id"] == nil {
			continue
		}
		if stat, is := of["MetricStat"].(map[string]any); is && stat["Metric"] == nil {
			delete(of, "MetricStat")
		}
		all = append(all, q)
	}
	return all
}

// meantAlarm is the alarm that is meant of what DescribeAlarms gave.
func meantAlarm(whole map[string]any, name string) (map[string]any, error) {
	list, _ := whole["MetricAlarms"].([]any)
	var names []string
	for _, one := range list {
		of, ok := one.(map[string]any)
		if !ok {
			continue
		}
		called, _ := of["AlarmName"].(string)
		if called == name || name == "" && len(list) == 1 {
			return of, nil
		}
		names = append(names, called)
	}
	if name == "" {
		return nil, fmt.Errorf("it has %s: give the name of the one that is meant", terminal.Counted(int64(len(names)), "alarm"))
	}
	return nil, fmt.Errorf("it has no alarm %s; it has %s", name, strings.Join(names, ", "))
}

// pruned is a value without members and elements that say nothing: nil for one that is such.
func pruned(v any) any {
	switch v := v.(type) {
	case string:
		if v == "" {
			return nil
		}
	case map[string]any:
		for member, of := range v {
			if of = pruned(of); of == nil || member == "Period" && of == json.Number("0") {
				delete(v, member)
			} else {
				v[member] = of
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		var kept []any
		for _, of := range v {
			if of = pruned(of); of != nil {
				kept = append(kept, of)
			}
		}
		if len(kept) == 0 {
			return nil
		}
		return kept
	}
	return v
}

// settable are the members that --set takes.
func settable() []string {
	return []string{
		"Threshold", "EvaluationPeriods", "DatapointsToAlarm", "Period", "ComparisonOperator", "Statistic", "ExtendedStatistic", "TreatMissingData",
		"Unit", "EvaluateLowSampleCountPercentile", "ThresholdMetricId", "Namespace", "MetricName",
	}
}

// set changes a member as --set says: Threshold=90.
func (d *alarmDefinition) set(text string) error {
	member, value, found := strings.Cut(text, "=")
	if !found || !slices.Contains(settable(), member) {
		return fmt.Errorf("set: %q is not MEMBER=VALUE, of %s", text, strings.Join(settable(), ", "))
	}
	number := func(to *int32) error {
		n, err := strconv.ParseInt(value, 10, 32)
		if err != nil {
			return fmt.Errorf("set: %s: %q is not a whole number", member, value)
		}
		*to = int32(n)
		return nil
	}
	switch member {
	case "Threshold":
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return fmt.Errorf("set: %s: %q is not a number", member, value)
		}
		d.Threshold = &v
	case "EvaluationPeriods":
		return number(&d.EvaluationPeriods)
	case "DatapointsToAlarm":
		return number(&d.DatapointsToAlarm)
	case "Period":
		length, err := lengthFlag("set: Period", value)
		if err != nil {
			return err
		}
		d.setPeriod(wholeSeconds(length))
	case "Statistic":
		d.Statistic, d.ExtendedStatistic = value, ""
	case "ExtendedStatistic":
		d.Statistic, d.ExtendedStatistic = "", value
	default:
		*map[string]*string{
			"ComparisonOperator": &d.ComparisonOperator, "TreatMissingData": &d.TreatMissingData, "Unit": &d.Unit,
			"EvaluateLowSampleCountPercentile": &d.LowSamples, "ThresholdMetricId": &d.ThresholdMetricID, "Namespace": &d.Namespace, "MetricName": &d.MetricName,
		}[member] = value
	}
	return nil
}

// setPeriod gives all queries of an alarm on expressions the same period.
func (d *alarmDefinition) setPeriod(period int32) {
	if len(d.Metrics) == 0 {
		d.Period = period
		return
	}
	d.Metrics = slices.Clone(d.Metrics)
	for i := range d.Metrics {
		q := &d.Metrics[i]
		if q.MetricStat != nil {
			stat := *q.MetricStat
			stat.Period = &period
			q.MetricStat = &stat
		}
		if q.Period != nil {
			q.Period = &period
		}
	}
}

// statistic is that of an alarm on one metric; empty for one on expressions.
func (d *alarmDefinition) statistic() string {
	if len(d.Metrics) > 0 {
		return ""
	}
	if d.ExtendedStatistic != "" {
		return d.ExtendedStatistic
	}
	return d.Statistic
}

// period is that of the points that are compared.
func (d *alarmDefinition) period() time.Duration {
	if len(d.Metrics) == 0 {
		return time.Duration(d.Period) * time.Second
	}
	return periodOf(d.Metrics, "")
}

// evaluator returns what evaluates the alarm. The error says all that is wrong with the definition.
func (d *alarmDefinition) evaluator() (*alarm.Evaluator, error) {
	var errs []error
	require := func(ok bool, member string) {
		if !ok {
			errs = append(errs, errors.New(member+" is missing"))
		}
	}
	if len(d.Metrics) == 0 {
		require(d.Namespace != "", "Namespace")
		require(d.MetricName != "", "MetricName")
		require(d.statistic() != "", "Statistic")
		if d.Statistic != "" && d.ExtendedStatistic != "" {
			errs = append(errs, errBoth("Statistic", "ExtendedStatistic"))
		}
	} else if d.MetricName != "" {
		errs = append(errs, errBoth("MetricName", "Metrics"))
	}
	require(d.period() > 0, "Period")
	require(d.EvaluationPeriods > 0, "EvaluationPeriods")
	require(d.ComparisonOperator != "", "ComparisonOperator")
	require((d.Threshold != nil) != (d.ThresholdMetricID != ""), "one of Threshold and ThresholdMetricId")
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	e, err := alarm.New(alarm.Definition{
		Operator: alarm.Operator(d.ComparisonOperator), Threshold: aws.ToFloat64(d.Threshold), Statistic: d.statistic(), Unit: d.Unit, Period: d.period(),
		EvaluationPeriods: int(d.EvaluationPeriods), DatapointsToAlarm: int(d.DatapointsToAlarm), TreatMissingData: d.TreatMissingData,
		EvaluateLowSampleCountPercentile: d.LowSamples,
	})
	if refused, ok := errors.AsType[*cloud.Error](err); ok {
		return nil, errors.New(refused.Message)
	}
	return e, err
}

func errBoth(one, other string) error { return fmt.Errorf("%s and %s are both given", one, other) }

// queries are what GetMetricData is asked for the points of the alarm: those of the one query that
// is compared, and of the band or how many samples there are.
func (d *alarmDefinition) queries() (queries []types.MetricDataQuery, compared string, err error) {
	if len(d.Metrics) == 0 {
		stat := func(id, name string) types.MetricDataQuery {
			return types.MetricDataQuery{Id: &id, MetricStat: &types.MetricStat{
				Metric: &types.Metric{Namespace: &d.Namespace, MetricName: &d.MetricName, Dimensions: d.Dimensions},
				Period: &d.Period, Stat: &name, Unit: types.StandardUnit(d.Unit),
			}}
		}
		return []types.MetricDataQuery{stat("m", d.statistic()), stat(samplesID, "SampleCount")}, "m", nil
	}
	queries = slices.Clone(d.Metrics)
	for i := range queries {
		id := aws.ToString(queries[i].Id)
		switch {
		case id == d.ThresholdMetricID:
			queries[i].ReturnData = aws.Bool(true)
		case queries[i].ReturnData == nil || *queries[i].ReturnData:
			if compared != "" {
				return nil, "", fmt.Errorf("exactly one query must have ReturnData true: %s and %s have", compared, id)
			}
			compared = id
		}
	}
	if compared == "" {
		return nil, "", errors.New("exactly one query must have ReturnData true, and none has")
	}
	return queries, compared, nil
}

// samplesID is the query for how many samples the points of a metric are made of.
const samplesID = "samples"

// what names what the alarm looks at.
func (d *alarmDefinition) what() string {
	if len(d.Metrics) == 0 {
		text := fmt.Sprintf("%s of %s %s", d.statistic(), quotedWord(d.Namespace), quotedWord(d.MetricName))
		if len(d.Dimensions) > 0 {
			text += " " + dimensionsText(d.Dimensions)
		}
		return text
	}
	for i := range d.Metrics {
		q := &d.Metrics[i]
		if aws.ToString(q.Id) == d.ThresholdMetricID || q.ReturnData != nil && !*q.ReturnData {
			continue
		}
		if q.MetricStat != nil && q.MetricStat.Metric != nil {
			of := &alarmDefinition{
				Namespace: aws.ToString(q.MetricStat.Metric.Namespace), MetricName: aws.ToString(q.MetricStat.Metric.MetricName),
				Dimensions: q.MetricStat.Metric.Dimensions, Statistic: aws.ToString(q.MetricStat.Stat),
			}
			return of.what()
		}
		if label := aws.ToString(q.Label); label != "" {
			return fmt.Sprintf("%s (%s)", label, aws.ToString(q.Expression))
		}
		return aws.ToString(q.Expression)
	}
	return "nothing"
}

// operators are the ways to compare, in signs.
var operators = map[string]string{
	string(alarm.Greater): ">", string(alarm.GreaterOrEqual): ">=", string(alarm.Less): "<", string(alarm.LessOrEqual): "<=",
	string(alarm.OutsideBand): "outside of", string(alarm.LessThanLower): "below", string(alarm.GreaterThanUpper): "above",
}

// limit is what a point is compared with, in short.
func (d *alarmDefinition) limit() string {
	if d.ThresholdMetricID != "" {
		return operators[d.ComparisonOperator] + " the band " + d.ThresholdMetricID
	}
	if d.Threshold == nil {
		return operators[d.ComparisonOperator] + " ?"
	}
	return operators[d.ComparisonOperator] + " " + floatText(*d.Threshold)
}

// when says for how long points have to breach.
func (d *alarmDefinition) when() string {
	m := d.DatapointsToAlarm
	if m == 0 {
		m = d.EvaluationPeriods
	}
	if d.EvaluationPeriods == 1 {
		return "for " + wholeLength(d.period())
	}
	return fmt.Sprintf("for %d of %d × %s", m, d.EvaluationPeriods, wholeLength(d.period()))
}

// breaches says whether a value is beyond the threshold.
func (d *alarmDefinition) breaches(v float64) bool {
	if d.Threshold == nil {
		return false
	}
	switch alarm.Operator(d.ComparisonOperator) {
	case alarm.Greater:
		return v > *d.Threshold
	case alarm.GreaterOrEqual:
		return v >= *d.Threshold
	case alarm.Less:
		return v < *d.Threshold
	case alarm.LessOrEqual:
		return v <= *d.Threshold
	default:
		return false
	}
}

// thresholds are those that a chart shows.
func (d *alarmDefinition) levels() []terminal.Level {
	if d.Threshold == nil || d.ThresholdMetricID != "" {
		return nil
	}
	return []terminal.Level{{Value: *d.Threshold, Label: operators[d.ComparisonOperator] + " " + terminal.Number(*d.Threshold)}}
}
