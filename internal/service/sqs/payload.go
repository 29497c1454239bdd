package sqs

import (
	"crypto/md5" //nolint:gosec // AWS demands it
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
)

// payload is what a message says, as it is kept.
type payload struct {
	body       string
	sender     string
	trace      *messageAttribute  // the system attribute AWSTraceHeader; nil for none
	attributes []messageAttribute // in the order of their names
}

// messageAttribute is an attribute of a message.
type messageAttribute struct {
	name, kind string
	binary     bool
	value      string
}

const traceHeader = "AWSTraceHeader"

const payloadVersion = 1

var errPayload = errors.New("a message is not what was written")

// encode returns a payload as it is kept.
func (p *payload) encode() []byte {
	b := make([]byte, 0, len(p.body)+64)
	b = append(b, payloadVersion)
	b = appendText(appendText(b, p.body), p.sender)
	all := p.attributes
	if p.trace != nil {
		b = append(b, 1)
		b = p.trace.append(b)
	} else {
		b = append(b, 0)
	}
	b = binary.AppendUvarint(b, uint64(len(all)))
	for i := range all {
		b = all[i].append(b)
	}
	return b
}

func (a *messageAttribute) append(b []byte) []byte {
	b = appendText(appendText(b, a.name), a.kind)
	if a.binary {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	return appendText(b, a.value)
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// decodePayload reads what encode wrote.
func decodePayload(b []byte) (*payload, error) {
	r := &payloadReader{rest: b}
	if r.one() != payloadVersion {
		return nil, errPayload
	}
	p := &payload{body: r.text(), sender: r.text()}
	if r.one() == 1 {
		a := r.attribute()
		p.trace = &a
	}
	n := r.size()
	if n > uint64(len(r.rest)) {
		return nil, errPayload
	}
	for range n {
		p.attributes = append(p.attributes, r.attribute())
	}
	if r.bad || len(r.rest) > 0 {
		return nil, errPayload
	}
	return p, nil
}

// payloadReader reads a payload. It is bad once something was not there.
type payloadReader struct {
	rest []byte
	bad  bool
}

func (r *payloadReader) one() byte {
	if len(r.rest) == 0 {
		r.bad = true
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *payloadReader) size() uint64 {
	n, read := binary.Uvarint(r.rest)
	if read <= 0 {
		r.bad, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[read:]
	return n
}

func (r *payloadReader) text() string {
	n := r.size()
	if n > uint64(len(r.rest)) {
		r.bad, r.rest = true, nil
		return ""
	}
	text := string(r.rest[:n])
	r.rest = r.rest[n:]
	return text
}

func (r *payloadReader) attribute() messageAttribute {
	return messageAttribute{name: r.text(), kind: r.text(), binary: r.one() == 1, value: r.text()}
}

// md5Of returns the MD5 of a body as SQS tells it.
func md5Of(body string) string {
	sum := md5.Sum([]byte(body)) //nolint:gosec // AWS demands it
	return hex.EncodeToString(sum[:])
}

// md5OfAttributes returns the MD5 of attributes, which are in the order of their names; nil
// for none.
//
// See https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation.
func md5OfAttributes(all []messageAttribute) *string {
	if len(all) == 0 {
		return nil
	}
	h := md5.New() //nolint:gosec // AWS demands it
	for i := range all {
		a := &all[i]
		sum(h, a.name)
		sum(h, a.kind)
		if a.binary {
			h.Write([]byte{2})
		} else {
			h.Write([]byte{1})
		}
		sum(h, a.value)
	}
	return new(hex.EncodeToString(h.Sum(nil)))
}

func sum(h hash.Hash, text string) {
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(text)))) //nolint:gosec // texts are shorter
	h.Write([]byte(text))
}
