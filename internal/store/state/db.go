package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/sillok/sillok/internal/cloud"
)

// DB is a Store in one SQLite file. Writers share one connection, readers have
// their own.
type DB struct {
	writer, reader *sql.DB
	write, read    statements
	close          func() error
}

const (
	// busyMillis is how long a connection waits for another process, such as
	// a backup, that holds the file.
	busyMillis = 10_000
	readers    = 8
)

// Open opens or creates the store in the file path, whose folder must exist,
// and brings an older schema up to date. The caller must call Close.
func Open(ctx context.Context, path string) (*DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open state: %w", err)
	}
	db := &DB{}
	db.close = sync.OnceValue(db.closeAll)
	if err := db.open(ctx, path); err != nil {
		return nil, errors.Join(fmt.Errorf("open state %s: %w", path, err), db.Close())
	}
	return db, nil
}

func (d *DB) open(ctx context.Context, path string) error {
	var err error
	if d.writer, err = connect(path, "immediate", 1); err != nil {
		return err
	}
	if err := migrate(ctx, d.writer); err != nil {
		return err
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return err
	}
	if err := d.write.prepare(ctx, d.writer); err != nil {
		return err
	}
	if d.reader, err = connect(path, "deferred", readers, "query_only(1)"); err != nil {
		return err
	}
	return d.read.prepare(ctx, d.reader)
}

func connect(path, lock string, connections int, pragmas ...string) (*sql.DB, error) {
	pragmas = append([]string{
		fmt.Sprintf("busy_timeout(%d)", busyMillis),
		"journal_mode(WAL)",
		"synchronous(FULL)",
	}, pragmas...)
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{"_pragma": pragmas, "_txlock": {lock}}.Encode()}
	connector, err := sqlite.NewConnector(dsn.String())
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

func syncFolder(path string) error {
	folder, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// Close waits for the transactions that run and closes the file. Further calls
// return what the first returned.
func (d *DB) Close() error { return d.close() }

func (d *DB) closeAll() error {
	var errs []error
	for _, s := range []*statements{&d.read, &d.write} {
		errs = append(errs, s.close())
	}
	// The writer is last: whoever closes the file last folds the log into it.
	for _, db := range []*sql.DB{d.reader, d.writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// View implements Store.
func (d *DB) View(ctx context.Context, fn func(Reader) error) error {
	return run(ctx, d.reader, &d.read, &sql.TxOptions{ReadOnly: true}, func(t tx) error { return fn(t) })
}

// Update implements Store.
func (d *DB) Update(ctx context.Context, fn func(Tx) error) error {
	return run(ctx, d.writer, &d.write, nil, func(t tx) error { return fn(t) })
}

func run(ctx context.Context, db *sql.DB, s *statements, opts *sql.TxOptions, fn func(tx) error) error {
	t, err := db.BeginTx(ctx, opts)
	if err != nil {
		return fmt.Errorf("begin: %w", classify(err))
	}
	// After a commit this does nothing; after an error or in a panic it is
	// what leaves the store unchanged.
	defer t.Rollback() //nolint:errcheck // the error that led here is the one to report
	if err := fn(tx{tx: t, s: s}); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return fmt.Errorf("commit: %w", classify(err))
	}
	return nil
}

// classify gives the errors that a caller can act on their kind.
func classify(err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	switch e.Code() & 0xff { // the low byte is the primary result code
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR:
		return cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "the state store cannot be written: the disk is full or faulty").Because(err)
	case sqlite3.SQLITE_BUSY:
		return cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "the state store is held by another process").Because(err)
	}
	return err
}
