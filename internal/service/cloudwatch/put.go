package cloudwatch

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/series"
)

// AWS's limits of data.
const (
	mostData       = 1000 // of a call
	mostValues     = 150  // of a datum
	mostDimensions = 30
	mostAge        = series.MostAge
	mostAhead      = 2 * time.Hour
)

// mostValue is the greatest value, and the least with a minus in front.
var mostValue = math.Pow(2, 360)

// reserved is how namespaces begin that AWS's services put their own metrics into.
const reserved = "AWS/"

// PutMetricData adds data to metrics, and makes those that are new. All of them are on
// disk once it returns; when one is refused, none is kept.
func (s *Service) PutMetricData(ctx context.Context, in *cloudwatchapi.PutMetricDataInput) (*cloudwatchapi.PutMetricDataOutput, error) {
	if strings.HasPrefix(*in.Namespace, reserved) {
		return nil, errValue("The value %s for parameter Namespace is invalid.", reserved)
	}
	if err := checkEntities(in); err != nil {
		return nil, err
	}
	now := time.Now()
	var data []metric.Datum
	add := func(list string, given []cloudwatchapi.MetricDatum) error {
		if len(data)+len(given) > mostData {
			return errTooMany(codeValue, "MetricData", mostData)
		}
		for i := range given {
			d, err := datum(member(list, i), &given[i], now)
			if err != nil {
				return err
			}
			data = append(data, d)
		}
		return nil
	}
	if err := add("MetricData", in.MetricData); err != nil {
		return nil, err
	}
	for i := range in.EntityMetricData {
		if err := add(member("EntityMetricData", i)+".MetricData", in.EntityMetricData[i].MetricData); err != nil {
			return nil, err
		}
	}
	if len(data) == 0 {
		return nil, errMissing("At least one MetricDatum object must be present in the request.")
	}
	// Metrics are not told by entities here; the data themselves are kept.
	return &cloudwatchapi.PutMetricDataOutput{}, errStore(s.series.Put(ctx, cloud.CallOf(ctx).Scope(), *in.Namespace, data))
}

// errStore is an error of the store as a client sees it.
func errStore(err error) error {
	if err != nil && cloud.KindOf(err) == cloud.Unavailable {
		return cloud.Errorf(cloud.Unavailable, "InternalServiceFault", "Data of metrics cannot be kept or read: there is no room on the disk, or it has failed.").Because(err)
	}
	return err
}

// checkEntities refuses entities as AWS does: with data of entities it must be said
// whether they are checked, and where they are, they are of a type that is known.
func checkEntities(in *cloudwatchapi.PutMetricDataInput) error {
	if len(in.EntityMetricData) == 0 {
		return nil
	}
	if in.StrictEntityValidation == nil {
		return errCombination("Field StrictEntityValidation is required when setting EntityMetricData")
	}
	if !*in.StrictEntityValidation {
		return nil
	}
	for i := range in.EntityMetricData {
		e := in.EntityMetricData[i].Entity
		if e == nil {
			continue
		}
		switch e.KeyAttributes["Type"] {
		case "Service", "RemoteService", "AWS::Service", "Resource", "AWS::Resource":
		default:
			return errValue("InvalidTypeValue: Unknown entity type")
		}
	}
	return nil
}

// datum checks a datum, which is at a place of the input, and returns it.
func datum(at string, in *cloudwatchapi.MetricDatum, now time.Time) (d metric.Datum, err error) {
	if err := checkForm(at, in); err != nil {
		return d, err
	}
	d = metric.Datum{Name: *in.MetricName, Time: now, Unit: resource.Value(in.Unit), Counts: in.Counts, Values: in.Values}
	if d.Dimensions, err = dimensionsOf(at+".Dimensions", codeValue, in.Dimensions); err != nil {
		return d, err
	}
	if in.Value != nil {
		if err := checkValue(at+".Value", *in.Value); err != nil {
			return d, err
		}
		d.Values = []float64{*in.Value}
	}
	if set := in.StatisticValues; set != nil {
		d.Set = &metric.Set{Count: *set.SampleCount, Sum: *set.Sum, Min: *set.Minimum, Max: *set.Maximum}
	}
	if in.Timestamp != nil {
		d.Time = *in.Timestamp
	}
	switch resource.Or(in.StorageResolution, 60) {
	case 1:
		d.Second = true
	case 60:
	default:
		return d, errValue("The parameter %s.StorageResolution must be a value in the set [ 1, 60 ].", at)
	}
	return d, checkDatum(at, &d, now)
}

