package objects

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"strings"
)

// WithMemtable returns cfg with a memtable of that size, so that a test makes
// many tables.
func WithMemtable(cfg Config, size uint64) Config {
	cfg.memtable = size
	return cfg
}

// Sweep frees at once what Run would.
func Sweep(ctx context.Context, d *DB) error {
	_, err := d.sweepAll(ctx)
	return err
}

// CountChanges counts the changes that are kept.
func CountChanges(ctx context.Context, d *DB) int {
	count := 0
	_ = d.View(ctx, func(v *View) error {
		return v.walk([]byte{spaceChange}, []byte{spaceChange}, func(_, _ []byte) (bool, error) {
			count++
			return true, nil
		})
	})
	return count
}

// BlobOf returns the first blob of an object's latest version, and its record.
func BlobOf(ctx context.Context, d *DB, bucket, key string) (blob uint64, record []byte) {
	_ = d.View(ctx, func(v *View) error {
		version, err := v.object(bucket, key)
		if err != nil {
			return err
		}
		blob = version.Segments[0].Blob
		record, err = v.get(numbered(spaceBlob, blob))
		return err
	})
	return blob, record
}

// SetBlob puts another record of a blob in its place.
func SetBlob(ctx context.Context, d *DB, blob uint64, record []byte) error {
	return d.Update(ctx, func(t *Tx) error { return t.set(numbered(spaceBlob, blob), record) })
}

// SomeRecords returns records of every kind.
func SomeRecords() [][]byte {
	version, _ := encodeVersion(&Version{ID: NullVersion, Number: 7, Headers: map[string]string{"Content-Type": "x"}, Segments: []Segment{{Blob: 1, Size: 2}}})
	change, _ := encode(Change{Event: "ObjectCreated:Put", Key: "k"})
	upload, _ := encode(Upload{ID: "u", Checksum: Checksum{Algorithm: "CRC32"}})
	records := [][]byte{version, change, upload, encodeNumber(9), marks{1, 2, 3}.encode()}
	for _, b := range []blobRecord{
		{refs: 1, size: 100_000},
		{refs: 300, size: 3, inline: true, data: []byte("abc")},
		{refs: 1, size: 100_000, sealed: true, envelope: []byte("sealed")},
		{refs: 2, size: 100_000, sealed: true, given: true, envelope: []byte("sealed")},
		{refs: 2, size: 100_000, sealed: true, given: true, twice: true, envelope: []byte("sealed")},
		{refs: 2, size: 3, sealed: true, envelope: []byte("sealed"), inline: true, data: []byte("abc0123456789abcdef")},
	} {
		b.sum = b.checksum(7)
		records = append(records, b.encode())
	}
	return records
}

// DecodeAny decodes a record as every kind there is. What is taken for a blob must
// come out as it went in.
func DecodeAny(record []byte) error {
	_, _ = decodeVersion("b", "k", record, true)
	for _, value := range []any{&Change{}, &Upload{}, &Part{}, &Bucket{}, &[]Segment{}} {
		_ = decode(record, value)
	}
	_, _ = decodeNumber(record)
	_, _ = keyOf(record)
	b, err := decodeBlob(7, record)
	if err != nil {
		return nil //nolint:nilerr // it was refused
	}
	again, err := decodeBlob(7, b.encode())
	if err != nil || !reflect.DeepEqual(again, b) {
		return fmt.Errorf("%+v became %+v, %w", b, again, err)
	}
	return nil
}

// CheckKeys returns an error when two keys do not come back from the index, or
// not in their order.
func CheckKeys(a, b string) error {
	x, y := objectKey(spaceLatest, 5, a), objectKey(spaceLatest, 5, b)
	for key, stored := range map[string][]byte{a: x, b: earlierKey(5, b, 9)} {
		if got, ok := keyOf(stored); !ok || got != key {
			return fmt.Errorf("%q came back as %q", key, got)
		}
	}
	if bytes.Compare(x, y) != strings.Compare(a, b) {
		return fmt.Errorf("%q and %q are stored the other way round", a, b)
	}
	if e := earlierKey(5, a, 9); a != b && bytes.HasPrefix(e[1:], y[1:]) {
		return fmt.Errorf("versions of %q are among those of %q", a, b)
	}
	return nil
}
