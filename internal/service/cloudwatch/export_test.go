package cloudwatch

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/series"
)

// EvaluateAll evaluates all alarms at a time, as if each were due, and does what is due of
// what their actions wait for.
func (s *Service) EvaluateAll(ctx context.Context, now time.Time) {
	s.table.mu.Lock()
	keys := slices.SortedFunc(maps.Keys(s.table.all), compareKeys)
	s.table.mu.Unlock()
	s.evaluate(ctx, now, keys)
}

// EvaluateDue evaluates the alarms that are due at a time, as Run does.
func (s *Service) EvaluateDue(ctx context.Context, now time.Time) {
	s.evaluate(ctx, now, s.table.wheel.Due(now))
}

// LoadAlarms fills the table with what is kept, as Run does.
func (s *Service) LoadAlarms(ctx context.Context) error { return s.loadAlarms(ctx) }

// Scheduled is how many alarms are evaluated.
func (s *Service) Scheduled() int { return s.table.wheel.Len() }

// SetPoints has alarms look at these data.
func (s *Service) SetPoints(points func(ctx context.Context, scope cloud.Scope, queries []series.Query) ([][]series.Line, error)) {
	s.points = points
}

// EvaluateComposites does what is due of what the actions of alarms wait for, and evaluates
// no metric.
func (s *Service) EvaluateComposites(ctx context.Context, now time.Time) {
	s.table.mu.Lock()
	var keys []alarmKey
	for key, e := range s.table.all {
		if e.evaluator == nil || !e.wakes.IsZero() {
			keys = append(keys, key)
		}
	}
	s.table.mu.Unlock()
	slices.SortFunc(keys, compareKeys)
	for _, key := range keys {
		if e := s.table.get(key); e != nil && s.table.wakes(e, now) {
			s.wakeUp(ctx, now, key)
		}
	}
}

// SendStreams sends to metric streams what is due by a time.
func (s *Service) SendStreams(ctx context.Context, until time.Time) error {
	return s.sender.send(ctx, until)
}
