// Package remotewrite speaks Prometheus' remote write, versions 1 and 2: series with their
// samples come in, and each request is one call of PutMetricData.
//
// Both are small messages of protobuf, which are read here as they lie, within bounds: a
// label is a dimension, the name of a series its metric. Counters and histograms come as the
// totals that they are; see package samples. A sample that is not a number is left out, and
// so is the one that says that a series is no more: both are usual, and counted.
package remotewrite

import (
	"cmp"
	"fmt"
	"math"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/samples"
)

// defaultNamespace is that of metrics for which the header names none.
const defaultNamespace = "Prometheus"

// Version is a version of remote write.
type Version int

// The versions.
const (
	V1 Version = 1
	V2 Version = 2
)

// VersionOf returns the version that a header Content-Type names, and false for any other
// form.
func VersionOf(contentType string) (Version, bool) {
	kind, of, _ := mime.ParseMediaType(contentType)
	if kind != "application/x-protobuf" {
		return V1, false
	}
	switch of["proto"] {
	case "", "prometheus.WriteRequest":
		return V1, true
	case "io.prometheus.write.v2.Request":
		return V2, true
	}
	return V1, false
}

// Protocol is remote write of one request.
type Protocol struct {
	version   Version
	namespace string
	points    samples.Builder
	left      int // of labels, samples and other parts that a request may have

	samples, histograms int // that were taken
	nothing             int // samples that are no numbers, or say that a series is no more
	rejected            int
	why                 string // the first reason
}

// New returns the protocol of a request in a version.
func New(v Version) *Protocol { return &Protocol{version: v, left: wire.MaxNodes} }

// series is a series as both versions tell it.
type series struct {
	labels    []metric.Dimension
	kind      uint64 // of Metadata, which only version 2 has
	unit      string
	started   int64 // milliseconds since 1970, where that is told
	samples   []sample
	histogram []histogram
}

// sample is a value at a time in milliseconds since 1970.
type sample struct {
	value   float64
	at      int64
	started int64
}

// The kinds of metrics of version 2's metadata.
const (
	kindUnknown   = 0
	kindCounter   = 1
	kindGauge     = 2
	kindHistogram = 3
	kindSummary   = 5
)

// errBroken refuses a request that cannot be read to its end.
var errBroken = cloud.Errorf(cloud.Invalid, "InvalidParameterValueException", "The body is not a request of Prometheus' remote write.")

func errMany() error {
	return cloud.Errorf(cloud.Invalid, "InvalidParameterValueException", "The request has more than %d samples, or %d labels and other parts.", samples.MostPoints, wire.MaxNodes)
}

// Decode fills a *cloudwatchapi.PutMetricDataInput with what a request's samples become.
func (p *Protocol) Decode(_ *wire.Operation, r *wire.Request, in any) error {
	input, ok := in.(*cloudwatchapi.PutMetricDataInput)
	if !ok {
		return errBroken
	}
	p.namespace = cmp.Or(r.HTTP.Header.Get(samples.Header), defaultNamespace)
	read := p.readV1
	if p.version == V2 {
		read = p.readV2
	}
	if err := read(r.Body); err != nil {
		return err
	}
	p.points.Fill(input, p.namespace)
	return nil
}

// take counts a part of the request.
func (p *Protocol) take() error {
	if p.left--; p.left < 0 {
		return errMany()
	}
	return nil
}

// fields calls yield with each field of a message: its number, its bytes or its number.
func fields(b []byte, yield func(number int, kind protowire.Type, value uint64, bytes []byte) error) error {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return errBroken
		}
		b = b[n:]
		var value uint64
		var bytes []byte
		switch kind {
		case protowire.VarintType:
			value, n = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			value, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			bytes, n = protowire.ConsumeBytes(b)
		case protowire.Fixed32Type, protowire.StartGroupType, protowire.EndGroupType:
			n = protowire.ConsumeFieldValue(number, kind, b)
		default:
			return errBroken
		}
		if n < 0 {
			return errBroken
		}
		b = b[n:]
		if err := yield(int(number), kind, value, bytes); err != nil {
			return err
		}
	}
	return nil
}

