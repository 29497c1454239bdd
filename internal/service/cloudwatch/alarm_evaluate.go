package cloudwatch

import (
	"context"
	"time"
	"unique"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/alarm/schedule"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/series"
)

const (
	readTogether    = 1000 // alarms whose metrics are read at once
	changedTogether = 64   // alarms that change their state in one transaction
)

// runAlarms evaluates alarms as they come due, until ctx is done.
func (s *Service) runAlarms(ctx context.Context) error {
	if err := s.loadAlarms(ctx); err != nil {
		return err
	}
	schedule.Run(ctx, s.table.wheel, func(ctx context.Context, now time.Time, due []alarmKey) { s.evaluate(ctx, now, due) })
	return nil
}

// finding is what the evaluation of an alarm found that is to be written down.
type finding struct {
	of      *scheduled
	verdict *alarm.Verdict // nil where its state is what it was
	groups  *groupFinding  // of an alarm that has contributors
	repeat  bool           // its actions are sent again
	problem string         // the evaluation state of an alarm on expressions
}

// evaluate evaluates alarms at a time, and does what follows.
func (s *Service) evaluate(ctx context.Context, now time.Time, due []alarmKey) {
	var plain, others []*scheduled
	var found []finding
	for _, key := range due {
		e := s.table.get(key)
		switch {
		case e == nil:
			continue
		case s.table.wakes(e, now):
			s.wakeUp(ctx, now, key)
			if e = s.table.get(key); e == nil {
				continue
			}
		}
		switch {
		case e.evaluator == nil:
		case e.queries != nil:
			others = append(others, e)
		default:
			plain = append(plain, e)
		}
	}
	for from := 0; from < len(plain) && ctx.Err() == nil; from += readTogether {
		found = append(found, s.evaluatePlain(ctx, now, plain[from:min(from+readTogether, len(plain))])...)
	}
	for _, e := range others {
		if ctx.Err() != nil {
			return
		}
		if f, changed := s.evaluateQueries(ctx, now, e); changed {
			found = append(found, f)
		}
	}
	s.apply(ctx, now, found)
}

// wakeUp does what is due of what the actions of an alarm wait for.
func (s *Service) wakeUp(ctx context.Context, now time.Time, key alarmKey) {
	err := s.update(ctx, key.scope, func(tx resource.Tx) error {
		k, there, err := alarms.Find(tx, key.name)
		if err != nil || !there {
			return err
		}
		return s.wake(tx, &k, atMilli(now))
	})
	if err != nil {
		s.failed(ctx, key, err)
		s.table.wheel.Once(key, now.Add(time.Minute))
	}
}

func (s *Service) failed(ctx context.Context, key alarmKey, err error) {
	if ctx.Err() == nil {
		s.cfg.Log.ErrorContext(ctx, "an alarm could not be evaluated, or what follows could not be kept: it is tried again",
			"arn", alarmARN(key.scope, key.name), "error", err)
	}
}

// reading is what alarms share that look at the same points.
type reading struct {
	about  unique.Handle[string]
	unit   string
	period time.Duration
	from   int64
	slots  int
	spread bool
}

// readings are what alarms of an account and region look at, and the data of each.
type readings struct {
	scope   cloud.Scope
	queries []series.Query
	lines   [][]series.Line
	failed  bool
}

// looking is an alarm, and what it looks at.
type looking struct {
	of    *readings
	query int
}

