package native_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/sillok/sillok/internal/engine/duckdb/native"
	"github.com/sillok/sillok/internal/sql/datatype"
)

// What does not fit into memory is not readable on the disk. It is random, so that DuckDB
// has nothing to compress in it that would hide it.
func TestWhatIsSpilledIsEncrypted(t *testing.T) {
	spill := t.TempDir()
	db := open(t, native.Options{Memory: 64 << 20, Threads: 1, Spill: spill})
	r, err := db.Query(t.Context(), "SELECT md5(CAST(range AS VARCHAR)) || 'readable' || md5(CAST(-range AS VARCHAR)) AS x FROM range(2000000) ORDER BY hash(range)", []datatype.Type{{Kind: datatype.Varchar, Length: datatype.Unbounded}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var size int64
	err = filepath.WalkDir(spill, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		size += int64(len(content))
		if n := bytes.Count(content, []byte("readable")); n > 0 {
			t.Errorf("%s tells %d rows", d.Name(), n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if size < 1<<20 {
		t.Errorf("%d bytes were spilled, which proves nothing", size)
	}
}
