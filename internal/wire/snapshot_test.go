package wire_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	codec "github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/awsjson"
	"github.com/sillok/sillok/internal/wire/awsquery"
	"github.com/sillok/sillok/internal/wire/cbor"
	"github.com/sillok/sillok/internal/wire/ec2query"
	"github.com/sillok/sillok/internal/wire/restjson"
	"github.com/sillok/sillok/internal/wire/restxml"
	"github.com/sillok/sillok/internal/wire/snapshots"
)

// TestRecordedRequestsAreDecoded decodes every request that the SDK recorded of
// an operation whose shapes are generated, and checks that each value in it
// arrived in the input, and nothing else.
func TestRecordedRequestsAreDecoded(t *testing.T) {
	models := map[string]*wire.Model{}
	for _, service := range services() {
		models[service.ID] = wire.Compile(service)
	}
	decoded, unmodelled := map[string]int{}, map[string]int{}
	for _, snap := range snapshots.Load(t) {
		op := models[snap.Service].Operation(snap.Operation)
		if op == nil || op.In == nil {
			continue
		}
		in := op.NewInput()
		req := &wire.Request{HTTP: snap.Request(t, "example"), Body: snap.Body, Stream: bytes.NewReader(snap.Body), Labels: labels(op, snap)}
		if err := protocolOf(t, op.Model, snap).Decode(op, req, in); err != nil {
			if strings.Contains(snap.Target, "part-number-marker=__") || snap.Operation == "GetObjectAttributes" {
				continue // a number to the models, text to the SDK
			}
			t.Errorf("%s.%s: %v", snap.Service, snap.Operation, err)
			continue
		}
		var got []string
		leaves(op.Input(), reflect.ValueOf(in).Elem(), &got)
		want := recorded(t, op, req)
		slices.Sort(got)
		slices.Sort(want)
		if cmp.Equal(got, want) {
			decoded[snap.Service]++
			continue
		}
		// The SDK is newer than the models: members that they lack may be
		// missing, but nothing may be there that was not sent.
		if extra := without(got, want); len(extra) > 0 {
			t.Errorf("%s.%s: values differ (-sent +decoded):\n%s", snap.Service, snap.Operation, cmp.Diff(want, got))
		}
		unmodelled[snap.Service]++
	}
	// By the pinned versions of both, 33 requests have newer members.
	whole, part := total(decoded), total(unmodelled)
	if part > 33 || whole < 426 {
		t.Errorf("%d requests decoded whole and %d in part, want at least 426 and at most 33", whole, part)
	}
	t.Logf("every value decoded: %v", decoded)
	t.Logf("with members that the models lack: %v", unmodelled)
}

func protocolOf(t *testing.T, m *wire.Model, snap snapshots.Snapshot) wire.Protocol {
	t.Helper()
	switch {
	case snap.Header.Get("Smithy-Protocol") != "":
		p, err := cbor.New()
		if err != nil {
			t.Fatal(err)
		}
		return p
	case snap.Header.Get("X-Amz-Target") != "":
		return awsjson.Protocol{Version: m.JSONVersion}
	case m.Speaks(api.EC2):
		return ec2query.Protocol{}
	case m.Speaks(api.RESTJSON):
		return restjson.Protocol{}
	case m.Speaks(api.RESTXML):
		return restxml.Protocol{}
	}
	return awsquery.Protocol{}
}

// labels returns the values of a path's labels. The bucket of S3 is in the host
// name, which is not recorded.
func labels(op *wire.Operation, snap snapshots.Snapshot) map[string]string {
	template, _, _ := strings.Cut(op.URI, "?")
	path, _, _ := strings.Cut(snap.Target, "?")
	if snap.Service == "s3" {
		template = strings.TrimPrefix(template, "/{Bucket}")
	}
	values := map[string]string{}
	parts := strings.Split(path, "/")
	for i, part := range strings.Split(template, "/") {
		if label, ok := strings.CutPrefix(part, "{"); ok && i < len(parts) {
			values[strings.Trim(label, "+}")], _ = url.PathUnescape(parts[i])
		}
	}
	return values
}

// leaves appends the scalars below a value, as text.
func leaves(t *wire.Type, v reflect.Value, to *[]string) {
	switch t.Kind {
	case wire.Struct:
		for i := range t.Fields {
			if fv, ok := t.Fields[i].Get(v); ok {
				leaves(t.Fields[i].Type, fv, to)
			}
		}
	case wire.List:
		for i := range v.Len() {
			leaves(t.Elem, v.Index(i), to)
		}
	case wire.Map:
		for iter := v.MapRange(); iter.Next(); {
			*to = append(*to, iter.Key().String())
			leaves(t.Elem, iter.Value(), to)
		}
	case wire.Stream:
		r, _ := reflect.TypeAssert[io.Reader](v)
		if data, _ := io.ReadAll(r); len(data) > 0 {
			*to = append(*to, string(data))
		}
	case wire.Document:
		texts(v.Interface(), to)
	case wire.Blob:
		*to = append(*to, string(v.Bytes()))
	case wire.Float:
		*to = append(*to, fmt.Sprint(v.Float()))
	case wire.String, wire.Integer, wire.Boolean, wire.Time, wire.Events:
		*to = append(*to, normal(wire.FormatText(t, v, wire.UnixTimestamp)))
	}
}

