// Package samples makes of what other protocols tell of metrics the input of PutMetricData.
//
// What that operation has no words for is said by the entity that data come with, in
// attributes of ours: the namespace of data where a request has several, and that values
// are totals since a time, of which what was added is wanted. The handler that takes
// telemetry knows them; data come in no other way.
package samples

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud/metric"
)

// Header is the header of HTTP that names the namespace of all of a request's metrics.
const Header = "X-Aws-Metric-Namespace"

// The attributes of an entity by which is said what its data are.
const (
	Namespace = "Namespace"
	Source    = "Source" // whose totals they are: totals of two sources are apart
	Total     = "Total"  // since when they are totals, in nanoseconds since 1970, or 0; absent for data that are none
)

// Limits of what one point may be, which are CloudWatch's, and of a request.
const (
	MostPoints     = 50_000
	mostDimensions = 30
	mostName       = 255
	mostValue      = 1024
	mostAge        = 14 * 24 * time.Hour
	mostAhead      = 2 * time.Hour
	mostValues     = 2_000
)

var greatest = math.Pow(2, 360)

// Group says what points are that are handed over together.
type Group struct {
	Namespace string
	Source    string
	Total     bool
	Since     uint64 // of totals
}

// Point is a metric at a time: a value, or values and how often each came, or what is known
// of them as a whole, or both of these.
type Point struct {
	Name       string
	Dimensions []metric.Dimension // in any order; those with an empty value are left out
	Unit       string             // one of metric.Units; empty for None
	Time       time.Time
	Values     []float64
	Counts     []float64 // as many as Values; nil for once each
	Set        *metric.Set
}

// Builder gathers points. The zero value is ready.
type Builder struct {
	Now   time.Time // for the age of points; the zero value is now
	Taken int

	groups map[Group]int
	in     []cloudwatchapi.EntityMetricData
}

// Add adds a point, or returns why it cannot be taken.
func (b *Builder) Add(g Group, p *Point) error {
	if b.Now.IsZero() {
		b.Now = time.Now()
	}
	if err := b.check(g, p); err != nil {
		return err
	}
	if b.groups == nil {
		b.groups = map[Group]int{}
	}
	at, there := b.groups[g]
	if !there {
		at = len(b.in)
		b.groups[g] = at
		b.in = append(b.in, cloudwatchapi.EntityMetricData{Entity: entityOf(g)})
	}
	d := cloudwatchapi.MetricDatum{MetricName: &p.Name, Timestamp: &p.Time, Values: p.Values, Counts: p.Counts}
	if p.Unit != "" {
		d.Unit = &p.Unit
	}
	if set := p.Set; set != nil {
		d.StatisticValues = &cloudwatchapi.StatisticSet{SampleCount: &set.Count, Sum: &set.Sum, Minimum: &set.Min, Maximum: &set.Max}
	}
	for i := range p.Dimensions {
		if p.Dimensions[i].Value != "" {
			d.Dimensions = append(d.Dimensions, cloudwatchapi.Dimension{Name: &p.Dimensions[i].Name, Value: &p.Dimensions[i].Value})
		}
	}
	b.in[at].MetricData = append(b.in[at].MetricData, d)
	b.Taken++
	return nil
}

// entityOf says what a group is. CloudWatch's entities have two attributes at least that
// name them.
func entityOf(g Group) *cloudwatchapi.Entity {
	of := map[string]string{Namespace: g.Namespace}
	if g.Source != "" {
		of[Source] = g.Source
	}
	if g.Total {
		of[Total] = strconv.FormatUint(g.Since, 10)
	}
	return &cloudwatchapi.Entity{KeyAttributes: map[string]string{"Type": "Service", "Name": g.Namespace}, Attributes: of}
}

// Fill fills an input with what was added. One without points has none.
func (b *Builder) Fill(in *cloudwatchapi.PutMetricDataInput, otherwise string) {
	in.Namespace, in.StrictEntityValidation, in.EntityMetricData = &otherwise, new(false), b.in
	if len(b.in) > 0 {
		in.Namespace = new(b.in[0].Entity.Attributes[Namespace])
	}
}

// check says why a point cannot be taken.
func (b *Builder) check(g Group, p *Point) error {
	switch {
	case g.Namespace == "" || len(g.Namespace) > mostName:
		return fmt.Errorf("a namespace has 1 to %d bytes", mostName)
	case strings.HasPrefix(g.Namespace, "AWS/"):
		return fmt.Errorf("the namespace %s is AWS's own", g.Namespace)
	case p.Name == "" || len(p.Name) > mostName:
		return fmt.Errorf("the name of a metric has 1 to %d bytes", mostName)
	case b.Now.Sub(p.Time) > mostAge:
		return fmt.Errorf("metric %s: the time is more than two weeks ago", p.Name)
	case p.Time.Sub(b.Now) > mostAhead:
		return fmt.Errorf("metric %s: the time is more than two hours ahead", p.Name)
	case len(p.Values) > mostValues:
		return fmt.Errorf("metric %s: there are more than %d ranges of values", p.Name, mostValues)
	}
	names := make([]string, 0, len(p.Dimensions))
	for _, d := range p.Dimensions {
		switch {
		case d.Value == "":
			continue
		case d.Name == "" || len(d.Name) > mostName:
			return fmt.Errorf("metric %s: the name of a dimension has 1 to %d bytes", p.Name, mostName)
		case len(d.Value) > mostValue:
			return fmt.Errorf("metric %s: dimension %s has a value of more than %d bytes", p.Name, d.Name, mostValue)
		}
		names = append(names, d.Name)
	}
	if len(names) > mostDimensions {
		return fmt.Errorf("metric %s: there are more than %d dimensions", p.Name, mostDimensions)
	}
	slices.Sort(names)
	if n := len(names); len(slices.Compact(names)) < n {
		return fmt.Errorf("metric %s: a dimension is there twice", p.Name)
	}
	return p.checkNumbers()
}

func (p *Point) checkNumbers() error {
	all := [][]float64{p.Values, p.Counts}
	if p.Set != nil {
		all = append(all, []float64{p.Set.Count, p.Set.Sum, p.Set.Min, p.Set.Max})
	}
	for _, list := range all {
		for _, v := range list {
			if !(math.Abs(v) <= greatest) {
				return fmt.Errorf("metric %s: %v is no value of a metric", p.Name, v)
			}
		}
	}
	if p.Set != nil && (p.Set.Min > p.Set.Max || p.Set.Count < 0) {
		return fmt.Errorf("metric %s: the least value is greater than the greatest", p.Name)
	}
	if len(p.Values) == 0 && p.Set == nil || len(p.Counts) > 0 && len(p.Counts) != len(p.Values) {
		return fmt.Errorf("metric %s: there is no value", p.Name)
	}
	return nil
}
