package cloudwatch

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/language/metricmath"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/series/summary"
)

const (
	mostDetectors     = 500 // of an account and region
	mostDetectorsPage = 100
	mostExcluded      = 10 // ranges of a detector
	mostOfDetector    = 20 // queries of one for an expression
)

// The texts of errors about detectors are ours.

// PutAnomalyDetector creates an anomaly detector for a metric or an expression, or replaces the
// configuration of the one that there is. It is trained within some minutes.
func (s *Service) PutAnomalyDetector(ctx context.Context, in *cloudwatchapi.PutAnomalyDetectorInput) (*cloudwatchapi.PutAnomalyDetectorOutput, error) {
	single, err := singleOf(in.SingleMetricAnomalyDetector, in.MetricMathAnomalyDetector != nil, in.Namespace, in.MetricName, in.Stat, in.Dimensions)
	if err != nil {
		return nil, err
	}
	d, err := detectorOf(ctx, single, in.MetricMathAnomalyDetector)
	if err != nil {
		return nil, err
	}
	if err := checkConfiguration(in.Configuration); err != nil {
		return nil, err
	}
	kept := d.new()
	err = s.store.Update(ctx, func(tx resource.Tx) error {
		known, found, err := detectors.Find(tx, d.name)
		switch {
		case err != nil:
			return err
		case found:
			kept = known
			kept.Version, kept.State = uuid.NewString(), pendingTraining
		default:
			if err := affordDetector(tx); err != nil {
				return err
			}
		}
		kept.Configuration, kept.Characteristics = in.Configuration, in.MetricCharacteristics
		return detectors.Put(tx, kept, d.name)
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatchapi.PutAnomalyDetectorOutput{AnomalyDetectorId: &kept.ID}, nil
}

// affordDetector refuses a detector where there are as many as there may be.
func affordDetector(tx resource.Tx) error {
	n := 0
	for _, err := range detectors.List(tx) {
		if err != nil {
			return err
		}
		if n++; n >= mostDetectors {
			return cloud.Errorf(cloud.Invalid, "LimitExceededException", "There are %d anomaly detectors in this account and region, and can be no more.", n)
		}
	}
	return nil
}

// singleOf is the metric that a call is about, in either form; nil where it is about an expression, or says nothing.
func singleOf(single *cloudwatchapi.SingleMetricAnomalyDetector, math bool, namespace, name, stat *string, dimensions []cloudwatchapi.Dimension) (*cloudwatchapi.SingleMetricAnomalyDetector, error) {
	flat := namespace != nil || name != nil || stat != nil || len(dimensions) > 0
	switch {
	case flat && (single != nil || math):
		return nil, errCombination("The parameters Namespace, MetricName, Dimensions and Stat cannot be used with SingleMetricAnomalyDetector or MetricMathAnomalyDetector.")
	case single != nil && math:
		return nil, errCombination("The parameters SingleMetricAnomalyDetector and MetricMathAnomalyDetector are mutually exclusive and you have specified both.")
	case flat:
		return &cloudwatchapi.SingleMetricAnomalyDetector{Namespace: namespace, MetricName: name, Stat: stat, Dimensions: dimensions}, nil
	}
	return single, nil
}

// detectorOf checks what a detector is to be for, or is.
func detectorOf(ctx context.Context, single *cloudwatchapi.SingleMetricAnomalyDetector, math *cloudwatchapi.MetricMathAnomalyDetector) (*meantDetector, error) {
	account := string(cloud.CallOf(ctx).Account)
	if math != nil {
		return mathDetector(account, math)
	}
	if single == nil {
		return nil, errMissing("One of the parameters SingleMetricAnomalyDetector and MetricMathAnomalyDetector is required.")
	}
	for _, p := range []struct {
		name  string
		value *string
	}{{"Namespace", single.Namespace}, {"MetricName", single.MetricName}, {"Stat", single.Stat}} {
		if resource.Value(p.value) == "" {
			return nil, errMissing("The parameter %s is required.", p.name)
		}
	}
	if resource.Or(single.AccountId, account) != account {
		return nil, errAccount(*single.AccountId)
	}
	stat, ok := summary.ParseStatistic(*single.Stat)
	if !ok {
		return nil, errValue("The value %s for parameter Stat is not supported.", *single.Stat)
	}
	dimensions, err := dimensionsOf("Dimensions", codeValue, single.Dimensions)
	if err != nil {
		return nil, err
	}
	kept := *single
	kept.Dimensions = []cloudwatchapi.Dimension{}
	for _, d := range dimensions {
		kept.Dimensions = append(kept.Dimensions, cloudwatchapi.Dimension{Name: &d.Name, Value: &d.Value})
	}
	kept.AccountId = &account
	id := metric.ID{Namespace: *single.Namespace, Name: *single.MetricName, Dimensions: dimensions}
	return &meantDetector{name: detectorName(metricIdentity(id, stat)), single: &kept}, nil
}

func errAccount(account string) error {
	return errValue("No accounts are linked here: metrics of account %s cannot be used.", account)
}

// mathDetector checks what a detector for an expression is for.
func mathDetector(account string, math *cloudwatchapi.MetricMathAnomalyDetector) (*meantDetector, error) {
	queries := math.MetricDataQueries
	switch {
	case len(queries) == 0:
		return nil, errMissing("The parameter MetricMathAnomalyDetector.MetricDataQueries is required.")
	case len(queries) > mostOfDetector:
		return nil, errTooMany(codeValue, "MetricMathAnomalyDetector.MetricDataQueries", mostOfDetector)
	}
	returned, seen, period := "", map[string]bool{}, int64(0)
	for i := range queries {
		q := &queries[i]
		at := member("MetricMathAnomalyDetector.MetricDataQueries", i)
		switch {
		case !idPattern.MatchString(*q.Id):
			return nil, errValidation("The value for parameter %s.Id is not matching the expected pattern %s.", at, idPattern)
		case seen[*q.Id]:
			return nil, errValidation("The values for parameter id in MetricDataQueries are not unique.")
		case (q.Expression == nil) == (q.MetricStat == nil):
			return nil, errCombination("Exactly one of the parameters %s.Expression and %s.MetricStat must be specified.", at, at)
		case resource.Or(q.AccountId, account) != account:
			return nil, errAccount(*q.AccountId)
		}
		seen[*q.Id] = true
		if q.MetricStat != nil {
			w, err := metricWanted(q)
			if err != nil {
				return nil, err
			}
			period = max(period, int64(w.Period))
		}
		if q.ReturnData == nil || *q.ReturnData {
			if returned != "" {
				return nil, errValidation("Exactly one metric query must have ReturnData set to true.")
			}
			returned = *q.Id
		}
	}
	if returned == "" {
		return nil, errValidation("Exactly one metric query must have ReturnData set to true.")
	}
	l, err := learningOf(queries, metricmath.Reference(returned), period)
	if err != nil {
		return nil, errExpression(err)
	}
	for _, q := range l.needed {
		if q.Expression == nil {
			continue
		}
		e, err := metricmath.Parse(*q.Id, *q.Expression)
		if err != nil {
			return nil, errExpression(err)
		}
		for _, id := range e.References() {
			if !seen[id] {
				return nil, errValidation("Error in expression '%s': There is no metric or expression with the id '%s'", *q.Id, id)
			}
		}
	}
	return &meantDetector{name: detectorName(l.detector), math: math}, nil
}

func checkConfiguration(c *cloudwatchapi.AnomalyDetectorConfiguration) error {
	if c == nil {
		return nil
	}
	if len(c.ExcludedTimeRanges) > mostExcluded {
		return errTooMany(codeValue, "Configuration.ExcludedTimeRanges", mostExcluded)
	}
	for i, r := range c.ExcludedTimeRanges {
		if !r.StartTime.Before(*r.EndTime) {
			return errValue("The parameter %s.StartTime must be less than EndTime.", member("Configuration.ExcludedTimeRanges", i))
		}
	}
	if name := resource.Value(c.MetricTimezone); name != "" {
		if _, err := time.LoadLocation(name); err != nil || name == "Local" {
			return errValue("The value %s for parameter Configuration.MetricTimezone is not a time zone of the tz database.", name)
		}
	}
	return nil
}

// DescribeAnomalyDetectors returns detectors: those of IDs, or of kinds, a namespace, a metric's
// name and its dimensions.
func (s *Service) DescribeAnomalyDetectors(ctx context.Context, in *cloudwatchapi.DescribeAnomalyDetectorsInput) (*cloudwatchapi.DescribeAnomalyDetectorsOutput, error) {
	filtered := in.Namespace != nil || in.MetricName != nil || len(in.Dimensions) > 0 || len(in.AnomalyDetectorTypes) > 0
	if len(in.AnomalyDetectorIds) > 0 && filtered {
		return nil, errCombination("The parameter AnomalyDetectorIds cannot be used with Namespace, MetricName, Dimensions or AnomalyDetectorTypes.")
	}
	if n := resource.Value(in.MaxResults); n > mostDetectorsPage {
		return nil, errValue("The value %d for parameter MaxResults is greater than %d.", n, mostDetectorsPage)
	}
	dimensions, err := dimensionsOf("Dimensions", codeValue, in.Dimensions)
	if err != nil {
		return nil, err
	}
	out := &cloudwatchapi.DescribeAnomalyDetectorsOutput{}
	err = s.store.View(ctx, func(r resource.Reader) (err error) {
		paging := resource.TokenCode(codeToken).Page(in, in.NextToken, in.MaxResults, mostDetectorsPage)
		out.AnomalyDetectors, out.NextToken, err = resource.Page(ctx, paging, detectors.From(r), func(k keptDetector) (cloudwatchapi.AnomalyDetector, bool, error) {
			return k.shown(), k.matches(in, dimensions), nil
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// matches says whether a detector is asked for.
func (k *keptDetector) matches(in *cloudwatchapi.DescribeAnomalyDetectorsInput, dimensions []metric.Dimension) bool {
	if len(in.AnomalyDetectorIds) > 0 {
		return slices.Contains(in.AnomalyDetectorIds, k.ID)
	}
	kinds := in.AnomalyDetectorTypes
	if len(kinds) == 0 {
		kinds = []string{"SINGLE_METRIC"}
	}
	if k.Math != nil {
		return slices.Contains(kinds, "METRIC_MATH") && in.MetricName == nil && in.Namespace == nil && len(dimensions) == 0
	}
	own, err := dimensionsOf("", "", k.Single.Dimensions)
	return slices.Contains(kinds, "SINGLE_METRIC") && err == nil &&
		(in.Namespace == nil || *in.Namespace == *k.Single.Namespace) && (in.MetricName == nil || *in.MetricName == *k.Single.MetricName) &&
		(len(dimensions) == 0 || slices.Equal(dimensions, own))
}

// shown is a detector as AWS shows it: one for a metric in both forms.
func (k *keptDetector) shown() cloudwatchapi.AnomalyDetector {
	d := cloudwatchapi.AnomalyDetector{
		AnomalyDetectorId: &k.ID, StateValue: &k.State, Configuration: k.Configuration, MetricCharacteristics: k.Characteristics,
		SingleMetricAnomalyDetector: k.Single, MetricMathAnomalyDetector: k.Math,
	}
	if d.Configuration == nil {
		d.Configuration = &cloudwatchapi.AnomalyDetectorConfiguration{}
	}
	if d.Configuration.ExcludedTimeRanges == nil {
		d.Configuration.ExcludedTimeRanges = []cloudwatchapi.Range{}
	}
	if k.Single != nil {
		d.Namespace, d.MetricName, d.Dimensions, d.Stat = k.Single.Namespace, k.Single.MetricName, k.Single.Dimensions, k.Single.Stat
	}
	return d
}

// DeleteAnomalyDetector removes a detector, by its ID or by what it is for.
func (s *Service) DeleteAnomalyDetector(ctx context.Context, in *cloudwatchapi.DeleteAnomalyDetectorInput) (*cloudwatchapi.DeleteAnomalyDetectorOutput, error) {
	single, err := singleOf(in.SingleMetricAnomalyDetector, in.MetricMathAnomalyDetector != nil, in.Namespace, in.MetricName, in.Stat, in.Dimensions)
	if err != nil {
		return nil, err
	}
	if in.AnomalyDetectorId != nil {
		if single != nil || in.MetricMathAnomalyDetector != nil {
			return nil, errCombination("The parameter AnomalyDetectorId cannot be used with what names a metric or an expression.")
		}
		return &cloudwatchapi.DeleteAnomalyDetectorOutput{}, s.store.Update(ctx, func(tx resource.Tx) error { return deleteDetector(tx, *in.AnomalyDetectorId) })
	}
	d, err := detectorOf(ctx, single, in.MetricMathAnomalyDetector)
	if err != nil {
		return nil, err
	}
	return &cloudwatchapi.DeleteAnomalyDetectorOutput{}, s.store.Update(ctx, func(tx resource.Tx) error { return detectors.Delete(tx, d.name) })
}

func deleteDetector(tx resource.Tx, id string) error {
	for kept, err := range detectors.List(tx) {
		if err != nil {
			return err
		}
		if kept.Value.ID == id {
			return detectors.Delete(tx, kept.Name)
		}
	}
	return detectors.Missing()
}
