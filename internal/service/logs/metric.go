package logs

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// Datum is values of a metric in one set of dimensions and one minute, or one second
// where the resolution is one.
type Datum struct {
	Namespace, Name, Unit string
	Dimensions            map[string]string // nil for none
	Time                  time.Time         // when the minute or second began
	Resolution            int               // seconds: 60, or 1

	Count         int64 // how many values there are
	Sum, Min, Max float64
	// Values are the values that there are, each once, and Counts how often: at most
	// 150 of them. What is kept for Counted has none.
	Values []float64
	Counts []float64
}

// Metrics takes what is made of log events: by metric filters, by what events say in the
// embedded metric format, and of what the service itself does (AWS/Logs).
type Metrics interface {
	// Put adds data, all of one namespace, to what an account has in a region. Once it
	// returns nil they are kept. An error of kind Invalid says that they are not taken
	// as they are; after any other they are put again. The last data before a crash may
	// be put twice.
	Put(ctx context.Context, account cloud.Account, region cloud.Region, namespace string, data []Datum) error
}

const (
	minuteOf   = 60  // seconds
	mostValues = 150 // of a datum, as PutMetricData takes them

	counted      = 100_000  // data that are kept
	countedBytes = 16 << 20 // of them

	datumOverhead = 400 // bytes
)

// counter says of what a datum is.
type counter struct {
	cloud.Scope

	namespace, name, unit, dimensions string
	resolution                        int
	time                              int64
}

func (d *Datum) counter(scope cloud.Scope) counter {
	return counter{scope, d.Namespace, d.Name, d.Unit, dimensionsText(d.Dimensions), d.Resolution, d.Time.Unix()}
}

// size is how many bytes a datum takes, about: its dimensions are there twice.
func (at *counter) size() int {
	return datumOverhead + len(at.namespace) + len(at.name) + 2*len(at.dimensions)
}

func dimensionsText(dimensions map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(dimensions)) {
		b.WriteString(strconv.Quote(name) + "=" + strconv.Quote(dimensions[name]) + ",")
	}
	return b.String()
}

// begin returns the time at which a datum of a resolution begins.
func begin(at time.Time, resolution int) time.Time {
	return at.UTC().Truncate(time.Duration(resolution) * time.Second)
}

// add counts a value in. It is false where the datum has as many different ones as may be.
func (d *Datum) add(value float64) bool {
	at := slices.Index(d.Values, value)
	if at < 0 && len(d.Values) == mostValues {
		return false
	}
	if at < 0 {
		at, d.Values, d.Counts = len(d.Values), append(d.Values, value), append(d.Counts, 0)
	}
	d.Counts[at]++
	d.merge(&Datum{Count: 1, Sum: value, Min: value, Max: value})
	return true
}

// merge counts the statistics of another datum in.
func (d *Datum) merge(o *Datum) {
	if d.Count == 0 {
		d.Min, d.Max = o.Min, o.Max
	}
	d.Count, d.Sum, d.Min, d.Max = d.Count+o.Count, d.Sum+o.Sum, min(d.Min, o.Min), max(d.Max, o.Max)
}

// tally gathers data until they are put.
type tally struct {
	open map[counter]*Datum
	sets map[metricSet][]*Datum // in the order in which they came
	size int                    // bytes, about
	left int                    // values that were left out, since there was too much
}

// mostTallied is how many bytes of data are gathered at most: a batch of one megabyte can
// say that it has a million metrics.
const mostTallied = 64 << 20

// metricSet is a namespace of an account and region.
type metricSet struct {
	cloud.Scope

	namespace string
}

func newTally() *tally {
	return &tally{open: map[counter]*Datum{}, sets: map[metricSet][]*Datum{}}
}

