package series_test

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/store/lsm/lsmtest"
	"github.com/sillok/sillok/internal/store/series"
)

// damaged is a closed store with data in tables, and data in its log.
func damaged(t *testing.T) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "metrics")
	cfg := series.Config{Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return noon }}
	s, err := series.Open(t.Context(), dir, cfg)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		if i == 100 {
			if err := series.Settle(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		put(t, s, value(noon.Add(-time.Duration(i)*time.Minute), float64(i)))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A bit that flips is found: nothing is read that was not put, and nothing that was put
// is missing without an error.
func TestFlippedBits(t *testing.T) {
	dir := damaged(t)
	stride := 61
	if testing.Short() {
		stride = 997
	}
	lsmtest.FlipBits(t, dir, stride, wantFoundOrWhole)
}

// wantFoundOrWhole fails the test unless a store cannot be opened, or is read with an
// error, or has all that was put. It reports whether the damage was found.
func wantFoundOrWhole(t *testing.T, dir, what string) (found bool) {
	t.Helper()
	s, err := series.Open(t.Context(), dir, series.Config{Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return noon }})
	if err != nil {
		return true
	}
	defer func() { _ = s.Close() }() // it is damaged
	q := series.Query{ID: metric.ID{Namespace: "ns", Name: "m"}, From: noon.Add(-time.Hour * 5), To: noon.Add(time.Hour), Period: time.Minute, Spread: true}
	got, err := s.Read(t.Context(), ours, []series.Query{q})
	if err != nil {
		if cloud.KindOf(err) != cloud.Unavailable {
			t.Errorf("%s: %v, want an error of kind unavailable", what, err)
		}
		return true
	}
	if len(got[0]) != 1 || len(got[0][0].Points) != 200 {
		points := 0
		for _, l := range got[0] {
			points += len(l.Points)
		}
		t.Errorf("%s: %d points are there, want 200 or an error", what, points)
		return false
	}
	for i, p := range got[0][0].Points {
		if want := float64(199 - i); p.Sum != want || p.Count != 1 {
			t.Errorf("%s: point %d is %v, want %v", what, i, p, want)
		}
	}
	return false
}
