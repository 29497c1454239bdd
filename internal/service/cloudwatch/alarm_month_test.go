package cloudwatch_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash/fnv"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/series"
	"github.com/sillok/sillok/internal/store/series/summary"
)

// made are data of metrics that follow from their names and times alone: an hour a day, or
// so, in which values breach, one in which some do, and one without data.
func made(_ context.Context, _ cloud.Scope, queries []series.Query) ([][]series.Line, error) {
	out := make([][]series.Line, len(queries))
	for i := range queries {
		q := &queries[i]
		h := fnv.New64a()
		_, _ = h.Write([]byte(q.Name))
		seed := h.Sum64()
		line := series.Line{Unit: "None", Points: make([]series.Point, 0, 8)}
		for at := q.From; at.Before(q.To); at = at.Add(q.Period) {
			hour := mixed(seed + uint64(at.Unix()/3600))
			if hour%24 == 0 {
				continue
			}
			value := float64(mixed(seed^uint64(at.Unix()/60)) % 50)
			switch {
			case hour%24 == 1:
				value += 51
			case hour%240 == 2:
				value += 40
			}
			line.Points = append(line.Points, series.Point{Time: at, Summary: summary.Of(value, 1)})
		}
		if len(line.Points) > 0 {
			out[i] = []series.Line{line}
		}
	}
	return out, nil
}

func mixed(n uint64) uint64 {
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

// month evaluates alarms for a time as their clock does, and returns a hash of all that
// their histories say, and how many items they have.
func month(tb testing.TB, count int, length time.Duration) (sum string, items int) {
	tb.Helper()
	a := openAlarms(tb)
	a.SetPoints(made)
	treat := []string{"missing", "breaching", "notBreaching", "ignore"}
	for i := range count {
		a.do("PutMetricAlarm", fmt.Sprintf(`{"AlarmName":"alarm-%04d","Namespace":"ns","MetricName":"m%d","Statistic":"Average","Period":60,"EvaluationPeriods":%d,`+
			`"DatapointsToAlarm":%d,"Threshold":50,"ComparisonOperator":"GreaterThanThreshold","TreatMissingData":%q%s}`, i, i*4/5, 1+i%3, 1+i%2*(i%3)/2, treat[i%4], topic))
	}
	a.do("PutCompositeAlarm", `{"AlarmName":"pair","AlarmRule":"ALARM(\"alarm-0001\") AND NOT OK(\"alarm-0002\")"}`)
	a.carried.facts, a.carried.deliveries = nil, nil
	begin := time.Now().UTC().Truncate(time.Hour).Add(2 * time.Hour)
	// The wheel is asked each second; what it answers is the same each minute, and is
	// evaluated at the instants of the first.
	h := sha256.New()
	for at := time.Duration(0); at < length; at += time.Minute {
		now := begin.Add(at)
		a.EvaluateAll(a.ctx, now)
		for _, f := range a.carried.facts {
			items++
			fmt.Fprintf(h, "%s %s %s\n", f.Subject, f.Time.Sub(begin), stamps.ReplaceAll(f.Data, nil)[60:])
		}
		for _, d := range a.carried.deliveries {
			fmt.Fprintf(h, "%s %s\n", d.Source, d.Target)
		}
		a.carried.facts, a.carried.deliveries = nil, nil
	}
	return fmt.Sprintf("%x", h.Sum(nil)), items
}

// The same time gives the same history.
func TestTheSameDaysTwice(t *testing.T) {
	first, items := month(t, 300, day)
	second, _ := month(t, 300, day)
	if first != second || items < 500 {
		t.Errorf("%d items once, and another history the second time: %s, %s", items, first, second)
	}
}

const day = 24 * time.Hour

// A month of 1,000 alarms, twice, with the same history.
func BenchmarkMonth(b *testing.B) {
	for b.Loop() {
		sum, items := month(b, 1000, 30*day)
		b.ReportMetric(float64(items), "changes")
		b.Log(sum)
	}
}

// All of 50,000 alarms, each on a metric of its own, on one core.
func BenchmarkFiftyThousandAlarms(b *testing.B) {
	const count = 50_000
	for _, period := range []int{60, 10} {
		b.Run(fmt.Sprintf("%ds", period), func(b *testing.B) {
			a := openAlarms(b)
			now := time.Now().UTC().Truncate(time.Minute)
			var data []metric.Datum
			for i := range count {
				for ago := range 6 {
					data = append(data, metric.Datum{
						Name: "cpu", Dimensions: []metric.Dimension{{Name: "InstanceId", Value: fmt.Sprintf("i-%08x", i)}},
						Time: now.Add(-time.Duration((ago+1)*period) * time.Second), Values: []float64{float64(i % 50)}, Second: period < 60,
					})
				}
				if len(data) >= 1000 || i == count-1 {
					if err := a.Put(a.ctx, cloud.CallOf(a.ctx).Scope(), "ns", data); err != nil {
						b.Fatal(err)
					}
					data = data[:0]
				}
			}
			var group errgroup.Group
			group.SetLimit(64)
			for i := range count {
				group.Go(func() error {
					_, err := servicetest.Do(a.ctx, b, a.Service, "PutMetricAlarm", fmt.Sprintf(`{"AlarmName":"alarm-%d","Namespace":"ns","MetricName":"cpu","Statistic":"Average",`+
						`"Dimensions":[{"Name":"InstanceId","Value":"i-%08x"}],"Period":%d,"EvaluationPeriods":3,"Threshold":50,"ComparisonOperator":"GreaterThanThreshold"}`, i, i, period))
					return err
				})
			}
			if err := group.Wait(); err != nil {
				b.Fatal(err)
			}
			began := time.Now()
			a.EvaluateAll(a.ctx, now) // each comes into OK
			b.Logf("all change their state in %s", time.Since(began))
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			for b.Loop() {
				a.EvaluateAll(a.ctx, now)
			}
			b.ReportMetric(count*float64(b.N)/b.Elapsed().Seconds(), "alarms/s")
		})
	}
}
