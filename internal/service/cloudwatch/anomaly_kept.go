package cloudwatch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/anomaly"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// The states of a detector's training.
const (
	pendingTraining  = "PENDING_TRAINING"
	insufficientData = "TRAINED_INSUFFICIENT_DATA"
	trained          = "TRAINED"
)

// keptDetector is an anomaly detector as it is kept.
type keptDetector struct {
	ID              string
	Version         string // of its configuration
	Single          *cloudwatchapi.SingleMetricAnomalyDetector
	Math            *cloudwatchapi.MetricMathAnomalyDetector
	Configuration   *cloudwatchapi.AnomalyDetectorConfiguration
	Characteristics *cloudwatchapi.MetricCharacteristics
	State           string
}

// detectors are those of an account and region, by what they are for.
var detectors = resource.Kind[keptDetector]{Name: "cloudwatch/anomaly-detector", Missing: func(...string) error {
	return cloud.Errorf(cloud.NotFound, "ResourceNotFoundException", "The anomaly detector does not exist.") // ours
}}

// detectorName is the name under which the detector for something is kept.
func detectorName(subject string) string {
	sum := sha256.Sum256([]byte(subject))
	return hex.EncodeToString(sum[:])
}

// tuningOf is how the detector for something is to be tuned, and a text that changes when that does. Without
// a detector both are empty.
func (s *Service) tuningOf(ctx context.Context, scope cloud.Scope, subject string) (tuning anomaly.Tuning, version string, err error) {
	err = s.store.View(within(ctx, scope), func(r resource.Reader) error {
		kept, found, err := detectors.Find(r, detectorName(subject))
		if err == nil && found {
			tuning, version = kept.tuning(), kept.Version
		}
		return err
	})
	return tuning, version, err
}

// within returns a context whose call is in an account and region.
func within(ctx context.Context, scope cloud.Scope) context.Context {
	call := cloud.CallOf(ctx)
	call.Account, call.Region = scope.Account, scope.Region
	return cloud.WithCall(ctx, call)
}

// tuning is what the configuration of a detector says, which was checked.
func (k *keptDetector) tuning() (t anomaly.Tuning) {
	if k.Characteristics != nil {
		t.Spikes = resource.Value(k.Characteristics.PeriodicSpikes)
	}
	c := k.Configuration
	if c == nil {
		return t
	}
	for _, r := range c.ExcludedTimeRanges {
		t.Excluded = append(t.Excluded, anomaly.Range{Start: *r.StartTime, End: *r.EndTime})
	}
	if name := resource.Value(c.MetricTimezone); name != "" {
		t.Zone, _ = time.LoadLocation(name) // one that is known no more is UTC
	}
	t.Speed = map[string]anomaly.Speed{"FAST": anomaly.Fast, "SLOW": anomaly.Slow}[resource.Value(c.AdaptationSpeed)]
	t.Strength = map[string]anomaly.Strength{"MINIMAL": anomaly.Minimal, "STRICT": anomaly.Strict}[resource.Value(c.OutlierFilteringStrength)]
	return t
}

// EnsureDetector creates the anomaly detector for a statistic of a metric where there is none, as AWS
// does when an alarm is put that compares it with a band.
func (s *Service) EnsureDetector(ctx context.Context, of *cloudwatchapi.MetricStat) error {
	in := &cloudwatchapi.SingleMetricAnomalyDetector{Namespace: of.Metric.Namespace, MetricName: of.Metric.MetricName, Dimensions: of.Metric.Dimensions, Stat: of.Stat}
	d, err := detectorOf(ctx, in, nil)
	if err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx resource.Tx) error {
		_, found, err := detectors.Find(tx, d.name)
		if err != nil || found {
			return err
		}
		if err := affordDetector(tx); err != nil {
			return err
		}
		return detectors.Put(tx, d.new(), d.name)
	})
}

// meantDetector is the detector that a call is about.
type meantDetector struct {
	name   string
	single *cloudwatchapi.SingleMetricAnomalyDetector
	math   *cloudwatchapi.MetricMathAnomalyDetector
}

func (d *meantDetector) new() keptDetector {
	id := uuid.NewString()
	return keptDetector{ID: id, Version: id, Single: d.single, Math: d.math, State: pendingTraining}
}
