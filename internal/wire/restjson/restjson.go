// Package restjson speaks AWS's REST-JSON: the operation is in the method and
// path, input in labels, query string, headers and a JSON body.
package restjson

import (
	"reflect"

	"github.com/sillok/sillok/internal/wire"
)

const contentType = "application/json"

// Protocol is REST-JSON.
type Protocol struct{}

// Decode fills in from the request's parts.
func (Protocol) Decode(op *wire.Operation, r *wire.Request, in any) error {
	t, v := op.Input(), reflect.ValueOf(in).Elem()
	if err := wire.DecodeBindings(t, r, v); err != nil {
		return err
	}
	payload := t.Payload()
	if payload == nil {
		return wire.DecodeJSON(t, r.Body, in)
	}
	if wire.DecodeRawPayload(payload, r.Body, v) || len(r.Body) == 0 {
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
	t, v := op.Output(), reflect.ValueOf(out).Elem()
	resp := wire.NewResponse(op.Status, "", requestID, nil)
	resp.Status = wire.EncodeBindings(t, v, resp.Header, resp.Status)
	if payload := t.Payload(); payload != nil {
		pv, ok := payload.Get(v)
		if !ok {
			return resp, nil
		}
		if raw, err := wire.EncodeRawPayload(payload, pv, resp); raw || err != nil {
			return resp, err
		}
		t, v = payload.Type, pv
	}
	if len(t.Fields) == 0 && t.Kind == wire.Struct && resp.Status == 204 {
		return resp, nil
	}
	body, err := wire.AppendJSON(nil, t, v)
	if err != nil {
		return nil, err
	}
	resp.Body = body
	resp.Header.Set("Content-Type", contentType)
	return resp, nil
}

// EncodeError says a failure's name in a header and the rest as a JSON object.
func (Protocol) EncodeError(_ *wire.Model, f *wire.Failure) *wire.Response {
	resp := wire.NewResponse(f.Status, contentType, f.RequestID, wire.AppendJSONError(nil, f, ""))
	resp.Header.Set("X-Amzn-Errortype", f.Name)
	return resp
}
