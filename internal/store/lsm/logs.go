package lsm

import (
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

// A log of Pebble is blocks of chunks. A chunk begins with a checksum of all that
// follows the length, the length of what is behind this head, its kind, the number of
// the log, and how far the log was synced when the chunk was written.
const (
	logBlock  = 32 << 10
	chunkHead = 19
	atLength  = 4
	atKind    = 6
	atLog     = 7
	atSynced  = 11
	kindFirst = 9 // of the kinds that say how far the log was synced
	kindLast  = 12
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checkLogs returns an error where a log has a chunk that is not what was written though
// it was synced, which a later chunk proves. Pebble looks for such a chunk in later
// blocks alone, and takes what is in front of it for the end of the log: all that was
// written after one bit that flipped would be gone without a word.
func checkLogs(fsys vfs.FS, dir string) error {
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
		if at, bad := damageOf(data, uint32(n)); bad { //nolint:gosec // Pebble takes the low half too
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

// damageOf returns where a log has the first chunk that is not what was written, and
// whether it was synced.
func damageOf(data []byte, log uint32) (at int, bad bool) {
	for at < len(data) {
		size, _ := chunkAt(data, at, log)
		if size == 0 && logBlock-at%logBlock < chunkHead {
			at += logBlock - at%logBlock // where no head fits in, a block ends
			continue
		}
		if size == 0 {
			break
		}
		at += size
	}
	for later := at + 1; later+chunkHead <= len(data); later++ {
		if size, synced := chunkAt(data, later, log); size > 0 && synced > uint64(at) {
			return at, true
		}
	}
	return at, false
}

// chunkAt returns the size of the chunk at a place, and how far the log was synced when
// it was written: 0 where there is none.
func chunkAt(data []byte, at int, log uint32) (size int, synced uint64) {
	data = data[at:min(len(data), at-at%logBlock+logBlock)]
	if len(data) < chunkHead || data[atKind] < kindFirst || data[atKind] > kindLast || binary.LittleEndian.Uint32(data[atLog:]) != log {
		return 0, 0
	}
	size = chunkHead + int(binary.LittleEndian.Uint16(data[atLength:]))
	if size > len(data) || binary.LittleEndian.Uint32(data) != masked(crc32.Checksum(data[atKind:size], castagnoli)) {
		return 0, 0
	}
	return size, binary.LittleEndian.Uint64(data[atSynced:])
}

// masked is a checksum as it is kept beside what it is of.
func masked(sum uint32) uint32 { return (sum>>15 | sum<<17) + 0xa282ead8 }
