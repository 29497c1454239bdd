package records

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/sillok/sillok/internal/kit/disk"
)

// write is the writer: it alone writes to segments while the log is open.
func (l *Log) write() {
	defer close(l.done)
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		switch {
		case l.stopped != nil && l.closing:
			return
		case l.stopped != nil:
			l.work.Wait()
		case len(l.batch.buf) > 0 && (l.batch.due || l.attempt != nil || l.closing):
			l.gather()
			l.flush()
		case l.attempt != nil:
			l.rotate()
		case l.closing:
			l.finish()
			return
		default:
			l.work.Wait()
		}
	}
}

// mostYields bounds how often a sync gives way to further records.
const (
	mostYields = 100
	idleYields = 1
)

// gather gives way to the goroutines that are ready to run for as long as they
// bring further records. A machine with nothing else to do goes on at once; one
// that is busy shares the cost of a sync among more.
func (l *Log) gather() {
	idle := 0
	for range mostYields {
		n := len(l.batch.buf)
		l.mu.Unlock()
		runtime.Gosched()
		l.mu.Lock()
		if len(l.batch.buf) > n {
			idle = 0
		} else if idle++; idle == idleYields {
			return
		}
	}
}

// flush makes the batch durable. Meanwhile the next one fills: that is how
// writers share a sync.
func (l *Log) flush() {
	b := l.batch
	l.batch = newBatch(l.spare)
	l.wake(&l.room)
	size := l.segments[len(l.segments)-1].size
	l.mu.Unlock()
	_, err := l.file.WriteAt(b.buf, b.at)
	if err == nil {
		err = l.warmUp(b.at+int64(len(b.buf)), size)
	}
	if err == nil {
		err = l.file.Sync()
	}
	l.mu.Lock()
	l.spare = b.buf
	if err != nil {
		l.stop(err)
		b.err = l.stopped
		close(b.done)
		return
	}
	l.end, l.durable, l.marked = b.at+int64(len(b.buf)), b.last, false
	close(b.done)
	l.wake(&l.advanced)
}

// warmAhead is how much of a segment is written with zeros at a time.
const warmAhead = 1 << 20

// warmUp writes zeros behind the records, which end at end, when they come to
// where nothing was ever written. A sync of space that was only taken from the
// disk costs twice that of space that has been written: the file system has to
// note that it is no longer empty.
func (l *Log) warmUp(end, size int64) error {
	if end <= l.warm {
		return nil
	}
	l.warm = min(end+warmAhead, size)
	if end >= l.warm {
		return nil
	}
	if l.zeros == nil {
		l.zeros = make([]byte, warmAhead)
	}
	_, err := l.file.WriteAt(l.zeros[:l.warm-end], end)
	return err
}

// stop ends writing. A sync is not tried again: the disk may have dropped what
// it could not write, and say that all is well.
func (l *Log) stop(cause error) {
	l.stopped = errStopped(cause)
	l.cfg.Log.Error("records are no longer written", "folder", l.cfg.Dir, "last_durable", l.durable, "error", cause)
	l.batch.err = l.stopped
	close(l.batch.done)
	if l.attempt != nil {
		l.attempt.err = l.stopped
		close(l.attempt.done)
		l.attempt = nil
	}
	l.wake(&l.room)
	l.wake(&l.advanced)
}

// finish marks the end, if there is room: a mark tells damage to the last
// record from a crash.
func (l *Log) finish() {
	if l.marked || l.file == nil || l.pos+l.reserved+markReserve > l.segments[len(l.segments)-1].size {
		return
	}
	f := frame{kind: mark, seq: l.next, time: l.clock}
	_, err := l.file.WriteAt(appendFrame(nil, l.segments[len(l.segments)-1].salt, l.pos, f, dataSum(nil)), l.pos)
	if err == nil {
		err = l.file.Sync()
	}
	if err != nil {
		l.stop(err)
	}
}

// rotate makes a further segment and gives the rest of the last one back to the
// disk. All records are durable, and none is given a place meanwhile.
func (l *Log) rotate() {
	header := frame{kind: start, seq: l.next, time: l.clock, data: encodeStart(l.open)}
	begin := frameSize(len(header.data))
	seg := segment{first: l.next, salt: newSalt(), floor: l.clock}
	seg.size = max(l.cfg.SegmentBytes, pages(begin+l.reserved+frameSize(l.cfg.maxRecord())+markReserve))
	l.mu.Unlock()
	made, err := l.makeSegment(seg, header)
	var unsure error // whether the segment is there after a crash
	if err == nil {
		unsure = disk.SyncFolder(l.cfg.Dir)
	}
	l.mu.Lock()
	before := l.full
	l.full = nil
	switch {
	case unsure != nil:
		l.stop(errors.Join(unsure, made.Close()))
		return
	case err != nil:
		if l.full = errNoSegment(err); before == nil {
			l.cfg.Log.Error("records are refused until there is space for them", "folder", l.cfg.Dir, "error", err)
		}
	default:
		l.trim()
		l.segments, l.file = append(slices.Clone(l.segments), seg), made
		l.pos, l.end, l.warm, l.marked = begin, begin, begin, true
	}
	l.attempt.err = l.full
	close(l.attempt.done)
	l.attempt = nil
}

// makeSegment makes the file of seg. It has its name only when its start is
// durable.
func (l *Log) makeSegment(seg segment, header frame) (file, error) {
	path := filepath.Join(l.cfg.Dir, nextName)
	f, err := l.cfg.openFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return nil, err
	}
	if err = f.Allocate(seg.size); err == nil {
		_, err = f.WriteAt(appendFrame(nil, seg.salt, 0, header, dataSum(header.data)), 0)
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = os.Rename(path, filepath.Join(l.cfg.Dir, seg.name()))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(path))
	}
	return f, nil
}

// trim closes the file of the last segment and gives what it does not use back
// to the disk.
func (l *Log) trim() {
	if l.file == nil {
		return
	}
	full := len(l.segments) - 1
	if err := errors.Join(l.file.Truncate(l.end), l.file.Close()); err != nil {
		// Readers take the zeros at its end for what they are.
		l.cfg.Log.Warn("a segment keeps space that it does not need", "segment", l.segments[full].name(), "error", err)
		return
	}
	l.segments = slices.Clone(l.segments)
	l.segments[full].size = l.end
}

func newSalt() uint64 {
	var b [8]byte
	rand.Read(b[:])
	return binary.LittleEndian.Uint64(b[:])
}
