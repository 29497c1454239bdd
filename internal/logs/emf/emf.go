// Package emf takes metrics out of log events: what CloudWatch's embedded metric format
// says. It is pure, and reads what anybody may have written.
//
// A message that is in the format and not well-formed is a log event like any other: it
// has no metrics then, or fewer, and the errors are counted.
package emf

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Metric is the values of one metric in one set of dimensions.
type Metric struct {
	Namespace, Name, Unit string
	Dimensions            map[string]string // nil for none
	Resolution            int               // seconds: 1 or 60
	Time                  time.Time
	Values                []float64
}

// Result is what a message has.
type Result struct {
	Metrics    []Metric
	Parsing    int // 1 for a message that says it has metrics and is no JSON
	Validation int // what is not as the format has it, and was left out
}

// The format's limits.
const (
	mostMetrics    = 100 // of a directive
	mostDimensions = 30  // of a set
	mostValues     = 100 // of a metric
	mostDirectives = 100
	mostSets       = 100
	mostMade       = 10_000 // metrics of a message

	mostNamespace = 1024 // characters, as all lengths here
	mostName      = 1024
	mostDimension = 250
	mostWorth     = 1024 // of the value of a dimension
	oldest        = 14 * 24 * time.Hour
	newest        = 2 * time.Hour
	coarse        = 60
)

// largest is what CloudWatch takes as a value, either way.
var largest = math.Pow(2, 360)

var units = strings.Fields(`Seconds Microseconds Milliseconds Bytes Kilobytes Megabytes Gigabytes Terabytes Bits Kilobits Megabits Gigabits Terabits
	Percent Count Bytes/Second Kilobytes/Second Megabytes/Second Gigabytes/Second Terabytes/Second Bits/Second Kilobits/Second Megabits/Second
	Gigabits/Second Terabits/Second Count/Second None`)

// directive is one of a message's statements of what its metrics are. Its parts are
// read one by one, so that what is wrong with one leaves the others.
type directive struct {
	Namespace  *string
	Dimensions []json.RawMessage
	Metrics    []json.RawMessage
}

type definition struct{ Name, Unit *string }

// Looks says whether a message may be in the format: all that are do.
func Looks(message []byte) bool {
	return bytes.Contains(message, []byte(`"CloudWatchMetrics"`)) && bytes.Contains(message, []byte(`"_aws"`)) && bytes.HasPrefix(bytes.TrimLeft(message, " \t\r\n"), []byte("{"))
}

// Parse takes the metrics out of a message that came at a time. One that is not in the
// format has none, and no errors.
func Parse(message []byte, now time.Time) (r Result) {
	if !Looks(message) {
		return r
	}
	var root map[string]json.RawMessage
	if err := json.Unmarshal(message, &root); err != nil {
		r.Parsing = 1
		return r
	}
	metadata, there := members(root["_aws"])
	if !there {
		return r
	}
	given, there := metadata["CloudWatchMetrics"]
	if !there {
		return r
	}
	var directives []json.RawMessage
	var at int64
	if json.Unmarshal(given, &directives) != nil || directives == nil || len(directives) > mostDirectives || !whole(metadata["Timestamp"], &at) {
		r.Validation++
		return r
	}
	when := time.UnixMilli(at).UTC()
	if when.Before(now.Add(-oldest)) || when.After(now.Add(newest)) {
		r.Validation++
		return r
	}
	for _, d := range directives {
		r.direct(d, root, when)
	}
	return r
}

// members returns what an object has by name, exactly as names are written.
func members(text json.RawMessage) (map[string]json.RawMessage, bool) {
	var m map[string]json.RawMessage
	return m, json.Unmarshal(text, &m) == nil && m != nil
}

// whole reads a whole number.
func whole(text json.RawMessage, to *int64) bool {
	return text != nil && !bytes.Equal(text, []byte("null")) && json.Unmarshal(text, to) == nil
}

