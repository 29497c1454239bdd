package otlp

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/zeebo/xxh3"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/samples"
)

// defaultNamespace is that of metrics of a resource that names no service.
const defaultNamespace = "default"

// Metrics is the signal of metrics: a request is one call of PutMetricData. It is for one
// request.
//
// A metric's namespace is "service.namespace/service.name" of its resource, as the exporter
// of AWS's distribution of OpenTelemetry has it, or what the header names. Attributes of its
// points are dimensions; those of resource and scope are not. Sums and histograms that are
// totals come as such: see package samples.
type Metrics struct {
	Media

	points   samples.Builder
	rejected int64
	why      string // the first reason
}

// NewMetrics returns the protocol of a request in that form.
func NewMetrics(m Media) *Metrics { return &Metrics{Media: m} }

// Decode fills a *cloudwatchapi.PutMetricDataInput with what a request's points become. A
// request without points has none.
func (m *Metrics) Decode(_ *wire.Operation, r *wire.Request, in any) error {
	input, ok := in.(*cloudwatchapi.PutMetricDataInput)
	if !ok {
		return errInvalid("Metrics are not taken here.")
	}
	var data metricspb.MetricsData // which is on the wire what a request is
	if err := m.read(r.Body, &data); err != nil {
		return err
	}
	named := r.HTTP.Header.Get(samples.Header)
	for _, resource := range data.GetResourceMetrics() {
		g := samples.Group{Namespace: named, Source: sourceOf(resource.GetResource())}
		if named == "" {
			g.Namespace = namespaceOf(resource.GetResource())
		}
		for _, scope := range resource.GetScopeMetrics() {
			of := g
			of.Source += scope.GetScope().GetName()
			for _, one := range scope.GetMetrics() {
				if err := m.add(of, one); err != nil {
					return err
				}
			}
		}
	}
	m.points.Fill(input, defaultNamespace)
	return nil
}

// namespaceOf returns the namespace of a resource's metrics.
func namespaceOf(r *resourcepb.Resource) string {
	var parts []string
	for _, name := range []string{"service.namespace", "service.name"} {
		for _, pair := range r.GetAttributes() {
			if text := textOf(pair.GetValue()); pair.GetKey() == name && text != "" {
				parts = append(parts, text)
			}
		}
	}
	if len(parts) == 0 {
		return defaultNamespace
	}
	return strings.Join(parts, "/")
}

// sourceOf names a resource by all of its attributes, whatever their order: each that sends
// totals has its own.
func sourceOf(r *resourcepb.Resource) string {
	var sum uint64
	for _, pair := range r.GetAttributes() {
		sum += xxh3.HashString(pair.GetKey() + "\x00" + textOf(pair.GetValue()))
	}
	return strconv.FormatUint(sum, 36) + "/"
}

// textOf returns a value as a dimension has it.
func textOf(v *commonpb.AnyValue) string {
	switch value := v.GetValue().(type) {
	case nil:
		return ""
	case *commonpb.AnyValue_StringValue:
		return value.StringValue
	}
	return string(appendValue(nil, v))
}

// add adds the points of a metric.
func (m *Metrics) add(g samples.Group, of *metricspb.Metric) error {
	p := pointer{m, g, of.GetName(), unitOf(of.GetUnit())}
	switch data := of.GetData().(type) {
	case *metricspb.Metric_Gauge:
		for _, n := range data.Gauge.GetDataPoints() {
			if err := p.number(n, false); err != nil {
				return err
			}
		}
	case *metricspb.Metric_Sum:
		// A total that may go down is what it is now, as a gauge.
		total := data.Sum.GetIsMonotonic() && cumulative(data.Sum.GetAggregationTemporality())
		for _, n := range data.Sum.GetDataPoints() {
			if err := p.number(n, total); err != nil {
				return err
			}
		}
	case *metricspb.Metric_Histogram:
		for _, h := range data.Histogram.GetDataPoints() {
			if err := p.histogram(h, cumulative(data.Histogram.GetAggregationTemporality())); err != nil {
				return err
			}
		}
	case *metricspb.Metric_ExponentialHistogram:
		for _, h := range data.ExponentialHistogram.GetDataPoints() {
			if err := p.exponential(h, cumulative(data.ExponentialHistogram.GetAggregationTemporality())); err != nil {
				return err
			}
		}
	case *metricspb.Metric_Summary:
		for _, s := range data.Summary.GetDataPoints() {
			if err := p.summary(s); err != nil {
				return err
			}
		}
	}
	return nil
}

