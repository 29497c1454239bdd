package events

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
)

// A file has what memory held when it was sealed, by group:
//
//	head, blocks and filters, index, the index again, head
//
// The index has for each part where its blocks lie and what its streams have, and at
// its end a directory of the parts. A part is the events of one stream of a group
// that has many, or those of all its other streams. Each piece of the index has a
// checksum of its own, and so has the head: it says where both indexes are.
const (
	magic     = "SILLOKLG"
	version   = 2 // of which filters say where a text may be written by its codes; 1 is read, too
	oldest    = 1
	headSize  = 96
	partSize  = 8*7 + 2*12
	statsSize = 8 * 6
	suffix    = ".events"

	mostIndex = 1 << 30 // bytes
)

// piece is where something lies in an index.
type piece struct{ at, size, sum uint32 }

// part is what the directory says of a part.
type part struct {
	group, stream uint64 // stream is 0 for several
	from, to      int64  // the times of its oldest and newest event
	events, bytes int64  // bytes of messages, and 26 for each
	stored        int64  // what its blocks and filters take on the disk
	blocks, stats piece
}

// file is a file of events.
type file struct {
	path        string
	first, last uint64 // which batches it has, but for those that were removed
	version     uint32
	made        uint32 // how often it was made: 0, and once more each time that something was removed
	size        int64
	index       [2]uint64 // where the two indexes are
	indexSize   uint32
	directory   piece
	parts       []part
	missing     atomic.Bool // it is not where it was
	broken      string      // why it is not known what it holds
}

// empty says whether it is sure that the file holds nothing.
func (f *file) empty() bool { return f.broken == "" && len(f.parts) == 0 && f.size == 2*headSize }

// openPart opens the file for what it has of a part.
func (f *file) openPart(p *part) (*reader, error) {
	if f.missing.Load() {
		damage := f.damage("it is not there")
		damage.Events, damage.From, damage.To = p.events, p.from, p.to
		return nil, damage
	}
	return f.open()
}

// name returns the name of the file, which tells which batches it has.
func (f *file) name() string { return fmt.Sprintf("%020d-%020d.%d%s", f.first, f.last, f.made, suffix) }

func parseName(name string) (*file, bool) {
	f := &file{}
	stem, ok := strings.CutSuffix(name, suffix)
	span, made, _ := strings.Cut(stem, ".")
	first, last, _ := strings.Cut(span, "-")
	if !ok {
		return nil, false
	}
	n, err := strconv.ParseUint(made, 10, 32)
	f.made = uint32(n)
	var errs [2]error
	f.first, errs[0] = strconv.ParseUint(first, 10, 64)
	f.last, errs[1] = strconv.ParseUint(last, 10, 64)
	return f, errors.Join(err, errs[0], errs[1]) == nil && f.first > 0 && f.first <= f.last && f.name() == name
}

func (p piece) append(b []byte) []byte {
	for _, n := range []uint32{p.at, p.size, p.sum} {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return b
}

func readPiece(b []byte) piece {
	return piece{binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])}
}

