package athena

import (
	"context"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/resource"
)

// GetQueryRuntimeStatistics returns where an execution's time went and, once it
// has succeeded, what it read and wrote. The stages inside the engine are not
// Trino's and are left out.
func (s *Service) GetQueryRuntimeStatistics(ctx context.Context, in *athenaapi.GetQueryRuntimeStatisticsInput) (*athenaapi.GetQueryRuntimeStatisticsOutput, error) {
	x, err := s.execution(ctx, *in.QueryExecutionId)
	if err != nil {
		return nil, err
	}
	statistics := &athenaapi.QueryRuntimeStatistics{Timeline: &athenaapi.QueryRuntimeStatisticsTimeline{
		QueryQueueTimeInMillis:           x.Statistics.QueryQueueTimeInMillis,
		ServicePreProcessingTimeInMillis: x.Statistics.ServicePreProcessingTimeInMillis,
		QueryPlanningTimeInMillis:        x.Statistics.QueryPlanningTimeInMillis,
		EngineExecutionTimeInMillis:      x.Statistics.EngineExecutionTimeInMillis,
		ServiceProcessingTimeInMillis:    x.Statistics.ServiceProcessingTimeInMillis,
		TotalExecutionTimeInMillis:       x.Statistics.TotalExecutionTimeInMillis,
	}}
	if *x.Status.State == succeeded {
		stored, err := s.stored(ctx, *in.QueryExecutionId)
		if err != nil {
			return nil, err
		}
		statistics.Rows = &athenaapi.QueryRuntimeStatisticsRows{
			InputBytes: x.Statistics.DataScannedInBytes, OutputRows: &stored.Rows, OutputBytes: &stored.Bytes,
		}
	}
	return &athenaapi.GetQueryRuntimeStatisticsOutput{QueryRuntimeStatistics: statistics}, nil
}

// stored reads the part of a result that is not in its object.
func (s *Service) stored(ctx context.Context, id string) (result storedResult, err error) {
	err = s.store.View(ctx, func(r resource.Reader) (err error) {
		result, _, err = results.Find(r, id)
		return err
	})
	return result, err
}
