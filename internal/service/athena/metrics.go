package athena

import (
	"context"
	"maps"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/resource"
)

// ownNamespace is that of what Athena measures of queries.
const ownNamespace = "AWS/Athena"

// publish tells what a query took that has ended, where its work group publishes that.
// There are no reservations of capacity here, and so no DPUs.
func (s *Service) publish(j *job) {
	if !j.publishes {
		return
	}
	x := &j.execution
	state := *x.Status.State
	if state == cancelled {
		state = "CANCELED" // as AWS spells it here
	}
	scope := j.call.Scope()
	emit := func(name, unit string, value *int64) {
		m := metric.Own{Namespace: ownNamespace, Name: name, Unit: unit, Dimensions: [metric.MostOwn]metric.Dimension{
			{Name: "QueryState", Value: state}, {Name: "QueryType", Value: strings.ToUpper(*x.StatementType)}, {Name: "WorkGroup", Value: *x.WorkGroup},
		}}
		s.cfg.Metrics.Emit(scope, m, float64(resource.Value(value)))
	}
	statistics := x.Statistics
	emit("TotalExecutionTime", "Milliseconds", statistics.TotalExecutionTimeInMillis)
	emit("EngineExecutionTime", "Milliseconds", statistics.EngineExecutionTimeInMillis)
	emit("QueryQueueTime", "Milliseconds", statistics.QueryQueueTimeInMillis)
	emit("QueryPlanningTime", "Milliseconds", statistics.QueryPlanningTimeInMillis)
	emit("ServicePreProcessingTime", "Milliseconds", statistics.ServicePreProcessingTimeInMillis)
	emit("ServiceProcessingTime", "Milliseconds", statistics.ServiceProcessingTimeInMillis)
	emit("ProcessedBytes", "Bytes", statistics.DataScannedInBytes)
	all := metric.Own{Namespace: ownNamespace, Name: "ProcessedBytes", Unit: "Bytes"}.With("WorkGroup", *x.WorkGroup)
	s.cfg.Metrics.Emit(scope, all, float64(resource.Value(statistics.DataScannedInBytes)))
}

// Active tells how many queries of each account wait or run, of either type; nothing where
// there are none. It is a metric.Gauges.
func (s *Service) Active(_ context.Context, emit func(scope cloud.Scope, m metric.Own, value float64)) error {
	s.queue.mu.Lock()
	active := maps.Clone(s.queue.active)
	s.queue.mu.Unlock()
	for of, n := range active {
		class := "DML"
		if of.lane == catalogLane {
			class = "DDL"
		}
		if n > 0 {
			emit(of.scope, metric.Own{Namespace: "AWS/Usage", Name: "ResourceCount", Dimensions: [metric.MostOwn]metric.Dimension{
				{Name: "Class", Value: class}, {Name: "Resource", Value: "ActiveQueryCount"}, {Name: "Service", Value: "Athena"}, {Name: "Type", Value: "Resource"},
			}}, float64(n))
		}
	}
	return nil
}
