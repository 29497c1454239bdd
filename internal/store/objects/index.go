package objects

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/sillok/sillok/internal/cloud"
)

const (
	cacheSize = 64 << 20
	// memtableSize bounds what the start after a crash has to read again.
	memtableSize = 8 << 20
	memtables    = 8
)

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
