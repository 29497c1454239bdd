package format

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/lake/footer"
	"github.com/sillok/sillok/internal/lake/shadow"
)

const parquetRows = 1024 // that are read at once

// decodeParquet writes the rows of an object that is Parquet as those of a text
// would be, so that objects of both kinds are one table.
func (h headed) decodeParquet(ctx context.Context, src *Source, start func(*shadow.Schema) *shadow.Writer) (err error) {
	c, err := src.Text(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	at, size, err := c.Random()
	if err != nil {
		return err
	}
	file, err := footer.Open(at, size)
	if err != nil {
		w := start(h.schema(nil))
		w.Info.Damaged = err.Error()
		return nil
	}
	fields, places := h.parquetFields(file)
	r := h.row(start(h.schema(fields)), fields)
	rows := make([]parquet.Row, parquetRows)
	for _, group := range file.RowGroups() {
		if err := r.group(ctx, group, rows, places); err != nil {
			return err
		}
	}
	return nil
}

// parquetFields returns the fields that a file has, and the place of each in the
// file's rows: -1 for columns that are no single value.
func (h headed) parquetFields(file *parquet.File) (fields []string, places []int) {
	seen := map[string]bool{}
	for _, path := range file.Schema().Columns() {
		leaf, ok := file.Schema().Lookup(path...)
		if !ok || len(path) != 1 || leaf.Node.Repeated() {
			places = append(places, -1)
			continue
		}
		field := path[0]
		for _, f := range h.fields {
			if f.column == plainName(field) || plainName(f.name) == plainName(field) {
				field = f.name
			}
		}
		if seen[field] {
			places = append(places, -1)
			continue
		}
		seen[field] = true
		places = append(places, len(fields))
		fields = append(fields, field)
	}
	return fields, places
}

// group writes the rows of a row group. One that cannot be read to its end costs
// the rest of its own rows alone.
func (r *headedRow) group(ctx context.Context, group parquet.RowGroup, buffer []parquet.Row, places []int) (err error) {
	var rows parquet.Rows
	// Its reader was not made for bytes that somebody else has changed.
	next := func() (n int, err error) {
		err = life.Catch(func() (err error) {
			if rows == nil {
				rows = group.Rows()
			}
			n, err = rows.ReadRows(buffer)
			return err
		})
		return n, err
	}
	defer func() {
		closing := life.Catch(func() error {
			if rows == nil {
				return nil
			}
			return rows.Close()
		})
		if closing != nil {
			r.damaged(closing)
		}
	}()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := next()
		for _, row := range buffer[:n] {
			clear(r.values)
			for _, v := range row {
				if c := v.Column(); c >= 0 && c < len(places) && places[c] >= 0 {
					r.values[places[c]] = parquetText(v)
				}
			}
			if err := r.write(); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil || n == 0 {
			r.damaged(err)
			return nil
		}
	}
}

// damaged notes that a row group could not be read to its end.
func (r *headedRow) damaged(err error) {
	if r.w.Info.Damaged == "" {
		r.w.Info.Damaged = fmt.Sprintf("a row group ends before its last row: %v", err)
	}
}

// parquetText spells a value as the text of a log would be; nil is NULL.
func parquetText(v parquet.Value) []byte {
	if v.IsNull() {
		return nil
	}
	switch v.Kind() {
	case parquet.Int32:
		return strconv.AppendInt(nil, int64(v.Int32()), 10)
	case parquet.Int64:
		return strconv.AppendInt(nil, v.Int64(), 10)
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return append([]byte{}, v.ByteArray()...)
	default:
		return fmt.Append(nil, v)
	}
}

// sniffParquet says whether a Parquet file is a flow log: by its columns.
func sniffParquet(ctx context.Context, src *Source) (_ Sniffed, err error) {
	unknown := Sniffed{Reason: "Parquet: a table needs a DDL to read it"}
	c, err := src.Text(ctx)
	if err != nil {
		return Sniffed{}, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	at, size, err := c.Random()
	if err != nil {
		return Sniffed{}, err
	}
	file, err := footer.Open(at, size)
	if err != nil {
		return Sniffed{Reason: err.Error(), Damaged: true}, nil
	}
	h := flow()
	known := 0
	var more []Column
	fields, _ := h.parquetFields(file)
	for _, f := range fields {
		if h.known(f) {
			known++
		} else {
			more = append(more, Column{Name: h.column(f), Type: "string"})
		}
	}
	if known < 3 || known*2 < len(fields) {
		return unknown, nil
	}
	return Sniffed{Name: h.name, Columns: more}, nil
}
