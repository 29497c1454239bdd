package series_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/store/series"
	"github.com/sillok/sillok/internal/store/series/summary"
)

var (
	ours   = cloud.Scope{Account: "111122223333", Region: "ap-northeast-2"}
	theirs = cloud.Scope{Account: "444455556666", Region: "ap-northeast-2"}
	noon   = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
)

const day = 24 * time.Hour

// clock is a time that a test sets.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func open(tb testing.TB, dir string, cfg series.Config) *series.Store {
	tb.Helper()
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s, err := series.Open(tb.Context(), dir, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func openAt(tb testing.TB, at time.Time) (*series.Store, *clock) {
	tb.Helper()
	c := &clock{at}
	return open(tb, filepath.Join(tb.TempDir(), "metrics"), series.Small(series.Config{Now: c.now})), c
}

// value is a datum of the metric "m" of one value.
func value(at time.Time, v float64) metric.Datum {
	return metric.Datum{Name: "m", Time: at, Values: []float64{v}}
}

func put(tb testing.TB, s *series.Store, data ...metric.Datum) {
	tb.Helper()
	if err := s.Put(tb.Context(), ours, "ns", data); err != nil {
		tb.Fatal(err)
	}
}

// read returns the data of the metric "m", a line for each unit with "when: count sum
// min max" of each point.
func read(tb testing.TB, s *series.Store, from, to time.Time, period time.Duration) []string {
	tb.Helper()
	return readAs(tb, s, ours, series.Query{ID: metric.ID{Namespace: "ns", Name: "m"}, From: from, To: to, Period: period})
}

func readAs(tb testing.TB, s *series.Store, scope cloud.Scope, q series.Query) (out []string) {
	tb.Helper()
	got, err := s.Read(tb.Context(), scope, []series.Query{q})
	if err != nil {
		tb.Fatal(err)
	}
	for _, l := range got[0] {
		text := l.Unit
		for _, p := range l.Points {
			text += fmt.Sprintf(" %s: %v %v %v %v", p.Time.Sub(q.From), p.Count, p.Sum, p.Min, p.Max)
		}
		out = append(out, text)
	}
	return out
}

func diff(tb testing.TB, what string, want, got any) {
	tb.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		tb.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestDataOfAMinuteMerge(t *testing.T) {
	s, _ := openAt(t, noon)
	at := noon.Add(-10 * time.Minute)
	put(t, s, value(at, 3), value(at.Add(59*time.Second), 5), value(at.Add(time.Minute), 7))
	put(t, s, value(at.Add(30*time.Second), -1))
	counted := value(at.Add(5*time.Minute), 2)
	counted.Values, counted.Counts = []float64{2, 10, 99}, []float64{2, 0.5, 0}
	set := metric.Datum{Name: "m", Time: at.Add(6 * time.Minute), Set: &metric.Set{Count: 3, Sum: 6, Min: 1, Max: 4}, Values: []float64{9}}
	put(t, s, counted, set)
	diff(t, "by minutes", []string{"None 0s: 3 7 -1 5 1m0s: 1 7 7 7 5m0s: 2.5 9 2 10 6m0s: 4 15 1 9"}, read(t, s, at, noon, time.Minute))
	diff(t, "in periods that begin where they are asked for", []string{"None 0s: 4 14 -1 7 4m0s: 6.5 24 1 10"}, read(t, s, at, noon, 4*time.Minute))
	diff(t, "until the end", []string{"None 0s: 3 7 -1 5"}, read(t, s, at, at.Add(time.Minute), time.Minute))
	diff(t, "from the start", []string{"None 0s: 1 7 7 7"}, read(t, s, at.Add(time.Minute), at.Add(5*time.Minute), time.Minute))
	diff(t, "of others", []string(nil), readAs(t, s, theirs, series.Query{ID: metric.ID{Namespace: "ns", Name: "m"}, From: at, To: noon, Period: time.Minute}))
}

func TestUnitsAreKeptApart(t *testing.T) {
	s, _ := openAt(t, noon)
	at := noon.Add(-10 * time.Minute)
	for i, unit := range []string{"Count", "Seconds", "", "None", "Count"} {
		d := value(at, float64(i))
		d.Unit = unit
		put(t, s, d)
	}
	diff(t, "all", []string{"Seconds 0s: 1 1 1 1", "Count 0s: 2 4 0 4", "None 0s: 2 5 2 3"}, read(t, s, at, noon, time.Minute))
	of := series.Query{ID: metric.ID{Namespace: "ns", Name: "m"}, Unit: "Count", From: at, To: noon, Period: time.Minute}
	diff(t, "one", []string{"Count 0s: 2 4 0 4"}, readAs(t, s, ours, of))
	of.Unit = "Bytes"
	diff(t, "another", []string(nil), readAs(t, s, ours, of))
	wrong := value(at, 1)
	wrong.Unit = "Miles"
	if err := s.Put(t.Context(), ours, "ns", []metric.Datum{value(at, 1), wrong}); err == nil {
		t.Error("a unit that is none was taken")
	}
	diff(t, "after a put that was refused", []string{"Seconds 0s: 1 1 1 1", "Count 0s: 2 4 0 4", "None 0s: 2 5 2 3"}, read(t, s, at, noon, time.Minute))
}

// Data by the second can be read so for three hours, and data by the minute stand at
// their minute then.
func TestSeconds(t *testing.T) {
	s, c := openAt(t, noon)
	at := noon.Add(-time.Hour)
	for i := range 4 {
		d := value(at.Add(time.Duration(i*10)*time.Second), float64(i))
		d.Second = true
		put(t, s, d, value(d.Time, 100))
	}
	old := value(noon.Add(-4*time.Hour), 1)
	old.Second = true
	put(t, s, old)
	diff(t, "by 10 seconds", []string{"None 0s: 5 400 0 100 10s: 1 1 1 1 20s: 1 2 2 2 30s: 1 3 3 3"}, read(t, s, at, noon, 10*time.Second))
	diff(t, "by minutes", []string{"None 0s: 8 406 0 100"}, read(t, s, at, noon, time.Minute))
	diff(t, "too old for seconds", []string(nil), read(t, s, noon.Add(-4*time.Hour), noon.Add(-3*time.Hour), time.Second))
	diff(t, "old", []string{"None 0s: 1 1 1 1"}, read(t, s, noon.Add(-4*time.Hour), noon.Add(-3*time.Hour), time.Minute))
	for _, later := range []time.Duration{2*time.Hour + time.Minute, 5 * time.Hour} {
		c.at = noon.Add(later)
		if err := series.Tend(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		diff(t, "after three hours, by 10 seconds", []string(nil), read(t, s, at, noon, 10*time.Second))
		diff(t, "after three hours, by minutes", []string{"None 0s: 8 406 0 100"}, read(t, s, at, noon, time.Minute))
	}
	if spans, err := series.Spans(s); err != nil || spans[0] != 0 {
		t.Errorf("%v (%v), want no seconds", spans, err)
	}
}

// Data are rolled up at AWS's ages, and read the same by the periods that are left.
func TestRollUp(t *testing.T) {
	s, c := openAt(t, noon)
	begin := noon.Add(-time.Hour).Truncate(time.Hour)
	for i := range 120 {
		d := value(begin.Add(time.Duration(i)*30*time.Second), float64(i))
		d.Second = i%2 == 0
		put(t, s, d)
	}
	hour := "None 0s: 120 7140 0 119"
	for _, step := range []struct {
		name                 string
		age                  time.Duration
		minutes, fives, hour int
		spans                [4]int
	}{
		{"fresh", 0, 60, 12, 1, [4]int{60, 120, 0, 0}},
		{"before it is 15 days old", 15*day - time.Hour, 60, 12, 1, [4]int{0, 120, 0, 0}},
		{"once a part of it is", 15*day - 30*time.Minute, 30, 12, 1, [4]int{0, 120, 0, 0}},
		{"after 15 days", 15*day + time.Minute, 0, 12, 1, [4]int{0, 0, 12, 0}},
		{"after 16 days", 16 * day, 0, 12, 1, [4]int{0, 0, 12, 0}},
		{"before 63 days", 63*day - time.Hour, 0, 12, 1, [4]int{0, 0, 12, 0}},
		{"after 68 days", 68 * day, 0, 0, 1, [4]int{0, 0, 0, 1}},
		{"before 455 days", 455*day - time.Hour, 0, 0, 1, [4]int{0, 0, 0, 1}},
		{"after 455 days", 455*day + time.Hour, 0, 0, 0, [4]int{0, 0, 0, 1}},
		{"after 485 days", 485*day + time.Hour, 0, 0, 0, [4]int{}},
	} {
		c.at = noon.Add(step.age)
		if err := series.Tend(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		points := func(period time.Duration) int {
			all := strings.Join(read(t, s, begin, begin.Add(time.Hour), period), "")
			return strings.Count(all, ":")
		}
		if got := [3]int{points(time.Minute), points(5 * time.Minute), points(time.Hour)}; got != [3]int{step.minutes, step.fives, step.hour} {
			t.Errorf("%s: %v points by minutes, five and an hour, want %d, %d, %d", step.name, got, step.minutes, step.fives, step.hour)
		}
		if step.hour == 1 {
			diff(t, step.name, []string{hour}, read(t, s, begin, begin.Add(time.Hour), time.Hour))
		}
		spans, err := series.Spans(s)
		if err != nil {
			t.Fatal(err)
		}
		diff(t, step.name, fmt.Sprint(step.spans), fmt.Sprint(spans))
		if n, err := s.Count(t.Context()); err != nil || (n == 1) != (spans != [4]int{}) {
			t.Errorf("%s: %d series (%v)", step.name, n, err)
		}
	}
	if n, err := s.Count(t.Context()); err != nil || n != 0 {
		t.Errorf("%d series (%v) when all data are gone, want none", n, err)
	}
	put(t, s, value(c.at, 1))
	diff(t, "a series that was removed", []string{"None 0s: 1 1 1 1"}, read(t, s, c.at, c.at.Add(time.Minute), time.Minute))
}

// Percentiles outlive rolling up, since histograms do.
func TestHistogramsAreRolledUp(t *testing.T) {
	s, c := openAt(t, noon)
	var want summary.Summary
	for i := range 600 {
		put(t, s, value(noon.Add(-time.Hour+time.Duration(i)*6*time.Second), float64(i*i)))
		want.Add(float64(i*i), 1)
	}
	for _, age := range []time.Duration{0, 17 * day, 90 * day} {
		c.at = noon.Add(age)
		if err := series.Tend(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		q := series.Query{ID: metric.ID{Namespace: "ns", Name: "m"}, From: noon.Add(-time.Hour), To: noon, Period: time.Hour, Spread: true}
		got, err := s.Read(t.Context(), ours, []series.Query{q})
		if err != nil {
			t.Fatal(err)
		}
		diff(t, age.String(), want.Append(nil), got[0][0].Points[0].Append(nil))
	}
}

// Late data are added to where they belong, up to two weeks.
func TestLateData(t *testing.T) {
	s, _ := openAt(t, noon)
	old := noon.Add(-14 * day)
	put(t, s, value(noon, 1))
	put(t, s, value(old, 1))
	put(t, s, value(old.Add(time.Hour), 2), value(old.Add(30*time.Second), 3))
	diff(t, "late", []string{"None 0s: 2 4 1 3 1h0m0s: 1 2 2 2 336h0m0s: 1 1 1 1"}, read(t, s, old, noon.Add(time.Hour), time.Hour))
	for _, at := range []time.Time{noon.Add(-15 * day), noon.Add(25 * time.Hour), {}} {
		if err := s.Put(t.Context(), ours, "ns", []metric.Datum{value(noon, 1), value(at, 1)}); err == nil {
			t.Errorf("data of %s were taken", at)
		}
	}
	diff(t, "after those that are too old", []string{"None 0s: 1 1 1 1"}, read(t, s, noon, noon.Add(time.Hour), time.Hour))
}

func listed(tb testing.TB, s *series.Store, f series.Filter) (out []string) {
	tb.Helper()
	var after []byte
	for { // in pages of two
		n := 0
		err := s.List(tb.Context(), ours, f, after, func(id metric.ID, next []byte) bool {
			out = append(out, fmt.Sprint(id))
			after = next
			n++
			return n < 2
		})
		if err != nil {
			tb.Fatal(err)
		}
		if n < 2 {
			slices.Sort(out)
			return out
		}
	}
}

func TestList(t *testing.T) {
	s, c := openAt(t, noon)
	add := func(namespace, name string, at time.Time, dimensions ...string) {
		d := value(at, 1)
		d.Name = name
		for i := 0; i < len(dimensions); i += 2 {
			d.Dimensions = append(d.Dimensions, metric.Dimension{Name: dimensions[i], Value: dimensions[i+1]})
		}
		if err := s.Put(t.Context(), ours, namespace, []metric.Datum{d}); err != nil {
			t.Fatal(err)
		}
	}
	add("A", "cpu", noon, "Zone", "a", "Host", "1")
	add("A", "cpu", noon, "Host", "2")
	add("A", "cpu", noon.Add(-5*time.Hour), "Host", "3", "Zone", "a")
	add("A", "disk", noon)
	add("A\x00B", "cpu", noon, "Host", "1")
	add("AB", "cpu", noon, "Host", "")
	if err := s.Put(t.Context(), theirs, "A", []metric.Datum{value(noon, 1)}); err != nil {
		t.Fatal(err)
	}
	all := []string{
		"{A\x00B cpu [{Host 1}]}", "{A cpu [{Host 1} {Zone a}]}", "{A cpu [{Host 2}]}", "{A cpu [{Host 3} {Zone a}]}", "{A disk []}", "{AB cpu [{Host }]}",
	}
	at := func(places ...int) (some []string) {
		for _, i := range places {
			some = append(some, all[i])
		}
		return some
	}
	for _, tt := range []struct {
		name   string
		filter series.Filter
		want   []string
	}{
		{"everything", series.Filter{}, all},
		{"a namespace", series.Filter{Namespace: "A"}, at(1, 2, 3, 4)},
		{"a name", series.Filter{Name: "cpu"}, at(0, 1, 2, 3, 5)},
		{"a namespace and a name", series.Filter{Namespace: "A", Name: "disk"}, at(4)},
		{"the beginning of a name", series.Filter{Name: "cp"}, nil},
		{"a dimension", series.Filter{Dimensions: []series.Wanted{{"Host", new("1")}}}, at(0, 1)},
		{"a dimension without a value", series.Filter{Dimensions: []series.Wanted{{"Host", new("")}}}, at(5)},
		{"a dimension of any value", series.Filter{Dimensions: []series.Wanted{{Name: "Zone"}}}, at(1, 3)},
		{"dimensions", series.Filter{Dimensions: []series.Wanted{{Name: "Host"}, {"Zone", new("a")}}, Namespace: "A", Name: "cpu"}, at(1, 3)},
		{"a value that no dimension has", series.Filter{Dimensions: []series.Wanted{{"Host", new("a")}}}, nil},
		{"what had data lately", series.Filter{Namespace: "A", Since: noon.Add(-3 * time.Hour)}, at(1, 2, 4)},
		{"what had data lately, by a dimension", series.Filter{Dimensions: []series.Wanted{{"Zone", new("a")}}, Since: noon.Add(-3 * time.Hour)}, at(1)},
	} {
		t.Run(tt.name, func(t *testing.T) { diff(t, "listed", tt.want, listed(t, s, tt.filter)) })
	}
	c.at = noon.Add(time.Hour)
	add("A", "cpu", c.at, "Zone", "a", "Host", "3")
	add("A", "cpu", noon.Add(-10*time.Hour), "Zone", "a", "Host", "1")
	diff(t, "after data came again", at(1, 3), listed(t, s, series.Filter{Dimensions: []series.Wanted{{"Zone", new("a")}}, Since: noon.Add(-3 * time.Hour)}))
}

// Names that are not in memory are found on disk, and those in memory are bounded.
func TestNamesInMemoryAreBounded(t *testing.T) {
	s, _ := openAt(t, noon)
	for range 3 {
		for i := range 100 {
			d := value(noon, 1)
			d.Dimensions = []metric.Dimension{{Name: "i", Value: fmt.Sprint(i)}}
			put(t, s, d)
		}
	}
	if n, err := s.Count(t.Context()); err != nil || n != 100 {
		t.Errorf("%d series (%v), want 100", n, err)
	}
	if known := series.Known(s); known > 8 {
		t.Errorf("%d names are in memory, want no more than 8", known)
	}
	q := series.Query{ID: metric.ID{Namespace: "ns", Name: "m", Dimensions: []metric.Dimension{{Name: "i", Value: "5"}}}, From: noon, To: noon.Add(time.Minute), Period: time.Minute}
	diff(t, "one of them", []string{"None 0s: 3 3 1 1"}, readAs(t, s, ours, q))
}

// A series that comes several times in a new put is made once.
func TestNewSeriesTwiceInAPut(t *testing.T) {
	s, _ := openAt(t, noon)
	put(t, s, value(noon, 1), value(noon, 2), value(noon.Add(time.Hour), 3))
	diff(t, "data", []string{"None 0s: 2 3 1 2 1h0m0s: 1 3 3 3"}, read(t, s, noon, noon.Add(2*time.Hour), time.Minute))
	if n, err := s.Count(t.Context()); err != nil || n != 1 {
		t.Errorf("%d series (%v), want 1", n, err)
	}
}

// A put of no samples makes the metric known.
func TestNoSamples(t *testing.T) {
	s, _ := openAt(t, noon)
	none := value(noon, 1)
	none.Counts = []float64{0}
	put(t, s, none)
	put(t, s)
	diff(t, "listed", []string{"{ns m []}"}, listed(t, s, series.Filter{Since: noon.Add(-time.Hour)}))
	diff(t, "data", []string(nil), read(t, s, noon, noon.Add(time.Hour), time.Minute))
}

func TestKeep(t *testing.T) {
	for period, want := range map[time.Duration]time.Duration{
		time.Second: 3 * time.Hour, 30 * time.Second: 3 * time.Hour, time.Minute: 15 * day, 4 * time.Minute: 15 * day,
		5 * time.Minute: 63 * day, 10 * time.Minute: 63 * day, time.Hour: 455 * day, day: 455 * day,
	} {
		if got := series.Keep(period); got != want {
			t.Errorf("data by %s are kept for %s, want %s", period, got, want)
		}
	}
}

// A context that ended ends what loops.
func TestEndedContext(t *testing.T) {
	s, _ := openAt(t, noon)
	data := make([]metric.Datum, 2000)
	for i := range data {
		data[i] = value(noon.Add(-time.Duration(i)*time.Minute), 1)
		data[i].Dimensions = []metric.Dimension{{Name: "i", Value: fmt.Sprint(i)}}
	}
	put(t, s, data...)
	for i := range data {
		data[i].Dimensions = nil
	}
	put(t, s, data...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Put(ctx, ours, "ns", data); err == nil {
		t.Error("Put")
	}
	if _, err := s.Read(ctx, ours, []series.Query{{ID: metric.ID{Namespace: "ns", Name: "m"}, From: noon.Add(-2 * day), To: noon, Period: time.Minute}}); err == nil {
		t.Error("Read")
	}
	if err := s.List(ctx, ours, series.Filter{}, nil, func(metric.ID, []byte) bool { return true }); err == nil {
		t.Error("List")
	}
}

func TestExtremes(t *testing.T) {
	s, _ := openAt(t, noon)
	most := math.Pow(2, 360)
	many := value(noon, most)
	many.Counts = []float64{1e200}
	put(t, s, many, value(noon.Add(time.Minute), -most), value(noon.Add(2*time.Minute), math.SmallestNonzeroFloat64))
	put(t, s, many)
	got := read(t, s, noon, noon.Add(time.Hour), time.Hour)
	if len(got) != 1 || strings.Contains(got[0], "Inf") || strings.Contains(got[0], "NaN") {
		t.Errorf("%v", got)
	}
}

func FuzzID(f *testing.F) {
	f.Add([]byte("ns\x00\x01m\x00\x01a\x00\xffb\x00\x01c\x00\x01"))
	f.Fuzz(func(_ *testing.T, key []byte) { series.IDOf(key) })
}
