package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// migrations returns the steps of the schema: the n-th brings version n to
// n+1. Steps are only ever added.
//
// The key starts with kind, so that All is one range of the table. Names are
// BLOBs, which SQLite compares bytewise whatever they hold.
func migrations() []string {
	return []string{
		`CREATE TABLE documents (
			kind    TEXT NOT NULL,
			account TEXT NOT NULL,
			region  TEXT NOT NULL,
			name    BLOB NOT NULL,
			value   BLOB NOT NULL,
			PRIMARY KEY (kind, account, region, name)
		) WITHOUT ROWID`,
	}
}

// migrate brings the schema up to date in one transaction.
func migrate(ctx context.Context, db *sql.DB) error {
	t, err := db.BeginTx(ctx, nil)
	if err != nil {
		return classify(err)
	}
	defer t.Rollback() //nolint:errcheck // the error that led here is the one to report
	version, err := schemaVersion(ctx, t)
	if err != nil {
		return classify(err)
	}
	steps := migrations()
	if version > len(steps) {
		return fmt.Errorf("the file has schema version %d and this program knows up to %d: it was written by a newer version", version, len(steps))
	}
	if version == len(steps) {
		return nil
	}
	for n, step := range steps[version:] {
		if _, err := t.ExecContext(ctx, step); err != nil {
			return fmt.Errorf("migrate schema to version %d: %w", version+n+1, classify(err))
		}
	}
	if _, err := t.ExecContext(ctx, `UPDATE schema_version SET version = ?`, len(steps)); err != nil {
		return classify(err)
	}
	return classify(t.Commit())
}

// schemaVersion returns the version of the file, 0 for a new one.
func schemaVersion(ctx context.Context, t *sql.Tx) (int, error) {
	const table = `CREATE TABLE IF NOT EXISTS schema_version (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL)`
	if _, err := t.ExecContext(ctx, table); err != nil {
		return 0, err
	}
	var version int
	err := t.QueryRowContext(ctx, `SELECT version FROM schema_version`).Scan(&version)
	if errors.Is(err, sql.ErrNoRows) {
		_, err = t.ExecContext(ctx, `INSERT INTO schema_version VALUES (1, 0)`)
	}
	return version, err
}
