package insights

import (
	"cmp"
	"math"
	"strings"
)

// aggregate is a function over the rows of a group.
type aggregate struct {
	least, most int
	star        bool // it may be called with *
	timed       bool // it asks for the time of rows
	periods     bool // an argument is a period
	apart       bool // what it computes does not depend on the order of rows: its reducer is a merger
	uncarried   string
	start       func(x *run) reducer
}

// reducer gathers the rows of one group. seen gets the arguments, with the time of
// the row behind them where the aggregate asks for it.
type reducer interface {
	add(args []value)
	result() value
	size() int // what it holds, about, in bytes
}

// merger is a reducer that takes what another one of its kind has gathered, which is not
// used any more.
type merger interface {
	reducer
	merge(other reducer)
}

func aggregates() map[string]*aggregate {
	over := func(start func(*run) reducer) *aggregate { return &aggregate{least: 1, most: 1, start: start} }
	anyhow := func(start func(*run) reducer) *aggregate {
		return &aggregate{least: 1, most: 1, apart: true, start: start}
	}
	unknown := "AWS's answer is not known exactly"
	return map[string]*aggregate{
		"count":          {most: 1, star: true, apart: true, start: func(*run) reducer { return &counting{} }},
		"count_distinct": anyhow(func(*run) reducer { return &distinct{seen: map[string]bool{}} }),
		"sum":            anyhow(func(*run) reducer { return &moments{of: total} }),
		"avg":            anyhow(func(*run) reducer { return &moments{of: mean} }),
		"stddev":         anyhow(func(*run) reducer { return &moments{of: deviation} }),
		"min":            anyhow(func(*run) reducer { return &extreme{sign: -1} }),
		"max":            anyhow(func(*run) reducer { return &extreme{sign: 1} }),
		"pct":            {least: 2, most: 2, apart: true, start: func(x *run) reducer { return &percentile{room: x.exact} }},
		"earliest":       {least: 1, most: 1, timed: true, start: func(*run) reducer { return &edge{sign: -1} }},
		"latest":         {least: 1, most: 1, timed: true, start: func(*run) reducer { return &edge{sign: 1} }},
		"sortsfirst":     over(func(*run) reducer { return &sorting{sign: -1} }),
		"sortslast":      over(func(*run) reducer { return &sorting{sign: 1} }),
		"values":         over(func(*run) reducer { return &distinct{seen: map[string]bool{}, list: true} }),

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

func (c *counting) merge(other reducer) {
	if o, ok := other.(*counting); ok {
		c.n += o.n
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

// merge implements merger for what counts.
func (d *distinct) merge(other reducer) {
	o, ok := other.(*distinct)
	if !ok {
		return
	}
	if len(d.seen) == 0 {
		d.seen, d.bytes = o.seen, o.bytes
		return
	}
	for key := range o.seen {
		if !d.seen[key] {
			d.seen[key] = true
			d.bytes += len(key) + 50
		}
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
	m.plus(f)
	delta := f - m.mean
	m.mean += delta / m.n
	m.more += delta * (f - m.mean)
}

// plus adds to the sum.
func (m *moments) plus(f float64) {
	next := m.sum + f
	if math.Abs(m.sum) >= math.Abs(f) {
		m.lost += (m.sum - next) + f
	} else {
		m.lost += (f - next) + m.sum
	}
	m.sum = next
}

func (m *moments) merge(other reducer) {
	o, ok := other.(*moments)
	if !ok || o.n == 0 {
		return
	}
	m.plus(o.sum)
	m.lost += o.lost
	n := m.n + o.n
	delta := o.mean - m.mean
	m.mean += delta * o.n / n
	m.more += o.more + delta*delta*m.n*o.n/n
	m.n = n
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

// extreme keeps the least or the greatest number, as it was written; of equal ones the
// shortest text, and the first of those by their bytes.
type extreme struct {
	sign   int
	best   value
	number float64 // best
}

func (e *extreme) add(args []value) {
	f, ok := args[0].asNumber()
	if !ok {
		return
	}
	if !e.best.isNull() {
		if e.sign > 0 && f < e.number || e.sign < 0 && f > e.number {
			return
		}
		if f == e.number {
			was, is := e.best.String(), args[0].String()
			if cmp.Or(cmp.Compare(len(was), len(is)), cmp.Compare(was, is)) <= 0 {
				return
			}
		}
	}
	e.best, e.number = args[0], f
}

func (e *extreme) merge(other reducer) {
	if o, ok := other.(*extreme); ok && !o.best.isNull() {
		e.add([]value{o.best})
	}
}

func (e *extreme) result() value { return e.best }
func (e *extreme) size() int     { return 64 }

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
