package objects

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
)

// Content is sealed blob by blob: each has a key of its own, made by chance, which
// its record keeps sealed together with the blob's number and size. The blocks of
// a file are sealed one by one, so that a range opens only its own: the number of
// a block is its nonce. Behind each is a checksum of what is on the disk, so that
// damage is found without any key.
//
// What is sealed twice has a second key, of the server's own, over all that the
// first one has sealed.
const (
	dataKeySize = 32
	tagSize     = 16
	nonceSize   = 12
)

// errSealed is what reading without the right key ends with.
func errSealed() *cloud.Error {
	return cloud.Errorf(cloud.Denied, "AccessDenied", "The content is encrypted by a key that must be given to read it.")
}

// form is how the content of a blob becomes blocks and is had from them again.
type form struct {
	blob   uint64
	layers int           // how often it is sealed
	aeads  []cipher.AEAD // of the layers, the inmost first; nil of what cannot be opened
}

// content is how many bytes of content a full block holds.
func (f form) content() int {
	return blockContent - tagSize*f.layers
}

// fileSize is how large the file of so much content is.
func (f form) fileSize(size int64) int64 {
	full := int64(f.content())
	return size + int64(blockSize-f.content())*((size+full-1)/full)
}

// close makes a block of its first n bytes, and returns how long it is.
func (f form) close(block []byte, index uint64, n int) int {
	n = len(f.seal(block[:0], block[:n], index))
	binary.BigEndian.PutUint32(block[n:], blockChecksum(f.blob, index, block[:n]))
	return n + checksumSize
}

// open checks a block and returns its content, for which it takes the block's
// place. Of what it cannot open it returns what is on the disk.
func (f form) open(block []byte, index uint64) ([]byte, error) {
	if f.aeads == nil {
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

// seal puts content, sealed, into the room of to, which may be its own.
func (f form) seal(to, content []byte, index uint64) []byte {
	nonce, place := f.nonce(index)
	for _, aead := range f.aeads {
		content = aead.Seal(to, nonce[:], content, place[:])
	}
	return content
}

// unseal is the reverse of seal.
func (f form) unseal(to, sealed []byte, index uint64) ([]byte, error) {
	nonce, place := f.nonce(index)
	for _, aead := range slices.Backward(f.aeads) {
		var err error
		if sealed, err = aead.Open(to, nonce[:], sealed, place[:]); err != nil {
			return nil, errAltered
		}
	}
	return sealed, nil
}

// nonce returns what makes the sealing of each block another, and what it is
// bound to.
func (f form) nonce(index uint64) (nonce [nonceSize]byte, place [number64]byte) {
	binary.BigEndian.PutUint64(nonce[nonceSize-number64:], index)
	binary.BigEndian.PutUint64(place[:], f.blob)
	return nonce, place
}

// Key is what content is staged by: the server's own key for the zero value.
type Key struct {
	By    *seal.Sealer // without it nobody can read the content
	Twice bool         // it is sealed by the server's own too
}

// dataKey is the key of one blob while it is written, or its two keys.
type dataKey struct {
	keys   [][]byte
	by     []*seal.Sealer
	given  bool
	serves form
}

// newDataKey makes the key of a blob. Where neither is there to seal it by, a given
// key or one of the server's own, content is kept as it is.
func (d *DB) newDataKey(blob uint64, key Key) (*dataKey, error) {
	k := &dataKey{given: key.By != nil, serves: form{blob: blob}}
	if key.By != nil {
		k.by = append(k.by, key.By)
	}
	if d.cfg.Seal != nil && (key.Twice || key.By == nil) {
		k.by = append(k.by, d.cfg.Seal)
	}
	if key.Twice && len(k.by) != layersTwice {
		return nil, errors.New("content cannot be sealed twice without two keys")
	}
	for range k.by {
		made := make([]byte, dataKeySize)
		if _, err := rand.Read(made); err != nil {
			return nil, err
		}
		if err := k.serves.add(made); err != nil {
			return nil, err
		}
		k.keys = append(k.keys, made)
	}
	return k, nil
}

// layersTwice is how many layers there are of what is sealed twice.
const layersTwice = 2

// add adds the next layer, by its key.
func (f *form) add(key []byte) error {
	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	aead, err := cipher.NewGCM(block)
	f.layers, f.aeads = f.layers+1, append(f.aeads, aead)
	return err
}

// record returns the record of the blob, which has so much content. The key can
// only be opened as that of a blob of this number and size, so that one that was
// cut or put in another's place is found. The key of an outer layer is sealed with
// that of the inner one, sealed already, behind it.
func (k *dataKey) record(size int64) (*blobRecord, error) {
	r := &blobRecord{refs: 1, size: size, sealed: len(k.by) > 0, given: k.given, twice: len(k.by) == layersTwice}
	for i, by := range k.by {
		var err error
		if r.envelope, err = by.Seal(slices.Concat(k.keys[i], r.envelope), envelopeContext(k.serves.blob, size)); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func envelopeContext(blob uint64, size int64) []byte {
	context := binary.BigEndian.AppendUint64([]byte("sillok blob\x00"), blob)
	return binary.BigEndian.AppendUint64(context, uint64(size)) //nolint:gosec // sizes are not negative
}

// formOf returns how the blob of a record is read by a given key, or without one
// by the server's.
func (d *DB) formOf(blob uint64, r *blobRecord, given *seal.Sealer) (form, error) {
	var by []*seal.Sealer // the outermost first
	if r.sealed && (r.twice || !r.given) {
		by = append(by, d.cfg.Seal)
	}
	if r.given {
		by = append(by, given)
	}
	var keys [][]byte
	envelope := r.envelope
	for _, sealer := range by {
		if sealer == nil {
			return form{}, errSealed()
		}
		opened, err := sealer.Open(envelope, envelopeContext(blob, r.size))
		if err != nil {
			return form{}, fmt.Errorf("the key of its content: %w", err)
		}
		if len(opened) < dataKeySize {
			return form{}, errRecord
		}
		keys, envelope = append(keys, opened[:dataKeySize]), opened[dataKeySize:]
	}
	f := form{blob: blob}
	for _, key := range slices.Backward(keys) {
		if err := f.add(key); err != nil {
			return form{}, err
		}
	}
	return f, nil
}

// content returns the content of a blob that is inline.
func (d *DB) content(blob uint64, r *blobRecord, given *seal.Sealer) ([]byte, error) {
	f, err := d.formOf(blob, r, given)
	if err != nil || f.layers == 0 {
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
	size[number64] = b.head()
	return crc32.Update(blockChecksum(blob, 0, append(size[:], b.envelope...)), castagnoli, b.data)
}
