package events

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/klauspost/compress/zstd"
)

// A block is some events of a group, in order, compressed together:
//
//	number of events, number of streams, the streams; for each event its time, the
//	number of its batch and its time of arrival, each less that of the one before,
//	its place in the batch, the place of its stream where there are several, and
//	the length of its message; the messages.
//
// Numbers are varints.
const (
	blockBytes  = 256 << 10 // of messages, from which on a block is ended
	blockEvents = 8192      // that a block has at most
	mostRaw     = 4 << 20   // that a block has before it is compressed
)

// blockMeta is what an index says of a block.
type blockMeta struct {
	at          uint64 // where it lies in the file
	size, sum   uint32 // compressed; its checksum
	raw         uint32 // how long it is before it is compressed
	events      uint32
	first, last Key
	filterAt    uint64
	filterSize  uint32
	filterSum   uint32
}

const (
	keySize  = 20
	metaSize = 8 + 4*4 + 2*keySize + 8 + 2*4
)

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli()) }

func appendKey(b []byte, k Key) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(k.Time)) //nolint:gosec // the bits come back as they were
	b = binary.LittleEndian.AppendUint64(b, k.Seq)
	return binary.LittleEndian.AppendUint32(b, k.N)
}

func readKey(b []byte) Key {
	return Key{
		Time: int64(binary.LittleEndian.Uint64(b)), //nolint:gosec // the bits come back as they were
		Seq:  binary.LittleEndian.Uint64(b[8:]), N: binary.LittleEndian.Uint32(b[16:]),
	}
}

func (m *blockMeta) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, m.at)
	for _, n := range []uint32{m.size, m.sum, m.raw, m.events} {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	b = appendKey(appendKey(b, m.first), m.last)
	b = binary.LittleEndian.AppendUint64(b, m.filterAt)
	b = binary.LittleEndian.AppendUint32(b, m.filterSize)
	return binary.LittleEndian.AppendUint32(b, m.filterSum)
}

func readMeta(b []byte) blockMeta {
	return blockMeta{
		at: binary.LittleEndian.Uint64(b), size: binary.LittleEndian.Uint32(b[8:]), sum: binary.LittleEndian.Uint32(b[12:]),
		raw: binary.LittleEndian.Uint32(b[16:]), events: binary.LittleEndian.Uint32(b[20:]),
		first: readKey(b[24:]), last: readKey(b[24+keySize:]),
		filterAt:   binary.LittleEndian.Uint64(b[24+2*keySize:]),
		filterSize: binary.LittleEndian.Uint32(b[32+2*keySize:]), filterSum: binary.LittleEndian.Uint32(b[36+2*keySize:]),
	}
}

// block is a block that is made: what goes into the file, and into the index.
type block struct {
	meta   blockMeta
	data   []byte
	filter []byte
}

// codec compresses and decompresses. Many may use it at once.
type codec struct {
	encoder *zstd.Encoder
	decoder *zstd.Decoder
}

func newCodec() (*codec, error) {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false), zstd.WithWindowSize(512<<10))
	if err != nil {
		return nil, err
	}
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(mostRaw))
	return &codec{e, d}, err
}

// blockMaker makes blocks. It is used again and again.
type blockMaker struct {
	filterMaker

	raw []byte
	of  map[uint64]int // the places of streams
}

// blockEnd returns how many of the events make the next block.
func blockEnd(events []Event) int {
	size := 0
	for i := range events {
		if size += len(events[i].Message); size >= blockBytes || i+1 == blockEvents {
			return i + 1
		}
	}
	return len(events)
}

