// Package otlp speaks OpenTelemetry's protocol over HTTP, in which exporters send to the
// endpoints that AWS has for it: protobuf or JSON come in, and what is answered is
// OpenTelemetry's own, with the statuses by which its exporters repeat a request or do not.
//
// Each signal is a wire.Protocol of the operation by which AWS takes it: [Logs] makes of a
// request the input of PutLogEvents. So validation, authorization and the journal see the
// call that it is, and a signal that is added brings its own conversion and shares the rest:
// [Media] reads within bounds and says how a call ended.
package otlp
