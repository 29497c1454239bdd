package cloudwatch

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// mostPlaceholders is how many dynamic values a label may have.
const mostPlaceholders = 5

var placeholder = regexp.MustCompile(`\$\{(?:([A-Z_]+)|PROP\('([^']*)'\))\}`)

// labelOf is the label of a track, with its dynamic values in place. What is no dynamic
// value stays as it is. How numbers and times are written is ours: AWS's way was not
// recorded.
func (g *getData) labelOf(q *query, t *Track) string {
	base := q.label
	if t.Label != "" && q.in.Label == nil {
		base = t.Label
	}
	if !strings.Contains(base, "${") {
		return base
	}
	return placeholder.ReplaceAllStringFunc(base, func(text string) string {
		m := placeholder.FindStringSubmatch(text)
		if m[2] != "" {
			return g.property(q, t, m[2], text)
		}
		if m[1] == "LABEL" {
			return automatic(q, t)
		}
		if value, ok := numberIn(t, m[1]); ok {
			return value
		}
		if value, ok := g.timeIn(t, m[1]); ok {
			return value
		}
		return text
	})
}

func automatic(q *query, t *Track) string {
	switch {
	case t.Label != "":
		return t.Label
	case q.in.MetricStat == nil:
		return *q.in.Id
	}
	return q.want.ID.Name
}

// property is what a query is about, or what an expression found.
func (g *getData) property(q *query, t *Track, name, otherwise string) string {
	account := g.reader.scope.Account
	if q.in.AccountId != nil {
		account = cloud.Account(*q.in.AccountId)
	}
	switch name {
	case "AccountId", "AccountLabel":
		return string(account)
	case "Region":
		return string(g.reader.scope.Region)
	}
	of := t.Of
	if q.in.MetricStat != nil {
		of = &q.want
	}
	if of == nil {
		return otherwise
	}
	switch name {
	case "MetricName":
		return of.ID.Name
	case "Namespace":
		return of.ID.Namespace
	case "Period":
		return strconv.Itoa(int(of.Period))
	case "Stat":
		return of.Stat.String()
	}
	if dimension, ok := strings.CutPrefix(name, "Dim."); ok {
		return valueOf(of.ID.Dimensions, dimension)
	}
	return otherwise
}

// none stands for what a track without values has not.
const none = "--"

// numberIn returns a number that a track is summed up by.
func numberIn(t *Track, name string) (string, bool) {
	if name == "DATAPOINT_COUNT" {
		return strconv.Itoa(len(t.Values)), true
	}
	some := len(t.Values) > 0
	show := func(from func() float64) (string, bool) {
		if !some {
			return none, true
		}
		return strconv.FormatFloat(from(), 'g', 6, 64), true
	}
	sum := func() (all float64) {
		for _, v := range t.Values {
			all += v
		}
		return all
	}
	last := len(t.Values) - 1
	switch name {
	case "AVG":
		return show(func() float64 { return sum() / float64(len(t.Values)) })
	case "SUM":
		return show(sum)
	case "MIN":
		return show(func() float64 { return slices.Min(t.Values) })
	case "MAX":
		return show(func() float64 { return slices.Max(t.Values) })
	case "FIRST":
		return show(func() float64 { return t.Values[0] })
	case "LAST":
		return show(func() float64 { return t.Values[last] })
	case "MIN_MAX_RANGE":
		return show(func() float64 { return slices.Max(t.Values) - slices.Min(t.Values) })
	case "FIRST_LAST_RANGE":
		return show(func() float64 { return t.Values[last] - t.Values[0] })
	}
	return "", false
}

// timeIn returns a time of a track, or how long lies between two.
func (g *getData) timeIn(t *Track, name string) (string, bool) {
	name, relative := strings.CutSuffix(name, "_RELATIVE")
	of := func(extreme float64) time.Time { // what an expression returns may be no number
		return t.Times[slices.IndexFunc(t.Values, func(v float64) bool { return v == extreme || math.IsNaN(v) && math.IsNaN(extreme) })]
	}
	at := func(place string) (time.Time, bool) {
		if len(t.Times) == 0 {
			return time.Time{}, true
		}
		switch place {
		case "FIRST":
			return t.Times[0], true
		case "LAST":
			return t.Times[len(t.Times)-1], true
		case "MIN":
			return of(slices.Min(t.Values)), true
		case "MAX":
			return of(slices.Max(t.Values)), true
		}
		return time.Time{}, false
	}
	if between, ok := strings.CutSuffix(name, "_TIME_RANGE"); ok && !relative {
		first, second, _ := strings.Cut(between, "_")
		from, ok1 := at(first)
		to, ok2 := at(second)
		if len(t.Times) == 0 && ok1 && ok2 {
			return none, true
		}
		return to.Sub(from).Abs().String(), ok1 && ok2 && (between == "FIRST_LAST" || between == "MIN_MAX")
	}
	place, ok := strings.CutSuffix(name, "_TIME")
	if !ok {
		return "", false
	}
	when, ok := at(place)
	switch {
	case !ok:
		return "", false
	case when.IsZero():
		return none, true
	case relative:
		return g.in.EndTime.Sub(when).Truncate(time.Second).String() + " ago", true
	}
	zone := g.zone
	if zone == nil {
		zone = time.UTC
	}
	return when.In(zone).Format("2006-01-02 15:04:05 -0700"), true
}
