package series

import (
	"bytes"
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/store/series/summary"
)

// Query asks for the data of a metric.
type Query struct {
	metric.ID

	Unit     string        // only data of it; empty for all units, apart
	From, To time.Time     // in whole seconds; To is not included
	Period   time.Duration // in whole seconds, at least one: the points begin at From and then after each
	Spread   bool          // the histograms are needed
}

// Line is the data of a metric in one unit.
type Line struct {
	Unit   string
	Points []Point // in the order of their times; none without samples
}

// Point is the samples of one period.
type Point struct {
	Time time.Time // when the period begins
	summary.Summary
}

// Keep returns how long data can be read by a period: by those of less than a minute for
// three hours, of minutes for 15 days, of multiples of five minutes for 63, and of hours
// for 455.
func Keep(period time.Duration) time.Duration {
	for _, t := range []tier{hours, fives, minutes} {
		if period%of[t].step == 0 {
			return of[t].keep
		}
	}
	return of[seconds].keep
}

// together is how many queries are read by one goroutine at least.
const together = 16

// Read returns for each query the lines of its metric, in the order of metric.Units. Of
// a metric that is not there it has none, and of data that are no longer kept by its
// period neither.
func (s *Store) Read(ctx context.Context, scope cloud.Scope, queries []Query) ([][]Line, error) {
	out := make([][]Line, len(queries))
	g, ctx := errgroup.WithContext(ctx)
	share := max(together, (len(queries)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	for i := 0; i < len(queries); i += share {
		end := min(i+share, len(queries))
		g.Go(func() error { return s.readSome(ctx, scope, queries[i:end], out[i:end]) })
	}
	return out, g.Wait()
}

func (s *Store) readSome(ctx context.Context, scope cloud.Scope, queries []Query, out [][]Line) (err error) {
	iter, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{spaceTiers}, UpperBound: []byte{spaceTiers + byte(tiers)}})
	if err != nil {
		return errRead(err)
	}
	defer func() {
		if closed := iter.Close(); err == nil && closed != nil {
			err = errRead(closed)
		}
	}()
	var key []byte
	for i := range queries {
		q := &queries[i]
		key = seriesKey(key[:0], scope, q.Namespace, q.Name, q.Dimensions)
		have, err := s.find(key, s.names.hash(key))
		if err != nil {
			return err
		}
		if have.number == 0 {
			continue
		}
		r := &reader{ended: ctx.Err, iter: iter, query: q, series: have.number, now: s.cfg.Now()}
		if out[i], err = r.read(); err != nil {
			return err
		}
	}
	return nil
}

// reader reads the data of a series.
type reader struct {
	ended  func() error // of the context
	iter   *pebble.Iterator
	query  *Query
	series uint64
	now    time.Time

	lines []*line // by units
	seen  int
}

// line is a Line that is being read.
type line struct {
	unit   int
	points []Point
	mixed  bool // points are not in the order of their times
}

