//go:build !linux

package records

// Allocate implements file.
func (d diskFile) Allocate(size int64) error { return fillZeros(d, size) }
