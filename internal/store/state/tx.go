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

// errOver is what a transaction answers after its function has returned.
var errOver = errors.New("the transaction is over")

// reader is a Reader in the transaction that is open on a connection.
type reader struct {
	conn  *conn
	ended func() error // the error of the caller's context
	err   error        // why the transaction can do no more
}

// tx is a Tx.
type tx struct {
	reader

	after  []func()
	before <-chan struct{} // closed when the functions of earlier transactions were called
	called chan struct{}   // closed when those of this one were; nil without any
}

// check returns why the transaction can do no more, or nil.
func (r *reader) check() error {
	if r.err != nil {
		return r.err
	}
	return r.ended()
}

// broken notes that SQLite failed. It may then have undone more than the one
// statement, even the whole transaction, so the transaction ends with this
// error whatever its function makes of it.
func (r *reader) broken(err error) error {
	r.err = err
	return err
}

// Get implements Reader.
func (r *reader) Get(key Key) ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("get %s %q: %w", key.Kind, key.Name, err)
	}
	var value []byte
	err := r.conn.get.QueryRowContext(context.Background(), place(key)...).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errNoDocument(key)
	}
	if err != nil {
		return nil, r.broken(fmt.Errorf("get %s %q: %w", key.Kind, key.Name, classify(err)))
	}
	return value, nil
}

// Put implements Tx.
func (t *tx) Put(key Key, value []byte) error {
	_, err := t.exec(t.conn.put, "put", key, notNull(value))
	return err
}

// Insert implements Tx.
func (t *tx) Insert(key Key, value []byte) error {
	changed, err := t.exec(t.conn.insert, "insert", key, notNull(value))
	if err == nil && changed == 0 {
		return errDocumentExists(key)
	}
	return err
}

// Delete implements Tx.
func (t *tx) Delete(key Key) error {
	changed, err := t.exec(t.conn.remove, "delete", key)
	if err == nil && changed == 0 {
		return errNoDocument(key)
	}
	return err
}

// AfterCommit implements Tx.
func (t *tx) AfterCommit(fn func()) { t.after = append(t.after, fn) }

// callAfter calls the functions when it is their turn.
func (t *tx) callAfter() {
	if t.called == nil {
		return
	}
	defer close(t.called)
	if t.before != nil {
		<-t.before
	}
	for _, fn := range t.after {
		fn()
	}
}

func (t *tx) exec(stmt *sql.Stmt, verb string, key Key, more ...any) (int64, error) {
	if err := t.check(); err != nil {
		return 0, fmt.Errorf("%s %s %q: %w", verb, key.Kind, key.Name, err)
	}
	changed, err := run(stmt, append(place(key), more...)...)
	if err != nil {
		return 0, t.broken(fmt.Errorf("%s %s %q: %w", verb, key.Kind, key.Name, err))
	}
	return changed, nil
}

// List implements Reader.
func (r *reader) List(scope cloud.Scope, kind string, rg Range) iter.Seq2[Document, error] {
	from := rg.Prefix
	if rg.After != "" {
		from = max(from, successor(rg.After))
	}
	start := Key{Scope: scope, Kind: kind, Name: from}
	end, bounded := prefixEnd(rg.Prefix)
	return paged(start, rg.Limit, func(from Key, limit int) ([]Document, error) {
		stmt, args := r.conn.list, place(from)
		if bounded {
			stmt, args = r.conn.listBelow, append(args, []byte(end))
		}
		return r.page(stmt, append(args, limit), func(rows *sql.Rows, d *Document) error {
			d.Key = Key{Scope: scope, Kind: kind}
			return rows.Scan(&d.Key.Name, &d.Value)
		})
	})
}

// All implements Reader.
func (r *reader) All(kind string) iter.Seq2[Document, error] {
	return paged(Key{Kind: kind}, 0, func(from Key, limit int) ([]Document, error) {
		return r.page(r.conn.all, append(place(from), limit), func(rows *sql.Rows, d *Document) error {
			d.Key.Kind = kind
			return rows.Scan(&d.Key.Scope.Account, &d.Key.Scope.Region, &d.Key.Name, &d.Value)
		})
	})
}

// page returns the rows of one query, read to the end: nothing stays open
// while the caller of the sequence does other things in the transaction.
func (r *reader) page(stmt *sql.Stmt, args []any, scan func(*sql.Rows, *Document) error) (page []Document, err error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(context.Background(), args...)
	if err != nil {
		return nil, r.broken(classify(err))
	}
	defer rows.Close() //nolint:errcheck // Err tells how the reading ended
	for rows.Next() {
		var d Document
		if err := scan(rows, &d); err != nil {
			return nil, r.broken(err)
		}
		page = append(page, d)
	}
	if err := rows.Err(); err != nil {
		return nil, r.broken(classify(err))
	}
	return page, nil
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

// place returns the arguments of a statement that name key.
func place(key Key) []any {
	return []any{key.Kind, key.Scope.Account, key.Scope.Region, []byte(key.Name)}
}

// notNull returns value, or an empty one for nil, which SQLite takes for NULL.
func notNull(value []byte) []byte {
	if value == nil {
		return []byte{}
	}
	return value
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
