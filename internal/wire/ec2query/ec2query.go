// Package ec2query speaks EC2's variant of the query protocol: members in upper
// case and lists without an element level in, XML without a result element out.
package ec2query

import (
	"reflect"

	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/awsquery"
)

const contentType = "text/xml;charset=UTF-8"

// Protocol is the EC2 query protocol.
type Protocol struct{}

// Decode fills in from the form.
func (Protocol) Decode(op *wire.Operation, r *wire.Request, in any) error {
	return awsquery.Decode(op, r, in, wire.FormRules{EC2: true})
}

// Encode says out as <OpResponse><requestId>…</requestId>…</OpResponse>. An
// operation without output answers <return>true</return>.
func (Protocol) Encode(op *wire.Operation, out any, requestID string) (*wire.Response, error) {
	b := append([]byte(`<?xml version="1.0" encoding="UTF-8"?>`+"\n<"), op.Name...)
	b = append(b, `Response xmlns="`...)
	b = append(wire.AppendXMLText(b, op.Model.XMLNamespace), `/">`...)
	b = wire.AppendXMLElement(b, "requestId", requestID)
	if op.Unwrapped {
		b = wire.AppendXMLElement(b, "return", "true")
	}
	b, err := wire.AppendXMLFields(b, op.Output(), reflect.ValueOf(out).Elem())
	if err != nil {
		return nil, err
	}
	b = append(append(append(b, "</"...), op.Name...), "Response>"...)
	return wire.NewResponse(op.Status, contentType, requestID, b), nil
}

// EncodeError says a failure as <Response><Errors><Error>….
func (Protocol) EncodeError(_ *wire.Model, f *wire.Failure) *wire.Response {
	b := []byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<Response><Errors><Error>")
	b = wire.AppendXMLElement(b, "Code", f.Code)
	b = wire.AppendXMLElement(b, "Message", f.Message)
	b = wire.AppendXMLErrorFields(b, f)
	b = append(b, "</Error></Errors>"...)
	b = wire.AppendXMLElement(b, "RequestID", f.RequestID)
	b = append(b, "</Response>"...)
	return wire.NewResponse(f.Status, contentType, f.RequestID, b)
}
