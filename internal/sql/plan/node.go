package plan

import (
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
)

// ID numbers a column, unique in a query.
type ID int

// Column is a column that a node yields.
type Column struct {
	ID   ID
	Type datatype.Type
}

// Node is a step that yields rows. Its expressions see the columns of its
// inputs and, when it stands in a correlated subquery or on the right of a
// lateral join, those of the enclosing nodes.
type Node interface{ node() }

// Query is a whole analyzed query: what stands at the root.
type Query struct {
	Root    Node
	Columns []Output
}

// Output is one column of the result, in order. Names may repeat.
type Output struct {
	Name string
	ID   ID
	Type datatype.Type
}

// Scan reads a table. Columns holds one entry for each column of the table
// that the query can see, data columns and partition columns alike.
type Scan struct {
	Table   *Table
	Columns []ScanColumn
}

// ScanColumn is a column of a table. Name is the table's own, lower-case, or
// one of Athena's hidden columns ("$path", "$bucket", …).
type ScanColumn struct {
	Column
	Name string
}

// Table is a table as the catalog knows it. Detail is what the catalog gave
// and the engine understands; the analyzer does not look at it.
type Table struct {
	Catalog, Database, Name string
	Columns                 []TableColumn
	Detail                  any
}

// TableColumn is a column of a table. Hidden columns are seen only when named.
type TableColumn struct {
	Name      string // lower-case
	Type      datatype.Type
	Partition bool
	Hidden    bool
}

// Values yields literal rows: Rows[i][j] is column j. With no columns and one
// row it is the input of a SELECT without FROM.
type Values struct {
	Columns []Column
	Rows    [][]Expr
}

// Filter keeps the rows for which Condition is true.
type Filter struct {
	Input     Node
	Condition Expr
}

// Project computes columns. Only these columns leave it; one that passes
// through is a Computed whose Expr is the *ColumnRef to itself.
type Project struct {
	Input   Node
	Columns []Computed
}

// Computed is a column and the expression that gives it.
type Computed struct {
	Column
	Expr Expr
}

// Aggregate groups rows. Keys are columns of Input. Sets holds, for each
// grouping set, the indexes of the keys in it; nil means one set of all keys.
// It yields Keys, then Calls, then GroupID when that is not nil.
type Aggregate struct {
	Input Node
	Keys  []Column
	Sets  [][]int
	Calls []AggregateCall
	// GroupID is the index in Sets of the set that made the row; nil when not wanted.
	GroupID *Column
}

// AggregateCall is one aggregate function. Name is Trino's, lower-case; a
// count(*) is "count" without arguments.
type AggregateCall struct {
	Column
	Name     string
	Args     []Expr
	Distinct bool
	OrderBy  []SortKey
	Filter   Expr // nil when absent
}

// Window adds a column for each call to the rows of Input.
type Window struct {
	Input Node
	Calls []WindowCall
}

// WindowCall is one function over a window.
type WindowCall struct {
	AggregateCall
	PartitionBy []Expr
	Order       []SortKey
	Frame       *Frame // nil when the function takes none or none was written
	IgnoreNulls bool
}

// Frame is a window frame with both ends.
type Frame struct {
	Unit       ast.FrameUnit
	Start, End Bound
}

// Bound is one end of a frame. Value is set for Preceding and Following.
type Bound struct {
	Kind  ast.BoundKind
	Value Expr
}

// Distinct drops rows that repeat.
type Distinct struct{ Input Node }

// SortKey is one key of an order. Trino's default is nulls last both ways; the
// analyzer has settled it.
type SortKey struct {
	Expr       Expr
	Descending bool
	NullsFirst bool
}

// Sort orders rows.
type Sort struct {
	Input Node
	Keys  []SortKey
}

// Limit keeps Count rows after skipping Offset. Count below 0 means all. With
// WithTies, Input is a *Sort and the peers of the last row are kept as well.
type Limit struct {
	Input    Node
	Offset   int64
	Count    int64
	WithTies bool
}

// Join combines two inputs; it yields the columns of Left, then of Right.
// Condition is nil for a cross join. With Lateral, Right may refer to Left.
type Join struct {
	Kind        ast.JoinKind
	Lateral     bool
	Left, Right Node
	Condition   Expr
	At          Place // of a lateral subquery on the right
}

// Unnest yields one row for each position of the arrays or maps in Exprs, the
// shorter ones filled with NULL. Item i yields Items[i].Columns: one column for
// an array, one for each field of an array of rows, two for a map. It stands
// on the right of a lateral join, or alone when its expressions refer to nothing.
type Unnest struct {
	Items      []UnnestItem
	Ordinality *Column // bigint from 1; nil when not wanted
}

// UnnestItem is one expression of UNNEST.
type UnnestItem struct {
	Expr    Expr
	Columns []Column
}

// SetOperation combines inputs of equally many columns. Column i of the result
// is column Inputs[k][i] of input k; the types are the same.
type SetOperation struct {
	Kind    ast.SetKind
	All     bool
	Inputs  []Node
	Maps    [][]ID
	Columns []Column
}

// With makes named queries available below Body as CTERef. A recursive one
// refers to itself.
type With struct {
	Queries []CTE
	Body    Node
}

// CTE is a named query that is used more than once, or reads itself: then its Node is a
// union of two inputs, of which the second reads it. Number is unique in the query.
type CTE struct {
	Number    int
	Recursive bool
	Node      Node
	Columns   []Column
}

// CTERef reads a CTE; Columns renumbers the CTE's columns, in order.
type CTERef struct {
	Number  int
	Columns []Column
}

// Sample keeps each row with probability Percentage / 100.
type Sample struct {
	Input      Node
	System     bool
	Percentage Expr
}

func (*Scan) node()         {}
func (*Values) node()       {}
func (*Filter) node()       {}
func (*Project) node()      {}
func (*Aggregate) node()    {}
func (*Window) node()       {}
func (*Distinct) node()     {}
func (*Sort) node()         {}
func (*Limit) node()        {}
func (*Join) node()         {}
func (*Unnest) node()       {}
func (*SetOperation) node() {}
func (*With) node()         {}
func (*CTERef) node()       {}
func (*Sample) node()       {}