// direct adds the metrics of a directive.
func (r *Result) direct(text json.RawMessage, root map[string]json.RawMessage, when time.Time) {
	var d directive
	parts, ok := members(text)
	ok = ok && exact(parts["Namespace"], &d.Namespace) && exact(parts["Dimensions"], &d.Dimensions) && exact(parts["Metrics"], &d.Metrics)
	if !ok || d.Namespace == nil || !sized(*d.Namespace, mostNamespace) || len(d.Dimensions) == 0 || len(d.Dimensions) > mostSets ||
		len(d.Metrics) == 0 || len(d.Metrics) > mostMetrics {
		r.Validation++
		return
	}
	var sets []map[string]string
	for _, text := range d.Dimensions {
		set, ok := dimensions(text, root)
		if !ok {
			r.Validation++
			continue
		}
		sets = append(sets, set)
	}
	for _, text := range d.Metrics {
		m, ok := metric(text, root)
		if !ok {
			r.Validation++
			continue
		}
		m.Namespace, m.Time = *d.Namespace, when
		for _, set := range sets {
			if len(r.Metrics) == mostMade {
				r.Validation++
				return
			}
			m.Dimensions = set
			r.Metrics = append(r.Metrics, m)
		}
	}
}

// exact reads a part that is there.
func exact(text json.RawMessage, to any) bool { return text != nil && json.Unmarshal(text, to) == nil }

func sized(text string, most int) bool {
	return text != "" && utf8.RuneCountInString(text) <= most
}

// dimensions reads a set of dimensions, whose values are members of the message.
func dimensions(text json.RawMessage, root map[string]json.RawMessage) (map[string]string, bool) {
	var names []*string
	if json.Unmarshal(text, &names) != nil || names == nil || len(names) > mostDimensions {
		return nil, false
	}
	if len(names) == 0 {
		return nil, true
	}
	set := make(map[string]string, len(names))
	for _, name := range names {
		if name == nil || !sized(*name, mostDimension) {
			return nil, false
		}
		var value *string
		if !exact(root[*name], &value) || value == nil || !sized(*value, mostWorth) || strings.TrimSpace(*value) == "" {
			return nil, false
		}
		set[*name] = *value
	}
	return set, true
}

// metric reads the definition of a metric, and its values, which are a member of the
// message.
func metric(text json.RawMessage, root map[string]json.RawMessage) (m Metric, ok bool) {
	var d definition
	parts, ok := members(text)
	if !ok || !exact(parts["Name"], &d.Name) || d.Name == nil || !sized(*d.Name, mostName) {
		return m, false
	}
	m.Name, m.Unit, m.Resolution = *d.Name, "None", coarse
	if unit, given := parts["Unit"]; given {
		if !exact(unit, &d.Unit) || d.Unit == nil || !slices.Contains(units, *d.Unit) {
			return m, false
		}
		m.Unit = *d.Unit
	}
	if resolution, given := parts["StorageResolution"]; given {
		var seconds int64
		if !whole(resolution, &seconds) || seconds != 1 && seconds != coarse {
			return m, false
		}
		m.Resolution = int(seconds)
	}
	m.Values, ok = numbers(root[m.Name])
	return m, ok
}

// numbers reads a number, or a list of at most a hundred.
func numbers(text json.RawMessage) ([]float64, bool) {
	var one *float64
	if exact(text, &one) {
		return []float64{or(one)}, one != nil && taken(*one)
	}
	var many []*float64
	if !exact(text, &many) || len(many) == 0 || len(many) > mostValues {
		return nil, false
	}
	all := make([]float64, len(many))
	for i, n := range many {
		if n == nil || !taken(*n) {
			return nil, false
		}
		all[i] = *n
	}
	return all, true
}

func or(f *float64) float64 {
	if f == nil {
		return 0
	}
	return *f
}

func taken(f float64) bool { return math.Abs(f) <= largest }
