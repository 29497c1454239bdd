package kept

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/kit/disk"
	"github.com/sillok/sillok/internal/lake/format"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// Seal writes all that is closed into files. What has been written stays if it fails.
func (s *Store) Seal(ctx context.Context) error {
	for {
		more, err := s.sealNext(ctx)
		if err != nil || !more {
			return err
		}
	}
}

// sealNext writes one closed part of a log, and says whether there may be another one.
func (s *Store) sealNext(ctx context.Context) (more bool, err error) {
	if err := s.take(ctx); err != nil {
		return false, err
	}
	defer s.release()
	for _, name := range slices.Sorted(maps.Keys(s.cfg.Sources)) {
		closed, err := s.cfg.Sources[name].Closed()
		if err != nil {
			return false, err
		}
		for _, span := range closed {
			if span.Last <= s.places[name] {
				continue
			}
			if err := s.seal(ctx, name, span); err != nil {
				return false, fmt.Errorf("keep the rows of records %d to %d: %w", span.First, span.Last, err)
			}
			return true, nil
		}
	}
	return false, nil
}

func (s *Store) seal(ctx context.Context, source string, span Span) error {
	reader := s.cfg.Sources[source].Reader(max(span.First, s.places[source]+1))
	tables, err := collect(ctx, reader, span.Last, nil)
	if err != nil {
		return err
	}
	var made []*file
	for _, table := range slices.Sorted(maps.Keys(tables)) {
		f := tables[table].file(table, source, span)
		if err := s.write(ctx, f, tables[table].rows); err != nil {
			return err
		}
		made = append(made, f)
	}
	before := s.places[source]
	s.places[source] = span.Last
	if err := s.writePlaces(); err != nil {
		s.places[source] = before
		return err
	}
	s.mu.Lock()
	for _, f := range made {
		s.add(f)
	}
	s.known[source] = span.Last
	s.mu.Unlock()
	s.dropTails(source, span.Last)
	return nil
}

// add has queries given a file. s.mu is held.
func (s *Store) add(f *file) {
	// The same records may have been written before, into the same file.
	files := slices.DeleteFunc(s.files[f.table], func(o *file) bool { return o.key() == f.key() })
	files = append(files, f)
	inOrder(files)
	whole, rest := covered(files)
	s.files[f.table], s.byKey[f.key()] = whole, f
	for _, r := range rest {
		if r.obsolete.IsZero() {
			r.obsolete = time.Now()
		}
	}
}

// gathered is rows of one table.
type gathered struct {
	rows     [][]byte
	from, to time.Time
	loose    bool
}

func (g *gathered) add(r *Row) {
	if len(g.rows) == 0 || r.Time.Before(g.from) {
		g.from = r.Time
	}
	if len(g.rows) == 0 || r.Time.After(g.to) {
		g.to = r.Time
	}
	g.rows, g.loose = append(g.rows, r.Text), g.loose || r.Loose
}

func (g *gathered) file(table, source string, span Span) *file {
	return &file{table: table, source: source, span: span, from: g.from.Unix(), to: g.to.Unix(), loose: g.loose, rows: int64(len(g.rows))}
}

// collect reads on up to a record, or as far as there are any where last is 0, and returns
// the rows of the tables that are wanted; nil wants all.
func collect(ctx context.Context, r Reader, last uint64, wanted func(table string) bool) (map[string]*gathered, error) {
	tables := map[string]*gathered{}
	for item, err := range r.Read(ctx) {
		if err != nil {
			return nil, err
		}
		if last > 0 && item.Number > last {
			break
		}
		for i := range item.Rows {
			row := &item.Rows[i]
			if wanted != nil && !wanted(row.Table) {
				continue
			}
			if !tableName.MatchString(row.Table) {
				return nil, fmt.Errorf("record %d: a row of table %q, which no table can be named", item.Number, row.Table)
			}
			g := tables[row.Table]
			if g == nil {
				g = &gathered{}
				tables[row.Table] = g
			}
			g.add(row)
		}
	}
	return tables, ctx.Err()
}

// write makes a file of rows, whole and on the disk when it has its name.
func (s *Store) write(ctx context.Context, f *file, rows [][]byte) error {
	return s.make(f, func(t shadow.Temp) (shadow.Info, error) {
		src := &format.Source{
			Open: func() (io.ReadCloser, error) { return io.NopCloser(&lines{rows: rows}), nil },
			Dir:  filepath.Dir(t.Path),
		}
		for _, r := range rows {
			src.Size += int64(len(r)) + 1
		}
		return s.press.Write(t, func(start func(*shadow.Schema) *shadow.Writer) error { return s.format.Decode(ctx, src, start) })
	})
}

// make has a file made beside its place, and gives it its name.
func (s *Store) make(f *file, write func(shadow.Temp) (shadow.Info, error)) error {
	path := s.path(f)
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	temp := shadow.Temp{Path: filepath.Join(folder, makingName+rand.Text()), Sync: !f.tail}
	info, err := write(temp)
	if err == nil && (info.Rows != f.rows || info.Bad > 0 || info.Damaged != "") {
		s.cfg.Log.Error("rows of a table were not read back as they were", "table", f.table, "records", f.span, "rows", f.rows, "read", info.Rows, "bad", info.Bad, "problems", info.Problems, "damaged", info.Damaged)
	}
	if err == nil {
		err = os.Rename(temp.Path, path)
	}
	if err != nil {
		_ = os.Remove(temp.Path) // or the next start does
		return err
	}
	if !f.tail {
		if err := disk.SyncFolder(folder); err != nil {
			return err
		}
	}
	stat, err := os.Stat(path)
	if err != nil {
		return err
	}
	f.bytes, f.made = stat.Size(), stat.ModTime()
	return nil
}

// lines reads rows as lines, without a copy of them all.
type lines struct {
	rows [][]byte
	rest []byte
	end  bool // of a line
}

// Read implements io.Reader.
func (l *lines) Read(p []byte) (n int, err error) {
	for n < len(p) {
		switch {
		case len(l.rest) > 0:
			c := copy(p[n:], l.rest)
			l.rest, n = l.rest[c:], n+c
			l.end = len(l.rest) == 0
		case l.end:
			p[n], l.end = '\n', false
			n++
		case len(l.rows) == 0:
			if n == 0 {
				return 0, io.EOF
			}
			return n, nil
		default:
			l.rest, l.rows = l.rows[0], l.rows[1:]
			if bytes.IndexByte(l.rest, '\n') >= 0 { // which is white space: in a text it would be written in another way
				l.rest = bytes.ReplaceAll(l.rest, []byte("\n"), []byte(" "))
			}
			l.end = len(l.rest) == 0
		}
	}
	return n, nil
}