func (r *reader) read() ([]Line, error) {
	for t := range tiers {
		if err := r.readTier(t); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(r.lines, func(a, b *line) int { return a.unit - b.unit })
	var out []Line
	for _, l := range r.lines {
		out = append(out, Line{metric.UnitAt(l.unit), l.inOrder()})
	}
	return out, nil
}

// readTier reads what a tier has for the query. What was not rolled up yet is still
// where it was: it is in one tier at a time.
func (r *reader) readTier(t tier) error {
	period := r.query.Period
	if t == seconds && period >= of[minutes].step || t == fives && period%of[fives].step != 0 || t == hours && period%of[hours].step != 0 {
		return nil
	}
	from := max(r.query.From.Unix(), r.now.Add(-Keep(period)).Unix())
	to := r.query.To.Unix()
	if t > minutes {
		// Younger data have not come there; the clock may have been set back by a day.
		to = min(to, r.now.Add(24*time.Hour-of[t-1].keep).Unix())
	}
	if from >= to {
		return nil
	}
	// A time that is told apart by the tier is one of its steps.
	step := int64(of[t].step / time.Second)
	first, last := t.at((from+step-1)/step*step), t.at(to-1)
	for span := first.span; span <= last.span; {
		begin, end := uint16(0), t.places()
		if span == first.span {
			begin = first.offset
		}
		if span == last.span {
			end = last.offset + 1
		}
		next, err := r.readSpan(t, span, begin, end)
		if err != nil {
			return err
		}
		span = next
	}
	return nil
}

// readSpan reads the places of a span from begin until end, unit by unit. It returns the
// next span that may have some: what comes after the place where the series would be says
// which spans have nothing at all.
func (r *reader) readSpan(t tier, span uint32, begin, end uint16) (next uint32, err error) {
	var room [sizeKey]byte
	key := appendKey(room[:0], t, r.series, 0, place{span, begin})
	for valid := r.iter.SeekGE(key); valid; {
		if r.seen++; r.seen%1024 == 0 && r.ended() != nil {
			return 0, r.ended()
		}
		at := r.iter.Key()
		switch {
		case len(at) != sizeKey:
			return 0, errRead(errRecord)
		case at[0] != key[0]:
			return math.MaxUint32, nil // the next tier
		case !bytes.Equal(at[:atKind], key[:atKind]):
			return max(span+1, placeIn(at).span), nil
		}
		k, p := kind(at[atKind]), placeIn(at)
		switch {
		case !r.wants(t, k) || p.offset >= end:
			if k == math.MaxUint8 {
				return 0, errRead(errRecord)
			}
			valid = r.iter.SeekGE(appendKey(room[:0], t, r.series, k+1, place{span, begin}))
		case p.offset < begin:
			valid = r.iter.SeekGE(appendKey(room[:0], t, r.series, k, place{span, begin}))
		default:
			if err := r.take(k, t.time(p)); err != nil {
				return 0, err
			}
			valid = r.iter.Next()
		}
	}
	if err := r.iter.Error(); err != nil {
		return 0, errRead(err)
	}
	return math.MaxUint32, nil
}

// wants says whether the query is for data of a kind in a tier.
func (r *reader) wants(t tier, k kind) bool {
	if t == minutes && k.second() && r.query.Period < of[minutes].step {
		return false // seconds has them
	}
	return r.query.Unit == "" || metric.UnitAt(k.unit()) == r.query.Unit
}

// take adds what the iterator is at to its period.
func (r *reader) take(k kind, at int64) error {
	value, err := r.iter.ValueAndErr()
	if err != nil {
		return errRead(err)
	}
	decode := summary.DecodePlain
	if r.query.Spread {
		decode = summary.Decode
	}
	one, err := decode(value)
	if err != nil {
		return errRead(errors.Join(err, errRecord))
	}
	from, period := r.query.From.Unix(), int64(r.query.Period/time.Second)
	begin := time.Unix(from+(at-from)/period*period, 0).UTC()
	l := r.line(k.unit())
	if n := len(l.points); n > 0 && l.points[n-1].Time.Equal(begin) {
		l.points[n-1].Merge(&one)
		return nil
	}
	l.mixed = l.mixed || len(l.points) > 0 && l.points[len(l.points)-1].Time.After(begin)
	l.points = append(l.points, Point{begin, one})
	return nil
}

func (r *reader) line(unit int) *line {
	for _, l := range r.lines {
		if l.unit == unit {
			return l
		}
	}
	room := r.query.To.Sub(r.query.From) / r.query.Period
	r.lines = append(r.lines, &line{unit: unit, points: make([]Point, 0, min(max(room, 1), 1440))})
	return r.lines[len(r.lines)-1]
}

// inOrder returns the points in the order of their times, each time once.
func (l *line) inOrder() []Point {
	if !l.mixed {
		return l.points
	}
	slices.SortStableFunc(l.points, func(a, b Point) int { return a.Time.Compare(b.Time) })
	out := l.points[:1]
	for _, p := range l.points[1:] {
		if last := &out[len(out)-1]; last.Time.Equal(p.Time) {
			last.Merge(&p.Summary)
			continue
		}
		out = append(out, p)
	}
	return out
}
