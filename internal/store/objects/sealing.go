package objects

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
)

// Content is sealed blob by blob: each has a key of its own, made by chance, which
// its record keeps sealed together with the blob's number and size. The blocks of
// a file are sealed one by one, so that a range opens only its own: the number of
// a block is its nonce. Behind each is a checksum of what is on the disk, so that
// damage is found without any key.
const (
	dataKeySize   = 32
	tagSize       = 16
	nonceSize     = 12
	sealedContent = blockContent - tagSize
)

// errSealed is what reading without the right key ends with.
func errSealed() *cloud.Error {
	return cloud.Errorf(cloud.Denied, "AccessDenied", "The content is encrypted by a key that must be given to read it.")
}

// form is how the content of a blob becomes blocks and is had from them again.
type form struct {
	blob   uint64
	sealed bool
	aead   cipher.AEAD // nil of content that is kept as it is, or that cannot be opened
}

// content is how many bytes of content a full block holds.
func (f form) content() int {
	if f.sealed {
		return sealedContent
	}
	return blockContent
}

// fileSize is how large the file of so much content is.
func (f form) fileSize(size int64) int64 {
	full := int64(f.content())
	return size + int64(blockSize-f.content())*((size+full-1)/full)
}

// close makes a block of its first n bytes, and returns how long it is.
func (f form) close(block []byte, index uint64, n int) int {
	if f.sealed {
		f.seal(block[:0], block[:n], index)
		n += tagSize
	}
	binary.BigEndian.PutUint32(block[n:], blockChecksum(f.blob, index, block[:n]))
	return n + checksumSize
}

// open checks a block and returns its content, for which it takes the block's
// place. Of what it cannot open it returns what is on the disk.
func (f form) open(block []byte, index uint64) ([]byte, error) {
	if f.aead == nil {
		return f.check(block, index)
	}
	if len(block) <= checksumSize {
		return nil, errChecksum
	}
	return f.unseal(block[:0], block[:len(block)-checksumSize], index)
}

// check compares a block with its checksum.
func (f form) check(block []byte, index uint64) ([]byte, error) {
	sum := len(block) - checksumSize
	if sum <= 0 || binary.BigEndian.Uint32(block[sum:]) != blockChecksum(f.blob, index, block[:sum]) {
		return nil, errChecksum
	}
	return block[:sum], nil
}

func (f form) seal(to, content []byte, index uint64) []byte {
	nonce, place := f.nonce(index)
	return f.aead.Seal(to, nonce[:], content, place[:])
}

func (f form) unseal(to, sealed []byte, index uint64) ([]byte, error) {
	nonce, place := f.nonce(index)
	content, err := f.aead.Open(to, nonce[:], sealed, place[:])
	if err != nil {
		return nil, errAltered
	}
	return content, nil
}

// nonce returns what makes the sealing of each block another, and what it is
// bound to.
func (f form) nonce(index uint64) (nonce [nonceSize]byte, place [number64]byte) {
	binary.BigEndian.PutUint64(nonce[nonceSize-number64:], index)
	binary.BigEndian.PutUint64(place[:], f.blob)
	return nonce, place
}

// dataKey is the key of one blob while it is written.
type dataKey struct {
	key    []byte
	by     *seal.Sealer
	given  bool
	serves form
}

// newDataKey makes the key of a blob. It is sealed by a given key or else by the
// server's own; nil where that has none, whose content is kept as it is.
func (d *DB) newDataKey(blob uint64, given *seal.Sealer) (*dataKey, error) {
	k := &dataKey{by: given, given: given != nil, serves: form{blob: blob}}
	if given == nil {
		k.by = d.cfg.Seal
	}
	if k.by == nil {
		return k, nil
	}
	k.key = make([]byte, dataKeySize)
	if _, err := rand.Read(k.key); err != nil {
		return nil, err
	}
	var err error
	k.serves, err = sealedForm(blob, k.key)
	return k, err
}

func sealedForm(blob uint64, key []byte) (form, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return form{}, err
	}
	aead, err := cipher.NewGCM(block)
	return form{blob: blob, sealed: true, aead: aead}, err
}

// record returns the record of the blob, which has so much content. The key can
// only be opened as that of a blob of this number and size, so that one that was
// cut or put in another's place is found.
func (k *dataKey) record(size int64) (*blobRecord, error) {
	r := &blobRecord{refs: 1, size: size, sealed: k.serves.sealed, given: k.given}
	if !r.sealed {
		return r, nil
	}
	var err error
	r.envelope, err = k.by.Seal(k.key, envelopeContext(k.serves.blob, size))
	return r, err
}

func envelopeContext(blob uint64, size int64) []byte {
	context := binary.BigEndian.AppendUint64([]byte("sillok blob\x00"), blob)
	return binary.BigEndian.AppendUint64(context, uint64(size)) //nolint:gosec // sizes are not negative
}

// formOf returns how the blob of a record is read by a given key, or without one
// by the server's.
func (d *DB) formOf(blob uint64, r *blobRecord, given *seal.Sealer) (form, error) {
	if !r.sealed {
		return form{blob: blob}, nil
	}
	by := d.cfg.Seal
	if r.given {
		by = given
	}
	if by == nil {
		return form{}, errSealed()
	}
	key, err := by.Open(r.envelope, envelopeContext(blob, r.size))
	if err != nil {
		return form{}, fmt.Errorf("the key of its content: %w", err)
	}
	return sealedForm(blob, key)
}

// content returns the content of a blob that is inline.
func (d *DB) content(blob uint64, r *blobRecord, given *seal.Sealer) ([]byte, error) {
	f, err := d.formOf(blob, r, given)
	if err != nil || !f.sealed {
		return r.data, err
	}
	return f.unseal(nil, r.data, 0)
}

var errAltered = errors.New("the content was altered")

// envelopeChecksum is the checksum of what a record says of how a blob is sealed,
// and of its content when that is inline.
func (b *blobRecord) checksum(blob uint64) uint32 {
	if !b.sealed {
		return blockChecksum(blob, 0, b.data)
	}
	var size [number64 + 1]byte
	binary.BigEndian.PutUint64(size[:], uint64(b.size)) //nolint:gosec // sizes are not negative
	if b.given {
		size[number64] = 1
	}
	return crc32.Update(blockChecksum(blob, 0, append(size[:], b.envelope...)), castagnoli, b.data)
}
