package journal

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/store/records"
)

// Config says where a Journal is and how long it keeps calls.
type Config struct {
	Dir  string
	Log  *slog.Logger
	Keep records.Retention
	// Needed returns the first record that somebody still has to read, 0 where any may
	// be: such are kept for Keep.NeededAge. nil means that nobody has.
	Needed func() uint64
	// SegmentBytes is what the journal takes of the disk at a time, before it is
	// needed; 0 means 16 MiB.
	SegmentBytes int64
}

// segmentBytes is the SegmentBytes that nobody chose.
const segmentBytes = 16 << 20

// Journal writes calls. It is safe for concurrent use.
type Journal struct {
	cfg     Config
	log     *records.Log
	buffers sync.Pool // of *[]byte
}

// Open opens or creates the journal in cfg.Dir. Of every change that the last
// server began and did not end, it writes and logs that the outcome is unknown.
// The caller must call Close.
func Open(ctx context.Context, cfg Config) (*Journal, error) {
	log, err := records.Open(ctx, records.Config{Dir: cfg.Dir, SegmentBytes: cmp.Or(cfg.SegmentBytes, segmentBytes), Sealed: true, Log: cfg.Log})
	if err != nil {
		return nil, fmt.Errorf("open the journal of calls: %w", err)
	}
	j := &Journal{cfg: cfg, log: log}
	if err := j.tellUnfinished(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the journal of calls: %w", err), log.Close())
	}
	return j, nil
}

// tellUnfinished ends the intents that no server will end any more. One that is
// damaged is ended too: that nobody can tell what it meant to change must not
// keep the server from starting.
func (j *Journal) tellUnfinished(ctx context.Context) error {
	data := appendEnding(nil, &cloud.Fact{
		Outcome: cloud.Unknown, Code: "ServerStopped",
		Message: "The server ended before this call did. What it meant to change may be changed or not.",
	}, false)
	for intent, err := range j.log.Unfinished(ctx) {
		var e Entry
		_, damaged := errors.AsType[*records.DamageError](err)
		switch {
		case err == nil:
			err = json.Unmarshal(intent.Data, &e)
		case !damaged:
			return err
		}
		if err != nil {
			j.cfg.Log.ErrorContext(ctx, "the server ended in the middle of a call, of which the record cannot be read", "number", intent.Seq, "error", err)
		} else {
			j.cfg.Log.WarnContext(ctx, "the server ended in the middle of a call, whose outcome is unknown",
				"number", intent.Seq, "request_id", e.RequestID, "service", e.Service, "operation", e.Operation, "resources", e.Resources)
		}
		if err := j.log.Abandon(ctx, intent.Seq, data); err != nil {
			return err
		}
	}
	return nil
}

// Record implements gateway.Journal.
func (j *Journal) Record(ctx context.Context, fact cloud.Fact) error {
	buffer := j.buffer()
	defer j.buffers.Put(buffer)
	var err error
	if *buffer, err = appendEntry((*buffer)[:0], &fact); err == nil {
		_, err = j.log.Append(ctx, *buffer)
	}
	return err
}

// Note implements gateway.Journal.
func (j *Journal) Note(ctx context.Context, fact cloud.Fact) error {
	buffer := j.buffer()
	defer j.buffers.Put(buffer)
	var err error
	if *buffer, err = appendEntry((*buffer)[:0], &fact); err == nil {
		_, err = j.log.Enqueue(ctx, *buffer)
	}
	return err
}

// Begin implements gateway.Journal.
func (j *Journal) Begin(ctx context.Context, fact cloud.Fact) (cloud.Intent, error) {
	buffer := j.buffer()
	defer j.buffers.Put(buffer)
	begun := intent{journal: j}
	var err error
	if *buffer, err = appendEntry((*buffer)[:0], &fact); err == nil {
		begun.record, err = j.log.Begin(ctx, *buffer, endRoom)
	}
	return begun, err
}

// intent is a change that has begun.
type intent struct {
	journal *Journal
	record  *records.Intent
}

// End implements cloud.Intent.
func (i intent) End(ctx context.Context, fact cloud.Fact) error {
	return i.end(&fact, func(data []byte) error { return i.record.End(ctx, data) })
}

// EndLater implements cloud.Intent.
func (i intent) EndLater(ctx context.Context, fact cloud.Fact) error {
	return i.end(&fact, func(data []byte) error { return i.record.EndLater(ctx, data) })
}

// end writes the end of an intent, and on a full disk what has room reserved.
func (i intent) end(fact *cloud.Fact, to func(data []byte) error) error {
	buffer := i.journal.buffer()
	defer i.journal.buffers.Put(buffer)
	*buffer = appendEnding((*buffer)[:0], fact, true)
	err := to(*buffer)
	if err == nil || len(fact.Elements) == 0 || i.journal.Err() != nil {
		return err
	}
	*buffer = appendEnding((*buffer)[:0], fact, false)
	return to(*buffer)
}

// buffer returns a buffer for one record. The log copies what it is given, so that
// the next one can use the same.
func (j *Journal) buffer() *[]byte {
	buffer, ok := j.buffers.Get().(*[]byte)
	if !ok {
		buffer = new([]byte)
	}
	return buffer
}

// Err returns why calls cannot be recorded; nil while they can.
func (j *Journal) Err() error { return j.log.Err() }

// keepEvery is how often closed segments are sealed and what is old is removed.
const keepEvery = time.Minute

// Run seals what is complete into Parquet and removes what is older than is
// kept, until ctx is done. The Parquet files lie beside the journal and hold the
// same calls as rows.
func (j *Journal) Run(ctx context.Context) error {
	work, ctx := life.New(ctx, j.cfg.Log)
	work.Every(ctx, "journal", keepEvery, j.keep)
	return work.Wait()
}

// keep does once what Run does again and again.
func (j *Journal) keep(ctx context.Context) error {
	err := j.log.Seal(ctx, j.newSeal)
	keep := j.cfg.Keep
	if j.cfg.Needed == nil {
		keep.NeededAge = 0
	} else {
		keep.Needed = j.cfg.Needed()
	}
	return errors.Join(err, j.log.Retain(ctx, keep), j.removeSealed(time.Now()))
}

// Close writes what waits and closes the journal. It may be called twice.
func (j *Journal) Close() error { return j.log.Close() }
