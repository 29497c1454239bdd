package cloudwatch

import (
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/resource"
)

// setLabels gives each query the label that it is shown with: its own, or one that tells
// it from the others. Queries that are not shown, or have a label, take no part in that.
func (g *getData) setLabels() error {
	var named []*query
	for i := range g.queries {
		q := &g.queries[i]
		switch {
		case resource.Value(q.in.Label) != "":
			if q.label = *q.in.Label; strings.Count(q.label, "${") > mostPlaceholders {
				return errValidation("The value for parameter %s.Label has more than %d dynamic values.", member("MetricDataQueries", i), mostPlaceholders)
			}
		case q.in.MetricStat == nil:
			q.label = *q.in.Id
		case q.shown():
			named = append(named, q)
		default:
			q.label = q.want.ID.Name
		}
	}
	among := groupsOf(named)
	for _, q := range named {
		q.label = among.label(q)
	}
	return nil
}

// groups are what labels tell queries apart by.
type groups struct {
	namespaces map[string]bool
	byName     map[string]*group // by the metric's name
}

// group is the queries for metrics of a name.
type group struct {
	queries int
	stats   map[string]bool
	periods map[int32]bool
	having  map[metric.Dimension]int // how many have a dimension
}

func groupsOf(queries []*query) groups {
	all := groups{map[string]bool{}, map[string]*group{}}
	for _, q := range queries {
		all.namespaces[q.want.ID.Namespace] = true
		g := all.byName[q.want.ID.Name]
		if g == nil {
			g = &group{stats: map[string]bool{}, periods: map[int32]bool{}, having: map[metric.Dimension]int{}}
			all.byName[q.want.ID.Name] = g
		}
		g.queries++
		g.stats[q.want.Stat.String()], g.periods[q.want.Period] = true, true
		for _, d := range q.want.ID.Dimensions {
			g.having[d]++
		}
	}
	return all
}

// label is the automatic label of a query among others: the metric's name, or the values of
// dimensions in which those of that name differ; after it the statistic and the period where
// they differ; before it the namespace where any do.
func (all groups) label(q *query) string {
	var parts []string
	if len(all.namespaces) > 1 {
		parts = append(parts, q.want.ID.Namespace)
	}
	g, differ := all.byName[q.want.ID.Name], false
	for _, d := range q.want.ID.Dimensions {
		if g.having[d] < g.queries {
			parts, differ = append(parts, d.Value), true
		}
	}
	if !differ {
		parts = append(parts, q.want.ID.Name)
	}
	if len(g.stats) > 1 {
		parts = append(parts, q.want.Stat.String())
	}
	if len(g.periods) > 1 {
		parts = append(parts, strconv.Itoa(int(q.want.Period)))
	}
	return strings.Join(parts, " ")
}

func valueOf(dimensions []metric.Dimension, name string) string {
	for _, d := range dimensions {
		if d.Name == name {
			return d.Value
		}
	}
	return ""
}
