package anomaly_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/anomaly"
)

var start = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) // a Monday

// synthetic is a series whose truth is known: what is expected at a time, and noise around it.
type synthetic struct {
	truth  func(t time.Time) float64
	noise  float64 // the deviation of what is added by chance
	spikes float64 // how often a value is far off in what is learned
	days   float64 // of what is learned; 14 where it is 0
	every  time.Duration
	drop   float64 // how often a point is missing
}

func hourOf(t time.Time) float64 {
	return float64(t.Hour()) + float64(t.Minute())/60 + float64(t.Second())/3600
}

func daily(t time.Time) float64 { return 100 + 40*math.Sin(2*math.Pi*(hourOf(t)-9)/24) }

func weekly(t time.Time) float64 {
	if d := t.Weekday(); d == time.Saturday || d == time.Sunday {
		return 60 + 10*math.Sin(2*math.Pi*(hourOf(t)-9)/24)
	}
	return daily(t)
}

func hourly(t time.Time) float64 {
	if t.Minute() < 5 {
		return 90
	}
	return 50
}

// series are the synthetic series, and what their models must reach on the day after.
var series = []struct {
	name string
	of   synthetic
	off  float64 // how far off what is expected may be, in deviations of the noise
	in   float64 // the least share of values in a band of two deviations: 95.4 would be right
	out  float64 // the greatest
}{
	{"level", synthetic{truth: func(time.Time) float64 { return 100 }, noise: 5}, 0.1, 0.94, 0.97},
	{"daily", synthetic{truth: daily, noise: 5}, 0.25, 0.94, 0.97},
	{"daily, two of a hundred far off", synthetic{truth: daily, noise: 5, spikes: 0.02}, 0.25, 0.94, 0.985},
	{"daily, every fifth missing", synthetic{truth: daily, noise: 5, drop: 0.2}, 0.25, 0.94, 0.97},
	{"daily, of three days", synthetic{truth: daily, noise: 5, days: 3}, 0.6, 0.92, 0.97},
	{"daily, by 5 minutes", synthetic{truth: daily, noise: 5, every: 5 * time.Minute}, 0.4, 0.93, 0.97},
	{"daily, by the hour", synthetic{truth: daily, noise: 5, every: time.Hour}, 0.8, 0.80, 0.99},
	{"weekly", synthetic{truth: weekly, noise: 5}, 0.4, 0.93, 0.98},
	{"weekly, two of a hundred far off", synthetic{truth: weekly, noise: 5, spikes: 0.02}, 0.4, 0.93, 0.99},
	{"hourly", synthetic{truth: hourly, noise: 3}, 0.25, 0.94, 0.97},
	{"hourly and daily", synthetic{truth: func(t time.Time) float64 { return daily(t) + hourly(t) }, noise: 5}, 0.3, 0.94, 0.97},
	{"trend", synthetic{truth: func(t time.Time) float64 { return 100 + 5*t.Sub(start).Hours()/24 }, noise: 5}, 0.4, 0.92, 0.97},
	{"trend and daily", synthetic{truth: func(t time.Time) float64 { return daily(t) + 5*t.Sub(start).Hours()/24 }, noise: 5}, 0.5, 0.91, 0.97},
	{"a step three days ago", synthetic{truth: func(t time.Time) float64 {
		if t.Sub(start) > 11*24*time.Hour {
			return daily(t) + 50
		}
		return daily(t)
	}, noise: 5}, 1.2, 0.80, 1},
	{"noisy by day, quiet by night", synthetic{truth: daily, noise: -10}, 0.4, 0.93, 0.98},
}

// points makes the points of a series for some days from an instant. The last argument says of a
// time whether its point may be far off.
func (s *synthetic) points(r *rand.Rand, from time.Time, length, spikes float64) (all []anomaly.Point, clean []bool) {
	for t := from; t.Before(from.Add(time.Duration(length * 24 * float64(time.Hour)))); t = t.Add(s.step()) {
		v, ok := s.truth(t)+s.deviation(t)*r.NormFloat64(), true
		if r.Float64() < spikes {
			v, ok = v+10*s.deviation(t)*(1+r.Float64()), false
		}
		if r.Float64() >= s.drop {
			all, clean = append(all, anomaly.Point{Time: t, Value: v}), append(clean, ok)
		}
	}
	return all, clean
}

func (s *synthetic) step() time.Duration {
	if s.every == 0 {
		return time.Minute
	}
	return s.every
}

// deviation is that of the noise, which is by day four times that by night where it is told as negative.
func (s *synthetic) deviation(t time.Time) float64 {
	switch {
	case s.noise >= 0:
		return s.noise
	case t.Hour() >= 8 && t.Hour() < 20:
		return -s.noise
	}
	return -s.noise / 4
}

