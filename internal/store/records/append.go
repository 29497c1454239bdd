package records

import (
	"context"
	"time"
)

// maxBatch is the most that is written with one sync, and the most memory that
// waits for it.
const maxBatch = 4 << 20

// batch is what is written with one sync.
type batch struct {
	buf  []byte // frames
	at   int64  // where they go in the last segment
	last uint64 // the number of the last record
	due  bool   // it is not put off any more
	done chan struct{}
	err  error // valid once done is closed
}

const (
	// putOff is how long records that nobody waits for may share the sync of
	// others.
	putOff = 50 * time.Millisecond
	// dueBytes is how much of them is too much to put off.
	dueBytes = 1 << 20
)

func newBatch(buf []byte) *batch { return &batch{buf: buf[:0], done: make(chan struct{})} }

// attempt is an attempt to make a further segment.
type attempt struct {
	done chan struct{}
	err  error // valid once done is closed
}

// Append appends a record and returns its number once it is durable.
//
// ctx is looked at while there is no room for the record; once it has its
// number, the disk is waited for. So after an error nothing was appended, except
// after a failure of the disk, when nobody can tell. The error is of kind
// Invalid for data that is too large, and Unavailable when the disk is full or
// has failed, or the log is closed.
func (l *Log) Append(ctx context.Context, data []byte) (seq uint64, err error) {
	b, seq, err := l.add(ctx, frame{kind: Plain, data: data}, true)
	if err != nil {
		return 0, err
	}
	if <-b.done; b.err != nil {
		return 0, b.err
	}
	return seq, nil
}

// Enqueue appends a record and does not wait until it is durable: no later than
// any record that is appended after it, and after 50 ms at the latest. When 4 MiB are waiting for the disk, Enqueue waits too, until ctx ends. Its
// errors are Append's; that the disk fails after it returned, Err tells.
func (l *Log) Enqueue(ctx context.Context, data []byte) (seq uint64, err error) {
	_, seq, err = l.add(ctx, frame{kind: Plain, data: data}, false)
	return seq, err
}

// add gives f a number and a place in the batch, as soon as there is room. Where
// nobody will wait for it, the batch is put off a little.
func (l *Log) add(ctx context.Context, f frame, waited bool) (*batch, uint64, error) {
	if most := l.cfg.maxRecord(); len(f.data) > most {
		return nil, 0, errTooLarge("a record", len(f.data), most)
	}
	sum := dataSum(f.data)
	l.mu.Lock()
	defer l.mu.Unlock()
	change, err := l.admit(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	l.reserved += change
	first := len(l.batch.buf) == 0
	b := l.put(f, sum)
	switch {
	case waited || len(b.buf) >= dueBytes:
		l.hurry(b)
	case first:
		time.AfterFunc(putOff, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.hurry(b)
		})
	}
	return b, b.last, nil
}

// hurry has the writer write a batch that it may have put off.
func (l *Log) hurry(b *batch) {
	b.due = true
	l.work.Signal()
}

// admit waits until f can be put, and asks for a further segment when it does
// not fit into the last one. It returns by how much f changes the bytes that
// are reserved.
func (l *Log) admit(ctx context.Context, f frame) (int64, error) {
	var refused error // by an attempt that was waited for
	for {
		var wait <-chan struct{}
		asked := l.attempt
		change, err := l.change(f)
		switch {
		case l.stopped != nil:
			return 0, l.stopped
		case l.closing:
			return 0, errClosed()
		case err != nil:
			return 0, err
		case asked != nil:
			wait = asked.done
		case len(l.batch.buf) > 0 && len(l.batch.buf)+int(frameSize(len(f.data))) > maxBatch:
			l.hurry(l.batch)
			wait = l.signal(&l.room)
		case l.fits(f, change):
			return change, nil
		case refused != nil:
			return 0, refused
		default:
			asked = l.ask()
			wait = asked.done
		}
		if err := l.await(ctx, wait); err != nil {
			return 0, err
		}
		if asked != nil {
			refused = asked.err
		}
	}
}

// ask has the writer try to make a further segment.
func (l *Log) ask() *attempt {
	l.attempt = &attempt{done: make(chan struct{})}
	l.work.Signal()
	return l.attempt
}

// change returns by how much f changes the bytes that are reserved, or why
// there can be no f.
func (l *Log) change(f frame) (int64, error) {
	switch f.kind {
	case Begun:
		change := cost(int(f.of)) //nolint:gosec // at most maxData
		if len(l.open) >= maxIntents || l.reserved+change > l.cfg.SegmentBytes/2 {
			return 0, errTooManyIntents(len(l.open))
		}
		return change, nil
	case Ended:
		p, ok := l.open[f.of]
		if !ok {
			return 0, errNotOpen(f.of)
		}
		return -cost(p.reserve), nil
	default:
		return 0, nil
	}
}

// fits is true when f has room in the last segment beside what is reserved.
// The end of an intent that is no longer than was reserved always does.
func (l *Log) fits(f frame, change int64) bool {
	if l.file == nil {
		return false
	}
	need := l.pos + frameSize(len(f.data)) + l.reserved + change
	if f.kind != Ended || frameSize(len(f.data))+entrySize > -change {
		need += markReserve
	}
	return need <= l.segments[len(l.segments)-1].size
}

// put encodes f, which fits, into the batch.
func (l *Log) put(f frame, sum uint32) *batch {
	b, last := l.batch, l.segments[len(l.segments)-1]
	if len(b.buf) == 0 {
		b.at = l.pos
	}
	l.clock = max(l.clock, time.Now().UnixNano())
	f.seq, f.time = l.next, l.clock
	switch f.kind {
	case Begun:
		l.open[f.seq] = place{segment: last.first, offset: l.pos, reserve: int(f.of)} //nolint:gosec // at most maxData
	case Ended:
		delete(l.open, f.of)
	default:
	}
	b.buf = appendFrame(b.buf, last.salt, l.pos, f, sum)
	l.pos = b.at + int64(len(b.buf))
	b.last = f.seq
	l.next++
	return b
}
