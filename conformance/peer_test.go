package conformance_test

import (
	"os"
	"testing"

	duck "github.com/duckdb/duckdb-go-bindings"
)

// peerSQL names the variable that makes this test binary the peer: DuckDB alone,
// with its own readers, in a process whose time and memory can be measured.
const peerSQL = "SILLOK_PEER_SQL"

// TestPeerProcess is what the test binary does when a benchmark starts it as the
// peer: it runs one statement.
func TestPeerProcess(t *testing.T) {
	sql := os.Getenv(peerSQL)
	if sql == "" {
		t.Skip("only a benchmark starts this")
	}
	var (
		db     duck.Database
		conn   duck.Connection
		result duck.Result
	)
	if duck.Open(":memory:", &db) == duck.StateError || duck.Connect(db, &conn) == duck.StateError {
		t.Fatal("DuckDB does not open")
	}
	defer duck.Close(&db)
	defer duck.Disconnect(&conn)
	state := duck.Query(conn, sql, &result)
	defer duck.DestroyResult(&result)
	if state == duck.StateError {
		t.Fatal(duck.ResultError(&result))
	}
}
