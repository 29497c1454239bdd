package sns

import (
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/language/filterpolicy"
)

// count adds to how often something happened.
func (s *Service) count(topic cloud.ARN, name string) {
	s.measure(topic, name, 1, "Count")
}

func (s *Service) measure(topic cloud.ARN, name string, value float64, unit string) {
	s.cfg.Metrics.Emit(scopeOf(topic), metric.Own{Namespace: "AWS/SNS", Name: name, Unit: unit}.With("TopicName", topic.Resource), value)
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
