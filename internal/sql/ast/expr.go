package ast

// Expr is an expression. Every node's position is the one that Trino reports:
// the operator's for binary arithmetic and comparison, the first character
// otherwise, unless a comment says differently.
type Expr interface {
	Node
	expr()
}

// The literals. Numbers keep their text.
type (
	// Null is NULL.
	Null struct{ Pos }
	// Boolean is TRUE or FALSE.
	Boolean struct {
		Pos
		Value bool
	}
	// String is 'text' or U&'text', unescaped.
	String struct {
		Pos
		Value string
	}
	// Binary is X'…'.
	Binary struct {
		Pos
		Value []byte
	}
	// Integer is a whole number, perhaps with underscores or a 0x, 0o or 0b
	// prefix. A minus sign before a number is part of it, here and below.
	Integer struct {
		Pos
		Text string
	}
	// Decimal is a number with a point and no exponent.
	Decimal struct {
		Pos
		Text string
	}
	// Double is a number with an exponent.
	Double struct {
		Pos
		Text string
	}
	// Typed is TYPE 'text', such as DATE '2024-05-01' or DOUBLE PRECISION '1'.
	Typed struct {
		Pos
		Type  string // as written, blanks collapsed
		Value string
	}
	// Interval is INTERVAL [+|-] 'text' from [TO to].
	Interval struct {
		Pos
		Negative bool
		Value    string
		From, To string // upper-case units; To is empty when not given
	}
	// Parameter is ?; Index counts from 0.
	Parameter struct {
		Pos
		Index int
	}
)

// Ident is a bare name used as an expression.
type Ident struct {
	Pos
	Name Identifier
}

// Dereference is base.field: a qualified column or a field of a row.
type Dereference struct {
	Pos
	Base  Expr
	Field Identifier
}

// Call is a function call. Star is count(*).
type Call struct {
	Pos
	Name          Name
	Star          bool
	StarOf        Expr // count(t.*) and the like; nil otherwise
	Distinct      bool
	Args          []Argument
	OrderBy       []SortItem // in the parentheses, or WITHIN GROUP for listagg
	WithinGroup   bool
	Filter        Expr
	NullTreatment NullTreatment
	Mode          string // "RUNNING" or "FINAL" before a row pattern function; Pos is then its own
	Window        *Window
	Overflow      *ListaggOverflow
}

// Argument is one argument of a call; Name is set for name => value.
type Argument struct {
	Name *Identifier
	Expr Expr
}

// NullTreatment is IGNORE NULLS or RESPECT NULLS.
type NullTreatment int

// The null treatments.
const (
	NullTreatmentDefault NullTreatment = iota
	RespectNulls
	IgnoreNulls
)

// ListaggOverflow is ON OVERFLOW ERROR or ON OVERFLOW TRUNCATE.
type ListaggOverflow struct {
	Truncate  bool
	Filler    string
	WithCount bool
}

// Lambda is (params) -> body.
type Lambda struct {
	Pos
	Params []Identifier
	Body   Expr
}

// Binary operators of arithmetic and text.
const (
	OpAdd    = "+"
	OpSub    = "-"
	OpMul    = "*"
	OpDiv    = "/"
	OpMod    = "%"
	OpConcat = "||"
)

// Arithmetic is left op right; Pos is the operator's, also for ||.
type Arithmetic struct {
	Pos
	Op          string
	Left, Right Expr
}

// Unary is +x or -x.
type Unary struct {
	Pos
	Op string
	X  Expr
}

// Comparison is left op right, with op one of = <> < <= > >=, or
// "IS DISTINCT FROM". Pos is the operator's.
type Comparison struct {
	Pos
	Op          string
	Left, Right Expr
}

// Quantified is left op ALL|ANY|SOME (query).
type Quantified struct {
	Pos
	Op    string
	All   bool
	Left  Expr
	Query *Query
}

// Logical is a chain of AND or of OR.
type Logical struct {
	Pos
	And   bool
	Terms []Expr
}

// Not is NOT x; the negated predicates (NOT IN, IS NOT NULL, …) are Not around
// the plain one at the same position. A predicate's position is that of its
// first keyword: NOT, BETWEEN, IN, LIKE or IS.
type Not struct {
	Pos
	X Expr
}

// Between is x BETWEEN [SYMMETRIC] low AND high.
type Between struct {
	Pos
	Symmetric    bool
	X, Low, High Expr
}

// In is x IN (list) or x IN (query).
type In struct {
	Pos
	X     Expr
	List  []Expr
	Query *Query
}

// Like is x LIKE pattern [ESCAPE escape].
type Like struct {
	Pos
	X, Pattern, Escape Expr
}

// IsNull is x IS NULL.
type IsNull struct {
	Pos
	X Expr
}

// Exists is EXISTS (query).
type Exists struct {
	Pos
	Query *Query
}

// ScalarSubquery is (query) used as a value.
type ScalarSubquery struct {
	Pos
	Query *Query
}

// Case is CASE [operand] WHEN … THEN … ELSE … END.
type Case struct {
	Pos
	Operand Expr // nil for the searched form
	Whens   []When
	Else    Expr
}

// When is one branch of CASE.
type When struct {
	Pos
	Condition, Result Expr
}

// Cast is CAST(x AS type), or TRY_CAST when Try is set.
type Cast struct {
	Pos
	X    Expr
	Type *Type
	Try  bool
}

// Extract is EXTRACT(field FROM x); Field is upper-case.
type Extract struct {
	Pos
	Field string
	X     Expr
}

// AtTimeZone is x AT TIME ZONE zone, or x AT LOCAL when Zone is nil. Pos is
// that of AT.
type AtTimeZone struct {
	Pos
	X, Zone Expr
}

