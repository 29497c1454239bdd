package ast

// Query is WITH … body ORDER BY … OFFSET … LIMIT ….
type Query struct {
	Pos
	With    *With
	Body    Body
	OrderBy []SortItem
	Offset  Expr // nil when absent
	Limit   *Limit
	// Parameters is how many question marks stand for values, in the query that
	// a statement is; 0 in those inside.
	Parameters int
}

// Limit is LIMIT n, LIMIT ALL or FETCH FIRST n ROWS [WITH TIES].
type Limit struct {
	Pos
	Count    Expr // nil for LIMIT ALL; FETCH FIRST ROW ONLY counts as the literal 1
	WithTies bool
}

// With is a WITH clause.
type With struct {
	Pos
	Recursive bool
	Queries   []WithQuery
}

// WithQuery is one named query of a WITH clause.
type WithQuery struct {
	Pos
	Name    Identifier
	Columns []Identifier // nil when not given
	Query   *Query
}

// Body is what a query selects from its clauses: *Select, *SetOperation,
// *Values, *TableBody, or a parenthesised *Query.
type Body interface {
	Node
	body()
}

// Select is one SELECT with its clauses.
type Select struct {
	Pos
	Distinct bool
	Items    []SelectItem
	From     Relation // nil when absent; a comma is a cross *Join with Implicit set
	Where    Expr
	GroupBy  *GroupBy
	Having   Expr
	Windows  []NamedWindow
}

// SelectItem is an expression with an optional alias, or a star.
type SelectItem struct {
	Pos
	Expr        Expr        // nil for a bare *; the expression before .* when Star is set
	Alias       *Identifier // nil when not given
	Star        bool
	StarAliases []Identifier // row.* AS (a, b)
}

// GroupBy is a GROUP BY clause. Auto is GROUP BY AUTO.
type GroupBy struct {
	Pos
	Distinct bool
	Auto     bool
	Elements []GroupingElement
}

// GroupingKind says how a grouping element makes its sets.
type GroupingKind int

// The kinds of grouping element.
const (
	GroupSimple GroupingKind = iota // Sets holds one list
	GroupSets                       // GROUPING SETS
	GroupRollup
	GroupCube
)

// GroupingElement is one element of GROUP BY. Each set is a list of expressions.
type GroupingElement struct {
	Pos
	Kind GroupingKind
	Sets [][]Expr
}

// SetKind is UNION, INTERSECT or EXCEPT.
type SetKind int

// The set operations.
const (
	Union SetKind = iota
	Intersect
	Except
)

// String returns the keyword.
func (k SetKind) String() string { return [...]string{"UNION", "INTERSECT", "EXCEPT"}[k] }

// SetOperation combines two bodies. Without All, duplicates go. Pos is the
// keyword's.
type SetOperation struct {
	Pos
	Kind            SetKind
	All             bool
	Corresponding   bool
	CorrespondingBy []Identifier // nil when not given
	Left, Right     Body
}

// Values is VALUES row, …; a row of several columns is a *Row.
type Values struct {
	Pos
	Rows []Expr
}

// TableBody is TABLE name.
type TableBody struct {
	Pos
	Name Name
}

// SortItem is one element of ORDER BY.
type SortItem struct {
	Pos
	Expr       Expr
	Descending bool
	Nulls      NullOrder
}

// NullOrder is NULLS FIRST, NULLS LAST, or neither.
type NullOrder int

// The orders of NULL.
const (
	NullsDefault NullOrder = iota
	NullsFirst
	NullsLast
)

// Relation is what stands in FROM: *Table, *Aliased, *Join, *Unnest, *Lateral,
// *Subquery, *Sampled, *TableFunction, *JSONTable, *PatternRecognition or
// *UnsupportedRelation.
type Relation interface {
	Node
	relation()
}

// Table names a table or view. Version is FOR TIMESTAMP|VERSION AS OF, and
// VersionKind is the keyword, "TIMESTAMP" or "VERSION".
type Table struct {
	Pos
	Name        Name
	Version     Expr
	VersionKind string
}

// Aliased is relation AS alias (columns).
type Aliased struct {
	Pos
	Relation Relation
	Alias    Identifier
	Columns  []Identifier // nil when not given
}

// JoinKind is the kind of a join.
type JoinKind int

// The kinds of join.
const (
	InnerJoin JoinKind = iota
	LeftJoin
	RightJoin
	FullJoin
	CrossJoin
)

