package duckdb_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/engine/duckdb"
)

// FuzzBatch checks that no bytes from a worker do harm, and that what is read is
// what was written.
func FuzzBatch(f *testing.F) {
	f.Add([]byte{2, 1, 0, 3, 'a', 'b'})
	f.Add([]byte{1, 1, 1})
	f.Add([]byte{0, 3})
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		cells, err := duckdb.DecodeBatch(data)
		if err != nil {
			return
		}
		again, err := duckdb.DecodeBatch(duckdb.EncodeBatch(cells))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(cells, again); diff != "" {
			t.Error(diff)
		}
	})
}
