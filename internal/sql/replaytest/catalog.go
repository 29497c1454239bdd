package replaytest

import (
	"context"
	"errors"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// The catalog and the database that a Catalog is, and what they were called where the
// answers were recorded.
const (
	CatalogName = "awsdatacatalog"
	Database    = "default"

	// RecordedCatalog has all of RecordedDatabases, each with the same tables.
	RecordedCatalog = "tpch"
	// RecordedDatabase is the one whose rows the tables of TPCH have.
	RecordedDatabase = "tiny"
)

// RecordedDatabases returns the databases that there were where the answers were
// recorded. All but RecordedDatabase held more rows.
func RecordedDatabases() []string {
	return strings.Fields("sf1 sf100 sf1000 sf10000 sf100000 sf300 sf3000 sf30000 tiny")
}

// Catalog is tables and views by name, in one database.
type Catalog map[string]*analyze.Relation

// Relation implements analyze.Catalog.
func (c Catalog) Relation(_ context.Context, catalog, database, name string) (*analyze.Relation, error) {
	switch {
	case catalog == RecordedCatalog && slices.Contains(RecordedDatabases(), database):
		return c[name], nil
	case catalog != CatalogName:
		return nil, analyze.ErrNoCatalog
	case database != Database:
		return nil, analyze.ErrNoDatabase
	}
	return c[name], nil
}

// Databases implements analyze.Lister: those of the recorded catalog.
func (c Catalog) Databases(_ context.Context, catalog string) ([]string, error) {
	if catalog != CatalogName && catalog != RecordedCatalog {
		return nil, analyze.ErrNoCatalog
	}
	return RecordedDatabases(), nil
}

// Tables implements analyze.Lister: each database has the same tables and views.
func (c Catalog) Tables(ctx context.Context, catalog string, databases, names []string) iter.Seq2[analyze.Listed, error] {
	return func(yield func(analyze.Listed, error) bool) {
		all, err := c.Databases(ctx, catalog)
		if err != nil {
			yield(analyze.Listed{}, err)
			return
		}
		if databases == nil {
			databases = all
		}
		for _, database := range databases {
			if database != Database && !slices.Contains(all, database) {
				continue
			}
			for _, name := range slices.Sorted(maps.Keys(c)) {
				if (names == nil || slices.Contains(names, name)) && !yield(listed(database, name, c[name]), nil) {
					return
				}
			}
		}
	}
}

func listed(database, name string, r *analyze.Relation) analyze.Listed {
	t := analyze.Listed{Database: database, Name: name, View: r.View != nil}
	if t.View {
		t.Definition = r.View.SQL
		for _, column := range r.View.Columns {
			t.Columns = append(t.Columns, analyze.ListedColumn{Name: column.Name, Type: column.Type.String()})
		}
		return t
	}
	for _, column := range r.Table.Columns {
		if !column.Hidden {
			t.Columns = append(t.Columns, analyze.ListedColumn{Name: column.Name, Type: column.Type.String(), Partition: column.Partition})
		}
	}
	return t
}

// Partitions implements analyze.Lister: there are none.
func (c Catalog) Partitions(context.Context, *plan.Table) iter.Seq2[[]string, error] {
	return func(func([]string, error) bool) {}
}

// Add adds a table, whose columns are written as "name type" with Trino's types.
func (c Catalog) Add(tb testing.TB, name string, columns ...string) {
	tb.Helper()
	table := &plan.Table{Catalog: CatalogName, Database: Database, Name: name}
	for _, column := range columns {
		column, spelled, _ := strings.Cut(column, " ")
		t, err := datatype.Parse(spelled)
		if err != nil {
			tb.Fatal(err)
		}
		table.Columns = append(table.Columns, plan.TableColumn{Name: column, Type: t})
	}
	c[name] = &analyze.Relation{Table: table}
}

// TPCH returns the tables of TPC-H that Trino's statements ask of, and the
// folder that holds each as NAME.parquet.
func TPCH(tb testing.TB) (Catalog, string) {
	tb.Helper()
	folder := filepath.Join(material.Dir(tb), "sql", "tpch_tiny")
	schema, err := os.ReadFile(filepath.Join(folder, "SCHEMA.txt")) //nolint:gosec // of the material
	if err != nil {
		tb.Fatal(err)
	}
	c := Catalog{}
	for line := range strings.Lines(string(schema)) {
		if name, columns, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			c.Add(tb, name, strings.Split(columns, ", ")...)
		}
	}
	return c, folder
}

