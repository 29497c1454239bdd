package objects

import (
	"bytes"
	"context"
	"fmt"
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

// SomeRecords returns records of every kind.
func SomeRecords() [][]byte {
	version, _ := encodeVersion(&Version{ID: NullVersion, Number: 7, Headers: map[string]string{"Content-Type": "x"}, Segments: []Segment{{Blob: 1, Size: 2}}})
	change, _ := encode(Change{Event: "ObjectCreated:Put", Key: "k"})
	upload, _ := encode(Upload{ID: "u", Checksum: Checksum{Algorithm: "CRC32"}})
	file, inline := blobRecord{refs: 1, size: 100_000}, blobRecord{refs: 300, size: 3, inline: true, data: []byte("abc")}
	return [][]byte{version, change, upload, file.encode(7), inline.encode(7), encodeNumber(9), marks{1, 2, 3}.encode()}
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
	again, err := decodeBlob(7, b.encode(7))
	if err != nil || again.refs != b.refs || again.size != b.size || again.inline != b.inline || !bytes.Equal(again.data, b.data) {
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
