package records

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"time"
)

// Kind says what a record is.
type Kind uint8

// The kinds of record.
const (
	Plain Kind = 1 + iota // stands for itself
	Begun                 // an intent: an Ended follows, unless its process died
	Ended                 // the end of an intent

	start // begins a segment: its version and the intents that are open
	mark  // ends what a closed log holds
)

// String returns the kind's name in lower case.
func (k Kind) String() string {
	names := [...]string{Plain: "plain", Begun: "begun", Ended: "ended", start: "start", mark: "mark"}
	if k < Plain || int(k) >= len(names) {
		return fmt.Sprintf("kind %d", uint8(k))
	}
	return names[k]
}

// Record is one record as it was appended.
type Record struct {
	Seq  uint64    // its number, from 1
	Time time.Time // when it was appended, UTC, never less than the one before
	Kind Kind      // Plain, Begun or Ended
	Of   uint64    // the intent that an Ended ends, else 0
	Data []byte    // the caller's own

	Place Place // where it lies
}

// Place is where a record lies, for Reader.At.
type Place struct {
	Segment uint64 // the number of the first record of its segment
	Offset  uint32 // in the segment's file
}

// A segment is a row of frames, each at a multiple of 8: a head of 40 bytes,
// the data, and zeros up to the next multiple.
//
//	 0  checksum of the head, of the segment's salt and of the frame's offset
//	 4  checksum of the data
//	 8  number; that of the next record in a start or mark
//	16  time, in nanoseconds since 1970
//	24  Ended: the intent's number; Begun: the bytes reserved for its end
//	32  length of the data
//	36  kind
//
// Numbers are little-endian, checksums CRC-32C. The salt makes it impossible to
// write data that looks like frames to whoever searches for the next one after
// a damaged place.
const (
	headSize  = 40
	frameStep = 8
	maxData   = 1 << 20 // of a frame
)

type frame struct {
	kind Kind
	seq  uint64
	time int64
	of   uint64
	data []byte

	place Place // of one that was read
}

func (f frame) isRecord() bool { return f.kind <= Ended }

// record returns what a caller sees of f, in memory of its own.
func (f frame) record() Record {
	r := Record{Seq: f.seq, Time: time.Unix(0, f.time).UTC(), Kind: f.kind, Data: bytes.Clone(f.data), Place: f.place}
	if f.kind == Ended {
		r.Of = f.of
	}
	return r
}

// frameSize returns the bytes that a frame with n bytes of data takes.
func frameSize(n int) int64 {
	return (int64(headSize) + int64(n) + frameStep - 1) &^ (frameStep - 1)
}

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

func dataSum(data []byte) uint32 { return crc32.Checksum(data, castagnoli()) }

// headSum returns the checksum of a head at offset of the segment with salt.
func headSum(salt uint64, offset int64, head []byte) uint32 {
	seed := uint32(salt) ^ uint32(salt>>32) ^ uint32(offset) //nolint:gosec // an offset is below maxSegment
	return crc32.Update(seed, castagnoli(), head[4:headSize])
}

// appendFrame appends f, whose data has the checksum sum, to buf as it stands
// at offset of the segment with salt.
func appendFrame(buf []byte, salt uint64, offset int64, f frame, sum uint32) []byte {
	var zeros [headSize]byte
	from := len(buf)
	buf = append(buf, zeros[:]...)
	buf = append(buf, f.data...)
	buf = append(buf, zeros[:frameSize(len(f.data))-headSize-int64(len(f.data))]...)
	head := buf[from : from+headSize]
	binary.LittleEndian.PutUint32(head[4:], sum)
	binary.LittleEndian.PutUint64(head[8:], f.seq)
	binary.LittleEndian.PutUint64(head[16:], uint64(f.time)) //nolint:gosec // the bits come back as they were
	binary.LittleEndian.PutUint64(head[24:], f.of)
	binary.LittleEndian.PutUint32(head[32:], uint32(len(f.data))) //nolint:gosec // at most maxData
	binary.LittleEndian.PutUint32(head[36:], uint32(f.kind))
	binary.LittleEndian.PutUint32(head[0:], headSum(salt, offset, head))
	return buf
}

// parseHead returns the frame that a head of headSize bytes begins, without its
// data, and the length and checksum of that. It is false for what is no head.
func parseHead(head []byte, salt uint64, offset int64) (f frame, length int, sum uint32, ok bool) {
	kind, size := binary.LittleEndian.Uint32(head[36:]), binary.LittleEndian.Uint32(head[32:])
	if kind < uint32(Plain) || kind > uint32(mark) || size > maxData ||
		headSum(salt, offset, head) != binary.LittleEndian.Uint32(head) {
		return frame{}, 0, 0, false
	}
	f = frame{
		kind: Kind(kind),
		seq:  binary.LittleEndian.Uint64(head[8:]),
		time: int64(binary.LittleEndian.Uint64(head[16:])), //nolint:gosec // the bits come back as they were
		of:   binary.LittleEndian.Uint64(head[24:]),
	}
	return f, int(size), binary.LittleEndian.Uint32(head[4:]), true
}
