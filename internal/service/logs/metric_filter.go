package logs

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/language/filterpattern"
	"github.com/sillok/sillok/internal/resource"
)

// metricFilter is a metric filter as it is kept. It counts batches from the number Since
// on: events that were there before it are not counted.
type metricFilter struct {
	logsapi.MetricFilter

	Since uint64
}

var metricFilters = resource.Kind[metricFilter]{ // by the names of the group and its own
	Name:    "logs/metricfilter",
	Missing: func(...string) error { return errMissing("The specified metric filter does not exist.") },
}

const (
	mostMetricFilters = 100 // of a group
	mostRegexFilters  = 5   // of them with a regular expression
	mostDimensions    = 3
)

// PutMetricFilter makes a metric filter of a group, or replaces it.
func (s *Service) PutMetricFilter(ctx context.Context, in *logsapi.PutMetricFilterInput) (*logsapi.PutMetricFilterOutput, error) {
	pattern, err := compile(in.FilterPattern)
	if err != nil {
		return nil, err
	}
	if err := checkTransformations(pattern, in.MetricTransformations); err != nil {
		return nil, err
	}
	if _, err := systemCriteria(in.FieldSelectionCriteria); err != nil {
		return nil, err
	}
	if err := checkSystemFields("emitSystemFieldDimensions", in.EmitSystemFieldDimensions); err != nil {
		return nil, err
	}
	if n := len(in.EmitSystemFieldDimensions) + len(in.MetricTransformations[0].Dimensions); n > mostDimensions {
		return nil, errInvalid("Invalid metric transformation: a metric has at most %d dimensions", mostDimensions)
	}
	if len(in.EmitSystemFieldDimensions) > 0 && in.MetricTransformations[0].DefaultValue != nil {
		return nil, errInvalid("Invalid metric transformation: dimensions and default value are mutually exclusive properties")
	}
	m := metricFilter{MetricFilter: logsapi.MetricFilter{
		FilterName: in.FilterName, FilterPattern: in.FilterPattern, MetricTransformations: in.MetricTransformations,
		CreationTime: millis(time.Now()), LogGroupName: in.LogGroupName, ApplyOnTransformedLogs: new(resource.Value(in.ApplyOnTransformedLogs)),
		FieldSelectionCriteria: in.FieldSelectionCriteria, EmitSystemFieldDimensions: in.EmitSystemFieldDimensions,
	}}
	if m.MetricTransformations[0].Unit == nil {
		m.MetricTransformations[0].Unit = new("None")
	}
	k, err := s.group(ctx, *in.LogGroupName)
	if err != nil {
		return nil, err
	}
	if err := checkTransformed(k, *m.ApplyOnTransformedLogs); err != nil {
		return nil, err
	}
	return &logsapi.PutMetricFilterOutput{}, s.change(ctx, *in.LogGroupName, func(tx resource.Tx) error {
		g, err := groups.Get(tx, *in.LogGroupName)
		if err != nil {
			return err
		}
		if g.Class != standard {
			return errInvalid("Log groups of class %s have no metric filters.", g.Class)
		}
		n := 0
		m.Since = s.events.Next()
		for e, err := range metricFilters.List(tx, g.Name) {
			if err != nil {
				return err
			}
			if e.Value.FilterName != nil && *e.Value.FilterName != *in.FilterName {
				n++
				continue
			}
			m.Since = e.Value.Since // what came before this change is counted once, too
		}
		if n >= mostMetricFilters {
			return errLimit()
		}
		if err := mayHaveRegexes(tx, g.Name, pattern, *in.FilterName, ""); err != nil {
			return err
		}
		return metricFilters.Put(tx, m, g.Name, *in.FilterName)
	})
}

// mayHaveRegexes refuses a filter with a regular expression of a group that has as many
// as may be, besides the metric and the subscription filter of these names.
func mayHaveRegexes(r resource.Reader, group string, p *filterpattern.Pattern, metric, subscriber string) error {
	if p.Regexes() == 0 {
		return nil
	}
	n := 0
	count := func(text *string) {
		if p, err := compile(text); err == nil && p.Regexes() > 0 {
			n++
		}
	}
	for m, err := range values(metricFilters.List(r, group)) {
		if err != nil {
			return err
		}
		if *m.FilterName != metric {
			count(m.FilterPattern)
		}
	}
	for f, err := range values(subscriptions.List(r, group)) {
		if err != nil {
			return err
		}
		if *f.FilterName != subscriber {
			count(f.FilterPattern)
		}
	}
	if n >= mostRegexFilters {
		return errLimit()
	}
	return nil
}

// checkTransformed refuses a filter of transformed events of a group without a
// transformer.
func checkTransformed(k *known, transformed bool) error {
	if transformed && !k.transformedNow() {
		return errInvalid("The log group has no transformer, so no filter can apply on transformed logs.")
	}
	return nil
}

