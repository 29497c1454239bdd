package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/sillok/sillok/internal/app"
)

// metricsOptions are the flags of serve for metrics, and the keys of its configuration file.
type metricsOptions struct {
	DeliveryStreams string        `yaml:"delivery_streams"`
	Listen          string        `yaml:"statsd"`
	From            []string      `yaml:"statsd_from"`
	Namespace       string        `yaml:"statsd_namespace"`
	Region          string        `yaml:"statsd_region"`
	Role            string        `yaml:"statsd_role"`
	Every           time.Duration `yaml:"statsd_flush"`
}

// defaultMetrics are the settings that nobody made.
func defaultMetrics() metricsOptions {
	return metricsOptions{Namespace: app.DefaultStatsDNamespace, Region: app.DefaultSyslogRegion, Every: app.DefaultStatsDEvery}
}

func (o *metricsOptions) flags(f *pflag.FlagSet) {
	unset := defaultMetrics()
	f.StringVar(&o.Listen, "statsd", "", "`HOST:PORT` of UDP at which to take metrics of StatsD, such as 127.0.0.1:8125")
	f.StringSliceVar(&o.From, "statsd-from", nil, "`CIDR` of who may send them, instead of this machine alone; may be repeated")
	f.StringVar(&o.Namespace, "statsd-namespace", unset.Namespace, "`NAME` of the namespace that they are put into")
	f.StringVar(&o.Region, "statsd-region", unset.Region, "`REGION` in which they are")
	f.StringVar(&o.Role, "statsd-role", "", "`ARN` of the role in which they are put, which trusts monitoring.amazonaws.com, instead of the root user")
	f.DurationVar(&o.Every, "statsd-flush", unset.Every, "`TIME` for which they are added up, such as 10s")
	f.StringVar(&o.DeliveryStreams, "delivery-streams", "", "`FILE` in YAML that names a bucket or an HTTP endpoint for each delivery stream to which metric streams send, by its ARN")
}

// set are what takes a flag over what the file says, by the flag's name.
func (o *metricsOptions) set(flags metricsOptions) map[string]func() {
	return map[string]func(){
		"delivery-streams": func() { o.DeliveryStreams = flags.DeliveryStreams },
		"statsd":           func() { o.Listen = flags.Listen },
		"statsd-from":      func() { o.From = flags.From },
		"statsd-namespace": func() { o.Namespace = flags.Namespace },
		"statsd-region":    func() { o.Region = flags.Region },
		"statsd-role":      func() { o.Role = flags.Role },
		"statsd-flush":     func() { o.Every = flags.Every },
	}
}

func (o *metricsOptions) statsd() app.StatsDConfig {
	return app.StatsDConfig{Listen: o.Listen, From: o.From, Namespace: o.Namespace, Region: o.Region, Role: o.Role, Every: o.Every}
}

// streams reads the file of delivery streams.
func (o *metricsOptions) streams() (map[string]app.DeliveryStream, error) {
	if o.DeliveryStreams == "" {
		return nil, nil
	}
	text, err := os.ReadFile(o.DeliveryStreams)
	if err != nil {
		return nil, fmt.Errorf("delivery-streams: %w", err)
	}
	var streams map[string]app.DeliveryStream
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&streams); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("delivery-streams: %s: %s", o.DeliveryStreams, inOurWords(err.Error()))
	}
	return streams, nil
}
