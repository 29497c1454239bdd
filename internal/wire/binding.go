package wire

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
)

// DecodeBindings fills the fields of in, a struct, that REST protocols put into
// the path, the query string and the headers.
func (o *Operation) DecodeBindings(r *Request, in reflect.Value) error {
	params := r.Params
	if params == nil && r.HTTP.URL.RawQuery != "" {
		params = r.HTTP.URL.Query()
	}
	fields := o.Input().Fields
	for i := range fields {
		f := &fields[i]
		var err error
		switch f.Location {
		case InPath:
			if label, ok := r.Labels[f.LocationName]; ok {
				err = bindText(f.Type, f.Target(in), label, ISO8601)
			}
		case InQuery:
			err = bindQuery(f, params, in)
		case InHeader:
			err = bindHeader(f, r.HTTP.Header, in)
		case InHeaders:
			bindHeaders(f, r.HTTP.Header, in)
		case InBody, InStatus:
		}
		if err != nil {
			if err = o.bindingFault(f, err); err != nil {
				return err
			}
			in.Field(f.Index).SetZero()
		}
	}
	return nil
}

// textError is a text that is not of the type that it should be.
type textError struct {
	text string
	err  error
}

func (e *textError) Error() string { return e.err.Error() }
func (e *textError) Unwrap() error { return e.err }

// bindingFault returns the error of a field whose text is not of its type; nil
// where the service does as if it were not there.
func (o *Operation) bindingFault(f *Field, err error) error {
	if text, ok := errors.AsType[*textError](err); ok && o.Model.ofS3() {
		return s3BindingFault(f, text)
	}
	return cloud.Errorf(cloud.Invalid, "SerializationException", "%s: %v", f.LocationName, err)
}

func bindText(t *Type, dst reflect.Value, text, format string) error {
	if t.Kind == Time && format == RFC822 {
		if when, err := http.ParseTime(text); err == nil {
			dst.Set(reflect.ValueOf(when.UTC()))
			return nil
		}
	}
	var err error
	if t.Kind == Integer { // nobody says 1e3 here
		var n int64
		if n, err = strconv.ParseInt(text, 10, dst.Type().Bits()); err == nil {
			dst.SetInt(n)
		}
	} else {
		err = SetText(t, dst, text)
	}
	if err != nil {
		return &textError{text, err}
	}
	return nil
}

func bindQuery(f *Field, params url.Values, in reflect.Value) error {
	if f.Type.Kind == Map { // all parameters that no other field takes
		return bindQueryMap(f, params, in)
	}
	values, ok := params[f.LocationName]
	if !ok {
		return nil
	}
	dst := f.Target(in)
	if f.Type.Kind != List {
		return bindText(f.Type, dst, values[0], ISO8601)
	}
	return bindList(f.Type, dst, values, ISO8601)
}

func bindQueryMap(f *Field, params url.Values, in reflect.Value) error {
	dst := f.Target(in)
	m := reflect.MakeMap(dst.Type())
	for name, values := range params {
		value := reflect.New(dst.Type().Elem()).Elem()
		var err error
		if f.Type.Elem.Kind == List {
			err = bindList(f.Type.Elem, value, values, ISO8601)
		} else {
			err = bindText(f.Type.Elem, value, values[0], ISO8601)
		}
		if err != nil {
			return err
		}
		m.SetMapIndex(reflect.ValueOf(name), value)
	}
	dst.Set(m)
	return nil
}

func bindList(t *Type, dst reflect.Value, values []string, format string) error {
	slice := reflect.MakeSlice(dst.Type(), len(values), len(values))
	for i, value := range values {
		if err := bindText(t.Elem, slice.Index(i), value, format); err != nil {
			return err
		}
	}
	dst.Set(slice)
	return nil
}

func bindHeader(f *Field, header http.Header, in reflect.Value) error {
	values := header[f.key]
	if len(values) == 0 {
		return nil
	}
	if f.Type.Kind != List {
		return bindText(f.Type, f.Target(in), strings.TrimSpace(values[0]), RFC822)
	}
	var all []string
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			all = append(all, strings.Trim(strings.TrimSpace(part), `"`))
		}
	}
	return bindList(f.Type, f.Target(in), all, RFC822)
}

