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
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/replaytest"
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
func (f folders) Open(_ context.Context, o lake.Object) (io.ReadCloser, error) {
	var failure error
	for _, dir := range f {
		file, err := os.Open(filepath.Join(dir, filepath.FromSlash(o.Key)))
		if err == nil {
			return file, nil
		}
		failure = err
	}
	return nil, failure
}

// logTables returns tables of the lake.
func logTables(t *testing.T) replaytest.Catalog {
	t.Helper()
	return replaytest.LogTables(t, func(s *ast.CreateTable, partitions func() []ast.PartitionSpec) any {
		table := lake.Table{
			Database: replaytest.Database, Name: s.Name.Last().Lower(), Location: s.Location, InputFormat: s.InputFormat,
			Columns: columns(s.Columns), PartitionKeys: columns(s.PartitionedBy), Properties: properties(s.Properties),
			Partitions: func(context.Context) iter.Seq2[lake.Partition, error] {
				return func(yield func(lake.Partition, error) bool) {
					for _, p := range partitions() {
						if !yield(lake.Partition{Values: p.Values, Location: p.Location}, nil) {
							return
						}
					}
				}
			},
		}
		if s.RowFormat != nil {
			table.SerDe, table.SerDeProperties = s.RowFormat.SerDe, properties(s.RowFormat.SerDeProperties)
			if s.RowFormat.FieldsTerminatedBy != "" {
				table.SerDeProperties["field.delim"] = s.RowFormat.FieldsTerminatedBy
			}
		}
		return table
	})
}

func columns(list []ast.Column) []lake.Column {
	var out []lake.Column
	for _, c := range list {
		out = append(out, lake.Column{Name: c.Name, Type: c.Type})
	}
	return out
}

func properties(list []ast.Property) map[string]string {
	m := map[string]string{}
	for _, p := range list {
		m[p.Key] = p.Value
	}
	return m
}

func logEngine(t *testing.T) *duckdb.Engine {
	t.Helper()
	objects := folders{material.TruthLogs(t), filepath.Join(material.Data(t), "cloudtrail/invictus-ir_aws_dataset/s3")}
	return open(t, duckdb.Config{Lake: lake.New(lake.Config{Dir: t.TempDir()}, objects)})
}

func TestReplayLogs(t *testing.T) {
	questions := replaytest.Logs(t)
	if counts := replay(t, logEngine(t), questions, logTables(t)); counts[replaytest.Right] != len(questions) {
		t.Errorf("%v of %d", counts, len(questions))
	}
}
