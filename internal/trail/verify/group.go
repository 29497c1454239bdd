package verify

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/trail/digest"
	"github.com/sillok/sillok/internal/trail/place"
)

// group is a region of an account. It is verified day by day: digests are read until a
// day after the one whose log files are read, because the digest of an hour comes
// after it.
type group struct {
	groupKey

	chains map[chainKey]*chain
	days   map[string]map[place.Kind]bool // that have log files, or should have
	listed map[string][]Object            // log files by day; none where they are listed again
	latest time.Time                      // the end of the newest digest file, valid or not

	run     *run
	out     *turn
	at      string                      // the day whose log files are read; those before it are done
	known   map[string]map[string]entry // log files that digests know: by day, by key in the place
	late    []late                      // those of days that are done, or of other folders
	kinds   map[place.Kind]bool         // that digests know files of
	covered cover
	strange map[string]*item // log files that no digest knows so far, by key
}

// entry is what digests say of a log file.
type entry struct {
	hash string
	more []string // other hashes that other digests have of it
}

// late is a log file that is not read with those of its day.
type late struct {
	tree *tree
	key  string
	entry
}

func (e entry) has(hash string) bool { return e.hash == hash || slices.Contains(e.more, hash) }

func (g *group) day(day string) map[place.Kind]bool {
	kinds := g.days[day]
	if kinds == nil {
		kinds = map[place.Kind]bool{}
		g.days[day] = kinds
	}
	return kinds
}

func (g *group) row(day string) Day { return Day{Day: day, Account: g.account, Region: g.region} }

// problem tells a problem of this account and region.
func (g *group) problem(p Problem) error {
	p.Account, p.Region = g.account, g.region
	return g.run.problem(g.out, p)
}

// name returns what a person calls what CloudTrail delivered to a place.
func (g *group) name(bucket, key string) string {
	if t, local, ok := g.run.find(g.tree, bucket, key); ok {
		return t.Name(local)
	}
	return "s3://" + bucket + "/" + key
}

// aDay is how long a day of UTC is.
const aDay = 24 * time.Hour

func (g *group) verify(ctx context.Context) error {
	g.known, g.kinds, g.strange = map[string]map[string]entry{}, map[place.Kind]bool{}, map[string]*item{}
	chains := g.sorted(ctx)
	// What was delivered late is known by a digest that was made later still.
	backfills := slices.DeleteFunc(slices.Clone(chains), func(c *chain) bool { return !c.backfill })
	if err := g.advance(ctx, backfills, g.latest.Add(aDay)); err != nil {
		return err
	}
	for len(g.days) > 0 {
		g.at = slices.Min(slices.Collect(maps.Keys(g.days)))
		if err := g.advance(ctx, chains, dayOf(g.at).Add(2*aDay)); err != nil {
			return err
		}
		if err := g.logs(ctx); err != nil {
			return err
		}
		delete(g.days, g.at)
		delete(g.known, g.at)
		delete(g.listed, g.at)
	}
	if err := g.strangers(); err != nil {
		return err
	}
	for _, c := range chains {
		if c.proven.Digests > 0 {
			g.run.ledger.proven(c.proven)
		}
	}
	return nil
}

// sorted returns the chains in their order, ready to be followed.
func (g *group) sorted(ctx context.Context) []*chain {
	chains := slices.SortedFunc(maps.Values(g.chains), func(a, b *chain) int {
		return cmp.Or(cmp.Compare(a.trail, b.trail), cmp.Compare(a.home, b.home), cmp.Compare(len(a.digests), len(b.digests)))
	})
	for _, c := range chains {
		c.proven = Proven{Account: g.account, Region: g.region, Trail: c.trail, Home: c.home, Backfill: c.backfill}
		listed := make(map[string]bool, len(c.digests))
		for _, d := range c.digests {
			listed[d.key] = true
			g.day(d.Day())
		}
		c.links = digest.Chain{Since: g.run.cfg.Start, There: func(bucket, key string) (found, known bool) {
			if local, ok := g.tree.here(bucket, key); ok && listed[local] {
				return true, true
			}
			return g.run.there(ctx, g.tree, bucket, key)
		}}
	}
	return chains
}

// lateness is how much earlier than its digest a log file may be named, and ahead how
// much later: names are of the minute in which a file was begun.
const (
	lateness = aDay
	ahead    = 15 * time.Minute
)

// route notes the log files that a digest knows.
func (g *group) route(ctx context.Context, d *loaded) error {
	for i, log := range d.read.File.Logs {
		if i%chunk == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		t, local, ok := g.run.find(g.tree, log.Bucket, log.Key)
		if !ok {
			if err := g.problem(Problem{Kind: LogElsewhere, Day: d.Day(), Object: "s3://" + log.Bucket + "/" + log.Key, Detail: "it is in a place that was not looked at"}); err != nil {
				return err
			}
			continue
		}
		at, err := place.Parse(local)
		own := t == g.tree && err == nil && at.Kind != place.Digest && at.Organization == g.organization && at.Account == g.account && at.Region == g.region
		if !own || at.Day() < g.at {
			g.late = append(g.late, late{t, local, entry{hash: log.Hash}})
			continue
		}
		g.kinds[at.Kind] = true
		g.day(at.Day())[at.Kind] = true
		of := g.known[at.Day()]
		if of == nil {
			of = map[string]entry{}
			g.known[at.Day()] = of
		}
		e, twice := of[local]
		switch {
		case !twice:
			of[local] = entry{hash: log.Hash}
		case !e.has(log.Hash):
			e.more = append(e.more, log.Hash)
			of[local] = e
		}
		if !d.Backfill && (at.Time.After(d.read.File.End.Add(ahead)) || at.Time.Before(d.read.File.Start.Add(-lateness))) {
			counts := g.row(at.Day())
			counts.Jumps++
			g.run.ledger.add(counts)
			detail := fmt.Sprintf("the digest that knows it is of %s to %s", d.read.File.Start.Format(time.RFC3339), d.read.File.End.Format(time.RFC3339))
			if err := g.problem(Problem{Kind: ClockJump, Day: at.Day(), Object: g.tree.Name(local), Detail: detail}); err != nil {
				return err
			}
		}
	}
	return nil
}
