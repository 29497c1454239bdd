package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/sillok/sillok/internal/kit/disk"
)

// views is how many Views run at a time; more of them wait.
const views = 8

// DB is a Store in one SQLite file. Updates share one connection, each View has
// one to itself.
type DB struct {
	files   []*sql.DB // in the order to close them
	writer  writer
	readers []*conn
	idle    chan *conn // the readers at rest; closed with the store
	close   func() error
}

// Open opens or creates the store in the file path, whose folder must exist,
// and brings an older schema up to date. The caller must call Close.
func Open(ctx context.Context, path string) (*DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open state: %w", err)
	}
	db := &DB{idle: make(chan *conn, views)}
	db.close = sync.OnceValue(db.closeAll)
	if err := db.open(ctx, path); err != nil {
		return nil, errors.Join(fmt.Errorf("open state %s: %w", path, err), db.Close())
	}
	return db, nil
}

func (d *DB) open(ctx context.Context, path string) error {
	if err := private(path); err != nil {
		return err
	}
	writer, err := openFile(path, "immediate", 1)
	if err != nil {
		return err
	}
	d.files = append(d.files, writer)
	if err := migrate(ctx, writer); err != nil {
		return err
	}
	if err := disk.SyncFolder(filepath.Dir(path)); err != nil {
		return err
	}
	if d.writer.conn, err = connect(ctx, writer, `BEGIN IMMEDIATE`); err != nil {
		return err
	}
	reader, err := openFile(path, "deferred", views, "query_only(1)")
	if err != nil {
		return err
	}
	// The writer is closed last: whoever closes the file last folds the log into it.
	d.files = slices.Insert(d.files, 0, reader)
	for range views {
		c, err := connect(ctx, reader, `BEGIN`)
		if err != nil {
			return err
		}
		d.readers = append(d.readers, c)
		d.idle <- c
	}
	return nil
}

// private makes the file, when there is none, and keeps other users of the machine
// out of it and of the files that SQLite has beside it, whose mode follows its own.
func private(path string) error {
	const mode = 0o600
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, mode) //nolint:gosec // the operator names it
	if err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(mode), f.Close()); err != nil {
		return err
	}
	for _, beside := range []string{"-wal", "-shm"} {
		if err := os.Chmod(path+beside, mode); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Close waits for the transactions that run and closes the file. Further calls
// return what the first returned.
func (d *DB) Close() error { return d.close() }

func (d *DB) closeAll() error {
	var errs []error
	for range d.readers {
		errs = append(errs, (<-d.idle).close())
	}
	close(d.idle)
	errs = append(errs, d.writer.close())
	for _, file := range d.files {
		errs = append(errs, file.Close())
	}
	return errors.Join(errs...)
}

// Update implements Store.
func (d *DB) Update(ctx context.Context, fn func(Tx) error) error {
	return d.writer.update(ctx, func(t *tx) error { return fn(t) })
}

// View implements Store.
func (d *DB) View(ctx context.Context, fn func(Reader) error) error {
	c, err := d.reader(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { d.idle <- c }()
	if _, err := run(c.begin); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	r := &reader{conn: c, ended: ctx.Err}
	defer func() {
		r.err = errOver
		_, _ = run(c.rollback) // nothing was written
	}()
	if err := fn(r); err != nil {
		return err
	}
	return r.check()
}

// reader waits for a reader at rest.
func (d *DB) reader(ctx context.Context) (*conn, error) {
	select {
	case c, open := <-d.idle:
		if !open {
			return nil, errClosed
		}
		return c, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
