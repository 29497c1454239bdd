package verify

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/trail/place"
)

// item is a log file that is there.
type item struct {
	Object

	at      place.Place
	entry   entry
	known   bool
	content content
}

// logs verifies the log files of the day that it is at.
func (g *group) logs(ctx context.Context) error {
	known := g.known[g.at]
	items, err := g.read(ctx, known)
	if err != nil {
		return err
	}
	counts := g.row(g.at)
	seen := map[string]string{} // the first key of each content
	for _, it := range items {
		if err := g.log(it, &counts, seen); err != nil {
			return err
		}
		delete(known, it.Key)
	}
	for _, key := range slices.Sorted(maps.Keys(known)) {
		counts.LogsMissing++
		if err := g.problem(Problem{Kind: LogMissing, Day: g.at, Object: g.tree.Name(key), Detail: "not found: a digest knows it"}); err != nil {
			return err
		}
	}
	if err := g.lates(ctx, &counts); err != nil {
		return err
	}
	g.run.ledger.add(counts)
	return nil
}

// read lists the log files of the day and reads them, side by side. They come in the
// order of their keys.
func (g *group) read(ctx context.Context, known map[string]entry) ([]*item, error) {
	var items []*item
	work := g.run.batch(ctx)
	var failed error
	for o, err := range g.objects(ctx) {
		if failed = err; failed != nil {
			break
		}
		at, err := place.Parse(o.Key)
		e, ok := known[o.Key]
		if err != nil || !ok && !g.run.cfg.inRange(at.Time) {
			continue // what is foreign was told of
		}
		it := &item{Object: o, at: at, entry: e, known: ok}
		items = append(items, it)
		if c, ok := g.run.contents[previewKey{g.tree.Place, it.Key}]; ok {
			it.content = *c
			continue
		}
		if failed = work.read(func(r *reader) {
			it.content = r.log(ctx, g.tree.Files, it.Key)
			g.run.bytes.Add(it.Size)
		}); failed != nil {
			break
		}
	}
	if err := errors.Join(failed, work.wait()); err != nil {
		return nil, err
	}
	return items, nil
}

// objects yields the objects in the folders of the day.
func (g *group) objects(ctx context.Context) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		if !g.run.relist {
			for _, o := range g.listed[g.at] {
				if !yield(o, nil) {
					return
				}
			}
			return
		}
		for _, kind := range slices.Sorted(maps.Keys(g.days[g.at])) {
			of := place.Place{Organization: g.organization, Account: g.account, Kind: kind, Region: g.region}
			prefix := g.tree.local + of.Folder()[len(of.Root()):] + dayOf(g.at).Format("2006/01/02/")
			for o, err := range g.tree.Files.List(ctx, prefix, nil) {
				if !yield(o, err) || err != nil {
					return
				}
			}
		}
	}
}

// early is how much later than it was written a file may be named.
const early = time.Hour

// log says what a log file is.
func (g *group) log(it *item, counts *Day, seen map[string]string) error {
	c := &it.content
	if c.missing {
		if it.known {
			counts.LogsMissing++
			return g.tell(it, LogMissing, "not found: it was there when it was listed")
		}
		return nil
	}
	counts.LogsPresent++
	counts.Records += c.records
	if c.unread != nil {
		counts.LogsUnread++
		return g.tell(it, LogUnread, c.unread.Error())
	}
	if !it.Modified.IsZero() && it.at.Time.After(it.Modified.Add(early)) {
		counts.Jumps++
		if err := g.tell(it, ClockJump, "it was written at "+it.Modified.UTC().Format(time.RFC3339)+", before the time in its name"); err != nil {
			return err
		}
	}
	if first, twice := seen[c.hash]; twice && c.records > 0 {
		counts.Duplicates++
		if err := g.tell(it, Duplicate, "it has the same records as "+g.tree.Name(first)); err != nil {
			return err
		}
	} else if c.hash != "" {
		seen[c.hash] = it.Key
	}
	if it.known {
		return g.compare(it, counts)
	}
	if c.damage != "" {
		counts.Damaged++
		if err := g.tell(it, LogDamaged, c.damage); err != nil {
			return err
		}
	}
	return g.stranger(it)
}

