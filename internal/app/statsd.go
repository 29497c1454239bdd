package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/metrics/statsd"
)

// StatsDConfig is where metrics of StatsD are taken, and what becomes of them.
type StatsDConfig struct {
	Listen    string        // an address of UDP, such as "127.0.0.1:8125"; empty for no StatsD
	From      []string      // networks that may send, such as "10.0.0.0/8"; none for the machine itself
	Namespace string        // of the metrics
	Region    string        // in which they are
	Role      string        // ARN of the role that puts them; empty for the root user
	Every     time.Duration // between two flushes
}

// What is so where nothing else is said: the agent's own.
const (
	DefaultStatsDNamespace = "CWAgent"
	DefaultStatsDEvery     = time.Minute
)

// validateStatsD reports the problems of the settings of StatsD.
func (c Config) validateStatsD() (errs []error) {
	s := c.StatsD
	if s.Listen == "" {
		return nil
	}
	if _, _, err := net.SplitHostPort(s.Listen); err != nil {
		errs = append(errs, fmt.Errorf("statsd: %q is not HOST:PORT, such as 127.0.0.1:8125", s.Listen))
	}
	if _, err := networks("statsd from", s.From); err != nil {
		errs = append(errs, err)
	}
	if s.Namespace == "" || len(s.Namespace) > 255 || len(s.Namespace) >= 4 && s.Namespace[:4] == "AWS/" {
		errs = append(errs, fmt.Errorf("statsd namespace: %q is not 1 to 255 bytes, or is AWS's own", s.Namespace))
	}
	if s.Every < time.Second || s.Every%time.Second != 0 || s.Every < time.Minute && time.Minute%s.Every != 0 || s.Every > time.Minute && (s.Every%time.Minute != 0 || s.Every > time.Hour) {
		errs = append(errs, fmt.Errorf("statsd flush: %s is not seconds that divide a minute, or whole minutes up to an hour", s.Every))
	}
	if s.Role != "" {
		if arn, err := cloud.ParseARN(s.Role); err != nil || arn.Service != "iam" || arn.Account == "" {
			errs = append(errs, fmt.Errorf("statsd role: %q is not the ARN of a role", s.Role))
		}
	}
	return errs
}

// openStatsD opens the port for StatsD.
func (a *App) openStatsD(ctx context.Context) error {
	if a.cfg.StatsD.Listen == "" {
		return nil
	}
	from, err := networks("statsd from", a.cfg.StatsD.From)
	if err != nil {
		return err
	}
	w := statsdWriter{a}
	a.statsd, err = statsd.Open(ctx, statsd.Config{
		Log: a.log, Listen: a.cfg.StatsD.Listen, From: []netip.Prefix(from), Every: a.cfg.StatsD.Every, Put: w.put,
	})
	return err
}

// statsdWriter puts what comes over StatsD: as the root user of the server's account, or in
// a role that trusts monitoring.amazonaws.com.
type statsdWriter struct{ app *App }

const (
	statsdPrincipal = "monitoring.amazonaws.com"
	statsdSession   = "StatsD"
)

func (w statsdWriter) put(ctx context.Context, data []metric.Datum) error {
	cfg := w.app.cfg.StatsD
	call := cloud.Call{Account: w.app.root.Account, Region: cloud.Region(cfg.Region)}
	door := w.app.gateway.Inside(cloud.RootOf(call.Account))
	if cfg.Role == "" {
		ctx = cloud.WithCall(ctx, call)
	} else {
		arn, err := cloud.ParseARN(cfg.Role)
		if err != nil {
			return err
		}
		call.Account = arn.Account
		if ctx, err = w.app.inRole(ctx, statsdPrincipal, call, cfg.Role, statsdSession); err != nil {
			return err
		}
		door = w.app.inside(statsdPrincipal)
	}
	in := &cloudwatchapi.PutMetricDataInput{Namespace: &cfg.Namespace}
	for i := range data {
		in.MetricData = append(in.MetricData, datumOf(&data[i]))
	}
	_, err := cloudwatchapi.Client{Door: door}.PutMetricData(ctx, in)
	if half := len(data) / 2; err != nil && cloud.KindOf(err) == cloud.Invalid && half > 0 {
		return errors.Join(w.put(ctx, data[:half]), w.put(ctx, data[half:])) // one bad datum refuses all
	}
	if err != nil && cloud.KindOf(err) == cloud.Invalid {
		w.app.log.Error("a metric of statsd is not taken", "metric", data[0].Name, "error", err)
		return nil // as they would never be
	}
	return err
}

// datumOf is a datum as PutMetricData takes it.
func datumOf(d *metric.Datum) cloudwatchapi.MetricDatum {
	out := cloudwatchapi.MetricDatum{MetricName: &d.Name, Timestamp: &d.Time, Values: d.Values, Counts: d.Counts}
	if d.Unit != "" {
		out.Unit = &d.Unit
	}
	if d.Second {
		out.StorageResolution = new(int32(1))
	}
	if set := d.Set; set != nil {
		out.StatisticValues = &cloudwatchapi.StatisticSet{SampleCount: &set.Count, Sum: &set.Sum, Minimum: &set.Min, Maximum: &set.Max}
	}
	for i := range d.Dimensions {
		out.Dimensions = append(out.Dimensions, cloudwatchapi.Dimension{Name: &d.Dimensions[i].Name, Value: &d.Dimensions[i].Value})
	}
	return out
}

// closeStatsD closes the port.
func (a *App) closeStatsD() error {
	if a.statsd == nil {
		return nil
	}
	return a.statsd.Close()
}
