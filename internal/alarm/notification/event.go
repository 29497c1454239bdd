package notification

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/kit/javadouble"
)

// The operations that an event about an alarm's configuration tells of.
const (
	Create = "create"
	Update = "update"
	Delete = "delete"
)

type event struct {
	Version    string   `json:"version"`
	ID         string   `json:"id"`
	DetailType string   `json:"detail-type"`
	Source     string   `json:"source"`
	Account    string   `json:"account"`
	Time       string   `json:"time"`
	Region     string   `json:"region"`
	Resources  []string `json:"resources"`
	Detail     any      `json:"detail"`
}

func (a *Alarm) event(id, kind string, at time.Time, detail any) string {
	return alarm.JSON(event{"0", id, kind, "aws.cloudwatch", a.Account, at.UTC().Format(time.RFC3339), a.Region, []string{a.ARN}, detail})
}

type data struct {
	AlarmName     string        `json:"alarmName"`
	State         state         `json:"state"`
	PreviousState state         `json:"previousState"`
	Configuration configuration `json:"configuration"`
	Contributor   *contributor  `json:"alarmContributor,omitempty"` // its place was not seen at AWS
}

type contributor struct {
	ID         string            `json:"id"`
	Attributes map[string]string `json:"attributes"`
}

type state struct {
	Value            alarm.State `json:"value"`
	Reason           string      `json:"reason,omitempty"`
	ReasonData       string      `json:"reasonData,omitempty"`
	Timestamp        string      `json:"timestamp"`
	SuppressedBy     string      `json:"actionsSuppressedBy,omitempty"`
	SuppressedReason string      `json:"actionsSuppressedReason,omitempty"`
}

// configuration is that of events. An event about a change of state has the first members alone.
type configuration struct {
	Description     *string `json:"description,omitempty"`
	Metrics         []query `json:"metrics,omitempty"`
	AlarmRule       string  `json:"alarmRule,omitempty"`
	Suppressor      string  `json:"actionsSuppressor,omitempty"`
	WaitPeriod      *int64  `json:"actionsSuppressorWaitPeriod,omitempty"`
	ExtensionPeriod *int64  `json:"actionsSuppressorExtensionPeriod,omitempty"`
	*full
}

type full struct {
	EvaluationPeriods  int                `json:"evaluationPeriods,omitempty"`
	DatapointsToAlarm  int                `json:"datapointsToAlarm,omitempty"`
	Threshold          *javadouble.Number `json:"threshold,omitempty"`
	ThresholdMetricID  string             `json:"thresholdMetricId,omitempty"`
	ComparisonOperator alarm.Operator     `json:"comparisonOperator,omitempty"`
	TreatMissingData   string             `json:"treatMissingData,omitempty"`
	LowSamples         string             `json:"evaluateLowSampleCountPercentile,omitempty"`
	AlarmName          string             `json:"alarmName"`
	ActionsEnabled     bool               `json:"actionsEnabled"`
	Timestamp          string             `json:"timestamp"`
	OKActions          []string           `json:"okActions"`
	AlarmActions       []string           `json:"alarmActions"`
	Insufficient       []string           `json:"insufficientDataActions"`
}

type query struct {
	ID         string      `json:"id"`
	Expression string      `json:"expression,omitempty"`
	Label      string      `json:"label,omitempty"`
	MetricStat *statOfData `json:"metricStat,omitempty"`
	ReturnData bool        `json:"returnData"`
}

type statOfData struct {
	Metric metricOfData `json:"metric"`
	Period int64        `json:"period"`
	Stat   string       `json:"stat"`
	Unit   string       `json:"unit,omitempty"`
}

type metricOfData struct {
	Namespace  string            `json:"namespace"`
	Name       string            `json:"name"`
	Dimensions map[string]string `json:"dimensions"`
}

// Event returns EventBridge's event of a change of state, with this ID.
func Event(a *Alarm, c *Change, id string) string {
	return a.event(id, "CloudWatch Alarm State Change", c.New.At, dataOf(a, c))
}

