package state_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sillok/sillok/internal/store/state"
)

// BenchmarkUpdate measures durable updates of one small document each, by some
// writers at a time: the store's, and those of a peer that commits each update
// in a transaction of its own through database/sql.
func BenchmarkUpdate(b *testing.B) {
	for _, writers := range []int{1, 8, 32} {
		for _, store := range []struct {
			name string
			open func(b *testing.B, path string) (put func(context.Context, state.Key, []byte) error)
		}{
			{"store", openStore},
			{"peer", openPeer},
		} {
			b.Run(fmt.Sprintf("writers=%d/%s", writers, store.name), func(b *testing.B) {
				measure(b, writers, store.open(b, filepath.Join(b.TempDir(), "state.db")))
			})
		}
	}
}

// measure shares b.N updates among the writers, each of which waits for its
// update before it makes the next.
func measure(b *testing.B, writers int, put func(context.Context, state.Key, []byte) error) {
	b.Helper()
	const names = 1_000
	value := bytes.Repeat([]byte("v"), 200)
	var next atomic.Int64
	var group sync.WaitGroup
	b.ResetTimer()
	for range writers {
		group.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				if err := put(b.Context(), numbered("benchmark", n%names), value); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "updates/s")
}

func openStore(b *testing.B, path string) func(context.Context, state.Key, []byte) error {
	b.Helper()
	db, err := state.Open(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	return func(ctx context.Context, key state.Key, value []byte) error {
		return db.Update(ctx, func(tx state.Tx) error { return tx.Put(key, value) })
	}
}

// openPeer opens a file with the same table, whose updates wait for the one
// connection and commit alone.
func openPeer(b *testing.B, path string) func(context.Context, state.Key, []byte) error {
	b.Helper()
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)"}, "_txlock": {"immediate"},
	}.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	const table = `CREATE TABLE documents (kind TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
		name BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (kind, account, region, name)) WITHOUT ROWID`
	if _, err := db.ExecContext(b.Context(), table); err != nil {
		b.Fatal(err)
	}
	prepared, err := db.PrepareContext(b.Context(), `INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?)`)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = prepared.Close() })
	return func(ctx context.Context, key state.Key, value []byte) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
		stmt := tx.StmtContext(ctx, prepared)
		defer stmt.Close() //nolint:errcheck // the transaction's end closes it too
		_, err = stmt.ExecContext(ctx, key.Kind, key.Scope.Account, key.Scope.Region, []byte(key.Name), value)
		if err != nil {
			return err
		}
		return tx.Commit()
	}
}