func cumulative(t metricspb.AggregationTemporality) bool {
	return t == metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE
}

// pointer adds points of one metric.
type pointer struct {
	m    *Metrics
	of   samples.Group
	name string
	unit string
}

// dataPoint is what points of all kinds tell.
type dataPoint interface {
	GetAttributes() []*commonpb.KeyValue
	GetStartTimeUnixNano() uint64
	GetTimeUnixNano() uint64
	GetFlags() uint32
}

// noValue is the flag of a point that says that there is no value any more.
const noValue = uint32(metricspb.DataPointFlags_DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK)

// take takes a point with what is known of its values.
func (p *pointer) take(at dataPoint, total bool, point samples.Point) error {
	if p.m.points.Taken+int(p.m.rejected) >= samples.MostPoints {
		return errInvalid("The request has more than %d data points.", samples.MostPoints)
	}
	if at.GetFlags()&noValue != 0 {
		return nil
	}
	g := p.of
	if total {
		g.Total, g.Since = true, at.GetStartTimeUnixNano()
	} else {
		g.Source = "" // what is no total is added up, whoever sends it
	}
	point.Name, point.Unit, point.Time = p.name, p.unit, time.Now()
	if nanos := at.GetTimeUnixNano(); nanos != 0 {
		point.Time = time.UnixMilli(int64(min(nanos, math.MaxInt64) / uint64(time.Millisecond)))
	}
	for _, pair := range at.GetAttributes() {
		point.Dimensions = append(point.Dimensions, metric.Dimension{Name: pair.GetKey(), Value: textOf(pair.GetValue())})
	}
	if err := p.m.points.Add(g, &point); err != nil {
		if p.m.rejected++; p.m.why == "" {
			p.m.why = err.Error()
		}
	}
	return nil
}

func (p *pointer) number(n *metricspb.NumberDataPoint, total bool) error {
	value := n.GetAsDouble()
	if v, ok := n.GetValue().(*metricspb.NumberDataPoint_AsInt); ok {
		value = float64(v.AsInt)
	}
	return p.take(n, total, samples.Point{Values: []float64{value}})
}

// histogram takes a histogram: its count, sum, least and greatest, and for each bucket the
// middle of it, so that there are percentiles. The first bucket begins at the least or at 0,
// the last one ends at the greatest or with its bound.
func (p *pointer) histogram(h *metricspb.HistogramDataPoint, total bool) error {
	if h.GetCount() == 0 && !total {
		return nil
	}
	bounds, counts := h.GetExplicitBounds(), h.GetBucketCounts()
	d := distribution{least: math.Inf(-1), most: math.Inf(1)}
	if h.Min != nil {
		d.least = h.GetMin()
	}
	if h.Max != nil {
		d.most = h.GetMax()
	}
	if len(counts) == len(bounds)+1 {
		for i, n := range counts {
			low, high := d.least, d.most
			if i > 0 {
				low = bounds[i-1]
			}
			if i < len(bounds) {
				high = bounds[i]
			}
			d.add(low, high, float64(n))
		}
	}
	return p.take(h, total, d.point(float64(h.GetCount()), h.Sum))
}

// exponential takes an exponential histogram in the same way.
func (p *pointer) exponential(h *metricspb.ExponentialHistogramDataPoint, total bool) error {
	if h.GetCount() == 0 && !total {
		return nil
	}
	d := distribution{least: math.Inf(-1), most: math.Inf(1)}
	if h.Min != nil {
		d.least = h.GetMin()
	}
	if h.Max != nil {
		d.most = h.GetMax()
	}
	edge := func(i int64) float64 { return math.Exp2(float64(i) * math.Exp2(-float64(h.GetScale()))) }
	negative, positive := h.GetNegative(), h.GetPositive()
	for i, n := range negative.GetBucketCounts() {
		at := int64(negative.GetOffset()) + int64(i)
		d.add(-edge(at+1), -edge(at), float64(n))
	}
	d.add(0, 0, float64(h.GetZeroCount()))
	for i, n := range positive.GetBucketCounts() {
		at := int64(positive.GetOffset()) + int64(i)
		d.add(edge(at), edge(at+1), float64(n))
	}
	return p.take(h, total, d.point(float64(h.GetCount()), h.Sum))
}

// distribution is values that stand for ranges of them.
type distribution struct {
	least, most    float64 // infinite where they are not known
	values, counts []float64
}

