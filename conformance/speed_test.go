package conformance_test

import (
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/kit/material"
)

// What a user must feel, on a machine that does nothing else. A test machine
// does: each is measured a few times, and one time must do.
const (
	firstQuery  = time.Second            // of 2,900 CloudTrail records, start and decoding included
	secondQuery = 150 * time.Millisecond // of the same, start included
	serverStart = 300 * time.Millisecond // on an existing data folder
	attempts    = 5
)

// best measures until a limit holds, and returns the shortest time.
func best(limit time.Duration, measure func() time.Duration) time.Duration {
	shortest := measure()
	for range attempts - 1 {
		if shortest < limit {
			break
		}
		shortest = min(shortest, measure())
	}
	return shortest
}

func TestSpeed(t *testing.T) {
	logs := filepath.Join(material.Data(t), "cloudtrail", "invictus-ir_aws_dataset", "s3")
	question := func(cache string) time.Duration {
		began := time.Now()
		got := queryCached(t, cache, logs, "SELECT count(*) FROM cloudtrail")
		took := time.Since(began)
		if len(got.rows) != 1 || got.rows[0][0] != "2900" {
			t.Fatalf("%v\n%s", got.rows, got.told)
		}
		return took
	}
	first := best(firstQuery, func() time.Duration { return question(t.TempDir()) })
	cache := t.TempDir()
	question(cache)
	second := best(secondQuery, func() time.Duration { return question(cache) })
	s := serve(t, t.TempDir())
	a := newAsker(t, s)
	a.do("SELECT 1")
	start := best(serverStart, func() time.Duration {
		s.killAndRestart()
		return s.ready
	})
	report(t, "Speed", "2,900 CloudTrail records: %d ms the first time, %d ms the second; server ready after %d ms",
		first.Milliseconds(), second.Milliseconds(), start.Milliseconds())
	for _, m := range []struct {
		what        string
		took, limit time.Duration
	}{
		{"the first query", first, firstQuery},
		{"the second query", second, secondQuery},
		{"the start of the server", start, serverStart},
	} {
		if testing.Short() {
			// Other packages' tests run beside this one; make conformance holds the targets.
			m.limit *= 5
		}
		if m.took >= m.limit {
			t.Errorf("%s took %v, want less than %v", m.what, m.took, m.limit)
		}
	}
}

// milliseconds reads a number of them.
func milliseconds(text string) time.Duration {
	n, err := strconv.Atoi(text)
	if err != nil {
		return time.Hour
	}
	return time.Duration(n) * time.Millisecond
}
