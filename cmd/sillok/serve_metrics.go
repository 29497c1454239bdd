package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/sillok/sillok/internal/app"
)

// metricsOptions are the flags of serve for metrics, and the keys of its configuration file.
type metricsOptions struct {
	DeliveryStreams string `yaml:"delivery_streams"`
}

func (o *metricsOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.DeliveryStreams, "delivery-streams", "", "`FILE` in YAML that names a bucket or an HTTP endpoint for each delivery stream to which metric streams send, by its ARN")
}

// set are what takes a flag over what the file says, by the flag's name.
func (o *metricsOptions) set(flags metricsOptions) map[string]func() {
	return map[string]func(){
		"delivery-streams": func() { o.DeliveryStreams = flags.DeliveryStreams },
	}
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
