package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"github.com/sillok/sillok/internal/cloud"
)

// pageSize is how many documents a listing holds in memory at a time.
const pageSize = 256

// statements are the prepared statements of one pool.
type statements struct {
	get, list, listBelow, all, put, insert, remove *sql.Stmt
}

func (s *statements) prepare(ctx context.Context, db *sql.DB) error {
	const one = ` WHERE kind = ? AND account = ? AND region = ? AND name = ?`
	const from = `SELECT name, value FROM documents WHERE kind = ? AND account = ? AND region = ? AND name >= ?`
	for _, p := range []struct {
		stmt **sql.Stmt
		text string
	}{
		{&s.get, `SELECT value FROM documents` + one},
		{&s.list, from + ` ORDER BY name LIMIT ?`},
		{&s.listBelow, from + ` AND name < ? ORDER BY name LIMIT ?`},
		{&s.all, `SELECT account, region, name, value FROM documents
			WHERE kind = ? AND (account, region, name) >= (?, ?, ?) ORDER BY account, region, name LIMIT ?`},
		{&s.put, `INSERT OR REPLACE INTO documents (kind, account, region, name, value) VALUES (?, ?, ?, ?, ?)`},
		{&s.insert, `INSERT OR IGNORE INTO documents (kind, account, region, name, value) VALUES (?, ?, ?, ?, ?)`},
		{&s.remove, `DELETE FROM documents` + one},
	} {
		var err error
		if *p.stmt, err = db.PrepareContext(ctx, p.text); err != nil { //nolint:sqlclosecheck // close closes it
			return classify(err)
		}
	}
	return nil
}

func (s *statements) close() error {
	var errs []error
	for _, stmt := range []*sql.Stmt{s.get, s.list, s.listBelow, s.all, s.put, s.insert, s.remove} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}

// tx is one transaction. It was begun with the caller's context, whose end
// rolls it back, so its statements run without a context of their own.
type tx struct {
	tx *sql.Tx
	s  *statements
}

// stmt returns a prepared statement as one of the transaction, whose end
// closes it.
func (t tx) stmt(prepared *sql.Stmt) *sql.Stmt {
	return t.tx.StmtContext(context.Background(), prepared)
}

// Get implements Reader.
func (t tx) Get(key Key) ([]byte, error) {
	var value []byte
	row := t.stmt(t.s.get).QueryRowContext( //nolint:sqlclosecheck // the transaction's end closes it
		context.Background(), key.Kind, key.Scope.Account, key.Scope.Region, []byte(key.Name))
	err := row.Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errNoDocument(key)
	}
	if err != nil {
		return nil, fmt.Errorf("get %s %q: %w", key.Kind, key.Name, classify(err))
	}
	return value, nil
}

// Put implements Tx.
func (t tx) Put(key Key, value []byte) error {
	if _, err := t.exec(t.s.put, key, notNull(value)); err != nil {
		return fmt.Errorf("put %s %q: %w", key.Kind, key.Name, err)
	}
	return nil
}

// Insert implements Tx.
func (t tx) Insert(key Key, value []byte) error {
	changed, err := t.exec(t.s.insert, key, notNull(value))
	if err != nil {
		return fmt.Errorf("insert %s %q: %w", key.Kind, key.Name, err)
	}
	if changed == 0 {
		return errDocumentExists(key)
	}
	return nil
}

// Delete implements Tx.
func (t tx) Delete(key Key) error {
	changed, err := t.exec(t.s.remove, key)
	if err != nil {
		return fmt.Errorf("delete %s %q: %w", key.Kind, key.Name, err)
	}
	if changed == 0 {
		return errNoDocument(key)
	}
	return nil
}

func (t tx) exec(stmt *sql.Stmt, key Key, more ...any) (int64, error) {
	args := append([]any{key.Kind, key.Scope.Account, key.Scope.Region, []byte(key.Name)}, more...)
	result, err := t.stmt(stmt).ExecContext(context.Background(), args...) //nolint:sqlclosecheck // the transaction's end closes it
	if err != nil {
		return 0, classify(err)
	}
	return result.RowsAffected()
}

// notNull returns value, or an empty one for nil, which SQLite takes for NULL.
func notNull(value []byte) []byte {
	if value == nil {
		return []byte{}
	}
	return value
}

// List implements Reader.
func (t tx) List(scope cloud.Scope, kind string, r Range) iter.Seq2[Document, error] {
	from := r.Prefix
	if r.After != "" {
		from = max(from, successor(r.After))
	}
	start := Key{Scope: scope, Kind: kind, Name: from}
	end, bounded := prefixEnd(r.Prefix)
	return paged(start, r.Limit, func(from Key, limit int) ([]Document, error) {
		args := []any{kind, scope.Account, scope.Region, []byte(from.Name)}
		stmt := t.s.list
		if bounded {
			stmt = t.s.listBelow
			args = append(args, []byte(end))
		}
		return t.page(stmt, append(args, limit), func(rows *sql.Rows, d *Document) error {
			d.Key = Key{Scope: scope, Kind: kind}
			return rows.Scan(&d.Key.Name, &d.Value)
		})
	})
}

// All implements Reader.
func (t tx) All(kind string) iter.Seq2[Document, error] {
	return paged(Key{Kind: kind}, 0, func(from Key, limit int) ([]Document, error) {
		args := []any{kind, from.Scope.Account, from.Scope.Region, []byte(from.Name), limit}
		return t.page(t.s.all, args, func(rows *sql.Rows, d *Document) error {
			d.Key.Kind = kind
			return rows.Scan(&d.Key.Scope.Account, &d.Key.Scope.Region, &d.Key.Name, &d.Value)
		})
	})
}

// page returns the rows of one query, read to the end: nothing stays open
// while the caller of the sequence does other things in the transaction.
func (t tx) page(stmt *sql.Stmt, args []any, scan func(*sql.Rows, *Document) error) (page []Document, err error) {
	rows, err := t.stmt(stmt).QueryContext(context.Background(), args...) //nolint:sqlclosecheck // the transaction's end closes it
	if err != nil {
		return nil, classify(err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var d Document
		if err := scan(rows, &d); err != nil {
			return nil, err
		}
		page = append(page, d)
	}
	return page, classify(rows.Err())
}

// paged yields what fetch returns, page after page: each begins at the
// smallest key after the last one yielded. A limit of 0 is none.
func paged(from Key, limit int, fetch func(from Key, limit int) ([]Document, error)) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		from, left := from, limit
		for {
			size := pageSize
			if limit > 0 {
				size = min(size, left)
			}
			page, err := fetch(from, size)
			if err != nil {
				yield(Document{}, fmt.Errorf("list %s: %w", from.Kind, err))
				return
			}
			for _, d := range page {
				if !yield(d, nil) {
					return
				}
			}
			left -= len(page)
			if len(page) < size || limit > 0 && left == 0 {
				return
			}
			from = page[len(page)-1].Key
			from.Name = successor(from.Name)
		}
	}
}

// successor returns the smallest name greater than name.
func successor(name string) string { return name + "\x00" }

// prefixEnd returns the smallest name greater than every name that begins with
// prefix, and false when there is none.
func prefixEnd(prefix string) (string, bool) {
	for last := len(prefix) - 1; last >= 0; last-- {
		if prefix[last] < 0xff {
			return prefix[:last] + string([]byte{prefix[last] + 1}), true
		}
	}
	return "", false
}
