package footer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"github.com/sillok/sillok/internal/kit/life"
)

const (
	magic     = "PAR1"
	encrypted = "PARE"
	endLength = 4 + len(magic) // the footer's length and the magic word

	// maxLength is how long a footer may be: more than those of tables with ten
	// thousand columns in a hundred row groups have.
	maxLength = 64 << 20
)

// ErrNotParquet is the failure of Open for bytes that no reader of Parquet could
// read.
var ErrNotParquet = errors.New("not a Parquet file that can be read")

// Open opens the Parquet file that r holds in size bytes: its columns, row groups and
// rows, without the indexes of pages. An error other than those of reading is an
// ErrNotParquet.
func Open(r io.ReaderAt, size int64) (*parquet.File, error) {
	text, err := read(r, size)
	if err != nil {
		return nil, err
	}
	if err := check(text); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotParquet, err)
	}
	var file *parquet.File
	// Its reader was not made for bytes that somebody else has changed.
	err = life.Catch(func() (err error) {
		file, err = parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotParquet, err)
	}
	return file, nil
}

// read returns a file's footer.
func read(r io.ReaderAt, size int64) ([]byte, error) {
	if size < int64(len(magic)+endLength) {
		return nil, fmt.Errorf("%w: it is too short", ErrNotParquet)
	}
	var end [endLength]byte
	if _, err := r.ReadAt(end[:], size-int64(endLength)); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch string(end[4:]) {
	case magic:
	case encrypted:
		return nil, fmt.Errorf("%w: its footer is encrypted", ErrNotParquet)
	default:
		return nil, fmt.Errorf("%w: it does not end as one does", ErrNotParquet)
	}
	length := int64(binary.LittleEndian.Uint32(end[:]))
	switch {
	case length > size-int64(len(magic)+endLength):
		return nil, fmt.Errorf("%w: its footer is longer than the file", ErrNotParquet)
	case length > maxLength:
		return nil, fmt.Errorf("%w: its footer has more than %d MiB", ErrNotParquet, maxLength>>20)
	}
	text := make([]byte, length)
	if _, err := r.ReadAt(text, size-int64(endLength)-length); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return text, nil
}
