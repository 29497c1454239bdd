package statsd

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud/metric"
)

// Bounds of what is gathered between two flushes.
const (
	mostMetrics = 100_000
	mostNumbers = 500_000 // different values of times, and members of sets, of all metrics
	mostOfDatum = 150     // values
)

// gathered is what came of a metric since the last flush.
type gathered struct {
	name       string
	kind       byte
	dimensions []metric.Dimension

	value  float64             // of a counter its sum, of a gauge the last value
	values map[float64]float64 // of times, how often each came
	set    *metric.Set         // of times that there was no room for
	member map[string]struct{} // of a set
}

// gatherer adds up lines. Gauges are remembered, since one may be told as a difference.
type gatherer struct {
	metrics map[string]*gathered
	gauges  map[string]float64
	numbers int
	dropped int // lines that there was no room for
}

func newGatherer() *gatherer {
	return &gatherer{metrics: map[string]*gathered{}, gauges: map[string]float64{}}
}

// add adds a line, and says whether all of its values are numbers.
func (g *gatherer) add(l *line) bool {
	key := l.key()
	m := g.metrics[key]
	if m == nil {
		if len(g.metrics) >= mostMetrics {
			g.dropped++
			return true
		}
		m = &gathered{name: l.name, kind: l.kind, dimensions: l.dimensions}
	}
	took := false
	for _, text := range l.values {
		took = g.value(m, key, l, text) || took
	}
	if took {
		g.metrics[key] = m
	}
	return took
}

func (l *line) key() string {
	var b strings.Builder
	b.WriteByte(l.kind)
	b.WriteString(l.name)
	for _, d := range l.dimensions {
		b.WriteByte(0)
		b.WriteString(d.Name)
		b.WriteByte(0)
		b.WriteString(d.Value)
	}
	return b.String()
}

// value adds one value.
func (g *gatherer) value(m *gathered, key string, l *line, text string) bool {
	if l.kind == 's' {
		g.member(m, text)
		return true
	}
	v, ok := number(text)
	if !ok {
		return false
	}
	switch l.kind {
	case 'c':
		m.value += v / l.rate
	case 'g':
		if text[0] == '+' || text[0] == '-' {
			v += g.gauges[key]
		}
		m.value = v
		if _, there := g.gauges[key]; there || len(g.gauges) < mostMetrics {
			g.gauges[key] = v
		}
	case 'm':
		g.time(m, v, 1/l.rate)
	}
	return true
}

func (g *gatherer) member(m *gathered, text string) {
	if _, there := m.member[text]; there {
		return
	}
	if g.numbers >= mostNumbers {
		g.dropped++
		return
	}
	if m.member == nil {
		m.member = map[string]struct{}{}
	}
	g.numbers++
	m.member[text] = struct{}{}
}

func (g *gatherer) time(m *gathered, v, count float64) {
	if _, there := m.values[v]; !there {
		if g.numbers >= mostNumbers {
			if m.set == nil {
				m.set = &metric.Set{Min: v, Max: v}
			}
			m.set.Count, m.set.Sum, m.set.Min, m.set.Max = m.set.Count+count, m.set.Sum+v*count, min(m.set.Min, v), max(m.set.Max, v)
			return
		}
		g.numbers++
	}
	if m.values == nil {
		m.values = map[float64]float64{}
	}
	m.values[v] += count
}

// flush returns what was gathered as data of a time, and begins anew.
func (g *gatherer) flush(at time.Time, second bool) (data []metric.Datum) {
	for _, key := range slices.Sorted(maps.Keys(g.metrics)) {
		m := g.metrics[key]
		d := metric.Datum{Name: m.name, Dimensions: m.dimensions, Time: at, Second: second}
		switch m.kind {
		case 's':
			d.Unit, d.Values = "Count", []float64{float64(len(m.member))}
		case 'm':
			data = append(data, m.times(d)...)
			continue
		default:
			d.Values = []float64{max(min(m.value, greatest), -greatest)}
		}
		data = append(data, d)
	}
	g.metrics, g.numbers = map[string]*gathered{}, 0
	return data
}

// times returns times, in as many data as their values need.
func (m *gathered) times(d metric.Datum) (data []metric.Datum) {
	d.Unit = "Milliseconds"
	for values := range slices.Chunk(slices.Sorted(maps.Keys(m.values)), mostOfDatum) {
		one := d
		for _, v := range values {
			one.Values, one.Counts = append(one.Values, v), append(one.Counts, m.values[v])
		}
		data = append(data, one)
	}
	if m.set != nil {
		d.Set = m.set
		data = append(data, d)
	}
	return data
}