// make makes a block of events, which are in order.
func (m *blockMaker) make(c *codec, events []Event) block {
	var streams []uint64
	m.of = map[uint64]int{}
	size := 0
	for i := range events {
		if _, ok := m.of[events[i].Stream]; !ok {
			m.of[events[i].Stream] = len(streams)
			streams = append(streams, events[i].Stream)
		}
		size += len(events[i].Message)
	}
	b := binary.AppendUvarint(m.raw[:0], uint64(len(events)))
	b = binary.AppendUvarint(b, uint64(len(streams)))
	for _, s := range streams {
		b = binary.AppendUvarint(b, s)
	}
	var before Event
	for i := range events {
		e := &events[i]
		b = binary.AppendVarint(b, e.Time-before.Time)
		b = binary.AppendVarint(b, int64(e.Seq-before.Seq)) //nolint:gosec // the difference wraps both ways
		b = binary.AppendVarint(b, e.Ingested-before.Ingested)
		b = binary.AppendUvarint(b, uint64(e.N))
		if len(streams) > 1 {
			b = binary.AppendUvarint(b, uint64(m.of[e.Stream])) //nolint:gosec // not negative
		}
		b = binary.AppendUvarint(b, uint64(len(e.Message)))
		before = *e
	}
	for i := range events {
		b = append(b, events[i].Message...)
	}
	m.raw = b
	made := block{data: c.encoder.EncodeAll(b, nil), filter: m.filterMaker.make(events, size, streams)}
	made.meta = blockMeta{
		size: uint32(len(made.data)), sum: checksum(made.data), raw: uint32(len(b)), events: uint32(len(events)), //nolint:gosec // a block is below 4 GiB
		first: events[0].Key, last: events[len(events)-1].Key,
		filterSize: uint32(len(made.filter)), filterSum: checksum(made.filter), //nolint:gosec // the same
	}
	return made
}

var errBlock = errors.New("it is no block of events")

// scratch is the memory that a block is loaded into. Where it is used again, what was loaded
// into it before is gone.
type scratch struct {
	filter, data, raw []byte
	events            []Event
	lengths           []int
}

// room returns memory for n bytes, that of b where it is enough.
func room(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n)
	}
	return b[:n]
}

// slack is what the decoder wants behind a block's end, so that it need not copy byte by byte there.
const slack = 16

// open decrypts and decompresses what a block has in its file into s.raw, and verifies it.
func (m *blockMeta) open(c *codec, data []byte, group uint64, keys *opener, s *scratch) ([]byte, error) {
	if checksum(data) != m.sum {
		return nil, errors.New("a block does not have its checksum")
	}
	if m.raw > mostRaw {
		return nil, errBlock
	}
	data, err := m.decrypt(data, group, keys)
	if err != nil {
		return nil, err
	}
	s.raw = room(s.raw, int(m.raw)+slack)
	raw, err := c.decoder.DecodeAll(data, s.raw[:0])
	if err != nil {
		return nil, fmt.Errorf("a block cannot be decompressed: %w", err)
	}
	if len(raw) != int(m.raw) {
		return nil, errBlock
	}
	return raw, nil
}

// decode returns the events of a block, in s.events, whose messages lie in raw, and where
// in raw messages begin.
func (m *blockMeta) decode(raw []byte, s *scratch) (events []Event, texts int, err error) {
	n := &numbers{b: raw}
	count := n.count()
	streams := make([]uint64, n.count())
	for i := range streams {
		streams[i] = n.unsigned()
	}
	if n.bad || count == 0 || uint32(count) != m.events || len(streams) == 0 { //nolint:gosec // at most mostRaw
		return nil, 0, errBlock
	}
	if cap(s.events) < count {
		s.events, s.lengths = make([]Event, count), make([]int, count)
	}
	events = s.events[:count]
	lengths := s.lengths[:count]
	var before Key
	ingested := int64(0)
	for i := range events {
		e := &events[i]
		e.Time = before.Time + n.signed()
		e.Seq = before.Seq + uint64(n.signed()) //nolint:gosec // the difference wraps both ways
		ingested += n.signed()
		e.Ingested = ingested
		e.N = uint32(n.unsigned()) //nolint:gosec // what was written was no larger
		at := uint64(0)
		if len(streams) > 1 {
			at = n.unsigned()
		}
		if lengths[i] = n.count(); at >= uint64(len(streams)) || i > 0 && before.Compare(e.Key) >= 0 {
			return nil, 0, errBlock
		}
		e.Stream = streams[at]
		before = e.Key
	}
	texts = len(raw) - len(n.b)
	if !n.texts(events, lengths) || events[0].Key != m.first || before != m.last {
		return nil, 0, errBlock
	}
	return events, texts, nil
}