// recorded returns the scalars of a request, as text.
func recorded(t *testing.T, op *wire.Operation, r *wire.Request) []string {
	t.Helper()
	var sent []string
	for _, label := range r.Labels {
		sent = append(sent, label)
	}
	var body any
	switch kind := r.HTTP.Header.Get("Content-Type"); {
	case r.HTTP.Header.Get("Smithy-Protocol") != "":
		if err := codec.Unmarshal(r.Body, &body); err != nil && len(r.Body) > 0 {
			t.Fatal(err)
		}
	case strings.HasPrefix(kind, "application/x-www-form-urlencoded"):
		params, err := url.ParseQuery(string(r.Body))
		if err != nil {
			t.Fatal(err)
		}
		delete(params, "Action")
		delete(params, "Version")
		for _, values := range params {
			sent = append(sent, normal(values[0]))
		}
		return sent
	case op.Model.Speaks(api.RESTXML) || op.Model.Speaks(api.RESTJSON):
		return append(sent, recordedREST(t, op, r)...)
	default:
		dec := json.NewDecoder(strings.NewReader(string(r.Body)))
		dec.UseNumber()
		if err := dec.Decode(&body); err != nil {
			t.Fatal(err)
		}
	}
	texts(body, &sent)
	return sent
}

func recordedREST(t *testing.T, op *wire.Operation, r *wire.Request) []string {
	t.Helper()
	var sent []string
	literal := ""
	if _, query, ok := strings.Cut(op.URI, "?"); ok {
		literal = query
	}
	for name, values := range r.HTTP.URL.Query() {
		if name == "x-id" || name+"="+values[0] == literal || name == literal {
			continue
		}
		for _, value := range values {
			sent = append(sent, normal(value))
		}
	}
	headers := map[string]wire.Field{}
	prefixes := map[string]bool{}
	for _, f := range op.Input().Fields {
		switch f.Location {
		case wire.InHeader:
			headers[http.CanonicalHeaderKey(f.LocationName)] = f
		case wire.InHeaders:
			prefixes[http.CanonicalHeaderKey(f.LocationName)] = true
		case wire.InBody, wire.InPath, wire.InQuery, wire.InStatus:
		}
	}
	for name, values := range r.HTTP.Header {
		if f, ok := headers[name]; ok && f.Type.Kind != wire.List {
			sent = append(sent, normal(values[0]))
		} else if ok {
			sent = append(sent, strings.Split(strings.ReplaceAll(strings.Join(values, ","), ", ", ","), ",")...)
		}
		for prefix := range prefixes {
			if rest, ok := strings.CutPrefix(name, prefix); ok {
				sent = append(sent, strings.ToLower(rest), values[0])
			}
		}
	}
	payload := op.Input().Payload()
	switch {
	case len(r.Body) == 0:
	case payload != nil && payload.Type.Kind != wire.Struct:
		sent = append(sent, string(r.Body))
	case op.Model.Speaks(api.RESTXML):
		sent = append(sent, xmlTexts(t, r.Body)...)
	default:
		var body any
		dec := json.NewDecoder(strings.NewReader(string(r.Body)))
		dec.UseNumber()
		if err := dec.Decode(&body); err != nil {
			t.Fatal(err)
		}
		texts(body, &sent)
	}
	return sent
}

// texts appends the scalars of a JSON or CBOR tree. Names of struct members and
// keys of maps look alike there: the recorder writes keys as "key" and a number.
func texts(tree any, to *[]string) {
	switch value := tree.(type) {
	case map[string]any:
		for key, element := range value {
			if isKey(key) {
				*to = append(*to, key)
			}
			texts(element, to)
		}
	case map[any]any:
		for key, element := range value {
			if name := fmt.Sprint(key); isKey(name) {
				*to = append(*to, name)
			}
			texts(element, to)
		}
	case []any:
		for _, element := range value {
			texts(element, to)
		}
	case []byte:
		*to = append(*to, string(value))
	case time.Time:
		*to = append(*to, string(wire.AppendEpoch(nil, value)))
	case codec.Tag:
		texts(value.Content, to)
	case nil:
	default:
		*to = append(*to, normal(fmt.Sprint(value)))
	}
}

func isKey(name string) bool { return strings.HasPrefix(name, "__") || name == "key0" }

func total(counts map[string]int) int {
	n := 0
	for _, count := range counts {
		n += count
	}
	return n
}

// xmlTexts returns the attributes of a document and the texts of its leaves.
func xmlTexts(t *testing.T, body []byte) []string {
	t.Helper()
	var texts []string
	text, leaf := "", false
	for dec := xml.NewDecoder(bytes.NewReader(body)); ; {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			text, leaf = "", true
			for _, attr := range token.Attr {
				if attr.Name.Local != "xmlns" && attr.Name.Space != "xmlns" {
					texts = append(texts, attr.Value)
				}
			}
		case xml.CharData:
			text += string(token)
		case xml.EndElement:
			if leaf && text != "" {
				texts = append(texts, normal(text))
			}
			leaf = false
		}
	}
}

// normal returns the one text of values that have several: times, and base64
// of what the recorder puts into blobs.
func normal(text string) string {
	if when, err := wire.ParseTime(text); err == nil && strings.ContainsAny(text, ":-") {
		return string(wire.AppendEpoch(nil, when))
	}
	if data, err := base64.StdEncoding.DecodeString(text); err == nil && string(data) == "blob" {
		return string(data)
	}
	return text
}

// without returns the elements of a that are not in b, each counted.
func without(a, b []string) []string {
	left := map[string]int{}
	for _, text := range b {
		left[text]++
	}
	var rest []string
	for _, text := range a {
		if left[text] == 0 {
			rest = append(rest, text)
			continue
		}
		left[text]--
	}
	return rest
}
