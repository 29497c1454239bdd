package shadow

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"

	"github.com/sillok/sillok/internal/lake/footer"
)

// Press writes shadows into files. It keeps what one schema needs for the next
// file of the same, and may be used by several goroutines.
type Press struct {
	mu    sync.Mutex
	pools map[string]*pool
}

// maxPools bounds the schemas that a Press keeps something for: where headers name the
// columns, each object may have its own.
const maxPools = 64

// NewPress returns a Press.
func NewPress() *Press { return &Press{pools: map[string]*pool{}} }

// Make writes a shadow's rows. It calls start for the Writer, and may call it
// again to begin anew with another schema.
type Make func(start func(*Schema) *Writer) error

// Write makes a shadow of the rows that build gives. What it returns stands in the
// file.
func (p *Press) Write(t Temp, build Make) (Info, error) {
	return t.create(func(f *os.File) (Info, error) {
		var w *Writer
		var from *pool
		var out *prover
		err := build(func(schema *Schema) *Writer {
			if w != nil {
				// What was written so far is written over.
				if _, err := f.Seek(0, io.SeekStart); err == nil {
					_ = f.Truncate(0) // a longer tail would only fail the proof
				}
			}
			from, out = p.pool(schema), newProver(f)
			w = from.writer(out)
			return w
		})
		if err != nil {
			return Info{}, err
		}
		if w == nil {
			return Info{}, errors.New("make a shadow: its format wrote nothing")
		}
		if err := w.close(); err != nil {
			return Info{}, err
		}
		from.writers.Put(w.out)
		return w.Info, out.end(w.Info)
	})
}

// create makes the file and has it filled. It is locked meanwhile, so that no other
// process takes it for one that was left behind.
func (t Temp) create(fill func(f *os.File) (Info, error)) (info Info, err error) {
	f, err := os.OpenFile(t.Path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Info{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := lock(f); err != nil {
		return Info{}, err
	}
	if info, err = fill(f); err == nil && t.Sync {
		err = f.Sync()
	}
	return info, err
}

// Maker returns the Maker that writes the rows that build gives.
func (p *Press) Maker(build Make) Maker {
	return func(_ context.Context, t Temp) (Info, error) { return p.Write(t, build) }
}

func (p *Press) pool(schema *Schema) *pool {
	p.mu.Lock()
	defer p.mu.Unlock()
	of, ok := p.pools[schema.id]
	if !ok {
		if len(p.pools) >= maxPools {
			clear(p.pools)
		}
		of = newPool(schema)
		p.pools[schema.id] = of
	}
	return of
}

// Copy makes a shadow of a Parquet file of any origin. Its Fields are the names of the
// top columns. It is a footer.ErrNotParquet when the footer cannot be read.
func (p *Press) Copy(t Temp, from io.Reader) (Info, error) {
	return t.create(func(f *os.File) (Info, error) {
		out := newProver(f)
		n, err := io.Copy(out, from)
		if err != nil {
			return Info{}, err
		}
		if !out.whole() {
			return Info{}, footer.ErrNotParquet
		}
		if _, err := f.Write(out.tail); err != nil {
			return Info{}, err
		}
		info, err := Foot(f, n)
		if err != nil {
			return Info{}, err
		}
		if _, err := f.Seek(n-int64(endLength), io.SeekStart); err != nil {
			return Info{}, err
		}
		return info, out.end(info)
	})
}

// Foot returns the rows and the names of the top columns of a Parquet file of any
// origin, which its footer tells.
func Foot(f io.ReaderAt, size int64) (Info, error) {
	file, err := footer.Open(f, size)
	if err != nil {
		return Info{}, err
	}
	info := Info{Source: size, Rows: file.NumRows(), Fields: []string{}}
	for _, field := range file.Schema().Fields() {
		info.Fields = append(info.Fields, field.Name())
	}
	return info, nil
}

// Columns calls build with a start whose rows go nowhere, for what it writes besides.
func (p *Press) Columns(build Make) (Info, error) {
	var w *Writer
	err := build(func(schema *Schema) *Writer {
		w = p.pool(schema).writer(io.Discard)
		return w
	})
	if err != nil || w == nil {
		return Info{}, err
	}
	return w.Info, nil
}
