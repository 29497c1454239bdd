package notification

import (
	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/kit/javadouble"
)

// Message returns the message of SNS, which is JSON: its default form.
func Message(a *Alarm, c *Change) string {
	if a.Composite != nil {
		return alarm.JSON(compositeMessage(a, c))
	}
	return alarm.JSON(metricMessage(a, c))
}

// Published returns the message as SNS is given it, with MessageStructure json: a form each for mails,
// for short messages and for all others.
func Published(a *Alarm, c *Change) string {
	return alarm.JSON(struct {
		Default string `json:"default"`
		SMS     string `json:"sms"`
		Email   string `json:"email"`
	}{Message(a, c), SMS(a, c), Mail(a, c)})
}

type metricFields struct {
	AlarmName                          string
	AlarmDescription                   *string
	AWSAccountID                       string `json:"AWSAccountId"`
	AlarmConfigurationUpdatedTimestamp string
	NewStateValue                      alarm.State
	NewStateReason                     string
	StateChangeTime                    string
	Region                             string
	AlarmArn                           string
	OldStateValue                      alarm.State
	ActionExecutedAfterMuteWindow      bool
	OKActions                          []string
	AlarmActions                       []string
	InsufficientDataActions            []string
	Trigger                            any

	// Of an alarm that has contributors; where AWS has them in the message was not seen.
	ContributorID         string            `json:"AlarmContributorId,omitempty"`
	ContributorAttributes map[string]string `json:"AlarmContributorAttributes,omitempty"`
}

func metricMessage(a *Alarm, c *Change) any {
	of := c.contributor()
	return metricFields{
		a.Name, a.Description, a.Account, alarm.Stamp(a.Updated), c.New.State, c.New.Reason, alarm.Stamp(c.New.At), regionName(a.Region), a.ARN,
		c.Old.State, c.AfterMute, list(a.OKActions), list(a.AlarmActions), list(a.InsufficientDataActions), triggerOf(a.Metric),
		of.ID, of.Attributes,
	}
}

type compositeFields struct {
	AlarmName                     string
	AlarmDescription              *string
	AWSAccountID                  string `json:"AWSAccountId"`
	NewStateValue                 alarm.State
	NewStateReason                string
	StateChangeTime               string
	Region                        string
	AlarmArn                      string
	OKActions                     []string
	AlarmActions                  []string
	InsufficientDataActions       []string
	ActionExecutedAfterMuteWindow bool
	OldStateValue                 alarm.State
	AlarmRule                     string
	TriggeringChildren            []child
}

type child struct {
	Arn   string
	State childState
}

type childState struct {
	Value     alarm.State
	Timestamp string
}

func compositeMessage(a *Alarm, c *Change) any {
	children := make([]child, len(c.Triggering))
	for i, one := range c.Triggering {
		children[i] = child{one.ARN, childState{one.State, alarm.Stamp(one.Since)}}
	}
	return compositeFields{
		a.Name, a.Description, a.Account, c.New.State, c.New.Reason, alarm.Stamp(c.New.At), regionName(a.Region), a.ARN,
		list(a.OKActions), list(a.AlarmActions), list(a.InsufficientDataActions), c.AfterMute, c.Old.State, a.Composite.Rule, children,
	}
}

// limits are those members of a trigger that alarms on metrics and on expressions share.
type limits struct {
	Period                           int64
	EvaluationPeriods                int
	DatapointsToAlarm                int `json:",omitempty"`
	ComparisonOperator               alarm.Operator
	Threshold                        *javadouble.Number `json:",omitempty"`
	ThresholdMetricID                string             `json:"ThresholdMetricId,omitempty"`
	TreatMissingData                 string
	EvaluateLowSampleCountPercentile string
}

type metricTrigger struct {
	MetricName    string
	Namespace     string
	StatisticType string
	Statistic     string
	Unit          *string
	Dimensions    []dimension
	limits
}

type expressionTrigger struct {
	limits
	Metrics []any
}

type dimension struct {
	Value string `json:"value"`
	Name  string `json:"name"`
}

type metricQuery struct {
	ID         string `json:"Id"`
	Label      string `json:",omitempty"`
	MetricStat metricStat
	ReturnData bool
	AccountID  string `json:"AccountId,omitempty"`
}

type metricStat struct {
	Metric metricName
	Period int64
	Stat   string
	Unit   string `json:",omitempty"`
}

type metricName struct {
	Dimensions []dimension
	MetricName string
	Namespace  string
}

type expressionQuery struct {
	Expression string
	ID         string `json:"Id"`
	Label      string `json:",omitempty"`
	ReturnData bool
	Period     int64 `json:",omitempty"`
}

func triggerOf(m *Metric) any {
	d := &m.Definition
	l := limits{
		Period: seconds(d.Period), EvaluationPeriods: d.EvaluationPeriods, DatapointsToAlarm: d.DatapointsToAlarm, ComparisonOperator: d.Operator,
		ThresholdMetricID: m.ThresholdMetricID, TreatMissingData: treatMissing(d), EvaluateLowSampleCountPercentile: d.EvaluateLowSampleCountPercentile,
	}
	if m.ThresholdMetricID == "" {
		n := javadouble.Number(d.Threshold)
		l.Threshold = &n
	}
	if len(m.Queries) > 0 {
		t := expressionTrigger{limits: l}
		for i := range m.Queries {
			t.Metrics = append(t.Metrics, queryOf(&m.Queries[i]))
		}
		return t
	}
	t := metricTrigger{MetricName: m.Name, Namespace: m.Namespace, StatisticType: "ExtendedStatistic", Dimensions: dimensions(m.Dimensions), limits: l}
	constant, ok := plain(d.Statistic)
	if t.Statistic = constant; ok {
		t.StatisticType = "Statistic"
	}
	if d.Unit != "" {
		t.Unit = &d.Unit
	}
	return t
}

func queryOf(q *Query) any {
	if q.Expression != "" {
		return expressionQuery{q.Expression, q.ID, q.Label, q.ReturnData, seconds(q.Period)}
	}
	return metricQuery{q.ID, q.Label, metricStat{metricName{dimensions(q.Dimensions), q.Name, q.Namespace}, seconds(q.Period), q.Stat, q.Unit}, q.ReturnData, q.Account}
}

func dimensions(of []Dimension) []dimension {
	out := make([]dimension, len(of))
	for i, one := range of {
		out[i] = dimension{one.Value, one.Name}
	}
	return out
}
