package eventstream

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"strings"
	"time"

	codec "github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream/eventstreamapi"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
)

// maxErrorMessage bounds the text of an error, which stands in a header.
const maxErrorMessage = 8 << 10

// Form is how a protocol says what is in a message.
type Form struct {
	Protocol    api.Protocol
	ContentType string // of a document in a message
	Document    func(t *wire.Type, v reflect.Value) ([]byte, error)
	// Initial is the content type of the message that goes before all events
	// and holds the other members of the output. It is empty for protocols
	// that have these in headers.
	Initial string
}

// Respond makes resp the answer that is the events of out, a struct with an
// event stream of op.
//
// An event is the one field that is set in what the service's sequence yields.
// An error ends the stream: as an exception where the event's type has a member
// for its code, and else as an error message, which for one that is not the
// caller's to see tells the request ID alone.
func Respond(resp *wire.Response, op *wire.Operation, out reflect.Value, form Form, requestID string) {
	if resp.Header.Get("Content-Type") == "" {
		resp.Header.Set("Content-Type", ContentType)
	}
	field := op.Events()
	e := &encoder{op: op, form: form, requestID: requestID, union: op.EventType(field)}
	resp.Events = e.messages(out, out.Field(field.Index))
}

// encoder says the events of one answer.
type encoder struct {
	op        *wire.Operation
	form      Form
	requestID string
	union     *wire.Type // of the events
}

// messages returns the messages of events, which is nil or an iter.Seq2.
func (e *encoder) messages(out, events reflect.Value) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if e.form.Initial != "" && !e.send(yield, func() (Message, error) { return e.initial(out) }) {
			return
		}
		if events.IsNil() {
			return
		}
		for event, err := range events.Seq2() {
			next := func() (Message, error) { return e.event(event) }
			if cause, ok := reflect.TypeAssert[error](err); ok {
				next = func() (Message, error) { return Message{}, cause }
			}
			if !e.send(yield, next) {
				return
			}
		}
	}
}

// send yields the message that next makes, or one that tells of its error. It
// reports false when that was the last one.
func (e *encoder) send(yield func([]byte, error) bool, next func() (Message, error)) bool {
	message, err := next()
	var b []byte
	if err == nil {
		b, err = Append(nil, message)
	}
	if err == nil {
		return yield(b, nil)
	}
	b, failed := Append(nil, e.failure(err))
	yield(b, errors.Join(err, failed))
	return false
}

// initial returns the message that goes before all events.
func (e *encoder) initial(out reflect.Value) (Message, error) {
	payload, err := e.form.Document(e.op.Output(), out)
	m := message(eventstreamapi.EventMessageType, eventstreamapi.EventTypeHeader, "initial-response")
	e.setPayload(&m, e.form.Initial, payload)
	return m, err
}

// event returns the message of an event.
func (e *encoder) event(union reflect.Value) (Message, error) {
	var chosen *wire.Field
	var value reflect.Value
	for i := range e.union.Fields {
		v, ok := e.union.Fields[i].Get(union)
		if !ok {
			continue
		}
		if chosen != nil {
			return Message{}, fmt.Errorf("an event of %s is both %s and %s", e.op.Name, chosen.Member, e.union.Fields[i].Member)
		}
		chosen, value = &e.union.Fields[i], v
	}
	if chosen == nil {
		return Message{}, fmt.Errorf("an event of %s has no member", e.op.Name)
	}
	m := message(eventstreamapi.EventMessageType, eventstreamapi.EventTypeHeader, chosen.Member)
	if err := e.fill(&m, chosen.Type, value); err != nil {
		return Message{}, fmt.Errorf("event %s: %w", chosen.Member, err)
	}
	return m, nil
}

