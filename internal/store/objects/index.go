package objects

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"

	"github.com/sillok/sillok/internal/cloud"
)

const (
	cacheSize = 64 << 20
	// memtableSize bounds what the start after a crash has to read again.
	memtableSize = 8 << 20
	bloomBits    = 10
	// compactAt is how many files level 0 may have before it is compacted.
	compactAt, stallAt = 4, 64
)

// options are those of the index.
func (d *DB) options() *pebble.Options {
	o := &pebble.Options{
		FS:                          d.guard,
		Cache:                       d.cache,
		FormatMajorVersion:          pebble.FormatNewest,
		MemTableSize:                d.cfg.memtable,
		MemTableStopWritesThreshold: 8,
		L0CompactionThreshold:       compactAt,
		L0StopWritesThreshold:       stallAt,
		Logger:                      logger{d},
		EventListener: &pebble.EventListener{
			BackgroundError: d.background,
			FlushEnd: func(info pebble.FlushInfo) {
				if info.Err == nil {
					d.refusal.room(jamTables)
				}
			},
			CompactionEnd: func(info pebble.CompactionInfo) {
				if info.Err == nil {
					d.refusal.room(jamTables)
				}
			},
			DataCorruption: func(info pebble.DataCorruptionInfo) {
				d.cfg.Log.Error("the index of objects is damaged", "path", info.Path, "error", info.Details)
			},
		},
	}
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(bloomBits)
	}
	return o
}

// background is told of what failed while the index was tidied up, which is tried
// again until it succeeds. Changes must not pile up behind it.
func (d *DB) background(err error) {
	if !errors.Is(err, pebble.ErrCancelledCompaction) {
		d.refusal.noRoom(jamTables, err)
	}
}

// logger is where the index says what it does. What it takes for the end of the
// process ends changes.
type logger struct{ d *DB }

func (l logger) Infof(format string, args ...any) {
	if l.d.cfg.Log.Enabled(context.Background(), slog.LevelDebug) {
		l.d.cfg.Log.Debug("index of objects", "text", fmt.Sprintf(format, args...))
	}
}

func (l logger) Errorf(format string, args ...any) {
	l.d.cfg.Log.Error("the index of objects has a problem", "text", fmt.Sprintf(format, args...))
}

// Fatalf takes no more changes. Where a commit has failed before it was written,
// whose writer would wait for ever, it panics: see DB.write.
func (l logger) Fatalf(format string, args ...any) {
	err := fmt.Errorf(format, args...)
	l.d.fail(err)
	if strings.HasPrefix(format, "pebble: fatal commit error") {
		panic(err)
	}
}

// get returns a copy of the value of key; nil when there is none.
func get(from pebble.Reader, key []byte) ([]byte, error) {
	value, closer, err := from.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, errIndex(err)
	}
	out := append(make([]byte, 0, len(value)), value...)
	return out, errors.Join(err, closer.Close())
}

// errIndex is the error of a read of the index, which is damage or a disk that
// cannot be read.
func errIndex(err error) error {
	return cloud.Errorf(cloud.Unavailable, "InternalFailure", "The index of objects could not be read.").Because(err)
}

// walk calls yield with the keys and values that begin with prefix, from the
// first that is not less than from, until it returns false. They are valid until
// it returns.
func walk(in pebble.Reader, prefix, from []byte, yield func(key, value []byte) (bool, error)) (err error) {
	iter, err := in.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return errIndex(err)
	}
	defer func() {
		if closed := iter.Close(); err == nil && closed != nil {
			err = errIndex(closed)
		}
	}()
	for valid := iter.SeekGE(from); valid; valid = iter.Next() {
		value, err := iter.ValueAndErr()
		if err != nil {
			return errIndex(err)
		}
		if goOn, err := yield(iter.Key(), value); err != nil || !goOn {
			return err
		}
	}
	return nil
}
