// Package emit adds up what the server's services count of themselves, and puts it into
// CloudWatch once a minute.
//
// An Emitter is in memory alone: what it has of the minute that goes on, and of one that
// has just ended, is lost when the process is killed. What is put is put whole or, while
// the disk takes nothing, kept for an hour and put then. How much it holds is bounded; what
// there is no room for is counted and told.
package emit

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/kit/life"
)

const (
	// grace is how long after a minute it is put, so that what is told of it at its end
	// has come.
	grace = 2 * time.Second
	// mostMetrics and mostValues are how many metrics a minute has, and how many different
	// values all of them together. Of further values the sum, the least and the greatest
	// are kept, and no percentiles.
	mostMetrics = 200_000
	mostValues  = 1_000_000
	// mostKept is how many minutes wait that could not be put.
	mostKept = 60
	// together is how many data are put at once.
	together = 1000
	// valuesOfDatum is how many values one of them has, as PutMetricData takes them.
	valuesOfDatum = 150
)

// Config is what an Emitter needs to know.
type Config struct {
	Log *slog.Logger
	// Gauges are asked once a minute.
	Gauges []metric.Gauges

	metrics, values int // of tests that want little room
}

// Emitter implements metric.Emitter. It is safe for concurrent use.
type Emitter struct {
	cfg Config
	to  metric.Putter

	mu     sync.Mutex
	now    *minute
	closed []*minute // that are over, the oldest first
	left   int       // samples that there was no room for since that was told
}

// minute is what came of one.
type minute struct {
	number int64 // since 1970
	values int   // that are kept apart
	of     map[key]*samples
}

// key is a metric of an account and region.
type key struct {
	cloud.Scope
	metric.Own
}

// samples are those of a metric in a minute: most have one value, which comes often.
type samples struct {
	value, count float64
	more         map[float64]float64 // how often the others came
	set          *metric.Set         // of those that there was no room for
}

// New returns an Emitter that puts into to. It does no I/O and starts nothing; what is
// emitted is put once Run runs.
func New(cfg Config, to metric.Putter) *Emitter {
	if cfg.metrics == 0 {
		cfg.metrics, cfg.values = mostMetrics, mostValues
	}
	return &Emitter{cfg: cfg, to: to}
}

// Emit implements metric.Emitter.
func (e *Emitter) Emit(scope cloud.Scope, m metric.Own, value float64) {
	if scope.Account == "" || scope.Region == "" {
		return
	}
	now := time.Now().Unix() / 60
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.now == nil || e.now.number != now {
		e.turn(now)
	}
	at := e.now
	s := at.of[key{scope, m}]
	switch {
	case s != nil && s.value == value:
		s.count++
	case s != nil:
		e.more(s, value)
	case len(at.of) >= e.cfg.metrics:
		e.left++
	default:
		at.of[key{scope, m}] = &samples{value: value, count: 1}
	}
}

// more adds a value that is not the first one of its metric.
func (e *Emitter) more(s *samples, value float64) {
	if _, there := s.more[value]; !there {
		if e.now.values >= e.cfg.values {
			s.add(value)
			return
		}
		e.now.values++
	}
	if s.more == nil {
		s.more = map[float64]float64{}
	}
	s.more[value]++
}

// add adds a value to those of which only a sum is kept.
func (s *samples) add(value float64) {
	if s.set == nil {
		s.set = &metric.Set{Min: value, Max: value}
	}
	s.set.Count, s.set.Sum = s.set.Count+1, s.set.Sum+value
	s.set.Min, s.set.Max = min(s.set.Min, value), max(s.set.Max, value)
}

// turn begins a minute. Where the clock was set back, one may come twice.
func (e *Emitter) turn(number int64) {
	size := 0
	if e.now != nil {
		size = len(e.now.of)
		e.closed = append(e.closed, e.now)
	}
	e.now = &minute{number: number, of: make(map[key]*samples, size)}
}

// take takes the minutes that are over; with the one that goes on, all.
func (e *Emitter) take(all bool) []*minute {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.now != nil && (all || e.now.number != time.Now().Unix()/60) {
		e.closed, e.now = append(e.closed, e.now), nil
	}
	taken := e.closed
	e.closed = nil
	return taken
}

// Run puts what was emitted, each minute once it is over, until ctx is done, and then all
// that there is.
func (e *Emitter) Run(ctx context.Context) error {
	for {
		now := time.Now()
		next := time.NewTimer(now.Truncate(time.Minute).Add(time.Minute + grace).Sub(now))
		select {
		case <-ctx.Done():
			next.Stop()
			e.put(context.WithoutCancel(ctx), true)
			return nil
		case <-next.C:
		}
		e.put(ctx, false)
		e.ask(ctx)
	}
}