// checkTransformations refuses what AWS refuses of a filter's one transformation.
func checkTransformations(p *filterpattern.Pattern, all []logsapi.MetricTransformation) error {
	if len(all) != 1 {
		var shown []string
		for _, t := range all {
			shown = append(shown, fmt.Sprintf("MetricTransformation(metricName=%s, metricNamespace=%s, metricValue=%s, defaultValue=%s, unit=%s, dimensions=%s)",
				*t.MetricName, *t.MetricNamespace, *t.MetricValue, shownNumber(t.DefaultValue), cmp.Or(resource.Value(t.Unit), "null"), shownMap(t.Dimensions)))
		}
		return errInvalid("1 validation error detected: Value '[%s]' at 'metricTransformations' failed to satisfy constraint: Member must have length less than or equal to 1", strings.Join(shown, ", "))
	}
	t := &all[0]
	if len(t.Dimensions) > 0 {
		switch {
		case p.Kind() == filterpattern.Terms || p.Kind() == filterpattern.Everything:
			return errInvalid("The specified filter pattern does not support dimensions")
		case t.DefaultValue != nil:
			return errInvalid("Invalid metric transformation: dimensions and default value are mutually exclusive properties")
		case len(t.Dimensions) > mostDimensions:
			return errInvalid("Invalid metric transformation: a metric has at most %d dimensions", mostDimensions)
		}
		if _, err := newFilter(p, *t); err != nil {
			return err
		}
	}
	if strings.HasPrefix(*t.MetricValue, "$") {
		_, err := newFilter(p, *t)
		return err
	}
	if _, ok := metricValue(*t.MetricValue); !ok {
		return errInvalid("Invalid metric transformation: metric value must be a number or a selector")
	}
	return nil
}

func shownNumber(f *float64) string {
	if f == nil {
		return "null"
	}
	return strconv.FormatFloat(*f, 'f', -1, 64)
}

func shownMap(m map[string]string) string {
	if m == nil {
		return "null"
	}
	var all []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		all = append(all, k+"="+m[k])
	}
	return "{" + strings.Join(all, ", ") + "}"
}

// DescribeMetricFilters lists the metric filters of a group, or of all groups: those of
// a name, or that make a metric.
func (s *Service) DescribeMetricFilters(ctx context.Context, in *logsapi.DescribeMetricFiltersInput) (*logsapi.DescribeMetricFiltersOutput, error) {
	if (in.MetricName == nil) != (in.MetricNamespace == nil) {
		return nil, errInvalid("metricName and metricNamespace have to be given together.")
	}
	prefix := resource.Value(in.FilterNamePrefix)
	out := &logsapi.DescribeMetricFiltersOutput{}
	return out, s.store.View(ctx, func(r resource.Reader) (err error) {
		from := metricFilters.From(r)
		if in.LogGroupName != nil {
			if _, err := groups.Get(r, *in.LogGroupName); err != nil {
				return err
			}
			from = metricFilters.From(r, *in.LogGroupName)
		}
		out.MetricFilters, out.NextToken, err = resource.Page(ctx, paging(in, in.NextToken, in.Limit, mostDescribed), from, func(m metricFilter) (logsapi.MetricFilter, bool, error) {
			t := m.MetricTransformations[0]
			return m.MetricFilter, strings.HasPrefix(*m.FilterName, prefix) && (in.MetricName == nil || *in.MetricName == *t.MetricName && *in.MetricNamespace == *t.MetricNamespace), nil
		})
		return err
	})
}

// DeleteMetricFilter removes a metric filter.
func (s *Service) DeleteMetricFilter(ctx context.Context, in *logsapi.DeleteMetricFilterInput) (*logsapi.DeleteMetricFilterOutput, error) {
	return &logsapi.DeleteMetricFilterOutput{}, s.change(ctx, *in.LogGroupName, func(tx resource.Tx) error {
		if _, err := groups.Get(tx, *in.LogGroupName); err != nil {
			return err
		}
		return metricFilters.Delete(tx, *in.LogGroupName, *in.FilterName)
	})
}

// TestMetricFilter says which messages a pattern matches, and what it takes out of them.
func (*Service) TestMetricFilter(ctx context.Context, in *logsapi.TestMetricFilterInput) (*logsapi.TestMetricFilterOutput, error) {
	pattern, err := compile(in.FilterPattern)
	if err != nil {
		return nil, err
	}
	out := &logsapi.TestMetricFilterOutput{Matches: []logsapi.MetricFilterMatchRecord{}}
	for i, message := range in.LogEventMessages {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !pattern.Match([]byte(message)) {
			continue
		}
		values := pattern.Extract([]byte(message))
		if values == nil {
			values = map[string]string{}
		}
		out.Matches = append(out.Matches, logsapi.MetricFilterMatchRecord{EventNumber: new(int64(i + 1)), EventMessage: new(message), ExtractedValues: values})
	}
	return out, nil
}

type filter struct {
	to         logsapi.MetricTransformation
	value      *filterpattern.Selector // nil where the value is a number
	dimensions map[string]*filterpattern.Selector
	system     map[string]string // dimensions that are the same for all events
	since      uint64            // the first batch that is counted
}

// newFilter compiles what a filter takes out of the messages that its pattern matches.
func newFilter(p *filterpattern.Pattern, t logsapi.MetricTransformation) (f filter, err error) {
	f = filter{to: t, dimensions: map[string]*filterpattern.Selector{}}
	if strings.HasPrefix(*t.MetricValue, "$") {
		if f.value, err = p.Selector(*t.MetricValue); err != nil {
			return f, errInvalid("Invalid metric transformation: metric value must be valid selector: %v", err)
		}
	}
	for name, selector := range t.Dimensions {
		if f.dimensions[name], err = p.Selector(selector); err != nil {
			return f, errInvalid("Invalid metric transformation: dimension value must be valid selector: %v", err)
		}
	}
	return f, nil
}

// values is the values of a listing.
func values[T any](list iter.Seq2[resource.Entry[T], error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for e, err := range list {
			if !yield(e.Value, err) {
				return
			}
		}
	}
}
