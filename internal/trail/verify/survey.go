package verify

import (
	"cmp"
	"context"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/trail/place"
)

// found is a file that is named as one of CloudTrail's.
type found struct {
	place.Place

	key string // in its place
}

// groupKey is what is verified together: a region of an account.
type groupKey struct {
	tree         *tree
	organization string
	account      cloud.Account
	region       cloud.Region
}

// surveyor finds what there is to verify.
type surveyor struct {
	*run

	out     *turn
	trees   map[string]*tree
	groups  map[groupKey]*group
	kept    int // log files, or more than can be kept
	preview *preview
}

// survey lists all places. What is in CloudTrail's folders and not named as CloudTrail
// names files is a problem at once.
func (r *run) survey(ctx context.Context, out *turn) ([]*group, error) {
	defer out.end()
	reading, cancel := context.WithCancel(ctx)
	defer cancel() // of what is read ahead, where the listing fails
	s := &surveyor{run: r, out: out, groups: map[groupKey]*group{}, preview: newPreview(reading, r)}
	for i := range r.cfg.Places {
		p := &r.cfg.Places[i]
		s.trees = map[string]*tree{}
		for o, err := range p.Files.List(ctx, p.Prefix, s.skip()) {
			if err != nil {
				return nil, err
			}
			if err := ctx.Err(); err != nil {
				return nil, context.Cause(ctx)
			}
			if r.listed.Add(1)%chunk == 1 {
				r.tell()
			}
			if err := s.object(p, o); err != nil {
				return nil, err
			}
		}
	}
	if err := s.preview.work.wait(); err != nil {
		return nil, err
	}
	r.relist, r.contents = s.relists(), s.preview.contents
	return s.sorted(ctx), nil
}

// skip returns what a listing of a place may leave out, where only a part of the time is
// asked for; nil for nothing.
func (s *surveyor) skip() func(key string) string {
	if s.cfg.Start.IsZero() && s.cfg.End.IsZero() {
		return nil
	}
	return func(key string) string {
		at, _ := place.Parse(key) // also of what is named otherwise the folders tell the day
		if at.Time.IsZero() {
			return ""
		}
		day, end := at.Day(), s.cfg.End
		if at.Kind == place.Digest {
			end = end.Add(grace)
		}
		switch {
		case day < s.cfg.Start.UTC().Format(time.DateOnly):
			return at.DayFolder(s.cfg.Start)
		case s.cfg.End.IsZero() || day <= end.UTC().Format(time.DateOnly):
			return ""
		case at.Kind == place.Digest && s.awaits(at):
			return ""
		}
		return at.Folder() + afterYears
	}
}

// afterYears is behind the folders of all years.
const afterYears = ":"

// awaits says whether digests that were asked for lack the one after them, which has
// their signature: it may be one that was not asked for.
func (s *surveyor) awaits(at place.Place) bool {
	g := s.groups[groupKey{s.trees[at.Root()], at.Organization, at.Account, at.Region}]
	if g == nil {
		return false
	}
	for _, c := range g.chains {
		if len(c.digests) > 0 && c.after.key == "" {
			return true
		}
	}
	return false
}

// object puts an object where it belongs.
func (s *surveyor) object(p *Place, o Object) error {
	at, err := place.Parse(o.Key)
	if err != nil {
		name := path.Base(o.Key)
		if _, ours := place.KindOf(o.Key); !ours || strings.HasSuffix(o.Key, "/") || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
			s.ledger.report.Others++ // Athena too passes over such names
			return nil
		}
		if !s.cfg.inRange(at.Time) && !at.Time.IsZero() {
			return nil
		}
		return s.foreign(p, o, at, err)
	}
	if at.Kind == place.Digest {
		s.digest(p, found{Place: at, key: o.Key})
	} else if s.cfg.inRange(at.Time) {
		s.files.Add(1)
		g := s.group(p, at)
		g.day(at.Day())[at.Kind] = true
		if s.keep(g, at.Day(), o) {
			return s.preview.read(p, o)
		}
	}
	return nil
}

