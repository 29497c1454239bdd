package events

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
)

// Dir returns the folder of a store.
func (s *Store) Dir() string { return s.cfg.Dir }

// Grams returns the hashes of the grams of a text that a filter holds.
func Grams(text string) (all []uint64) {
	eachGram([]byte(text), func(h uint64) { all = append(all, h) })
	return all
}

// FilterHas makes a filter of messages and says whether they may have all terms.
func FilterHas(messages []string, terms ...string) bool {
	var all []Event
	size := 0
	for _, m := range messages {
		all, size = append(all, Event{Message: []byte(m)}), size+len(m)
	}
	var wanted [][]byte
	for _, t := range terms {
		wanted = append(wanted, []byte(t))
	}
	var maker filterMaker
	return probeOf(wanted).may(maker.make(all, size, nil))
}

// DecodeBlock reads a block that has its checksum.
func DecodeBlock(raw []byte, events uint32, first, last Key) ([]Event, error) {
	m := blockMeta{events: events, first: first, last: last}
	found, _, err := m.decode(raw, &scratch{})
	return found, err
}

// DecodeBatch reads a record of the log.
func DecodeBatch(data []byte) (uint64, []Event, error) { return decodeRecord(data, 1) }

// EncodeBatch returns a record of the log.
func EncodeBatch(group, stream uint64, ingested int64, lines []Line) []byte {
	return encodeBatch(nil, group, stream, ingested, lines)
}

// ReadFile reads all of a file whose name is in dir, with all checksums made right
// where resum is true.
func ReadFile(dir, name string) (found int, err error) {
	codec, err := newCodec()
	if err != nil {
		return 0, err
	}
	s := &Store{codec: codec}
	f, err := openFile(dir, name)
	if err != nil {
		return 0, err
	}
	for i := range f.parts {
		q := All(f.parts[i].group)
		c, err := s.openPart(&q, new(wantedOf(&Query{Terms: [][]byte{[]byte("request 0123456789")}})), f, &f.parts[i])
		if err != nil {
			return found, err
		}
		for {
			e, err := c.next(context.Background())
			if errors.Is(err, errLater) {
				continue
			}
			if err != nil {
				c.close()
				return found, err
			}
			if e == nil {
				break
			}
			found++
		}
		c.close()
		r, err := f.open()
		if err != nil {
			return found, err
		}
		err = r.stats(&f.parts[i], map[uint64]Stats{})
		r.close()
		if err != nil {
			return found, err
		}
	}
	return found, nil
}

// Resummed makes the checksums of heads, directory and indexes right, as far as
// they can be found.
func Resummed(b []byte) []byte {
	if len(b) < 2*headSize {
		return b
	}
	head := b[:headSize]
	size := binary.LittleEndian.Uint64(head[56:])
	for _, at := range []uint64{binary.LittleEndian.Uint64(head[40:]), binary.LittleEndian.Uint64(head[48:])} {
		if at > uint64(len(b)) || uint64(len(b))-at < size {
			continue
		}
		index := b[at:][:size]
		d := readPiece(head[64:])
		if uint64(d.at)+uint64(d.size) > size {
			continue
		}
		directory := index[d.at:][:d.size]
		for i := 0; i+partSize <= len(directory); i += partSize {
			for _, p := range []int{56, 68} {
				q := readPiece(directory[i+p:])
				if uint64(q.at)+uint64(q.size) <= size {
					binary.LittleEndian.PutUint32(directory[i+p+8:], checksum(index[q.at:][:q.size]))
				}
			}
		}
		binary.LittleEndian.PutUint32(head[72:], checksum(directory))
	}
	binary.LittleEndian.PutUint32(head[headSize-4:], checksum(head[:headSize-4]))
	return b
}

// Spans says where in a file which kind of thing lies.
func Spans(dir, name string) (map[string][2]int64, error) {
	f, err := openFile(dir, name)
	if err != nil {
		return nil, fmt.Errorf("spans: %w", err)
	}
	n := int64(f.indexSize)
	return map[string][2]int64{
		"head": {0, headSize}, "blocks": {headSize, int64(f.index[0])}, "index": {int64(f.index[0]), int64(f.index[0]) + n},
		"second index": {int64(f.index[1]), int64(f.index[1]) + n}, "second head": {f.size - headSize, f.size},
	}, nil
}

// OpenEncrypted reads a block's data and a record of the log that may be encrypted.
func OpenEncrypted(data []byte, c Ciphers) error {
	codec, err := newCodec()
	if err != nil {
		return err
	}
	s := &Store{codec: codec, cfg: Config{Ciphers: c}}
	m := blockMeta{raw: 1 << 10, sum: checksum(data)}
	_, err = m.open(codec, data, 7, s.opener(context.Background()), &scratch{})
	_, _, err2 := s.decodeBatch(data, 1)
	return errors.Join(err, err2)
}