// add adds what a series has.
func (p *Protocol) add(s *series) error {
	point := samples.Point{Unit: unitOf(s.unit)}
	for _, l := range s.labels {
		if l.Name == "__name__" {
			point.Name = l.Value
			continue
		}
		point.Dimensions = append(point.Dimensions, metric.Dimension{Name: l.Name, Value: strings.ToValidUTF8(l.Value, "\uFFFD")})
	}
	total := s.counts(point.Name)
	for _, one := range s.samples {
		if p.points.Taken+p.rejected+p.nothing >= samples.MostPoints {
			return errMany()
		}
		if math.IsNaN(one.value) {
			p.nothing++
			continue
		}
		at := point
		at.Time, at.Values = time.UnixMilli(one.at), []float64{one.value}
		if p.put(total, cmp.Or(one.started, s.started), &at) {
			p.samples++
		}
	}
	for i := range s.histogram {
		h := &s.histogram[i]
		if p.points.Taken+p.rejected+p.nothing >= samples.MostPoints {
			return errMany()
		}
		at := point
		if !h.point(&at) {
			p.nothing++
			continue
		}
		if p.put(!h.gauge, cmp.Or(h.started, s.started), &at) {
			p.histograms++
		}
	}
	return nil
}

// put adds a point, and says whether it is taken.
func (p *Protocol) put(total bool, started int64, point *samples.Point) bool {
	g := samples.Group{Namespace: p.namespace, Total: total}
	if total && started > 0 {
		g.Since = uint64(started) * uint64(time.Millisecond)
	}
	if err := p.points.Add(g, point); err != nil {
		if p.rejected++; p.why == "" {
			p.why = err.Error()
		}
		return false
	}
	return true
}

// counts says whether the samples of a series are totals. Version 2 tells it, but for the
// parts of summaries, and so does the name: version 1 has no more than that.
func (s *series) counts(name string) bool {
	parts := strings.HasSuffix(name, "_count") || strings.HasSuffix(name, "_sum") || strings.HasSuffix(name, "_bucket")
	switch s.kind {
	case kindCounter, kindHistogram:
		return true
	case kindSummary:
		return parts
	case kindUnknown:
		return parts || strings.HasSuffix(name, "_total")
	}
	return false
}

// unitOf returns CloudWatch's unit for one of Prometheus' base units.
func unitOf(unit string) string {
	return map[string]string{"seconds": "Seconds", "bytes": "Bytes", "percent": "Percent"}[unit]
}

// Empty says whether Decode has found no sample that may be kept.
func (p *Protocol) Empty() bool { return p.points.Taken == 0 }

// Encode says how many samples were taken. One that was not because of what it says makes
// the answer 400, so that it is not repeated and its sender tells why; the others are kept.
func (p *Protocol) Encode(_ *wire.Operation, _ any, requestID string) (*wire.Response, error) {
	status, text := http.StatusNoContent, ""
	if p.rejected > 0 {
		status, text = http.StatusBadRequest, fmt.Sprintf("%d samples are not taken, all others are: %s\n", p.rejected, p.why)
	}
	return p.answer(status, requestID, text), nil
}

func (p *Protocol) answer(status int, requestID, text string) *wire.Response {
	resp := wire.NewResponse(status, "text/plain; charset=utf-8", requestID, []byte(text))
	for name, n := range map[string]int{"Samples": p.samples, "Histograms": p.histograms, "Exemplars": 0} {
		resp.Header.Set("X-Prometheus-Remote-Write-"+name+"-Written", strconv.Itoa(n))
	}
	return resp
}

// EncodeError says a failure, of which those of throttling and of a server that cannot take
// samples now are repeated.
func (p *Protocol) EncodeError(_ *wire.Model, f *wire.Failure) *wire.Response {
	p.samples, p.histograms = 0, 0
	resp := p.answer(f.Status, f.RequestID, f.Name+": "+f.Message+"\n")
	if f.Status == http.StatusTooManyRequests || f.Status == http.StatusServiceUnavailable {
		resp.Header.Set("Retry-After", "1")
	}
	return resp
}

var _ wire.Protocol = (*Protocol)(nil)
