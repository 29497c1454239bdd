package insight

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/trail/event"
)

// version is the version of the records that are written.
const version = "1.11"

// State says whether an insight begins or has ended.
type State string

// The states of an insight's events.
const (
	Start State = "Start"
	End   State = "End"
)

// record is an insight as it stands in a log file, in AWS's order.
type record struct {
	Version   string        `json:"eventVersion"`
	Time      string        `json:"eventTime"`
	Region    cloud.Region  `json:"awsRegion"`
	ID        string        `json:"eventID"`
	Type      string        `json:"eventType"`
	Recipient cloud.Account `json:"recipientAccountId"`
	SharedID  string        `json:"sharedEventID"`
	Details   details       `json:"insightDetails"`
	Category  string        `json:"eventCategory"`
}

type details struct {
	State   State   `json:"state"`
	Source  string  `json:"eventSource"`
	Name    string  `json:"eventName"`
	Type    Type    `json:"insightType"`
	Code    string  `json:"errorCode,omitempty"`
	Context context `json:"insightContext"`
}

type context struct {
	Statistics   statistics    `json:"statistics"`
	Attributions []attribution `json:"attributions"`
}

type statistics struct {
	Baseline         average `json:"baseline"`
	Insight          average `json:"insight"`
	InsightDuration  int64   `json:"insightDuration"`
	BaselineDuration int64   `json:"baselineDuration"`
}

type average struct {
	Average Rate `json:"average"`
}

type attribution struct {
	Attribute string  `json:"attribute"`
	Insight   []Share `json:"insight"`
	Baseline  []Share `json:"baseline"`
}

// Share is how often a value of an attribute came.
type Share struct {
	Value   string `json:"value"`
	Average Rate   `json:"average"`
}

// Rate is a number of calls in a minute.
type Rate float64

// MarshalJSON implements json.Marshaler: ten digits behind the point, and no exponent.
func (r Rate) MarshalJSON() ([]byte, error) {
	const digits = 1e10
	return strconv.AppendFloat(nil, math.Round(float64(r)*digits)/digits, 'f', -1, 64), nil
}

func rate(n uint64, minutes int64) Rate { return Rate(float64(n) / float64(max(minutes, 1))) }

// found returns the event that an insight begins, or has ended.
func (d *Detector) found(k Key, o *open, state State) (Found, error) {
	shared := d.idOf(k, o, "")
	r := record{
		Version: version, Time: minuteTime(o.Start).Format(time.RFC3339), Region: d.scope.Region, ID: d.idOf(k, o, state), Type: "AwsCloudTrailInsight",
		Recipient: d.scope.Account, SharedID: shared, Category: string(event.Insight),
		Details: details{State: state, Source: k.Source, Name: k.Name, Type: k.Type, Code: k.Code},
	}
	minutes := o.Last + 1 - o.Start
	if state == End {
		r.Time = minuteTime(o.Last + 1).Format(time.RFC3339)
	}
	c := &r.Details.Context
	c.Statistics = statistics{
		Baseline: average{rate(o.Usual.Total, o.Usual.Minutes)}, Insight: average{rate(o.Total, minutes)},
		InsightDuration: minutes, BaselineDuration: o.Usual.Minutes,
	}
	insight, usual := o.Who.top(minutes), o.Usual.Who.top(o.Usual.Minutes)
	for a, name := range attributeNames {
		c.Attributions = append(c.Attributions, attribution{name, insight[a], usual[a]})
	}
	text, err := json.Marshal(&r)
	if err != nil {
		return Found{}, err
	}
	e, err := event.Parse(text)
	return Found{Scope: d.scope, Key: k, State: state, Event: e}, err
}

// idOf returns the ID of an event of an insight, or without a state that of the
// insight: it follows from what it is about and which insight of the detector it is, and from
// the chance that the detector has.
func (d *Detector) idOf(k Key, o *open, state State) string {
	name := fmt.Appendf(nil, "%s\x00%s\x00%s\x00%s\x00%s\x00%s\x00%s\x00%s\x00%d\x00%s",
		d.id, d.scope.Account, d.scope.Region, d.scope.Trail, k.Type, k.Source, k.Name, k.Code, o.Number, state)
	return uuid.NewHash(sha256.New(), uuid.Nil, name, 8).String()
}

func minuteOf(t time.Time) int64 { return floor(t.Unix(), 60) }

func minuteTime(minute int64) time.Time { return time.Unix(minute*60, 0).UTC() }

// floor divides and rounds down, also below zero.
func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
