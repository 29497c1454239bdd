package events

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"github.com/sillok/sillok/internal/kit/disk"
)

// tempPrefix begins the name of a file that is being made.
const tempPrefix = ".making-"

const (
	laneBytes = blockBytes // of a stream, from which on it may have a part of its own
	mostLanes = 32         // parts of one group in a file, besides that of all other streams
)

// writer makes a file.
type writer struct {
	*file

	codec  *codec
	by     Ciphers
	temp   *os.File
	out    *bufio.Writer
	pos    uint64
	pieces []byte // of the index
	blocks []blockMeta
	makers []blockMaker
}

// newWriter begins a file of these batches, in the folder of files.
func (s *Store) newWriter(first, last uint64, made uint32) (*writer, error) {
	temp, err := os.CreateTemp(s.sealed, tempPrefix+"*")
	if err != nil {
		return nil, fmt.Errorf("logs: make a file of events: %w", err)
	}
	w := &writer{file: &file{first: first, last: last, made: made, version: version}, codec: s.codec, by: s.cfg.Ciphers, temp: temp, out: bufio.NewWriterSize(temp, 1<<20), makers: make([]blockMaker, runtime.GOMAXPROCS(0))}
	return w, w.write(make([]byte, headSize))
}

func (w *writer) write(b []byte) error {
	w.pos += uint64(len(b))
	if _, err := w.out.Write(b); err != nil {
		return fmt.Errorf("logs: make a file of events: %w", err)
	}
	return nil
}

// group writes the events of a group, which are in order: streams that have many
// in parts of their own, all others in one.
func (w *writer) group(ctx context.Context, group uint64, events []Event) error {
	sizes := map[uint64]int64{}
	for i := range events {
		sizes[events[i].Stream] += events[i].size()
	}
	large := slices.Collect(maps.Keys(sizes))
	large = slices.DeleteFunc(large, func(s uint64) bool { return sizes[s] < laneBytes })
	slices.SortFunc(large, func(a, b uint64) int { return cmp.Or(cmp.Compare(sizes[b], sizes[a]), cmp.Compare(a, b)) })
	lanes := map[uint64][]Event{}
	for _, s := range large[:min(len(large), mostLanes)] {
		lanes[s] = nil
	}
	if len(sizes) == 1 {
		lanes[events[0].Stream] = events
	} else if len(lanes) == 0 {
		lanes[0] = events
	} else {
		for i := range events {
			lane := events[i].Stream
			if _, own := lanes[lane]; !own {
				lane = 0
			}
			lanes[lane] = append(lanes[lane], events[i])
		}
	}
	for _, stream := range slices.Sorted(maps.Keys(lanes)) {
		if err := w.part(ctx, group, stream, lanes[stream]); err != nil {
			return err
		}
	}
	return nil
}

// part writes a part of events, which are in order.
func (w *writer) part(ctx context.Context, group, stream uint64, events []Event) error {
	var cipher *Cipher
	if w.by != nil {
		var err error
		if cipher, err = w.by.Sealing(ctx, group); err != nil {
			return fmt.Errorf("logs: the key of a group: %w", err)
		}
	}
	stats := map[uint64]Stats{}
	for i := range events {
		s := stats[events[i].Stream]
		s.add(&events[i])
		stats[events[i].Stream] = s
	}
	for len(events) > 0 {
		made, n := make([]block, len(w.makers)), 0
		var work sync.WaitGroup
		for ; n < len(made) && len(events) > 0; n++ {
			end := blockEnd(events)
			own, i := events[:end], n
			events = events[end:]
			work.Go(func() { made[i] = w.makers[i].make(w.codec, own) })
		}
		work.Wait()
		for i := range made[:n] {
			if cipher == nil {
				break
			}
			if err := made[i].encrypt(group, cipher); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		for i := range made[:n] {
			if err := w.block(made[i]); err != nil {
				return err
			}
		}
	}
	w.endPart(group, stream, stats)
	return nil
}

// block writes a block, and its filter behind it.
func (w *writer) block(b block) error {
	b.meta.at = w.pos
	b.meta.filterAt = w.pos + uint64(len(b.data))
	w.blocks = append(w.blocks, b.meta)
	return errors.Join(w.write(b.data), w.write(b.filter))
}

// endPart puts what was written into the index.
func (w *writer) endPart(group, stream uint64, stats map[uint64]Stats) {
	p := part{group: group, stream: stream}
	var total Stats
	var b []byte
	for _, id := range slices.Sorted(maps.Keys(stats)) {
		b = appendStats(b, id, stats[id])
		total.merge(stats[id])
	}
	p.stats = w.put(b)
	p.from, p.to, p.events, p.bytes = total.First, total.Last, total.Events, total.Bytes
	b = nil
	for i := range w.blocks {
		b = w.blocks[i].append(b)
		p.stored += int64(w.blocks[i].size) + int64(w.blocks[i].filterSize)
	}
	p.blocks = w.put(b)
	w.blocks = w.blocks[:0]
	w.parts = append(w.parts, p)
}

// put adds a piece to the index.
func (w *writer) put(b []byte) piece {
	p := piece{at: uint32(len(w.pieces)), size: uint32(len(b)), sum: checksum(b)} //nolint:gosec // an index is below 1 GiB
	w.pieces = append(w.pieces, b...)
	return p
}

// end makes the file durable under its name.
func (w *writer) end() (*file, error) {
	var directory []byte
	for i := range w.parts {
		directory = w.parts[i].append(directory)
	}
	w.directory = w.put(directory)
	if len(w.pieces) > mostIndex {
		return nil, w.abort(fmt.Errorf("logs: an index of %d bytes is too large", len(w.pieces)))
	}
	w.indexSize = uint32(len(w.pieces)) //nolint:gosec // checked above
	w.index = [2]uint64{w.pos, w.pos + uint64(len(w.pieces))}
	w.size = int64(w.pos) + 2*int64(len(w.pieces)) + headSize //nolint:gosec // a file is below 2^63
	head := w.head()
	err := errors.Join(w.write(w.pieces), w.write(w.pieces), w.write(head), w.out.Flush())
	if err == nil {
		_, err = w.temp.WriteAt(head, 0)
	}
	if err == nil {
		err = w.temp.Sync()
	}
	dir := filepath.Dir(w.temp.Name())
	w.path = filepath.Join(dir, w.name())
	if err == nil {
		err = os.Rename(w.temp.Name(), w.path)
	}
	if err != nil {
		return nil, w.abort(fmt.Errorf("logs: make a file of events: %w", err))
	}
	return w.file, errors.Join(w.temp.Close(), disk.SyncFolder(dir))
}

// abort removes what was written, and returns why.
func (w *writer) abort(why error) error {
	return errors.Join(why, w.temp.Close(), os.Remove(w.temp.Name()))
}
