package queues

import (
	"bytes"
	"encoding/binary"

	"github.com/google/uuid"
)

// The spaces of keys, by their first byte. All but the first go on with the number of a
// queue.
const (
	spaceMeta     = 'a' // what the store knows of itself
	spaceBodies   = 'b' // bodies, by sequence
	spaceMessages = 'm' // where each message stands, by sequence
	spaceNext     = 'n' // the first sequence that is certainly free
	spaceSeen     = 's' // names that messages gave themselves, while they count
)

const (
	metaVersion = 'v'
	metaSecret  = 's'
)

func queueKey(space byte, number uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{space}, number)
}

func messageKey(space byte, number, sequence uint64) []byte {
	return binary.BigEndian.AppendUint64(queueKey(space, number), sequence)
}

func seenKey(number uint64, name string) []byte {
	return append(queueKey(spaceSeen, number), name...)
}

// nextOf returns the first key after all that begin with prefix.
func nextOf(prefix []byte) []byte {
	end := bytes.Clone(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}

// encode returns a message as it is kept.
func (m *message) encode() []byte {
	b := make([]byte, 0, 128)
	b = append(b, version, m.flags())
	b = append(b, m.id[:]...)
	for _, t := range []int64{m.sent, m.base, m.visible, m.first, m.last} {
		b = binary.AppendVarint(b, t)
	}
	b = binary.AppendUvarint(b, uint64(m.count))
	b = binary.AppendUvarint(b, uint64(m.size))
	for _, text := range []string{m.group.name, m.name, m.source} {
		b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
	}
	if m.origin != nil {
		b = append(b, m.origin[:]...)
	}
	return b
}

const (
	flagInFlight = 1 << iota
	flagOrigin
)

func (m *message) flags() (f byte) {
	if m.state == inFlight {
		f |= flagInFlight
	}
	if m.origin != nil {
		f |= flagOrigin
	}
	return f
}

// decode reads what encode wrote. The name of the group comes beside it.
func decode(b []byte, sequence uint64) (m *message, group string, ok bool) {
	if len(b) < 18 || b[0] != version || b[1]&^(flagInFlight|flagOrigin) != 0 {
		return nil, "", false
	}
	m = &message{sequence: sequence, id: uuid.UUID(b[2:18]), state: delayed}
	flags := b[1]
	if flags&flagInFlight != 0 {
		m.state = inFlight
	}
	r := reader{b[18:], true}
	for _, t := range []*int64{&m.sent, &m.base, &m.visible, &m.first, &m.last} {
		*t = r.signed()
	}
	m.count, m.size = r.small(), r.small()
	for _, text := range []*string{&group, &m.name, &m.source} {
		*text = r.text()
	}
	if flags&flagOrigin != 0 {
		if len(r.rest) < 16 {
			return nil, "", false
		}
		origin := uuid.UUID(r.rest[:16])
		m.origin, r.rest = &origin, r.rest[16:]
	}
	return m, group, r.ok && len(r.rest) == 0
}

// reader reads a record. It is not ok once something was not there.
type reader struct {
	rest []byte
	ok   bool
}

func (r *reader) signed() int64 {
	v, n := binary.Varint(r.rest)
	r.skip(n)
	return v
}

func (r *reader) small() uint32 {
	v, n := binary.Uvarint(r.rest)
	r.skip(n)
	if v > 1<<32-1 {
		r.ok = false
	}
	return uint32(v) //nolint:gosec // it was looked at
}

func (r *reader) text() string {
	size := r.small()
	if uint64(size) > uint64(len(r.rest)) {
		r.ok = false
		return ""
	}
	text := string(r.rest[:size])
	r.rest = r.rest[size:]
	return text
}

func (r *reader) skip(n int) {
	if n <= 0 {
		r.rest, r.ok = nil, false
		return
	}
	r.rest = r.rest[n:]
}

// encode returns what is kept of a name that a message gave itself.
func (s seen) encode() []byte {
	b := append([]byte{}, s.id[:]...)
	b = binary.BigEndian.AppendUint64(b, s.sequence)
	return binary.BigEndian.AppendUint64(b, uint64(s.at)) //nolint:gosec // it is only written down
}

func decodeSeen(b []byte) (s seen, ok bool) {
	if len(b) != 32 {
		return s, false
	}
	return seen{
		id: uuid.UUID(b[:16]), sequence: binary.BigEndian.Uint64(b[16:]), at: int64(binary.BigEndian.Uint64(b[24:])), //nolint:gosec // so it was written
	}, true
}

func sequenceIn(b []byte) uint64 { return binary.BigEndian.Uint64(b) }