// Join combines two relations. At most one of On, Using and Natural is set.
type Join struct {
	Pos
	Kind        JoinKind
	Implicit    bool // written as a comma
	Left, Right Relation
	On          Expr
	Using       []Identifier
	Natural     bool
}

// Unnest is UNNEST(expressions) [WITH ORDINALITY].
type Unnest struct {
	Pos
	Exprs      []Expr
	Ordinality bool
}

// Lateral is LATERAL (query).
type Lateral struct {
	Pos
	Query *Query
}

// Subquery is (query) in FROM.
type Subquery struct {
	Pos
	Query *Query
}

// Sampled is relation TABLESAMPLE method (percentage).
type Sampled struct {
	Pos
	Relation   Relation
	Method     string // "BERNOULLI" or "SYSTEM"
	Percentage Expr
}

// TableFunction is TABLE(name(arguments)).
type TableFunction struct {
	Pos
	Call *Call
}

// JSONTable is JSON_TABLE(input, path [AS name] [PASSING …] COLUMNS (…) [PLAN …] […]).
type JSONTable struct {
	Pos
	Root    *JSONCall // input, path, its name and the parameters
	Columns []JSONTableColumn
	Plan    *JSONPlan     // PLAN (…); nil when not given
	Default *JSONPlanKind // PLAN DEFAULT (…); nil when not given
	OnError string        // "", "ERROR" or "EMPTY"
}

// JSONTableColumn is a column of JSON_TABLE, or a nested path with columns of its own.
type JSONTableColumn struct {
	Pos
	Name       Identifier // of a column
	Ordinality bool
	Value      *JSONCall // JSON_VALUE or JSON_QUERY of the row's item; Path is nil when not given
	// Of NESTED PATH: the path, its name where it has one, and the columns.
	Nested   *String
	PathName *Identifier
	Columns  []JSONTableColumn
}

// JSONPlanKind is how rows of a path go with those of its nested paths (Inner), and how
// those of several nested paths go together (Cross).
type JSONPlanKind struct{ Inner, Cross bool }

// JSONPlan is the plan of JSON_TABLE: a path alone, one with what is nested in it, or
// siblings.
type JSONPlan struct {
	Pos
	Path        Identifier // of a path alone
	Op          string     // "OUTER", "INNER", "UNION" or "CROSS"; empty for a path alone
	Left, Right *JSONPlan
}

// UnsupportedRelation is a relation that the parser recognises and that is
// refused by name.
type UnsupportedRelation struct {
	Pos
	Construct string
}

// Window is a window specification, or a reference to a named one.
type Window struct {
	Pos
	Name        *Identifier // OVER name, or the existing window inside OVER (name …)
	Reference   bool        // OVER name without parentheses
	PartitionBy []Expr
	OrderBy     []SortItem
	Frame       *Frame
}

// NamedWindow is one element of the WINDOW clause.
type NamedWindow struct {
	Name   Identifier
	Window *Window
}

// FrameUnit is ROWS, RANGE or GROUPS.
type FrameUnit int

// The units of a frame.
const (
	FrameRows FrameUnit = iota
	FrameRange
	FrameGroups
)

// Frame is a window frame. End is nil when only a start was given. Pattern says
// that it holds clauses of row pattern recognition, which are not kept.
type Frame struct {
	Pos
	Unit       FrameUnit
	Start, End *FrameBound
	Pattern    bool
}

// BoundKind is the kind of one end of a frame.
type BoundKind int

// The kinds of bound.
const (
	UnboundedPreceding BoundKind = iota
	Preceding
	CurrentRow
	Following
	UnboundedFollowing
)

// FrameBound is one end of a frame. Value is set for Preceding and Following.
type FrameBound struct {
	Pos
	Kind  BoundKind
	Value Expr
}

func (*Query) statement()              {}
func (*Query) body()                   {}
func (*Select) body()                  {}
func (*SetOperation) body()            {}
func (*Values) body()                  {}
func (*TableBody) body()               {}
func (*Table) relation()               {}
func (*Aliased) relation()             {}
func (*Join) relation()                {}
func (*Unnest) relation()              {}
func (*Lateral) relation()             {}
func (*Subquery) relation()            {}
func (*Sampled) relation()             {}
func (*TableFunction) relation()       {}
func (*JSONTable) relation()           {}
func (*UnsupportedRelation) relation() {}
