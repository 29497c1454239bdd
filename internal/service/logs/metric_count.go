package logs

import (
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/logs/emf"
	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/resource"
)

const mostDimension = 1024 // characters of the value of a dimension

// datum is what a filter makes of one event that it matches, and its value: false for
// none.
func (f *filter) datum(message []byte, at time.Time) (d Datum, value float64, ok bool) {
	d = Datum{Namespace: *f.to.MetricNamespace, Name: *f.to.MetricName, Unit: resource.Or(f.to.Unit, "None"), Resolution: minuteOf, Time: begin(at, minuteOf)}
	text := *f.to.MetricValue
	if f.value != nil {
		text, _ = f.value.Value(message)
	}
	value, ok = metricValue(text)
	if !ok {
		return d, 0, false // AWS publishes nothing for what is no number
	}
	for name, value := range f.system {
		d.dimension(name, value)
	}
	for name, selector := range f.dimensions {
		value, ok := selector.Value(message)
		if !ok || utf8.RuneCountInString(value) > mostDimension {
			return d, 0, false // nor for an event without the dimension, or with more than one may be
		}
		d.dimension(name, value)
	}
	return d, value, true
}

// metricValue reads a value of a metric: false for what CloudWatch does not take.
func metricValue(text string) (float64, bool) {
	value, err := strconv.ParseFloat(text, 64)
	return value, err == nil && math.Abs(value) <= math.Pow(2, 360) // which no comparison with NaN says
}

func (d *Datum) dimension(name, value string) {
	if d.Dimensions == nil {
		d.Dimensions = map[string]string{}
	}
	d.Dimensions[name] = value
}

// count adds what a metric filter makes of an event to the round's data. A minute in
// which events came and none matched has the default value of the filter, if it has one:
// that is known when the minute is over.
func (r *round) count(k *known, f *filter, e *events.Event, message []byte, matches bool) {
	at := time.UnixMilli(e.Time)
	if matches {
		if d, value, ok := f.datum(message, at); ok {
			r.data.add(k.at.scope(), &d, value)
		}
	}
	if f.to.DefaultValue == nil {
		return
	}
	minute := quietMinute{
		Scope: k.at.scope(), Namespace: *f.to.MetricNamespace, Name: *f.to.MetricName, Unit: resource.Or(f.to.Unit, "None"), Minute: begin(at, minuteOf).Unix(),
	}
	r.quiet.seen(minute, *f.to.DefaultValue, matches, r.now)
}

// metricsIn adds the metrics that an event has in the embedded metric format.
func (r *round) metricsIn(k *known, e *events.Event, message []byte) {
	found := emf.Parse(message, time.UnixMilli(e.Ingested))
	for i := range found.Metrics {
		m := &found.Metrics[i]
		d := Datum{
			Namespace: m.Namespace, Name: m.Name, Unit: m.Unit, Dimensions: m.Dimensions, Resolution: m.Resolution, Time: begin(m.Time, m.Resolution),
		}
		for _, value := range m.Values {
			r.data.add(k.at.scope(), &d, value)
		}
	}
	at := time.UnixMilli(e.Ingested)
	r.own(k.at.scope(), "EMFParsingErrors", "Count", k.group.Name, at, float64(found.Parsing))
	r.own(k.at.scope(), "EMFValidationErrors", "Count", k.group.Name, at, float64(found.Validation))
}

// quietMinute is a minute of a metric that has a default value.
type quietMinute struct {
	cloud.Scope

	Namespace, Name, Unit string
	Minute                int64
}

// quiet is what came in a minute: it has the default value if nothing matched.
type quiet struct {
	Default float64
	Matched bool
	Due     int64 // when it is over, and what came in it was passed on: seconds since 1970
}

// quiets are the minutes whose end is waited for. Those of a restart are kept.
type quiets map[quietMinute]quiet

const (
	quietAfter = 30 * time.Second // a minute is over
	mostQuiet  = 5_000
)

func (q quiets) seen(m quietMinute, value float64, matched bool, now time.Time) {
	have, there := q[m]
	if !there {
		if len(q) >= mostQuiet {
			return
		}
		end := time.Unix(m.Minute, 0).Add(time.Minute)
		if end.Before(now) {
			end = now
		}
		have = quiet{Due: end.Add(quietAfter).Unix()}
	}
	have.Default, have.Matched = value, have.Matched || matched
	q[m] = have
}

// over adds the defaults of minutes that are over, and forgets these.
func (q quiets) over(now time.Time, data *tally) {
	for m, have := range q {
		if now.Unix() < have.Due {
			continue
		}
		if !have.Matched {
			d := Datum{Namespace: m.Namespace, Name: m.Name, Unit: m.Unit, Resolution: minuteOf, Time: time.Unix(m.Minute, 0).UTC()}
			data.add(m.Scope, &d, have.Default)
		}
		delete(q, m)
	}
}

// due says whether a minute is over.
func (q quiets) due(now time.Time) bool {
	for _, have := range q {
		if now.Unix() >= have.Due {
			return true
		}
	}
	return false
}
