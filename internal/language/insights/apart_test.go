package insights_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/language/insights"
)

// manyEvents returns JSON events, some of one time, newest first.
func manyEvents(n int) []*insights.Event {
	r := rand.New(rand.NewPCG(7, 8))
	var all []*insights.Event
	for i := range n {
		message := fmt.Sprintf(`{"k":"k%d","n":%d.%d,"same":"%s","list":[%d,%d]}`, r.IntN(40), r.IntN(1000), r.IntN(100), []string{"7", "7.0", "7.00", "x"}[r.IntN(4)], r.IntN(9), r.IntN(9))
		if r.IntN(20) == 0 {
			message = "no object"
		}
		all = append(all, &insights.Event{Timestamp: start - int64(i/3), Message: []byte(message), Log: "1:g", Stream: fmt.Sprint("s", i%3), Pointer: "p"})
	}
	return all
}

// Groups that are gathered by several are those that one gathers, in the order in which they
// would have come.
func TestGroupsThatSeveralGatherAreThoseOfOne(t *testing.T) {
	apart := over(manyEvents(20_000), start-100_000, start)
	apart.Workers = 3
	together := apart
	together.Apart = nil
	for _, query := range []string{
		"stats count(*) by k", "stats count(*) as c by k | sort c desc | limit 5", "stats count(n), count_distinct(k), sum(n), avg(n), stddev(n), min(n), max(n), pct(n, 95)",
		"stats pct(n, 0), pct(n, 50), pct(n, 99.9), pct(n, 100) by k", "stats min(same), max(same), min(nope) by k", "stats count(*) by same", "filter n > 500 | stats count(*) by bin(10s), k",
		"filter @message like /k1\\d/ | fields n * 2 as m | stats sum(m) by @logStream", "unnest list into x | stats count(*) by x, k", "fields n | stats count(*) as c by k | stats max(c), pct(c, 50)",
		"stats latest(k), earliest(n) by @logStream", "stats pct(n, n) by k", "dedup k | limit 3", "stats values(k)", "limit 100 | fields n", "filter k in (SOURCE 'g' | filter n > 990 | stats count(*) by k | fields k) | stats count(*) by k",
	} {
		t.Run(query, func(t *testing.T) {
			q, err := insights.Parse(query)
			if err != nil {
				t.Fatal(err)
			}
			want, err := q.Run(t.Context(), together)
			if err != nil {
				t.Fatal(err)
			}
			got, err := q.Run(t.Context(), apart)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// answer runs a query.
func answer(ctx context.Context, tb testing.TB, query string, env insights.Env) (*insights.Result, error) {
	tb.Helper()
	q, err := insights.Parse(query)
	if err != nil {
		tb.Fatal(err)
	}
	return q.Run(ctx, env)
}

func TestSeveralEndTogether(t *testing.T) {
	env := over(manyEvents(20_000), start-100_000, start)
	t.Run("with their memory", func(t *testing.T) {
		env := env
		env.Memory = 1 << 20
		for _, query := range []string{"stats count(*) by n, k", "stats count_distinct(n), count(*) by k, n"} {
			if _, err := answer(t.Context(), t, query, env); !errors.Is(err, insights.ErrMemory) {
				t.Errorf("%s: %v", query, err)
			}
		}
		result, err := answer(t.Context(), t, "stats pct(n, 50) as p, count(*) as c", env)
		if err != nil || len(result.Rows) != 1 {
			t.Errorf("a percentile of more than there is room for: %v, %v", result, err)
		}
	})
	t.Run("with what the events of one end with", func(t *testing.T) {
		broken, env := errors.New("broken"), env
		whole := env.Apart
		env.Apart = func(ctx context.Context, read insights.Read, n int) []iter.Seq2[*insights.Event, error] {
			all := whole(ctx, read, n)
			all[n-1] = func(yield func(*insights.Event, error) bool) { yield(nil, broken) }
			return all
		}
		if _, err := answer(t.Context(), t, "stats count(*)", env); !errors.Is(err, broken) {
			t.Error(err)
		}
	})
	t.Run("with their context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var seen atomic.Int64
		env := env
		env.Apart = func(_ context.Context, _ insights.Read, n int) []iter.Seq2[*insights.Event, error] {
			all := make([]iter.Seq2[*insights.Event, error], n)
			for i := range all {
				all[i] = func(yield func(*insights.Event, error) bool) {
					for yield(&insights.Event{Message: []byte(`{"k":1}`)}, nil) {
						if seen.Add(1) == 1000 {
							cancel()
						}
					}
				}
			}
			return all
		}
		if _, err := answer(ctx, t, "stats count(*) by k", env); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	t.Run("having told what there was on the way", func(t *testing.T) {
		env := env
		told := 0
		env.Partial = func(result func() (*insights.Result, error)) {
			r, err := result()
			if err != nil || len(r.Rows) != 41 || r.Statistics.RecordsScanned == 0 {
				t.Error(r, err)
			}
			told++
		}
		if _, err := answer(t.Context(), t, "stats count(*), pct(n, 50) by k", env); err != nil || told < 4 {
			t.Error(told, err)
		}
	})
}
