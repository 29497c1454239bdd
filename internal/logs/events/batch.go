package events

import (
	"encoding/binary"
	"errors"
	"math"
)

// A record of the log is one batch of a stream:
//
//	kind, group, stream, number of events, time of the first event, time of arrival
//	less that; for each event but the first its time less the one before it; for
//	each event the length of its message; the messages.
//
// Numbers are varints. A batch of one event adds 24 bytes to it as long as groups
// and streams are below 2^28, so that the largest batch that AWS takes, which
// counts 26 for each event, is one record.
const kindBatch = 1

var errBatch = errors.New("it is no batch of events")

// encodeBatch appends the record of a batch, which has at least one line.
func encodeBatch(b []byte, group, stream uint64, ingested int64, lines []Line) []byte {
	b = append(b, kindBatch)
	b = binary.AppendUvarint(b, group)
	b = binary.AppendUvarint(b, stream)
	b = binary.AppendUvarint(b, uint64(len(lines)))
	b = binary.AppendVarint(b, lines[0].Time)
	b = binary.AppendVarint(b, ingested-lines[0].Time)
	for i := range lines[1:] {
		b = binary.AppendVarint(b, lines[i+1].Time-lines[i].Time)
	}
	for i := range lines {
		b = binary.AppendUvarint(b, uint64(len(lines[i].Message)))
	}
	for i := range lines {
		b = append(b, lines[i].Message...)
	}
	return b
}

// numbers reads varints. After the first that is none it reads zeros.
type numbers struct {
	b   []byte
	bad bool
}

func (n *numbers) unsigned() uint64 {
	v, size := binary.Uvarint(n.b)
	if size <= 0 {
		n.b, n.bad = nil, true
		return 0
	}
	n.b = n.b[size:]
	return v
}

func (n *numbers) signed() int64 {
	v, size := binary.Varint(n.b)
	if size <= 0 {
		n.b, n.bad = nil, true
		return 0
	}
	n.b = n.b[size:]
	return v
}

// count reads how many things follow, each of at least one byte.
func (n *numbers) count() int {
	v := n.unsigned()
	if v > uint64(len(n.b)) {
		n.b, n.bad = nil, true
		return 0
	}
	return int(v) //nolint:gosec // at most the length of a slice
}

// texts gives messages of these lengths to events: they are all that is left.
func (n *numbers) texts(events []Event, lengths []int) bool {
	rest := n.b
	for i := range events {
		if lengths[i] > len(rest) {
			return false
		}
		events[i].Message, rest = rest[:lengths[i]:lengths[i]], rest[lengths[i]:]
	}
	return len(rest) == 0 && !n.bad
}

// decodeRecord returns the events of the record with the number seq, once it is open.
// Their messages lie in data.
func decodeRecord(data []byte, seq uint64) (group uint64, events []Event, err error) {
	if len(data) == 0 || data[0] != kindBatch {
		return 0, nil, errBatch
	}
	n := &numbers{b: data[1:]}
	group = n.unsigned()
	stream := n.unsigned()
	count := n.count()
	if count == 0 || count > math.MaxUint32 {
		return 0, nil, errBatch
	}
	events, lengths := make([]Event, count), make([]int, count)
	t := n.signed()
	ingested := t + n.signed()
	for i := range events {
		if i > 0 {
			t += n.signed()
		}
		events[i] = Event{Key: Key{Time: t, Seq: seq, N: uint32(i)}, Stream: stream, Ingested: ingested}
	}
	for i := range lengths {
		lengths[i] = n.count()
	}
	if !n.texts(events, lengths) {
		return 0, nil, errBatch
	}
	return group, events, nil
}
