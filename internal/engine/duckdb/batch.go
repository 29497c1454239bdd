package duckdb

import (
	"encoding/binary"
	"errors"
)

// batch is some rows of a result, one cell after another.
type batch struct {
	Width int
	Cells []*string
	Rows  int
}

// A batch is sent when it has so many rows, or so many bytes.
const (
	batchRows  = 512
	batchBytes = 1 << 20
)

// encode spells a batch: its width, its rows, and for each cell its length plus
// one and its bytes, or 0 for NULL.
func (b batch) encode() []byte {
	data := binary.AppendUvarint(nil, uint64(b.Width)) //nolint:gosec // a number of columns
	data = binary.AppendUvarint(data, uint64(b.Rows))  //nolint:gosec // a number of rows
	for _, c := range b.Cells {
		if c == nil {
			data = binary.AppendUvarint(data, 0)
			continue
		}
		data = binary.AppendUvarint(data, uint64(len(*c))+1)
		data = append(data, *c...)
	}
	return data
}

var errBatch = errors.New("a batch of rows is damaged")

func decodeBatch(data []byte) (batch, error) {
	all := string(data) // the cells share it
	next := func() (uint64, bool) {
		n, size := binary.Uvarint(data)
		if size <= 0 {
			return 0, false
		}
		data = data[size:]
		return n, true
	}
	width, ok := next()
	rows, ok2 := next()
	if !ok || !ok2 || width > 1<<20 || rows > 1<<20 || width*rows > uint64(len(data)) {
		return batch{}, errBatch
	}
	b := batch{Width: int(width), Rows: int(rows), Cells: make([]*string, 0, width*rows)}
	for range width * rows {
		n, ok := next()
		if !ok || n > uint64(len(data))+1 {
			return batch{}, errBatch
		}
		if n == 0 {
			b.Cells = append(b.Cells, nil)
			continue
		}
		from := len(all) - len(data)
		text := all[from : from+int(n)-1] //nolint:gosec // within data
		data = data[n-1:]
		b.Cells = append(b.Cells, &text)
	}
	if len(data) > 0 {
		return batch{}, errBatch
	}
	return b, nil
}