func (p *part) append(b []byte) []byte {
	for _, n := range []uint64{p.group, p.stream, uint64(p.from), uint64(p.to), uint64(p.events), uint64(p.bytes), uint64(p.stored)} { //nolint:gosec // the bits come back as they were
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	return p.stats.append(p.blocks.append(b))
}

func readPart(b []byte) part {
	n := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
	return part{
		group: n(0), stream: n(1), from: int64(n(2)), to: int64(n(3)), events: int64(n(4)), bytes: int64(n(5)), stored: int64(n(6)), //nolint:gosec // the bits come back as they were
		blocks: readPiece(b[56:]), stats: readPiece(b[68:]),
	}
}

// head returns the head of the file, which stands at its beginning and at its end.
func (f *file) head() []byte {
	b := append(make([]byte, 0, headSize), magic...)
	b = binary.LittleEndian.AppendUint32(b, f.version)
	b = binary.LittleEndian.AppendUint32(b, f.made)
	for _, n := range []uint64{f.first, f.last, uint64(f.size), f.index[0], f.index[1], uint64(f.indexSize)} { //nolint:gosec // not negative
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	b = f.directory.append(b)
	b = append(b, make([]byte, headSize-4-len(b))...)
	return binary.LittleEndian.AppendUint32(b, checksum(b))
}

// takeHead takes what a head says. It is false for what is not the file's.
func (f *file) takeHead(b []byte) bool {
	if len(b) != headSize || binary.LittleEndian.Uint32(b[headSize-4:]) != checksum(b[:headSize-4]) ||
		string(b[:8]) != magic {
		return false
	}
	f.version = binary.LittleEndian.Uint32(b[8:])
	if f.version < oldest || f.version > version {
		return false
	}
	n := func(i int) uint64 { return binary.LittleEndian.Uint64(b[16+8*i:]) }
	size, index, indexSize := uint64(f.size), [2]uint64{n(3), n(4)}, n(5) //nolint:gosec // not negative
	if binary.LittleEndian.Uint32(b[12:]) != f.made || n(0) != f.first || n(1) != f.last || n(2) != size || indexSize > mostIndex {
		return false
	}
	for _, at := range index {
		if at > size || size-at < indexSize {
			return false
		}
	}
	f.index, f.indexSize, f.directory = index, uint32(indexSize), readPiece(b[64:])
	return true
}

func (f *file) damage(reason string) *DamageError {
	return &DamageError{Path: f.path, Reason: reason, From: math.MinInt64, To: math.MaxInt64}
}

// openFile looks at a file in dir, whose name says of what it is. The error is a
// *DamageError where it cannot be told what it holds.
func openFile(dir, name string) (*file, error) {
	f, ok := parseName(name)
	if !ok {
		return nil, fmt.Errorf("%s is no name of a file of events", name)
	}
	f.path = filepath.Join(dir, name)
	r, err := f.open()
	if err != nil {
		return nil, err
	}
	defer r.close()
	info, err := r.in.Stat()
	if err != nil {
		return nil, err
	}
	f.size = info.Size()
	sound := false
	for _, at := range []int64{0, f.size - headSize} {
		b, err := r.bytes(uint64(max(at, 0)), headSize)
		if _, damaged := errors.AsType[*DamageError](err); err != nil && !damaged {
			return nil, err // another time it may be read
		}
		sound = sound || err == nil && f.takeHead(b)
	}
	if !sound {
		return nil, f.damage("both heads are damaged, or the file is torn")
	}
	directory, err := r.piece(f.directory)
	if err != nil {
		return nil, err
	}
	if len(directory)%partSize != 0 {
		return nil, f.damage("its directory is of another length")
	}
	for ; len(directory) > 0; directory = directory[partSize:] {
		f.parts = append(f.parts, readPart(directory))
	}
	return f, nil
}

// reader reads a file that is open.
type reader struct {
	*file

	in   *os.File
	side *side // that opened it for several; nil for none
}

func (f *file) open() (*reader, error) {
	opened, err := os.Open(f.path)
	if err != nil {
		return nil, err
	}
	return &reader{file: f, in: opened}, nil
}

func (r *reader) close() {
	if r.side != nil && !r.side.leave(r.file) {
		return
	}
	r.in.Close() //nolint:errcheck,gosec // only read
}

// bytes reads a span of the file.
func (r *reader) bytes(at uint64, size uint32) ([]byte, error) { return r.into(nil, at, size) }

// into reads a span of the file into b, or new memory where it is not enough.
func (r *reader) into(b []byte, at uint64, size uint32) ([]byte, error) {
	if total := uint64(r.size); at > total || total-at < uint64(size) { //nolint:gosec // not negative
		return nil, r.damage("it is torn")
	}
	b = room(b, int(size))
	if _, err := r.in.ReadAt(b, int64(at)); err != nil { //nolint:gosec // at most the file's size
		return nil, fmt.Errorf("logs: read %s: %w", r.path, err)
	}
	return b, nil
}

// piece reads a piece of the index, from whichever of the two has it sound.
func (r *reader) piece(p piece) ([]byte, error) {
	if uint64(p.at)+uint64(p.size) > uint64(r.indexSize) {
		return nil, r.damage("its index is of another length")
	}
	for _, index := range r.index {
		b, err := r.bytes(index+uint64(p.at), p.size)
		if err != nil {
			return nil, err
		}
		if checksum(b) == p.sum {
			return b, nil
		}
	}
	return nil, r.damage("neither of its indexes has its checksum")
}

// blocks returns what the index says of a part's blocks.
func (r *reader) blocks(p *part) ([]blockMeta, error) {
	b, err := r.piece(p.blocks)
	if err != nil {
		return nil, r.lost(p, err)
	}
	if len(b)%metaSize != 0 {
		return nil, r.lost(p, r.damage("its index is of another length"))
	}
	all := make([]blockMeta, 0, len(b)/metaSize)
	for ; len(b) > 0; b = b[metaSize:] {
		all = append(all, readMeta(b))
	}
	return all, nil
}

// lost says that damage is to all of a part.
func (*reader) lost(p *part, err error) error {
	if damage, ok := errors.AsType[*DamageError](err); ok {
		damage.Events, damage.From, damage.To = p.events, p.from, p.to
	}
	return err
}

// stats adds what the index says of a part's streams.
func (r *reader) stats(p *part, to map[uint64]Stats) error {
	b, err := r.piece(p.stats)
	if err != nil {
		return r.lost(p, err)
	}
	if len(b)%statsSize != 0 {
		return r.lost(p, r.damage("its index is of another length"))
	}
	for ; len(b) > 0; b = b[statsSize:] {
		n := func(i int) int64 { return int64(binary.LittleEndian.Uint64(b[8*i:])) } //nolint:gosec // the bits come back as they were
		stream := binary.LittleEndian.Uint64(b)
		all := to[stream]
		all.merge(Stats{First: n(1), Last: n(2), Ingested: n(3), Events: n(4), Bytes: n(5)})
		to[stream] = all
	}
	return nil
}

func appendStats(b []byte, stream uint64, s Stats) []byte {
	b = binary.LittleEndian.AppendUint64(b, stream)
	for _, n := range []int64{s.First, s.Last, s.Ingested, s.Events, s.Bytes} {
		b = binary.LittleEndian.AppendUint64(b, uint64(n)) //nolint:gosec // the bits come back as they were
	}
	return b
}