// add adds a range of which so many are.
func (d *distribution) add(low, high, count float64) {
	if count == 0 {
		return
	}
	low, high = max(low, d.least), min(high, d.most)
	switch {
	case math.IsInf(low, -1) && high > 0:
		low = 0 // what is measured is seldom below it
	case math.IsInf(low, -1):
		low = high
	}
	if math.IsInf(high, 1) {
		high = low
	}
	d.values, d.counts = append(d.values, low+(high-low)/2), append(d.counts, count)
}

// point returns a point of so many values. What is not known of them follows from the
// distribution.
func (d *distribution) point(count float64, sum *float64) samples.Point {
	set := metric.Set{Count: count, Min: d.least, Max: d.most}
	var follows float64
	first, last := math.Inf(1), math.Inf(-1)
	for i, v := range d.values {
		follows += v * d.counts[i]
		first, last = min(first, v), max(last, v)
	}
	set.Sum = follows
	if sum != nil {
		set.Sum = *sum
	}
	mean := 0.0
	if count > 0 {
		mean = set.Sum / count
	}
	if math.IsInf(set.Min, 0) {
		set.Min = orElse(first, mean)
	}
	if math.IsInf(set.Max, 0) {
		set.Max = orElse(last, mean)
	}
	if len(d.values) == 0 {
		return samples.Point{Set: &set}
	}
	return samples.Point{Values: d.values, Counts: d.counts, Set: &set}
}

func orElse(v, otherwise float64) float64 {
	if math.IsInf(v, 0) {
		return otherwise
	}
	return v
}

// summaryPoint is a summary as points of other kinds are.
type summaryPoint struct{ *metricspb.SummaryDataPoint }

// summary takes a summary, which is a total: its count and sum, and its outermost quantiles
// as the least and the greatest.
func (p *pointer) summary(s *metricspb.SummaryDataPoint) error {
	set := metric.Set{Count: float64(s.GetCount()), Sum: s.GetSum()}
	if set.Count > 0 {
		set.Min, set.Max = set.Sum/set.Count, set.Sum/set.Count
	}
	for i, q := range s.GetQuantileValues() {
		v := q.GetValue()
		if math.IsNaN(v) {
			continue
		}
		if i == 0 {
			set.Min, set.Max = v, v
		}
		set.Min, set.Max = min(set.Min, v), max(set.Max, v)
	}
	return p.take(summaryPoint{s}, true, samples.Point{Set: &set})
}

// Empty says whether Decode has found no point that may be kept.
func (m *Metrics) Empty() bool { return m.points.Taken == 0 }

// Encode says how many points were taken, and of those that were not why the first one.
func (m *Metrics) Encode(_ *wire.Operation, _ any, requestID string) (*wire.Response, error) {
	return m.accepted(requestID, partial{Points: m.rejected, Message: fmt.Sprint(m.why)})
}

// EncodeError says a failure, as that of logs is said.
func (m *Metrics) EncodeError(_ *wire.Model, f *wire.Failure) *wire.Response { return m.failed(f) }

// units are the units of UCUM that CloudWatch has too. What is counted, in curly brackets,
// is Count.
var units = map[string]string{
	"s": "Seconds", "us": "Microseconds", "ms": "Milliseconds", "By": "Bytes", "kBy": "Kilobytes", "MBy": "Megabytes", "GBy": "Gigabytes", "TBy": "Terabytes",
	"bit": "Bits", "kbit": "Kilobits", "Mbit": "Megabits", "Gbit": "Gigabits", "Tbit": "Terabits", "%": "Percent", "By/s": "Bytes/Second", "kBy/s": "Kilobytes/Second",
	"MBy/s": "Megabytes/Second", "GBy/s": "Gigabytes/Second", "TBy/s": "Terabytes/Second", "bit/s": "Bits/Second", "kbit/s": "Kilobits/Second",
	"Mbit/s": "Megabits/Second", "Gbit/s": "Gigabits/Second", "Tbit/s": "Terabits/Second", "1/s": "Count/Second",
}

func unitOf(unit string) string {
	if strings.HasPrefix(unit, "{") && strings.HasSuffix(unit, "}") {
		return "Count"
	}
	if strings.HasPrefix(unit, "{") && strings.HasSuffix(unit, "}/s") {
		return "Count/Second"
	}
	return units[unit]
}

var _ wire.Protocol = (*Metrics)(nil)
