package shadow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/parquet-go/parquet-go"

	"github.com/sillok/sillok/internal/lake/footer"
)

// ErrSchema is why shadows are not joined: one of them has other columns.
var ErrSchema = errors.New("a shadow has other columns")

// Join makes one shadow of the rows of several, in their order, all of which have the
// columns of schema.
func (p *Press) Join(ctx context.Context, t Temp, schema *Schema, paths []string) (Info, error) {
	return t.create(func(f *os.File) (Info, error) {
		from, out := p.pool(schema), newProver(f)
		w := from.writer(out)
		for _, path := range paths {
			if err := w.copyRows(ctx, path); err != nil {
				return Info{}, fmt.Errorf("join %s: %w", path, err)
			}
		}
		if err := w.close(); err != nil {
			return Info{}, err
		}
		from.writers.Put(w.out)
		return w.Info, out.end(w.Info)
	})
}

// copyRows writes the rows of the shadow at path, whose every byte is as it was written.
func (w *Writer) copyRows(ctx context.Context, path string) (err error) {
	f, err := os.Open(path) //nolint:gosec // a shadow
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	entry, err := read(ctx, f)
	if err != nil {
		return err
	}
	file, err := footer.Open(f, entry.Bytes)
	if err != nil {
		return err
	}
	if !parquet.EqualNodes(file.Schema(), w.layout.parquet) {
		return ErrSchema
	}
	for _, group := range file.RowGroups() {
		if err := w.copyGroup(ctx, group); err != nil {
			return err
		}
	}
	w.Info.Rows += entry.Info.Rows
	w.Info.Bad += entry.Info.Bad
	w.Info.Source += entry.Info.Source
	for _, problem := range entry.Info.Problems {
		if len(w.Info.Problems) < maxProblems {
			w.Info.Problems = append(w.Info.Problems, problem)
		}
	}
	return nil
}

func (w *Writer) copyGroup(ctx context.Context, group parquet.RowGroup) (err error) {
	rows := group.Rows()
	defer func() { err = errors.Join(err, rows.Close()) }()
	batch := make([]parquet.Row, 256)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := rows.ReadRows(batch)
		if n > 0 {
			if _, err := w.out.WriteRows(batch[:n]); err != nil {
				return err
			}
			if w.group += n; w.group >= groupRows {
				w.group = 0
				if err := w.out.Flush(); err != nil {
					return fmt.Errorf("write row group: %w", err)
				}
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
