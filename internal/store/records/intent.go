package records

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
)

// Intent is a record of something that is about to be done, until a record of
// how it ended follows.
type Intent struct {
	log *Log
	seq uint64
}

// Begin appends an intent and returns once it is durable. It holds back space
// for an end of up to reserve bytes of data. Its errors are Append's, and one of
// kind Throttled when the ends of open intents take half a segment.
func (l *Log) Begin(ctx context.Context, data []byte, reserve int) (*Intent, error) {
	if most := l.cfg.maxRecord(); reserve < 0 || reserve > most {
		return nil, errTooLarge("the end of an intent", reserve, most)
	}
	b, seq, err := l.add(ctx, frame{kind: Begun, of: uint64(reserve), data: data}, true)
	if err != nil {
		return nil, err
	}
	if <-b.done; b.err != nil {
		return nil, b.err
	}
	return &Intent{log: l, seq: seq}, nil
}

// Seq returns the number of the intent's record.
func (i *Intent) Seq() uint64 { return i.seq }

// End appends the end of the intent and returns once it is durable. A full disk
// does not stop one of no more data than was reserved, and may refuse a longer
// one. After an error the intent is still open, except when the disk has failed;
// the error is of kind Conflict when the intent has ended already, and else
// Append's.
func (i *Intent) End(ctx context.Context, data []byte) error {
	return i.log.endIntent(ctx, i.seq, data)
}

// EndLater appends the end of the intent as Enqueue appends a record: it does
// not wait until it is durable. Its errors are End's.
func (i *Intent) EndLater(ctx context.Context, data []byte) error {
	_, _, err := i.log.add(ctx, frame{kind: Ended, of: i.seq, data: data}, false)
	return err
}

func (l *Log) endIntent(ctx context.Context, seq uint64, data []byte) error {
	b, _, err := l.add(ctx, frame{kind: Ended, of: seq, data: data}, true)
	if err != nil {
		return err
	}
	<-b.done
	return b.err
}

// Unfinished yields the intents of earlier runs that have neither ended nor been
// abandoned, in order. When the record of one is damaged, it is yielded with a
// *DamageError and has its number alone; the sequence goes on.
func (l *Log) Unfinished(ctx context.Context) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for _, u := range l.unfinished() {
			if err := ctx.Err(); err != nil {
				yield(Record{}, err)
				return
			}
			record, err := l.recordAt(u)
			if !yield(record, err) {
				return
			}
		}
	}
}

// Abandon ends an intent of an earlier run, so that Unfinished no longer yields
// it. It returns once that is durable. Data of up to what was reserved is
// written even when the disk is full. The error is of kind NotFound when seq is
// no such intent, and else Append's.
func (l *Log) Abandon(ctx context.Context, seq uint64, data []byte) error {
	if !slices.ContainsFunc(l.unfinished(), func(u unfinished) bool { return u.seq == seq }) {
		return errNotUnfinished(seq)
	}
	return l.endIntent(ctx, seq, data)
}

// unfinished is an intent of an earlier run that is open.
type unfinished struct {
	seq uint64
	at  place
	seg segment
}

func (l *Log) unfinished() []unfinished {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := shelf{segments: l.segments}
	var left []unfinished
	for seq, at := range l.open {
		if seq < l.born {
			left = append(left, unfinished{seq: seq, at: at, seg: s.segments[s.find(at.segment)]})
		}
	}
	slices.SortFunc(left, func(a, b unfinished) int { return cmp.Compare(a.seq, b.seq) })
	return left
}

// recordAt reads the record of an intent.
func (l *Log) recordAt(u unfinished) (record Record, err error) {
	record = Record{Seq: u.seq, Kind: Begun}
	f, err := os.Open(filepath.Join(l.cfg.Dir, u.seg.name()))
	if err != nil {
		return record, fmt.Errorf("read intent %d: %w", u.seq, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r := newSegmentReader(f, u.seg)
	r.end = u.seg.size
	begun, _, fault, err := r.frameAt(u.at.offset)
	if err != nil {
		return record, err
	}
	if fault == "" && begun.seq != u.seq {
		fault = fmt.Sprintf("record %d stands there", begun.seq)
	}
	if fault != "" {
		return record, &DamageError{Segment: u.seg.name(), Offset: u.at.offset, First: u.seq, Last: u.seq, Reason: fault}
	}
	return begun.record(), nil
}
