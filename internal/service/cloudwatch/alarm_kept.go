package cloudwatch

import (
	"time"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// The kinds of documents that alarms are kept in, and what finds them from the other side.
var (
	alarms = resource.Kind[keptAlarm]{Name: "cloudwatch/alarm"}
	// parents has each composite alarm under the alarms that its rule names, and under the
	// one that suppresses its actions: by that alarm, how it is used, and the composite one.
	parents = resource.Kind[struct{}]{Name: "cloudwatch/alarm-parent"}
)

// How a composite alarm uses another: the second name of parents.
const (
	asChild      = "child"
	asSuppressor = "suppressor"
)

// The types of alarms, as AWS names them.
const (
	metricAlarm    = "MetricAlarm"
	compositeAlarm = "CompositeAlarm"
)

// keptAlarm is an alarm as it is kept. What a caller did not set is nil, as it is not told.
type keptAlarm struct {
	Name        string    `json:"name"`
	Description *string   `json:"description,omitempty"`
	Created     int64     `json:"created"` // tells alarms apart that had the name one after another
	Updated     time.Time `json:"updated"`
	// Version counts what was changed: who evaluated the alarm by another version did so in vain.
	Version int64 `json:"version"`

	ActionsEnabled      bool     `json:"actions_enabled"`
	OKActions           []string `json:"ok_actions,omitempty"`
	AlarmActions        []string `json:"alarm_actions,omitempty"`
	InsufficientActions []string `json:"insufficient_actions,omitempty"`

	State        alarm.State `json:"state"`
	Reason       string      `json:"reason,omitempty"`
	ReasonData   string      `json:"reason_data,omitempty"`
	StateUpdated time.Time   `json:"state_updated"`
	Transitioned time.Time   `json:"transitioned"` // when the state's value changed

	Metric    *keptMetric    `json:"metric,omitempty"`    // of a metric alarm
	Composite *keptComposite `json:"composite,omitempty"` // of a composite one

	// Waiting is the action that waits for a mute rule's window, or for what suppresses it.
	Waiting *waitingAction `json:"waiting,omitempty"`
	// Repeated is when actions were last sent that are sent each minute.
	Repeated time.Time `json:"repeated,omitzero"`
}

// keptMetric is what a metric alarm looks at, and how.
type keptMetric struct {
	Namespace         *string                         `json:"namespace,omitempty"`
	Name              *string                         `json:"name,omitempty"`
	Statistic         *string                         `json:"statistic,omitempty"`
	ExtendedStatistic *string                         `json:"extended_statistic,omitempty"`
	Dimensions        []cloudwatchapi.Dimension       `json:"dimensions,omitempty"`
	Period            *int32                          `json:"period,omitempty"`
	Unit              *string                         `json:"unit,omitempty"`
	Queries           []cloudwatchapi.MetricDataQuery `json:"queries,omitempty"`

	Operator          string   `json:"operator"`
	Threshold         *float64 `json:"threshold,omitempty"`
	ThresholdMetricID *string  `json:"threshold_metric_id,omitempty"`
	EvaluationPeriods int32    `json:"evaluation_periods"`
	DatapointsToAlarm *int32   `json:"datapoints_to_alarm,omitempty"`
	TreatMissingData  *string  `json:"treat_missing_data,omitempty"`
	LowSamples        *string  `json:"low_samples,omitempty"`

	EvaluationState string `json:"evaluation_state,omitempty"`
	// Contributors are those of a query that groups, by their IDs.
	Contributors map[string]contributor `json:"contributors,omitempty"`
}

// contributor is a group of an alarm's query, which is in ALARM.
type contributor struct {
	Attributes map[string]string `json:"attributes"`
	Reason     string            `json:"reason"`
	Since      time.Time         `json:"since"`
}

// keptComposite is what a composite alarm looks at.
type keptComposite struct {
	Rule       string  `json:"rule"`
	Suppressor *string `json:"suppressor,omitempty"` // as it was given
	Wait       *int32  `json:"wait,omitempty"`
	Extension  *int32  `json:"extension,omitempty"`

	Suppression alarm.Suppression `json:"suppression,omitzero"`
}

// waitingAction is an action that waits: it is that of the state in which the alarm is then.
type waitingAction struct {
	Old   moment    `json:"old"`             // the state before
	Muted time.Time `json:"muted,omitzero"`  // until when it is muted; zero where it is suppressed
	Whole bool      `json:"whole,omitempty"` // the alarm's own actions wait
	// Of are the contributors whose actions wait, by their IDs.
	Of map[string]contributor `json:"of,omitempty"`
}

// moment is a state in which an alarm was.
type moment struct {
	State      alarm.State `json:"state"`
	Reason     string      `json:"reason,omitempty"`
	ReasonData string      `json:"reason_data,omitempty"`
	At         time.Time   `json:"at"`
}

func (k *keptAlarm) kind() string {
	if k.Composite != nil {
		return compositeAlarm
	}
	return metricAlarm
}

func (k *keptAlarm) now() moment { return moment{k.State, k.Reason, k.ReasonData, k.StateUpdated} }

// actions are those of the state.
func (k *keptAlarm) actions(state alarm.State) []string {
	switch state {
	case alarm.OK:
		return k.OKActions
	case alarm.Alarm:
		return k.AlarmActions
	case alarm.InsufficientData:
		return k.InsufficientActions
	}
	return nil
}

// allActions are those of all states.
func (k *keptAlarm) allActions() []string {
	return append(append(append([]string{}, k.OKActions...), k.AlarmActions...), k.InsufficientActions...)
}

// alarmResource is how the resources of ARNs of alarms begin.
const alarmResource = "alarm:"

func alarmARN(scope cloud.Scope, name string) string {
	return resource.ARN(scope, "cloudwatch", alarmResource+name)
}

// atMilli is a time as precise as alarms tell it.
func atMilli(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