// What a model expects is near what is true, and its band has as many values as it should.
func TestModelsOfWhatIsKnown(t *testing.T) {
	for _, tt := range series {
		t.Run(tt.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			learn := tt.of.days
			if learn == 0 {
				learn = 14
			}
			from := start.Add(time.Duration((14 - learn) * 24 * float64(time.Hour)))
			learned, _ := tt.of.points(r, from, learn, tt.of.spikes)
			m, ok := anomaly.Fit(learned, tt.of.step(), anomaly.Tuning{})
			if !ok {
				t.Fatal("there is no model")
			}
			// The week after, so that each day of the week is told; a trend is told for a day.
			after := 7.0
			if tt.name == "trend" || tt.name == "trend and daily" {
				after = 1
			}
			next, clean := tt.of.points(r, start.Add(days(14)), after, 0.02)
			square, inside, usual, caught, spikes := 0.0, 0, 0, 0, 0
			for i, p := range next {
				mean, _ := m.At(p.Time)
				square += math.Pow((mean-tt.of.truth(p.Time))/tt.of.deviation(p.Time), 2)
				lower, upper := m.Band(p.Time, 2)
				in := p.Value >= lower && p.Value <= upper
				if clean[i] {
					usual++
					if in {
						inside++
					}
				} else if spikes++; !in {
					caught++
				}
			}
			off, share := math.Sqrt(square/float64(len(next))), float64(inside)/float64(usual)
			t.Logf("| %s | %.2f | %.1f %% | %d of %d |", tt.name, off, 100*share, caught, spikes)
			if off > tt.off || share < tt.in || share > tt.out {
				t.Errorf("off by %.3f (at most %.2f), %.4f in the band (from %.3f to %.3f)", off, tt.off, share, tt.in, tt.out)
			}
		})
	}
}

// days is so many days.
func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

func fitted(t *testing.T, s synthetic, length float64, tuning anomaly.Tuning) *anomaly.Model {
	t.Helper()
	points, _ := s.points(rand.New(rand.NewPCG(3, 4)), start, length, s.spikes)
	m, ok := anomaly.Fit(points, s.step(), tuning)
	if !ok {
		t.Fatal("there is no model")
	}
	return m
}

func TestTooFewPoints(t *testing.T) {
	var points []anomaly.Point
	for i := range anomaly.Least {
		if _, ok := anomaly.Fit(points, time.Minute, anomaly.Tuning{}); ok {
			t.Errorf("%d points made a model", i)
		}
		points = append(points, anomaly.Point{Time: start.Add(time.Duration(i) * time.Minute), Value: 7})
	}
	m, ok := anomaly.Fit(points, time.Minute, anomaly.Tuning{})
	if !ok || m.Points() != anomaly.Least {
		t.Fatal("enough points made no model")
	}
	if mean, deviation := m.At(start.Add(time.Hour)); mean != 7 || deviation != 0.007 {
		t.Errorf("of what never moved %v ± %v is expected", mean, deviation)
	}
	for i := range points {
		points[i].Value = math.NaN()
	}
	if _, ok := anomaly.Fit(points, time.Minute, anomaly.Tuning{}); ok {
		t.Error("what is no number made a model")
	}
}

// The band is not below 0 where the metric never was.
func TestTheBandEndsAtZero(t *testing.T) {
	low := synthetic{truth: func(time.Time) float64 { return 0 }, noise: 1}
	points, _ := low.points(rand.New(rand.NewPCG(1, 1)), start, 2, 0)
	m, _ := anomaly.Fit(points, time.Minute, anomaly.Tuning{})
	if lower, _ := m.Band(start.Add(days(3)), 2); lower > -1.5 {
		t.Errorf("the lower end is %v where the metric was below 0", lower)
	}
	for i := range points {
		points[i].Value = math.Abs(points[i].Value)
	}
	m, _ = anomaly.Fit(points, time.Minute, anomaly.Tuning{})
	if lower, upper := m.Band(start.Add(days(3)), 5); lower != 0 || upper < 1 {
		t.Errorf("the band is from %v to %v where the metric never was below 0", lower, upper)
	}
}

// An outage of half a day and a peak of some hours change little of what is expected.
func TestOutages(t *testing.T) {
	s := synthetic{truth: weekly, noise: 5}
	points, _ := s.points(rand.New(rand.NewPCG(5, 6)), start, 14, 0)
	for i := range points {
		switch at := points[i].Time.Sub(start); {
		case at > days(3) && at < days(3)+12*time.Hour:
			points[i].Value = 0
		case at > days(9)+8*time.Hour && at < days(9)+11*time.Hour:
			points[i].Value *= 4
		}
	}
	m, _ := anomaly.Fit(points, time.Minute, anomaly.Tuning{})
	worst := 0.0
	for at := start.Add(days(14)); at.Before(start.Add(days(21))); at = at.Add(10 * time.Minute) {
		mean, _ := m.At(at)
		worst = max(worst, math.Abs(mean-weekly(at)))
	}
	if worst > 30 {
		t.Errorf("what is expected is off by %v after an outage", worst)
	}
	// What is excluded is as if it had not been.
	without, _ := anomaly.Fit(slices.DeleteFunc(slices.Clone(points), func(p anomaly.Point) bool {
		return !p.Time.Before(start.Add(days(3))) && p.Time.Before(start.Add(days(4)))
	}), time.Minute, anomaly.Tuning{})
	excluded, _ := anomaly.Fit(points, time.Minute, anomaly.Tuning{Excluded: []anomaly.Range{{Start: start.Add(days(3)), End: start.Add(days(4))}}})
	if a, b := fmt.Sprint(without.At(start.Add(days(15)))), fmt.Sprint(excluded.At(start.Add(days(15)))); a != b {
		t.Errorf("with an excluded day %s is expected, without its points %s", b, a)
	}
}

