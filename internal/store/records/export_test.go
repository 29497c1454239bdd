package records

import (
	"encoding/binary"
	"os"
	"path/filepath"
)

// File is a file that records are written to.
type File = file

// WithFiles returns cfg with files that open opens instead of the disk's.
func WithFiles(cfg Config, open func(path string, flag int) (File, error)) Config {
	cfg.openFile = open
	return cfg
}

// OpenDisk opens a file of the disk.
func OpenDisk(path string, flag int) (File, error) { return openDisk(path, flag) }

// Dir returns the folder of l.
func (l *Log) Dir() string { return l.cfg.Dir }

// WriteSegment writes a segment of a version ahead of this one to dir, that has
// records with the numbers seqs.
func WriteSegment(dir string, ahead uint32, seqs ...uint64) error {
	seg, data := segment{first: 1, salt: 1}, encodeStart(nil)
	binary.LittleEndian.PutUint32(data, version+ahead)
	file := appendFrame(nil, seg.salt, 0, frame{kind: start, seq: 1, data: data}, dataSum(data))
	for _, seq := range seqs {
		file = appendFrame(file, seg.salt, int64(len(file)), frame{kind: Plain, seq: seq}, dataSum(nil))
	}
	return os.WriteFile(filepath.Join(dir, seg.name()), file, 0o600)
}

// FillZeros is how files are allocated where the file system cannot.
func FillZeros(f File, size int64) error { return fillZeros(f, size) }
