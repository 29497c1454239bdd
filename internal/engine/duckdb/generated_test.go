package duckdb_test

import (
	"errors"
	"flag"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/sql/gentest"
	"github.com/sillok/sillok/internal/sql/replaytest"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

var (
	generated = flag.Int("generated", 300, "how many generated statements to ask")
	seed      = flag.Uint64("seed", 1, "of the generated statements")
)

// TestGenerated asks statements made by chance. Whatever they ask, they are answered or
// fail by an error of the statement: nothing fails inside.
func TestGenerated(t *testing.T) {
	e := open(t, duckdb.Config{})
	refused := map[string]int{}
	answered := 0
	for i := range *generated {
		at := *seed + uint64(i)
		for _, sql := range []string{gentest.Expression(at), gentest.Statement(at)} {
			got := ask(t, e, sql, replaytest.Catalog{}, engine.Protocol)
			if got.err == nil {
				answered++
				continue
			}
			failed, ok := errors.AsType[*sqlerr.Error](got.err)
			switch {
			case !ok || strings.Contains(failed.Message, "panic"):
				t.Errorf("%s\n\t%v", sql, got.err)
			case failed.Name == sqlerr.Unsupported:
				refused[failed.Message]++
			}
		}
	}
	t.Logf("%d of %d answered, refused: %v", answered, 2**generated, refused)
}
