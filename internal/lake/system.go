package lake

import (
	"context"
	"slices"
	"strings"
)

// System is a database of tables that the server keeps itself. It is there for every
// account, and nobody changes it.
type System struct {
	Database    string // in lower case
	Description string
	Tables      []SystemTable
	// More returns the tables that the account and region of the call in ctx has besides;
	// nil where there are none.
	More func(ctx context.Context) ([]SystemTable, error)
}

// SystemTable is a table of a System.
type SystemTable struct {
	Name          string // in lower case
	Description   string
	Columns       []Column
	PartitionKeys []Column
	SerDe         string // by which the same table would be read from log files
	InputFormat   string
	Kept          Kept
}

// All returns all tables of the system's database for the call in ctx.
func (s *System) All(ctx context.Context) ([]SystemTable, error) {
	if s.More == nil {
		return s.Tables, nil
	}
	more, err := s.More(ctx)
	if err != nil {
		return nil, err
	}
	more = slices.DeleteFunc(slices.Clone(more), func(t SystemTable) bool { return s.own(t.Name) != nil })
	return append(slices.Clip(s.Tables), more...), nil
}

// Find returns a table of the system's database for the call in ctx; nil where there is
// none of that name, or s is nil.
func (s *System) Find(ctx context.Context, database, table string) (*SystemTable, error) {
	if s == nil || !strings.EqualFold(database, s.Database) {
		return nil, nil
	}
	if own := s.own(table); own != nil || s.More == nil {
		return own, nil
	}
	more, err := s.More(ctx)
	if err != nil {
		return nil, err
	}
	for i := range more {
		if strings.EqualFold(table, more[i].Name) {
			return &more[i], nil
		}
	}
	return nil, nil
}

func (s *System) own(table string) *SystemTable {
	for i := range s.Tables {
		if strings.EqualFold(table, s.Tables[i].Name) {
			return &s.Tables[i]
		}
	}
	return nil
}

// Table returns the table as queries read it.
func (t *SystemTable) Table(database string) Table {
	return Table{
		Database: database, Name: t.Name, Columns: t.Columns, PartitionKeys: t.PartitionKeys, SerDe: t.SerDe, InputFormat: t.InputFormat, Kept: &t.Kept,
	}
}
