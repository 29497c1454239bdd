package records

import (
	"errors"
	"os"
	"syscall"
)

// Allocate implements file.
func (d diskFile) Allocate(size int64) error {
	for {
		err := syscall.Fallocate(int(d.Fd()), 0, 0, size)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EOPNOTSUPP):
			return fillZeros(d, size)
		default:
			return os.NewSyscallError("fallocate", err)
		}
	}
}

// Sync implements file: times and owners of the file may be lost, its content
// and size not.
func (d diskFile) Sync() error {
	return os.NewSyscallError("fdatasync", syscall.Fdatasync(int(d.Fd())))
}
