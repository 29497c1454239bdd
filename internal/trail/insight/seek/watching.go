package seek

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
func (w *Seeker) look(ctx context.Context) (changed bool, err error) {
	if w.trails != nil && w.cfg.Trails.Changes() == w.changes {
		return false, nil
	}
	all, changes, err := w.cfg.Trails.Watching(ctx)
	if err != nil {
		return false, err
	}
	now := w.cfg.Clock().UTC()
	since := map[string]time.Time{}
	trails := []watching{}
	for i := range all {
		t := watching{Trail: all[i]}
		if t.set, err = t.Set(); err != nil {
			return false, err
		}
		for _, kind := range []insight.Type{insight.CallRate, insight.ErrorRate} {
			t.management = t.management || t.Watches(kind, event.Management)
			t.data = t.data || t.Watches(kind, event.Data)
		}
		var known bool
		if t.since, known = w.place.Since[t.ARN]; !known {
			t.since, changed = now, true
		}
		since[t.ARN] = t.since
		trails = append(trails, t)
	}
	changed = changed || len(since) != len(w.place.Since)
	if len(w.place.Since) == 0 {
		w.cursor, w.place.Next = nil, w.cfg.Journal.Next() // what was before is nobody's
	}
	w.trails, w.changes, w.place.Since = trails, changes, since
	for s := range w.scopes {
		watched, err := w.watched(ctx, s)
		if err != nil {
			return false, err
		}
		if !watched {
			delete(w.scopes, s)
			w.gone, changed = append(w.gone, s), true
		}
	}
	return changed, nil
}

// watched says whether a trail looks for insights in a scope.
func (w *Seeker) watched(ctx context.Context, s insight.Scope) (bool, error) {
	for i := range w.trails {
		t := &w.trails[i]
		if s.Trail == "" && !t.management || s.Trail != "" && (s.Trail != t.ARN || !t.data) || s.Region != t.Home && !t.MultiRegion {
			continue
		}
		if of, err := w.cfg.Trails.Of(ctx, &t.Trail, s.Account); err != nil || of {
			return of, err
		}
	}
	return false, nil
}

// wants says whether a trail looks for insights in data events, or in events of
// management.
func (w *Seeker) wants(data bool) bool {
	return slices.ContainsFunc(w.trails, func(t watching) bool { return data && t.data || !data && t.management })
}

// scopeSince is a scope and since when it has been watched.
type scopeSince struct {
	insight.Scope
	since time.Time
}

// scopesOf returns the scopes in which an event counts: of management events the
// account and region, of data events those of each trail that records them.
func (w *Seeker) scopesOf(ctx context.Context, e *event.Event) (scopes []scopeSince, err error) {
	for i := range w.trails {
		t := &w.trails[i]
		s := scopeSince{insight.Scope{Account: e.Account, Region: e.Region}, t.since}
		switch e.Category {
		case event.Management:
			if !t.management || !t.Covers(e) {
				continue
			}
		case event.Data:
			if !t.data || !t.Covers(e) || !t.set.Selects(e) {
				continue
			}
			s.Trail = t.ARN
		case event.NetworkActivity, event.Insight:
			continue
		}
		of, err := w.cfg.Trails.Of(ctx, &t.Trail, e.Account)
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
