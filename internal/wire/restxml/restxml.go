// Package restxml speaks AWS's REST-XML: the operation is in the method and
// path, input in labels, query string, headers and an XML body.
package restxml

import (
	"bytes"
	"reflect"
	"slices"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/eventstream"
)

const (
	contentType = "application/xml"
	declaration = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
)

// Protocol is REST-XML.
type Protocol struct{}

// Decode fills in from the request's parts.
func (Protocol) Decode(op *wire.Operation, r *wire.Request, in any) error {
	if err := op.CheckInput(); err != nil {
		return err
	}
	t, v := op.Input(), reflect.ValueOf(in).Elem()
	if err := wire.DecodeBindings(t, r, v); err != nil {
		return err
	}
	payload := t.Payload()
	if payload != nil && wire.DecodeRawPayload(payload, r, v) {
		return nil
	}
	if len(bytes.TrimSpace(r.Body)) == 0 {
		return nil
	}
	if payload != nil {
		t, v = payload.Type, payload.Target(v)
	}
	return wire.DecodeXML(t, r.Body, v)
}

// Encode says out as headers and an XML body.
func (Protocol) Encode(op *wire.Operation, out any, requestID string) (*wire.Response, error) {
	resp, part, err := wire.EncodeREST(op, out, requestID)
	switch {
	case err != nil || part == nil:
		return resp, err
	case part.Type.Kind == wire.Events:
		eventstream.Respond(resp, op, reflect.ValueOf(out).Elem(), eventstream.Form{
			Protocol: api.RESTXML, ContentType: "text/xml", Document: eventDocument,
		}, requestID)
		return resp, nil
	case !slices.ContainsFunc(part.Type.Fields, func(f wire.Field) bool { return f.Location == wire.InBody }):
		return resp, nil // all is said in headers
	}
	if resp.Body, err = document(part.Name, op.Model.XMLNamespace, part.Type, part.Value); err != nil {
		return nil, err
	}
	resp.Header.Set("Content-Type", contentType)
	return resp, nil
}

// eventDocument says a struct as the payload of an event.
func eventDocument(t *wire.Type, v reflect.Value) ([]byte, error) {
	return document(t.Go.Name(), "", t, v)
}

// document returns a struct as the document of that root.
func document(root, namespace string, t *wire.Type, v reflect.Value) ([]byte, error) {
	b := append([]byte(declaration+"<"), root...)
	if namespace != "" {
		b = append(b, ` xmlns="`...)
		b = append(wire.AppendXMLText(b, namespace), '"')
	}
	b, err := wire.AppendXMLFields(append(b, '>'), t, v)
	if err != nil {
		return nil, err
	}
	return append(append(append(b, "</"...), root...), '>'), nil
}

// EncodeError says a failure as S3 does: an <Error> without envelope, or the
// status alone where that has no body.
func (Protocol) EncodeError(_ *wire.Model, f *wire.Failure) *wire.Response {
	b := []byte(declaration + "<Error>")
	b = wire.AppendXMLElement(b, "Code", f.Code)
	b = wire.AppendXMLElement(b, "Message", f.Message)
	b = wire.AppendXMLErrorFields(b, f)
	b = wire.AppendXMLElement(b, "RequestId", f.RequestID)
	b = append(b, "</Error>"...)
	kind := contentType
	if wire.Bodiless("", f.Status) {
		kind, b = "", nil
	}
	resp := wire.NewResponse(f.Status, kind, f.RequestID, b)
	resp.Header.Set("X-Amz-Request-Id", f.RequestID)
	return resp
}
