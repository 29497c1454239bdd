package query

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/sillok/sillok/internal/kit/disk"
	"github.com/sillok/sillok/internal/language/insights"
)

// ErrDamaged says that a result is not as it was written.
var ErrDamaged = errors.New("the result of the query was damaged on the disk")

// Results keeps what queries gave in files of a folder, which is made when it is needed.
//
// A file has a row behind the other: the number of bytes of it and their CRC-32C, and then
// its cells, of which each is a name and a value with their lengths in front.
type Results struct{ Dir string }

// head is how many bytes stand before a row.
const head = 8

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// path returns where a result lies. An ID is the server's own.
func (r Results) path(id string) string { return filepath.Join(r.Dir, id+".rows") }

// Remove removes the result of a query, if it has one.
func (r Results) Remove(id string) error {
	err := os.Remove(r.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Write writes the rows of a query and returns how many bytes they take. They are on the
// disk when it returns.
func (r Results) Write(id string, rows [][]insights.Cell) (length int64, err error) {
	defer func() {
		if err != nil { // what is there of it leads nowhere, and the disk may be full
			err = fmt.Errorf("keep the result of a query: %w", errors.Join(err, r.Remove(id)))
		}
	}()
	if err := os.MkdirAll(r.Dir, 0o700); err != nil {
		return 0, err
	}
	f, err := os.OpenFile(r.path(id), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	out := bufio.NewWriterSize(f, 64<<10)
	var b []byte
	for _, row := range rows {
		b = appendRow(b[:0], row)
		if _, err := out.Write(b); err != nil {
			return 0, err
		}
		length += int64(len(b))
	}
	if err := errors.Join(out.Flush(), f.Sync()); err != nil {
		return 0, err
	}
	// The names too, or the file is lost with the power.
	return length, errors.Join(disk.SyncFolder(r.Dir), disk.SyncFolder(filepath.Dir(r.Dir)))
}

func appendRow(b []byte, row []insights.Cell) []byte {
	b = append(b, make([]byte, head)...)
	for _, cell := range row {
		for _, text := range []string{cell.Field, cell.Value} {
			b = binary.AppendUvarint(b, uint64(len(text)))
			b = append(b, text...)
		}
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)-head)) //nolint:gosec // a row is below 4 GiB
	binary.LittleEndian.PutUint32(b[4:], crc32.Checksum(b[head:], castagnoli()))
	return b
}

// readRow reads the cells of a row.
func readRow(b []byte) ([]insights.Cell, error) {
	row := []insights.Cell{}
	for len(b) > 0 {
		var texts [2]string
		for i := range texts {
			n, size := binary.Uvarint(b)
			if size <= 0 || n > uint64(len(b)-size) { //nolint:gosec // not negative
				return nil, ErrDamaged
			}
			texts[i], b = string(b[size:size+int(n)]), b[size+int(n):] //nolint:gosec // at most len(b)
		}
		row = append(row, insights.Cell{Field: texts[0], Value: texts[1]})
	}
	return row, nil
}

// Page returns rows of a result of length bytes, from a byte of it on, and the byte from
// which on the next page begins; 0 where there is none. It has at most rows and about as
// many bytes as are said, and at least one row. The error is ErrDamaged where the file is
// not as it was written.
func (r Results) Page(ctx context.Context, id string, length, at int64, rows, bytes int) (page [][]insights.Cell, next int64, err error) {
	page = [][]insights.Cell{}
	if at < 0 || at > length {
		return nil, 0, ErrDamaged
	}
	f, err := os.Open(r.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, ErrDamaged
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read the result of a query: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	in := bufio.NewReaderSize(io.NewSectionReader(f, at, length-at), 64<<10)
	for size := 0; at < length; {
		if len(page) == rows || size >= bytes && len(page) > 0 {
			return page, at, nil
		}
		if len(page)%1024 == 0 && ctx.Err() != nil {
			return nil, 0, ctx.Err()
		}
		b, err := nextRow(in, length-at)
		if err != nil {
			return nil, 0, err
		}
		row, err := readRow(b)
		if err != nil {
			return nil, 0, err
		}
		page, size, at = append(page, row), size+len(b), at+head+int64(len(b))
	}
	return page, 0, nil
}

// nextRow returns the bytes of the next row, of which there are at most left with its head.
func nextRow(in io.Reader, left int64) ([]byte, error) {
	var h [head]byte
	if _, err := io.ReadFull(in, h[:]); err != nil {
		return nil, damagedAt(err)
	}
	n := int64(binary.LittleEndian.Uint32(h[:]))
	if n > left-head {
		return nil, ErrDamaged
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(in, b); err != nil {
		return nil, damagedAt(err)
	}
	if crc32.Checksum(b, castagnoli()) != binary.LittleEndian.Uint32(h[4:]) {
		return nil, ErrDamaged
	}
	return b, nil
}

// damagedAt tells a file that ends too early from one that cannot be read.
func damagedAt(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrDamaged
	}
	return fmt.Errorf("read the result of a query: %w", err)
}
