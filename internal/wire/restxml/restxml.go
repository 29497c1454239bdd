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
	if err := op.DecodeBindings(r, v); err != nil {
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
	body, err := answer(op, part)
	if err != nil {
		return nil, err
	}
	resp.Body = body
	resp.Header.Set("Content-Type", contentType)
	return resp, nil
}

// answer returns the document of an output, or of its payload.
func answer(op *wire.Operation, part *wire.Part) ([]byte, error) {
	root := part.Name
	if op.AnswerRoot != "" && op.Output().Payload() == nil {
		root = op.AnswerRoot
	}
	if !op.Unwrapped {
		return document(root, op.Model.XMLNamespace, part.Type, part.Value)
	}
	b := open(root, op.Model.XMLNamespace)
	for i := range part.Type.Fields {
		f := &part.Type.Fields[i]
		if text, ok := f.Get(part.Value); ok && f.Location == wire.InBody {
			b = wire.AppendXMLText(b, wire.FormatText(f.Type, text, wire.ISO8601))
		}
	}
	return closed(b, root), nil
}

// eventDocument says a struct as the payload of an event.
func eventDocument(t *wire.Type, v reflect.Value) ([]byte, error) {
	return document(t.Go.Name(), "", t, v)
}

// document returns a struct as the document of that root.
func document(root, namespace string, t *wire.Type, v reflect.Value) ([]byte, error) {
	b, err := wire.AppendXMLFields(open(root, namespace), t, v)
	if err != nil {
		return nil, err
	}
	return closed(b, root), nil
}

// open begins a document.
func open(root, namespace string) []byte {
	b := append([]byte(declaration+"<"), root...)
	if namespace != "" {
		b = append(b, ` xmlns="`...)
		b = append(wire.AppendXMLText(b, namespace), '"')
	}
	return append(b, '>')
}

func closed(b []byte, root string) []byte { return append(append(append(b, "</"...), root...), '>') }

// EncodeError says a failure as S3 does: an <Error> without envelope, or the
// status alone where that has no body.
func (Protocol) EncodeError(_ *wire.Model, f *wire.Failure) *wire.Response {
	b := []byte(declaration + "<Error>")
	b = wire.AppendXMLElement(b, "Code", f.Code)
	b = wire.AppendXMLElement(b, "Message", f.Message)
	b = wire.AppendXMLErrorFields(b, f)
	b = wire.AppendXMLElement(b, "RequestId", f.RequestID)
	if f.HostID != "" {
		b = wire.AppendXMLElement(b, "HostId", f.HostID)
	}
	b = append(b, "</Error>"...)
	kind := contentType
	if wire.Bodiless("", f.Status) {
		kind, b = "", nil
	}
	if f.HostID != "" {
		return wire.NewS3Response(f.Status, kind, f.RequestID, b)
	}
	return wire.NewResponse(f.Status, kind, f.RequestID, b)
}
