package cloudwatch

import (
	"slices"
	"sync"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
)

// totals knows the last total of each metric that is sent as such, in memory: what is kept
// is what was added since. The first total of a metric, also after a restart of this server,
// tells nothing and is where counting begins. There are two generations, so that what is no
// longer sent goes.
type totals struct {
	mu         sync.Mutex
	young, old map[xxh3.Uint128]*total
	size       int // of the young ones, in numbers that they hold
}

// totalsAtMost is how many numbers a generation holds: some 32 MB.
const totalsAtMost = 1_000_000

// total is a total at a time.
type total struct {
	since  uint64 // when it began to be counted, where that is told
	at     time.Time
	sum    float64 // of a counter its value
	count  float64
	values []float64 // of a histogram, and
	counts []float64 // how often each
}

// totalKey names a metric as one source sends it.
func totalKey(scope cloud.Scope, namespace, source string, d *metric.Datum) xxh3.Uint128 {
	var key []byte
	text := func(s string) { key = append(append(key, s...), 0) }
	for _, s := range []string{string(scope.Account), string(scope.Region), namespace, source, d.Name, d.Unit} {
		text(s)
	}
	for _, dimension := range d.Dimensions {
		text(dimension.Name)
		text(dimension.Value)
	}
	return xxh3.Hash128(key)
}

// counting is what one request has of totals. They are the last ones once its data are kept.
type counting struct {
	of  *totals
	new map[xxh3.Uint128]*total
}

func (t *totals) count() *counting { return &counting{t, map[xxh3.Uint128]*total{}} }

// added makes of a datum that is a total what was added since the last one, and says whether
// that is anything. A total of a time that was there is the same one sent again. One that is
// less than the last, or counted since a later time, began anew, at 0.
func (c *counting) added(key xxh3.Uint128, since uint64, d *metric.Datum) bool {
	now, last := totalOf(d, since), c.new[key]
	if last == nil {
		last = c.of.last(key)
	}
	if last != nil && !now.at.After(last.at) {
		return false
	}
	c.new[key] = now
	if last == nil {
		return false
	}
	if since > last.since && last.since != 0 || now.less(last) {
		last = &total{}
	}
	return now.minus(last, d)
}

// last returns the last total; nil where none is known.
func (t *totals) last(key xxh3.Uint128) *total {
	t.mu.Lock()
	defer t.mu.Unlock()
	if last := t.young[key]; last != nil {
		return last
	}
	return t.old[key]
}

// keep keeps a request's totals as the last ones, but where a later one came meanwhile.
func (c *counting) keep() {
	t := c.of
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, now := range c.new {
		if last := t.young[key]; last != nil && last.at.After(now.at) {
			continue
		}
		if t.young == nil || t.size >= totalsAtMost {
			t.young, t.old, t.size = map[xxh3.Uint128]*total{}, t.young, 0
		}
		t.size += 4 + 2*len(now.values)
		t.young[key] = now
	}
}

func totalOf(d *metric.Datum, since uint64) *total {
	t := &total{since: since, at: d.Time}
	switch {
	case d.Whole != nil:
		t.sum, t.count, t.values, t.counts = d.Whole.Sum, d.Whole.Count, d.Values, d.Counts
	case d.Set != nil:
		t.sum, t.count = d.Set.Sum, d.Set.Count
	case len(d.Values) == 1:
		t.sum = d.Values[0]
	}
	return t
}

// less says whether a total is less than an earlier one, which it cannot be unless it began
// anew.
func (t *total) less(last *total) bool {
	if t.count != last.count || t.count > 0 {
		return t.count < last.count
	}
	return t.sum < last.sum
}

// minus makes of a datum what it has more than a total.
func (t *total) minus(last *total, d *metric.Datum) bool {
	if d.Set == nil && d.Whole == nil {
		d.Values = []float64{t.sum - last.sum}
		return true
	}
	count, sum := t.count-last.count, t.sum-last.sum
	if count <= 0 {
		return false
	}
	set := metric.Set{Count: count, Sum: sum, Min: sum / count, Max: sum / count}
	if d.Set != nil {
		set.Min, set.Max = d.Set.Min, d.Set.Max
		d.Set = &set
		return true
	}
	d.Values, d.Counts = nil, nil
	for i, v := range t.values {
		n := t.counts[i]
		if at := slices.Index(last.values, v); at >= 0 {
			n -= last.counts[at]
		}
		if n > 0 {
			d.Values, d.Counts = append(d.Values, v), append(d.Counts, n)
		}
	}
	d.Whole = nil
	if len(d.Values) == 0 {
		d.Set = &set
		return true
	}
	// How far the values reached since is not told: the least and the greatest bucket say it.
	set.Min, set.Max = slices.Min(d.Values), slices.Max(d.Values)
	d.Whole = &set
	return true
}
