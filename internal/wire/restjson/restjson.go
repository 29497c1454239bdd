// Package restjson speaks AWS's REST-JSON: the operation is in the method and
// path, input in labels, query string, headers and a JSON body.
package restjson

import (
	"reflect"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/eventstream"
)

const contentType = "application/json"

// Protocol is REST-JSON.
type Protocol struct{}

// Decode fills in from the request's parts.
func (Protocol) Decode(op *wire.Operation, r *wire.Request, in any) error {
	if err := op.CheckInput(); err != nil {
		return err
	}
	t, v := op.Input(), reflect.ValueOf(in).Elem()
	if err := op.DecodeBindings(r, v); err != nil {
		return err
	}
	payload := t.Payload()
	if payload == nil {
		return wire.DecodeJSON(t, r.Body, in)
	}
	if wire.DecodeRawPayload(payload, r, v) || len(r.Body) == 0 {
		return nil
	}
	tree, err := wire.ParseJSON(r.Body)
	if err != nil || tree == nil {
		return err
	}
	return wire.Assign(payload.Type, tree, payload.Target(v))
}

// Encode says out as headers and a JSON body.
func (Protocol) Encode(op *wire.Operation, out any, requestID string) (*wire.Response, error) {
	resp, part, err := wire.EncodeREST(op, out, requestID)
	switch {
	case err != nil || part == nil:
		return resp, err
	case part.Type.Kind == wire.Events:
		eventstream.Respond(resp, op, reflect.ValueOf(out).Elem(), eventstream.Form{
			Protocol: api.RESTJSON, ContentType: contentType, Document: document,
		}, requestID)
		return resp, nil
	}
	if resp.Body, err = document(part.Type, part.Value); err != nil {
		return nil, err
	}
	resp.Header.Set("Content-Type", contentType)
	return resp, nil
}

func document(t *wire.Type, v reflect.Value) ([]byte, error) { return wire.AppendJSON(nil, t, v) }

// EncodeError says a failure's name in a header and the rest as a JSON object.
func (Protocol) EncodeError(_ *wire.Model, f *wire.Failure) *wire.Response {
	resp := wire.NewResponse(f.Status, contentType, f.RequestID, wire.AppendJSONError(nil, f, ""))
	resp.Header.Set("X-Amzn-Errortype", f.Name)
	return resp
}
