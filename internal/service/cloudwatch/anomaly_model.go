package cloudwatch

import (
	"context"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/anomaly"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// mostModels is how many models are in memory twice over, of 5 to 30 KB each.
const mostModels = 1024

// models are the models that were learned lately, and those that are being learned.
type models struct {
	learning chan struct{} // taken by who learns: one at a time, for it takes all of a core

	mu         sync.Mutex
	newer, old map[modelKey]*anomaly.Model // nil is for too few points
	next       map[state.Key]time.Time     // when detectors are to be trained again
}

// modelKey is what a model follows from.
type modelKey struct {
	scope   cloud.Scope
	subject Subject
	tuning  string // the detector and its version; empty without one
	end     int64
}

func newModels() *models {
	return &models{learning: make(chan struct{}, 1), newer: map[modelKey]*anomaly.Model{}, next: map[state.Key]time.Time{}}
}

// find returns a model that is known, or is nil for too few points.
func (m *models) find(key modelKey) (*anomaly.Model, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if model, ok := m.newer[key]; ok {
		return model, true
	}
	model, ok := m.old[key]
	if ok {
		m.newer[key] = model
	}
	return model, ok
}

func (m *models) keep(key modelKey, model *anomaly.Model) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.newer) >= mostModels {
		m.newer, m.old = map[modelKey]*anomaly.Model{}, m.newer
	}
	m.newer[key] = model
}

// learner reads what there is to learn from, over a time.
type learner func(ctx context.Context, from, to time.Time) ([]anomaly.Point, error)

// Expect implements Reader.
func (r reader) Expect(ctx context.Context, of Subject, until time.Time, read func(ctx context.Context, from, to time.Time) ([]anomaly.Point, error)) (*anomaly.Model, error) {
	tuning, version, err := r.service.tuningOf(ctx, r.scope, of.detector)
	if err != nil {
		return nil, err
	}
	key := modelKey{scope: r.scope, subject: of, tuning: version}
	// Of a metric that began within the hour, what there is of the hour is learned from too.
	for _, step := range []time.Duration{time.Hour, time.Minute} {
		key.end = until.Truncate(step).Unix()
		model, err := r.service.models.get(ctx, key, tuning, read)
		if err != nil || model != nil {
			return model, err
		}
	}
	return nil, nil //nolint:nilnil // there is none
}

// get returns the model of a key, learned if need be; nil where there is too little to learn from.
func (m *models) get(ctx context.Context, key modelKey, tuning anomaly.Tuning, read learner) (*anomaly.Model, error) {
	if model, ok := m.find(key); ok {
		return model, nil
	}
	select {
	case m.learning <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-m.learning }()
	if model, ok := m.find(key); ok { // somebody else learned it meanwhile
		return model, nil
	}
	end := time.Unix(key.end, 0)
	points, err := read(ctx, end.Add(-anomaly.Window), end)
	if err != nil {
		return nil, err
	}
	model, _ := anomaly.Fit(points, key.subject.period, tuning)
	m.keep(key, model)
	return model, nil
}