// maxListed is how many log files a survey keeps, so that they need not be listed again
// when their day comes.
const maxListed = 200_000

// relists says whether log files have to be listed again.
func (s *surveyor) relists() bool {
	return s.kept > maxListed || !s.cfg.Start.IsZero() || !s.cfg.End.IsZero()
}

// keep keeps a log file, and says whether it has. Of more than it can keep it keeps none;
// and of a part of the time it cannot, as a digest may know what was not asked for.
func (s *surveyor) keep(g *group, day string, o Object) bool {
	if s.kept++; s.kept == maxListed+1 {
		for _, g := range s.groups {
			g.listed = nil
		}
	}
	if s.relists() {
		return false
	}
	if g.listed == nil {
		g.listed = map[string][]Object{}
	}
	g.listed[day] = append(g.listed[day], o)
	return true
}

func (s *surveyor) digest(p *Place, d found) {
	in := s.cfg.digestInRange(d.Time)
	if !in && d.Time.Before(s.cfg.Start) {
		return
	}
	g := s.group(p, d.Place)
	key := chainKey{trail: d.Trail, home: d.Home, backfill: d.Backfill}
	c := g.chains[key]
	if c == nil {
		c = &chain{chainKey: key}
		g.chains[key] = c
	}
	if !in {
		if c.after.key == "" || d.Time.Before(c.after.Time) {
			c.after = d
		}
		return
	}
	s.files.Add(1)
	c.digests = append(c.digests, d)
	g.latest = later(g.latest, d.Time)
}

func (s *surveyor) foreign(p *Place, o Object, at place.Place, err error) error {
	day := Day{Account: at.Account, Region: at.Region, Foreign: 1}
	if !at.Time.IsZero() {
		day.Day = at.Day()
	}
	s.ledger.add(day)
	return s.problem(s.out, Problem{Kind: Foreign, Day: day.Day, Account: day.Account, Region: day.Region, Object: p.Name(o.Key), Detail: err.Error()})
}

// problem counts a problem and passes it on.
func (r *run) problem(out *turn, p Problem) error {
	p.Weight = weights[p.Kind]
	r.ledger.problem(&p)
	r.problems.Add(1)
	return out.add(p)
}

func (s *surveyor) group(p *Place, at place.Place) *group {
	t := s.trees[at.Root()]
	if t == nil {
		t = &tree{Place: p, local: at.Root(), bucket: p.Bucket, root: at.Root()}
		s.trees[at.Root()] = t
		s.run.trees = append(s.run.trees, t)
	}
	key := groupKey{t, at.Organization, at.Account, at.Region}
	g := s.groups[key]
	if g == nil {
		g = &group{groupKey: key, chains: map[chainKey]*chain{}, days: map[string]map[place.Kind]bool{}}
		s.groups[key] = g
	}
	return g
}

// sorted returns the groups in their order, each with its chains from the oldest to
// the newest digest, and asks digests where a folder is a copy of.
func (s *surveyor) sorted(ctx context.Context) []*group {
	var groups []*group
	digests := map[*tree][]found{}
	for _, g := range s.groups {
		maps.DeleteFunc(g.chains, func(_ chainKey, c *chain) bool { return len(c.digests) == 0 }) // all are later
		groups = append(groups, g)
		for _, c := range g.chains {
			slices.SortFunc(c.digests, func(a, b found) int { return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.key, b.key)) })
			digests[g.tree] = append(digests[g.tree], c.digests...)
		}
	}
	for t, all := range digests {
		if t.Bucket == "" {
			slices.SortFunc(all, func(a, b found) int { return cmp.Compare(a.key, b.key) })
			t.learn(ctx, all)
		}
	}
	slices.SortFunc(groups, func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.region, b.region), cmp.Compare(a.organization, b.organization), cmp.Compare(a.tree.bucket, b.tree.bucket), cmp.Compare(a.tree.local, b.tree.local))
	})
	return groups
}

// dayOf returns the time at which a day begins.
func dayOf(day string) time.Time {
	at, _ := time.Parse(time.DateOnly, day) // it was made by Format
	return at
}
