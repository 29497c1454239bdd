package lake

import "strings"

// System is a database of tables that the server keeps itself. It is there for every
// account, and nobody changes it.
type System struct {
	Database    string // in lower case
	Description string
	Tables      []SystemTable
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

// Find returns a table of the system's database; nil where there is none of that name, or
// s is nil.
func (s *System) Find(database, table string) *SystemTable {
	if s == nil || !strings.EqualFold(database, s.Database) {
		return nil
	}
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
