// Package awsjson speaks AWS JSON 1.0 and 1.1: POST of a JSON object to "/",
// with the operation in X-Amz-Target.
package awsjson

import (
	"reflect"

	"github.com/sillok/sillok/internal/wire"
)

// Protocol is AWS JSON in one of its two versions, which differ in little but
// their name.
type Protocol struct {
	Version string // "1.0" or "1.1"
}

// Decode fills in from the body.
func (p Protocol) Decode(op *wire.Operation, r *wire.Request, in any) error {
	return wire.DecodeJSON(op.Input(), r.Body, in)
}

// Encode says out as a JSON object.
func (p Protocol) Encode(op *wire.Operation, out any, requestID string) (*wire.Response, error) {
	body, err := wire.AppendJSON(nil, op.Output(), reflect.ValueOf(out).Elem())
	if err != nil {
		return nil, err
	}
	return wire.NewResponse(op.Status, p.contentType(), requestID, body), nil
}

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
