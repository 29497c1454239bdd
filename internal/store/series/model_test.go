package series_test

import (
	"cmp"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/store/series"
	"github.com/sillok/sillok/internal/store/series/summary"
)

// model is all that was put, as it was put.
type model struct {
	now  time.Time
	data []kept
}

type kept struct {
	namespace string
	metric.Datum
}

func (m *model) clone() *model { return &model{m.now, slices.Clone(m.data)} }

// read returns what a query should find, by unit and time. It takes no notice of rolling
// up: queries begin at times that are told apart by what is left of their period's tier.
func (m *model) read(namespace string, q series.Query) map[string]map[time.Time][]byte {
	all := map[string]map[time.Time]*summary.Summary{}
	for _, d := range m.data {
		if d.namespace != namespace || fmt.Sprint(metric.Sorted(d.Dimensions)) != fmt.Sprint(q.Dimensions) || d.Name != q.Name {
			continue
		}
		unit := cmp.Or(d.Unit, metric.None)
		at := d.Time.Truncate(time.Minute)
		if d.Second && q.Period < time.Minute {
			at = d.Time.Truncate(time.Second)
		}
		if q.Unit != "" && q.Unit != unit || at.Before(q.From) || !at.Before(q.To) {
			continue
		}
		begin := q.From.Add(at.Sub(q.From).Truncate(q.Period))
		if all[unit] == nil {
			all[unit] = map[time.Time]*summary.Summary{}
		}
		if all[unit][begin] == nil {
			all[unit][begin] = &summary.Summary{}
		}
		if d.Set != nil {
			set := summary.OfSet(d.Set.Count, d.Set.Sum, d.Set.Min, d.Set.Max)
			all[unit][begin].Merge(&set)
		}
		for i, v := range d.Values {
			count := 1.0
			if d.Counts != nil {
				count = d.Counts[i]
			}
			all[unit][begin].Add(v, count)
		}
	}
	out := map[string]map[time.Time][]byte{}
	for unit, points := range all {
		out[unit] = map[time.Time][]byte{}
		for at, s := range points {
			if out[unit][at] = s.Append(nil); s.Count == 0 {
				delete(out[unit], at)
			}
		}
		if len(out[unit]) == 0 {
			delete(out, unit)
		}
	}
	return out
}

// walker does what comes to its mind with a store and a model.
type walker struct {
	t     *testing.T
	rng   *rand.Rand
	model *model
	store *series.Store
	fsys  vfs.FS

	settles bool // it waits until all is in tables: on a disk that works
}

func (w *walker) config() series.Config {
	return series.Small(series.Config{Now: func() time.Time { return w.model.now }, FS: w.fsys, Log: slog.New(slog.DiscardHandler)})
}

const (
	walkNamespaces = 2
	walkNames      = 3
	walkHosts      = 4
)

func (w *walker) id() (namespace string, id metric.ID) {
	namespace = fmt.Sprint("n", w.rng.IntN(walkNamespaces))
	id = metric.ID{Namespace: namespace, Name: fmt.Sprint("m", w.rng.IntN(walkNames))}
	for _, name := range []string{"host", "zone"}[:w.rng.IntN(3)] {
		id.Dimensions = append(id.Dimensions, metric.Dimension{Name: name, Value: fmt.Sprint(w.rng.IntN(walkHosts))})
	}
	return namespace, id
}

// make makes data of a put.
func (w *walker) make() (namespace string, data []metric.Datum) {
	namespace, _ = w.id()
	for range 1 + w.rng.IntN(12) {
		_, id := w.id()
		ages := []time.Duration{time.Minute, time.Hour, 5 * time.Hour, series.MostAge}
		d := metric.Datum{
			Name: id.Name, Dimensions: id.Dimensions, Unit: []string{"", "Count"}[w.rng.IntN(2)], Second: w.rng.IntN(3) == 0,
			Time: w.model.now.Add(time.Minute - time.Duration(w.rng.Int64N(int64(ages[w.rng.IntN(len(ages))])))),
		}
		slices.Reverse(d.Dimensions)
		for range w.rng.IntN(4) {
			d.Values = append(d.Values, float64(w.rng.IntN(1000)))
		}
		switch {
		case len(d.Values) == 0:
			d.Set = &metric.Set{Count: 2, Sum: 6, Min: 3, Max: 3}
			if w.rng.IntN(5) == 0 {
				d.Set.Min = 2
			}
		case w.rng.IntN(3) == 0:
			for range d.Values {
				d.Counts = append(d.Counts, float64(w.rng.IntN(5))/2)
			}
		}
		data = append(data, d)
	}
	return namespace, data
}

