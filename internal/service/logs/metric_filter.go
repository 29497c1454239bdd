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

var metricFilters = resource.Kind[logsapi.MetricFilter]{ // by the names of the group and its own
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
	if in.FieldSelectionCriteria != nil || len(in.EmitSystemFieldDimensions) > 0 {
		return nil, errInvalid("Metric filters that select by system fields, or have them as dimensions, cannot be made here yet.")
	}
	if resource.Value(in.ApplyOnTransformedLogs) {
		return nil, errInvalid("Log events are not transformed here yet, so no metric filter can apply on transformed logs.")
	}
	m := logsapi.MetricFilter{
		FilterName: in.FilterName, FilterPattern: in.FilterPattern, MetricTransformations: in.MetricTransformations,
		CreationTime: millis(time.Now()), LogGroupName: in.LogGroupName, ApplyOnTransformedLogs: new(false),
	}
	if m.MetricTransformations[0].Unit == nil {
		m.MetricTransformations[0].Unit = new("None")
	}
	return &logsapi.PutMetricFilterOutput{}, s.change(ctx, *in.LogGroupName, func(tx resource.Tx) error {
		g, err := groups.Get(tx, *in.LogGroupName)
		if err != nil {
			return err
		}
		if g.Class != standard {
			return errInvalid("Log groups of class %s have no metric filters.", g.Class)
		}
		n, regexes := 0, 0
		for e, err := range metricFilters.List(tx, g.Name) {
			if err != nil {
				return err
			}
			if e.Name == *in.FilterName {
				continue
			}
			n++
			if p, err := compile(e.Value.FilterPattern); err == nil && p.Regexes() > 0 {
				regexes++
			}
		}
		if n >= mostMetricFilters || pattern.Regexes() > 0 && regexes >= mostRegexFilters {
			return errLimit()
		}
		return metricFilters.Put(tx, m, g.Name, *in.FilterName)
	})
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
	if _, err := strconv.ParseFloat(*t.MetricValue, 64); err != nil {
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
		out.MetricFilters, out.NextToken, err = resource.Page(ctx, paging(in, in.NextToken, in.Limit, mostDescribed), from, func(m logsapi.MetricFilter) (logsapi.MetricFilter, bool, error) {
			t := m.MetricTransformations[0]
			return m, strings.HasPrefix(*m.FilterName, prefix) && (in.MetricName == nil || *in.MetricName == *t.MetricName && *in.MetricNamespace == *t.MetricNamespace), nil
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

// filters is the metric filters of a group, compiled to be matched in one pass.
type filters struct {
	set  *filterpattern.Set
	rows []filter
}

type filter struct {
	to         logsapi.MetricTransformation
	value      *filterpattern.Selector // nil where the value is a number
	dimensions map[string]*filterpattern.Selector
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

// filtersOf compiles the filters of a group; nil for none.
func filtersOf(r resource.Reader, name string) (*filters, error) {
	f := &filters{}
	var patterns []*filterpattern.Pattern
	for m, err := range values(metricFilters.List(r, name)) {
		if err != nil {
			return nil, err
		}
		p, err := compile(m.FilterPattern)
		if err != nil {
			return nil, err
		}
		patterns = append(patterns, p)
		row, err := newFilter(p, m.MetricTransformations[0])
		if err != nil {
			return nil, err
		}
		f.rows = append(f.rows, row)
	}
	if len(patterns) == 0 {
		return nil, nil
	}
	f.set = filterpattern.NewSet(patterns)
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
