package notification

import (
	"strings"
	"time"

	"github.com/sillok/sillok/internal/alarm"
)

// Alarm is the alarm that is told of.
type Alarm struct {
	Name        string
	Description *string // nil where there is none
	ARN         string
	Account     string
	Region      string
	Updated     time.Time // when its configuration was put

	ActionsEnabled          bool
	OKActions               []string
	AlarmActions            []string
	InsufficientDataActions []string

	Metric    *Metric    // of a metric alarm
	Composite *Composite // of a composite one
}

// Metric is what a metric alarm looks at.
type Metric struct {
	Definition alarm.Definition
	Namespace  string
	Name       string
	Dimensions []Dimension
	Queries    []Query // in the place of the name, for an alarm on an expression
	// ThresholdMetricID is the query that gives the band, for an operator that compares with one.
	ThresholdMetricID string
}

// Dimension is a dimension of a metric.
type Dimension struct{ Name, Value string }

// Query is one of the metrics and expressions of an alarm on an expression.
type Query struct {
	ID, Label  string
	Expression string // or a metric:
	Namespace  string
	Name       string
	Dimensions []Dimension
	Stat, Unit string
	Account    string
	Period     time.Duration
	ReturnData bool
}

// Composite is what a composite alarm looks at.
type Composite struct {
	Rule            string
	Suppressor      string // empty where there is none
	Wait, Extension time.Duration
}

// Moment is a state that an alarm came into.
type Moment struct {
	State              alarm.State
	Reason, ReasonData string
	At                 time.Time
	SuppressedBy       string // of a composite alarm: alarm.ByWait and its like
	SuppressedReason   string
}

// Change is a change of state.
type Change struct {
	Old, New   Moment
	AfterMute  bool          // the action waited for a mute rule's window
	Triggering []alarm.Child // of a composite alarm: the children that decide
	// Contributor is whose change it is, of an alarm that has contributors; nil for its own.
	Contributor *Contributor
}

// Contributor is a group of an alarm's query that has a state of its own.
type Contributor struct {
	ID         string
	Attributes map[string]string // what it is grouped by
}

// contributor is whose change it is; the zero value is the alarm's own.
func (c *Change) contributor() Contributor {
	if c.Contributor == nil {
		return Contributor{}
	}
	return *c.Contributor
}

// regions are the names of Regions as alarms write them, which are not those of today's console.
var regions = map[string]string{
	"af-south-1": "Africa (Cape Town)", "ap-east-1": "Asia Pacific (Hong Kong)", "ap-east-2": "Asia Pacific (Taipei)",
	"ap-northeast-1": "Asia Pacific (Tokyo)", "ap-northeast-2": "Asia Pacific (Seoul)", "ap-northeast-3": "Asia Pacific (Osaka)",
	"ap-south-1": "Asia Pacific (Mumbai)", "ap-south-2": "Asia Pacific (Hyderabad)", "ap-southeast-1": "Asia Pacific (Singapore)",
	"ap-southeast-2": "Asia Pacific (Sydney)", "ap-southeast-3": "Asia Pacific (Jakarta)", "ap-southeast-4": "Asia Pacific (Melbourne)",
	"ap-southeast-5": "Asia Pacific (Malaysia)", "ap-southeast-6": "Asia Pacific (New Zealand)", "ap-southeast-7": "Asia Pacific (Thailand)",
	"ca-central-1": "Canada (Central)", "ca-west-1": "Canada West (Calgary)", "cn-north-1": "China (Beijing)", "cn-northwest-1": "China (Ningxia)",
	"eu-central-1": "EU (Frankfurt)", "eu-central-2": "Europe (Zurich)", "eu-north-1": "EU (Stockholm)", "eu-south-1": "EU (Milan)",
	"eu-south-2": "Europe (Spain)", "eu-west-1": "EU (Ireland)", "eu-west-2": "EU (London)", "eu-west-3": "EU (Paris)",
	"il-central-1": "Israel (Tel Aviv)", "me-central-1": "Middle East (UAE)", "me-south-1": "Middle East (Bahrain)", "mx-central-1": "Mexico (Central)",
	"sa-east-1": "South America (Sao Paulo)", "us-east-1": "US East (N. Virginia)", "us-east-2": "US East (Ohio)", "us-west-1": "US West (N. California)",
	"us-west-2": "US West (Oregon)", "us-gov-east-1": "AWS GovCloud (US-East)", "us-gov-west-1": "AWS GovCloud (US-West)",
}

// regionName is a Region's name, or its code where it has none.
func regionName(code string) string {
	if name, ok := regions[code]; ok {
		return name
	}
	return code
}

// plain says that a statistic is one of the five that have names.
func plain(statistic string) (constant string, ok bool) {
	switch statistic {
	case "Average", "Sum", "Minimum", "Maximum":
		return strings.ToUpper(statistic), true
	case "SampleCount":
		return "SAMPLE_COUNT", true
	}
	return statistic, false
}

func treatMissing(d *alarm.Definition) string {
	if d.TreatMissingData == "" {
		return alarm.Missing
	}
	return d.TreatMissingData
}

// needed is how many periods it takes to alarm.
func needed(d *alarm.Definition) int {
	if d.DatapointsToAlarm == 0 {
		return d.EvaluationPeriods
	}
	return d.DatapointsToAlarm
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

// list is never nil: JSON has [] for none.
func list(actions []string) []string { return append([]string{}, actions...) }