// step does one thing, and returns its error and what the model is if it is done.
func (w *walker) step() (after *model, err error) {
	after = w.model.clone()
	switch n := w.rng.IntN(20); {
	case n == 0:
		after.now = after.now.Add(time.Duration(w.rng.Int64N(int64(3 * time.Hour))))
		w.model = after
		err = series.Tend(w.t.Context(), w.store)
	case n == 1 && w.rng.IntN(4) == 0:
		after.now = after.now.Add(time.Duration(w.rng.Int64N(int64(9 * day))))
		w.model = after
		err = series.Tend(w.t.Context(), w.store)
	case n == 2 && w.settles:
		err = series.Settle(w.t.Context(), w.store)
	default:
		namespace, data := w.make()
		for _, d := range data {
			after.data = append(after.data, kept{namespace, d})
		}
		err = w.store.Put(w.t.Context(), ours, namespace, data)
	}
	return after, err
}

// periods by how old data may be, and what they begin at.
var periods = []struct{ period, step, age time.Duration }{
	{time.Second, time.Second, 3 * time.Hour},
	{10 * time.Second, time.Second, 3 * time.Hour},
	{time.Minute, time.Minute, 15 * day},
	{7 * time.Minute, time.Minute, 15 * day},
	{5 * time.Minute, 5 * time.Minute, 63 * day},
	{25 * time.Minute, 5 * time.Minute, 63 * day},
	{time.Hour, time.Hour, 455 * day},
	{day, time.Hour, 455 * day},
}

func (w *walker) query() (string, series.Query) {
	namespace, id := w.id()
	p := periods[w.rng.IntN(len(periods))]
	from := w.model.now.Add(-time.Duration(w.rng.Int64N(int64(p.age - p.step)))).Truncate(p.step)
	if from.Before(w.model.now.Add(-p.age)) {
		from = from.Add(p.step)
	}
	q := series.Query{ID: id, From: from, Period: p.period, Spread: true, To: from.Add(time.Duration(1+w.rng.IntN(1400)) * p.period)}
	if w.rng.IntN(3) == 0 {
		q.Unit = "Count"
	}
	return namespace, q
}

// difference returns how what a store has differs from a model; "" when it does not.
func (w *walker) difference(s *series.Store, m *model, times int) string {
	w.t.Helper()
	for range times {
		namespace, q := w.query()
		got, err := s.Read(w.t.Context(), ours, []series.Query{q})
		if err != nil {
			w.t.Fatal(err)
		}
		have := map[string]map[time.Time][]byte{}
		for _, l := range got[0] {
			have[l.Unit] = map[time.Time][]byte{}
			last := time.Time{}
			for _, p := range l.Points {
				if !p.Time.After(last) {
					return fmt.Sprintf("%v is not in the order of its times", q)
				}
				last, have[l.Unit][p.Time] = p.Time, p.Append(nil)
			}
		}
		if want := m.read(namespace, q); fmt.Sprint(want) != fmt.Sprint(have) {
			return fmt.Sprintf("%v at %v: want %v, got %v", q, m.now, want, have)
		}
	}
	return ""
}

// A store has what was put, whatever is done to it: time goes on, data are rolled up,
// it is opened again, and the power fails.
func TestModel(t *testing.T) {
	rounds := 40
	if testing.Short() {
		rounds = 4
	}
	for seed := range rounds {
		fsys := vfs.NewCrashableMem()
		w := &walker{t: t, rng: rand.New(rand.NewPCG(uint64(seed), 1)), model: &model{now: noon}, fsys: fsys, settles: true}
		w.store = open(t, "metrics", w.config())
		for range 120 {
			after, err := w.step()
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			w.model = after
			switch w.rng.IntN(40) {
			case 0:
				if err := w.store.Close(); err != nil {
					t.Fatal(err)
				}
				w.store = open(t, "metrics", w.config())
			case 1:
				fsys = fsys.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: w.rng.IntN(101), RNG: w.rng})
				w.fsys = fsys
				w.store = open(t, "metrics", w.config())
			}
			if diff := w.difference(w.store, w.model, 3); diff != "" {
				t.Fatalf("seed %d: %s", seed, diff)
			}
		}
		if diff := w.difference(w.store, w.model, 200); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
		if err := w.store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