// Subscript is base[index].
type Subscript struct {
	Pos
	Base, Index Expr
}

// Row is ROW(…) or (a, b, …).
type Row struct {
	Pos
	Items []RowItem
}

// RowItem is one field of a row; Name is nil when not given.
type RowItem struct {
	Expr Expr
	Name *Identifier
}

// Array is ARRAY[…].
type Array struct {
	Pos
	Items []Expr
}

// Trim is TRIM([LEADING|TRAILING|BOTH] [chars] FROM x).
type Trim struct {
	Pos
	Spec  string // "LEADING", "TRAILING" or "BOTH"
	Chars Expr   // nil when not given
	X     Expr
}

// CurrentTime is CURRENT_DATE, CURRENT_TIME, CURRENT_TIMESTAMP, LOCALTIME or
// LOCALTIMESTAMP.
type CurrentTime struct {
	Pos
	Name      string // upper-case
	Precision *int
}

// Special is a parenless name with a meaning of its own: CURRENT_USER,
// CURRENT_CATALOG, CURRENT_SCHEMA, CURRENT_PATH.
type Special struct {
	Pos
	Name string
}

// Grouping is GROUPING(columns).
type Grouping struct {
	Pos
	Columns []Expr
}

// JSONCall is JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_OBJECT or JSON_ARRAY
// with the standard's clauses.
type JSONCall struct {
	Pos
	Name      string // upper-case
	Input     Expr
	InputJSON string // "JSON" when FORMAT JSON follows the input, with its encoding after a blank
	Path      Expr   // a *String
	PathName  *Identifier
	Passing   []JSONPassing
	Returning *Type
	// ReturningFormat is "JSON" when FORMAT JSON follows the type.
	ReturningFormat string
	Wrapper         string // "", "WITHOUT", "CONDITIONAL" or "UNCONDITIONAL"
	Quotes          string // "", "KEEP" or "OMIT", with " ON SCALAR STRING" where written
	OnEmpty         *JSONBehavior
	OnError         *JSONBehavior
	Members         []JSONMember // of JSON_OBJECT
	Elements        []JSONValue  // of JSON_ARRAY
	NullOnNull      *bool        // NULL ON NULL or ABSENT ON NULL; nil when not given
	UniqueKeys      bool
}

// TableInput is TABLE(…) as an argument of a table function.
type TableInput struct {
	Pos
	Relation Relation
	// Clauses is set where PARTITION BY, ORDER BY or WHEN EMPTY follow, which are not kept.
	Clauses bool
}

// Descriptor is DESCRIPTOR(name [type], …), or CAST(NULL AS DESCRIPTOR), as an argument
// of a table function.
type Descriptor struct {
	Pos
	Null  bool
	Names []Identifier
	Typed bool // whether a name has a type
}

// JSONPassing is value [FORMAT JSON] AS name.
type JSONPassing struct {
	Value JSONValue
	Name  Identifier
}

// JSONValue is an expression with an optional FORMAT JSON.
type JSONValue struct {
	Expr   Expr
	Format string // "JSON" with the encoding after a blank, or empty
}

// JSONMember is KEY key VALUE value.
type JSONMember struct {
	Key   Expr
	Value JSONValue
}

// JSONBehavior is what ON EMPTY or ON ERROR does.
type JSONBehavior struct {
	Kind    string // "ERROR", "NULL", "DEFAULT", "TRUE", "FALSE", "UNKNOWN", "EMPTY ARRAY" or "EMPTY OBJECT"
	Default Expr
}

// Unsupported is an expression that the parser recognises and that is refused
// by name, such as a pattern-recognition navigation.
type Unsupported struct {
	Pos
	Construct string
}

// Type is a type as written.
type Type struct {
	Pos
	Name   string      // lower-case base name, such as "varchar", "row", "timestamp with time zone", "interval day to second"
	Params []TypeParam // (25), (38, 2), (bigint); for row the fields
}

// TypeParam is a number, a type, or a row field.
type TypeParam struct {
	Number *int64
	Type   *Type
	Name   *Identifier // of a row field; nil for an anonymous one
	// Variable is a bare name where a number could stand, as in decimal(p, s).
	Variable string
}

func (*Null) expr()           {}
func (*Boolean) expr()        {}
func (*String) expr()         {}
func (*Binary) expr()         {}
func (*Integer) expr()        {}
func (*Decimal) expr()        {}
func (*Double) expr()         {}
func (*Typed) expr()          {}
func (*Interval) expr()       {}
func (*Parameter) expr()      {}
func (*Ident) expr()          {}
func (*Dereference) expr()    {}
func (*Call) expr()           {}
func (*Lambda) expr()         {}
func (*Arithmetic) expr()     {}
func (*Unary) expr()          {}
func (*TableInput) expr()     {}
func (*Descriptor) expr()     {}
func (*Comparison) expr()     {}
func (*Quantified) expr()     {}
func (*Logical) expr()        {}
func (*Not) expr()            {}
func (*Between) expr()        {}
func (*In) expr()             {}
func (*Like) expr()           {}
func (*IsNull) expr()         {}
func (*Exists) expr()         {}
func (*ScalarSubquery) expr() {}
func (*Case) expr()           {}
func (*Cast) expr()           {}
func (*Extract) expr()        {}
func (*AtTimeZone) expr()     {}
func (*Subscript) expr()      {}
func (*Row) expr()            {}
func (*Array) expr()          {}
func (*Trim) expr()           {}
func (*CurrentTime) expr()    {}
func (*Special) expr()        {}
func (*Grouping) expr()       {}
func (*JSONCall) expr()       {}
func (*Unsupported) expr()    {}