// checkDatum checks what a datum says of its samples, its unit and its time.
func checkDatum(at string, d *metric.Datum, now time.Time) error {
	if err := checkCounted(at, d); err != nil {
		return err
	}
	if err := checkSet(at+".StatisticValues", d.Set); err != nil {
		return err
	}
	if _, ok := metric.PlaceOf(d.Unit); !ok {
		return errUnit(codeValue, at+".Unit")
	}
	switch {
	case now.Sub(d.Time) > mostAge:
		return errValue("The parameter %s.Timestamp must specify a time within the past two weeks.", at)
	case d.Time.Sub(now) > mostAhead:
		return errValue("The parameter %s.Timestamp must specify a time no more than two hours in the future.", at)
	}
	return nil
}

// errUnit's text follows that of other sets.
func errUnit(code, at string) error {
	return cloud.Errorf(cloud.Invalid, code, "The parameter %s must be a value in the set [ %s ].", at, strings.Join(metric.Units(), ", "))
}

// checkForm refuses a datum that says its samples in no way, or in two.
func checkForm(at string, in *cloudwatchapi.MetricDatum) error {
	both := func(a, b string) error {
		return errCombination("The parameters %s.%s and %s.%s are mutually exclusive and you have specified both.", at, a, at, b)
	}
	switch {
	case in.Value != nil && len(in.Values) > 0:
		return both("Value", "Values")
	case in.Value != nil && in.StatisticValues != nil:
		return both("Value", "StatisticValues")
	case len(in.Counts) > 0 && len(in.Values) == 0:
		return errCombination("The parameter values must appears when the counts parameter is specified.")
	case in.Value == nil && len(in.Values) == 0 && in.StatisticValues == nil:
		return errCombination("At least one of the parameters must be specified.")
	}
	return nil
}

// checkCounted checks values and how often each came.
func checkCounted(at string, in *metric.Datum) error {
	if len(in.Values) > mostValues {
		return errTooMany(codeValue, at+".Values", mostValues)
	}
	if len(in.Counts) > 0 && len(in.Counts) != len(in.Values) {
		return errValue("The parameters %s.Values and %s.Counts must be of the same size.", at, at)
	}
	for i, value := range in.Values {
		if err := checkValue(member(at+".Values", i), value); err != nil {
			return err
		}
	}
	for i, count := range in.Counts {
		if count < 0 {
			return errValue("The parameter %s.Counts must contain only values greater than 0.", at)
		}
		if err := checkValue(member(at+".Counts", i), count); err != nil {
			return err
		}
	}
	return nil
}

// checkValue refuses what is no number, and what is too great.
func checkValue(at string, v float64) error {
	if math.Abs(v) > mostValue || math.IsNaN(v) {
		return errValue("The value %s for parameter %s is invalid.", double(v), at)
	}
	return nil
}

func checkSet(at string, set *metric.Set) error {
	if set == nil {
		return nil
	}
	for _, part := range []struct {
		name  string
		value float64
	}{{"SampleCount", set.Count}, {"Sum", set.Sum}, {"Minimum", set.Min}, {"Maximum", set.Max}} {
		if err := checkValue(at+"."+part.name, part.value); err != nil {
			return err
		}
	}
	if set.Count <= 0 {
		return errValue("The parameter %s.SampleCount must be greater than 0.", at)
	}
	if set.Min > set.Max {
		return errValue("The parameter %s.Maximum must be greater than %s.Minimum.", at, at)
	}
	return nil
}

// dimensionsOf checks the dimensions of a metric, and returns them in order.
func dimensionsOf(at, code string, in []cloudwatchapi.Dimension) ([]metric.Dimension, error) {
	if len(in) > mostDimensions {
		return nil, errTooMany(code, at, mostDimensions)
	}
	var all []metric.Dimension
	for _, d := range in {
		all = append(all, metric.Dimension{Name: *d.Name, Value: *d.Value})
	}
	all = metric.Sorted(all)
	for i := 1; i < len(all); i++ {
		if all[i].Name == all[i-1].Name {
			return nil, cloud.Errorf(cloud.Invalid, code, "No metric may specify the same dimension name twice.")
		}
	}
	return all, nil
}
