// Package awsjson speaks AWS JSON 1.0 and 1.1: POST of a JSON object to "/",
// with the operation in X-Amz-Target.
package awsjson

import (
	"reflect"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/eventstream"
)

// Protocol is AWS JSON in one of its two versions, which differ in little but
// their name.
type Protocol struct {
	Version string // "1.0" or "1.1"
}

// Decode fills in from the body.
func (p Protocol) Decode(op *wire.Operation, r *wire.Request, in any) error {
	if err := op.CheckInput(); err != nil {
		return err
	}
	return wire.DecodeJSON(op.Input(), r.Body, in)
}

// Encode says out as a JSON object, or as the first message of an event stream.
func (p Protocol) Encode(op *wire.Operation, out any, requestID string) (*wire.Response, error) {
	v := reflect.ValueOf(out).Elem()
	if op.Events() != nil {
		resp := wire.NewResponse(op.Status, eventstream.ContentType, requestID, nil)
		eventstream.Respond(resp, op, v, eventstream.Form{
			Protocol: api.JSON, ContentType: "application/json", Document: document, Initial: p.contentType(),
		}, requestID)
		return resp, nil
	}
	body, err := document(op.Output(), v)
	if err != nil {
		return nil, err
	}
	return wire.NewResponse(op.Status, p.contentType(), requestID, body), nil
}

func document(t *wire.Type, v reflect.Value) ([]byte, error) { return wire.AppendJSON(nil, t, v) }

// EncodeError says a failure as an object with __type and a message.
func (p Protocol) EncodeError(m *wire.Model, f *wire.Failure) *wire.Response {
	name := f.Name
	if p.Version == "1.0" {
		name = m.TypeName(f)
	}
	resp := wire.NewResponse(f.Status, p.contentType(), f.RequestID, wire.AppendJSONError(nil, f, name))
	if f.TellQuery && m.QueryCompatible {
		resp.Header.Set("X-Amzn-Query-Error", f.QueryError())
	}
	return resp
}

func (p Protocol) contentType() string { return "application/x-amz-json-" + p.Version }