// ConfigurationEvent returns EventBridge's event of an operation on an alarm that is in a state;
// before is what it was, for Update.
func ConfigurationEvent(a *Alarm, now Moment, operation string, before *Alarm, at time.Time, id string) string {
	detail := struct {
		AlarmName     string         `json:"alarmName"`
		Operation     string         `json:"operation"`
		State         state          `json:"state"`
		Configuration configuration  `json:"configuration"`
		Previous      *configuration `json:"previousConfiguration,omitempty"`
	}{a.Name, operation, stateOf(&now), configurationOf(a, true), nil}
	if operation == Update && before != nil {
		previous := configurationOf(before, true)
		detail.Previous = &previous
	}
	return a.event(id, "CloudWatch Alarm Configuration Change", at, detail)
}

// Payload returns what a function is called with.
func Payload(a *Alarm, c *Change) string {
	return alarm.JSON(struct {
		Source    string `json:"source"`
		AlarmArn  string `json:"alarmArn"`
		AccountID string `json:"accountId"`
		Time      string `json:"time"`
		Region    string `json:"region"`
		AlarmData data   `json:"alarmData"`
	}{"aws.cloudwatch", a.ARN, a.Account, alarm.Stamp(c.New.At), a.Region, dataOf(a, c)})
}

func dataOf(a *Alarm, c *Change) data {
	d := data{AlarmName: a.Name, State: stateOf(&c.New), PreviousState: stateOf(&c.Old), Configuration: configurationOf(a, false)}
	if of := c.Contributor; of != nil {
		d.Contributor = &contributor{of.ID, of.Attributes}
	}
	return d
}

func stateOf(m *Moment) state {
	return state{m.State, m.Reason, m.ReasonData, alarm.Stamp(m.At), m.SuppressedBy, m.SuppressedReason}
}

func configurationOf(a *Alarm, whole bool) configuration {
	c := configuration{Description: a.Description}
	if whole {
		c.full = &full{
			AlarmName: a.Name, ActionsEnabled: a.ActionsEnabled, Timestamp: alarm.Stamp(a.Updated),
			OKActions: list(a.OKActions), AlarmActions: list(a.AlarmActions), Insufficient: list(a.InsufficientDataActions),
		}
	}
	if a.Composite != nil {
		c.AlarmRule = a.Composite.Rule
		if c.Suppressor = a.Composite.Suppressor; c.Suppressor != "" {
			wait, extension := seconds(a.Composite.Wait), seconds(a.Composite.Extension)
			c.WaitPeriod, c.ExtensionPeriod = &wait, &extension
		}
		return c
	}
	m := a.Metric
	c.Metrics = queries(a.ARN, m)
	if whole {
		d := &m.Definition
		c.EvaluationPeriods, c.DatapointsToAlarm, c.ComparisonOperator = d.EvaluationPeriods, d.DatapointsToAlarm, d.Operator
		c.TreatMissingData, c.LowSamples, c.ThresholdMetricID = d.TreatMissingData, d.EvaluateLowSampleCountPercentile, m.ThresholdMetricID
		if m.ThresholdMetricID == "" {
			n := javadouble.Number(d.Threshold)
			c.Threshold = &n
		}
	}
	return c
}

func queries(arn string, m *Metric) []query {
	if len(m.Queries) == 0 {
		d := &m.Definition
		return []query{{
			ID: stableID(arn, m), ReturnData: true,
			MetricStat: &statOfData{metricOfData{m.Namespace, m.Name, mapped(m.Dimensions)}, seconds(d.Period), d.Statistic, d.Unit},
		}}
	}
	out := make([]query, len(m.Queries))
	for i := range m.Queries {
		q := &m.Queries[i]
		out[i] = query{ID: q.ID, Expression: q.Expression, Label: q.Label, ReturnData: q.ReturnData}
		if q.Expression == "" {
			out[i].MetricStat = &statOfData{metricOfData{q.Namespace, q.Name, mapped(q.Dimensions)}, seconds(q.Period), q.Stat, q.Unit}
		}
	}
	return out
}

func mapped(of []Dimension) map[string]string {
	out := map[string]string{}
	for _, one := range of {
		out[one.Name] = one.Value
	}
	return out
}

// stableID is a UUID that the metric of an alarm has in each event.
func stableID(arn string, m *Metric) string {
	names := []string{arn, m.Namespace, m.Name}
	for _, one := range m.Dimensions {
		names = append(names, one.Name, one.Value)
	}
	sum := sha256.Sum256([]byte(strings.Join(names, "\x00")))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // a UUID whose bits are the maker's own
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
