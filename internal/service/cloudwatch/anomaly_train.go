package cloudwatch

import (
	"context"
	"maps"
	"time"

	"github.com/sillok/sillok/internal/anomaly"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/language/metricmath"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

const (
	trainEvery   = time.Minute
	retrainEvery = time.Hour
	// trainedBy is the period by which it is judged whether a detector has enough data. Bands
	// are learned by the period that they are asked for.
	trainedBy = 5 * time.Minute
)

// Train trains the anomaly detectors that wait for it, or were trained an hour ago, and writes
// down which have enough data. Run calls it each minute.
func (s *Service) Train(ctx context.Context) error {
	due, there, now := map[state.Key]keptDetector{}, map[state.Key]bool{}, time.Now()
	err := s.state.View(ctx, func(r state.Reader) error {
		for document, err := range state.All[keptDetector](r, detectors.Name) {
			if err != nil {
				return err
			}
			there[document.Key] = true
			if document.Value.State == pendingTraining || s.models.due(document.Key, now) {
				due[document.Key] = document.Value
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.models.forgetAllBut(there)
	for key, kept := range due {
		if err := s.train(ctx, key, kept); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// train trains a detector, and writes down its state where that is another one.
func (s *Service) train(ctx context.Context, key state.Key, kept keptDetector) error {
	ctx = within(ctx, key.Scope)
	model, err := s.modelOf(ctx, &kept)
	if err != nil {
		return err
	}
	s.models.setDue(key, time.Now().Add(retrainEvery))
	became := insufficientData
	if model != nil {
		became = trained
	}
	if became == kept.State {
		return nil
	}
	return s.store.Update(ctx, func(tx resource.Tx) error {
		now, found, err := detectors.Find(tx, key.Name)
		if err != nil || !found || now.Version != kept.Version {
			return err // it was put again, and waits for its own training
		}
		now.State = became
		return detectors.Put(tx, now, key.Name)
	})
}

// modelOf is the model of a detector's own metric or expression; nil where there are too few data.
func (s *Service) modelOf(ctx context.Context, kept *keptDetector) (*anomaly.Model, error) {
	now := time.Now()
	period := int32(trainedBy / time.Second)
	queries, id := []cloudwatchapi.MetricDataQuery{}, "m"
	if kept.Math != nil {
		queries = kept.Math.MetricDataQueries
		for i := range queries {
			if q := &queries[i]; q.ReturnData == nil || *q.ReturnData {
				id = *q.Id
			}
		}
	} else {
		queries = append(queries, cloudwatchapi.MetricDataQuery{Id: &id, MetricStat: &cloudwatchapi.MetricStat{
			Metric: &cloudwatchapi.Metric{Namespace: kept.Single.Namespace, MetricName: kept.Single.MetricName, Dimensions: kept.Single.Dimensions},
			Stat:   kept.Single.Stat, Period: &period,
		}})
	}
	r := reader{s, cloud.CallOf(ctx).Scope(), now}
	c := &computation{Request: &Request{Queries: queries, Now: now, Reader: r}}
	l, err := learningOf(queries, metricmath.Reference(id), max(c.periodOf(id), 60))
	if err != nil {
		return nil, err
	}
	return r.Expect(ctx, l.Subject, now, func(ctx context.Context, from, to time.Time) ([]anomaly.Point, error) {
		return c.learn(ctx, l, from, to)
	})
}

// due says whether a detector is to be trained again.
func (m *models) due(key state.Key, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !now.Before(m.next[key])
}

func (m *models) setDue(key state.Key, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next[key] = at
}

// forgetAllBut forgets when detectors are to be trained that are there no more.
func (m *models) forgetAllBut(there map[state.Key]bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.next, func(key state.Key, _ time.Time) bool { return !there[key] })
}
