package cloudwatch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/kit/javadouble"
	"github.com/sillok/sillok/internal/resource"
)

// What HistoryData says, its members in AWS's order.

type historyState struct {
	Value  alarm.State     `json:"stateValue"`
	Reason string          `json:"stateReason"`
	Data   json.RawMessage `json:"stateReasonData,omitempty"`
}

// stateOf has the reason's data as JSON, or as a text where they are none.
func (m *moment) historyState() historyState {
	h := historyState{Value: m.State, Reason: m.Reason}
	switch {
	case m.ReasonData == "":
	case json.Valid([]byte(m.ReasonData)):
		h.Data = json.RawMessage(m.ReasonData)
	default:
		h.Data = json.RawMessage(alarm.JSON(m.ReasonData))
	}
	return h
}

// stateHistory is the item of a change of state.
func (k *keptAlarm) stateHistory(old moment) historyItem {
	now := k.now()
	return historyItem{
		Alarm: k.Name, Kind: k.kind(), At: now.At, Type: itemState, Summary: fmt.Sprintf("Alarm updated from %s to %s", old.State, now.State),
		Data: alarm.JSON(struct {
			Version string       `json:"version"`
			Old     historyState `json:"oldState"`
			New     historyState `json:"newState"`
		}{"1.0", old.historyState(), now.historyState()}),
	}
}

type historyDimension struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// historyAlarm is an alarm as the history of its configuration has it.
type historyAlarm struct {
	Name               string             `json:"alarmName"`
	Description        *string            `json:"alarmDescription,omitempty"`
	ARN                string             `json:"alarmArn"`
	Updated            string             `json:"alarmConfigurationUpdatedTimestamp"`
	Namespace          *string            `json:"namespace,omitempty"`
	Metric             *string            `json:"metricName,omitempty"`
	Statistic          string             `json:"extendedStatistic,omitempty"`
	Period             *int32             `json:"period,omitempty"`
	Dimensions         []historyDimension `json:"dimensions,omitzero"`
	Unit               *string            `json:"unit,omitempty"`
	Metrics            []historyQuery     `json:"metrics,omitempty"`
	Threshold          *javadouble.Number `json:"threshold,omitempty"`
	ThresholdMetricID  *string            `json:"thresholdMetricId,omitempty"`
	ComparisonOperator string             `json:"comparisonOperator,omitempty"`
	EvaluationPeriods  int32              `json:"evaluationPeriods,omitempty"`
	DatapointsToAlarm  *int32             `json:"datapointsToAlarm,omitempty"`
	TreatMissingData   *string            `json:"treatMissingData,omitempty"`
	LowSamples         *string            `json:"evaluateLowSampleCountPercentile,omitempty"`
	Rule               string             `json:"alarmRule,omitempty"`
	Suppressor         *string            `json:"actionsSuppressor,omitempty"`
	Wait               *int32             `json:"actionsSuppressorWaitPeriod,omitempty"`
	Extension          *int32             `json:"actionsSuppressorExtensionPeriod,omitempty"`
	State              alarm.State        `json:"stateValue"`
	StateUpdated       string             `json:"stateUpdatedTimestamp"`
	ActionsEnabled     bool               `json:"actionsEnabled"`
	AlarmActions       []string           `json:"alarmActions"`
	Insufficient       []string           `json:"insufficientDataActions"`
	OKActions          []string           `json:"okactions"`
}

// historyQuery is a query as the history of a configuration has it.
type historyQuery struct {
	ID         string       `json:"id"`
	Expression *string      `json:"expression,omitempty"`
	MetricStat *historyStat `json:"metricStat,omitempty"`
	Label      *string      `json:"label,omitempty"`
	Period     *int32       `json:"period,omitempty"`
	ReturnData bool         `json:"returnData"`
	AccountID  *string      `json:"accountId,omitempty"`
}

type historyStat struct {
	Metric historyMetric `json:"metric"`
	Period int32         `json:"period"`
	Stat   string        `json:"stat"`
	Unit   *string       `json:"unit,omitempty"`
}

type historyMetric struct {
	Namespace  string             `json:"namespace"`
	Name       string             `json:"metricName"`
	Dimensions []historyDimension `json:"dimensions"`
}

