package sqs

import (
	"context"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
)

// count adds to a metric of a queue, such as NumberOfMessagesSent.
func (s *Service) count(k *known, name string, value float64) {
	if value > 0 {
		s.cfg.Metrics.Emit(k.place.scope, k.metric(name, "Count"), value)
	}
}

func (k *known) metric(name, unit string) metric.Own {
	return metric.Own{Namespace: "AWS/SQS", Name: name, Unit: unit}.With("QueueName", k.arn.Resource)
}

// Measured tells how many messages are in each queue, as metric.Gauges does.
func (s *Service) Measured(ctx context.Context, emit func(scope cloud.Scope, m metric.Own, value float64)) error {
	for _, k := range s.known.all() {
		if err := ctx.Err(); err != nil {
			return err
		}
		counts, err := s.store.Count(k.Number, k.retention())
		if err != nil {
			continue // it was deleted since
		}
		for name, n := range map[string]int{
			"ApproximateNumberOfMessagesVisible": counts.Ready, "ApproximateNumberOfMessagesNotVisible": counts.InFlight,
			"ApproximateNumberOfMessagesDelayed": counts.Delayed,
		} {
			emit(k.place.scope, k.metric(name, "Count"), float64(n))
		}
	}
	return nil
}
