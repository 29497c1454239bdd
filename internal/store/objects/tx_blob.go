package objects

import "errors"

// content is where the bytes of something lie, one segment after another.
type content []Segment

func (c content) size() int64 {
	var size int64
	for _, s := range c {
		size += s.Size
	}
	return size
}

// take makes staged content that of something in the index.
func (t *Tx) take(s *Staged) (content, error) {
	if s.db != t.db || !s.become(stagedTaken) {
		return nil, errTaken
	}
	t.taken = append(t.taken, s)
	if s.size == 0 {
		return nil, nil
	}
	return content{{Blob: s.blob, Size: s.size}}, t.set(numbered(spaceBlob, s.blob), s.record.encode())
}

// share makes the blobs of segments those of one thing more; ErrUnshared where
// they are not as what is staged without a key.
func (t *Tx) share(segments []Segment) error {
	for _, s := range segments {
		if err := t.refer(s.Blob, +1); err != nil {
			return err
		}
	}
	return nil
}

// release makes the blobs of segments those of one thing less. What nothing
// refers to any more is freed.
func (t *Tx) release(segments []Segment) error {
	for _, s := range segments {
		if err := t.refer(s.Blob, -1); err != nil {
			return err
		}
	}
	return nil
}

// refer counts one reference to a blob more or less.
func (t *Tx) refer(blob uint64, by int) error {
	if blob == 0 {
		return nil // without any content
	}
	key := numbered(spaceBlob, blob)
	data, err := t.get(key)
	if err != nil {
		return err
	}
	if data == nil {
		if by < 0 {
			return nil // it is missing, and what needs it shall not be kept for that
		}
		return errors.New("the blob is not in the index")
	}
	record, err := decodeBlob(blob, data)
	if errors.Is(err, errChecksum) && by < 0 && record != nil {
		err = nil // damage does not keep it
	}
	if err != nil {
		return err
	}
	if by < 0 && record.refs <= 1 {
		return t.free(blob, record)
	}
	if by < 0 {
		record.refs--
	} else {
		if record.given || record.sealed != (t.db.cfg.Seal != nil) {
			return ErrUnshared
		}
		record.refs++
	}
	return t.set(key, record.encode())
}

// free removes a blob. Its file is removed later, once this is on disk.
func (t *Tx) free(blob uint64, record *blobRecord) error {
	if err := t.remove(numbered(spaceBlob, blob)); err != nil {
		return err
	}
	if record.inline {
		return nil
	}
	if t.freed == 0 {
		t.freed = t.next()
	}
	return t.set(numbered(spaceGarbage, blob), encodeNumber(t.freed))
}
