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
	for _, q := range named {
		q.label = labelAmong(q, named)
	}
	return nil
}

// labelAmong is the automatic label of a query among others: the metric's name, or the
// values of dimensions in which those of that name differ; after it the statistic and the
// period where they differ; before it the namespace where any do.
func labelAmong(q *query, others []*query) string {
	var namespaces, stats, periods bool
	differ := map[string]bool{}
	for _, o := range others {
		namespaces = namespaces || o.want.ID.Namespace != q.want.ID.Namespace
		if o.want.ID.Name != q.want.ID.Name {
			continue
		}
		stats = stats || o.want.Stat.String() != q.want.Stat.String()
		periods = periods || o.want.Period != q.want.Period
		for _, d := range q.want.ID.Dimensions {
			if valueOf(o.want.ID.Dimensions, d.Name) != d.Value {
				differ[d.Name] = true
			}
		}
	}
	var parts []string
	if namespaces {
		parts = append(parts, q.want.ID.Namespace)
	}
	for _, d := range q.want.ID.Dimensions {
		if differ[d.Name] {
			parts = append(parts, d.Value)
		}
	}
	if len(differ) == 0 {
		parts = append(parts, q.want.ID.Name)
	}
	if stats {
		parts = append(parts, q.want.Stat.String())
	}
	if periods {
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
