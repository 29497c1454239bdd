// Package cbor speaks Smithy's RPC v2 CBOR: POST of a CBOR map to
// /service/<Service>/operation/<Operation>.
package cbor

import (
	"fmt"
	"reflect"
	"time"

	codec "github.com/fxamacker/cbor/v2"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
)

// Name is the protocol's name in the Smithy-Protocol header.
const Name = "rpc-v2-cbor"

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
		MaxNestedLevels:  64,
		MaxArrayElements: 1 << 20,
		MaxMapPairs:      1 << 16,
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

// Decode fills in from the body; an empty body is an empty map.
func (p Protocol) Decode(op *wire.Operation, r *wire.Request, in any) error {
	if len(r.Body) == 0 {
		return nil
	}
	var tree any
	if err := p.dec.Unmarshal(r.Body, &tree); err != nil {
		return cloud.Errorf(cloud.Invalid, "SerializationException", "Could not parse request body into cbor: %v", err)
	}
	return wire.Assign(op.Input(), tree, reflect.ValueOf(in).Elem())
}

// Encode says out as a CBOR map.
func (p Protocol) Encode(op *wire.Operation, out any, requestID string) (*wire.Response, error) {
	tree, err := wire.Tree(op.Output(), reflect.ValueOf(out).Elem())
	if err != nil {
		return nil, err
	}
	body, err := p.enc.Marshal(tagTimes(tree))
	if err != nil {
		return nil, fmt.Errorf("cbor: %w", err)
	}
	return respond(op.Status, requestID, body), nil
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
	resp := respond(f.Status, f.RequestID, body)
	if f.TellQuery && m.QueryCompatible {
		resp.Header.Set("X-Amzn-Query-Error", f.QueryError())
	}
	return resp
}

func respond(status int, requestID string, body []byte) *wire.Response {
	resp := wire.NewResponse(status, "application/cbor", requestID, body)
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
