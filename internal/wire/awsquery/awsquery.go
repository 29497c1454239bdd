// Package awsquery speaks the AWS query protocol: a form with Action and
// Version in, XML out.
package awsquery

import (
	"net/url"
	"reflect"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
)

const contentType = "text/xml"

// Protocol is the AWS query protocol.
type Protocol struct{}

// maxParams bounds how many parameters a request may have.
const maxParams = 50_000

// Params returns a request's parameters: those of the URL and those of the body,
// which come first. Of a parameter that is given twice the first value counts.
func Params(r *wire.Request) (url.Values, error) {
	params := url.Values{}
	for _, text := range []string{string(r.Body), r.HTTP.URL.RawQuery} {
		// Not url.ParseQuery: it takes 10,000 parameters, and metric data have more.
		if strings.Count(text, "&") >= maxParams {
			return nil, cloud.Errorf(cloud.Invalid, "MalformedQueryString", "The request has more than %d parameters", maxParams)
		}
		for pair := range strings.SplitSeq(text, "&") {
			name, value, _ := strings.Cut(pair, "=")
			name, nameErr := url.QueryUnescape(name)
			value, valueErr := url.QueryUnescape(value)
			if nameErr != nil || valueErr != nil {
				return nil, cloud.Errorf(cloud.Invalid, "MalformedQueryString", "The query string contains a syntax error")
			}
			if name != "" && !params.Has(name) {
				params.Set(name, value)
			}
		}
	}
	return params, nil
}

// Decode fills in from the form.
func (Protocol) Decode(op *wire.Operation, r *wire.Request, in any) error {
	return Decode(op, r, in, wire.FormRules{})
}

// Decode fills in from the form by the rules of a query protocol.
func Decode(op *wire.Operation, r *wire.Request, in any, rules wire.FormRules) error {
	params, err := Params(r)
	if err != nil {
		return err
	}
	form, err := wire.NewForm(params)
	if err != nil {
		return err
	}
	return form.Decode(op.Input(), reflect.ValueOf(in).Elem(), rules)
}

// Encode says out as <OpResponse><OpResult>…</OpResult>…</OpResponse>.
func (Protocol) Encode(op *wire.Operation, out any, requestID string) (*wire.Response, error) {
	b := append([]byte("<"), op.Name...)
	b = append(b, `Response xmlns="`...)
	b = append(wire.AppendXMLText(b, op.Model.XMLNamespace), `">`...)
	if !op.Unwrapped {
		b = append(append(append(b, '<'), op.Name...), "Result>"...)
		var err error
		if b, err = wire.AppendXMLFields(b, op.Output(), reflect.ValueOf(out).Elem()); err != nil {
			return nil, err
		}
		b = append(append(append(b, "</"...), op.Name...), "Result>"...)
	}
	b = append(b, "<ResponseMetadata>"...)
	b = wire.AppendXMLElement(b, "RequestId", requestID)
	b = append(b, "</ResponseMetadata></"...)
	b = append(append(b, op.Name...), "Response>"...)
	return wire.NewResponse(op.Status, contentType, requestID, b), nil
}

// EncodeError says a failure as an <ErrorResponse>.
func (Protocol) EncodeError(m *wire.Model, f *wire.Failure) *wire.Response {
	b := []byte(`<ErrorResponse xmlns="`)
	b = append(wire.AppendXMLText(b, m.XMLNamespace), `"><Error>`...)
	b = wire.AppendXMLElement(b, "Type", f.Type())
	code := f.Code
	if m.QueryCompatible {
		code = f.QueryCode
	}
	b = wire.AppendXMLElement(b, "Code", code)
	b = wire.AppendXMLElement(b, "Message", f.Message)
	b = wire.AppendXMLErrorFields(b, f)
	b = append(b, "</Error>"...)
	b = wire.AppendXMLElement(b, "RequestId", f.RequestID)
	b = append(b, "</ErrorResponse>"...)
	return wire.NewResponse(f.Status, contentType, f.RequestID, b)
}
