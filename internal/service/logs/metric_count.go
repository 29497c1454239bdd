package logs

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/resource"
)

// Datum is what a metric filter made of the events of a minute: a metric of one
// namespace, with its dimensions.
type Datum struct {
	Namespace, Name, Unit string
	Dimensions            map[string]string
	Minute                time.Time // of the events
	Count                 int64     // how many values there are
	Sum, Min, Max         float64
	// Default is the value of a minute in which events came and none matched, where
	// Count is 0.
	Default *float64
}

// Metrics takes what metric filters make of events.
type Metrics interface {
	// Add takes data of an account and region, which are added to what it has of them.
	Add(ctx context.Context, scope cloud.Scope, data []Datum)
}

// counters keeps what metric filters made lately. Clients say by the values of
// dimensions how many data there are and how large: both are bounded.
type counters struct {
	mu    sync.Mutex
	data  map[counter]*Datum
	order []counter // of data, the oldest first
	size  int       // of data in bytes, about
}

type counter struct {
	cloud.Scope

	namespace, name, dimensions string
	minute                      int64
}

const (
	counted      = 100_000  // data that are kept
	countedBytes = 16 << 20 // of them
	atOnce       = 1 << 20  // bytes of data that are made of a batch before they are handed on

	mostDimension = 1024 // characters of the value of a dimension
	datumOverhead = 400  // bytes
)

func newCounters() *counters { return &counters{data: map[counter]*Datum{}} }

func (c *counters) add(scope cloud.Scope, data []Datum) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range data {
		at := counter{scope, d.Namespace, d.Name, dimensionsText(d.Dimensions), d.Minute.Unix()}
		have := c.data[at]
		if have == nil {
			c.data[at], c.order = new(d), append(c.order, at)
			c.size += at.size()
			continue
		}
		have.merge(&d)
	}
}

// size is how many bytes a datum takes, about: its dimensions are there twice.
func (at *counter) size() int {
	return datumOverhead + len(at.namespace) + len(at.name) + 2*len(at.dimensions)
}

// trim removes the oldest data until those that are left are not too many or too large.
func (c *counters) trim() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.order) > counted || c.size > countedBytes {
		c.size -= c.order[0].size()
		delete(c.data, c.order[0])
		c.order[0] = counter{}
		c.order = c.order[1:]
	}
}

func (d *Datum) merge(o *Datum) {
	if o.Default != nil {
		d.Default = o.Default
	}
	if o.Count == 0 {
		return
	}
	if d.Count == 0 {
		d.Min, d.Max = o.Min, o.Max
	}
	d.Count, d.Sum, d.Min, d.Max = d.Count+o.Count, d.Sum+o.Sum, min(d.Min, o.Min), max(d.Max, o.Max)
}

func dimensionsText(dimensions map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(dimensions)) {
		b.WriteString(strconv.Quote(name) + "=" + strconv.Quote(dimensions[name]) + ",")
	}
	return b.String()
}

// Counted returns what metric filters of an account and region made of events lately,
// by minute.
func (s *Service) Counted(scope cloud.Scope) []Datum {
	s.counters.mu.Lock()
	defer s.counters.mu.Unlock()
	var all []Datum
	for at, d := range s.counters.data {
		if at.Scope == scope {
			all = append(all, *d)
		}
	}
	slices.SortFunc(all, func(a, b Datum) int {
		return strings.Compare(a.text(), b.text())
	})
	return all
}

func (d *Datum) text() string {
	return d.Namespace + "\x00" + d.Name + "\x00" + dimensionsText(d.Dimensions) + d.Minute.Format(time.RFC3339)
}

// count matches events against all metric filters of their group, each event once.
func (s *Service) count(ctx context.Context, k *known, lines []events.Line) {
	if k.filters == nil {
		return
	}
	made := newCounters()
	scope := cloud.CallOf(ctx).Scope()
	var hits []int
	for i := range lines {
		message, minute := []byte(lines[i].Message), time.UnixMilli(lines[i].Time).UTC().Truncate(time.Minute)
		hits = k.filters.set.Match(message, hits[:0])
		for n := range k.filters.rows {
			row := &k.filters.rows[n]
			if d, ok := row.datum(message, slices.Contains(hits, n)); ok {
				d.Minute = minute
				made.add(scope, []Datum{d})
			}
		}
		if made.size >= atOnce {
			s.publish(ctx, scope, made)
			made = newCounters()
		}
	}
	s.publish(ctx, scope, made)
}

// publish hands on what was made of events.
func (s *Service) publish(ctx context.Context, scope cloud.Scope, made *counters) {
	data := make([]Datum, 0, len(made.data))
	for _, at := range made.order {
		data = append(data, *made.data[at])
	}
	if len(data) == 0 {
		return
	}
	s.counters.add(scope, data)
	s.counters.trim()
	if s.cfg.Metrics != nil {
		s.cfg.Metrics.Add(ctx, scope, data)
	}
}

// datum is what a filter makes of one event: its value where it matches, and where it
// does not its default value, if it has one.
func (f *filter) datum(message []byte, matches bool) (d Datum, ok bool) {
	d = Datum{Namespace: *f.to.MetricNamespace, Name: *f.to.MetricName, Unit: resource.Or(f.to.Unit, "None")}
	if !matches {
		d.Default = f.to.DefaultValue
		return d, d.Default != nil
	}
	text := *f.to.MetricValue
	if f.value != nil {
		text, _ = f.value.Value(message)
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return d, false // AWS publishes nothing for what is no number
	}
	for name, selector := range f.dimensions {
		value, ok := selector.Value(message)
		if !ok || utf8.RuneCountInString(value) > mostDimension {
			return d, false // nor for an event without the dimension, or with more than one may be
		}
		if d.Dimensions == nil {
			d.Dimensions = map[string]string{}
		}
		d.Dimensions[name] = value
	}
	d.Count, d.Sum, d.Min, d.Max = 1, value, value, value
	return d, true
}
