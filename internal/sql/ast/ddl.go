package ast

// Column is a column of a Hive table. Type is Hive's text, lower-cased and
// without blanks outside quoted field names, such as
// "struct<arn:string,tags:array<string>>".
type Column struct {
	Pos
	Name    string // lower-case
	Type    string
	Comment string
}

// Property is 'key' = 'value'; the order is kept.
type Property struct{ Key, Value string }

// CreateTable is Hive's CREATE [EXTERNAL] TABLE.
type CreateTable struct {
	Pos
	External      bool
	IfNotExists   bool
	Name          Name
	Columns       []Column
	Comment       string
	PartitionedBy []Column
	// Transforms holds Iceberg partition transforms as written, such as "day(ts)".
	Transforms   []string
	ClusteredBy  []string
	Buckets      int
	RowFormat    *RowFormat
	StoredAs     string // upper-case, such as "PARQUET"; empty when not given
	InputFormat  string
	OutputFormat string
	Location     string
	Properties   []Property
}

// RowFormat is ROW FORMAT DELIMITED … or ROW FORMAT SERDE …. An empty string
// means that the clause is absent.
type RowFormat struct {
	Pos
	SerDe                string // class; empty for DELIMITED
	SerDeProperties      []Property
	FieldsTerminatedBy   string
	EscapedBy            string
	CollectionTerminated string
	MapKeysTerminated    string
	LinesTerminatedBy    string
	NullDefinedAs        string
}

// CreateDatabase is CREATE DATABASE|SCHEMA.
type CreateDatabase struct {
	Pos
	IfNotExists bool
	Name        Identifier
	Comment     string
	Location    string
	Properties  []Property
}

// CreateView is CREATE [OR REPLACE] VIEW. SQL is the query's own text.
type CreateView struct {
	Pos
	OrReplace bool
	Name      Name
	Columns   []Column // names and comments only; nil when not given
	Comment   string
	Query     *Query
	SQL       string
	// Dialect is the construct to refuse by name, such as
	// "PROTECTED MULTI DIALECT"; empty for a plain view.
	Dialect  string
	Security string // "DEFINER" or "INVOKER"; empty when not given
}

// Drop is DROP DATABASE|TABLE|VIEW.
type Drop struct {
	Pos
	Kind     string // "DATABASE", "TABLE" or "VIEW"
	IfExists bool
	Name     Name
	Cascade  bool
}

// PartitionSpec is PARTITION (key = value, …), values as text.
type PartitionSpec struct {
	Pos
	Keys     []Identifier
	Values   []string
	Ops      []string // "=" unless DROP PARTITION compares otherwise
	Location string
}

// AlterKind says what ALTER TABLE does.
type AlterKind string

// The kinds of ALTER TABLE and ALTER DATABASE.
const (
	AddPartition     AlterKind = "ADD PARTITION"
	DropPartition    AlterKind = "DROP PARTITION"
	RenamePartition  AlterKind = "RENAME PARTITION"
	AddColumns       AlterKind = "ADD COLUMNS"
	ReplaceColumns   AlterKind = "REPLACE COLUMNS"
	ChangeColumn     AlterKind = "CHANGE COLUMN"
	SetLocation      AlterKind = "SET LOCATION"
	SetProperties    AlterKind = "SET TBLPROPERTIES"
	SetDBProperties  AlterKind = "SET DBPROPERTIES"
	AlterViewDialect AlterKind = "ALTER VIEW DIALECT"
)

// Alter is ALTER TABLE or ALTER DATABASE. Which fields are set follows from Kind.
type Alter struct {
	Pos
	Kind       AlterKind
	Name       Name
	IfExists   bool // DROP IF EXISTS PARTITION
	IfNotExist bool // ADD IF NOT EXISTS PARTITION
	Partitions []PartitionSpec
	Target     *PartitionSpec // of RENAME TO
	Columns    []Column
	Old        string // column to change
	Place      string // "FIRST" or "AFTER x"; empty when not given
	Location   string
	Properties []Property
}

// Repair is MSCK REPAIR TABLE.
type Repair struct {
	Pos
	Name Name
}

// Show is a SHOW statement.
type Show struct {
	Pos
	Kind string // "DATABASES", "TABLES", "VIEWS", "COLUMNS", "PARTITIONS", "CREATE TABLE", "CREATE VIEW", "TBLPROPERTIES", …
	Name Name   // table, or database for TABLES and VIEWS; nil when not given
	Like string // pattern of LIKE or of the bare string; empty when not given
	Key  string // property of TBLPROPERTIES
}

// Describe is DESCRIBE [EXTENDED|FORMATTED] table, or DESCRIBE VIEW.
type Describe struct {
	Pos
	Detail    string // "", "EXTENDED" or "FORMATTED"
	View      bool
	Name      Name
	Partition *PartitionSpec
	Column    string
}

func (*CreateTable) statement()    {}
func (*CreateDatabase) statement() {}
func (*CreateView) statement()     {}
func (*Drop) statement()           {}
func (*Alter) statement()          {}
func (*Repair) statement()         {}
func (*Show) statement()           {}
func (*Describe) statement()       {}