// Flush asks for gauges and puts all that was emitted until now, for those who cannot wait.
func (e *Emitter) Flush(ctx context.Context) {
	e.ask(ctx)
	e.put(ctx, true)
}

// ask asks for gauges. What goes wrong with one is told, and the others are asked.
func (e *Emitter) ask(ctx context.Context) {
	for _, gauges := range e.cfg.Gauges {
		if err := life.Catch(func() error { return gauges(ctx, e.Emit) }); err != nil && ctx.Err() == nil {
			e.cfg.Log.Error("a service's own metrics could not be measured", life.Attrs(err)...)
		}
	}
}

// put puts the minutes that are over.
func (e *Emitter) put(ctx context.Context, all bool) {
	minutes := e.take(all)
	for i, m := range minutes {
		if err := e.putMinute(ctx, m); err != nil {
			e.keep(minutes[i:])
			e.cfg.Log.Error("the services' own metrics are not taken now, and are put again", "error", err)
			return
		}
	}
	e.mu.Lock()
	left := e.left
	e.left = 0
	e.mu.Unlock()
	if left > 0 {
		e.cfg.Log.Warn("samples of the services' own metrics are left out: there are too many metrics", "samples", left)
	}
}

// keep has minutes wait that could not be put; the oldest go where there are too many.
func (e *Emitter) keep(minutes []*minute) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = append(minutes, e.closed...)
	for ; len(e.closed) > mostKept; e.closed = e.closed[1:] {
		for _, s := range e.closed[0].of {
			e.left += int(s.samples())
		}
	}
}

func (s *samples) samples() float64 {
	n := s.count
	for _, count := range s.more {
		n += count
	}
	if s.set != nil {
		n += s.set.Count
	}
	return n
}

// place is where data are put together.
type place struct {
	cloud.Scope

	namespace string
}

// putMinute puts what came of a minute, and forgets what was put.
func (e *Emitter) putMinute(ctx context.Context, m *minute) error {
	places := map[place][]key{}
	for k := range m.of {
		p := place{k.Scope, k.Namespace}
		places[p] = append(places[p], k)
	}
	at := time.Unix(m.number*60, 0).UTC()
	for p, keys := range places {
		for some := range slices.Chunk(keys, together) {
			if err := e.putSome(ctx, p, some, m, at); err != nil {
				return err
			}
			for _, k := range some {
				delete(m.of, k)
			}
		}
	}
	return nil
}

// putSome puts data of one place. Where some are not taken as they are, those are found and
// told, and the others are put.
func (e *Emitter) putSome(ctx context.Context, p place, keys []key, m *minute, at time.Time) error {
	var data []metric.Datum
	for _, k := range keys {
		data = m.of[k].appendTo(data, &k.Own, at)
	}
	err := e.to.Put(ctx, p.Scope, p.namespace, data)
	switch {
	case err == nil || cloud.KindOf(err) != cloud.Invalid:
		return err
	case len(keys) == 1:
		e.cfg.Log.Error("a metric of the server's own is not taken", "account", p.Account, "region", p.Region,
			"namespace", p.namespace, "metric", keys[0].Name, "error", err)
		return nil
	}
	half := len(keys) / 2
	if err := e.putSome(ctx, p, keys[:half], m, at); err != nil {
		return err
	}
	return e.putSome(ctx, p, keys[half:], m, at)
}

// appendTo appends the samples of a metric as data.
func (s *samples) appendTo(data []metric.Datum, m *metric.Own, at time.Time) []metric.Datum {
	d := metric.Datum{Name: m.Name, Unit: m.Unit, Time: at}
	for _, dimension := range m.Dimensions {
		if dimension.Name != "" {
			d.Dimensions = append(d.Dimensions, dimension)
		}
	}
	d.Values, d.Counts, d.Set = []float64{s.value}, []float64{s.count}, s.set
	for _, value := range slices.Sorted(maps.Keys(s.more)) {
		if len(d.Values) == valuesOfDatum {
			data = append(data, d)
			d.Values, d.Counts, d.Set = nil, nil, nil
		}
		d.Values, d.Counts = append(d.Values, value), append(d.Counts, s.more[value])
	}
	return append(data, d)
}

var _ metric.Emitter = (*Emitter)(nil)
