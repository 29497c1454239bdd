package duckdb_test

import (
	"context"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/engine/duckdb"
	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/plan"
)

// folders are objects in folders of this machine: a key is looked for in each.
type folders []string

// List returns the files below a prefix, in order of their keys.
func (f folders) List(_ context.Context, bucket, prefix string) iter.Seq2[lake.Object, error] {
	return func(yield func(lake.Object, error) bool) {
		for _, dir := range f {
			start := filepath.Join(dir, filepath.FromSlash(prefix[:strings.LastIndex(prefix, "/")+1]))
			if _, err := os.Stat(start); err != nil {
				continue
			}
			err := filepath.WalkDir(start, func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				key, err := filepath.Rel(dir, path)
				if err != nil || !strings.HasPrefix(filepath.ToSlash(key), prefix) {
					return err
				}
				info, err := d.Info()
				if err != nil {
					return err
				}
				o := lake.Object{Bucket: bucket, Key: filepath.ToSlash(key), Size: info.Size(), Modified: info.ModTime()}
				if !yield(o, nil) {
					return fs.SkipAll
				}
				return nil
			})
			if err != nil {
				yield(lake.Object{}, err)
				return
			}
		}
	}
}

// Open opens a file.
func (f folders) Open(_ context.Context, _, key string) (io.ReadCloser, error) {
	var failure error
	for _, dir := range f {
		file, err := os.Open(filepath.Join(dir, filepath.FromSlash(key)))
		if err == nil {
			return file, nil
		}
		failure = err
	}
	return nil, failure
}

// logTables runs the DDL of a script: the tables of a lake, and views.
func logTables(t *testing.T, script string) catalog {
	t.Helper()
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	c := catalog{}
	partitions := map[string][]lake.Partition{}
	for _, statement := range parse.Split(string(text)) {
		parsed, err := parse.Statement(statement)
		if err != nil {
			t.Fatal(err)
		}
		switch s := parsed.(type) {
		case *ast.CreateTable:
			c.create(t, s, partitions)
		case *ast.Alter:
			for _, p := range s.Partitions {
				name := s.Name.Last().Lower()
				partitions[name] = append(partitions[name], lake.Partition{Values: p.Values, Location: p.Location})
			}
		case *ast.CreateView:
			c.createView(t, s)
		}
	}
	return c
}

func (c catalog) create(t *testing.T, s *ast.CreateTable, partitions map[string][]lake.Partition) {
	t.Helper()
	name := s.Name.Last().Lower()
	table := &plan.Table{Catalog: "awsdatacatalog", Database: "default", Name: name}
	detail := lake.Table{
		Database: "default", Name: name, Location: s.Location, InputFormat: s.InputFormat, Properties: properties(s.Properties),
		Partitions: func(context.Context) ([]lake.Partition, error) { return partitions[name], nil },
	}
	if s.RowFormat != nil {
		detail.SerDe, detail.SerDeProperties = s.RowFormat.SerDe, properties(s.RowFormat.SerDeProperties)
		if s.RowFormat.FieldsTerminatedBy != "" {
			detail.SerDeProperties["field.delim"] = s.RowFormat.FieldsTerminatedBy
		}
	}
	for i, column := range append(append([]ast.Column{}, s.Columns...), s.PartitionedBy...) {
		parsed, err := datatype.ParseHive(column.Type)
		if err != nil {
			t.Fatal(err)
		}
		isKey := i >= len(s.Columns)
		table.Columns = append(table.Columns, plan.TableColumn{Name: column.Name, Type: parsed, Partition: isKey})
		if isKey {
			detail.PartitionKeys = append(detail.PartitionKeys, lake.Column{Name: column.Name, Type: column.Type})
		} else {
			detail.Columns = append(detail.Columns, lake.Column{Name: column.Name, Type: column.Type})
		}
	}
	table.Columns = append(table.Columns, plan.TableColumn{Name: "$path", Type: datatype.Text(), Hidden: true})
	table.Detail = detail
	c[name] = &analyze.Relation{Table: table}
}

func properties(list []ast.Property) map[string]string {
	m := map[string]string{}
	for _, p := range list {
		m[p.Key] = p.Value
	}
	return m
}

func (c catalog) createView(t *testing.T, s *ast.CreateView) {
	t.Helper()
	view := &analyze.View{SQL: s.SQL, Catalog: "awsdatacatalog", Database: "default"}
	q, err := analyze.Query(t.Context(), s.SQL, s.Query, c, analyze.Session{Catalog: view.Catalog, Database: view.Database})
	if err != nil {
		t.Fatal(err)
	}
	for _, column := range q.Columns {
		view.Columns = append(view.Columns, analyze.ViewColumn{Name: column.Name, Type: column.Type})
	}
	c[s.Name.Last().Lower()] = &analyze.Relation{View: view}
}

func logEngine(t *testing.T) *duckdb.Engine {
	t.Helper()
	objects := folders{material.TruthLogs(t), filepath.Join(material.Data(t), "cloudtrail/invictus-ir_aws_dataset/s3")}
	return open(t, duckdb.Config{Lake: lake.New(lake.Config{Dir: t.TempDir()}, objects)})
}

func TestReplayTruth(t *testing.T) {
	dir := filepath.Join(material.Dir(t), "truth")
	var questions []recorded
	lines(t, filepath.Join(dir, "queries.jsonl"), func(r recorded) { questions = append(questions, r) })
	counts := replay(t, logEngine(t), questions, logTables(t, filepath.Join(dir, "tables.sql")))
	if counts[wrong] > 0 || counts[right] < 110 {
		t.Errorf("%v", counts)
	}
}