func (k *keptAlarm) historyAlarm(arn string) historyAlarm {
	h := historyAlarm{
		Name: k.Name, Description: k.Description, ARN: arn, Updated: alarm.Stamp(k.Updated),
		State: k.State, StateUpdated: alarm.Stamp(k.StateUpdated), ActionsEnabled: k.ActionsEnabled,
		AlarmActions: told(k.AlarmActions), Insufficient: told(k.InsufficientActions), OKActions: told(k.OKActions),
	}
	if c := k.Composite; c != nil {
		h.Rule, h.Suppressor, h.Wait, h.Extension = c.Rule, c.Suppressor, c.Wait, c.Extension
		return h
	}
	m := k.Metric
	h.Namespace, h.Metric, h.Period, h.Unit = m.Namespace, m.Name, m.Period, m.Unit
	h.Statistic = resource.Value(m.ExtendedStatistic)
	if m.Statistic != nil {
		h.Statistic = constantOf(*m.Statistic)
	}
	if m.Name != nil {
		h.Dimensions = []historyDimension{}
	}
	for _, d := range toldDimensions(m.Dimensions) {
		h.Dimensions = append(h.Dimensions, historyDimension(d))
	}
	for i := range m.Queries {
		q := &m.Queries[i]
		one := historyQuery{ID: *q.Id, Expression: q.Expression, Label: q.Label, Period: q.Period, ReturnData: q.ReturnData == nil || *q.ReturnData, AccountID: q.AccountId}
		if st := q.MetricStat; st != nil {
			one.MetricStat = &historyStat{
				Metric: historyMetric{Namespace: resource.Value(st.Metric.Namespace), Name: resource.Value(st.Metric.MetricName), Dimensions: []historyDimension{}},
				Period: *st.Period, Stat: *st.Stat, Unit: st.Unit,
			}
			for _, d := range toldDimensions(st.Metric.Dimensions) {
				one.MetricStat.Metric.Dimensions = append(one.MetricStat.Metric.Dimensions, historyDimension(d))
			}
		}
		h.Metrics = append(h.Metrics, one)
	}
	if m.Threshold != nil {
		n := javadouble.Number(*m.Threshold)
		h.Threshold = &n
	}
	h.ThresholdMetricID, h.ComparisonOperator, h.EvaluationPeriods = m.ThresholdMetricID, m.Operator, m.EvaluationPeriods
	h.DatapointsToAlarm, h.TreatMissingData, h.LowSamples = m.DatapointsToAlarm, m.TreatMissingData, m.LowSamples
	return h
}

// constantOf is a statistic as the history has it: SAMPLE_COUNT.
func constantOf(statistic string) string {
	switch statistic {
	case "SampleCount":
		return "SAMPLE_COUNT"
	case "Average":
		return "AVERAGE"
	case "Sum":
		return "SUM"
	case "Minimum":
		return "MINIMUM"
	case "Maximum":
		return "MAXIMUM"
	}
	return statistic
}

// What an item says that was done to a configuration.
const (
	wasCreated = "Create"
	wasUpdated = "Update"
	wasDeleted = "Delete"
)

// configurationHistory is the item of an operation on an alarm; before is what it was, for
// wasUpdated.
func (k *keptAlarm) configurationHistory(arn, operation string, before *keptAlarm, at time.Time) historyItem {
	member := map[string]string{wasCreated: "createdAlarm", wasUpdated: "updatedAlarm", wasDeleted: "deletedAlarm"}[operation]
	words := map[string]string{wasCreated: "created", wasUpdated: "updated", wasDeleted: "deleted"}[operation]
	h := k.historyAlarm(arn)
	data := fmt.Sprintf(`{"version":"1.0","type":%q,%q:%s`, operation, member, alarm.JSON(h))
	if operation == wasUpdated && before != nil {
		data += `,"originalUpdatedFields":` + changedFields(before.historyAlarm(arn), h)
	}
	return historyItem{Alarm: k.Name, Kind: k.kind(), At: at, Type: itemConfiguration, Summary: shortened(`Alarm "` + k.Name + `" ` + words), Data: data + "}"}
}

// mostSummary is how many characters HistorySummary may have.
const mostSummary = 255

// shortened cuts what is longer than a summary may be.
func shortened(text string) string {
	runes := []rune(text)
	if len(runes) <= mostSummary {
		return text
	}
	return string(runes[:mostSummary-3]) + "..."
}

// changedFields are the members that are not what they were, as they were: null for those
// that were not there.
func changedFields(before, after historyAlarm) string {
	was, is := members(before), members(after)
	out := []byte("{")
	add := func(name string, value json.RawMessage) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, alarm.JSON(name)...), ':'), value...)
	}
	for _, name := range is.names {
		if old, had := was.values[name]; !had {
			add(name, json.RawMessage("null"))
		} else if name == "alarmConfigurationUpdatedTimestamp" || string(old) != string(is.values[name]) {
			add(name, old)
		}
	}
	for _, name := range was.names {
		if _, has := is.values[name]; !has {
			add(name, was.values[name])
		}
	}
	return string(append(out, '}'))
}

// object is an object of JSON, its members in their order.
type object struct {
	names  []string
	values map[string]json.RawMessage
}

func members(h historyAlarm) object {
	o := object{values: map[string]json.RawMessage{}}
	text := []byte(alarm.JSON(h))
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil {
		return o
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return o
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return o
		}
		text, _ := name.(string)
		if text == "stateValue" || text == "stateUpdatedTimestamp" {
			continue // they are no part of the configuration
		}
		o.names, o.values[text] = append(o.names, text), value
	}
	return o
}