// fill says the members of an event: those that are headers, and the rest as the
// payload.
func (e *encoder) fill(m *Message, t *wire.Type, v reflect.Value) error {
	document := false
	for i := range t.Fields {
		f := &t.Fields[i]
		fv, ok := f.Get(v)
		switch {
		case f.Location != wire.InHeader:
			document = true
		case ok:
			value, err := headerValue(f.Type, fv)
			if err != nil {
				return fmt.Errorf("%s: %w", f.Member, err)
			}
			m.Headers.Set(f.LocationName, value)
		}
	}
	payload := t.Payload()
	if payload == nil {
		if !document {
			return nil
		}
		text, err := e.form.Document(t, v)
		e.setPayload(m, e.form.ContentType, text)
		return err
	}
	pv, ok := payload.Get(v)
	if !ok {
		return nil
	}
	switch payload.Type.Kind {
	case wire.Blob:
		e.setPayload(m, "application/octet-stream", pv.Bytes())
	case wire.String:
		e.setPayload(m, "text/plain", []byte(pv.String()))
	default:
		text, err := e.form.Document(payload.Type, pv)
		e.setPayload(m, e.form.ContentType, text)
		return err
	}
	return nil
}

func (e *encoder) setPayload(m *Message, contentType string, payload []byte) {
	m.Headers.Set(eventstreamapi.ContentTypeHeader, codec.StringValue(contentType))
	m.Payload = payload
}

// failure returns the message that tells of an error.
func (e *encoder) failure(err error) Message {
	shown, ok := errors.AsType[*cloud.Error](err)
	if !ok || shown.Kind == cloud.Internal {
		shown = e.op.Fault(e.requestID)
	}
	for i := range e.union.Fields {
		f := &e.union.Fields[i]
		if f.Member == shown.Code || f.Type.Go.Name() == shown.Code {
			return e.exception(f, shown)
		}
	}
	f := e.op.Model.Fail(shown, e.form.Protocol, e.requestID)
	code := f.Name
	if e.form.Protocol == api.RESTXML {
		code = f.Code
	}
	m := message(eventstreamapi.ErrorMessageType, eventstreamapi.ErrorCodeHeader, code)
	text := f.Message[:min(len(f.Message), maxErrorMessage)]
	m.Headers.Set(eventstreamapi.ErrorMessageHeader, codec.StringValue(strings.ToValidUTF8(text, "")))
	return m
}

// exception returns the message of an error that the event's type has a member
// for.
func (e *encoder) exception(member *wire.Field, shown *cloud.Error) Message {
	m := message(eventstreamapi.ExceptionMessageType, eventstreamapi.ExceptionTypeHeader, member.Member)
	fields := maps.Clone(shown.Fields)
	if fields == nil {
		fields = map[string]any{}
	}
	for i := range member.Type.Fields {
		if name := member.Type.Fields[i].Member; strings.EqualFold(name, "message") {
			fields[name] = shown.Message
		}
	}
	v := reflect.New(member.Type.Go).Elem()
	err := wire.Assign(member.Type, fields, v)
	if err == nil {
		err = e.fill(&m, member.Type, v)
	}
	if err != nil { // its type says what happened, and fields that do not fit are no reason to lose that
		m.Payload = nil
	}
	return m
}

// message returns a message of a type, with one header that says more.
func message(kind, name, value string) Message {
	var m Message
	m.Headers.Set(eventstreamapi.MessageTypeHeader, codec.StringValue(kind))
	m.Headers.Set(name, codec.StringValue(value))
	return m
}

// headerValue returns a scalar as a header has it.
func headerValue(t *wire.Type, v reflect.Value) (codec.Value, error) {
	switch t.Kind { //nolint:exhaustive // no other kind may be a header
	case wire.Boolean:
		return codec.BoolValue(v.Bool()), nil
	case wire.Integer:
		if v.Kind() == reflect.Int32 {
			return codec.Int32Value(int32(v.Int())), nil //nolint:gosec // it is one
		}
		return codec.Int64Value(v.Int()), nil
	case wire.String:
		return codec.StringValue(v.String()), nil
	case wire.Blob:
		return codec.BytesValue(v.Bytes()), nil
	case wire.Time:
		when, _ := reflect.TypeAssert[time.Time](v)
		return codec.TimestampValue(when), nil
	}
	return nil, fmt.Errorf("a %s is no header of an event", t.Go)
}