// Hours are those of the zone: where clocks are put forward, so is what is expected.
func TestZones(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	change := time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC)
	s := synthetic{noise: 1, truth: func(t time.Time) float64 { return daily(t.In(berlin)) }}
	points, _ := s.points(rand.New(rand.NewPCG(7, 8)), change.Add(-days(14)), 14, 0)
	at := change.Add(15 * time.Hour)
	for _, tt := range []struct {
		zone *time.Location
		good bool
	}{{berlin, true}, {time.UTC, false}, {nil, false}} {
		m, _ := anomaly.Fit(points, time.Minute, anomaly.Tuning{Zone: tt.zone})
		mean, _ := m.At(at)
		if off := math.Abs(mean - s.truth(at)); off < 1.5 != tt.good {
			t.Errorf("zone %v: off by %v", tt.zone, off)
		}
	}
}

func TestTuning(t *testing.T) {
	stepped := synthetic{noise: 2, truth: func(t time.Time) float64 {
		if t.Sub(start) > days(12) {
			return 160
		}
		return 100
	}}
	at := start.Add(days(14))
	level := map[anomaly.Speed]float64{}
	for _, speed := range []anomaly.Speed{anomaly.Normal, anomaly.Fast, anomaly.Slow} {
		level[speed], _ = fitted(t, stepped, 14, anomaly.Tuning{Speed: speed}).At(at)
	}
	if math.Abs(level[anomaly.Fast]-160) > 5 || level[anomaly.Slow] > 130 {
		t.Errorf("two days after a step to 160 the speeds expect %v", level)
	}
	odd := synthetic{noise: 2, spikes: 0.04, truth: func(time.Time) float64 { return 100 }}
	wide := map[anomaly.Strength]float64{}
	for _, strength := range []anomaly.Strength{anomaly.Minimal, anomaly.Moderate, anomaly.Strict} {
		_, wide[strength] = fitted(t, odd, 14, anomaly.Tuning{Strength: strength}).At(at)
	}
	if !(wide[anomaly.Minimal] > 2*wide[anomaly.Moderate] && wide[anomaly.Moderate] > wide[anomaly.Strict]) {
		t.Errorf("the strengths come to deviations of %v", wide)
	}
	// A job that runs for a minute each day at 3:07.
	spiky := synthetic{noise: 2, truth: func(t time.Time) float64 {
		if t.Hour() == 3 && t.Minute() == 7 {
			return 500
		}
		return 100
	}}
	at = at.Add(3*time.Hour + 7*time.Minute)
	plain, _ := fitted(t, spiky, 14, anomaly.Tuning{}).At(at)
	told, _ := fitted(t, spiky, 14, anomaly.Tuning{Spikes: true}).At(at)
	if plain > 150 || math.Abs(told-500) > 10 {
		t.Errorf("of a spike to 500 %v is expected, and %v where spikes are usual", plain, told)
	}
}

// FuzzFit holds models to numbers, whatever the points are.
func FuzzFit(f *testing.F) {
	f.Add(uint64(1), 200, 60, 3.0, false)
	f.Add(uint64(2), 5000, 300, 1e300, true)
	f.Add(uint64(3), 300, 86400, -1e-300, false)
	f.Fuzz(func(t *testing.T, seed uint64, n, period int, scale float64, spikes bool) {
		if n < 0 || n > 20_000 || period < 1 || period > 7*86400 || math.IsNaN(scale) || math.Abs(scale) > 1e100 {
			return
		}
		r := rand.New(rand.NewPCG(seed, 1))
		points := make([]anomaly.Point, 0, n)
		for i := range n {
			if r.Float64() < 0.8 {
				points = append(points, anomaly.Point{Time: start.Add(time.Duration(i*period) * time.Second), Value: scale * r.NormFloat64()})
			}
		}
		m, ok := anomaly.Fit(points, time.Duration(period)*time.Second, anomaly.Tuning{Spikes: spikes})
		if !ok {
			return
		}
		for i := range 100 {
			lower, upper := m.Band(start.Add(time.Duration(i)*7*time.Hour), 2)
			if math.IsNaN(lower) || math.IsNaN(upper) || lower > upper {
				t.Fatalf("the band is from %v to %v", lower, upper)
			}
		}
	})
}

func BenchmarkFit(b *testing.B) {
	s := synthetic{truth: weekly, noise: 5}
	points, _ := s.points(rand.New(rand.NewPCG(5, 6)), start, 14, 0)
	for b.Loop() {
		anomaly.Fit(points, time.Minute, anomaly.Tuning{})
	}
}
