package insights

import (
	"math"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/engine/tdigest"
)

// aggregate is a function over the rows of a group.
type aggregate struct {
	least, most int
	star        bool // it may be called with *
	timed       bool // it asks for the time of rows
	periods     bool // an argument is a period
	uncarried   string
	start       func() reducer
}

// reducer gathers the rows of one group. seen gets the arguments, with the time of
// the row behind them where the aggregate asks for it.
type reducer interface {
	add(args []value)
	result() value
	size() int // what it holds, about, in bytes
}

func aggregates() map[string]*aggregate {
	over := func(start func() reducer) *aggregate { return &aggregate{least: 1, most: 1, start: start} }
	unknown := "AWS's answer is not known exactly"
	return map[string]*aggregate{
		"count":          {most: 1, star: true, start: func() reducer { return &counting{} }},
		"count_distinct": over(func() reducer { return &distinct{seen: map[string]bool{}} }),
		"sum":            over(func() reducer { return &moments{of: total} }),
		"avg":            over(func() reducer { return &moments{of: mean} }),
		"stddev":         over(func() reducer { return &moments{of: deviation} }),
		"min":            over(func() reducer { return &extreme{sign: -1} }),
		"max":            over(func() reducer { return &extreme{sign: 1} }),
		"pct":            {least: 2, most: 2, start: func() reducer { return &percentile{} }},
		"earliest":       {least: 1, most: 1, timed: true, start: func() reducer { return &edge{sign: -1} }},
		"latest":         {least: 1, most: 1, timed: true, start: func() reducer { return &edge{sign: 1} }},
		"sortsfirst":     over(func() reducer { return &sorting{sign: -1} }),
		"sortslast":      over(func() reducer { return &sorting{sign: 1} }),
		"values":         over(func() reducer { return &distinct{seen: map[string]bool{}, list: true} }),

		"rate":            {least: 2, most: 2, periods: true, star: true, uncarried: unknown},
		"count_over_time": {most: 2, star: true, periods: true, uncarried: unknown},
		"countovertime":   {most: 2, star: true, periods: true, uncarried: unknown},
		"sum_over_time":   {least: 1, most: 2, periods: true, uncarried: unknown},
		"sumovertime":     {least: 1, most: 2, periods: true, uncarried: unknown},
	}
}

type counting struct{ n float64 }

func (c *counting) add(args []value) {
	if len(args) == 0 || !args[0].isNull() {
		c.n++
	}
}

func (c *counting) result() value { return numeric(c.n) }
func (c *counting) size() int     { return 8 }

// distinct counts values, or lists them in the order in which they came.
type distinct struct {
	seen  map[string]bool
	list  bool
	texts []string
	bytes int
	key   []byte
}

func (d *distinct) add(args []value) {
	if args[0].isNull() {
		return
	}
	d.key = args[0].appendKey(d.key[:0])
	if d.seen[string(d.key)] {
		return
	}
	d.seen[string(d.key)] = true
	d.bytes += len(d.key) + 50
	if d.list {
		d.texts = append(d.texts, args[0].String())
		d.bytes += len(args[0].text) + 16
	}
}

func (d *distinct) result() value {
	if !d.list {
		return numeric(float64(len(d.seen)))
	}
	if len(d.texts) == 0 {
		return value{}
	}
	return textual(strings.Join(d.texts, ","))
}

func (d *distinct) size() int { return d.bytes + 50 }

type momentKind int

const (
	total momentKind = iota
	mean
	deviation
)

// moments sums numbers, compensated, so that their order does not matter much, and
// for the deviation follows Welford.
type moments struct {
	of         momentKind
	n          float64
	sum, lost  float64
	mean, more float64
}

func (m *moments) add(args []value) {
	f, ok := args[0].asNumber()
	if !ok {
		return
	}
	m.n++
	next := m.sum + f
	if math.Abs(m.sum) >= math.Abs(f) {
		m.lost += (m.sum - next) + f
	} else {
		m.lost += (f - next) + m.sum
	}
	m.sum = next
	delta := f - m.mean
	m.mean += delta / m.n
	m.more += delta * (f - m.mean)
}

func (m *moments) result() value {
	switch {
	case m.n == 0:
		return value{}
	case m.of == total:
		return finite(m.sum + m.lost)
	case m.of == mean:
		return finite((m.sum + m.lost) / m.n)
	case m.n == 1:
		return numeric(0)
	}
	return finite(math.Sqrt(m.more / (m.n - 1)))
}

func (m *moments) size() int { return 64 }

// extreme keeps the least or the greatest number, as it was written.
type extreme struct {
	sign int
	best value
}

func (e *extreme) add(args []value) {
	f, ok := args[0].asNumber()
	if !ok {
		return
	}
	if best, there := e.best.asNumber(); !there || e.sign > 0 && f > best || e.sign < 0 && f < best {
		e.best = args[0]
	}
}

func (e *extreme) result() value { return e.best }
func (e *extreme) size() int     { return 64 }

// mostExact is how many values a percentile is computed of exactly.
const mostExact = 10000

// percentile interpolates between the values around it; of more than mostExact it
// is estimated.
type percentile struct {
	p      float64
	values []float64
	digest *tdigest.Digest
}

func (p *percentile) add(args []value) {
	p.p, _ = args[1].asNumber()
	f, ok := args[0].asNumber()
	if !ok {
		return
	}
	if p.digest == nil {
		p.values = append(p.values, f)
		if len(p.values) <= mostExact {
			return
		}
		p.digest = &tdigest.Digest{}
		for _, v := range p.values {
			p.digest.Add(v, 1)
		}
		p.values = nil
		return
	}
	p.digest.Add(f, 1)
}

func (p *percentile) result() value {
	switch {
	case p.p < 0 || p.p > 100:
		return value{}
	case p.digest != nil:
		p.digest.Settle()
		return finite(p.digest.Quantile(p.p / 100))
	case len(p.values) == 0:
		return value{}
	}
	slices.Sort(p.values)
	place := p.p / 100 * float64(len(p.values)-1)
	below := int(place)
	low, high := p.values[below], p.values[min(below+1, len(p.values)-1)]
	return finite(low + (high-low)*(place-float64(below)))
}

func (p *percentile) size() int { return 8*cap(p.values) + 64 }

// edge keeps the value of the earliest or the latest row that has one.
type edge struct {
	sign int
	when float64
	best value
}

func (e *edge) add(args []value) {
	when, ok := args[1].asNumber()
	if !ok || args[0].isNull() {
		return
	}
	if e.best.isNull() || e.sign > 0 && when > e.when || e.sign < 0 && when < e.when {
		e.best, e.when = args[0], when
	}
}

func (e *edge) result() value { return e.best }
func (e *edge) size() int     { return len(e.best.text) + 64 }

// sorting keeps the value that sort would put first or last.
type sorting struct {
	sign int
	best value
}

func (n *sorting) add(args []value) {
	if !args[0].isNull() && (n.best.isNull() || natural(args[0], n.best)*n.sign > 0) {
		n.best = args[0]
	}
}

func (n *sorting) result() value { return n.best }
func (n *sorting) size() int     { return len(n.best.text) + 64 }
