package lsm

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A log of Pebble is blocks of chunks, and a batch is one chunk or several. A chunk begins
// with a checksum of all that follows the length, the length of what is behind this head,
// its kind, the number of the log, and how far the log was synced, which Pebble counts too
// low. A batch begins with its number, and how many numbers it has.
const (
	logBlock   = 32 << 10
	chunkHead  = 19
	formerHead = 11 // without how far the log was synced: in the first log of a new DB
	atLength   = 4
	atKind     = 6
	atLog      = 7
	batchHead  = 12
	atCount    = 8
)

// The kinds of chunks, less that of the first one with the same head.
const (
	kindFull = iota // a whole batch
	kindFirst
	kindMiddle
	kindLast
	kinds

	formerKinds = 5
	syncedKinds = formerKinds + kinds
)

// mark is how each batch ends: that a datum of the log alone follows, its length, a word
// that is the DB's own, and the number after those of all batches that were on disk by then.
// The word is a secret: what clients have put stands in logs too, and behind the end of one
// whose file was used before, and must not pass for a mark.
type mark string

const (
	markHead = "\x03\x10"
	wordSize = 8
	wordFile = "sillok.word"
)

// readMark returns the mark of the DB in dir, which is there. Where it has none it gets one:
// logs that it may have are not checked then.
func readMark(fsys vfs.FS, dir string) (mark, error) {
	path := fsys.PathJoin(dir, wordFile)
	word, err := readFile(fsys, path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if len(word) == wordSize {
		return mark(markHead + string(word)), nil
	}
	word = make([]byte, wordSize)
	_, _ = rand.Read(word) // it does not fail
	m := mark(markHead + string(word))
	f, err := fsys.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return "", err
	}
	_, err = f.Write(word) // which may change what it is given
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", err
	}
	return m, SyncFolder(fsys, dir)
}

// datum appends what is behind the length in a mark.
func (m mark) datum(acked uint64) []byte {
	return binary.LittleEndian.AppendUint64([]byte(m[len(markHead):]), acked)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checkLogs returns an error where a log has a chunk that is not what was written though
// it was on disk, which a later batch says. Pebble looks for a proof of that in later blocks
// alone, and by what it has counted too low; else it takes what is in front of the chunk for
// the whole log: all that was written after one bit that flipped would be gone without a
// word.
func checkLogs(fsys vfs.FS, dir string, m mark) error {
	names, err := fsys.List(dir)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	var errs []error
	for _, name := range names {
		number, _, _ := strings.Cut(strings.TrimSuffix(name, ".log"), "-")
		n, err := strconv.ParseUint(number, 10, 64)
		if !isLog(name) || err != nil {
			continue
		}
		data, err := readFile(fsys, fsys.PathJoin(dir, name))
		if err != nil {
			return err
		}
		if at, bad := damageOf(data, uint32(n), m); bad { //nolint:gosec // Pebble takes the low half too
			errs = append(errs, fmt.Errorf("%s is damaged at byte %d, and what was written after it would be lost: restore the folder from a backup", name, at))
		}
	}
	return errors.Join(errs...)
}

func readFile(fsys vfs.FS, path string) ([]byte, error) {
	f, err := fsys.Open(path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(f)
	return data, errors.Join(err, f.Close())
}

// chunk is a chunk of a log.
type chunk struct {
	size int
	kind byte
	data []byte // behind the head
}

// damageOf returns where a log has the first chunk that is not what was written, and
// whether it was on disk.
func damageOf(data []byte, log uint32, m mark) (at int, bad bool) {
	end := uint64(0)   // the number after those of the batches in front
	whole := uint64(0) // the same, once the batch that has begun is whole
	for at < len(data) {
		c, ok := chunkAt(data, at, log)
		if !ok && logBlock-at%logBlock < chunkHead {
			at += logBlock - at%logBlock // where no head fits in, a block ends
			continue
		}
		if !ok {
			break
		}
		if number, count, ok := c.begins(); ok {
			whole = number + count
		}
		if c.kind == kindFull || c.kind == kindLast {
			end = whole
		}
		at += c.size
	}
	next := uint64(0) // the number of the first batch behind it
	for later := at + 1; later+formerHead <= len(data); later++ {
		c, ok := chunkAt(data, later, log)
		if !ok {
			continue
		}
		if number, _, ok := c.begins(); ok && next == 0 {
			next = number
		}
		// Without a batch in front, what is damaged is that before the next one.
		if acked, ok := c.ends(m); ok && (end > 0 && acked > end || end == 0 && next > 0 && acked >= next) {
			return at, true
		}
	}
	return at, false
}

// begins returns the number of the batch that begins in a chunk, and how many it has.
func (c chunk) begins() (number, count uint64, ok bool) {
	if c.kind > kindFirst || len(c.data) < batchHead {
		return 0, 0, false
	}
	return binary.LittleEndian.Uint64(c.data), uint64(binary.LittleEndian.Uint32(c.data[atCount:])), true
}

// ends returns what the mark says of the batch that ends in a chunk.
func (c chunk) ends(m mark) (acked uint64, ok bool) {
	tail := len(c.data) - len(m) - 8
	if c.kind != kindFull && c.kind != kindLast || tail < 0 || string(c.data[tail:tail+len(m)]) != string(m) {
		return 0, false
	}
	return binary.LittleEndian.Uint64(c.data[len(c.data)-8:]), true
}

// chunkAt returns the chunk at a place, and whether there is one.
func chunkAt(data []byte, at int, log uint32) (c chunk, ok bool) {
	data = data[at:min(len(data), at-at%logBlock+logBlock)]
	if len(data) < formerHead || binary.LittleEndian.Uint32(data[atLog:]) != log {
		return c, false
	}
	head, kind := formerHead, data[atKind]-formerKinds
	if data[atKind] >= syncedKinds {
		head, kind = chunkHead, data[atKind]-syncedKinds
	}
	if kind >= kinds { // also what is below formerKinds
		return c, false
	}
	size := head + int(binary.LittleEndian.Uint16(data[atLength:]))
	if size > len(data) || binary.LittleEndian.Uint32(data) != masked(crc32.Checksum(data[atKind:size], castagnoli)) {
		return c, false
	}
	return chunk{size, kind, data[head:size]}, true
}

// masked is a checksum as it is kept beside what it is of.
func masked(sum uint32) uint32 { return (sum>>15 | sum<<17) + 0xa282ead8 }
