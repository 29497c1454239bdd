// Package cbor speaks Smithy's RPC v2 CBOR: POST of a CBOR map to
// /service/<Service>/operation/<Operation>.
package cbor

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"time"

	codec "github.com/fxamacker/cbor/v2"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/eventstream"
)

// Name is the protocol's name in the Smithy-Protocol header.
const Name = "rpc-v2-cbor"

const contentType = "application/cbor"

// Protocol is RPC v2 CBOR, with its limits and forms compiled.
type Protocol struct {
	dec codec.DecMode
	enc codec.EncMode
}

// New returns the protocol.
func New() (Protocol, error) {
	dec, err := codec.DecOptions{
		DefaultMapType:   reflect.TypeFor[map[string]any](),
		TimeTagToAny:     codec.TimeTagToTime,
		MaxNestedLevels:  wire.MaxDepth,
		MaxArrayElements: wire.MaxNodes,
		MaxMapPairs:      wire.MaxNodes,
	}.DecMode()
	if err != nil {
		return Protocol{}, fmt.Errorf("cbor decoder: %w", err)
	}
	enc, err := codec.EncOptions{
		Sort:          codec.SortBytewiseLexical,
		ShortestFloat: codec.ShortestFloatNone,
		NaNConvert:    codec.NaNConvertNone,
		InfConvert:    codec.InfConvertNone,
	}.EncMode()
	if err != nil {
		return Protocol{}, fmt.Errorf("cbor encoder: %w", err)
	}
	return Protocol{dec: dec, enc: enc}, nil
}

// Decode fills in from the body; an empty body is an empty map. A body beyond
// wire.MaxDepth or wire.MaxNodes is refused.
func (p Protocol) Decode(op *wire.Operation, r *wire.Request, in any) error {
	if err := op.CheckInput(); err != nil {
		return err
	}
	if len(r.Body) == 0 {
		return nil
	}
	if items(r.Body) > wire.MaxNodes {
		return cloud.Errorf(cloud.Invalid, "SerializationException", "Could not parse request body into cbor: more than %d values", wire.MaxNodes)
	}
	var tree any
	if err := p.dec.Unmarshal(r.Body, &tree); err != nil {
		return cloud.Errorf(cloud.Invalid, "SerializationException", "Could not parse request body into cbor: %v", err)
	}
	return wire.Assign(op.Input(), tree, reflect.ValueOf(in).Elem())
}

// items returns how many data items a body has, to bound its tree before that
// is made. Of a malformed body, which the decoder refuses, it counts a part.
func items(body []byte) int {
	n := 0
	for len(body) > 0 {
		kind, size := body[0]>>5, uint64(body[0]&31)
		body = body[1:]
		n++
		if size >= 24 && size <= 27 { // the size is in the 1, 2, 4 or 8 bytes that follow
			width := 1 << (size - 24)
			if len(body) < width {
				return n
			}
			var bytes [8]byte
			copy(bytes[8-width:], body)
			size, body = binary.BigEndian.Uint64(bytes[:]), body[width:]
		} else if size > 27 { // of a string in pieces, or the end of one
			size = 0
		}
		if kind == 2 || kind == 3 { // the bytes or text itself
			body = body[min(size, uint64(len(body))):]
		}
	}
	return n
}

// Encode says out as a CBOR map, or as the first message of an event stream.
func (p Protocol) Encode(op *wire.Operation, out any, requestID string) (*wire.Response, error) {
	v := reflect.ValueOf(out).Elem()
	if op.Events() != nil {
		resp := respond(op.Status, eventstream.ContentType, requestID, nil)
		eventstream.Respond(resp, op, v, eventstream.Form{
			Protocol: api.CBOR, ContentType: contentType, Document: p.document, Initial: contentType,
		}, requestID)
		return resp, nil
	}
	body, err := p.document(op.Output(), v)
	if err != nil {
		return nil, err
	}
	return respond(op.Status, contentType, requestID, body), nil
}

func (p Protocol) document(t *wire.Type, v reflect.Value) ([]byte, error) {
	tree, err := wire.Tree(t, v)
	if err != nil {
		return nil, err
	}
	body, err := p.enc.Marshal(tagTimes(tree))
	if err != nil {
		return nil, fmt.Errorf("cbor: %w", err)
	}
	return body, nil
}

// EncodeError says a failure as a map with __type and a message.
func (p Protocol) EncodeError(m *wire.Model, f *wire.Failure) *wire.Response {
	tree := map[string]any{}
	for name, value := range f.Fields {
		tree[name] = tagTimes(value)
	}
	tree["__type"], tree[f.Member] = m.TypeName(f), f.Message
	body, err := p.enc.Marshal(tree)
	if err != nil { // one of the fields has no CBOR form: say the rest
		tree = map[string]any{"__type": m.TypeName(f), f.Member: f.Message}
		body, _ = p.enc.Marshal(tree)
	}
	resp := respond(f.Status, contentType, f.RequestID, body)
	if f.TellQuery && m.QueryCompatible {
		resp.Header.Set("X-Amzn-Query-Error", f.QueryError())
	}
	return resp
}

func respond(status int, contentType, requestID string, body []byte) *wire.Response {
	resp := wire.NewResponse(status, contentType, requestID, body)
	resp.Header.Set("Smithy-Protocol", Name)
	return resp
}

// tagTimes replaces times by what the protocol has for them: tag 1 around
// seconds since 1970, with milliseconds.
func tagTimes(tree any) any {
	switch value := tree.(type) {
	case time.Time:
		return codec.Tag{Number: 1, Content: float64(value.UnixMilli()) / 1000}
	case map[string]any:
		for key := range value {
			value[key] = tagTimes(value[key])
		}
	case []any:
		for i := range value {
			value[i] = tagTimes(value[i])
		}
	}
	return tree
}
