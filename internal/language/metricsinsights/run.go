package metricsinsights

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// mostCells is how many points of groups a run may hold.
const mostCells = 2_000_000

// value returns what a series has of a key.
func (s *Series) value(key string) (string, bool) {
	if key == AccountKey {
		return s.Account, true
	}
	for _, d := range s.Dimensions {
		if d.Name == key {
			return d.Value, true
		}
	}
	return "", false
}

// Matches says whether the query is about a series, where the caller is of an account. A
// dimension that the series lacks has no value, and so another than any.
func (q *Query) Matches(s *Series, caller string) bool {
	if s.Namespace != q.Namespace || s.Metric != q.Metric || q.HasSchema && len(q.Schema) != len(s.Dimensions) {
		return false
	}
	for _, name := range q.Schema {
		if _, ok := s.value(name); !ok {
			return false
		}
	}
	for _, c := range q.Where {
		want := c.Value
		if c.Current {
			want = caller
		}
		if v, ok := s.value(c.Key); (ok && v == want) == c.Not {
			return false
		}
	}
	return true
}

// Group is what a query returns of the series that have the same values of its keys.
type Group struct {
	Label  string   // empty for a query that does not group
	Keys   []string // the values of what it is grouped by, as its label has them
	Times  []int64
	Values []float64
}

// Run adds up the series of a query.
type Run struct {
	query  *Query
	groups map[string]*group
	cells  int
}

type group struct {
	parts []part
	cells map[int64]*cell
}

// part is the value of a key.
type part struct {
	absent bool
	value  string
}

// cell is the samples of a group at a time.
type cell struct{ value, weight float64 }

// NewRun returns a Run of a query, without series.
func NewRun(q *Query) *Run { return &Run{query: q, groups: map[string]*group{}} }

// Add adds a series that the query matches: its times, and for each what the query's
// function is of the samples. For AVG that is their sum, and weights is how many they are.
func (r *Run) Add(s *Series, times []int64, values, weights []float64) error {
	var parts []part
	var key strings.Builder
	for _, by := range r.query.GroupBy {
		value, ok := s.value(by)
		parts = append(parts, part{!ok, value})
		key.WriteString(strconv.FormatBool(ok) + strconv.Quote(value))
	}
	g := r.groups[key.String()]
	if g == nil {
		g = &group{parts, map[int64]*cell{}}
		r.groups[key.String()] = g
	}
	for i, at := range times {
		weight := 0.0
		if weights != nil {
			weight = weights[i]
		}
		c := g.cells[at]
		if c == nil {
			if r.cells++; r.cells > mostCells {
				return refuse("The query has more than %d datapoints: ask for a shorter time, by a longer period or for fewer groups", mostCells)
			}
			g.cells[at] = &cell{values[i], weight}
			continue
		}
		switch r.query.Function {
		case Min:
			c.value = min(c.value, values[i])
		case Max:
			c.value = max(c.value, values[i])
		default:
			c.value += values[i]
		}
		c.weight += weight
	}
	return nil
}

// result is a group, and what it is ordered by.
type result struct {
	Group

	parts []part
	key   float64
}

// Groups returns the groups in their order, and whether there are more than CloudWatch
// returns. A query that does not group has one, or none if no series was added.
func (r *Run) Groups() (groups []Group, more bool) {
	var all []result
	for _, g := range r.groups {
		one := result{parts: g.parts}
		for _, at := range slices.Sorted(maps.Keys(g.cells)) {
			c := g.cells[at]
			if r.query.Function == Avg {
				c = &cell{value: c.value / c.weight}
			}
			one.Times, one.Values = append(one.Times, at), append(one.Values, c.value)
		}
		if len(one.Times) == 0 && len(r.query.GroupBy) > 0 {
			continue // it had no data in this time
		}
		one.key = keyOf(r.query.OrderBy, one.Values)
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b result) int {
		byKey := cmp.Compare(a.key, b.key)
		if r.query.Descending {
			byKey = -byKey
		}
		return cmp.Or(byKey, slices.CompareFunc(a.parts, b.parts, func(x, y part) int {
			switch {
			case x.absent == y.absent:
				return cmp.Compare(x.value, y.value)
			case x.absent:
				return 1 // what is absent comes last
			}
			return -1
		}))
	})
	if r.query.Limit > 0 {
		all = all[:min(r.query.Limit, len(all))]
	}
	if more = len(all) > MostGroups; more {
		all = all[:MostGroups]
	}
	for i, one := range all {
		one.Label = labelOf(one.parts)
		for _, p := range one.parts {
			one.Keys = append(one.Keys, labelOf([]part{p}))
		}
		if r.query.OrderBy != "" && len(one.parts) > 0 {
			one.Label = strconv.Itoa(i+1) + " - " + one.Label
		}
		groups = append(groups, one.Group)
	}
	return groups, more
}

// keyOf is what a group is ordered by: a function of its values.
func keyOf(f Function, values []float64) float64 {
	if f == "" || len(values) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	switch f {
	case Avg:
		return sum / float64(len(values))
	case Count:
		return float64(len(values))
	case Min:
		return slices.Min(values)
	case Max:
		return slices.Max(values)
	default:
		return sum
	}
}

// labelOf is the values of the keys; that of one which is absent is "Other".
func labelOf(parts []part) string {
	var words []string
	for _, p := range parts {
		if p.absent {
			p.value = "Other"
		}
		words = append(words, p.value)
	}
	return strings.Join(words, " ")
}
