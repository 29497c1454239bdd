package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/sillok/sillok/internal/cloud"
)

// busyMillis is how long a connection waits for another process, such as a
// backup, that holds the file.
const busyMillis = 10_000

// openFile opens the file at path, or creates it, with at most so many
// connections.
func openFile(path, lock string, connections int, pragmas ...string) (*sql.DB, error) {
	pragmas = append([]string{
		fmt.Sprintf("busy_timeout(%d)", busyMillis),
		"journal_mode(WAL)",
		"synchronous(FULL)",
		// What a savepoint would restore is kept in memory, not in a file in
		// the system's temporary folder, which may be full or not writable.
		"temp_store(MEMORY)",
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

// conn is a connection that is held for good, with its prepared statements, for
// one transaction at a time. Those of a pool would be bound to the connection anew
// in each transaction, which costs as much as running them.
type conn struct {
	*sql.Conn

	begin, commit, rollback                        *sql.Stmt
	savepoint, release, rollbackTo                 *sql.Stmt
	get, list, listBelow, all, put, insert, remove *sql.Stmt

	prepared []*sql.Stmt // all of these, to be closed
}

// connect takes a connection of db, whose transactions begin with the statement
// begin.
func connect(ctx context.Context, db *sql.DB, begin string) (*conn, error) {
	raw, err := db.Conn(ctx)
	if err != nil {
		return nil, classify(err)
	}
	c := &conn{Conn: raw}
	if err := c.prepare(ctx, begin); err != nil {
		return nil, errors.Join(classify(err), c.close())
	}
	return c, nil
}

func (c *conn) prepare(ctx context.Context, begin string) error {
	const one = ` WHERE kind = ? AND account = ? AND region = ? AND name = ?`
	const from = `SELECT name, value FROM documents WHERE kind = ? AND account = ? AND region = ? AND name >= ?`
	for _, p := range []struct {
		stmt **sql.Stmt
		text string
	}{
		{&c.begin, begin},
		{&c.commit, `COMMIT`},
		{&c.rollback, `ROLLBACK`},
		{&c.savepoint, `SAVEPOINT one`},
		{&c.release, `RELEASE one`},
		{&c.rollbackTo, `ROLLBACK TO one`},
		{&c.get, `SELECT value FROM documents` + one},
		{&c.list, from + ` ORDER BY name LIMIT ?`},
		{&c.listBelow, from + ` AND name < ? ORDER BY name LIMIT ?`},
		{&c.all, `SELECT account, region, name, value FROM documents
			WHERE kind = ? AND (account, region, name) >= (?, ?, ?) ORDER BY account, region, name LIMIT ?`},
		{&c.put, `INSERT OR REPLACE INTO documents (kind, account, region, name, value) VALUES (?, ?, ?, ?, ?)`},
		{&c.insert, `INSERT OR IGNORE INTO documents (kind, account, region, name, value) VALUES (?, ?, ?, ?, ?)`},
		{&c.remove, `DELETE FROM documents` + one},
	} {
		var err error
		if *p.stmt, err = c.PrepareContext(ctx, p.text); err != nil { //nolint:sqlclosecheck // close closes it
			return err
		}
		c.prepared = append(c.prepared, *p.stmt)
	}
	return nil
}

func (c *conn) close() error {
	var errs []error
	for _, stmt := range c.prepared {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, c.Close())...)
}

// run runs a statement to its end: a context would interrupt it, and SQLite then
// undoes the whole transaction.
func run(stmt *sql.Stmt, args ...any) (changed int64, err error) {
	result, err := stmt.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, classify(err)
	}
	return result.RowsAffected()
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
