//go:build unix

package folder

import (
	"io/fs"
	"syscall"
)

// inode returns the number of the file on its file system, which changes when
// a file is replaced by another.
func inode(info fs.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return stat.Ino
	}
	return 0
}