// evaluatePlain evaluates alarms that are each on one metric, in the order of their accounts
// and regions. What several look at is read once.
func (s *Service) evaluatePlain(ctx context.Context, now time.Time, all []*scheduled) (found []finding) {
	places := make(map[reading]looking, len(all))
	lookings := make([]looking, len(all))
	var groups []*readings
	for i, e := range all {
		w, period := e.evaluator.Window(now), e.evaluator.Definition().Period
		r := reading{e.about, e.unit, period, w.From.Unix(), w.Slots, e.stat.Spread()}
		at, there := places[r]
		if !there {
			if len(groups) == 0 || groups[len(groups)-1].scope != e.key.scope {
				groups = append(groups, &readings{scope: e.key.scope})
			}
			g := groups[len(groups)-1]
			at = looking{g, len(g.queries)}
			g.queries = append(g.queries, series.Query{ID: e.id, Unit: e.unit, From: w.From, To: w.To, Period: period, Spread: r.spread})
			places[r] = at
		}
		lookings[i] = at
	}
	for _, g := range groups {
		var err error
		if g.lines, err = s.points(ctx, g.scope, g.queries); err != nil {
			g.failed = true
			if ctx.Err() == nil {
				s.cfg.Log.ErrorContext(ctx, "data of metrics could not be read for alarms, which are evaluated again", "account", g.scope.Account, "region", g.scope.Region, "error", err)
			}
		}
	}
	var room []alarm.Point
	for i, e := range all {
		at := lookings[i]
		if at.of.failed {
			continue
		}
		room = pointsOf(room[:0], at.of.lines[at.query], e)
		if f, some := e.judge(e.evaluator.Evaluate(now, room, e.state), now); some {
			found = append(found, f)
		}
	}
	return found
}

// judge says what is to be written down of a verdict.
func (e *scheduled) judge(v alarm.Verdict, now time.Time) (finding, bool) {
	if v.State != e.state {
		return finding{of: e, verdict: new(v)}, true
	}
	// A second is left, as clocks are not exact.
	if e.repeats && !now.Before(e.repeated.Add(actionRepeats-time.Second)) {
		return finding{of: e, repeat: true}, true
	}
	return finding{}, false
}

// pointsOf appends the points that an alarm looks at: those of one unit.
func pointsOf(out []alarm.Point, lines []series.Line, e *scheduled) []alarm.Point {
	if len(lines) == 0 {
		return out
	}
	one := &lines[0]
	if len(lines) > 1 {
		one, _ = firstUnit(lines)
	}
	for i := range one.Points {
		p := &one.Points[i]
		if value, ok := e.stat.Of(&p.Summary); ok {
			out = append(out, alarm.Point{Time: p.Time, Value: value, Samples: p.Count})
		}
	}
	return out
}

// apply writes down what was found: many alarms in one transaction, and each in its own
// where that fails.
func (s *Service) apply(ctx context.Context, now time.Time, found []finding) {
	for from := 0; from < len(found); from += changedTogether {
		some := found[from:min(from+changedTogether, len(found))]
		if s.applySome(ctx, now, some) == nil {
			continue
		}
		for i := range some {
			if err := s.applySome(ctx, now, some[i:i+1]); err != nil {
				s.failed(ctx, some[i].of.key, err)
			}
		}
	}
}

func (s *Service) applySome(ctx context.Context, now time.Time, found []finding) error {
	return s.store.Update(ctx, func(tx resource.Tx) error {
		for i := range found {
			if err := s.applyOne(resource.In(tx, found[i].of.key.scope), now, &found[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// applyOne writes down what was found of an alarm, unless the alarm is another one by now:
// then it is evaluated again.
func (s *Service) applyOne(tx resource.Tx, now time.Time, f *finding) error {
	k, there, err := alarms.Find(tx, f.of.key.name)
	if err != nil {
		return err
	}
	if !there || k.Created != f.of.created {
		tx.AfterCommit(func() { s.table.forget(f.of) })
		return nil
	}
	if k.Version != f.of.version {
		return nil
	}
	at := atMilli(now)
	if k.Metric != nil {
		k.Metric.EvaluationState = f.problem
	}
	switch {
	case f.groups != nil:
		return s.regroup(tx, &k, f.groups, at)
	case f.verdict != nil:
		return s.become(tx, &k, moment{f.verdict.State, f.verdict.Reason(), f.verdict.ReasonData(), at})
	case f.repeat:
		return s.repeat(tx, &k, at)
	}
	return s.save(tx, &k)
}
