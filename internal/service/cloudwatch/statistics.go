package cloudwatch

import (
	"context"
	"time"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/series"
	"github.com/sillok/sillok/internal/store/series/summary"
)

const (
	mostStatistics = 5    // of a call
	mostExtended   = 10   // of a call
	mostDatapoints = 1440 // that a call may ask for
)

// GetMetricStatistics returns statistics of one metric: a datapoint for each period and
// unit that has samples.
func (s *Service) GetMetricStatistics(ctx context.Context, in *cloudwatchapi.GetMetricStatisticsInput) (*cloudwatchapi.GetMetricStatisticsOutput, error) {
	w, err := checkStatistics(in, time.Now())
	if err != nil {
		return nil, err
	}
	plain, extended, err := statisticsOf(in)
	if err != nil {
		return nil, err
	}
	q := series.Query{
		ID:   metric.ID{Namespace: *in.Namespace, Name: *in.MetricName},
		Unit: resource.Value(in.Unit), From: w.from, To: w.to, Period: w.period, Spread: len(extended) > 0,
	}
	if q.Dimensions, err = dimensionsOf("Dimensions", codeValue, in.Dimensions); err != nil {
		return nil, err
	}
	read, err := s.series.Read(ctx, cloud.CallOf(ctx).Scope(), []series.Query{q})
	if err != nil {
		return nil, errStore(err)
	}
	out := &cloudwatchapi.GetMetricStatisticsOutput{Label: in.MetricName, Datapoints: []cloudwatchapi.Datapoint{}}
	for _, line := range read[0] {
		for i := range line.Points {
			if d, ok := datapoint(&line.Points[i], plain, extended); ok {
				d.Unit = &line.Unit
				out.Datapoints = append(out.Datapoints, d)
			}
		}
	}
	return out, nil
}

func checkStatistics(in *cloudwatchapi.GetMetricStatisticsInput, now time.Time) (window, error) {
	if in.StartTime.Unix() >= in.EndTime.Unix() {
		return window{}, errValue("The parameter StartTime must be less than the parameter EndTime.")
	}
	if err := checkPeriod(codeValue, "Period", *in.Period); err != nil {
		return window{}, err
	}
	if in.Unit != nil {
		if _, ok := metric.PlaceOf(*in.Unit); !ok {
			return window{}, errUnit(codeValue, "Unit")
		}
	}
	w := windowOf(*in.StartTime, *in.EndTime, *in.Period, now)
	// In seconds: a Duration has no more than 292 years.
	if n := (w.to.Unix() - w.from.Unix() + int64(*in.Period) - 1) / int64(*in.Period); n > mostDatapoints {
		return w, errCombination("You have requested up to %d datapoints, which exceeds the limit of %d. "+
			"You may reduce the datapoints requested by increasing Period, or decreasing the time range.", n, mostDatapoints)
	}
	return w, nil
}

// statisticsOf reads the names of statistics.
func statisticsOf(in *cloudwatchapi.GetMetricStatisticsInput) (plain, extended []summary.Statistic, err error) {
	switch {
	case len(in.Statistics) == 0 && len(in.ExtendedStatistics) == 0:
		return nil, nil, errCombination("Must specify either Statistics or ExtendedStatistics")
	case len(in.Statistics) > mostStatistics:
		return nil, nil, errTooMany(codeValue, "Statistics", mostStatistics)
	case len(in.ExtendedStatistics) > mostExtended:
		return nil, nil, errTooMany(codeValue, "ExtendedStatistics", mostExtended)
	}
	for i, name := range in.Statistics {
		st, ok := summary.ParseStatistic(name)
		if !ok || st.Spread() {
			return nil, nil, errValue("The parameter %s.<list element> must be a value in the set [SampleCount, Average, Sum, Minimum, Maximum].", member("Statistics", i))
		}
		plain = append(plain, st)
	}
	for i, name := range in.ExtendedStatistics {
		st, ok := summary.ParseStatistic(name)
		if !ok || !st.Spread() {
			return nil, nil, errValue("The value %s for parameter %s.<list element> is not supported.", name, member("ExtendedStatistics", i))
		}
		extended = append(extended, st)
	}
	return plain, extended, nil
}

// datapoint returns the statistics of a period, and whether it has one.
func datapoint(p *series.Point, plain, extended []summary.Statistic) (d cloudwatchapi.Datapoint, some bool) {
	d.Timestamp = &p.Time
	for _, st := range plain {
		value, ok := st.Of(&p.Summary)
		if !ok {
			continue
		}
		some = true
		switch st.String() {
		case "SampleCount":
			d.SampleCount = &value
		case "Average":
			d.Average = &value
		case "Sum":
			d.Sum = &value
		case "Minimum":
			d.Minimum = &value
		case "Maximum":
			d.Maximum = &value
		}
	}
	for _, st := range extended {
		value, ok := st.Of(&p.Summary)
		if !ok {
			continue
		}
		if some = true; d.ExtendedStatistics == nil {
			d.ExtendedStatistics = map[string]float64{}
		}
		d.ExtendedStatistics[st.String()] = value
	}
	return d, some
}
