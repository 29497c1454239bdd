package records

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"github.com/sillok/sillok/internal/kit/disk"
)

// recover reads what an earlier run left: the start of every segment, and the
// last segment whole.
func (l *Log) recover(ctx context.Context) error {
	if err := makeFolder(l.cfg.Dir); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(l.cfg.Dir, nextName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	segments, err := listSegments(l.cfg.Dir)
	if err != nil {
		return err
	}
	if err := l.recoverProgress(len(segments)); err != nil {
		return err
	}
	if l.segments, err = l.kept(segments); err != nil {
		return err
	}
	for l.file == nil && len(l.segments) > 0 {
		if err := l.recoverLast(ctx); err != nil {
			return err
		}
	}
	if l.file == nil {
		l.next, l.open = l.progress.now.removed.last+1, map[uint64]place{}
	}
	if l.next < l.cfg.First {
		l.cfg.Log.Error("records are missing at the end of the log", "folder", l.cfg.Dir, "first", l.next, "last", l.cfg.First-1)
		l.next = l.cfg.First
	}
	l.born, l.durable = l.next, l.next-1
	return nil
}

// recoverProgress opens the file that says what is sealed and removed.
func (l *Log) recoverProgress(segments int) error {
	var damaged bool
	_, err := os.Stat(filepath.Join(l.cfg.Dir, progressName))
	missing := segments > 0 && errors.Is(err, fs.ErrNotExist)
	l.progress, damaged, err = openProgress(l.cfg.Dir, l.cfg.openFile)
	if err != nil {
		return fmt.Errorf("%s: %w", progressName, err)
	}
	if damaged || missing {
		l.cfg.Log.Error("it is not known which records are sealed and removed: all are sealed again, and those removed count as lost",
			"folder", l.cfg.Dir, "file", progressName, "missing", missing)
	}
	return nil
}

// kept measures segments and removes those that a crash kept from being
// removed.
func (l *Log) kept(segments []segment) ([]segment, error) {
	for len(segments) > 1 && segments[1].first <= l.progress.now.removed.last+1 {
		if err := os.Remove(filepath.Join(l.cfg.Dir, segments[0].name())); err != nil {
			return nil, err
		}
		segments = segments[1:]
	}
	var floor int64
	for i := range segments {
		if err := segments[i].measure(l.cfg.Dir, floor); err != nil {
			return nil, err
		}
		floor = segments[i].floor
	}
	return segments, nil
}

// recoverLast reads the last segment, cuts what is torn at its end, and opens it
// for writing.
func (l *Log) recoverLast(ctx context.Context) error {
	i := len(l.segments) - 1
	last := l.segments[i]
	path := filepath.Join(l.cfg.Dir, last.name())
	f, err := l.cfg.openFile(path, os.O_RDWR)
	if err != nil {
		return err
	}
	r := newSegmentReader(f, last)
	r.end, r.tail = last.size, true
	sum := &tally{open: map[uint64]place{}, clock: last.floor}
	err = l.walk(ctx, r, sum)
	if err == nil && r.pos == 0 {
		l.cfg.Log.Error("nothing in the last segment is sound: it is set aside", "folder", l.cfg.Dir, "segment", last.name())
		l.segments = l.segments[:i]
		return errors.Join(f.Close(), os.Rename(path, path+".unsound"), disk.SyncFolder(l.cfg.Dir))
	}
	if err == nil {
		err = l.cut(f, r, sum.marked)
	}
	if err == nil && !sum.started {
		err = l.recoverEarlier(ctx, i, sum)
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	l.file, l.pos, l.end, l.warm, l.next = f, r.pos, r.pos, r.pos, r.next
	l.open, l.clock, l.marked = sum.open, sum.clock, sum.marked
	for _, p := range l.open {
		l.reserved += cost(p.reserve)
	}
	return nil
}

// recoverEarlier adds the intents that were open when the i-th segment began,
// whose own start is damaged.
func (l *Log) recoverEarlier(ctx context.Context, i int, after *tally) (err error) {
	if i == 0 {
		return nil
	}
	seg := l.segments[i-1]
	f, err := os.Open(filepath.Join(l.cfg.Dir, seg.name()))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r := newSegmentReader(f, seg)
	r.end, r.last = seg.size, l.segments[i].first-1
	before := &tally{open: map[uint64]place{}}
	if err := l.walk(ctx, r, before); err != nil {
		return err
	}
	if !before.started {
		if err := l.recoverEarlier(ctx, i-1, before); err != nil {
			return err
		}
	}
	for _, seq := range after.ended {
		delete(before.open, seq)
	}
	maps.Copy(after.open, before.open)
	return nil
}

// tally is what the frames of a segment add up to.
type tally struct {
	open    map[uint64]place // intents at its end
	ended   []uint64         // intents that began before it and ended in it
	started bool             // open has those that were open when it began, too
	clock   int64            // the time of the last frame
	marked  bool             // nothing was written after a mark or the start
}

func (t *tally) add(seg segment, offset int64, f frame) error {
	t.clock = max(t.clock, f.time)
	t.marked = !f.isRecord()
	switch f.kind {
	case start:
		open, err := decodeStart(f.data)
		if err != nil {
			return fmt.Errorf("segment %s: %w", seg.name(), err)
		}
		t.open, t.started = open, true
	case Begun:
		t.open[f.seq] = place{segment: seg.first, offset: offset, reserve: int(f.of)} //nolint:gosec // as it was written
	case Ended:
		if _, ok := t.open[f.of]; !ok {
			t.ended = append(t.ended, f.of)
		}
		delete(t.open, f.of)
	default:
	}
	return nil
}

// walk adds the frames that r reads to t, and tells of damage.
func (l *Log) walk(ctx context.Context, r *segmentReader, t *tally) error {
	for ctx.Err() == nil {
		f, err := r.read()
		damage, damaged := errors.AsType[*DamageError](err)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case damaged:
			l.cfg.Log.Error("records are damaged", "folder", l.cfg.Dir, "error", damage)
		case err != nil:
			return err
		default:
			if err := t.add(r.seg, r.pos-frameSize(len(f.data)), f); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// cut makes zeros of what follows the last good frame, where r stands.
//
// What a failed sync left in memory reads as if it were on disk. So unless the
// log was closed, the end of it, a batch at most, is written once more.
func (l *Log) cut(f file, r *segmentReader, marked bool) error {
	used, err := r.used()
	if err != nil {
		return err
	}
	if torn := used - r.pos; torn > 0 {
		l.cfg.Log.Warn("cut a torn tail", "folder", l.cfg.Dir, "segment", r.seg.name(), "offset", r.pos, "bytes", torn, "next_record", r.next)
	} else if marked {
		return nil
	}
	from := max(0, r.pos-maxBatch)
	buf := make([]byte, used-from)
	if _, err := f.ReadAt(buf[:r.pos-from], from); err != nil {
		return err
	}
	if _, err := f.WriteAt(buf, from); err != nil {
		return err
	}
	return f.Sync()
}
