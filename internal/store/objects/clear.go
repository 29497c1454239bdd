package objects

import (
	"context"
	"fmt"
)

// Clear removes every bucket and all that is in it, locked or not. It is for
// servers that tests share.
func (d *DB) Clear(ctx context.Context) error {
	if err := d.Update(ctx, (*Tx).clear); err != nil {
		return fmt.Errorf("clear: %w", err)
	}
	return nil
}

func (t *Tx) clear() error {
	blobs, buckets, err := t.everything()
	if err != nil {
		return err
	}
	for _, blob := range blobs {
		if err := t.free(blob, &blobRecord{}); err != nil {
			return err
		}
	}
	for _, space := range []byte{
		spaceBucket, spaceSetting, spaceLatest, spaceEarlier, spaceNull, spaceSegment, spaceUpload, spacePart, spaceBlob, spaceChange, spaceForeign,
	} {
		t.changes([]byte{space})
		if err := t.batch.DeleteRange([]byte{space}, []byte{space + 1}, nil); err != nil {
			return err
		}
	}
	for _, b := range buckets {
		if err := t.change(b, Change{Event: "Bucket:Deleted"}); err != nil {
			return err
		}
	}
	t.bucket = nil
	return nil
}

// everything returns the blobs that are files, and all buckets.
func (t *Tx) everything() (blobs []uint64, buckets []*Bucket, err error) {
	err = t.walk([]byte{spaceBlob}, []byte{spaceBlob}, func(key, record []byte) (bool, error) {
		if len(record) > 0 && record[0]&blobInline == 0 {
			blobs = append(blobs, numberAt(key, 1))
		}
		return true, nil
	})
	if err != nil {
		return nil, nil, err
	}
	for b, err := range t.Buckets("") {
		if err != nil {
			return nil, nil, err
		}
		buckets = append(buckets, b)
	}
	return blobs, buckets, nil
}
