package sns

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/language/filterpolicy"
)

// counts are the metrics of topics, of a minute.
type counts struct {
	mu     sync.Mutex
	byName map[counted]*tally
}

type counted struct {
	topic        cloud.ARN
	metric, unit string
}

type tally struct{ count, sum, low, high float64 }

const mostCounted = 100_000

// count adds to how often something happened.
func (s *Service) count(topic cloud.ARN, metric string) {
	s.measure(topic, metric, 1, "Count")
}

func (s *Service) measure(topic cloud.ARN, name string, value float64, unit string) {
	if s.cfg.Metrics == nil {
		return
	}
	c := &s.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.byName[counted{topic, name, unit}]
	if t == nil {
		if len(c.byName) >= mostCounted {
			return
		}
		t = &tally{low: value, high: value}
		c.byName[counted{topic, name, unit}] = t
	}
	t.count, t.sum, t.low, t.high = t.count+1, t.sum+value, min(t.low, value), max(t.high, value)
}

// countFiltered counts a message that a filter policy kept back, and why it did.
func (s *Service) countFiltered(topic cloud.ARN, why filterpolicy.Verdict) {
	const name = "NumberOfNotificationsFilteredOut"
	s.count(topic, name)
	switch why {
	case filterpolicy.NoAttributes:
		s.count(topic, name+"-NoMessageAttributes")
	case filterpolicy.InvalidAttributes:
		s.count(topic, name+"-InvalidAttributes")
	case filterpolicy.InvalidBody:
		s.count(topic, name+"-InvalidMessageBody")
	case filterpolicy.Differs, filterpolicy.Matches:
	}
}

// putCounts puts what was counted since it did last.
func (s *Service) putCounts(ctx context.Context) error {
	s.counts.mu.Lock()
	all := s.counts.byName
	s.counts.byName = map[counted]*tally{}
	s.counts.mu.Unlock()
	now := time.Now().UTC()
	byScope := map[cloud.Scope][]metric.Datum{}
	for c, t := range all {
		byScope[scopeOf(c.topic)] = append(byScope[scopeOf(c.topic)], metric.Datum{
			Name: c.metric, Dimensions: []metric.Dimension{{Name: "TopicName", Value: c.topic.Resource}}, Time: now, Unit: c.unit,
			Set: &metric.Set{Count: t.count, Sum: t.sum, Min: t.low, Max: t.high},
		})
	}
	const atOnce = 500
	var errs []error
	for scope, data := range byScope {
		slices.SortFunc(data, func(a, b metric.Datum) int { return cmp.Compare(a.Name, b.Name) })
		for chunk := range slices.Chunk(data, atOnce) {
			errs = append(errs, s.cfg.Metrics.Put(ctx, scope, "AWS/SNS", chunk))
		}
	}
	return errors.Join(errs...)
}