func (g *group) tell(it *item, kind Kind, detail string) error {
	return g.problem(Problem{Kind: kind, Day: it.at.Day(), Object: g.tree.Name(it.Key), Detail: detail})
}

// compare compares a log file with what a digest knows of it.
func (g *group) compare(it *item, counts *Day) error {
	if it.content.hash != "" && it.entry.has(it.content.hash) {
		counts.LogsValid++
		return nil
	}
	counts.LogsAltered++
	return g.tell(it, LogAltered, altered(it.content))
}

// altered says in which way a log file is not the one that a digest knows.
func altered(c content) string {
	const other = "hash value doesn't match"
	switch c.damage {
	case "", damageRecords:
		return other
	case damageCut:
		return other + ": " + c.damage
	}
	return c.damage
}

// lates verifies log files of days that are done, or of other folders.
func (g *group) lates(ctx context.Context, counts *Day) error {
	work := g.run.batch(ctx)
	contents := make([]content, len(g.late))
	for i, l := range g.late {
		if it, ok := g.strange[l.key]; ok && l.tree == g.tree {
			delete(g.strange, l.key) // a digest knows it after all
			contents[i] = it.content
			continue
		}
		if err := work.read(func(r *reader) { contents[i] = r.log(ctx, l.tree.Files, l.key) }); err != nil {
			return errors.Join(err, work.wait())
		}
	}
	if err := work.wait(); err != nil {
		return err
	}
	for i, l := range g.late {
		p := Problem{Day: g.at, Object: l.tree.Name(l.key)}
		switch c := contents[i]; {
		case c.missing:
			counts.LogsMissing++
			p.Kind, p.Detail = LogMissing, "not found: a digest knows it"
		case c.unread != nil:
			counts.LogsUnread++
			p.Kind, p.Detail = LogUnread, c.unread.Error()
		case c.hash != "" && l.has(c.hash):
			counts.LogsValid++
			continue
		default:
			counts.LogsAltered++
			p.Kind, p.Detail = LogAltered, altered(c)
		}
		if err := g.problem(p); err != nil {
			return err
		}
	}
	g.late = nil
	return nil
}

// maxStrange is how many log files that no digest knows wait for one that does.
const maxStrange = 100_000

// stranger takes a log file that no digest knows. A later digest may.
func (g *group) stranger(it *item) error {
	if len(g.chains) == 0 || len(g.strange) >= maxStrange {
		return g.unknown(it)
	}
	g.strange[it.Key] = it
	return nil
}

// strangers tells of the log files that no digest knows.
func (g *group) strangers() error {
	for _, key := range slices.Sorted(maps.Keys(g.strange)) {
		if err := g.unknown(g.strange[key]); err != nil {
			return err
		}
	}
	return nil
}

// pending is how long after the last digest log files can wait for the next: an hour,
// and what its delivery takes.
const pending = 2 * time.Hour

// unknown says what it means that no digest knows a log file.
func (g *group) unknown(it *item) error {
	counts := g.row(it.at.Day())
	at, end := it.at.Time, g.covered.end()
	kind, detail := LogUnproven, "no digest is of its time"
	switch {
	case len(g.chains) == 0:
		detail = "there are no digests of this account and region"
	case g.covered.has(at) && g.covered.has(at.Add(ahead)):
		kind, detail = LogUnknown, "digests of its time are there, and none knows it"
		if !g.kinds[it.at.Kind] && it.at.Kind != place.Log {
			kind, detail = LogUnproven, "the digests know no files of "+string(it.at.Kind)
		}
	case !end.IsZero() && end.Before(at.Add(ahead)) && at.Before(end.Add(pending)) && !g.latest.After(at.Add(ahead)):
		kind, detail = LogPending, "the last digest ended at "+end.Format(time.RFC3339)
	}
	if kind == LogPending {
		counts.LogsPending++
	} else {
		counts.LogsUnknown++
	}
	g.run.ledger.add(counts)
	return g.tell(it, kind, detail)
}