// LogsBucket is the bucket that the tables of LogTables lie in.
const LogsBucket = "truth"

// LogStatements returns the DDL of the tables and views that Logs asks of.
func LogStatements(tb testing.TB) []string {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(material.Dir(tb), "truth", "tables.sql"))
	if err != nil {
		tb.Fatal(err)
	}
	// The recorded answers keep the rows of lines with later fields, which AWS's
	// expression does not match.
	lenient := strings.Replace(string(text), "TBLPROPERTIES (\n", "TBLPROPERTIES (\n  'sillok.lenient' = 'true',\n", 1)
	return parse.Split(strings.ReplaceAll(lenient, "BUCKET", LogsBucket))
}

// LogTables returns the tables and views that Logs asks of. detail returns what
// an engine needs to know of a table, for its Detail; it may be nil. partitions
// may be called once LogTables has returned, since later statements add them.
func LogTables(tb testing.TB, detail func(s *ast.CreateTable, partitions func() []ast.PartitionSpec) any) Catalog {
	tb.Helper()
	c := Catalog{}
	partitions := map[string][]ast.PartitionSpec{}
	for _, statement := range LogStatements(tb) {
		parsed, err := parse.Statement(statement)
		if err != nil {
			tb.Fatal(err)
		}
		switch s := parsed.(type) {
		case *ast.CreateTable:
			name := s.Name.Last().Lower()
			table := tableOf(tb, name, s)
			if detail != nil {
				table.Detail = detail(s, func() []ast.PartitionSpec { return partitions[name] })
			}
			c[name] = &analyze.Relation{Table: table}
		case *ast.Alter:
			name := s.Name.Last().Lower()
			partitions[name] = append(partitions[name], s.Partitions...)
		case *ast.CreateView:
			c[s.Name.Last().Lower()] = &analyze.Relation{View: c.view(tb, s)}
		}
	}
	return c
}

func tableOf(tb testing.TB, name string, s *ast.CreateTable) *plan.Table {
	tb.Helper()
	table := &plan.Table{Catalog: CatalogName, Database: Database, Name: name}
	for i, column := range append(append([]ast.Column{}, s.Columns...), s.PartitionedBy...) {
		t, err := datatype.ParseHive(column.Type)
		if err != nil {
			tb.Fatal(err)
		}
		table.Columns = append(table.Columns, plan.TableColumn{Name: column.Name, Type: t, Partition: i >= len(s.Columns)})
	}
	table.Columns = append(table.Columns, plan.TableColumn{Name: "$path", Type: datatype.Text(), Hidden: true})
	return table
}

func (c Catalog) view(tb testing.TB, s *ast.CreateView) *analyze.View {
	tb.Helper()
	q, err := Analyze(tb.Context(), s.SQL, c)
	if err != nil {
		tb.Fatal(err)
	}
	view := &analyze.View{SQL: s.SQL, Catalog: CatalogName, Database: Database}
	for _, column := range q.Columns {
		view.Columns = append(view.Columns, analyze.ViewColumn{Name: column.Name, Type: column.Type})
	}
	return view
}

// Analyze parses and analyzes a query as the recorded user asked it. What does
// not parse is a sqlerr.Error too; a statement of another kind is refused.
func Analyze(ctx context.Context, sql string, c analyze.Catalog) (*plan.Query, error) {
	statement, err := parse.Statement(sql)
	if failed, ok := errors.AsType[*parse.Error](err); ok {
		return nil, &sqlerr.Error{Name: sqlerr.SyntaxError, Message: failed.Message, Line: failed.Line, Column: failed.Column}
	}
	if err != nil {
		return nil, err
	}
	query, ok := statement.(*ast.Query)
	if !ok {
		return nil, sqlerr.Refused("statement")
	}
	return analyze.Query(ctx, sql, query, c, analyze.Session{Catalog: CatalogName, Database: Database, User: "rec"})
}