// bindHeaders gathers the headers with a prefix, which are always text.
func bindHeaders(f *Field, header http.Header, in reflect.Value) {
	m := map[string]string{}
	prefix := textproto.CanonicalMIMEHeaderKey(f.LocationName)
	for name, values := range header {
		if rest, ok := strings.CutPrefix(name, prefix); ok && rest != "" {
			m[strings.ToLower(rest)] = strings.Join(values, ",")
		}
	}
	if len(m) > 0 {
		in.Field(f.Index).Set(reflect.ValueOf(m))
	}
}

// EncodeBindings sets the headers that the fields of out, a struct, stand in
// and returns the HTTP status: the one that a field names, 206 for an answer that
// tells its Content-Range, or status.
func EncodeBindings(t *Type, out reflect.Value, header http.Header, status int) int {
	for i := range t.Fields {
		f := &t.Fields[i]
		v, ok := f.Get(out)
		if !ok {
			continue
		}
		switch f.Location {
		case InStatus:
			status = int(v.Int())
		case InHeader:
			header[f.key] = []string{headerText(f.Type, v)}
		case InHeaders:
			for iter := v.MapRange(); iter.Next(); {
				// In lower case also on the wire: clients take what follows the
				// prefix as it is spelled.
				header[f.LocationName+strings.ToLower(iter.Key().String())] = []string{iter.Value().String()}
			}
		case InBody, InPath, InQuery:
		}
	}
	if status == http.StatusOK && header.Get("Content-Range") != "" {
		return http.StatusPartialContent
	}
	return status
}

func headerText(t *Type, v reflect.Value) string {
	if t.Kind != List {
		return FormatText(t, v, RFC822)
	}
	parts := make([]string, v.Len())
	for i := range parts {
		parts[i] = FormatText(t.Elem, v.Index(i), RFC822)
	}
	return strings.Join(parts, ", ")
}

// DecodeRawPayload fills a payload field that is the body itself. It reports
// false for a field whose payload is a document of the protocol.
func DecodeRawPayload(f *Field, r *Request, in reflect.Value) bool {
	switch f.Type.Kind {
	case Stream:
		stream := r.Stream
		if stream == nil {
			stream = http.NoBody
		}
		in.Field(f.Index).Set(reflect.ValueOf(stream))
	case Blob:
		if len(r.Body) > 0 {
			f.Target(in).SetBytes(r.Body)
		}
	case String:
		if len(r.Body) > 0 {
			f.Target(in).SetString(string(r.Body))
		}
	case Struct, List, Map, Integer, Float, Boolean, Time, Document, Events:
		return false
	}
	return true
}

// Part is what is left to say of an output in the body of a REST answer.
type Part struct {
	Name  string // for the root of a document
	Type  *Type
	Value reflect.Value
}

// EncodeREST begins a REST answer: its status, its headers, and its body or
// stream where the payload is that itself. It returns the part that the protocol
// has to say as a document or, of type Events, as an event stream; nil when
// there is none.
func EncodeREST(op *Operation, out any, requestID string) (*Response, *Part, error) {
	t, v := op.Output(), reflect.ValueOf(out).Elem()
	resp := NewResponse(op.Status, "", requestID, nil)
	if op.Model.ofS3() {
		s3Head(resp.Header, requestID)
	}
	resp.Status = EncodeBindings(t, v, resp.Header, resp.Status)
	payload := t.Payload()
	if payload == nil {
		if Bodiless(op.Method, resp.Status) {
			return resp, nil, nil
		}
		return resp, &Part{Name: op.Name + "Result", Type: t, Value: v}, nil
	}
	pv, ok := payload.Get(v)
	if !ok {
		return resp, nil, nil
	}
	if Bodiless(op.Method, resp.Status) {
		if stream, ok := reflect.TypeAssert[io.Closer](pv); ok {
			return resp, nil, stream.Close()
		}
		return resp, nil, nil
	}
	switch payload.Type.Kind {
	case Stream:
		if err := encodeStream(pv, resp); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", payload.Member, err)
		}
	case Blob:
		resp.Body = pv.Bytes()
	case String:
		resp.Body = []byte(pv.String())
		if op.Model.ofS3() {
			resp.Header.Set("Content-Type", "application/json") // its one such payload is a policy
		}
	case Struct, List, Map, Integer, Float, Boolean, Time, Document, Events:
		return resp, &Part{Name: payload.Name, Type: payload.Type, Value: pv}, nil
	}
	if resp.Header.Get("Content-Type") == "" {
		resp.Header.Set("Content-Type", "application/octet-stream")
	}
	return resp, nil, nil
}
