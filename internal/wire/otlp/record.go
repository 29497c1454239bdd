package otlp

import (
	"encoding/base64"
	"encoding/hex"
	"math"
	"strconv"
	"strings"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"

	"github.com/sillok/sillok/internal/wire"
)

// An event is an object as AWS writes it: the resource and the scope, and then the
// record's own members, with attributes as members by their names. One that is larger than
// an event may be is not kept, and so not written to its end: see full.

// full says whether an event is too large already.
func full(b []byte) bool { return len(b) > maxEvent }

// beginning is as much of a text or of bytes as no event may have.
func beginning[T string | []byte](all T) T { return all[:min(len(all), maxEvent+1)] }

// appendScope appends the beginning of the events of a scope.
func appendScope(b []byte, resource *logspb.ResourceLogs, scope *logspb.ScopeLogs) []byte {
	b = append(b, `{"resource":{"attributes":`...)
	b = appendPairs(b, resource.GetResource().GetAttributes())
	b = appendText(b, "schemaUrl", resource.GetSchemaUrl())
	b = append(b, `},"scope":{"name":`...)
	of := scope.GetScope()
	b = wire.AppendJSONString(b, beginning(of.GetName()))
	b = appendText(b, "version", of.GetVersion())
	b = appendText(b, "schemaUrl", scope.GetSchemaUrl())
	if attributes := of.GetAttributes(); len(attributes) > 0 {
		b = append(b, `,"attributes":`...)
		b = appendPairs(b, attributes)
	}
	return append(b, '}')
}

// appendText appends a member that is a text; nothing for an empty one.
func appendText(b []byte, name, text string) []byte {
	if text == "" {
		return b
	}
	b = append(b, `,"`+name+`":`...)
	return wire.AppendJSONString(b, beginning(text))
}

// appendNumber appends a member that is a number.
func appendNumber(b []byte, name string, n uint64) []byte {
	b = append(b, `,"`+name+`":`...)
	return strconv.AppendUint(b, n, 10)
}

// appendRecord appends the members of a record and the end of its event.
func appendRecord(b []byte, r *logspb.LogRecord, fromJSON bool) []byte {
	b = appendNumber(b, "timeUnixNano", r.GetTimeUnixNano())
	b = appendNumber(b, "observedTimeUnixNano", r.GetObservedTimeUnixNano())
	b = append(b, `,"severityNumber":`...)
	b = strconv.AppendInt(b, int64(r.GetSeverityNumber()), 10)
	b = append(b, `,"severityText":`...)
	b = wire.AppendJSONString(b, beginning(r.GetSeverityText()))
	if body := r.GetBody(); body.GetValue() != nil {
		b = append(b, `,"body":`...)
		b = appendValue(b, body)
	}
	b = append(b, `,"attributes":`...)
	b = appendPairs(b, r.GetAttributes())
	if n := r.GetDroppedAttributesCount(); n > 0 {
		b = appendNumber(b, "droppedAttributesCount", uint64(n))
	}
	b = appendText(b, "eventName", r.GetEventName())
	b = appendNumber(b, "flags", uint64(r.GetFlags()))
	for _, id := range []struct {
		name  string
		value []byte
	}{{"traceId", r.GetTraceId()}, {"spanId", r.GetSpanId()}} {
		b = appendText(b, id.name, idText(id.value, fromJSON))
	}
	return append(b, '}')
}

// idText returns an ID in hexadecimal digits. In OpenTelemetry's JSON it is written so, and
// was read as other bytes are, as base64: that read backwards is what was written. One that
// is none is told as it came.
func idText(read []byte, fromJSON bool) string {
	if !fromJSON {
		return hex.EncodeToString(read)
	}
	return strings.ToLower(base64.RawStdEncoding.EncodeToString(read))
}

// appendPairs appends attributes as an object.
func appendPairs(b []byte, pairs []*commonpb.KeyValue) []byte {
	b = append(b, '{')
	for i, pair := range pairs {
		if full(b) {
			break
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = wire.AppendJSONString(b, beginning(pair.GetKey()))
		b = append(b, ':')
		b = appendValue(b, pair.GetValue())
	}
	return append(b, '}')
}

// appendValue appends a value; null for none.
func appendValue(b []byte, v *commonpb.AnyValue) []byte {
	switch value := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return wire.AppendJSONString(b, beginning(value.StringValue))
	case *commonpb.AnyValue_BoolValue:
		return strconv.AppendBool(b, value.BoolValue)
	case *commonpb.AnyValue_IntValue:
		return strconv.AppendInt(b, value.IntValue, 10)
	case *commonpb.AnyValue_DoubleValue:
		return appendDouble(b, value.DoubleValue)
	case *commonpb.AnyValue_BytesValue:
		b = append(b, '"')
		b = base64.StdEncoding.AppendEncode(b, beginning(value.BytesValue))
		return append(b, '"')
	case *commonpb.AnyValue_ArrayValue:
		b = append(b, '[')
		for i, element := range value.ArrayValue.GetValues() {
			if full(b) {
				break
			}
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, element)
		}
		return append(b, ']')
	case *commonpb.AnyValue_KvlistValue:
		return appendPairs(b, value.KvlistValue.GetValues())
	}
	return append(b, "null"...)
}

// appendDouble appends a number, and as a text one that JSON does not have.
func appendDouble(b []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return wire.AppendJSONString(b, strconv.FormatFloat(f, 'g', -1, 64))
	}
	return wire.AppendFloat(b, f, 64)
}