// add adds a value to the metric that d is of, unless there is too much; the service's own
// metrics are few.
func (t *tally) add(scope cloud.Scope, d *Datum, value float64) {
	at := d.counter(scope)
	if have := t.open[at]; have != nil && have.add(value) {
		return
	}
	if t.size >= mostTallied && d.Namespace != ownNamespace {
		t.left++
		return
	}
	one := *d
	one.Values, one.Counts = nil, nil
	one.add(value)
	t.open[at] = &one
	of := metricSet{scope, d.Namespace}
	t.sets[of] = append(t.sets[of], &one)
	t.size += at.size()
}

// counters keeps the metrics that were made of events lately. Clients say by the values
// of dimensions how many data there are and how large: both are bounded.
type counters struct {
	mu    sync.Mutex
	data  map[counter]*Datum
	order []counter // of data, the oldest first
	size  int       // of data in bytes, about
}

func newCounters() *counters { return &counters{data: map[counter]*Datum{}} }

// keep adds data, and removes the oldest until those that are left are not too many or
// too large.
func (c *counters) keep(scope cloud.Scope, data []Datum) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range data {
		at := data[i].counter(scope)
		have := c.data[at]
		if have == nil {
			have = new(data[i])
			have.Values, have.Counts = nil, nil
			c.data[at], c.order = have, append(c.order, at)
			c.size += at.size()
			continue
		}
		have.merge(&data[i])
	}
	for len(c.order) > counted || c.size > countedBytes {
		c.size -= c.order[0].size()
		delete(c.data, c.order[0])
		c.order[0] = counter{}
		c.order = c.order[1:]
	}
}

// Counted returns the metrics that were made of the events of an account and region
// lately, all but those of AWS's own namespaces, with their statistics alone.
func (s *Service) Counted(scope cloud.Scope) []Datum {
	return s.counters.of(scope, func(namespace string) bool { return namespace != ownNamespace })
}

// CountedOwn returns what was counted lately of the groups of an account and region
// themselves: the namespace AWS/Logs.
func (s *Service) CountedOwn(scope cloud.Scope) []Datum {
	return s.counters.of(scope, func(namespace string) bool { return namespace == ownNamespace })
}

func (c *counters) of(scope cloud.Scope, wanted func(namespace string) bool) []Datum {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []Datum
	for at, d := range c.data {
		if at.Scope == scope && wanted(at.namespace) {
			all = append(all, *d)
		}
	}
	slices.SortFunc(all, func(a, b Datum) int { return strings.Compare(a.text(), b.text()) })
	return all
}

func (d *Datum) text() string {
	return d.Namespace + "\x00" + d.Name + "\x00" + dimensionsText(d.Dimensions) + d.Time.Format(time.RFC3339) + d.Unit
}

// names returns the sets that have data, in order.
func (t *tally) names() []metricSet {
	return slices.SortedFunc(maps.Keys(t.sets), func(a, b metricSet) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.namespace, b.namespace))
	})
}

// join adds all that another tally has.
func (t *tally) join(o *tally) {
	for of, data := range o.sets {
		t.sets[of] = append(t.sets[of], data...)
	}
	t.size += o.size
}

// put puts the data of a namespace, and forgets what was put. Where some of them are not
// taken as they are, those are found and told, and the others are put.
func (r *round) put(ctx context.Context, of metricSet) error {
	for n := len(r.data.sets[of]); len(r.data.sets[of]) > 0; {
		left := r.data.sets[of]
		n = min(n, len(left))
		data := make([]Datum, n)
		for i := range data {
			data[i] = *left[i]
		}
		var err error
		if r.cfg.Metrics != nil {
			err = r.cfg.Metrics.Put(ctx, of.Account, of.Region, of.namespace, data)
		}
		switch {
		case err == nil:
			r.counters.keep(of.Scope, data)
		case cloud.KindOf(err) != cloud.Invalid:
			return err
		case n > 1:
			n /= 2
			continue
		default:
			r.cfg.Log.ErrorContext(ctx, "a metric of log events is not taken", "account", of.Account, "region", of.Region, "namespace", of.namespace, "metric", data[0].Name,
				"time", data[0].Time, "error", err)
		}
		r.data.sets[of] = left[n:]
		n *= 2
	}
	delete(r.data.sets, of)
	return nil
}
