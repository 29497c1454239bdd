package follow

import (
	"context"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/trail/delivery"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/insight"
	"github.com/sillok/sillok/internal/trail/selector"
)

// watching is a trail that looks for insights.
type watching struct {
	delivery.Trail
	set              *selector.Set // what it records
	management, data bool          // what it looks for insights in
	since            time.Time     // it does
}

// look looks at the trails again where some were changed, and says whether it is to be
// written down which there are.
func (f *Follower) look(ctx context.Context) (changed bool, err error) {
	if f.trails != nil && f.cfg.Trails.Changes() == f.changes {
		return false, nil
	}
	all, changes, err := f.cfg.Trails.Watching(ctx)
	if err != nil {
		return false, err
	}
	now := f.clock().UTC()
	since := map[string]time.Time{}
	trails := []watching{}
	for i := range all {
		w := watching{Trail: all[i]}
		if w.set, err = w.Set(); err != nil {
			return false, err
		}
		for _, kind := range []insight.Type{insight.CallRate, insight.ErrorRate} {
			w.management = w.management || w.Watches(kind, event.Management)
			w.data = w.data || w.Watches(kind, event.Data)
		}
		var known bool
		if w.since, known = f.place.Since[w.ARN]; !known {
			w.since, changed = now, true
		}
		since[w.ARN] = w.since
		trails = append(trails, w)
	}
	changed = changed || len(since) != len(f.place.Since)
	if len(f.place.Since) == 0 {
		f.cursor, f.place.Next = nil, f.cfg.Journal.Next() // what was before is nobody's
	}
	f.trails, f.changes, f.place.Since = trails, changes, since
	for s := range f.scopes {
		watched, err := f.watched(ctx, s)
		if err != nil {
			return false, err
		}
		if !watched {
			delete(f.scopes, s)
			f.gone, changed = append(f.gone, s), true
		}
	}
	return changed, nil
}

// watched says whether a trail looks for insights in a scope.
func (f *Follower) watched(ctx context.Context, s insight.Scope) (bool, error) {
	for i := range f.trails {
		w := &f.trails[i]
		if s.Trail == "" && !w.management || s.Trail != "" && (s.Trail != w.ARN || !w.data) || s.Region != w.Home && !w.MultiRegion {
			continue
		}
		if of, err := f.cfg.Trails.Of(ctx, &w.Trail, s.Account, f.known); err != nil || of {
			return of, err
		}
	}
	return false, nil
}

// wants says whether a trail looks for insights in data events, or in events of
// management.
func (f *Follower) wants(data bool) bool {
	return slices.ContainsFunc(f.trails, func(w watching) bool { return data && w.data || !data && w.management })
}

// scopeSince is a scope and since when it has been watched.
type scopeSince struct {
	insight.Scope
	since time.Time
}

// scopesOf returns the scopes in which an event counts: of management events the
// account and region, of data events those of each trail that records them.
func (f *Follower) scopesOf(ctx context.Context, e *event.Event) (scopes []scopeSince, err error) {
	for i := range f.trails {
		w := &f.trails[i]
		s := scopeSince{insight.Scope{Account: e.Account, Region: e.Region}, w.since}
		switch e.Category {
		case event.Management:
			if !w.management || !w.Covers(e) {
				continue
			}
		case event.Data:
			if !w.data || !w.Covers(e) || !w.set.Selects(e) {
				continue
			}
			s.Trail = w.ARN
		case event.NetworkActivity, event.Insight:
			continue
		}
		of, err := f.cfg.Trails.Of(ctx, &w.Trail, e.Account, f.known)
		if err != nil {
			return nil, err
		}
		if !of {
			continue
		}
		at := slices.IndexFunc(scopes, func(other scopeSince) bool { return other.Scope == s.Scope })
		switch {
		case at < 0:
			scopes = append(scopes, s)
		case s.since.Before(scopes[at].since):
			scopes[at].since = s.since
		}
	}
	return scopes, nil
}
