package aggregate_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/engine/aggregate"
	"github.com/sillok/sillok/internal/engine/eval"
	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/plan"
)

type emptyCatalog struct{}

func (emptyCatalog) Relation(context.Context, string, string, string) (*analyze.Relation, error) {
	return nil, nil
}

// constant returns the value and the type of an expression in SQL.
func constant(t *testing.T, sql string) (any, datatype.Type) {
	t.Helper()
	src := "SELECT " + sql
	statement, err := parse.Statement(src)
	if err != nil {
		t.Fatal(err)
	}
	query, ok := statement.(*ast.Query)
	if !ok {
		t.Fatalf("%s is a %T", sql, statement)
	}
	q, err := analyze.Query(t.Context(), src, query, emptyCatalog{}, analyze.Session{})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	project, ok := q.Root.(*plan.Project)
	if !ok {
		t.Fatalf("%s is a %T", sql, q.Root)
	}
	e := project.Columns[0].Expr
	v, err := eval.Fold(t.Context(), e, time.Unix(0, 0).UTC())
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v, e.Type()
}

// hashes.tsv holds what the operator XX_HASH_64 of io.trino:trino-spi:476 makes of
// values, and the values in SQL.
func TestHash(t *testing.T) {
	data, err := os.ReadFile("testdata/hashes.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		want, sql, _ := strings.Cut(strings.TrimSpace(line), "\t")
		v, typ := constant(t, sql)
		if !aggregate.Hashable(typ) {
			t.Errorf("%s: %s is not hashable", sql, typ)
		}
		if got := fmt.Sprintf("%016x", aggregate.Hash(typ, v)); got != want {
			t.Errorf("%s: %s, want %s", sql, got, want)
		}
	}
}
