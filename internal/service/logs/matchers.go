package logs

import (
	"github.com/sillok/sillok/internal/language/filterpattern"
	"github.com/sillok/sillok/internal/resource"
)

// matchers are what follows the events of a group in one form of them, as they came or
// as they were transformed: compiled to be matched in one pass.
type matchers struct {
	set         *filterpattern.Set // of metrics, and then of subscribers
	patterns    []*filterpattern.Pattern
	metrics     []filter
	subscribers []subscriber
}

// matchersOf compiles the filters of a group, and those of the account that are about
// it; nil for none. Filters of transformed events are apart.
func (k *known) matchersOf(r resource.Reader) error {
	var plain, shaped matchers
	of := func(transformed bool) *matchers {
		if transformed {
			return &shaped
		}
		return &plain
	}
	for m, err := range values(metricFilters.List(r, k.group.Name)) {
		if err != nil {
			return err
		}
		if err := of(resource.Value(m.ApplyOnTransformedLogs)).metric(k, &m); err != nil {
			return err
		}
	}
	for f, err := range values(subscriptions.List(r, k.group.Name)) {
		if err != nil {
			return err
		}
		if err := of(resource.Value(f.ApplyOnTransformedLogs)).subscriber(k, &f); err != nil {
			return err
		}
	}
	if err := k.ofAccount(r, of); err != nil {
		return err
	}
	k.plain, k.transforming = plain.compiled(), shaped.compiled()
	return nil
}

// compiled returns the matchers ready to be used; nil for none.
func (m *matchers) compiled() *matchers {
	if len(m.patterns) == 0 {
		return nil
	}
	m.set = filterpattern.NewSet(m.patterns)
	return m
}

// metric adds a metric filter. It is called before subscriber is.
func (m *matchers) metric(k *known, of *metricFilter) error {
	if !k.selected(of.FieldSelectionCriteria) {
		return nil
	}
	p, err := compile(of.FilterPattern)
	if err != nil {
		return err
	}
	f, err := newFilter(p, of.MetricTransformations[0])
	if err != nil {
		return err
	}
	f.since, f.system = of.Since, k.systemFields(of.EmitSystemFieldDimensions)
	m.metrics, m.patterns = append(m.metrics, f), append(m.patterns, p)
	return nil
}

// subscriber adds a subscription filter.
func (m *matchers) subscriber(k *known, of *subscriptionFilter) error {
	if !k.selected(of.FieldSelectionCriteria) {
		return nil
	}
	p, err := compile(of.FilterPattern)
	if err != nil {
		return err
	}
	sub, err := newSubscriber(k, of, p)
	if err != nil {
		return err
	}
	m.subscribers, m.patterns = append(m.subscribers, sub), append(m.patterns, p)
	return nil
}
