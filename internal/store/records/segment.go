package records

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	suffix      = ".segment"
	nextName    = "next" // a segment that is being made
	version     = 1
	entrySize   = 24      // of an open intent in a start
	maxIntents  = 1 << 15 // that are open at once: a start holds them all
	markReserve = headSize
)

// segment is what is known of a segment's file without reading its records.
type segment struct {
	first uint64 // the number of the first record that it can hold
	salt  uint64
	floor int64 // the time of the record before first: none in it is older
	size  int64 // of the file
}

// name returns the name of the file. It carries the number and the salt, so
// that a damaged start takes nothing else with it.
func (s segment) name() string { return fmt.Sprintf("%020d-%016x%s", s.first, s.salt, suffix) }

func parseName(name string) (segment, bool) {
	stem, ok := strings.CutSuffix(name, suffix)
	first, salt, _ := strings.Cut(stem, "-")
	if !ok || len(first) != 20 || len(salt) != 16 {
		return segment{}, false
	}
	var s segment
	var errFirst, errSalt error
	s.first, errFirst = strconv.ParseUint(first, 10, 64)
	s.salt, errSalt = strconv.ParseUint(salt, 16, 64)
	return s, errFirst == nil && errSalt == nil && s.first > 0 && s.name() == name
}

// listSegments returns the segments in dir, oldest first, without floor and
// size.
func listSegments(dir string) ([]segment, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var found []segment
	for _, entry := range entries {
		if s, ok := parseName(entry.Name()); ok {
			found = append(found, s)
		}
	}
	slices.SortFunc(found, func(a, b segment) int { return cmp.Compare(a.first, b.first) })
	for i := range found[:max(len(found)-1, 0)] {
		if found[i].first == found[i+1].first {
			return nil, fmt.Errorf("segments %s and %s begin with the same record: one of them is foreign to this log",
				found[i].name(), found[i+1].name())
		}
	}
	return found, nil
}

// measure fills in floor and size of s, which follows a segment with the floor
// before. A start that is damaged leaves it at that; readers will tell.
func (s *segment) measure(dir string, before int64) (err error) {
	f, err := os.Open(filepath.Join(dir, s.name())) //nolint:gosec // in a folder that the operator names
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	s.floor, s.size = before, info.Size()
	head := make([]byte, headSize)
	if _, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if begin, _, _, ok := parseHead(head, s.salt, 0); ok {
		s.floor = begin.time
	}
	return nil
}

// place is where an intent is, and what is reserved for its end.
type place struct {
	segment uint64 // its first number
	offset  int64
	reserve int
}

// cost returns the bytes that are held back for the intent: its end, and its
// entry in the start of a further segment.
func cost(reserve int) int64 { return frameSize(reserve) + entrySize }

// encodeStart returns the data of a start.
func encodeStart(open map[uint64]place) []byte {
	data := make([]byte, 0, 8+len(open)*entrySize)
	data = binary.LittleEndian.AppendUint32(data, version)
	data = binary.LittleEndian.AppendUint32(data, uint32(len(open))) //nolint:gosec // at most maxIntents
	for seq, p := range open {
		data = binary.LittleEndian.AppendUint64(data, seq)
		data = binary.LittleEndian.AppendUint64(data, p.segment)
		data = binary.LittleEndian.AppendUint32(data, uint32(p.offset))  //nolint:gosec // below maxSegment
		data = binary.LittleEndian.AppendUint32(data, uint32(p.reserve)) //nolint:gosec // at most maxData
	}
	return data
}

// decodeStart returns the intents that were open when the segment began.
func decodeStart(data []byte) (map[uint64]place, error) {
	if len(data) < 8 {
		return nil, fmt.Errorf("a start of %d bytes", len(data))
	}
	if v := binary.LittleEndian.Uint32(data); v != version {
		return nil, fmt.Errorf("the log has version %d and this program knows version %d: it was written by a newer one", v, version)
	}
	n := int(binary.LittleEndian.Uint32(data[4:]))
	entries := data[8:]
	if n > maxIntents || len(entries) != n*entrySize {
		return nil, fmt.Errorf("a start of %d bytes for %d intents", len(data), n)
	}
	open := make(map[uint64]place, n)
	for ; len(entries) > 0; entries = entries[entrySize:] {
		open[binary.LittleEndian.Uint64(entries)] = place{
			segment: binary.LittleEndian.Uint64(entries[8:]),
			offset:  int64(binary.LittleEndian.Uint32(entries[16:])),
			reserve: int(binary.LittleEndian.Uint32(entries[20:])),
		}
	}
	return open, nil
}
