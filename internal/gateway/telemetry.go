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
)

// signal is a kind of telemetry of OpenTelemetry, as AWS takes it: at a path of a service's
// endpoint, as a call of one of the service's operations.
type signal struct {
	service   string // by its ID
	signing   string
	operation string // by which the call is checked, decided and recorded; empty for a signal that is not taken
	method    string // of the service's handler, with the shapes of the operation
	protocol  func(otlp.Media) wire.Protocol
}

// signals are the kinds of telemetry, by their paths.
var signals = map[string]signal{
	"/v1/logs": {
		service: "logs", signing: "logs", operation: "PutLogEvents", method: "PutOpenTelemetryLogs",
		protocol: func(m otlp.Media) wire.Protocol { return otlp.NewLogs(m) },
	},
	"/v1/metrics": {service: "cloudwatch", signing: "monitoring"},
	"/v1/traces":  {service: "xray", signing: "xray"},
}

// signalOf returns the signal that a request is of. One that nobody signed is of a signal
// where it looks like one: its exporter is to read why it is refused.
func signalOf(q *question) (signal, bool) {
	s, known := signals[q.URL.Path]
	if !known || q.Method != http.MethodPost || q.at.bucket != "" {
		return s, false
	}
	_, media := otlp.MediaOf(q.Header.Get("Content-Type"))
	return s, q.signing == s.signing || q.signing == "" && media
}

// findSignal returns the route of a request of a signal.
func (r *router) findSignal(q *question, s signal) (route, error) {
	media, ok := otlp.MediaOf(q.Header.Get("Content-Type"))
	found := route{model: r.nobody, protocol: spoken{api.OTLP, otlp.NewLogs(media)}}
	if s.operation == "" {
		return found, cloud.Errorf(cloud.Unsupported, "UnsupportedOperation", "Sillok does not take OpenTelemetry at %s yet, but at /v1/logs.", q.URL.Path)
	}
	found.model = r.byID[s.service]
	found.operation = found.model.Operation(s.operation)
	found.protocol.speak = s.protocol(media)
	found.signal = s.method
	if !ok {
		return found, cloud.Errorf(cloud.Invalid, "InvalidParameterException",
			"The Content-Type is neither application/x-protobuf nor application/json, in which OpenTelemetry is taken.")
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
