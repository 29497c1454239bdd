package objects

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"os"
	"strconv"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/sillok/sillok/internal/kit/disk"
	"github.com/sillok/sillok/internal/store/lsm"
)

// The file of a blob is blocks, each of some content, which may be sealed, and a
// checksum. All but the last are full.
const (
	blockSize    = 64 << 10
	checksumSize = 4
	blockContent = blockSize - checksumSize
)

// shardBits says how many blobs share a folder: 4,096.
const shardBits = 12

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// blockChecksum is the checksum of a block. It covers which block it is of
// which blob, so that one in a wrong place or file is found.
func blockChecksum(blob, block uint64, content []byte) uint32 {
	var place [2 * number64]byte
	binary.BigEndian.PutUint64(place[:], blob)
	binary.BigEndian.PutUint64(place[number64:], block)
	return crc32.Update(crc32.Update(0, castagnoli, place[:]), castagnoli, content)
}

// folder is where the files of blobs are.
type folder struct {
	fs     vfs.FS
	path   string
	broken func(error) // told when a folder cannot be synced: a second try might only seem to succeed

	mu      sync.Mutex
	made    map[uint64]bool      // shards that are known to be there
	waiting map[string]*onesSync // by folder: the next sync
	syncing sync.Mutex           // one at a time, so that those who wait gather
}

// onesSync is a sync of a folder that several wait for.
type onesSync struct {
	done chan struct{}
	err  error
}

func newFolder(fsys vfs.FS, path string, broken func(error)) *folder {
	return &folder{fs: fsys, path: path, broken: broken, made: map[uint64]bool{}, waiting: map[string]*onesSync{}}
}

// name returns a blob's file, relative to the store's folder.
func blobName(blob uint64) string {
	return blobsFolder + "/" + shardName(blob>>shardBits) + "/" + strconv.FormatUint(blob, 16)
}

func shardName(shard uint64) string { return strconv.FormatUint(shard, 16) }

// numberIn returns the number that a name of a file or shard says, and false for
// a name that we have not given.
func numberIn(name string) (uint64, bool) {
	n, err := strconv.ParseUint(name, 16, 64)
	return n, err == nil && strconv.FormatUint(n, 16) == name
}

func (f *folder) shard(shard uint64) string { return f.fs.PathJoin(f.path, shardName(shard)) }

func (f *folder) file(blob uint64) string {
	return f.fs.PathJoin(f.shard(blob>>shardBits), strconv.FormatUint(blob, 16))
}

// create makes a blob's file.
func (f *folder) create(blob uint64) (vfs.File, error) {
	if err := f.makeShard(blob >> shardBits); err != nil {
		return nil, err
	}
	return f.fs.Create(f.file(blob), vfs.WriteCategoryUnspecified)
}

// makeShard makes the folder of a shard, on disk.
func (f *folder) makeShard(shard uint64) error {
	f.mu.Lock()
	made := f.made[shard]
	f.mu.Unlock()
	if made {
		return nil
	}
	if err := f.fs.MkdirAll(f.shard(shard), 0o700); err != nil {
		return err
	}
	if err := f.regularFolder(shard); err != nil {
		return err
	}
	if err := f.sync(f.path); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.made[shard] = true
	return nil
}

// syncShard syncs a shard that may not be there.
func (f *folder) syncShard(shard uint64) error {
	if _, err := f.lstat(f.shard(shard)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return f.sync(f.shard(shard))
}

// sync puts the names in a folder on disk. Those that wait share a sync that
// begins after the last of them came.
func (f *folder) sync(path string) error {
	f.mu.Lock()
	s, leads := f.waiting[path], false
	if s == nil {
		s, leads = &onesSync{done: make(chan struct{})}, true
		f.waiting[path] = s
	}
	f.mu.Unlock()
	if !leads {
		<-s.done
		return s.err
	}
	f.syncing.Lock()
	f.mu.Lock()
	delete(f.waiting, path)
	f.mu.Unlock()
	s.err = lsm.SyncFolder(f.fs, path)
	f.syncing.Unlock()
	close(s.done)
	if s.err != nil && !disk.IsFull(s.err) {
		f.broken(s.err)
	}
	return s.err
}

// errIrregular is something in the folder that we have not put there.
var errIrregular = errors.New("it is not a regular file or folder of the store's")

// open opens a blob's file. What stands in its place and is no regular file, such
// as a link or a pipe, is an error.
func (f *folder) open(blob uint64) (vfs.File, error) {
	if err := f.regularFolder(blob >> shardBits); err != nil {
		return nil, err
	}
	before, err := f.lstat(f.file(blob))
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, errIrregular
	}
	file, err := f.fs.Open(f.file(blob))
	if err != nil {
		return nil, err
	}
	return file, nil
}

// regularFolder returns an error when a shard or the folder of all is not one of
// ours but a link to another.
func (f *folder) regularFolder(shard uint64) error {
	for _, path := range []string{f.path, f.shard(shard)} {
		info, err := f.lstat(path)
		if err != nil {
			return err
		}
		if !info.IsDir() {
			return errIrregular
		}
	}
	return nil
}

// lstat says what is at path, and of a link that it is one.
func (f *folder) lstat(path string) (fs.FileInfo, error) {
	if vfs.Root(f.fs) == vfs.Default {
		return os.Lstat(path)
	}
	return f.fs.Stat(path)
}

// remove removes a blob's file. One that is not there is no error.
func (f *folder) remove(blob uint64) error {
	if err := f.regularFolder(blob >> shardBits); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	if err := f.fs.Remove(f.file(blob)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// list returns the names in a folder; none when it is not there.
func (f *folder) list(path string) ([]string, error) {
	names, err := f.fs.List(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return names, err
}
