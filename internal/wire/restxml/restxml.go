// Package restxml speaks AWS's REST-XML: the operation is in the method and
// path, input in labels, query string, headers and an XML body.
package restxml

import (
	"net/http"
	"reflect"

	"github.com/sillok/sillok/internal/wire"
)

const (
	contentType = "application/xml"
	declaration = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
)

// Protocol is REST-XML.
type Protocol struct{}

// Decode fills in from the request's parts.
func (Protocol) Decode(op *wire.Operation, r *wire.Request, in any) error {
	t, v := op.Input(), reflect.ValueOf(in).Elem()
	if err := wire.DecodeBindings(t, r, v); err != nil {
		return err
	}
	payload := t.Payload()
	if payload != nil && wire.DecodeRawPayload(payload, r.Body, v) {
		return nil
	}
	root, err := wire.ParseXML(r.Body)
	if err != nil || root == nil {
		return err
	}
	if payload != nil {
		return root.Decode(payload.Type, payload.Target(v))
	}
	return root.Decode(t, v)
}

// Encode says out as headers and an XML body.
func (Protocol) Encode(op *wire.Operation, out any, requestID string) (*wire.Response, error) {
	t, v := op.Output(), reflect.ValueOf(out).Elem()
	resp := wire.NewResponse(op.Status, "", requestID, nil)
	resp.Status = wire.EncodeBindings(t, v, resp.Header, resp.Status)
	root, namespace := op.Name+"Result", op.Model.XMLNamespace
	if payload := t.Payload(); payload != nil {
		pv, ok := payload.Get(v)
		if !ok {
			return resp, nil
		}
		if raw, err := wire.EncodeRawPayload(payload, pv, resp); raw || err != nil {
			return resp, err
		}
		t, v, root = payload.Type, pv, payload.Name
	}
	if resp.Status == http.StatusNoContent {
		return resp, nil
	}
	b := append([]byte(declaration+"<"), root...)
	if namespace != "" {
		b = append(b, ` xmlns="`...)
		b = append(wire.AppendXMLText(b, namespace), '"')
	}
	b, err := wire.AppendXMLFields(append(b, '>'), t, v)
	if err != nil {
		return nil, err
	}
	resp.Body = append(append(append(b, "</"...), root...), '>')
	resp.Header.Set("Content-Type", contentType)
	return resp, nil
}

// EncodeError says a failure as S3 does: an <Error> without envelope.
func (Protocol) EncodeError(_ *wire.Model, f *wire.Failure) *wire.Response {
	b := []byte(declaration + "<Error>")
	b = wire.AppendXMLElement(b, "Code", f.Code)
	b = wire.AppendXMLElement(b, "Message", f.Message)
	b = wire.AppendXMLErrorFields(b, f)
	b = wire.AppendXMLElement(b, "RequestId", f.RequestID)
	b = append(b, "</Error>"...)
	resp := wire.NewResponse(f.Status, contentType, f.RequestID, b)
	resp.Header.Set("X-Amz-Request-Id", f.RequestID)
	return resp
}
