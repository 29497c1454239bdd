package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/otlp"
	"github.com/sillok/sillok/internal/wire/remotewrite"
)

// signal is a kind of telemetry, as AWS takes it of OpenTelemetry: at a path of a service's
// endpoint, as a call of one of the service's operations.
type signal struct {
	service   string // by its ID
	signing   string
	also      string // another name of a service that it may be signed for; empty for none
	operation string // by which the call is checked, decided and recorded; empty for a signal that is not taken
	method    string // of the service's handler, with the shapes of the operation
	protocol  func(contentType string) (speak wire.Protocol, ok bool)
	forms     string // of its requests, for those who send another one
}

// ofOpenTelemetry returns the protocol of requests in either form of OpenTelemetry.
func ofOpenTelemetry[P wire.Protocol](protocol func(otlp.Media) P) func(string) (wire.Protocol, bool) {
	return func(contentType string) (wire.Protocol, bool) {
		media, ok := otlp.MediaOf(contentType)
		return protocol(media), ok
	}
}

// ofRemoteWrite returns the protocol of requests of Prometheus' remote write.
func ofRemoteWrite(contentType string) (wire.Protocol, bool) {
	version, ok := remotewrite.VersionOf(contentType)
	return remotewrite.New(version), ok
}

// openTelemetryForms are the forms of OpenTelemetry's requests.
const openTelemetryForms = "application/x-protobuf nor application/json, in which OpenTelemetry is taken"

// remoteWrite is Prometheus' remote write, whose own client signs for Amazon's Prometheus.
var remoteWrite = signal{
	service: "cloudwatch", signing: "monitoring", also: "aps", operation: "PutMetricData", method: "PutTelemetry", protocol: ofRemoteWrite,
	forms: "application/x-protobuf nor that with proto=io.prometheus.write.v2.Request, in which remote write is taken",
}

// signals are the kinds of telemetry, by their paths.
var signals = map[string]signal{
	"/v1/logs": {
		service: "logs", signing: "logs", operation: "PutLogEvents", method: "PutOpenTelemetryLogs",
		protocol: ofOpenTelemetry(otlp.NewLogs), forms: openTelemetryForms,
	},
	"/v1/metrics": {
		service: "cloudwatch", signing: "monitoring", operation: "PutMetricData", method: "PutTelemetry",
		protocol: ofOpenTelemetry(otlp.NewMetrics), forms: openTelemetryForms,
	},
	"/v1/traces":           {service: "xray", signing: "xray", protocol: ofOpenTelemetry(otlp.NewLogs), forms: openTelemetryForms},
	"/api/v1/write":        remoteWrite,
	"/api/v1/remote_write": remoteWrite,
}

// signalOf returns the signal that a request is of. One that nobody signed is of a signal
// where it looks like one: its exporter is to read why it is refused.
func signalOf(q *question) (signal, bool) {
	s, known := signals[q.URL.Path]
	if !known || q.Method != http.MethodPost || q.at.bucket != "" {
		return s, false
	}
	_, fits := s.protocol(q.Header.Get("Content-Type"))
	return s, q.signing == s.signing || s.also != "" && q.signing == s.also || q.signing == "" && fits
}

// findSignal returns the route of a request of a signal.
func (r *router) findSignal(q *question, s signal) (route, error) {
	speak, ok := s.protocol(q.Header.Get("Content-Type"))
	found := route{model: r.nobody, protocol: spoken{api.OTLP, speak}}
	if s.operation == "" {
		return found, cloud.Errorf(cloud.Unsupported, "UnsupportedOperation", "Sillok does not take OpenTelemetry at %s yet, but at /v1/logs and /v1/metrics.", q.URL.Path)
	}
	found.model = r.byID[s.service]
	found.operation = found.model.Operation(s.operation)
	found.signal, found.also = s.method, s.also
	if !ok {
		return found, cloud.Errorf(cloud.Invalid, "InvalidParameterException", "The Content-Type is neither %s.", s.forms)
	}
	return found, nil
}

// bindSignals finds the methods of a handler that take telemetry.
func (b *binding) bindSignals(handler reflect.Value) error {
	var errs []error
	for _, s := range signals {
		op := b.model.Operation(s.operation)
		if s.service != b.model.ID || op == nil {
			continue
		}
		fn := handler.MethodByName(s.method)
		switch {
		case !fn.IsValid():
		case fn.Type() != typeOf(op.Operation):
			errs = append(errs, fmt.Errorf("gateway: %s.%s is a %s, want %s", handler.Type(), s.method, fn.Type(), typeOf(op.Operation)))
		default:
			b.signals[s.method] = caller(fn)
		}
	}
	return errors.Join(errs...)
}

// nothingSent says whether a request of telemetry has come without any, which its exporter
// may send, and the operation's model would refuse.
func (x *exchange) nothingSent() bool {
	e, ok := x.route.protocol.speak.(interface{ Empty() bool })
	return ok && e.Empty()
}
